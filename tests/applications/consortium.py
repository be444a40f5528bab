"""Partners to test with: invited, taking part, acceded, by the verbs themselves."""

from grants.applications import partner_queries as queries
from grants.applications import queries as applications
from grants.applications.models import Application, Partner
from grants.core.db import db
from grants.core.i18n import ENGLISH
from grants.people.models import Organisation, OrganisationKind, Person, Right
from grants.people.queries import organisations_of
from tests.factories import MembershipFactory, OrganisationFactory, PersonFactory
from workflows import partnership as workflow
from workflows.partnership import Wanted

ROLE = "Tests the prototype with patients"


def somebody(kind: OrganisationKind = OrganisationKind.UNIVERSITY, right: Right = Right.OWNER) -> Person:
    """An owner of an organisation of this kind who might take part."""
    organisation = OrganisationFactory(kind=kind)
    person: Person = MembershipFactory(organisation=organisation, person=PersonFactory(locale="en"), right=right).person
    return person


def organisation_of(person: Person) -> Organisation:
    return organisations_of(person)[0]


def whole(lead: Person, application: Application) -> Application:
    return applications.own_application(lead, application.id)


def invited(lead: Person, application: Application, person: Person) -> Partner:
    wanted = Wanted(person.name, person.email, ROLE)
    made = workflow.invite_partner(whole(lead, application), wanted, actor=lead)
    return queries.partner(person, made.id)


def taking_part(lead: Person, application: Application, person: Person) -> Partner:
    partner = invited(lead, application, person)
    workflow.accept_partnership(partner, organisation_of(person), actor=person)
    db.session.expire_all()
    return queries.partner(person, partner.id)


def acceded(lead: Person, application: Application, person: Person) -> Partner:
    partner = taking_part(lead, application, person)
    workflow.accede(partner, person.name, ENGLISH, actor=person)
    db.session.expire_all()
    return queries.partner(person, partner.id)
