"""What we promised to do after a fact was committed: one row per (kind, subject, recipient, slot)."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from grants.core.clock import now
from grants.core.db import Base


class Status(StrEnum):
    WAITING = "waiting"  # to be attempted from next_attempt_at on
    LEASED = "leased"  # a worker is at it until lease_until
    DONE = "done"
    DROPPED = "dropped"  # its reason was gone before it was done
    DEAD = "dead"  # every attempt failed; an administrator was told
    HELD = "held"  # so late that a person must confirm it


class Queue(StrEnum):
    MAIL = "mail"
    WORK = "work"


class Promise(Base):
    """The id derives from the key, so the same promise has the same id even in a database restored from a dump."""

    __tablename__ = "promise"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id", "recipient_id", "slot", postgresql_nulls_not_distinct=True),
        CheckConstraint(
            "(status = 'leased') = (lease_token IS NOT NULL) AND (status = 'leased') = (lease_until IS NOT NULL)",
            name="leased_has_a_lease",
        ),
        CheckConstraint("(status = 'done') = (done_at IS NOT NULL)", name="done_has_a_time"),
        CheckConstraint("status NOT IN ('dropped', 'dead') OR last_error IS NOT NULL", name="an_end_has_a_reason"),
        CheckConstraint("attempts >= 0", name="attempts_count_up"),
        CheckConstraint("jsonb_typeof(args) = 'object'", name="args_are_named"),
        Index("ix_promise_due", "queue", "next_attempt_at", postgresql_where="status IN ('waiting', 'leased')"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    recipient_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    slot: Mapped[str]
    queue: Mapped[Queue]
    args: Mapped[dict[str, Any]] = mapped_column(default=dict)
    due_at: Mapped[datetime]
    status: Mapped[Status] = mapped_column(default=Status.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    result: Mapped[dict[str, Any] | None]


class Progress(Base):
    """How far a long promise has come. A table of its own, because the job holds the promise's row locked."""

    __tablename__ = "promise_progress"
    __table_args__ = (CheckConstraint("done BETWEEN 0 AND total", name="within_the_total"),)

    promise_id: Mapped[UUID] = mapped_column(ForeignKey("promise.id", ondelete="CASCADE"), primary_key=True)
    done: Mapped[int]
    total: Mapped[int]
