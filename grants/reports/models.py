"""Searches kept by name, and files that somebody asked for."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.awards.models import Award
from grants.core.db import Record
from grants.core.i18n import N_
from grants.funds.models import Fund
from grants.people.models import Person
from grants.reports.search.keys import Audience


class SavedSearch(Record):
    """A query with its order and columns, as an address holds them, kept by one person under a name.

    With a `cluster_id` it is also offered to everybody else who follows a fund of that cluster.
    """

    __tablename__ = "saved_search"
    __table_args__ = (
        UniqueConstraint("owner_id", "audience", "name"),
        CheckConstraint("cluster_id IS NULL OR audience = 'fund'", name="shared_among_followers"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    audience: Mapped[Audience]
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[str]
    sort: Mapped[str] = mapped_column(String(40), default="")
    columns: Mapped[str] = mapped_column(String(400), default="")
    cluster_id: Mapped[UUID | None] = mapped_column(ForeignKey("cluster.id"), index=True)

    owner: Mapped[Person] = relationship(lazy="raise_on_sql")


class ExportKind(StrEnum):
    LEDGER = "ledger"
    DOSSIER = "dossier"


EXPORT_KIND_LABELS = {
    ExportKind.LEDGER: N_("Excel ledger"),
    ExportKind.DOSSIER: N_("Whole dossier of a grant"),
}


class ExportState(StrEnum):
    WAITING = "waiting"
    READY = "ready"
    EXPIRED = "expired"


EXPORT_LABELS = {
    ExportState.WAITING: N_("Being made"),
    ExportState.READY: N_("Ready"),
    ExportState.EXPIRED: N_("Deleted"),
}


class Export(Record):
    """One file made for one person: what was asked, and once it is made what it holds.

    `filters` is `grants.reports.filters.Filters` as plain JSON. `lines` counts the journal's lines or the dossier's
    files, `op_no` and `head` say up to which operation of the fund it goes, `sha256` is that of the file. The line
    stays when the file is deleted on `expires_at`.
    """

    __tablename__ = "export"
    __table_args__ = (
        CheckConstraint("(kind = 'dossier') = (award_id IS NOT NULL)", name="dossier_is_of_a_grant"),
        CheckConstraint(
            "(state = 'waiting') = (sha256 IS NULL) AND (sha256 IS NULL) = (size IS NULL)"
            " AND (sha256 IS NULL) = (lines IS NULL) AND (sha256 IS NULL) = (head IS NULL)"
            " AND (sha256 IS NULL) = (op_no IS NULL) AND (sha256 IS NULL) = (finished_at IS NULL)"
            " AND (sha256 IS NULL) = (expires_at IS NULL)",
            name="made_has_its_file",
        ),
        Index("ix_export_person_created", "person_id", "created_at"),
        Index("ix_export_expiring", "expires_at", postgresql_where="state = 'ready'"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"), index=True)
    award_id: Mapped[UUID | None] = mapped_column(ForeignKey("award.id"))
    kind: Mapped[ExportKind]
    state: Mapped[ExportState] = mapped_column(default=ExportState.WAITING)
    language: Mapped[str] = mapped_column(String(8))
    filters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    filename: Mapped[str]
    lines: Mapped[int | None]
    size: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    op_no: Mapped[int | None]
    head: Mapped[str | None] = mapped_column(String(64))
    promise_id: Mapped[UUID | None]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    fund: Mapped[Fund] = relationship(lazy="raise_on_sql")
    award: Mapped[Award | None] = relationship(lazy="raise_on_sql")
