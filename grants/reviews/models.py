"""Reviews: who was asked, whether a conflict was declared, and the marks given."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.applications.models import Application
from grants.calls.models import Criterion
from grants.core.db import Record
from grants.core.i18n import N_
from grants.core.types import MoneyOf
from grants.people.models import Person
from grants.reviews.sheet_models import PrivateNote, ReviewHeading, SentSheet

__all__ = ["PrivateNote", "Review", "ReviewHeading", "ReviewState", "Score", "SentSheet"]


class ReviewState(StrEnum):
    ASSIGNED = "assigned"
    CONFLICT_DECLARED = "conflict_declared"
    REASSIGNED = "reassigned"
    ACCEPTED = "accepted"
    DRAFT = "draft"
    SUBMITTED = "submitted"


STATE_LABELS = {
    ReviewState.ASSIGNED: N_("Waiting for an answer"),
    ReviewState.CONFLICT_DECLARED: N_("Conflict declared"),
    ReviewState.REASSIGNED: N_("Reassigned"),
    ReviewState.ACCEPTED: N_("No conflict declared"),
    ReviewState.DRAFT: N_("Being written"),
    ReviewState.SUBMITTED: N_("Submitted"),
}
IN_HAND = frozenset({ReviewState.ACCEPTED, ReviewState.DRAFT})
COUNTED = frozenset({ReviewState.ASSIGNED, ReviewState.ACCEPTED, ReviewState.DRAFT, ReviewState.SUBMITTED})
LOWEST_WITHOUT_COMMENT = 6  # in half marks: at 3 of 5 or under, a comment is compulsory


class Review(Record):
    """One reviewer's work on one application. `total` is the weighted mark in hundredths of a point of 100."""

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("application_id", "reviewer_id"),
        CheckConstraint(
            "state <> 'submitted' OR (submitted_at IS NOT NULL AND total IS NOT NULL)", name="submitted_has_total"
        ),
        CheckConstraint("(state = 'conflict_declared') <= (conflict_reason IS NOT NULL)", name="conflict_has_reason"),
        CheckConstraint("total BETWEEN 0 AND 10000", name="total_of_100"),
        CheckConstraint("confidence BETWEEN 1 AND 3", name="confidence_1_to_3"),
        Index("ix_review_reviewer_state", "reviewer_id", "state"),
        Index("ix_review_marks", "application_id", postgresql_include=["state", "total", "recommended_minor"]),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    reviewer_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    assigned_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    state: Mapped[ReviewState] = mapped_column(default=ReviewState.ASSIGNED)
    conflict_reason: Mapped[str | None]
    comment: Mapped[str] = mapped_column(default="")
    confidence: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3))
    recommended_minor: Mapped[int | None]
    recommended = MoneyOf()
    total: Mapped[int | None]
    submitted_at: Mapped[datetime | None]

    application: Mapped[Application] = relationship(lazy="raise_on_sql")
    reviewer: Mapped[Person] = relationship(foreign_keys=[reviewer_id], lazy="raise_on_sql")
    scores: Mapped[list["Score"]] = relationship(
        back_populates="review", cascade="all, delete-orphan", lazy="raise_on_sql"
    )
    headings: Mapped[list[ReviewHeading]] = relationship(cascade="all, delete-orphan", lazy="raise_on_sql")


class Score(Record):
    """A mark for one criterion, in half marks: 0 to 10 is 0 to 5."""

    __tablename__ = "score"
    __table_args__ = (
        UniqueConstraint("review_id", "criterion_id"),
        CheckConstraint("halves BETWEEN 0 AND 10", name="halves_0_to_10"),
    )

    review_id: Mapped[UUID] = mapped_column(ForeignKey("review.id"))
    criterion_id: Mapped[UUID] = mapped_column(ForeignKey("criterion.id"), index=True)
    halves: Mapped[int | None]
    comment: Mapped[str] = mapped_column(default="")

    review: Mapped[Review] = relationship(back_populates="scores", lazy="raise_on_sql")
    criterion: Mapped[Criterion] = relationship(lazy="raise_on_sql")
