"""A payment order: one attempt at paying a claim, with the account it goes to as it stood when it was ordered."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.awards.import_kept import unpack
from grants.awards.models import Claim
from grants.core.db import Record
from grants.core.i18n import N_, Text
from grants.core.types import Money, MoneyOf
from grants.funds.models import Fund
from grants.payments.models.batch import PaymentBatch
from grants.people.models import Person
from grants.profiles.models import BankAccount


class PaymentOrder(Record):
    """Where it stands is its claim's state while it is alive; one that ended keeps the reason and is never reopened.

    `holder`, `bank`, `country` and `account_number` are the payee's account, frozen when the payment was ordered: what
    the bank is told is this, and nothing is sent unless the account kept is still the same and verified. `offset_minor`
    is what is kept back for recoveries: the bank transfers the rest. `paid_op` and `returned_op` number the ledger's
    operations; `payments` counts how often a payment was recorded (again after a reversal).
    """

    __tablename__ = "payment_order"
    __table_args__ = (
        UniqueConstraint("fund_id", "number"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("offset_minor BETWEEN 0 AND amount_minor", name="offset_within_amount"),
        CheckConstraint("(batch_id IS NULL) = (position IS NULL)", name="placed_in_its_batch"),
        CheckConstraint(
            "(paid_op IS NULL) = (bank_reference IS NULL) AND (paid_op IS NULL) = (value_date IS NULL)",
            name="paid_as_the_bank_says",
        ),
        CheckConstraint("paid_op IS NULL OR payments > 0", name="payments_counted"),
        CheckConstraint("(returned_op IS NULL) = (returned_on IS NULL)", name="returned_on_a_day"),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended_with_a_reason"),
        CheckConstraint("returned_op IS NULL OR ended_at IS NOT NULL", name="returned_is_over"),
        CheckConstraint("ending = right(account_number, 4)", name="ending_of_the_number"),
        Index("uq_payment_order_one_alive", "claim_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_payment_order_batch", "batch_id", "position"),
    )

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"))
    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    number: Mapped[str]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    amount = MoneyOf()
    offset_minor: Mapped[int] = mapped_column(default=0)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("bank_account.id"))
    holder: Mapped[str]
    bank: Mapped[str]
    country: Mapped[str] = mapped_column(String(2))
    account_number: Mapped[str] = mapped_column(String(34), deferred=True, deferred_raiseload=True)
    ending: Mapped[str] = mapped_column(String(4))
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment_batch.id"))
    position: Mapped[int | None]
    set_aside: Mapped[dict[str, Any] | None]
    payments: Mapped[int] = mapped_column(default=0)
    paid_op: Mapped[int | None]
    bank_reference: Mapped[str | None]
    value_date: Mapped[date | None]
    returned_op: Mapped[int | None]
    returned_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]

    claim: Mapped[Claim] = relationship(lazy="raise_on_sql")
    fund: Mapped[Fund] = relationship(lazy="raise_on_sql")
    batch: Mapped[PaymentBatch | None] = relationship(lazy="raise_on_sql")
    account: Mapped[BankAccount] = relationship(lazy="raise_on_sql")

    @property
    def why_set_aside(self) -> Text | None:
        """Why its last batch left without it."""
        return unpack(self.set_aside) if self.set_aside else None

    @property
    def masked(self) -> str:
        """What every page but the batch's shows of the number."""
        return f"•••• {self.ending}"

    @property
    def offset(self) -> Money:
        return Money(self.offset_minor, self.currency)

    @property
    def net(self) -> Money:
        """What the bank transfers."""
        return Money(self.amount_minor - self.offset_minor, self.currency)


class ReversalState(StrEnum):
    ASKED = "asked"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


REVERSAL_LABELS = {
    ReversalState.ASKED: N_("Reversal asked for"),
    ReversalState.CONFIRMED: N_("Reversed"),
    ReversalState.REFUSED: N_("Reversal refused"),
}


class Reversal(Record):
    """A recorded payment taken back by a contra-entry: one person asks with a reason, another confirms."""

    __tablename__ = "payment_reversal"
    __table_args__ = (
        CheckConstraint("asked_by_id <> decided_by_id", name="four_eyes"),
        CheckConstraint("(state = 'asked') = (decided_by_id IS NULL)", name="decided_by_somebody"),
        CheckConstraint("(state = 'confirmed') = (reverse_op IS NOT NULL)", name="confirmed_is_posted"),
        Index("uq_payment_reversal_one_open", "order_id", unique=True, postgresql_where=text("state = 'asked'")),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("payment_order.id"))
    state: Mapped[ReversalState] = mapped_column(default=ReversalState.ASKED)
    reason: Mapped[str]
    paid_op: Mapped[int]
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    reverse_op: Mapped[int | None]

    order: Mapped[PaymentOrder] = relationship(lazy="raise_on_sql")
    asked_by: Mapped[Person] = relationship(foreign_keys=[asked_by_id], lazy="raise_on_sql")
