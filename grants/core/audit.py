"""What happened, to what, by whom, and why: appended with the fact, never edited; then sealed in a chain."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from grants.core.clock import now
from grants.core.db import Base, db
from grants.core.types import new_id


class Event(Base):
    """One thing that happened. `before` and `after` hold the values that changed, as plain JSON."""

    __tablename__ = "event"
    __table_args__ = (Index(None, "subject_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(default=now)
    name: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    actor_id: Mapped[UUID | None]
    reason: Mapped[str | None]
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Seal(Base):
    """The chain over committed events: hash = sha256(previous hash ‖ body of the event)."""

    __tablename__ = "event_seal"

    no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("event.id"), unique=True)
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


def record(
    name: str,
    subject: Any,
    actor: Any,
    *,
    reason: str | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Append the event to the running transaction. `actor` is a Person, or None for the clock."""
    db.session.add(
        Event(
            name=name,
            subject_kind=type(subject).__name__.lower(),
            subject_id=subject.id,
            actor_id=getattr(actor, "id", None),
            reason=reason,
            before=before or {},
            after=after or {},
        )
    )
