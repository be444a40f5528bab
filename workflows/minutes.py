"""The minutes: written as the session closes, signed by those who sat, corrected by a new version that says why."""

from sqlalchemy import select

from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.people.models import Person
from grants.sessions import figures, minutes_queries, policy, queries
from grants.sessions.content import corrected, fingerprint, written
from grants.sessions.models import Minutes, MinutesSignature, Session, SessionState
from workflows.letters import Letter, address, letter
from workflows.outbox import Due, promise
from workflows.sitting import LIVE, lifecycle


def write(session: Session, *, actor: Person) -> Minutes:
    """The first version, from the log as it stands. The session is held and closed."""
    db.session.flush()
    whole = queries.session_whole(session.id)
    rules = queries.rules_of(session.call_id)
    return _keep(whole, 1, written(whole, figures.ranking(whole, rules), rules), "", actor)


def _keep(session: Session, number: int, content: dict[str, object], changes: str, actor: Person) -> Minutes:
    made = Minutes(
        session_id=session.id,
        number=number,
        content=content,
        changes=changes,
        sha256=fingerprint(content),
        made_by_id=actor.id,
    )
    db.session.add(made)
    db.session.flush()
    record("minutes.written", made, actor, reason=changes or None, after={"number": number, "sha256": made.sha256})
    for person in minutes_queries.signers(session):
        promise(ask_to_sign, made, person.id, slot=str(number))
    return made


def sign(minutes: Minutes, *, actor: Person) -> None:
    """One's name, the moment and the hash of what is signed. Signing twice is signing once."""
    with transaction():
        session = minutes.session
        lock(session, "state", *LIVE)
        policy.sign_minutes.require(actor, minutes)
        known = select(MinutesSignature.id).where(
            MinutesSignature.minutes_id == minutes.id, MinutesSignature.person_id == actor.id
        )
        if db.session.scalars(known).first():
            return
        if fingerprint(minutes.content) != minutes.sha256:
            raise Refused(N_("The text of these minutes is not the one that was written."))
        made = MinutesSignature(
            minutes_id=minutes.id,
            person_id=actor.id,
            name=actor.name,
            led=policy.leads(actor, session),
            sha256=minutes.sha256,
        )
        db.session.add(made)
        db.session.flush()
        record("minutes.signed", minutes, actor, after={"name": actor.name, "sha256": minutes.sha256})
        signed = set(
            db.session.scalars(select(MinutesSignature.person_id).where(MinutesSignature.minutes_id == minutes.id))
        )
        if signed >= {one.id for one in minutes_queries.signers(session)} and session.state == SessionState.CLOSED:
            lifecycle.fire("complete_minutes", session, actor)


def correct(minutes: Minutes, changes: str, *, actor: Person) -> Minutes:
    """A new version that says what changes; it is signed anew. The earlier one stays, with its signatures."""
    with transaction():
        session = minutes.session
        lock(session, "state", *LIVE)
        policy.correct_minutes.require(actor, minutes)
        if not changes.strip():
            raise Refused(N_("Say what the correction changes."))
        latest = minutes_queries.versions(session)[0]
        if (latest.number, latest.changes, latest.made_by_id) == (minutes.number + 1, changes.strip(), actor.id):
            return latest  # pressed twice
        if minutes.number != latest.number:
            raise Refused(N_("There is a later version of these minutes."), N_("Correct that one."))
        if session.state == SessionState.SIGNED:
            lifecycle.fire("correct_signed", session, actor)
        number = minutes.number + 1
        content = corrected(minutes.content, number, now(), actor.name, changes.strip())
        return _keep(session, number, content, changes.strip(), actor)


@letter
def ask_to_sign(due: Due) -> Letter | None:
    """Asks somebody who sat to read and sign the minutes; no mail once it is signed or another version stands."""
    found = minutes_queries.minutes_whole(due.subject_id)
    person = db.session.get_one(Person, due.recipient_id)
    signed = any(one.person_id == person.id for one in found.signatures)
    if signed or found.number != minutes_queries.last_number(found.session):
        return None
    session = found.session
    return Letter(
        to=person,
        subject=N_("Minutes to sign: %(commission)s", commission=session.commission.name),
        paragraphs=[
            N_("The minutes of the session in which you sat are ready. Read them, then sign with one press.")
            if found.number == 1
            else N_("The minutes of the session in which you sat were corrected. Read what changed, then sign them.")
        ],
        facts=[(N_("Call"), session.call.title), (N_("Version"), str(found.number))],
        action=(N_("Read the minutes"), address("reviewer.minutes", id=session.id)),
        cluster=session.call.fund.cluster,
    )
