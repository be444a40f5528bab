"""A file of past awards on its way into a fund."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.core.db import Record
from grants.core.i18n import N_
from grants.core.types import MoneyOf
from grants.funds.models import Fund
from grants.people.models import Person


class ImportState(StrEnum):
    UPLOADED = "uploaded"
    CHECKED = "checked"
    QUEUED = "queued"
    DONE = "done"
    REFUSED = "refused"


IMPORT_LABELS = {
    ImportState.UPLOADED: N_("Being read"),
    ImportState.CHECKED: N_("To be confirmed"),
    ImportState.QUEUED: N_("Being imported"),
    ImportState.DONE: N_("Imported"),
    ImportState.REFUSED: N_("Refused"),
}


class AwardImport(Record):
    """One file of past awards for one fund: all of its rows become awards, or none.

    `shape` is what the file looks like (sheet, headings, examples), `mapping` which column holds what, `remarks` the
    problems by row and column (the first of them; `refused_rows` and `warnings` count all).
    """

    __tablename__ = "award_import"
    __table_args__ = (
        CheckConstraint("(state = 'done') = (finished_at IS NOT NULL)", name="done_has_a_time"),
        CheckConstraint("state NOT IN ('queued', 'done') OR promise_id IS NOT NULL", name="queued_has_a_promise"),
        CheckConstraint("state <> 'done' OR refused_rows = 0", name="all_or_nothing"),
        Index("ix_award_import_fund_sha256", "fund_id", "sha256"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    state: Mapped[ImportState] = mapped_column(default=ImportState.UPLOADED)
    filename: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    shape: Mapped[dict[str, Any]] = mapped_column(default=dict)
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    remarks: Mapped[list[Any]] = mapped_column(default=list)
    notes: Mapped[list[Any]] = mapped_column(default=list)
    rows: Mapped[int] = mapped_column(default=0)
    known_rows: Mapped[int] = mapped_column(default=0)
    refused_rows: Mapped[int] = mapped_column(default=0)
    warnings: Mapped[int] = mapped_column(default=0)
    recipients: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3))
    awarded_minor: Mapped[int] = mapped_column(default=0)
    awarded = MoneyOf()
    requested_minor: Mapped[int] = mapped_column(default=0)
    requested = MoneyOf()
    tries: Mapped[int] = mapped_column(default=0)
    promise_id: Mapped[UUID | None]
    finished_at: Mapped[datetime | None]

    fund: Mapped[Fund] = relationship(lazy="raise_on_sql")
    officer: Mapped[Person] = relationship(lazy="raise_on_sql")
