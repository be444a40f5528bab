"""The few rows a reminder needs: an open call, people who hold a draft or owe a review. Committed."""

from datetime import timedelta
from typing import Any

from grants.applications.models import Application, ApplicationState
from grants.calls.models import Call
from grants.core.clock import now
from grants.core.db import transaction
from grants.core.i18n import Words
from grants.people.models import Person, Right, Role
from grants.reviews.models import Review
from tests.factories import (
    ApplicationFactory,
    CallFactory,
    MembershipFactory,
    PersonFactory,
    ReviewFactory,
    submitted,
    with_role,
)


def person(name: str = "Salma", **values: Any) -> Person:
    with transaction():
        return PersonFactory(name=name, **{"locale": "en", **values})


def administrator() -> Person:
    with transaction():
        return with_role(Role.ADMIN)


def call(closes_in: timedelta = timedelta(days=10), **values: Any) -> Call:
    """An open call whose reviews are due twenty days after it closes."""
    with transaction():
        return CallFactory(
            title=Words(fr="Santé numérique", en="Digital health", ar="الصحة الرقمية"),
            opens_at=now() - timedelta(days=30),
            closes_at=now() + closes_in,
            reviews_due_at=now() + closes_in + timedelta(days=20),
            **values,
        )


def draft(on: Call, by: Person | None = None, **values: Any) -> Application:
    """A draft, a month old, of an organisation this person owns."""
    with transaction():
        by = by or PersonFactory(locale="en")
        return ApplicationFactory(call=on, lead=by, **{"created_at": now() - timedelta(days=29), **values})


def join(application: Application, right: Right) -> Person:
    """Somebody else with this right in the applicant's organisation."""
    with transaction():
        return MembershipFactory(organisation=application.organisation, person=PersonFactory(), right=right).person


def review(on: Call, by: Person, **values: Any) -> Review:
    """A review asked of this person a month ago."""
    with transaction():
        application = ApplicationFactory(call=on, state=ApplicationState.IN_REVIEW, **submitted())
        return ReviewFactory(
            application=application, reviewer=by, **{"created_at": now() - timedelta(days=29), **values}
        )
