"""What happened, to what, by whom, and why: appended with the fact, never edited; then sealed in a chain."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from grants.core.clock import now
from grants.core.db import Base, db, transaction
from grants.core.i18n import N_, N_n, Text
from grants.core.types import new_id

GENESIS = sha256(b"genesis").digest()
SEALER = 4_715_900_022  # advisory lock: one sealer at a time
BATCH = 1_000
LATE = timedelta(days=1)  # an event may be committed this long after it was born


class Event(Base):
    """One thing that happened. `before` and `after` hold the values that changed, as plain JSON."""

    __tablename__ = "event"
    __table_args__ = (
        Index(None, "subject_id", "at"),
        Index(  # who left an organisation, without reading all that ever happened
            "ix_event_left",
            text("(before ->> 'person')"),
            postgresql_where=text("name IN ('organisation.leave', 'organisation.remove_member')"),
        ),
    )

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


# --- the chain ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proof:
    """How many sealed events were proved, the hash at the end of the chain, and the first that does not hold."""

    events: int
    head: bytes
    broken: Text | None = None

    @property
    def sentence(self) -> Text:
        return self.broken or N_n(
            "%(n)s event proved; the chain ends in %(head)s.",
            "%(n)s events proved; the chain ends in %(head)s.",
            self.events,
            head=self.head.hex(),
        )


def seal(*, everything: bool = False) -> int:
    """Chain the committed events that no seal covers yet, oldest first; how many there were.

    Called by the clock at each tick. Nobody who writes an event ever waits for it: events carry no link, the seals
    do, and they are written here alone, under an advisory lock. A tick looks a day further back than the last seals;
    `everything` looks at all events, in case a machine's clock had been far ahead for a while.
    """
    total = 0
    while sealed := _seal_some(everything):
        total += sealed
    return total


def verify() -> Proof:
    """Recompute the chain from the events, up to the first that was altered, removed or moved."""
    columns = [getattr(Event, name) for name in _BODY]
    chain = select(Seal.no, Seal.previous, Seal.hash, Event.id.label("found"), *columns).outerjoin(
        Event, Event.id == Seal.event_id
    )
    previous, count = GENESIS, 0
    with db.session.execute(chain.order_by(Seal.no), execution_options={"yield_per": BATCH}) as rows:
        for row in rows:
            no = str(row.no)
            if row.no != count + 1:
                return Proof(count, previous, N_("The numbering of the seals breaks at no. %(no)s.", no=no))
            if row.previous != previous:
                return Proof(count, previous, N_("Seal no. %(no)s does not follow the one before it.", no=no))
            if row.found is None or row.hash != sha256(previous + _body(row)).digest():
                words = N_("Event no. %(no)s (%(name)s) was altered or removed.", no=no, name=row.name or "?")
                return Proof(count, previous, words)
            previous, count = row.hash, count + 1
    return Proof(count, previous)


_BODY = ("id", "at", "name", "subject_kind", "subject_id", "actor_id", "reason", "before", "after")


def _body(event: Any) -> bytes:
    """The event as canonical JSON: keys sorted, no spaces, time in UTC to the microsecond."""
    content = {name: getattr(event, name) for name in _BODY}
    content["at"] = content["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str).encode()


def _seal_some(everything: bool) -> int:
    with transaction():
        if not db.session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": SEALER}):
            return 0  # another clock is at it
        last = db.session.execute(select(Seal.no, Seal.hash).order_by(Seal.no.desc()).limit(1)).one_or_none()
        no, previous = last or (0, GENESIS)
        waiting = select(*(getattr(Event, name) for name in _BODY)).where(
            ~select(Seal.no).where(Seal.event_id == Event.id).exists()
        )
        if not everything and (floor := _look_back_to()):
            waiting = waiting.where(Event.id > floor)
        seals = []
        for event in db.session.execute(waiting.order_by(Event.id).limit(BATCH)):
            no, link = no + 1, sha256(previous + _body(event)).digest()
            seals.append({"no": no, "event_id": event.id, "previous": previous, "hash": link})
            previous = link
        if seals:
            db.session.execute(insert(Seal), seals)
        return len(seals)


def _look_back_to() -> UUID | None:
    """A day before the oldest of the last seals, as the smallest identifier of that moment."""
    recent = select(Seal.event_id).order_by(Seal.no.desc()).limit(BATCH).subquery()
    oldest = db.session.scalar(select(recent.c.event_id).order_by(recent.c.event_id).limit(1))
    if oldest is None:
        return None
    millis = (oldest.int >> 80) - int(LATE.total_seconds() * 1000)
    return UUID(int=max(millis, 0) << 80)
