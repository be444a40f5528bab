"""What every act of a session has in common: the row of the session taken first, so that of two people who act at once
one comes after the other; a line in the log; the quorum followed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import select

from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Refused, WrongState
from grants.core.i18n import N_, N_n
from grants.people.models import Person
from grants.sessions import policy, queries
from grants.sessions.models import (
    ITEM_LABELS,
    SESSION_LABELS,
    Attendance,
    Entry,
    Happening,
    Item,
    ItemState,
    Session,
    SessionState,
)
from grants.sessions.rules import Quorum, quorum
from workflows.machine import Lifecycle, Move

WAITING, OPEN, SETTLED = ItemState.WAITING, ItemState.OPEN, ItemState.SETTLED

lifecycle = Lifecycle(
    "session",
    SESSION_LABELS,
    [
        Move(
            "open_session",
            frozenset({SessionState.PLANNED}),
            SessionState.OPEN,
            policy.open_session,
            N_("Open the session"),
        ),
        Move(
            "adjourn_session",
            frozenset({SessionState.OPEN}),
            SessionState.PLANNED,
            policy.open_session,
            N_("Adjourn the session"),
        ),
        Move(
            "close_session",
            frozenset({SessionState.OPEN}),
            SessionState.CLOSED,
            policy.close_session,
            N_("Close the session"),
        ),
        Move(
            "complete_minutes",
            frozenset({SessionState.CLOSED}),
            SessionState.SIGNED,
            policy.attend,
            N_("The minutes are signed"),
        ),
        Move(
            "correct_signed",
            frozenset({SessionState.SIGNED}),
            SessionState.CLOSED,
            policy.lead_session,
            N_("Correct the minutes"),
        ),
    ],
)
items = Lifecycle(
    "item",
    ITEM_LABELS,
    [
        Move("open_item", frozenset({WAITING, SETTLED}), OPEN, policy.lead_item, N_("Bring up")),
        Move("settle_item", frozenset({OPEN}), SETTLED, policy.lead_item, N_("Settle this file")),
        Move("put_back_item", frozenset({OPEN}), WAITING, policy.lead_item, N_("Put back on the agenda")),
    ],
)
LIVE = ["last_event", "quorate", "acting_id", "opened_at", "closed_at"]


@contextmanager
def sitting(session: Session, *states: SessionState) -> Iterator[None]:
    """A transaction that holds the session, in one of these states (open, unless others are named).

    Raises WrongState in another.
    """
    with transaction():
        lock(session, "state", *LIVE)
        wanted = states or (SessionState.OPEN,)
        if session.state not in wanted:
            raise WrongState(
                N_("This takes a session that is “%(wanted)s”.", wanted=SESSION_LABELS[wanted[0]])
                if session.state in {SessionState.PLANNED, SessionState.OPEN}
                else N_("The session is closed: what it agreed no longer changes. The minutes may be corrected.")
            )
        yield


def note(
    session: Session,
    kind: Happening,
    actor: Person,
    *,
    item: Item | None = None,
    person: UUID | None = None,
    **details: Any,
) -> None:
    """Add a line to the log, and to the audit chain. The session is held."""
    session.last_event += 1
    db.session.add(
        Entry(
            session_id=session.id,
            number=session.last_event,
            at=now(),
            kind=kind,
            actor_id=actor.id,
            person_id=person,
            item_id=item.id if item else None,
            details=details,
        )
    )
    record(f"sitting.{kind}", item or session, actor, after=details | ({"person": str(person)} if person else {}))


def present_in(session: Session) -> set[UUID]:
    """Who sits now."""
    sits = select(Attendance.person_id).where(Attendance.session_id == session.id, Attendance.left_at.is_(None))
    return set(db.session.scalars(sits))


def quorum_of(session: Session, item: Item | None, sits: Sequence[Person] | None = None) -> Quorum:
    """For this file after those who step aside; without one, of the session."""
    voting = sits if sits is not None else queries.members(session)
    away = queries.stepping_aside(session, voting).get(item.application_id, frozenset()) if item else frozenset()
    rules = queries.rules_of(session.call_id)
    return quorum([one.id for one in voting], away, present_in(session), rules.quorum)


def current(session: Session) -> Item | None:
    """The file under discussion."""
    wanted = select(Item).where(Item.session_id == session.id, Item.state == OPEN)
    return db.session.scalars(wanted).one_or_none()


def follow_quorum(session: Session, actor: Person) -> None:
    """Write down when the quorum is lost or reached, for the file under discussion or else for the session."""
    db.session.flush()
    item = current(session)
    found = quorum_of(session, item)
    if found.reached != session.quorate:
        session.quorate = found.reached
        kind = Happening.QUORUM_REGAINED if found.reached else Happening.QUORUM_LOST
        note(session, kind, actor, item=item, present=found.present, needed=found.needed, members=found.members)


def must_be_quorate(session: Session, item: Item) -> None:
    found = quorum_of(session, item)
    if not found.reached:
        raise Refused(
            N_(
                "There is no quorum on this file: %(present)s of the %(members)s members who do not step aside are"
                " present, %(needed)s are needed.",
                present=found.present,
                members=found.members,
                needed=found.needed,
            ),
            N_n(
                "Wait until %(n)s more member has entered, or put the file back and take another.",
                "Wait until %(n)s more members have entered, or put the file back and take another.",
                found.missing or 1,
            ),
        )


def must_be_here(session: Session, person: Person) -> None:
    if person.id not in present_in(session):
        raise Refused(N_("You are not written down as present."), N_("Enter the session, then try again."))


def must_be_up(item: Item) -> None:
    """The file is under discussion. The session is held."""
    lock(item, "state", "consensus", "consensus_reason", "dissent", "amount_minor", "rejected", "rapporteur_id")
    if item.state != OPEN:
        raise WrongState(N_("This file is not under discussion."))
