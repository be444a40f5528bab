"""A call that is open, somebody who applies, and somebody who screens."""

from typing import Any, NamedTuple

from grants.applications.models import Application, Document
from grants.calls.models import Call
from grants.clusters.models import Cluster, Commission
from grants.core.db import db
from grants.funds.models import Fund
from grants.people.models import Organisation, Person, Right, Role
from tests.factories import (
    CallFactory,
    CommissionFactory,
    EnvelopeFactory,
    MembershipFactory,
    OrganisationFactory,
    PersonFactory,
    with_role,
)


class Ground(NamedTuple):
    """`place` is held only so that `call.fund.cluster` stays loaded: a session forgets what nobody holds."""

    call: Call
    commission: Commission
    lead: Person
    organisation: Organisation
    officer: Person
    place: tuple[Fund, Cluster]


def ground(**call: Any) -> Ground:
    """An open call with one envelope, an owner of an organisation, a programme officer."""
    made = CallFactory(**call)
    commission = CommissionFactory(cluster=made.fund.cluster)
    EnvelopeFactory(call=made, commission=commission)
    member = MembershipFactory(organisation=OrganisationFactory(), person=PersonFactory())
    officer = with_role(Role.OFFICER, cluster=made.fund.cluster)
    return Ground(made, commission, member.person, member.organisation, officer, (made.fund, made.fund.cluster))


def draft(on: Ground, documents: int = 1, **values: Any) -> Application:
    """A complete draft of the ground's organisation; override what should be missing or wrong."""
    answers: dict[str, Any] = {
        "title": "Télésurveillance cardiaque",
        "summary": "What it does, for whom, and why now.",
        "description": "A longer text.",
        "duration_months": 12,
        "cost_minor": 80_000_000,
        "requested_minor": 60_000_000,
        "commission": on.commission,
    }
    made = Application(
        call=on.call, organisation=on.organisation, lead=on.lead, currency=on.call.currency, **{**answers, **values}
    )
    db.session.add(made)
    db.session.flush()
    for n in range(documents):
        db.session.add(
            Document(
                application=made,
                filename=f"proposal-{n}.pdf",
                media_type="application/pdf",
                size=1000,
                sha256=f"{n:064x}",
                uploaded_by_id=on.lead.id,
            )
        )
    db.session.flush()
    return made


def colleague(on: Ground, right: Right) -> Person:
    """Somebody else of the organisation."""
    person: Person = MembershipFactory(organisation=on.organisation, right=right).person
    return person
