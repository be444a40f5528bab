"""What a commission proposed and what the strategic committee decided."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.applications.models import Application
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.db import Record
from grants.core.i18n import N_, Text
from grants.core.types import MoneyOf


class Outcome(StrEnum):
    FUNDED = "funded"
    RESERVE = "reserve"
    REJECTED = "rejected"

    @property
    def label(self) -> Text:
        return OUTCOME_LABELS[self]


OUTCOME_LABELS = {
    Outcome.FUNDED: N_("Fund the project"),
    Outcome.RESERVE: N_("Reserve list"),
    Outcome.REJECTED: N_("Do not select"),
}


class DecisionState(StrEnum):
    PROPOSED = "proposed"
    FUNDED = "funded"
    RESERVE = "reserve"
    REJECTED = "rejected"


DECISION_LABELS = {
    DecisionState.PROPOSED: N_("Proposed"),
    DecisionState.FUNDED: N_("Funded"),
    DecisionState.RESERVE: N_("Reserve list"),
    DecisionState.REJECTED: N_("Not selected"),
}


class Decision(Record):
    """What the commission proposed for one application and what the strategic committee decided.

    `score` is the mean of the reviews' totals, in hundredths of a point of 100; after a session the mark it agreed, and
    `minutes_line` is its line in the minutes. `reopened_at`: an appeal against it was upheld then by `reopened_by_id`,
    so what `refused_by_id` had decided is decided again. `proposed`: what the commission had proposed, where the
    committee changed the amount since.
    """

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("call_id", "commission_id", "rank"),
        CheckConstraint("rank > 0", name="rank_positive"),
        CheckConstraint("(proposal = 'rejected') OR amount_minor > 0", name="amount_positive"),
        CheckConstraint("reopened_at IS NULL OR amount_minor > 0", name="reopened_with_an_amount"),
        CheckConstraint(
            "(reopened_at IS NULL) = (reopened_by_id IS NULL) AND (reopened_at IS NULL) = (refused_by_id IS NULL)",
            name="reopened_by_somebody",
        ),
        CheckConstraint(
            "(state = 'proposed') = (decided_at IS NULL) AND (state = 'proposed') = (decided_by_id IS NULL)",
            name="decided_by_somebody",
        ),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), unique=True)
    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    commission_id: Mapped[UUID] = mapped_column(ForeignKey("commission.id"))
    rank: Mapped[int]
    score: Mapped[int]
    proposal: Mapped[Outcome]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    amount = MoneyOf()
    proposed_minor: Mapped[int | None]
    proposed = MoneyOf()
    note: Mapped[str] = mapped_column(default="")
    minutes_line: Mapped[int | None]
    state: Mapped[DecisionState] = mapped_column(default=DecisionState.PROPOSED)
    proposed_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    notified_at: Mapped[datetime | None]
    reopened_at: Mapped[datetime | None]
    reopened_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    refused_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    application: Mapped[Application] = relationship(lazy="raise_on_sql")
    call: Mapped[Call] = relationship(lazy="raise_on_sql")
    commission: Mapped[Commission] = relationship(lazy="raise_on_sql")
