"""A chair's gestures on several applications: ask the same reviewers everywhere, remind whoever is waited for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from grants.applications.models import Application, ApplicationState
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_, N_n, Text
from grants.messages.models import Promise
from grants.people.models import Person
from grants.reports.search.policy import search_led
from grants.reviews.findings import Why, whys
from grants.reviews.models import COUNTED, Review
from grants.reviews.panels import Away, not_sitting
from grants.reviews.together import Wait, waited_for
from workflows import review
from workflows.application import lifecycle
from workflows.letters import Letter, letter
from workflows.outbox import Due, Owed, key_id, promise
from workflows.reminders import unfinished_reviews, write_review_due

TAKING = frozenset({ApplicationState.ELIGIBLE, ApplicationState.IN_REVIEW})


@dataclass(frozen=True)
class Asked:
    """What asking does to one application: who receives a mail, who does not and why, or why it is left alone."""

    application: Application
    reviewers: Sequence[Person]
    refused: Sequence[tuple[Person, Text]]
    why_left: Text | None = None


def plan(user: Person, applications: Sequence[Application], reviewers: Sequence[Person]) -> list[Asked]:
    """What `ask_all` would do, without doing it."""
    search_led.require(user)
    ids = [one.id for one in applications]
    known = select(Review.application_id, Review.reviewer_id, Review.state).where(Review.application_id.in_(ids))
    before: dict[UUID, dict[UUID, bool]] = {}
    for application_id, reviewer_id, state in db.session.execute(known):
        before.setdefault(application_id, {})[reviewer_id] = state in COUNTED
    conflicts, away = whys(reviewers, applications), not_sitting(reviewers, applications)
    return [_planned(one, reviewers, before.get(one.id, {}), conflicts, away) for one in applications]


def _planned(
    application: Application, reviewers: Sequence[Person], before: dict[UUID, bool], conflicts: Why, away: Away
) -> Asked:
    """`before` says of each person already asked about it whether their review counts."""
    if application.state not in TAKING:
        label = lifecycle.labels[application.state]
        return Asked(application, (), (), N_("It is “%(state)s”.", state=label))
    new, refused = list[Person](), list[tuple[Person, Text]]()
    for one in reviewers:
        if one.id in before:
            refused.append((one, N_("Already asked.")))
        elif why := review.why_not_sit(one, application, away) or conflicts.get((application.id, one.id)):
            refused.append((one, why))
        else:
            new.append(one)
    wanted, counted = application.call.reviewers_per_application, sum(before.values()) + len(new)
    if application.state == ApplicationState.ELIGIBLE and counted < wanted:
        why = N_n(
            "The call asks for %(n)s reviewer for each application.",
            "The call asks for %(n)s reviewers for each application.",
            wanted,
        )
        return Asked(application, (), refused, why)
    return Asked(application, new, refused, None if new else N_("Nobody is left to ask."))


def ask_all(applications: Sequence[Application], reviewers: Sequence[Person], *, actor: Person) -> int:
    """Ask what `plan` announced, all of it or nothing. Answers how many reviews were asked for."""
    count = 0
    with transaction():
        for one in plan(actor, sorted(applications, key=lambda one: one.id), reviewers):
            if one.reviewers and one.why_left is None:
                review.assign(one.application, one.reviewers, actor=actor)
                count += len(one.reviewers)
    return count


# --- reminding ------------------------------------------------------------------------------------------------


@letter
def review_asked_again(due: Due) -> Letter | None:
    """The chair asks after the reviews of a call; nothing when they have all come in meanwhile."""
    owed = unfinished_reviews().subquery()
    still = select(func.count()).where(owed.c.subject_id == due.subject_id, owed.c.recipient_id == due.recipient_id)
    return write_review_due(due) if db.session.scalar(still) else None


def remind_all(ids: Sequence[UUID], *, actor: Person) -> int:
    """Write to whoever owes a review of these applications: one mail a day for each call, however often it is asked.

    Answers how many people are written to now.
    """
    with transaction():
        search_led.require(actor)
        waits = waited_for(actor, ids)
        if not waits and not ids:
            raise Refused(N_("Nothing was chosen."))
        known = reminded_today(waits)
        new = [one for one in waits if (one.call.id, one.person.id) not in known]
        for one in new:
            promise(review_asked_again, one.call, one.person, slot=_slot())
            record("review.remind", one.call, actor, after={"reviewer": str(one.person.id)})
        return len({one.person.id for one in new})


def reminded_today(waits: Sequence[Wait]) -> Collection[tuple[UUID, UUID]]:
    """The (call, person) written to today already; one query."""
    keys = {
        key_id(review_asked_again.kind, Owed(one.call.id, one.person.id, _slot())): (one.call.id, one.person.id)
        for one in waits
    }
    found = db.session.scalars(select(Promise.id).where(Promise.id.in_(keys)))
    return {keys[id] for id in found}


def _slot() -> str:
    return f"{now():%Y-%m-%d}"
