"""What may be read of a session. Whoever steps aside from a file finds nothing of it, and no total that holds it."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, null, or_, select, true
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from grants.applications.models import REVIEWABLE, Application, ApplicationState
from grants.calls.models import Call, CallState, Envelope
from grants.calls.transfers import EnvelopeTransfer
from grants.clusters.models import Commission
from grants.core.db import db
from grants.funds.models import Fund
from grants.people.models import Appointment, Person, Role
from grants.people.scope import covered
from grants.reviews.conflicts import conflicts_of, standing
from grants.reviews.detection import Scope
from grants.reviews.models import Review
from grants.reviews.panels import kept_out
from grants.sessions.models import (
    Attendance,
    Ballot,
    Entry,
    Happening,
    Item,
    Lot,
    Session,
    SessionRules,
    Vote,
)

PUBLISHED = frozenset({CallState.DECIDED, CallState.ARCHIVED})
SITTERS = (Role.CHAIR, Role.REVIEWER)
STILL_IN = REVIEWABLE | {ApplicationState.RANKED, ApplicationState.DECIDED}


def visible_to(user: Person) -> Select[Session]:
    """The sessions of the commissions the person sits in, those of calls whose panel they left or refused left out."""
    chairs = covered(user, Role.CHAIR, commission=Session.commission_id)
    reviews = covered(user, Role.REVIEWER, commission=Session.commission_id)
    return select(Session).where(or_(chairs, and_(reviews, ~kept_out(user.id, Session.call_id, Session.commission_id))))


def _whole() -> list[Any]:
    return [
        joinedload(Session.call).joinedload(Call.fund).joinedload(Fund.cluster),
        joinedload(Session.call).selectinload(Call.criteria),
        joinedload(Session.commission),
        selectinload(Session.items).joinedload(Item.application).joinedload(Application.organisation),
        selectinload(Session.items).joinedload(Item.rapporteur),
    ]


def _known_to_items(session: Session) -> Session:
    """Each item knows the session it is read with."""
    for one in session.items:
        set_committed_value(one, "session", session)
    return session


def sessions(user: Person) -> Sequence[Session]:
    """Every visible session, the next or latest first; one query."""
    found = visible_to(user).options(
        joinedload(Session.call).joinedload(Call.fund).joinedload(Fund.cluster), joinedload(Session.commission)
    )
    return db.session.scalars(found.order_by(Session.starts_at.desc(), Session.id)).all()


def session(user: Person, id: UUID) -> Session:
    """One visible session with its agenda; raises NoResultFound."""
    found = visible_to(user).where(Session.id == id).options(*_whole())
    return _known_to_items(db.session.scalars(found).unique().one())


def glance(user: Person, id: UUID) -> Session:
    """One visible session with its call and nothing else: to see whether anything has happened. One query."""
    wanted = visible_to(user).where(Session.id == id).options(joinedload(Session.call))
    return db.session.scalars(wanted).one()


COMPARING = (Happening.TIE_BROKEN, Happening.LOT_DRAWN, Happening.QUORUM_LOST, Happening.QUORUM_REGAINED)


def told(hidden: frozenset[UUID]) -> ColumnElement[bool]:
    """Lines of the log for whoever steps aside from these items: none about them, none that compares files."""
    if not hidden:
        return true()
    return and_(or_(Entry.item_id.is_(None), Entry.item_id.not_in(hidden)), Entry.kind.not_in(COMPARING))


def mark(user: Person, session: Session) -> str:
    """Changes with everything that changes what this person sees of the session, and with nothing else; three queries:
    the last line they may read, and the files, reviews and transfers behind the ranking."""
    hidden = aside(user, session)
    known = Entry.number <= session.last_event  # a mark newer than what was read would hide what came between
    line = select(func.max(Entry.number)).where(Entry.session_id == session.id, known, told(hidden))
    brought = select(func.count(EnvelopeTransfer.id)).where(EnvelopeTransfer.call_id == session.call_id)
    reviews = select(func.sum(Review.version)).where(Review.application_id == Item.application_id)
    figures = db.session.execute(
        select(
            line.scalar_subquery(),
            null() if hidden else brought.scalar_subquery(),
            func.sum(Application.version),
            func.sum(reviews.scalar_subquery()),
        )
        .select_from(Item)
        .join(Application, Application.id == Item.application_id)
        .where(Item.session_id == session.id, Item.id.not_in(hidden))
    ).one()
    said = [session.state.value, session.call.state.value, *sorted(map(str, hidden)), *map(str, figures)]
    return sha256("|".join(said).encode()).hexdigest()[:24]


def not_on_the_agenda(session: Session) -> bool:
    """Whether a file reached the commission since the agenda was made."""
    known = select(Item.application_id).where(Item.session_id == session.id)
    late = select(Application.id).where(
        Application.call_id == session.call_id,
        Application.commission_id == session.commission_id,
        Application.state.in_(REVIEWABLE),
        Application.id.not_in(known),
    )
    return db.session.scalars(late.limit(1)).first() is not None


def session_whole(id: UUID) -> Session:
    """A session with its agenda read anew, whoever asks: for verbs, which show nothing."""
    wanted = select(Session).where(Session.id == id).options(*_whole()).execution_options(populate_existing=True)
    return _known_to_items(db.session.scalars(wanted).unique().one())


def session_of(call_id: UUID, commission_id: UUID) -> Session | None:
    """The session of a commission on a call, whoever asks: for verbs, which show nothing."""
    return db.session.scalars(
        select(Session).where(Session.call_id == call_id, Session.commission_id == commission_id)
    ).one_or_none()


def item(user: Person, id: UUID) -> Item:
    """One file on a visible agenda, unless the person steps aside from it; raises NoResultFound."""
    found = session(user, db.session.scalars(select(Item.session_id).where(Item.id == id)).one())
    hidden = aside(user, found)
    kept = next((one for one in found.items if one.id == id and one.id not in hidden), None)
    if kept is None:
        raise NoResultFound
    return kept


def aside(user: Person, session: Session) -> frozenset[UUID]:
    """The items this person steps aside from: nothing of them is shown, until the decisions are published."""
    if session.call.state in PUBLISHED:
        return frozenset()
    theirs = select(Item.id).where(Item.session_id == session.id, Item.application_id.in_(conflicts_of(user)))
    return frozenset(db.session.scalars(theirs))


def agenda(user: Person, session: Session) -> list[Item]:
    """The items the person may see, in their order."""
    hidden = aside(user, session)
    return [one for one in session.items if one.id not in hidden]


def rules_of(call_id: UUID) -> SessionRules:
    """How commissions sit in this call: what its officer set, or what is usual."""
    kept = db.session.scalars(select(SessionRules).where(SessionRules.call_id == call_id)).one_or_none()
    return kept or SessionRules.usual(call_id)


# --- who sits -------------------------------------------------------------------------------------------------


def members(session: Session) -> list[Person]:
    """Those who vote in a session, by name: the chairs of the commission and its panel in the call; two queries."""
    seats = select(Appointment.person_id).where(Appointment.commission_id == session.commission_id)
    chairs = seats.where(Appointment.role == Role.CHAIR)
    out = kept_out(Person.id, session.call_id, session.commission_id)
    panel = and_(Person.id.in_(seats.where(Appointment.role == Role.REVIEWER)), ~out)
    wanted = select(Person).where(or_(Person.id.in_(chairs), panel), Person.disabled_at.is_(None))
    found = wanted.options(selectinload(Person.appointments)).order_by(Person.sort_key, Person.id)
    return list(db.session.scalars(found))


def stepping_aside(session: Session, sitting: Sequence[Person]) -> dict[UUID, frozenset[UUID]]:
    """For each application of the agenda, who of these steps aside from it; one query."""
    files = select(Item.application_id).where(Item.session_id == session.id)
    persons = select(Person.id).where(Person.id.in_([one.id for one in sitting]))
    pairs = standing(Scope(persons=persons, files=files))
    found: dict[UUID, set[UUID]] = {}
    for application, person in db.session.execute(select(pairs.c.application_id, pairs.c.person_id)):
        found.setdefault(application, set()).add(person)
    return {application: frozenset(people) for application, people in found.items()}


def spans(session: Session) -> Sequence[Attendance]:
    """Who sat and when, in the order they came; one query."""
    wanted = select(Attendance).where(Attendance.session_id == session.id)
    return db.session.scalars(wanted.order_by(Attendance.entered_at, Attendance.id)).all()


def log(session: Session) -> Sequence[Entry]:
    """Every line of the log, in order, whoever asks: for the minutes and for verbs."""
    return db.session.scalars(select(Entry).where(Entry.session_id == session.id).order_by(Entry.number)).all()


def lots(session: Session) -> Sequence[Lot]:
    return db.session.scalars(select(Lot).where(Lot.session_id == session.id).order_by(Lot.number)).all()


def votes(session: Session) -> Sequence[Vote]:
    """Every vote of the session, the latest last; one query."""
    wanted = select(Vote).join(Item, Item.id == Vote.item_id).where(Item.session_id == session.id)
    return db.session.scalars(wanted.order_by(Vote.opened_at, Vote.id)).all()


def voters(vote: Vote) -> dict[UUID, Ballot]:
    return {one.person_id: one for one in db.session.scalars(select(Ballot).where(Ballot.vote_id == vote.id))}


def plannable(user: Person) -> list[tuple[Call, Commission]]:
    """Commissions the person chairs, in calls under evaluation, with files and without a session; one query."""
    has_files = select(Application.id).where(
        Application.call_id == Call.id, Application.commission_id == Commission.id, Application.state.in_(REVIEWABLE)
    )
    planned = select(Session.id).where(Session.call_id == Call.id, Session.commission_id == Commission.id)
    rows = db.session.execute(
        select(Call, Commission)
        .join(Envelope, Envelope.call_id == Call.id)
        .join(Commission, Commission.id == Envelope.commission_id)
        .where(
            covered(user, Role.CHAIR, commission=Commission.id),
            Call.state.in_([CallState.CLOSED, CallState.EVALUATING]),
            has_files.exists(),
            ~planned.exists(),
        )
        .order_by(Call.code, Commission.position)
    )
    return [(call, commission) for call, commission in rows]


def has_opened(call_id: UUID) -> bool:
    """Whether a commission has opened its session on the call."""
    opened = (
        select(Entry.number)
        .join(Session, Session.id == Entry.session_id)
        .where(Session.call_id == call_id, Entry.kind == Happening.OPENED)
    )
    return db.session.scalars(opened.limit(1)).first() is not None


def names_of(ids: set[UUID]) -> dict[UUID, str]:
    """The names of these persons; one query, or none."""
    if not ids:
        return {}
    return dict(db.session.execute(select(Person.id, Person.name).where(Person.id.in_(ids))))
