"""A proposal of who reviews what, as a chair works on it: computed, edited by hand, confirmed as one unit."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.applications.models import Application
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.db import Record
from grants.core.i18n import N_
from grants.people.models import Person


class PlanState(StrEnum):
    QUEUED = "queued"
    PROPOSED = "proposed"
    SENDING = "sending"
    CONFIRMED = "confirmed"
    DISCARDED = "discarded"


PLAN_LABELS = {
    PlanState.QUEUED: N_("Being computed"),
    PlanState.PROPOSED: N_("Proposed"),
    PlanState.SENDING: N_("Being confirmed"),
    PlanState.CONFIRMED: N_("Confirmed"),
    PlanState.DISCARDED: N_("Set aside"),
}
STANDING = "state IN ('queued', 'proposed', 'sending')"


class AssignmentPlan(Record):
    """A proposal for one commission in one call; at most one stands. It asks nobody before it is confirmed.

    `chair` computed it or, once it is confirmed, confirmed it. `figures` is what each step of the computation reached
    (grants.reviews.assignment.fair.Step by name), `short` why seats are empty: {application id: cause}. `experts`: at
    least one expert on each application was asked for. `edited` is an uploaded file that waits for a yes:
    {application id: [reviewer ids]}.
    """

    __tablename__ = "assignment_plan"
    __table_args__ = (
        CheckConstraint("state <> 'confirmed' OR confirmed_at IS NOT NULL", name="confirmed_has_its_date"),
        Index("uq_assignment_plan_standing", "call_id", "commission_id", unique=True, postgresql_where=STANDING),
        Index("ix_assignment_plan_place", "call_id", "commission_id", "state"),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    commission_id: Mapped[UUID] = mapped_column(ForeignKey("commission.id"))
    chair_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    state: Mapped[PlanState] = mapped_column(default=PlanState.QUEUED)
    experts: Mapped[bool] = mapped_column(default=True)
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    short: Mapped[dict[str, Any]] = mapped_column(default=dict)
    edited: Mapped[dict[str, Any]] = mapped_column(default=dict)
    promise_id: Mapped[UUID | None]
    computed_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]

    call: Mapped[Call] = relationship(lazy="raise_on_sql")
    commission: Mapped[Commission] = relationship(lazy="raise_on_sql")
    chair: Mapped[Person] = relationship(lazy="raise_on_sql")


class PlannedReview(Record):
    """One pair of a plan. `by_hand`: a person put it there. `reasons` is what spoke for it (facts.Reasons.as_json)."""

    __tablename__ = "planned_review"
    __table_args__ = (UniqueConstraint("plan_id", "application_id", "reviewer_id"),)

    plan_id: Mapped[UUID] = mapped_column(ForeignKey("assignment_plan.id", ondelete="CASCADE"))
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    reviewer_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    by_hand: Mapped[bool] = mapped_column(default=False)
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)

    application: Mapped[Application] = relationship(lazy="raise_on_sql")
    reviewer: Mapped[Person] = relationship(lazy="raise_on_sql")
