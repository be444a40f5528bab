"""Several applications of a chair at once: the files themselves, and the reviewers who are waited for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from grants.applications.models import Application, ApplicationState
from grants.calls.models import Call
from grants.core.db import db
from grants.funds.models import Fund
from grants.people.models import Person
from grants.reviews.conflicts import closed_to_reviewer
from grants.reviews.models import IN_HAND, Review, ReviewState
from grants.reviews.queries import led_applications

WAITED_FOR = IN_HAND | {ReviewState.ASSIGNED}


@dataclass(frozen=True)
class Wait:
    """A reviewer who owes reviews in a call, and on which of the applications asked about."""

    person: Person
    call: Call
    application_ids: Collection[UUID]


def led(user: Person, ids: Sequence[UUID]) -> Sequence[Application]:
    """Those of these applications that the person leads, by reference; one query."""
    whole = joinedload(Application.call).joinedload(Call.fund).joinedload(Fund.cluster)
    found = led_applications(user).where(Application.id.in_(ids)).order_by(Application.reference, Application.id)
    return db.session.scalars(found.options(whole, joinedload(Application.organisation))).all()


def waited_for(user: Person, ids: Sequence[UUID]) -> list[Wait]:
    """Who has not submitted a review of these applications, among those the person leads; by name; two queries."""
    mine = led_applications(user).where(Application.id.in_(ids), Application.state == ApplicationState.IN_REVIEW)
    owed = (
        select(Review.reviewer_id, Application.call_id, func.array_agg(Application.id))
        .join(Application, Application.id == Review.application_id)
        .where(
            Review.state.in_(WAITED_FOR),
            Application.id.in_(mine.with_only_columns(Application.id)),
            ~closed_to_reviewer(Review.application_id.in_(ids) & Review.state.in_(WAITED_FOR)),
        )
        .group_by(Review.reviewer_id, Application.call_id)
    )
    rows = db.session.execute(owed).all()
    if not rows:
        return []
    people = {
        one.id: one
        for one in db.session.scalars(
            select(Person).where(Person.id.in_({row[0] for row in rows}), Person.disabled_at.is_(None))
        )
    }
    fund = joinedload(Call.fund).joinedload(Fund.cluster)
    calls = {
        one.id: one
        for one in db.session.scalars(select(Call).where(Call.id.in_({row[1] for row in rows})).options(fund))
    }
    found = [Wait(people[who], calls[call], frozenset(which)) for who, call, which in rows if who in people]
    return sorted(found, key=lambda one: (one.person.sort_key, one.person.id, one.call.code))
