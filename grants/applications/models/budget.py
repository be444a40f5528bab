"""The lines of a budget and what pays for the rest, where the call asks for them."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from grants.core.db import Record
from grants.core.i18n import N_, Text
from grants.core.types import MoneyOf


class BudgetLine(Record):
    """One cost of a project, complete or not: `net` without VAT, `vat` in hundredths of a percent, `year` from 1.

    `category` is a code of the call's budget rules; `organisation_id` is whoever spends it.
    """

    __tablename__ = "budget_line"
    __table_args__ = (
        UniqueConstraint("application_id", "position"),
        CheckConstraint("net_minor > 0", name="net_positive"),
        CheckConstraint("vat BETWEEN 0 AND 10000", name="vat_is_a_share"),
        CheckConstraint("year BETWEEN 1 AND 10", name="year_plausible"),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    position: Mapped[int]
    category: Mapped[str] = mapped_column(default="")
    year: Mapped[int | None]
    label: Mapped[str] = mapped_column(default="")
    currency: Mapped[str] = mapped_column(String(3))
    net_minor: Mapped[int | None]
    net = MoneyOf()
    vat: Mapped[int] = mapped_column(default=0)


class Source(StrEnum):
    OWN = "own"
    BANK = "bank"
    PUBLIC = "public"
    PARTNER = "partner"
    INVESTOR = "investor"
    OTHER = "other"

    @property
    def label(self) -> Text:
        return SOURCE_LABELS[self]


SOURCE_LABELS = {
    Source.OWN: N_("Own funds"),
    Source.BANK: N_("Bank loan"),
    Source.PUBLIC: N_("Other public aid"),
    Source.PARTNER: N_("Partner or customer"),
    Source.INVESTOR: N_("Investor"),
    Source.OTHER: N_("Other source"),
}


class Certainty(StrEnum):
    PLANNED = "planned"
    APPLIED = "applied"
    CONFIRMED = "confirmed"

    @property
    def label(self) -> Text:
        return CERTAINTY_LABELS[self]


CERTAINTY_LABELS = {
    Certainty.PLANNED: N_("Planned"),
    Certainty.APPLIED: N_("Applied, no answer yet"),
    Certainty.CONFIRMED: N_("Confirmed"),
}


class Contribution(Record):
    """Co-financing: what pays the part of the cost that the grant does not, complete or not."""

    __tablename__ = "contribution"
    __table_args__ = (
        UniqueConstraint("application_id", "position"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    position: Mapped[int]
    source: Mapped[Source | None]
    label: Mapped[str] = mapped_column(default="")
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int | None]
    amount = MoneyOf()
    certainty: Mapped[Certainty] = mapped_column(default=Certainty.PLANNED)
