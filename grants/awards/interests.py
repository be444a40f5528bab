"""Who is linked to an applicant: they decide nothing on it, and see nothing of its commission before the results.

An envelope less the visible awards would tell the hidden one, so the whole commission of that call is hidden from them.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select, union
from sqlalchemy.orm import aliased

from grants.applications.models import TAKING_PART, Application, Partner
from grants.awards.models import Award, Decision
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


def linked_among(person: Person, call: Call) -> frozenset[UUID]:
    """The applications of a call to which the person is linked; one query."""
    found = select(Application.id).where(Application.call_id == call.id, Application.id.in_(linked_to(person)))
    return frozenset(db.session.scalars(found))


def hidden_commissions(person: Person, call: Call) -> frozenset[UUID]:
    """The commissions of a call of which this person sees nothing yet; one query, none once results are out."""
    if call.state in ANNOUNCED:
        return frozenset()
    found = select(Application.commission_id).where(
        Application.call_id == call.id, Application.commission_id.is_not(None), Application.id.in_(linked_to(person))
    )
    return frozenset(one for one in db.session.scalars(found.distinct()) if one is not None)


def hidden_in_fund(person: Person, fund_id: UUID) -> bool:
    """Whether any commission of any call of the fund is hidden from this person; one query."""
    hidden = _hidden(person).join(Call, Call.id == Application.call_id).where(Call.fund_id == fund_id)
    return bool(db.session.scalar(select(hidden.where(Call.state.not_in(ANNOUNCED)).exists())))


def hides_award(person: Person) -> ColumnElement[bool]:
    """Rows of Award whose commission is hidden from this person in their call: as `hides` of Decision."""
    early = select(Call.id).where(Call.state.not_in(ANNOUNCED))
    near = _hidden(person).where(Application.call_id == Award.call_id, Application.commission_id == Award.commission_id)
    return Award.call_id.in_(early) & near.correlate(Award).exists()


def hidden_award(person: Person, award: Award) -> bool:
    """Whether the commission of this grant is hidden from the person; one query."""
    found = select(exists().where(Award.id == award.id, hides_award(person)))
    return bool(db.session.scalar(found))


def _hidden(person: Person) -> Select[UUID]:
    return select(Application.id).where(Application.commission_id.is_not(None), Application.id.in_(linked_to(person)))


def hides(person: Person) -> ColumnElement[bool]:
    """Rows of Decision joined to Call whose commission is hidden from this person: `hidden_commissions` in SQL."""
    near = aliased(Application)
    return Call.state.not_in(ANNOUNCED) & exists().where(
        near.call_id == Decision.call_id,
        near.commission_id == Decision.commission_id,
        near.id.in_(linked_to(person)),
    )
