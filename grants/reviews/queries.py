"""What reviewers and chairs may see. Scores stay hidden from a reviewer until their own review is in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Select, and_, cast, exists, func, or_, select, true
from sqlalchemy.orm import aliased, contains_eager, defer, joinedload, selectinload
from sqlalchemy.sql.selectable import LateralFromClause

from grants.applications.models import REVIEWABLE, Application, ApplicationState, Document, Partner
from grants.calls.models import Call, CallState
from grants.calls.transfers import envelope_of
from grants.clusters.models import Cluster, Commission
from grants.core.db import db
from grants.core.types import Money
from grants.funds.models import Fund
from grants.people.models import Appointment, Person, Role
from grants.people.scope import covered
from grants.reviews.conflicts import conflicted, conflicted_in, conflicts_of
from grants.reviews.models import COUNTED, IN_HAND, Review, ReviewState
from grants.reviews.panels import kept_out

__all__ = ["conflicted", "conflicted_in", "conflicts_of"]  # the gate, under the name everybody knows it by

CONFLICT = ReviewState.CONFLICT_DECLARED


def visible_to(user: Person) -> Select[Review]:
    """Own reviews; those of the commissions one chairs; and the others on a file once one's own is submitted."""
    own = aliased(Review)
    done = exists().where(
        own.application_id == Review.application_id,
        own.reviewer_id == user.id,
        own.state == ReviewState.SUBMITTED,
    )
    mine = and_(Review.reviewer_id == user.id, Review.state != ReviewState.REASSIGNED)
    led = and_(
        covered(user, Role.CHAIR, commission=Application.commission_id),
        Review.application_id.not_in(conflicts_of(user)),
    )
    others = and_(Review.state == ReviewState.SUBMITTED, done, Review.application_id.not_in(conflicts_of(user)))
    return select(Review).join(Review.application).where(or_(mine, led, others))


def _whole() -> list[object]:
    application = joinedload(Review.application)
    return [
        joinedload(Review.reviewer),
        selectinload(Review.scores),
        selectinload(Review.headings),
        application.joinedload(Application.call).joinedload(Call.fund).joinedload(Fund.cluster),
        application.joinedload(Application.call).selectinload(Call.criteria),
        application.joinedload(Application.commission),
        application.joinedload(Application.questionnaire),
        application.joinedload(Application.organisation),
        application.selectinload(Application.documents),
        application.selectinload(Application.partners).joinedload(Partner.organisation),
    ]


def whole(id: UUID) -> Select[Review]:
    """One review with its file, whoever asks: for jobs, which write to the reviewer and show nothing to others."""
    return select(Review).where(Review.id == id).options(*_whole())  # type: ignore[arg-type]


def review(user: Person, id: UUID) -> Review:
    """One visible review with its file; raises NoResultFound."""
    return db.session.scalars(visible_to(user).where(Review.id == id).options(*_whole())).unique().one()  # type: ignore[arg-type]


def own_review(user: Person, id: UUID) -> Review:
    """One review asked of this person; raises NoResultFound."""
    mine = visible_to(user).where(Review.id == id, Review.reviewer_id == user.id)
    return db.session.scalars(mine.options(*_whole())).unique().one()  # type: ignore[arg-type]


def in_hand(user: Person) -> Sequence[Review]:
    """The reviews this person may write, with their files, by the date they are due."""
    mine = visible_to(user).where(Review.reviewer_id == user.id, Review.state.in_(IN_HAND))
    open_ones = mine.join(Application.call).where(
        Application.state == ApplicationState.IN_REVIEW, Review.application_id.not_in(conflicts_of(user))
    )
    ordered = open_ones.order_by(Call.reviews_due_at, Application.reference)
    return db.session.scalars(ordered.options(*_whole())).unique().all()  # type: ignore[arg-type]


def worklist(user: Person) -> Sequence[Review]:
    """Everything asked of this reviewer: what waits first, by the date it is due, then what is done."""
    mine = (
        visible_to(user)
        .where(Review.reviewer_id == user.id)
        .join(Application.call)
        .options(
            contains_eager(Review.application, Application.call).joinedload(Call.fund).joinedload(Fund.cluster),
            contains_eager(Review.application).joinedload(Application.commission),
            contains_eager(Review.application).joinedload(Application.organisation),
        )
    )
    done = Review.state.in_([ReviewState.SUBMITTED, CONFLICT])
    return db.session.scalars(mine.order_by(done, Call.reviews_due_at, Application.reference)).unique().all()


def on_file(user: Person, application: Application) -> Sequence[Review]:
    """The visible reviews of one application, oldest first."""
    rows = visible_to(user).where(Review.application_id == application.id)
    return db.session.scalars(
        rows.options(joinedload(Review.reviewer), selectinload(Review.scores), selectinload(Review.headings)).order_by(
            Review.created_at, Review.id
        )
    ).all()


def document(application: Application, id: UUID) -> Document:
    """A document of an application the reader has already been allowed; raises NoResultFound."""
    wanted = select(Document).where(Document.id == id, Document.application_id == application.id)
    return db.session.scalars(wanted).one()


# --- the chair ------------------------------------------------------------------------------------------------


def led_applications(user: Person, conflicts: Collection[UUID] | None = None) -> Select[Application]:
    """Reviewable applications of the commissions this person chairs, without those they are conflicted with:
    `conflicts`, when their `conflicts_of` has been read already.
    """
    return select(Application).where(
        covered(user, Role.CHAIR, commission=Application.commission_id),
        Application.state.in_(REVIEWABLE),
        Application.id.not_in(conflicts_of(user) if conflicts is None else conflicts),
    )


def led_application(user: Person, id: UUID) -> Application:
    """One of them with its call, rubric and documents; raises NoResultFound."""
    return (
        db.session.scalars(
            led_applications(user)
            .where(Application.id == id)
            .options(
                joinedload(Application.call).joinedload(Call.fund).joinedload(Fund.cluster),
                joinedload(Application.call).selectinload(Call.criteria),
                joinedload(Application.commission),
                joinedload(Application.questionnaire),
                joinedload(Application.organisation),
                selectinload(Application.documents),
                selectinload(Application.partners).joinedload(Partner.organisation),
            )
        )
        .unique()
        .one()
    )


@dataclass(frozen=True)
class Seat:
    """A commission that a person chairs, in a call: how far its reviews have come."""

    call: Call
    commission: Commission
    applications: int
    waiting: int
    asked: int
    submitted: int


def seats(user: Person) -> list[Seat]:
    """Every (call, commission) this person chairs that has applications to review; two queries."""
    reviewed = (
        select(
            Review.application_id.label("application_id"),
            func.count().label("asked"),
            func.count().filter(Review.state == ReviewState.SUBMITTED).label("submitted"),
        )
        .where(Review.state.in_(COUNTED))
        .group_by(Review.application_id)
        .subquery()
    )
    counts = (
        led_applications(user)
        .with_only_columns(
            Application.call_id,
            Application.commission_id,
            func.count(),
            func.count().filter(Application.state == ApplicationState.ELIGIBLE),
            func.coalesce(cast(func.sum(reviewed.c.asked), BigInteger), 0),
            func.coalesce(cast(func.sum(reviewed.c.submitted), BigInteger), 0),
        )
        .outerjoin(reviewed, reviewed.c.application_id == Application.id)
        .group_by(Application.call_id, Application.commission_id)
    )
    rows = db.session.execute(counts).all()
    if not rows:
        return []
    calls = {
        call.id: call
        for call in db.session.scalars(
            select(Call)
            .where(Call.id.in_({row[0] for row in rows}))
            .options(joinedload(Call.fund).joinedload(Fund.cluster).selectinload(Cluster.commissions))
        )
    }
    commissions = {one.id: one for call in calls.values() for one in call.fund.cluster.commissions}
    found = [Seat(calls[call_id], commissions[id], *counts) for call_id, id, *counts in rows if id is not None]
    return sorted(found, key=lambda seat: (seat.call.code, seat.commission.position))


@dataclass(frozen=True)
class Line:
    """An application as its chair sees it. Marks in hundredths of a point of 100; None until one review is in."""

    application: Application
    asked: int
    submitted: int
    conflicts: int
    mean: int | None
    lowest: int | None
    highest: int | None
    recommended_minor: int | None

    @property
    def spread(self) -> int:
        return (self.highest or 0) - (self.lowest or 0)

    @property
    def recommended(self) -> Money:
        """What the reviewers recommend on average, never more than was requested; else what was requested."""
        requested: Money = self.application.requested
        minor = requested.minor if self.recommended_minor is None else min(self.recommended_minor, requested.minor)
        return Money(minor, requested.currency)


@dataclass(frozen=True)
class Chaired:
    """A commission in a call, as its chair comes to it, and what it may spend."""

    call: Call
    commission: Commission
    envelope: Money


@dataclass(frozen=True)
class Ranking(Chaired):
    """All its applications, best mean first."""

    lines: Sequence[Line]

    @cached_property
    def complete(self) -> bool:
        """Whether every application has all its reviews."""
        pending = {ApplicationState.ELIGIBLE, ApplicationState.IN_REVIEW}
        return bool(self.lines) and not any(one.application.state in pending for one in self.lines)


def board(user: Person, call_id: UUID, commission_id: UUID) -> Ranking:
    """What a chair ranks, in four queries however long; raises NoResultFound for a commission not theirs."""
    return whole_board(user, chaired(user, call_id, commission_id))


def whole_board(user: Person, board: Chaired) -> Ranking:
    """The same with all its applications; one query."""
    return Ranking(board.call, board.commission, board.envelope, lines(user, board.call.id, board.commission.id))


def chaired(user: Person, call_id: UUID, commission_id: UUID) -> Chaired:
    """The commission in this call, without its applications; raises NoResultFound for one not theirs."""
    commission = db.session.scalars(
        select(Commission).where(Commission.id == commission_id, covered(user, Role.CHAIR, commission=Commission.id))
    ).one()
    call = db.session.scalars(
        select(Call)
        .where(Call.id == call_id, Call.state.in_([CallState.CLOSED, CallState.EVALUATING, CallState.DECIDED]))
        .options(joinedload(Call.fund).joinedload(Fund.cluster), selectinload(Call.criteria))
    ).one()
    return Chaired(call, commission, envelope_of(call, commission_id))


def lines(user: Person, call_id: UUID, commission_id: UUID) -> list[Line]:
    """Applications with their reviews counted and averaged in SQL; best mean first, then reference; one query."""
    marks = marks_of_each()
    rows = db.session.execute(
        led_applications(user)
        .where(Application.call_id == call_id, Application.commission_id == commission_id)
        .add_columns(*[marks.c[name] for name in MARKS])
        .outerjoin(marks, true())
        .options(*LINE_PARTS)
        .order_by(*best_first(marks))
    ).all()
    return [line(*row) for row in rows]


MARKS = ("asked", "submitted", "conflicts", "mean", "lowest", "highest", "recommended")
LINE_PARTS = (
    defer(Application.summary),
    defer(Application.description),
    defer(Application.answers),
    joinedload(Application.organisation),
)


def line(application: Application, *marks: Any) -> Line:
    """From a row of an application and its MARKS."""
    counts, figures = marks[:3], marks[3:]
    return Line(application, *(one or 0 for one in counts), *(None if one is None else int(one) for one in figures))


def best_first(marks: LateralFromClause) -> tuple[Any, ...]:
    return marks.c.mean.desc().nulls_last(), Application.reference


def marks_of_each(names: Sequence[str] = MARKS) -> LateralFromClause:
    """The reviews of each application of the statement, counted and averaged from an index; join it on true()."""
    counted = Review.state.in_(COUNTED)
    sent = Review.state == ReviewState.SUBMITTED
    marks = {
        "asked": func.count(Review.id).filter(counted),
        "submitted": func.count(Review.id).filter(sent),
        "conflicts": func.count(Review.id).filter(Review.state == CONFLICT),
        "mean": func.round(func.avg(Review.total).filter(sent)),
        "lowest": func.min(Review.total).filter(sent),
        "highest": func.max(Review.total).filter(sent),
        "recommended": func.round(func.avg(Review.recommended_minor).filter(sent)),
    }
    return (
        select(*[marks[name].label(name) for name in names])
        .where(Review.application_id == Application.id)
        .correlate(Application)
        .lateral("marks")
    )


@dataclass(frozen=True)
class Candidate:
    """A reviewer of the commission and how many reviews they have in this call."""

    person: Person
    load: int


def candidates(call: Call, commission_id: UUID | None, seen_by: Person | None = None) -> list[Candidate]:
    """The commission's reviewers who sit in this call, least loaded first; one query. A load leaves out the files
    `seen_by` is conflicted with: minus what they see, it would tell who reviews those.
    """
    load = (
        select(func.count(Review.id))
        .join(Application, Application.id == Review.application_id)
        .where(
            Review.reviewer_id == Person.id,
            Application.call_id == call.id,
            Review.state.in_(COUNTED),
            true() if seen_by is None else Application.id.not_in(conflicts_of(seen_by)),
        )
        .correlate(Person)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Person, load)
        .join(Appointment, Appointment.person_id == Person.id)
        .where(
            Appointment.role == Role.REVIEWER,
            Appointment.commission_id == commission_id,
            Person.disabled_at.is_(None),
            ~kept_out(Person.id, call.id, commission_id),
        )
        .order_by(load, Person.sort_key, Person.id)
    ).all()
    return [Candidate(person, count) for person, count in rows]


def reviewers(ids: Sequence[UUID]) -> Sequence[Person]:
    """These persons with their appointments; two queries."""
    wanted = select(Person).where(Person.id.in_(ids)).options(selectinload(Person.appointments))
    return db.session.scalars(wanted).all()


def replacement(user: Person, id: UUID, reviewer_id: UUID) -> tuple[Review, Person]:
    """A review this chair sees and the reviewer to ask instead; raises NoResultFound."""
    return review(user, id), db.session.scalars(
        select(Person).where(Person.id == reviewer_id).options(selectinload(Person.appointments))
    ).one()
