"""What a fund publishes of its awards, and the files last made of them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.core.db import Record
from grants.core.i18n import N_, Text
from grants.funds.models import Fund


class Licence(StrEnum):
    """Open licences, as the Open Definition knows them."""

    CC_BY = "cc-by-4.0"
    CC_ZERO = "cc0-1.0"
    ODC_BY = "odc-by-1.0"
    ETALAB = "etalab-2.0"

    @property
    def label(self) -> Text:
        return LICENCE_LABELS[self]

    @property
    def url(self) -> str:
        return LICENCE_URLS[self]


LICENCE_LABELS = {
    Licence.CC_BY: N_("Creative Commons Attribution 4.0"),
    Licence.CC_ZERO: N_("Creative Commons Zero 1.0 (public domain)"),
    Licence.ODC_BY: N_("Open Data Commons Attribution 1.0"),
    Licence.ETALAB: N_("Etalab Open Licence 2.0"),
}
LICENCE_URLS = {
    Licence.CC_BY: "https://creativecommons.org/licenses/by/4.0/",
    Licence.CC_ZERO: "https://creativecommons.org/publicdomain/zero/1.0/",
    Licence.ODC_BY: "https://opendatacommons.org/licenses/by/1-0/",
    Licence.ETALAB: "https://spdx.org/licenses/etalab-2.0.html",
}


class Publication(Record):
    """A fund's choice to publish. `prefix` stands before every identifier, as 360Giving gives it to publishers.

    Files are named by their SHA-256; `grants` counts the awards in them. Nothing to publish: no file.
    """

    __tablename__ = "publication"
    __table_args__ = (
        CheckConstraint(
            "(grants > 0) = (json_sha256 IS NOT NULL) AND (grants > 0) = (csv_sha256 IS NOT NULL)",
            name="files_when_there_are_grants",
        ),
        CheckConstraint("grants = 0 OR made_at IS NOT NULL", name="files_were_made_at_some_time"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"), unique=True)
    published: Mapped[bool] = mapped_column(default=True)
    prefix: Mapped[str] = mapped_column(String(60))
    licence: Mapped[Licence]
    grants: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime | None]
    json_sha256: Mapped[str | None] = mapped_column(String(64))
    json_size: Mapped[int] = mapped_column(default=0)
    csv_sha256: Mapped[str | None] = mapped_column(String(64))
    csv_size: Mapped[int] = mapped_column(default=0)

    fund: Mapped[Fund] = relationship(lazy="raise_on_sql")
