"""A commission sits: planned, opened, people come and go, ties are drawn, closed with a proposal and its minutes."""

from datetime import datetime
from secrets import token_hex
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from grants.applications.models import Application, ApplicationState
from grants.awards.models import Decision, Outcome
from grants.calls.models import Call
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_, N_n, Text
from grants.core.types import Money
from grants.people.models import Person
from grants.reviews.queries import Chaired, board
from grants.sessions import figures, policy, queries
from grants.sessions.chances import chances
from grants.sessions.models import (
    Attendance,
    Happening,
    Item,
    ItemState,
    Lot,
    Session,
    SessionRules,
    SessionState,
    TieRule,
)
from grants.sessions.rules import Place, draw, sealed, to_draw
from workflows import minutes
from workflows.agenda import put_back_item
from workflows.decision import Proposal, put_forward, waits_for
from workflows.sitting import current, follow_quorum, lifecycle, note, present_in, sitting

COMING = frozenset({ApplicationState.ELIGIBLE, ApplicationState.IN_REVIEW, ApplicationState.REVIEWED})
PLANNED, OPEN = SessionState.PLANNED, SessionState.OPEN


def set_rules(
    call: Call,
    *,
    quorum: int,
    ties: list[TieRule],
    vote_needed: bool,
    secret: bool,
    threshold: int | None,
    actor: Person,
) -> None:
    """How the commissions of this call sit; a lot is always the last resort."""
    with transaction():
        lock(call)
        policy.set_session_rules.require(actor, call)
        rules = queries.rules_of(call.id)
        rules.quorum, rules.ties = quorum, [one.value for one in ties if one is not TieRule.LOT]
        rules.vote_needed, rules.secret, rules.threshold = vote_needed, secret, threshold
        db.session.add(rules)
        db.session.flush()
        record("call.session_rules", call, actor, after=_as_json(rules))


def _as_json(rules: SessionRules) -> dict[str, object]:
    names = ("quorum", "ties", "vote_needed", "secret", "threshold")
    return {name: getattr(rules, name) for name in names}


def plan(chaired: Chaired, starts_at: datetime, place: str, *, actor: Person) -> Session:
    """A session with every file of the commission on its agenda, the best mean first. Planned twice is planned once."""
    with transaction():
        policy.plan_session.require(actor, chaired)
        lock(chaired.call)
        if (known := queries.session_of(chaired.call.id, chaired.commission.id)) is not None:
            return known
        _must_not_be_sent(chaired.call.id, chaired.commission.id)
        made = Session(
            call_id=chaired.call.id,
            commission_id=chaired.commission.id,
            starts_at=starts_at,
            place=place,
            planned_by_id=actor.id,
        )
        db.session.add(made)
        db.session.flush()
        seal = _seal(made, 1)
        note(made, Happening.PLANNED, actor, starts_at=starts_at.isoformat(), place=place, seal=seal)
        _complete(made, actor, told=False)
        return made


def change_plan(session: Session, starts_at: datetime, place: str, *, actor: Person) -> None:
    """Another day or another place, before it opens."""
    with sitting(session, PLANNED):
        policy.lead_session.require(actor, session)
        session.starts_at, session.place = starts_at, place
        note(session, Happening.PLANNED, actor, starts_at=starts_at.isoformat(), place=place)


def _must_not_be_sent(call_id: UUID, commission_id: UUID) -> None:
    sent = select(Decision.id).where(Decision.call_id == call_id, Decision.commission_id == commission_id)
    if db.session.scalars(sent.limit(1)).first():
        raise Refused(N_("The ranking of this commission has already been sent to the strategic committee."))


def _seal(session: Session, number: int) -> str:
    """Prepare the next lot: its seed is kept; the hash, which the caller writes into the log, is published."""
    seed = token_hex(32)
    db.session.add(Lot(session_id=session.id, number=number, seed=seed, seed_hash=sealed(seed)))
    return sealed(seed)


def _complete(session: Session, actor: Person, *, told: bool) -> int:
    """Put the files that are missing at the end of the agenda, by reference; how many."""
    known = set(db.session.scalars(select(Item.application_id).where(Item.session_id == session.id)))
    last = db.session.scalar(select(func.max(Item.position)).where(Item.session_id == session.id)) or 0
    wanted = select(Application).where(
        Application.call_id == session.call_id,
        Application.commission_id == session.commission_id,
        Application.state.in_(COMING),
        Application.id.not_in(known),
    )
    added = db.session.scalars(wanted.order_by(Application.reference)).all()
    for at, application in enumerate(added, last + 1):
        item = Item(session_id=session.id, application_id=application.id, position=at, currency=application.currency)
        db.session.add(item)
        db.session.flush()
        if told:
            note(session, Happening.ITEM_ADDED, actor, item=item)
    return len(added)


def complete_agenda(session: Session, *, actor: Person) -> int:
    """Add the files that reached the commission since; how many."""
    with sitting(session, PLANNED, OPEN):
        policy.lead_session.require(actor, session)
        return _complete(session, actor, told=True)


def open_session(session: Session, *, actor: Person) -> None:
    """The session begins; whoever opens it is the first to enter. Rules are frozen, P(funded) is computed."""
    with transaction():
        lock(session, "state", "last_event", "quorate")
        lock(session.call)
        _must_not_be_sent(session.call_id, session.commission_id)
        if not lifecycle.fire("open_session", session, actor, set={"opened_at": now()}):
            return
        _complete(session, actor, told=True)
        note(session, Happening.OPENED, actor)
        _enter(session, actor.id, actor)
        _look_ahead(session)
        follow_quorum(session, actor)


def _look_ahead(session: Session) -> None:
    whole = queries.session_whole(session.id)
    found = figures.standings(whole, figures.marks(whole))
    likely = chances(found, figures.envelope(whole).minor)
    for item in whole.items:
        item.chance = likely.get(item.application_id)


# --- who sits -------------------------------------------------------------------------------------------------


def enter(session: Session, person: Person, *, actor: Person) -> None:
    """Somebody comes in: oneself, or whom the one who leads writes down. Entering twice is entering once."""
    with sitting(session):
        policy.attend.require(actor, session)
        _may_write_down(session, person, actor)
        policy.attend.require(person, session)
        if person.id not in present_in(session):
            _enter(session, person.id, actor)
            follow_quorum(session, actor)


def _enter(session: Session, person: UUID, actor: Person) -> None:
    db.session.add(Attendance(session_id=session.id, person_id=person, entered_at=now()))
    note(session, Happening.ENTERED, actor, person=person)


def leave(session: Session, person: Person, *, actor: Person) -> None:
    """Somebody goes out, and may come back."""
    with sitting(session):
        policy.attend.require(actor, session)
        _may_write_down(session, person, actor)
        _leave(session, person.id, actor)
        follow_quorum(session, actor)


def _leave(session: Session, person: UUID, actor: Person) -> None:
    sits = select(Attendance).where(
        Attendance.session_id == session.id, Attendance.person_id == person, Attendance.left_at.is_(None)
    )
    span = db.session.scalars(sits).one_or_none()
    if span is not None:
        span.left_at = now()
        note(session, Happening.LEFT, actor, person=person)


def _may_write_down(session: Session, person: Person, actor: Person) -> None:
    if person.id != actor.id:
        policy.lead_session.require(actor, session)


def name_acting(session: Session, person: Person | None, *, actor: Person) -> None:
    """Who leads where the chair steps aside; None for nobody."""
    with sitting(session, PLANNED, OPEN):
        policy.open_session.require(actor, session)
        if person is not None:
            policy.attend.require(person, session)
        chosen = person.id if person else None
        if session.acting_id != chosen:
            session.acting_id = chosen
            note(session, Happening.ACTING, actor, person=chosen)


# --- ties and the end -----------------------------------------------------------------------------------------


def draw_lot(session: Session, *, actor: Person) -> None:
    """Draw among the projects that nothing else separates, every group with the one seed that was sealed before; it is
    published and the next one sealed."""
    with sitting(session):
        policy.break_tie.require(actor, session)
        whole = queries.session_whole(session.id)
        rules = queries.rules_of(session.call_id)
        if any(one.state != ItemState.SETTLED for one in _running(whole)):
            raise Refused(
                N_("Some files are not settled yet."),
                N_("Settle them first: a mark that moves would make another tie."),
            )
        groups = to_draw(figures.ranking(whole, rules), [str(one) for one in rules.ties])
        if not groups:
            return
        waiting = select(Lot).where(Lot.session_id == session.id, Lot.drawn_at.is_(None))
        lot = db.session.scalars(waiting).one()
        drawn = [lot, *(Lot(session_id=session.id, seed=lot.seed, seed_hash=lot.seed_hash) for _ in groups[1:])]
        for n, (one, among) in enumerate(zip(drawn, groups, strict=True)):
            one.number, one.drawn_at = lot.number + n, now()
            one.among, one.order = among, draw(lot.seed, among)
        db.session.add_all(drawn)
        db.session.flush()
        seal = _seal(session, lot.number + len(drawn))
        for one in drawn:
            said: dict[str, Any] = {
                "among": one.among,
                "order": one.order,
                "seed": one.seed,
                "seed_hash": one.seed_hash,
            }
            note(session, Happening.LOT_DRAWN, actor, number=one.number, **said, seal=seal)


def _running(session: Session) -> list[Item]:
    return [one for one in session.items if one.application.state in queries.STILL_IN]


def adjourn(session: Session, reason: str, *, actor: Person) -> None:
    """The session ends without its ranking, to be opened again another day: everybody leaves, what was agreed stays."""
    with sitting(session, PLANNED, OPEN):
        if session.state == PLANNED:
            return  # pressed twice
        if not reason.strip():
            raise Refused(N_("Say why the session is adjourned: it stands in the minutes."))
        up = current(session)
        if up is not None:
            put_back_item(up, actor=actor)
        for person in sorted(present_in(session)):
            _leave(session, person, actor)
        lifecycle.fire("adjourn_session", session, actor, reason=reason.strip(), set={"opened_at": None})
        session.quorate = False
        note(session, Happening.ADJOURNED, actor, reason=reason.strip())


def close_session(session: Session, *, actor: Person) -> None:
    """The ranking goes to the strategic committee and the minutes are written, or nothing happens.

    Raises Refused when a file is not settled, a tie not broken, a file not on the agenda, or the ranking refused.
    """
    with transaction():
        lock(session, "state", "last_event", "quorate")
        ranking = board(actor, session.call_id, session.commission_id)
        whole = queries.session_whole(session.id)
        rules = queries.rules_of(session.call_id)
        places = figures.ranking(whole, rules)
        if session.state == OPEN and (why := what_is_missing(whole, places)):
            raise Refused(*why)
        if not lifecycle.fire("close_session", session, actor, set={"closed_at": now()}):
            return
        number = {one.id: one.position for one in whole.items}
        for place in places:
            if place.rule is not None and place.of.item_id is not None:
                item = next(one for one in whole.items if one.id == place.of.item_id)
                details: dict[str, Any] = {"rule": place.rule.value, "tied": list(place.tied), "rank": place.rank}
                note(session, Happening.TIE_BROKEN, actor, item=item, **details)
        for person in sorted(present_in(session)):
            _leave(session, person, actor)
        note(session, Happening.CLOSED, actor)
        applications = {line.application.id: line.application for line in ranking.lines}
        proposals = [
            Proposal(
                application=applications[one.of.application_id],
                score=one.of.score or 0,
                outcome=Outcome(one.outcome),
                amount=Money(one.of.amount, session.call.currency),
                line=number[one.of.item_id] if one.of.item_id else None,
            )
            for one in places
        ]
        put_forward(ranking, proposals, actor=actor)
        minutes.write(session, actor=actor)


def what_is_missing(session: Session, places: list[Place]) -> tuple[Text, Text] | None:
    """Why a session cannot be closed yet and what to do about it; None when it can. Four queries."""
    running = _running(session)
    waits = [one for one in running if one.state != ItemState.SETTLED]
    if waits:
        return (
            N_n("%(n)s file is not settled yet.", "%(n)s files are not settled yet.", len(waits)),
            N_("Bring each up and settle it, then close the session."),
        )
    if queries.not_on_the_agenda(session):
        return (
            N_("A file reached the commission after the agenda was made."),
            N_("Add it to the agenda, bring it up and settle it, then close the session."),
        )
    if (why_not := waits_for(session.call_id, session.commission_id)) is not None:
        return why_not, N_("Once it is settled, close the session.")
    if moved := _moved(session, places):
        return (
            N_("The figures of %(references)s have changed since they were settled.", references=", ".join(moved)),
            N_("Bring each up again and settle it, then close the session."),
        )
    nothing = [one.of.reference for one in places if one.outcome != Outcome.REJECTED and not one.of.amount]
    if nothing:
        return (
            N_("No amount is proposed for %(references)s.", references=", ".join(nothing)),
            N_("Bring each up and give it an amount, or vote against it."),
        )
    if any(one.undrawn for one in places):
        return (
            N_("Some projects have the same mark and nothing in the rules separates them."),
            N_("Draw the lot, then close the session."),
        )
    return None


def _moved(session: Session, places: list[Place]) -> list[str]:
    """References of settled files whose mark or amount is another now, or whose vote was cancelled since."""
    asked = queries.rules_of(session.call_id).vote_needed
    last = {one.item_id: one for one in queries.votes(session)}
    unvoted = {id for id, vote in last.items() if vote.cancelled} if asked else set()
    settled = {one.id: (one.settled_score, one.settled_minor) for one in session.items}
    return [
        one.of.reference
        for one in places
        if one.of.item_id in unvoted
        or (one.of.item_id in settled and settled[one.of.item_id] != (one.of.score, one.of.amount))
    ]
