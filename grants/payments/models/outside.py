"""What was paid and recovered before this product, or beside it: files of lines, and what each line became."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.awards.models import Award
from grants.core.db import Record
from grants.core.i18n import N_, Text
from grants.core.types import MoneyOf
from grants.funds.models import Fund
from grants.payments.models.recovery import Recovery
from grants.people.models import Person


class OutsideState(StrEnum):
    CHECKED = "checked"
    QUEUED = "queued"
    DONE = "done"
    REFUSED = "refused"
    UNDONE = "undone"


OUTSIDE_LABELS = {
    OutsideState.CHECKED: N_("To be confirmed"),
    OutsideState.QUEUED: N_("Being entered"),
    OutsideState.DONE: N_("In the books"),
    OutsideState.REFUSED: N_("Refused"),
    OutsideState.UNDONE: N_("Taken back"),
}


class OutsideKind(StrEnum):
    """What a line says. `committed` is compared with the books and enters nothing."""

    COMMITTED = "committed"
    OPENING_PAID = "opening_paid"
    OPENING_RECOVERED = "opening_recovered"
    ADVANCE = "advance"
    PAYMENT = "payment"
    RECOVERY = "recovery"

    @property
    def label(self) -> Text:
        return KIND_LABELS[self]

    @property
    def opening(self) -> bool:
        """A sum as at a day, with no bank reference of its own."""
        return self in (OutsideKind.COMMITTED, OutsideKind.OPENING_PAID, OutsideKind.OPENING_RECOVERED)

    @property
    def comes_back(self) -> bool:
        return self in (OutsideKind.OPENING_RECOVERED, OutsideKind.RECOVERY)


KIND_LABELS = {
    OutsideKind.COMMITTED: N_("Opening: committed"),
    OutsideKind.OPENING_PAID: N_("Opening: paid"),
    OutsideKind.OPENING_RECOVERED: N_("Opening: recovered"),
    OutsideKind.ADVANCE: N_("Pre-financing paid"),
    OutsideKind.PAYMENT: N_("Payment on costs"),
    OutsideKind.RECOVERY: N_("Money recovered"),
}


class OutsideImport(Record):
    """One file of opening balances and outside payments for one fund: all of its lines are entered, or none.

    Who brings it does not confirm it. `remarks` are the problems by row and column; `paid` and `recovered` what it
    would enter. Taken back by contra-entries, with a reason.
    """

    __tablename__ = "outside_import"
    __table_args__ = (
        CheckConstraint("officer_id <> confirmed_by_id", name="four_eyes"),
        CheckConstraint("state = 'checked' OR confirmed_by_id IS NOT NULL", name="confirmed_by_somebody"),
        CheckConstraint("state <> 'queued' OR promise_id IS NOT NULL", name="queued_has_a_promise"),
        CheckConstraint("(state IN ('done', 'undone')) = (finished_at IS NOT NULL)", name="done_has_a_time"),
        CheckConstraint("state <> 'done' OR refused_rows = 0", name="all_or_nothing"),
        CheckConstraint(
            "(state = 'undone') = (undone_by_id IS NOT NULL) AND (state = 'undone') = (undo_reason IS NOT NULL)",
            name="undone_with_a_reason",
        ),
        Index("ix_outside_import_fund_sha256", "fund_id", "sha256"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    confirmed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    state: Mapped[OutsideState] = mapped_column(default=OutsideState.CHECKED)
    filename: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    remarks: Mapped[list[Any]] = mapped_column(default=list)
    lines: Mapped[list[Any]] = mapped_column(default=list)
    rows: Mapped[int] = mapped_column(default=0)
    known_rows: Mapped[int] = mapped_column(default=0)
    refused_rows: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3))
    paid_minor: Mapped[int] = mapped_column(default=0)
    paid = MoneyOf()
    recovered_minor: Mapped[int] = mapped_column(default=0)
    recovered = MoneyOf()
    tries: Mapped[int] = mapped_column(default=0)
    promise_id: Mapped[UUID | None]
    finished_at: Mapped[datetime | None]
    undone_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    undo_reason: Mapped[str | None]

    fund: Mapped[Fund] = relationship(lazy="raise_on_sql")
    officer: Mapped[Person] = relationship(foreign_keys=[officer_id], lazy="raise_on_sql")
    confirmed_by: Mapped[Person | None] = relationship(foreign_keys=[confirmed_by_id], lazy="raise_on_sql")


class OutsideEntry(Record):
    """One line that was entered: the operations of the ledger from `first_op` to `last_op` are its own.

    A line is known again by its award, its kind and its bank reference (empty for an opening balance: one for each
    kind), as long as it was not taken back.
    """

    __tablename__ = "outside_entry"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("first_op <= last_op", name="operations_in_order"),
        CheckConstraint("(kind LIKE 'opening%') = (bank_reference = '')", name="payments_have_a_bank_reference"),
        Index(
            "uq_outside_entry_once",
            "award_id",
            "kind",
            "bank_reference",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index("ix_outside_entry_operations", "fund_id", "first_op"),
        Index("ix_outside_entry_import", "import_id", "first_op"),
    )

    import_id: Mapped[UUID] = mapped_column(ForeignKey("outside_import.id"))
    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    award_id: Mapped[UUID] = mapped_column(ForeignKey("award.id"))
    row: Mapped[int]
    kind: Mapped[OutsideKind]
    on: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    amount = MoneyOf()
    bank_reference: Mapped[str]
    purpose: Mapped[str]
    claim_id: Mapped[UUID | None] = mapped_column(ForeignKey("claim.id"))
    recovery_id: Mapped[UUID | None] = mapped_column(ForeignKey("recovery.id"))
    first_op: Mapped[int]
    last_op: Mapped[int]
    undone_at: Mapped[datetime | None]

    award: Mapped[Award] = relationship(lazy="raise_on_sql")
    recovery: Mapped[Recovery | None] = relationship(lazy="raise_on_sql")
