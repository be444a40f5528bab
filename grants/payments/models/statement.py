"""What the bank says: statements as they were imported, each line used once."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.core.db import Record
from grants.core.i18n import N_
from grants.core.types import Money, MoneyOf
from grants.payments.models.batch import PayingAccount
from grants.payments.models.order import PaymentOrder


class Statement(Record):
    """A file of the bank. Its two balances are assertions: every night the ledger must explain the closing one.

    `shape` is its headings with examples, until its columns are known and its lines read (`read_at`). `known` counts
    the lines that an earlier statement had already brought. `difference_minor` is closing balance less what the
    ledger explains, as of `checked_at`.
    """

    __tablename__ = "bank_statement"
    __table_args__ = (
        UniqueConstraint("account_id", "sha256"),
        CheckConstraint("opening_on <= closing_on", name="opens_before_it_closes"),
        CheckConstraint("(checked_at IS NULL) = (difference_minor IS NULL)", name="checked_with_a_difference"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("paying_account.id"))
    filename: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    imported_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    currency: Mapped[str] = mapped_column(String(3))
    opening_minor: Mapped[int]
    opening = MoneyOf()
    opening_on: Mapped[date]
    closing_minor: Mapped[int]
    closing = MoneyOf()
    closing_on: Mapped[date]
    shape: Mapped[dict[str, Any]]
    read_at: Mapped[datetime | None]
    known: Mapped[int] = mapped_column(default=0)
    checked_at: Mapped[datetime | None]
    difference_minor: Mapped[int | None]
    difference = MoneyOf()

    account: Mapped[PayingAccount] = relationship(lazy="raise_on_sql")


class Use(StrEnum):
    PAYMENT = "payment"
    RETURN = "return"
    OTHER = "other"


USE_LABELS = {
    Use.PAYMENT: N_("Payment made"),
    Use.RETURN: N_("Payment returned by the bank"),
    Use.OTHER: N_("Not a payment of ours"),
}


class StatementLine(Record):
    """One movement; `amount_minor` is below zero for money that left. `fingerprint` tells it from every other one."""

    __tablename__ = "bank_statement_line"
    __table_args__ = (
        UniqueConstraint("account_id", "fingerprint"),
        CheckConstraint("(used_as IS NULL) = (used_by_id IS NULL)", name="used_by_somebody"),
        CheckConstraint("(used_as IN ('payment', 'return')) = (order_id IS NOT NULL)", name="use_names_its_order"),
        Index("uq_bank_statement_line_order", "order_id", "used_as", unique=True),
        Index("ix_bank_statement_line_unused", "account_id", postgresql_where=text("used_as IS NULL")),
        Index("ix_bank_statement_line_statement", "statement_id", "position"),
    )

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("bank_statement.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("paying_account.id"))
    position: Mapped[int]
    booked_on: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    reference: Mapped[str]
    label: Mapped[str]
    rib: Mapped[str] = mapped_column(String(34))
    fingerprint: Mapped[str] = mapped_column(String(64))
    used_as: Mapped[Use | None]
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment_order.id"))
    used_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    statement: Mapped[Statement] = relationship(lazy="raise_on_sql")
    order: Mapped[PaymentOrder | None] = relationship(lazy="raise_on_sql")

    @property
    def is_debit(self) -> bool:
        return self.amount_minor < 0

    @property
    def absolute(self) -> Money:
        return Money(abs(self.amount_minor), self.currency)
