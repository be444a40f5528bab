"""The account a fund pays from, and the batches of orders sent to its bank."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.core.db import Record
from grants.core.i18n import N_
from grants.core.types import Money, MoneyOf
from grants.funds.models import Fund
from grants.people.models import Person


class PayingAccount(Record):
    """A bank account of the fund itself. What its bank wants in a transfer list, and what its statements look like.

    `columns` is [[what, heading], …] in the bank's order (see grants.payments.transfers.What). `statement_columns` is
    what a person chose for the first statement (grants.payments.statements.Mapping), None before.
    """

    __tablename__ = "paying_account"
    __table_args__ = (
        UniqueConstraint("fund_id", "country", "number"),
        CheckConstraint("ending = right(number, 4)", name="ending_of_the_number"),
        CheckConstraint("separator IN (';', ',')", name="separator_known"),
        CheckConstraint("decimal_mark IN ('.', ',')", name="decimal_mark_known"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    bank: Mapped[str]
    holder: Mapped[str]
    country: Mapped[str] = mapped_column(String(2))
    currency: Mapped[str] = mapped_column(String(3))
    number: Mapped[str] = mapped_column(String(34), deferred=True, deferred_raiseload=True)
    ending: Mapped[str] = mapped_column(String(4))
    columns: Mapped[list[Any]]
    separator: Mapped[str] = mapped_column(String(1), default=";")
    decimal_mark: Mapped[str] = mapped_column(String(1), default=",")
    statement_columns: Mapped[dict[str, Any] | None]
    given_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))

    fund: Mapped[Fund] = relationship(lazy="raise_on_sql")

    @property
    def masked(self) -> str:
        return f"•••• {self.ending}"


class BatchState(StrEnum):
    OPEN = "open"
    SENDING = "sending"
    WRITTEN = "written"
    ABANDONED = "abandoned"


BATCH_LABELS = {
    BatchState.OPEN: N_("Being gathered"),
    BatchState.SENDING: N_("Being sent"),
    BatchState.WRITTEN: N_("Transfer list written"),
    BatchState.ABANDONED: N_("Abandoned"),
}


class PaymentBatch(Record):
    """Approved orders of a fund that go to the bank together. Its transfer list is written once, after the ledger.

    `total_minor` adds up the lines, `ledger_minor` what the ledger posted as remitted for them less what was kept back
    for recoveries: a list whose two sums differ cannot exist.
    """

    __tablename__ = "payment_batch"
    __table_args__ = (
        UniqueConstraint("fund_id", "number"),
        CheckConstraint("state NOT IN ('sending', 'written') OR remitted_by_id IS NOT NULL", name="sent_by_somebody"),
        CheckConstraint(
            "state <> 'written' OR (written_at IS NOT NULL AND csv_sha256 IS NOT NULL AND xlsx_sha256 IS NOT NULL"
            " AND csv_size IS NOT NULL AND xlsx_size IS NOT NULL AND lines IS NOT NULL AND total_minor IS NOT NULL)",
            name="written_has_its_files",
        ),
        CheckConstraint("total_minor = ledger_minor", name="total_is_the_ledgers"),
        Index("ix_payment_batch_fund", "fund_id", "state"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("paying_account.id"))
    number: Mapped[int]
    state: Mapped[BatchState] = mapped_column(default=BatchState.OPEN)
    currency: Mapped[str] = mapped_column(String(3))
    execute_on: Mapped[date]
    made_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    remitted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    promise_id: Mapped[UUID | None]
    written_at: Mapped[datetime | None]
    lines: Mapped[int | None]
    total_minor: Mapped[int | None]
    total = MoneyOf()
    ledger_minor: Mapped[int | None]
    csv_sha256: Mapped[str | None] = mapped_column(String(64))
    csv_size: Mapped[int | None]
    xlsx_sha256: Mapped[str | None] = mapped_column(String(64))
    xlsx_size: Mapped[int | None]

    fund: Mapped[Fund] = relationship(lazy="raise_on_sql")
    account: Mapped[PayingAccount] = relationship(lazy="raise_on_sql")
    made_by: Mapped[Person] = relationship(foreign_keys=[made_by_id], lazy="raise_on_sql")

    @property
    def in_ledger(self) -> Money:
        """What the ledger posted as remitted for its lines, less what was kept back."""
        return Money(self.ledger_minor or 0, self.currency)

    @property
    def reference(self) -> str:
        """As people call it, and as the file is named; its fund must be loaded."""
        return f"{self.fund.code}-V{self.number:04d}"
