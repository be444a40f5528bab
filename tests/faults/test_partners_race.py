"""Two clicks, and two people, on one partnership at the same moment."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select

from grants.applications import partner_queries as queries
from grants.applications import queries as applications
from grants.applications.blockers import is_confirmed
from grants.applications.content import Project
from grants.applications.models import ApplicationState, Partner, PartnerState
from grants.applications.service import revise
from grants.core.audit import Event
from grants.core.db import db
from grants.core.i18n import ENGLISH
from grants.messages.models import Promise
from grants.people.models import Membership, Person, Right
from grants.people.queries import organisations_of
from tests.applications.consortium import acceded, invited, organisation_of, somebody, taking_part
from tests.applications.ground import draft, ground
from tests.faults.test_members_race import race
from workflows import application as submitting
from workflows import partnership as workflow
from workflows.partnership import Wanted


def met(id: object) -> Person:
    return db.session.get_one(Person, id)


def scene(made: Callable) -> tuple[object, object, object, object]:
    """A partner `made` for somebody: ids of the lead, the person, the application, the partner; committed."""
    on, person = ground(), somebody()
    application = draft(on)
    db.session.commit()
    partner = made(on.lead, application, person)
    found = on.lead.id, person.id, application.id, partner.id
    db.session.commit()
    db.session.remove()
    return found


def count(model, *where) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(model.id)).where(*where)) or 0


def test_eight_clicks_accept_once(own_app: Flask) -> None:
    _, person_id, _, id = scene(invited)

    def accept() -> None:
        person = met(person_id)
        workflow.accept_partnership(queries.partner(person, id), organisation_of(person), actor=person)

    assert race(own_app, [accept] * 8) == {"done": 8}
    assert count(Event, Event.name == "partner.accept_partnership") == 1
    assert count(Promise, Promise.kind == "tell_lead") == 1


def test_eight_clicks_accede_once(own_app: Flask) -> None:
    _, person_id, _, id = scene(taking_part)

    def accede() -> None:
        person = met(person_id)
        workflow.accede(queries.partner(person, id), "P", ENGLISH, actor=person)

    assert race(own_app, [accede] * 8) == {"done": 8}
    assert count(Event, Event.name == "partner.accede") == 1


def test_removed_while_acceding(own_app: Flask) -> None:
    """Whoever comes second sees what the first did: removed in the end, acceded before or never."""
    for _ in range(4):
        lead_id, person_id, _, id = scene(taking_part)

        def accede(person_id=person_id, id=id) -> None:
            person = met(person_id)
            workflow.accede(queries.partner(person, id), "P", ENGLISH, actor=person)

        def remove(lead_id=lead_id, id=id) -> None:
            lead = met(lead_id)
            workflow.remove_partner(queries.partner(lead, id), "", actor=lead)

        ended = race(own_app, [accede, remove])
        assert ended in ({"done": 2}, {"done": 1, "Forbidden": 1})
        assert db.session.get_one(Partner, id).state == PartnerState.REMOVED


def test_invited_twice_at_once_is_one_invitation(own_app: Flask) -> None:
    on = ground()
    lead_id, id = on.lead.id, draft(on).id
    db.session.commit()

    def invite() -> None:
        lead = met(lead_id)
        wanted = Wanted("P", "p@example.org", "Role")
        workflow.invite_partner(applications.own_application(lead, id), wanted, actor=lead)

    assert race(own_app, [invite] * 4) == {"done": 4}
    assert count(Partner, Partner.application_id == id) == 1
    assert count(Promise, Promise.kind == "ask_partner") == 1


def test_one_organisation_joins_once_through_two_invitations(own_app: Flask) -> None:
    lead_id, person_id, application_id, first = scene(invited)
    other = somebody()
    organisation_id = organisation_of(met(person_id)).id
    db.session.add(Membership(organisation_id=organisation_id, person_id=other.id, right=Right.OWNER))
    db.session.commit()
    lead = met(lead_id)
    application = applications.own_application(lead, application_id)
    second = invited(lead, application, other).id
    other_id = other.id
    db.session.commit()

    def accept(who: object, id: object) -> Callable[[], None]:
        def act() -> None:
            person = met(who)
            chosen = next(one for one in organisations_of(person) if one.id == organisation_id)
            workflow.accept_partnership(queries.partner(person, id), chosen, actor=person)

        return act

    assert race(own_app, [accept(person_id, first), accept(other_id, second)]) == {"done": 1, "Refused": 1}


def test_submitted_while_the_project_changes(own_app: Flask) -> None:
    """What is submitted is what every partner acceded to: the change comes too late, or the submission is refused."""
    for _ in range(4):
        lead_id, _, application_id, _ = scene(acceded)

        def submit(lead_id=lead_id, application_id=application_id) -> None:
            lead = met(lead_id)
            submitting.submit(applications.own_application(lead, application_id), actor=lead)

        def change(lead_id=lead_id, application_id=application_id) -> None:
            lead = met(lead_id)
            mine = applications.own_application(lead, application_id)
            part = Project("Another title", mine.commission_id, mine.summary, mine.description)
            revise(mine, part, seen=None, actor=lead)

        ended = race(own_app, [submit, change])
        db.session.rollback()
        lead = met(lead_id)
        after = applications.own_application(lead, application_id)
        if after.state == ApplicationState.SUBMITTED:
            assert all(is_confirmed(one) for one in after.taking_part) and ended["Forbidden"] == 1
        else:
            assert ended["NotReady"] == 1 and after.title == "Another title"
