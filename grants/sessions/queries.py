"""What may be read of a session. Whoever steps aside from a file finds nothing of it, and no total that holds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, null, or_, select, true
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from grants.applications.models import REVIEWABLE, Application, ApplicationState
from grants.awards.policy import OVERSEERS
from grants.calls.blindness import is_double
from grants.calls.models import Call, CallState, Envelope
from grants.calls.transfers import EnvelopeTransfer, envelope_of
from grants.clusters.models import Commission
from grants.core.db import db
from grants.core.types import Money
from grants.funds.models import Fund
from grants.people.models import Appointment, Person, Role
from grants.people.scope import covered
from grants.reviews.conflicts import conflicts_of, standing
from grants.reviews.detection import Scope
from grants.reviews.models import Review, ReviewState, Score
from grants.reviews.panels import kept_out
from grants.reviews.queries import marks_of_each
from grants.sessions.models import (
    Attendance,
    Ballot,
    Entry,
    Happening,
    Item,
    Lot,
    Minutes,
    Session,
    SessionRules,
    Vote,
)
from grants.sessions.rules import Place, Standing, ranked

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


# --- the marks ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Marked:
    """What the reviews say of one file: marks in hundredths of a point of 100, `best` as in rules.Standing."""

    reviews: int
    mean: int | None
    lowest: int | None
    highest: int | None
    recommended: int | None
    best: int | None

    @property
    def spread(self) -> int:
        return (self.highest or 0) - (self.lowest or 0)


def _heaviest(call: Call) -> UUID | None:
    first = min(call.criteria, key=lambda one: (-one.weight, one.position), default=None)
    return first.id if first else None


def marks(session: Session) -> dict[UUID, Marked]:
    """For each application of the agenda, from the submitted reviews; one query. Ask `agenda` whose may be shown."""
    counted = marks_of_each(("submitted", "mean", "lowest", "highest", "recommended"))
    best = (
        select(func.round(func.avg(Score.halves) * 100))
        .join(Review, Review.id == Score.review_id)
        .where(
            Review.application_id == Application.id,
            Review.state == ReviewState.SUBMITTED,
            Score.criterion_id == _heaviest(session.call),
        )
        .correlate(Application)
        .scalar_subquery()
    )
    names = ("submitted", "mean", "lowest", "highest", "recommended")
    rows = db.session.execute(
        select(Application.id, *(counted.c[name] for name in names), best)
        .join(Item, Item.application_id == Application.id)
        .outerjoin(counted, true())
        .where(Item.session_id == session.id)
    )
    return {id: Marked(*(None if one is None else int(one) for one in figures)) for id, *figures in rows}  # type: ignore[arg-type]


def envelope(session: Session) -> Money:
    return envelope_of(session.call, session.commission_id)


def proposed_for(item: Item, marked: Marked | None) -> int:
    """Minor units: what the commission agreed, else what the reviewers recommend, never more than was requested."""
    requested: int = item.application.requested_minor or 0
    if item.amount_minor is not None:
        return min(item.amount_minor, requested)
    advised = marked.recommended if marked else None
    return requested if advised is None else min(advised, requested)


def standings(session: Session, found: dict[UUID, Marked]) -> list[Standing]:
    """Every file still in the running, as it stands now. No query."""
    made = []
    for one in session.items:
        application, marked = one.application, found.get(one.application_id)
        if application.state not in STILL_IN:
            continue
        made.append(
            Standing(
                item_id=one.id,
                application_id=application.id,
                reference=application.reference or "",
                title=application.title,
                organisation="" if is_double(session.call) else application.organisation.name,
                raw=marked.mean if marked else None,
                consensus=one.consensus,
                requested=application.requested_minor or 0,
                amount=proposed_for(one, marked),
                best=marked.best if marked else None,
                submitted_at=application.submitted_at,
                chance=one.chance,
                rejected=one.rejected,
            )
        )
    return made


def ranking(session: Session, rules: SessionRules, found: dict[UUID, Marked] | None = None) -> list[Place]:
    """The ranking as it stands: for those who step aside from no file of the session."""
    drawn = {frozenset(map(str, one.among)): list(map(str, one.order)) for one in lots(session) if one.drawn_at}
    return ranked(
        standings(session, marks(session) if found is None else found),
        envelope(session).minor,
        ties=[str(one) for one in rules.ties],
        threshold=rules.threshold,
        lots=drawn,
    )


# --- minutes --------------------------------------------------------------------------------------------------


def versions(session: Session) -> Sequence[Minutes]:
    """Every version of the minutes, the newest first, with its signatures; two queries."""
    wanted = select(Minutes).where(Minutes.session_id == session.id).options(selectinload(Minutes.signatures))
    return db.session.scalars(wanted.order_by(Minutes.number.desc())).all()


def minutes(user: Person, id: UUID, number: int) -> Minutes:
    """One version for somebody who sees the session; ask `policy.read_minutes`. Raises NoResultFound."""
    visible = visible_to(user).with_only_columns(Session.id)
    wanted = select(Minutes).where(Minutes.session_id == id, Minutes.session_id.in_(visible), Minutes.number == number)
    return db.session.scalars(
        wanted.options(
            selectinload(Minutes.signatures),
            joinedload(Minutes.session).joinedload(Session.call).joinedload(Call.fund).joinedload(Fund.cluster),
            joinedload(Minutes.session).joinedload(Session.commission),
        )
    ).one()


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


def last_number(session: Session) -> int:
    """The number of the latest version of its minutes; 0 before the first."""
    return db.session.scalar(select(func.max(Minutes.number)).where(Minutes.session_id == session.id)) or 0


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


def signers(session: Session) -> list[Person]:
    """Who must sign the minutes: those who sat and stepped aside from no file; three queries."""
    sat = {one.person_id for one in spans(session)}
    sits = [one for one in members(session) if one.id in sat]
    away = frozenset().union(*stepping_aside(session, sits).values())
    return [one for one in sits if one.id not in away]


def minutes_whole(id: UUID) -> Minutes:
    """One version, whoever asks: for jobs, which write to those who sat."""
    wanted = select(Minutes).where(Minutes.id == id)
    return db.session.scalars(
        wanted.options(
            selectinload(Minutes.signatures),
            joinedload(Minutes.session).joinedload(Session.call).joinedload(Call.fund).joinedload(Fund.cluster),
            joinedload(Minutes.session).joinedload(Session.commission),
        )
    ).one()


def minutes_to_decide(user: Person, call_id: UUID, commission_id: UUID) -> Minutes:
    """The last minutes of a commission on a call, for those who run or oversee its fund; raises NoResultFound."""
    theirs = (
        select(Minutes.id)
        .join(Session, Session.id == Minutes.session_id)
        .join(Call, Call.id == Session.call_id)
        .join(Fund, Fund.id == Call.fund_id)
        .where(
            Session.call_id == call_id,
            Session.commission_id == commission_id,
            covered(user, *OVERSEERS, cluster=Fund.cluster_id, fund=Fund.id),
        )
    )
    found = db.session.scalars(theirs.order_by(Minutes.number.desc()).limit(1)).first()
    if found is None:
        raise NoResultFound
    return minutes_whole(found)
