"""What those who follow a fund read of an organisation that applied to it, or is a partner in an application."""

from typing import Any
from uuid import UUID

from flask import render_template

from grants.people.models import ORGANISATION_LABELS, Person
from grants.profiles import policy, queries
from grants.profiles.models import Profile
from grants.web.access import access
from grants.web.staff import portal


def followed_profile(user: Person, organisation_id: UUID) -> Profile:
    return queries.followed_profile(user, organisation_id)


@portal.get("/organisations/<uuid:organisation_id>")
@access(policy.read_profile, followed_profile)
def application_organisation(user: Person, profile: Profile) -> Any:
    found = profile.organisation
    paid = queries.has_applied(user, found)  # a partner's accounts are nobody's business here
    return render_template(
        "staff/organisation.html",
        organisation=found,
        kind=ORGANISATION_LABELS[found.kind],
        stakeholders=queries.stakeholders(found.id),
        paid=paid,
        accounts=[one for one in queries.accounts(found) if one.state in queries.SHOWN] if paid else [],
    )
