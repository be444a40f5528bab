"""A session as one person sees it, read in a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from sqlalchemy import select

from grants.core.db import db
from grants.core.types import Money
from grants.people.models import Person
from grants.sessions import figures, queries
from grants.sessions.figures import Marked
from grants.sessions.models import (
    Attendance,
    Ballot,
    Entry,
    Item,
    ItemState,
    Lot,
    Session,
    SessionRules,
    SessionState,
    Vote,
)
from grants.sessions.rules import Place, Quorum, quorum


@dataclass(frozen=True)
class Sitting:
    """A session as one person sees it: read in a constant number of queries.

    `items` and `log` hold nothing of the files the person steps aside from; `places` is None, and so is every total,
    for whoever steps aside from one.
    """

    session: Session
    rules: SessionRules
    items: list[Item]
    hidden: frozenset[UUID]
    members: list[Person]
    spans: Sequence[Attendance]
    marks: dict[UUID, Marked]
    asides: dict[UUID, frozenset[UUID]]
    log: Sequence[Entry]
    lots: Sequence[Lot]
    votes: dict[UUID, Vote]
    ballots: dict[UUID, Ballot]
    places: list[Place] | None
    envelope: Money | None

    @cached_property
    def present(self) -> dict[UUID, Attendance]:
        return {one.person_id: one for one in self.spans if one.left_at is None}

    @cached_property
    def names(self) -> dict[UUID, str]:
        return {one.id: one.name for one in self.members}

    @cached_property
    def open_item(self) -> Item | None:
        """The file under discussion, if the person may see it."""
        return next((one for one in self.items if one.state == ItemState.OPEN), None)

    @cached_property
    def waits_outside(self) -> bool:
        """Whether a file is under discussion from which the person steps aside."""
        return any(one.state == ItemState.OPEN and one.id in self.hidden for one in self.session.items)

    @property
    def is_open(self) -> bool:
        return self.session.state == SessionState.OPEN

    def quorum(self, item: Item | None = None) -> Quorum:
        """For this file; without one, of the session, from which nobody steps aside."""
        away = self.asides.get(item.application_id, frozenset()) if item else frozenset()
        return quorum([one.id for one in self.members], away, self.present, self.rules.quorum)


def sitting(user: Person, session: Session) -> Sitting:
    hidden = queries.aside(user, session)
    sits = queries.members(session)
    items = [one for one in session.items if one.id not in hidden]
    shown = {one.application_id for one in items}
    rules, found = queries.rules_of(session.call_id), figures.marks(session)
    by_item = {one.item_id: one for one in queries.votes(session)}
    current = next((one for one in items if one.state == ItemState.OPEN), None)
    vote = by_item.get(current.id) if current else None
    asides = queries.stepping_aside(session, sits)
    return Sitting(
        session=session,
        rules=rules,
        items=items,
        hidden=hidden,
        members=sits,
        spans=queries.spans(session),
        marks={id: one for id, one in found.items() if id in shown},
        asides={id: people for id, people in asides.items() if id in shown},
        log=_shown_log(session, hidden),
        lots=[] if hidden else queries.lots(session),
        votes={id: one for id, one in by_item.items() if id not in hidden},
        ballots=queries.voters(vote) if vote is not None and vote.closed_at is None else {},
        places=None if hidden else figures.ranking(session, rules, found),
        envelope=None if hidden else figures.envelope(session),
    )


def _shown_log(session: Session, hidden: frozenset[UUID]) -> Sequence[Entry]:
    wanted = select(Entry).where(Entry.session_id == session.id, queries.told(hidden))
    return db.session.scalars(wanted.order_by(Entry.number)).all()
