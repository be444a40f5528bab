"""Funds, who endows them, their fiscal years and exchange rates. Balances live in the ledger, never here."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.clusters.models import Cluster
from grants.core.db import Record
from grants.core.i18n import N_, precision
from grants.core.types import Money, MoneyOf
from grants.people.models import Person


class Fund(Record):
    """Money set aside by a cluster for a purpose, in one currency for ever."""

    __tablename__ = "fund"
    __table_args__ = (CheckConstraint("code = upper(code)", name="code_in_capitals"),)

    cluster_id: Mapped[UUID] = mapped_column(ForeignKey("cluster.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    currency: Mapped[str] = mapped_column(String(3))

    cluster: Mapped[Cluster] = relationship(lazy="raise_on_sql")
    appropriations: Mapped[list["Appropriation"]] = relationship(back_populates="fund", lazy="raise_on_sql")


class Donor(Record):
    """Who gives money to a fund, under which convention."""

    __tablename__ = "donor"
    __table_args__ = (
        UniqueConstraint("fund_id", "reference"),
        CheckConstraint("name <> '' AND reference <> ''", name="named"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    name: Mapped[str]
    reference: Mapped[str]


class Appropriation(Record):
    """Credit opened for a fiscal year; posted to the ledger as `endow` under its document number."""

    __tablename__ = "appropriation"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("fiscal_year BETWEEN 1990 AND 2200", name="fiscal_year_plausible"),
        UniqueConstraint("fund_id", "document"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    fiscal_year: Mapped[int]
    document: Mapped[str]
    value_date: Mapped[date]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    amount = MoneyOf()
    donor_id: Mapped[UUID | None] = mapped_column(ForeignKey("donor.id"))

    fund: Mapped[Fund] = relationship(back_populates="appropriations", lazy="raise_on_sql")
    donor: Mapped[Donor | None] = relationship(lazy="raise_on_sql")


class YearState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


YEAR_LABELS = {YearState.OPEN: N_("Open"), YearState.CLOSED: N_("Closed")}


class Uncommitted(StrEnum):
    """What becomes, at the close, of the credit that nobody reserved or committed."""

    CARRY = "carry"
    LAPSE = "lapse"


UNCOMMITTED_LABELS = {
    Uncommitted.CARRY: N_("It is carried forward: it stays where it is, for the next year"),
    Uncommitted.LAPSE: N_("It lapses: the fund manager may return it to the fund later"),
}


class FiscalYear(Record):
    """A calendar year of a fund and the rules of its end. Without a row a year is open, carries and has no cut-off.

    `carried` and `lapsed` are what the close found. After `commitments_until` no visa commits credit in that year.
    """

    __tablename__ = "fiscal_year"
    __table_args__ = (
        UniqueConstraint("fund_id", "year"),
        CheckConstraint("year BETWEEN 1990 AND 2200", name="year_plausible"),
        CheckConstraint("extract(year FROM commitments_until) = year", name="cut_off_within_the_year"),
        CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL AND closed_by_id IS NOT NULL AND carried_minor IS NOT NULL"
            " AND lapsed_minor IS NOT NULL)",
            name="closed_by_somebody",
        ),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    year: Mapped[int]
    state: Mapped[YearState] = mapped_column(default=YearState.OPEN)
    uncommitted: Mapped[Uncommitted] = mapped_column(default=Uncommitted.CARRY)
    commitments_until: Mapped[date | None]
    currency: Mapped[str] = mapped_column(String(3))
    carried_minor: Mapped[int | None]
    carried = MoneyOf()
    lapsed_minor: Mapped[int | None]
    lapsed = MoneyOf()
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    fund: Mapped[Fund] = relationship(lazy="raise_on_sql")
    closed_by: Mapped[Person | None] = relationship(lazy="raise_on_sql")

    @property
    def last_day(self) -> date:
        return date(self.year, 12, 31)


class ExchangeRate(Record):
    """One unit of the fund's `currency` was worth `rate` of `base` on that day, says `source`. For information only."""

    __tablename__ = "exchange_rate"
    __table_args__ = (
        UniqueConstraint("fund_id", "base", "on_date"),
        CheckConstraint("rate > 0 AND rate < 'Infinity'", name="rate_positive"),
        CheckConstraint("currency <> base", name="two_currencies"),
        CheckConstraint("source <> ''", name="has_its_source"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    currency: Mapped[str] = mapped_column(String(3))
    base: Mapped[str] = mapped_column(String(3))
    on_date: Mapped[date]
    rate: Mapped[Decimal] = mapped_column(Numeric(18, 8))
    source: Mapped[str]
    recorded_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))

    recorded_by: Mapped[Person] = relationship(lazy="raise_on_sql")

    @property
    def written(self) -> str:
        """All its decimals and no more: an exact number is read as it was recorded."""
        return f"{self.rate.normalize():f}"

    def worth(self, amount: Money) -> Money:
        """The amount in the base currency, rounded half up. Raises ValueError for another currency."""
        if amount.currency != self.currency:
            raise ValueError(f"{amount.currency} is not {self.currency}")
        places = precision(self.base) - precision(self.currency)
        exact = Decimal(amount.minor).scaleb(places) * self.rate
        return Money(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), self.base)
