"""The panel of a commission in a call: its reviewers, how much each takes, what they know, when they are away, what
they bid.

Reviewers are appointed to the commission for good; a seat narrows that to one call, and one that is not accepted, or is
over, keeps them out of it. Whoever was appointed and never invited sits.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from grants.applications.models import Application
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.clock import now
from grants.core.db import db
from grants.people.models import Appointment, Person, Role
from grants.reviews.conflicts import conflicts_of
from grants.reviews.models import COUNTED, Review
from grants.reviews.panel_models import (
    USUAL_LOAD,
    Absence,
    Bid,
    BidLevel,
    Expertise,
    ExpertiseTopic,
    PanelSeat,
    SeatState,
)

Away = frozenset[tuple[UUID, UUID]]  # of an application's id and a person's who does not sit in its call


@dataclass(frozen=True)
class Knowledge:
    """What a person says they know, and when they are away (in order)."""

    topics: frozenset[UUID] = frozenset()
    keywords: tuple[str, ...] = ()
    away: tuple[Absence, ...] = ()


@dataclass(frozen=True)
class Panellist:
    """A reviewer of a commission in a call, in numbers of reviews: `load` asked, at least `least`, at most `cap`.

    `sits`: may be asked for reviews. `available`: some day is left, before reviews are due, on which the seat holds
    and the person is not away. `seat` is None for somebody appointed who was never invited.
    """

    person: Person
    seat: PanelSeat | None
    sits: bool
    load: int
    knowledge: Knowledge
    available: bool

    @property
    def cap(self) -> int:
        return self.seat.most if self.seat and self.seat.most is not None else USUAL_LOAD

    @property
    def least(self) -> int:
        return (self.seat.least or 0) if self.seat else 0

    @property
    def topics(self) -> frozenset[UUID]:
        return self.knowledge.topics

    @property
    def keywords(self) -> tuple[str, ...]:
        return self.knowledge.keywords

    @property
    def away(self) -> tuple[Absence, ...]:
        return self.knowledge.away

    @property
    def starts_on(self) -> date | None:
        return self.seat.starts_on if self.seat else None

    @property
    def ends_on(self) -> date | None:
        return self.seat.ends_on if self.seat else None


def panel(call: Call, commission: Commission, seen_by: Person | None = None) -> list[Panellist]:
    """Who may be asked for reviews, by name, as `roster` gives them; four queries however many."""
    return [one for one in roster(call, commission, seen_by) if one.sits]


def roster(call: Call, commission: Commission, seen_by: Person | None = None) -> list[Panellist]:
    """Everybody appointed or invited, by name, whether or not they sit; four queries. No load counts the files that
    `seen_by` is conflicted with.
    """
    counted = (
        select(func.count(Review.id))
        .join(Application, Application.id == Review.application_id)
        .where(Review.reviewer_id == Person.id, Application.call_id == call.id, Review.state.in_(COUNTED))
    )
    if seen_by is not None:
        counted = counted.where(Application.id.not_in(conflicts_of(seen_by)))
    load = counted.correlate(Person).scalar_subquery()
    appointed = exists().where(
        Appointment.person_id == Person.id,
        Appointment.role == Role.REVIEWER,
        Appointment.commission_id == commission.id,
    )
    theirs = and_(
        PanelSeat.person_id == Person.id, PanelSeat.call_id == call.id, PanelSeat.commission_id == commission.id
    )
    rows = db.session.execute(
        select(Person, PanelSeat, appointed, load)
        .outerjoin(PanelSeat, theirs)
        .where(or_(appointed, PanelSeat.id.is_not(None)))
        .order_by(Person.sort_key, Person.id)
    ).all()
    known = knowledge([person.id for person, *_ in rows])
    return [
        Panellist(
            person,
            seat,
            sits=held and person.disabled_at is None and (seat is None or _holds(seat)),
            load=count,
            knowledge=known[person.id],
            available=_some_day_left(call, seat, known[person.id].away),
        )
        for person, seat, held, count in rows
    ]


def knowledge(people: Sequence[UUID]) -> dict[UUID, Knowledge]:
    """What each of these persons knows and when they are away; three queries."""
    topics: defaultdict[UUID, set[UUID]] = defaultdict(set)
    chosen = select(ExpertiseTopic.person_id, ExpertiseTopic.topic_id).where(ExpertiseTopic.person_id.in_(people))
    for person_id, topic_id in db.session.execute(chosen):
        topics[person_id].add(topic_id)
    said = select(Expertise.person_id, Expertise.keywords).where(Expertise.person_id.in_(people))
    keywords = {person_id: tuple(words) for person_id, words in db.session.execute(said)}
    away: defaultdict[UUID, list[Absence]] = defaultdict(list)
    absences = select(Absence).where(Absence.person_id.in_(people)).order_by(Absence.starts_on, Absence.ends_on)
    for one in db.session.scalars(absences):
        away[one.person_id].append(one)
    return {id: Knowledge(frozenset(topics[id]), keywords.get(id, ()), tuple(away[id])) for id in people}


def _holds(seat: PanelSeat) -> bool:
    return seat.state == SeatState.ACCEPTED and not seat.is_over


def _some_day_left(call: Call, seat: PanelSeat | None, away: Iterable[Absence]) -> bool:
    """From today (UTC) to the day reviews are due; once that is past, today."""
    today = now().date()
    last = max(today, call.reviews_due_at.date()) if call.reviews_due_at else today
    day = today
    if seat is not None:
        day, last = max(day, seat.starts_on or day), min(last, seat.ends_on or last)
    for one in away:
        if one.starts_on <= day <= one.ends_on:
            day = one.ends_on + timedelta(days=1)
    return day <= last


def kept_out(person: Any, call_id: Any, commission_id: Any) -> ColumnElement[bool]:
    """SQL, of columns or ids: the person was invited to sit in this commission and call, and has not accepted or has
    sat until a day that is past."""
    return exists().where(
        PanelSeat.person_id == person,
        PanelSeat.call_id == call_id,
        PanelSeat.commission_id == commission_id,
        _empty(),
    )


def _empty() -> ColumnElement[bool]:
    return or_(PanelSeat.state != SeatState.ACCEPTED, PanelSeat.ends_on < now().date())


def not_sitting(persons: Sequence[Person], applications: Sequence[Application]) -> Away:
    """Those who are kept out, as (application id, person id); one query."""
    rows = select(Application.id, PanelSeat.person_id).join(
        PanelSeat,
        and_(PanelSeat.call_id == Application.call_id, PanelSeat.commission_id == Application.commission_id),
    )
    wanted = Application.id.in_([one.id for one in applications]), PanelSeat.person_id.in_([one.id for one in persons])
    return frozenset((row[0], row[1]) for row in db.session.execute(rows.where(*wanted, _empty())))


def bids(call: Call, commission: Commission) -> dict[tuple[UUID, UUID], BidLevel]:
    """Every bid, by (application id, person id); one query."""
    rows = db.session.execute(
        select(Bid.application_id, Bid.person_id, Bid.level)
        .join(Application, Application.id == Bid.application_id)
        .where(Application.call_id == call.id, Application.commission_id == commission.id)
    )
    return {(application_id, person_id): level for application_id, person_id, level in rows}
