"""A grant: decided here, or imported with its history."""

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.applications.models import Application
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.db import Record
from grants.core.types import MoneyOf
from grants.funds.models import Fund
from grants.people.models import Organisation

if TYPE_CHECKING:
    from grants.awards.models.agreement import Agreement


class Source(StrEnum):
    DECISION = "decision"
    IMPORT = "import"


class Award(Record):
    """A grant: made by a funded decision, or imported with its history. The ledger's `grant_id` is this id."""

    __tablename__ = "award"
    __table_args__ = (
        UniqueConstraint("fund_id", "number"),
        UniqueConstraint("fund_id", "external_id"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("requested_minor > 0", name="requested_positive"),
        CheckConstraint("(source = 'decision') = (application_id IS NOT NULL)", name="decision_has_application"),
        CheckConstraint("(source = 'import') = (external_id IS NOT NULL)", name="import_has_identifier"),
        CheckConstraint("(source = 'import') = (import_id IS NOT NULL)", name="import_has_its_file"),
        CheckConstraint("duration_months > 0", name="duration_positive"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        Index("ix_award_call_commission", "call_id", "commission_id"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    commission_id: Mapped[UUID] = mapped_column(ForeignKey("commission.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    application_id: Mapped[UUID | None] = mapped_column(ForeignKey("application.id"), unique=True)
    source: Mapped[Source] = mapped_column(default=Source.DECISION)
    number: Mapped[str]
    title: Mapped[str]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    amount = MoneyOf()
    requested_minor: Mapped[int | None]
    requested = MoneyOf()
    awarded_on: Mapped[date]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    duration_months: Mapped[int | None]
    external_id: Mapped[str | None]
    import_id: Mapped[UUID | None] = mapped_column(ForeignKey("award_import.id"), index=True)
    programme: Mapped[str | None]
    description: Mapped[str | None]

    fund: Mapped[Fund] = relationship(lazy="raise_on_sql")
    call: Mapped[Call] = relationship(lazy="raise_on_sql")
    commission: Mapped[Commission] = relationship(lazy="raise_on_sql")
    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    application: Mapped[Application | None] = relationship(lazy="raise_on_sql")
    agreement: Mapped["Agreement | None"] = relationship(back_populates="award", lazy="raise_on_sql")
