"""Who is linked to an applicant: they decide nothing on it, and see nothing of its commission before the results.

An envelope less the visible awards would tell the hidden one, so the whole commission of that call is hidden from them.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select, union
from sqlalchemy.orm import aliased

from grants.applications.models import TAKING_PART, Application, Partner
from grants.awards.models import Decision
from grants.calls.models import Call, CallState
from grants.core.db import db
from grants.people.models import Membership, Person
from grants.profiles.models import Stakeholder
from grants.reviews.queries import conflicts_of

ANNOUNCED = (CallState.DECIDED, CallState.ARCHIVED)


def linked_to(person: Person) -> Select[UUID]:
    """The applications of organisations the person belongs to or holds a part of, lead or partner, and those with which
    a conflict of interest stands."""
    theirs = union(
        select(Membership.organisation_id).where(Membership.person_id == person.id),
        select(Stakeholder.organisation_id).where(Stakeholder.sort_key == person.sort_key),
    ).subquery()
    organisations = select(theirs.c.organisation_id)
    joined = select(Partner.application_id).where(
        Partner.state.in_(TAKING_PART), Partner.organisation_id.in_(organisations)
    )
    found = union(
        select(Application.id).where(Application.organisation_id.in_(organisations)), joined, conflicts_of(person)
    ).subquery()
    return select(found.c[0])


def linked(person: Person, application_id: UUID) -> bool:
    """Whether the person is linked to this one; one query."""
    found = linked_to(person).subquery()
    return bool(db.session.scalar(select(exists().where(found.c[0] == application_id))))


def hidden_commissions(person: Person, call: Call) -> frozenset[UUID]:
    """The commissions of a call of which this person sees nothing yet; one query, none once results are out."""
    if call.state in ANNOUNCED:
        return frozenset()
    found = select(Application.commission_id).where(
        Application.call_id == call.id, Application.commission_id.is_not(None), Application.id.in_(linked_to(person))
    )
    return frozenset(one for one in db.session.scalars(found.distinct()) if one is not None)


def hides(person: Person) -> ColumnElement[bool]:
    """Rows of Decision joined to Call whose commission is hidden from this person: `hidden_commissions` in SQL."""
    near = aliased(Application)
    return Call.state.not_in(ANNOUNCED) & exists().where(
        near.call_id == Decision.call_id,
        near.commission_id == Decision.commission_id,
        near.id.in_(linked_to(person)),
    )
