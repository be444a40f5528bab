"""Money that comes back: recovery orders, repayments of advances, and what was received for either."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.awards.models import Award
from grants.calls.models import Call
from grants.core.db import Record
from grants.core.i18n import N_
from grants.core.types import Money, MoneyOf
from grants.payments.models.order import PaymentOrder


class RecoveryState(StrEnum):
    ESTABLISHED = "established"
    NOTIFIED = "notified"
    INSTALMENTS = "instalments"
    OFFSET = "offset"
    COLLECTED = "collected"
    WRITTEN_OFF = "written_off"


RECOVERY_LABELS = {
    RecoveryState.ESTABLISHED: N_("Recovery established"),
    RecoveryState.NOTIFIED: N_("Notified"),
    RecoveryState.INSTALMENTS: N_("Paid back by instalments"),
    RecoveryState.OFFSET: N_("Kept back from payments"),
    RecoveryState.COLLECTED: N_("Collected"),
    RecoveryState.WRITTEN_OFF: N_("Written off"),
}


class Recovery(Record):
    """A recovery order: so much of what was paid must come back. `received_minor` is what has come back of it."""

    __tablename__ = "recovery"
    __table_args__ = (
        UniqueConstraint("fund_id", "number"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("received_minor BETWEEN 0 AND amount_minor", name="received_within_amount"),
        CheckConstraint("(state = 'established') <= (due_on IS NULL)", name="due_once_notified"),
        CheckConstraint(
            "state NOT IN ('notified', 'instalments', 'offset', 'collected') OR due_on IS NOT NULL",
            name="notified_with_a_date",
        ),
        CheckConstraint("(state = 'collected') <= (received_minor = amount_minor)", name="collected_is_whole"),
        CheckConstraint(
            "(state = 'written_off') = (write_off_reason IS NOT NULL)"
            " AND (write_off_reason IS NULL) = (written_off_by_id IS NULL)",
            name="written_off_with_a_reason",
        ),
        CheckConstraint("established_by_id <> written_off_by_id", name="four_eyes"),
        Index("ix_recovery_award", "award_id", "state"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    award_id: Mapped[UUID] = mapped_column(ForeignKey("award.id"))
    number: Mapped[str]
    state: Mapped[RecoveryState] = mapped_column(default=RecoveryState.ESTABLISHED)
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    amount = MoneyOf()
    received_minor: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str]
    established_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    due_on: Mapped[date | None]
    notified_at: Mapped[datetime | None]
    written_off_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    write_off_reason: Mapped[str | None]

    award: Mapped[Award] = relationship(lazy="raise_on_sql")
    terms: Mapped[list["RecoveryTerm"]] = relationship(order_by="RecoveryTerm.position", lazy="raise_on_sql")

    @property
    def left(self) -> Money:
        """What is still to come back."""
        return Money(self.amount_minor - self.received_minor, self.currency)

    @property
    def received(self) -> Money:
        return Money(self.received_minor, self.currency)


class RecoveryTerm(Record):
    """One instalment of what is paid back."""

    __tablename__ = "recovery_term"
    __table_args__ = (
        UniqueConstraint("recovery_id", "position"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
    )

    recovery_id: Mapped[UUID] = mapped_column(ForeignKey("recovery.id"))
    position: Mapped[int]
    due_on: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    amount = MoneyOf()


class Offset(Record):
    """What an order on its way keeps back for a recovery; it counts as received once the bank has paid the order."""

    __tablename__ = "payment_offset"
    __table_args__ = (
        UniqueConstraint("order_id", "recovery_id"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_payment_offset_recovery", "recovery_id"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("payment_order.id"))
    recovery_id: Mapped[UUID] = mapped_column(ForeignKey("recovery.id"))
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    amount = MoneyOf()

    order: Mapped[PaymentOrder] = relationship(lazy="raise_on_sql")
    recovery: Mapped[Recovery] = relationship(lazy="raise_on_sql")


class RepaymentRule(Record):
    """How the advances of a call come back: so many equal repayments, so many months apart, after the grace months."""

    __tablename__ = "repayment_rule"
    __table_args__ = (
        CheckConstraint("grace_months BETWEEN 0 AND 120", name="grace_within_ten_years"),
        CheckConstraint("repayments BETWEEN 1 AND 120", name="repayments_counted"),
        CheckConstraint("period_months BETWEEN 1 AND 24", name="period_of_months"),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"), unique=True)
    grace_months: Mapped[int]
    repayments: Mapped[int]
    period_months: Mapped[int]

    call: Mapped[Call] = relationship(lazy="raise_on_sql")


class Repayment(Record):
    """A repayment of an advance, due on a day. One that is late may be taken over by a recovery order."""

    __tablename__ = "repayment"
    __table_args__ = (
        UniqueConstraint("award_id", "position"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("received_minor BETWEEN 0 AND amount_minor", name="received_within_amount"),
        Index("ix_repayment_due", "fund_id", "due_on"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    award_id: Mapped[UUID] = mapped_column(ForeignKey("award.id"))
    position: Mapped[int]
    due_on: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    amount = MoneyOf()
    received_minor: Mapped[int] = mapped_column(default=0)
    recovery_id: Mapped[UUID | None] = mapped_column(ForeignKey("recovery.id"))

    award: Mapped[Award] = relationship(lazy="raise_on_sql")
    recovery: Mapped[Recovery | None] = relationship(lazy="raise_on_sql")

    @property
    def left(self) -> Money:
        return Money(self.amount_minor - self.received_minor, self.currency)

    def late(self, today: date) -> bool:
        """Due, not whole, and nobody has ordered its recovery yet."""
        return self.recovery_id is None and bool(self.left) and self.due_on < today


class Receipt(Record):
    """Money that came back, as the accountant recorded it; `order_id` when it was kept back from a payment.

    `op` numbers the ledger's operation.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("(recovery_id IS NULL) <> (repayment_id IS NULL)", name="for_one_thing"),
        UniqueConstraint("fund_id", "bank_reference"),
        Index("ix_receipt_recovery", "recovery_id"),
        Index("ix_receipt_repayment", "repayment_id"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    recovery_id: Mapped[UUID | None] = mapped_column(ForeignKey("recovery.id"))
    repayment_id: Mapped[UUID | None] = mapped_column(ForeignKey("repayment.id"))
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment_order.id"))
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    amount = MoneyOf()
    bank_reference: Mapped[str]
    value_date: Mapped[date]
    op: Mapped[int | None]
    recorded_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))

    def says(self, amount: Money, value_date: date) -> bool:
        """Whether a receipt of that amount and day is this one, told again."""
        return (self.amount_minor, self.value_date) == (amount.minor, value_date)
