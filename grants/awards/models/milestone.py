"""The milestones of an agreement: what is delivered by when, the report on it, and what the officer said of it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.awards.models.agreement import Agreement
from grants.calls.questionnaire import Part
from grants.core.db import Record
from grants.core.i18n import N_
from grants.core.scans import Scanned
from grants.people.models import Person


class MilestoneState(StrEnum):
    PLANNED = "planned"
    DUE = "due"
    SUBMITTED = "submitted"
    CLARIFICATION = "clarification"
    ACCEPTED = "accepted"
    PARTLY = "partly"
    REJECTED = "rejected"
    WAIVED = "waived"


MILESTONE_LABELS = {
    MilestoneState.PLANNED: N_("Planned"),
    MilestoneState.DUE: N_("Report due"),
    MilestoneState.SUBMITTED: N_("Report submitted"),
    MilestoneState.CLARIFICATION: N_("Clarification asked"),
    MilestoneState.ACCEPTED: N_("Accepted"),
    MilestoneState.PARTLY: N_("Accepted in part"),
    MilestoneState.REJECTED: N_("Rejected"),
    MilestoneState.WAIVED: N_("Waived"),
}
M = MilestoneState
WRITABLE = frozenset({M.PLANNED, M.DUE, M.CLARIFICATION, M.REJECTED})  # the beneficiary still writes the report
OPENS = frozenset({M.ACCEPTED, M.PARTLY, M.WAIVED})  # the instalment that waits may be claimed
SETTLED = "state IN ('accepted', 'partly', 'rejected', 'waived')"


class Milestone(Record):
    """`instalment` is the position of the one that waits for it. `answers` by question of `form`, as in applications.

    A rejected report is written and submitted again. Nothing is planned once the commitment is proposed.
    """

    __tablename__ = "milestone"
    __table_args__ = (
        UniqueConstraint("agreement_id", "position"),
        CheckConstraint("technical OR financial", name="asks_a_report"),
        CheckConstraint("instalment > 0", name="instalment_by_position"),
        CheckConstraint(
            "state NOT IN ('submitted', 'clarification', 'accepted', 'partly', 'rejected')"
            " OR (submitted_at IS NOT NULL AND submitted_by_id IS NOT NULL)",
            name="submitted_by_somebody",
        ),
        CheckConstraint(f"({SETTLED}) = (settled_at IS NOT NULL)", name="settled_at_some_time"),
        CheckConstraint("(settled_at IS NULL) = (settled_by_id IS NULL)", name="settled_by_somebody"),
        CheckConstraint("state NOT IN ('partly', 'rejected', 'waived') OR reason IS NOT NULL", name="has_its_reason"),
        Index("ix_milestone_due", "due_on", postgresql_where="state = 'planned'"),
    )

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreement.id"))
    position: Mapped[int]
    title: Mapped[str]
    due_on: Mapped[date]
    deliverables: Mapped[str] = mapped_column(default="")
    technical: Mapped[bool] = mapped_column(default=True)
    financial: Mapped[bool] = mapped_column(default=False)
    instalment: Mapped[int | None]
    state: Mapped[MilestoneState] = mapped_column(default=MilestoneState.PLANNED)
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    submitted_at: Mapped[datetime | None]
    submitted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str | None]

    agreement: Mapped[Agreement] = relationship(back_populates="milestones", lazy="raise_on_sql")
    files: Mapped[list["MilestoneFile"]] = relationship(
        back_populates="milestone", order_by="MilestoneFile.created_at", lazy="raise_on_sql"
    )
    questions: Mapped[list["MilestoneQuestion"]] = relationship(
        back_populates="milestone", order_by="MilestoneQuestion.created_at", lazy="raise_on_sql"
    )

    @property
    def form(self) -> Part:
        """What its report answers, by the rules of the call, which must be loaded."""
        return self.agreement.award.call.following.report(technical=self.technical, financial=self.financial)

    @property
    def asked(self) -> "MilestoneQuestion | None":
        """The clarification that awaits its answer."""
        return next((one for one in self.questions if one.answered_at is None), None)

    @property
    def opens(self) -> bool:
        """Whether it holds up its instalment no more."""
        return self.state in OPENS


class MilestoneFile(Scanned, Record):
    """A deliverable or a piece of the report; its bytes are kept once, under their SHA-256."""

    __tablename__ = "milestone_file"
    __table_args__ = (UniqueConstraint("milestone_id", "sha256"), CheckConstraint("size > 0", name="not_empty"))

    milestone_id: Mapped[UUID] = mapped_column(ForeignKey("milestone.id"))
    filename: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    uploaded_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))

    milestone: Mapped[Milestone] = relationship(back_populates="files", lazy="raise_on_sql")


class MilestoneQuestion(Record):
    """What the officer asked about a report, and the answer; one at a time awaits an answer."""

    __tablename__ = "milestone_question"
    __table_args__ = (
        CheckConstraint("question <> ''", name="not_empty"),
        CheckConstraint(
            "(answered_at IS NULL) = (answered_by_id IS NULL) AND (answered_at IS NULL OR answer <> '')",
            name="answered_by_somebody",
        ),
        Index("uq_milestone_question_awaited", "milestone_id", unique=True, postgresql_where="answered_at IS NULL"),
    )

    milestone_id: Mapped[UUID] = mapped_column(ForeignKey("milestone.id"))
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    question: Mapped[str]
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    milestone: Mapped[Milestone] = relationship(back_populates="questions", lazy="raise_on_sql")
    asked_by: Mapped[Person] = relationship(foreign_keys=[asked_by_id], lazy="raise_on_sql")
