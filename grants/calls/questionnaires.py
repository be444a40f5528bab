"""The versions of what a call asks: the one in hand is arranged, published, corrected; published ones never change."""

from collections.abc import Callable

from sqlalchemy import select

from grants.calls import policy
from grants.calls.models import Call, Questionnaire
from grants.calls.questionnaire import MOST_QUESTIONS, MOST_SECTIONS, Outline
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_, Words
from grants.people.models import Person


def published(call: Call) -> Questionnaire | None:
    """The version that applicants answer now; None when the call asks nothing of its own."""
    versions = select(Questionnaire).where(Questionnaire.call_id == call.id, Questionnaire.published_at.is_not(None))
    return db.session.scalars(versions.order_by(Questionnaire.number.desc()).limit(1)).first()


def current(call: Call) -> Questionnaire | None:
    """Inside a transaction: the same, and no correction of it is published before the transaction ends."""
    db.session.execute(select(Call.id).where(Call.id == call.id).with_for_update(read=True, key_share=True))
    return published(call)


def in_hand(call: Call) -> Questionnaire | None:
    """The version that officers are writing."""
    unpublished = select(Questionnaire).where(Questionnaire.call_id == call.id, Questionnaire.published_at.is_(None))
    return db.session.scalars(unpublished).one_or_none()


def latest(call: Call) -> Questionnaire | None:
    """The version in hand, else the published one: what the designer shows."""
    return in_hand(call) or published(call)


def read_by_applicants(call: Call) -> Outline:
    """What is published; before, what will be."""
    found = published(call) or in_hand(call)
    return found.outline if found else Outline()


def outline(call: Call) -> Outline:
    """What `latest` asks."""
    found = latest(call)
    return found.outline if found else Outline()


def arrange(call: Call, change: Callable[[Outline], Outline], *, seen: int | None, actor: Person) -> Questionnaire:
    """Change the version in hand, which is begun from the published one when there is none.

    `seen` is the version of the record that the officer looked at, 0 for none. Raises LostUpdate when another officer
    changed it since, Refused beyond the limits, KeyError when the change names what is not there any more.
    """
    with transaction():
        lock(call, "state")
        policy.ask.require(actor, call)
        found = in_hand(call)
        if found is None:
            before = published(call)
            found = Questionnaire(
                call_id=call.id,
                number=before.number + 1 if before else 1,
                definition=list(before.definition) if before else [],
                change=Words(),
            )
        elif seen is not None:
            expect(found, seen)
        outline = change(found.outline)
        if len(outline.parts) > MOST_SECTIONS:
            raise Refused(N_("A call asks in at most %(n)s sections.", n=MOST_SECTIONS))
        if any(len(one.questions) > MOST_QUESTIONS for one in outline.parts):
            raise Refused(N_("A section holds at most %(n)s questions.", n=MOST_QUESTIONS))
        found.definition = outline.json()
        db.session.add(found)
        db.session.flush()
        record("call.questions", call, actor, after={"questionnaire": found.number})
        return found


def publish(call: Call) -> Questionnaire | None:
    """Inside a transaction: freeze the version in hand. None when there is nothing to publish."""
    found = in_hand(call)
    if found is not None:
        found.published_at = now()
    return found


def discard(call: Call, *, actor: Person) -> None:
    """Give up the version in hand."""
    with transaction():
        lock(call, "state")
        policy.ask.require(actor, call)
        if found := in_hand(call):
            record("call.questions_discarded", call, actor, before={"questionnaire": found.number})
            db.session.delete(found)
