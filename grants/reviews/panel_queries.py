"""What a chair reads about a panel: who sits, which topics nobody covers, whom to ask instead of somebody who left."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from grants.applications.models import Application
from grants.calls.models import Call, CallState
from grants.clusters.models import Commission
from grants.core.clock import now
from grants.core.db import db
from grants.core.types import Money
from grants.funds.models import Fund
from grants.people.models import Appointment, Person, Role
from grants.people.scope import covered
from grants.reviews.conflicts import conflicts_of
from grants.reviews.models import IN_HAND, Review, ReviewState
from grants.reviews.panel_models import LEFT, PanelSeat, SeatState, Topic
from grants.reviews.panel_policy import BEFORE_THE_DECISION
from grants.reviews.panels import Knowledge, Panellist, knowledge, roster
from grants.reviews.queries import Chaired, led_applications
from grants.reviews.topics import about, topics_of

SHOWN = BEFORE_THE_DECISION | {CallState.DECIDED}


def panel_of(user: Person, call_id: UUID, commission_id: UUID) -> Chaired:
    """The commission in a call from its publication on; raises NoResultFound for one not theirs."""
    mine = covered(user, Role.CHAIR, commission=Commission.id)
    commission = db.session.scalars(select(Commission).where(Commission.id == commission_id, mine)).one()
    return _in_call(commission, call_id)


def _in_call(commission: Commission, call_id: UUID) -> Chaired:
    """The money of the envelope is not read: nobody asks for it here."""
    call = db.session.scalars(
        select(Call)
        .join(Fund, Fund.id == Call.fund_id)
        .where(Call.id == call_id, Call.state.in_(SHOWN), Fund.cluster_id == commission.cluster_id)
        .options(joinedload(Call.fund).joinedload(Fund.cluster))
    ).one()
    return Chaired(call, commission, Money(0, call.currency))


def coming(user: Person) -> list[tuple[Call, Commission]]:
    """The panels this person makes up in calls that are still to close; two queries."""
    led = select(Commission).where(covered(user, Role.CHAIR, commission=Commission.id), ~Commission.archive)
    commissions = db.session.scalars(led.order_by(Commission.position)).all()
    calls = db.session.execute(
        select(Call, Fund.cluster_id)
        .join(Fund, Fund.id == Call.fund_id)
        .where(
            Fund.cluster_id.in_({one.cluster_id for one in commissions}),
            Call.state.in_([CallState.PUBLISHED, CallState.OPEN]),
        )
        .order_by(Call.code)
    ).all()
    return [(call, one) for call, cluster_id in calls for one in commissions if one.cluster_id == cluster_id]


# --- seats ----------------------------------------------------------------------------------------------------


def whole_seats() -> Select[PanelSeat]:
    """Seats with all that their letters and pages name."""
    return select(PanelSeat).options(
        joinedload(PanelSeat.call).joinedload(Call.fund).joinedload(Fund.cluster),
        joinedload(PanelSeat.commission),
        joinedload(PanelSeat.person).selectinload(Person.appointments),
        joinedload(PanelSeat.invited_by),
    )


def seat_by_link(link_id: UUID | None) -> PanelSeat | None:
    """The seat whose last invitation carried this link, whatever became of it."""
    return db.session.scalars(whole_seats().where(PanelSeat.link_id == link_id)).one_or_none()


def led_seat(user: Person, id: UUID) -> PanelSeat:
    """A seat of a commission this person chairs; raises NoResultFound."""
    mine = covered(user, Role.CHAIR, commission=PanelSeat.commission_id)
    return db.session.scalars(whole_seats().where(PanelSeat.id == id, mine)).one()


def replacement_for(user: Person, id: UUID, person_id: UUID) -> tuple[PanelSeat, Person]:
    """A seat of theirs and a reviewer of the same cluster; raises NoResultFound."""
    seat = led_seat(user, id)
    near = _reviewers_of(seat.commission.cluster_id).where(Person.id == person_id)
    return seat, db.session.scalars(near).one()


def own_seat(user: Person, id: UUID) -> PanelSeat:
    """A seat offered to this person; raises NoResultFound."""
    return db.session.scalars(whole_seats().where(PanelSeat.id == id, PanelSeat.person_id == user.id)).one()


def own_seats(user: Person) -> Sequence[PanelSeat]:
    """Every seat offered to this person and not withdrawn, the newest first."""
    mine = whole_seats().where(PanelSeat.person_id == user.id, PanelSeat.state != SeatState.WITHDRAWN)
    return db.session.scalars(mine.order_by(PanelSeat.invited_at.desc(), PanelSeat.id)).all()


# --- the chair's page -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coverage:
    """A topic: how many applications are about it, and how many who sit and are available know it."""

    topic: Topic
    applications: int
    experts: int

    @property
    def is_gap(self) -> bool:
        return self.applications > 0 and self.experts == 0


@dataclass(frozen=True)
class Substitute:
    """Somebody who might sit instead: the topics and keywords in common with whoever left, and reviews in hand."""

    person: Person
    topics: tuple[Topic, ...]
    keywords: tuple[str, ...]
    load: int


@dataclass(frozen=True)
class Line:
    """A member or somebody invited, as the chair sees them. `stands_in` names who was invited in their place."""

    one: Panellist
    topics: tuple[Topic, ...]
    substitute: Substitute | None = None
    stands_in: Person | None = None


@dataclass(frozen=True)
class Panel:
    """The whole page. `unplaced` counts applications that no topic's words are found in."""

    lines: Sequence[Line]
    coverage: Sequence[Coverage]
    applications: int
    unplaced: int

    @cached_property
    def sitting(self) -> list[Line]:
        return [line for line in self.lines if line.one.sits]

    @cached_property
    def waiting(self) -> int:
        return sum(1 for line in self.lines if line.one.seat and line.one.seat.state == SeatState.INVITED)

    @property
    def proposals(self) -> list[Line]:
        return [line for line in self.lines if line.substitute]

    @property
    def gaps(self) -> list[Coverage]:
        return [one for one in self.coverage if one.is_gap]


def chairs_panel(user: Person, board: Chaired) -> Panel:
    """In eleven queries at most, however large; no figure counts an application the chair is conflicted with."""
    people = roster(board.call, board.commission, seen_by=user)
    topics = topics_of([board.commission.id])
    found = _about(user, board, topics)
    knowing = Counter(id for one in people if one.sits and one.available for id in one.topics)
    wanted = Counter(id for ids in found for id in ids)
    coverage = [Coverage(one, wanted[one.id], knowing[one.id]) for one in topics]
    return Panel(_lines(user, board, people, topics), coverage, len(found), sum(1 for ids in found if not ids))


def _about(user: Person, board: Chaired, topics: Sequence[Topic]) -> list[frozenset[UUID]]:
    rows = db.session.execute(
        led_applications(user)
        .where(Application.call_id == board.call.id, Application.commission_id == board.commission.id)
        .with_only_columns(Application.title, Application.summary)
    )
    return [about(f"{title} {summary}", topics) for title, summary in rows]


def _lines(user: Person, board: Chaired, people: Sequence[Panellist], topics: Sequence[Topic]) -> list[Line]:
    replaced = {one.seat.in_place_of_id: one.person for one in people if one.seat and one.seat.in_place_of_id}
    left = [one for one in people if one.seat and one.seat.state in LEFT and one.seat.id not in replaced]
    proposed = _substitutes(user, board, left, people, topics) if board.call.state in BEFORE_THE_DECISION else {}
    return [
        Line(
            one,
            tuple(topic for topic in topics if topic.id in one.topics),
            proposed.get(one.person.id),
            replaced.get(one.seat.id) if one.seat else None,
        )
        for one in people
    ]


# --- substitutes ----------------------------------------------------------------------------------------------


def _substitutes(
    user: Person, board: Chaired, left: Sequence[Panellist], people: Iterable[Panellist], topics: Sequence[Topic]
) -> dict[UUID, Substitute]:
    """For whoever left, by person id, another person each: the closest expertise, then the fewest reviews in hand.

    From the cluster's reviewers who have no place in this panel yet and are not away today. Somebody who declared
    nothing is replaced by who knows most of the commission's topics.
    """
    if not left:
        return {}
    free = _pool(user, board, {one.person.id for one in people})
    found: dict[UUID, Substitute] = {}
    for one in left:
        known = one.topics or frozenset(topic.id for topic in topics)
        ranked = sorted(free, key=lambda other: (-_closeness(known, one, other[2]), other[1], other[0].sort_key))
        if not ranked:
            break
        person, load, theirs = best = ranked[0]
        free.remove(best)
        shared = tuple(topic for topic in topics if topic.id in known & theirs.topics)
        found[one.person.id] = Substitute(person, shared, _common(one.knowledge, theirs), load)
    return found


def _closeness(topics: frozenset[UUID], one: Panellist, other: Knowledge) -> int:
    return len(topics & other.topics) + len(_common(one.knowledge, other))


def _common(one: Knowledge, other: Knowledge) -> tuple[str, ...]:
    folded = {word.casefold() for word in one.keywords}
    return tuple(word for word in other.keywords if word.casefold() in folded)


def _pool(user: Person, board: Chaired, taken: set[UUID]) -> list[tuple[Person, int, Knowledge]]:
    """Each with the reviews they have in hand, in any call, but for those the reader is conflicted with; four
    queries."""
    waiting = {ReviewState.ASSIGNED, *IN_HAND}
    load = (
        select(func.count(Review.id))
        .where(
            Review.reviewer_id == Person.id,
            Review.state.in_(waiting),
            Review.application_id.not_in(conflicts_of(user)),
        )
        .correlate(Person)
        .scalar_subquery()
    )
    near = _reviewers_of(board.commission.cluster_id).where(Person.id.not_in(taken)).add_columns(load)
    rows = db.session.execute(near.order_by(load, Person.sort_key).limit(500)).all()
    known, today = knowledge([person.id for person, _ in rows]), now().date()
    return [
        (person, count, known[person.id])
        for person, count in rows
        if not any(away.starts_on <= today <= away.ends_on for away in known[person.id].away)
    ]


def _reviewers_of(cluster_id: UUID) -> Select[Person]:
    serving = select(Appointment.person_id).where(
        Appointment.role == Role.REVIEWER, Appointment.cluster_id == cluster_id
    )
    return (
        select(Person)
        .where(Person.id.in_(serving), Person.disabled_at.is_(None))
        .options(selectinload(Person.appointments))
    )


# --- topics ---------------------------------------------------------------------------------------------------


def led_commission(user: Person, commission_id: UUID) -> Commission:
    """A commission this person chairs; raises NoResultFound."""
    mine = covered(user, Role.CHAIR, commission=Commission.id)
    return db.session.scalars(select(Commission).where(Commission.id == commission_id, mine)).one()


def led_topic(user: Person, id: UUID) -> Topic:
    """A topic of a commission this person chairs; raises NoResultFound."""
    mine = covered(user, Role.CHAIR, commission=Topic.commission_id)
    return db.session.scalars(select(Topic).where(Topic.id == id, mine)).one()
