"""A consortium from the invitation to the submission: moves, accession, what blocks, what is mailed."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from grants.applications import partner_queries as queries
from grants.applications import partner_service
from grants.applications import queries as applications
from grants.applications.accession import OwnPart
from grants.applications.blockers import blockers, is_confirmed
from grants.applications.content import CONSORTIUM, Project
from grants.applications.models import ApplicationState, PartnerState
from grants.applications.service import revise
from grants.applications.submitted import content_hash, content_of
from grants.core import clock
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, Refused, WrongState
from grants.core.i18n import ENGLISH, Reader
from grants.people import links
from grants.people.models import Membership, Right
from grants.people.queries import organisations_of
from tests.applications.consortium import ROLE, acceded, invited, organisation_of, somebody, taking_part, whole
from tests.applications.ground import colleague, draft, ground
from tests.factories import MembershipFactory, OrganisationFactory
from tests.people.test_letters import letters
from workflows import application as submitting
from workflows import invitation
from workflows import partnership as workflow
from workflows.partnership import Wanted
from workflows.reminders import occurrences


@pytest.fixture
def on(app):
    return ground(code="GROUP")


@pytest.fixture
def application(on):
    made = draft(on)
    db.session.commit()
    return made


def blocking(on, application) -> list[str]:
    return [str(one.message) for one in blockers(whole(on.lead, application)) if one.section == CONSORTIUM]


def names_of(partner) -> list[str]:
    events = select(Event.name).where(Event.subject_id == partner.id).order_by(Event.at, Event.id)
    return list(db.session.scalars(events))


def test_from_the_invitation_to_the_submission(on, application):
    person = somebody()
    partner = acceded(on.lead, application, person)
    assert partner.state == PartnerState.ACCEDED and partner.organisation_id == organisation_of(person).id
    assert partner.acceded_name == person.name and len(partner.acceded_hash) == 64
    assert partner.organisation.name in partner.acceded_text and application.title in partner.acceded_text
    assert names_of(partner) == ["partner.invite", "partner.accept_partnership", "partner.accede"]
    assert blocking(on, application) == []
    done = submitting.submit(whole(on.lead, application), actor=on.lead)
    assert done.state == ApplicationState.SUBMITTED and done.reference == "GROUP-0001"


def test_who_applies_alone_says_nothing_of_partners(on, application):
    alone = whole(on.lead, application)
    assert "partners" not in content_of(alone)
    before = content_hash(alone)
    invited(on.lead, application, somebody())
    assert content_hash(whole(on.lead, application)) == before, "whoever is only invited is not submitted"


def test_the_content_names_each_partner_with_its_accession(on, application):
    partner = acceded(on.lead, application, somebody())
    (said,) = content_of(whole(on.lead, application))["partners"]
    assert said["organisation"] == str(partner.organisation_id)
    assert (said["role"], said["acceded_by"], said["accession"]) == (ROLE, partner.acceded_name, partner.acceded_hash)


def test_nothing_is_submitted_while_a_partner_is_awaited(on, application):
    person = somebody()
    partner = invited(on.lead, application, person)
    assert "has not answered" in blocking(on, application)[0] and person.name in blocking(on, application)[0]
    workflow.accept_partnership(partner, organisation_of(person), actor=person)
    db.session.expire_all()
    assert "has not acceded" in blocking(on, application)[0]
    with pytest.raises(submitting.NotReady) as refusal:
        submitting.submit(whole(on.lead, application), actor=on.lead)
    assert [one.field for one in refusal.value.blockers] == [f"partner-{partner.id}"]


def write(on, application, **values):
    saved = whole(on.lead, application)
    typed = {"title": saved.title, "commission_id": saved.commission_id, "summary": saved.summary}
    part = Project(**{**typed, "description": saved.description, **values})
    revise(saved, part, seen=None, actor=on.lead)
    db.session.expire_all()


def test_an_accession_is_confirmed_again_once_the_project_changes(on, application):
    person = somebody()
    partner = acceded(on.lead, application, person)
    write(on, application, description="A longer  text.\r\n")
    assert is_confirmed(queries.partner(person, partner.id)), "spaces do not count"
    write(on, application, description="Quite another text.")
    assert not is_confirmed(queries.partner(person, partner.id))
    assert "confirm its accession again" in blocking(on, application)[0]
    workflow.accede(queries.partner(person, partner.id), person.name, ENGLISH, actor=person)
    db.session.expire_all()
    assert blocking(on, application) == [] and names_of(partner).count("partner.accede") == 2


def test_money_and_documents_ask_nobody_to_sign_again(on, application):
    person = somebody()
    partner = acceded(on.lead, application, person)
    application.requested_minor = 50_000_000
    db.session.commit()
    assert is_confirmed(queries.partner(person, partner.id))


def test_a_partner_that_changes_its_own_part_signs_again(on, application):
    person = somebody()
    partner = acceded(on.lead, application, person)
    partner_service.revise_part(partner, OwnPart(ROLE, "Ten patients.", ""), seen=partner.version, actor=person)
    db.session.expire_all()
    assert not is_confirmed(queries.partner(person, partner.id))


def test_signing_what_was_not_read_is_refused(on, application):
    person = somebody()
    partner = taking_part(on.lead, application, person)
    with pytest.raises(LostUpdate, match="changed since you read"):
        workflow.accede(partner, person.name, ENGLISH, seen="0" * 64, actor=person)
    with pytest.raises(Refused, match="signature"):
        workflow.accede(queries.partner(person, partner.id), "  ", ENGLISH, actor=person)


def test_signing_twice_is_signing_once(on, application):
    person = somebody()
    partner = acceded(on.lead, application, person)
    workflow.accede(partner, "Another Name", ENGLISH, actor=person)
    db.session.expire_all()
    assert queries.partner(person, partner.id).acceded_name == person.name
    assert names_of(partner).count("partner.accede") == 1


def test_the_declaration_is_kept_in_the_language_of_who_signs(on, application):
    person = somebody()
    partner = taking_part(on.lead, application, person)
    workflow.accede(partner, person.name, Reader("ar"), actor=person)
    db.session.expire_all()
    kept = queries.partner(person, partner.id).acceded_text
    assert organisation_of(person).name in kept and len(kept.split("\n\n")) == 4


def test_only_an_owner_signs_and_leaves_and_only_writers_write(on, application):
    person = somebody()
    partner = taking_part(on.lead, application, person)
    editor = MembershipFactory(organisation=partner.organisation, right=Right.EDITOR).person
    reader = MembershipFactory(organisation=partner.organisation, right=Right.READER).person
    db.session.commit()
    db.session.expire_all()
    for one, act in [
        (editor, lambda p, who: workflow.accede(p, "E", ENGLISH, actor=who)),
        (editor, lambda p, who: workflow.leave_consortium(p, "Why", actor=who)),
        (reader, lambda p, who: partner_service.revise_part(p, OwnPart("R", "", ""), seen=None, actor=who)),
        (on.lead, lambda p, who: partner_service.revise_part(p, OwnPart("R", "", ""), seen=None, actor=who)),
        (person, lambda p, who: workflow.remove_partner(p, "", actor=who)),
    ]:
        with pytest.raises(Forbidden):
            act(queries.partner(one, partner.id), one)
    partner_service.revise_part(
        queries.partner(editor, partner.id), OwnPart("R", "T", "P"), seen=partner.version, actor=editor
    )


def test_two_writers_of_one_part_see_both_texts(on, application):
    person = somebody()
    partner = taking_part(on.lead, application, person)
    seen = partner.version
    partner_service.revise_part(partner, OwnPart(ROLE, "One.", ""), seen=seen, actor=person)
    partner_service.revise_part(partner, OwnPart(ROLE, "One.", ""), seen=seen, actor=person)  # the very same
    with pytest.raises(LostUpdate):
        partner_service.revise_part(partner, OwnPart(ROLE, "Two.", ""), seen=seen, actor=person)


def test_declining_needs_a_reason_and_is_told(on, application):
    person = somebody()
    partner = invited(on.lead, application, person)
    with pytest.raises(Refused, match="reason"):
        workflow.decline_partnership(partner, " ", actor=person)
    workflow.decline_partnership(queries.partner(person, partner.id), "No time.", actor=person)
    db.session.expire_all()
    assert blocking(on, application) == [], "who declined is not awaited"
    (_, subject, text) = letters()[-1]
    assert person.name in subject and "No time." in text
    again = invited(on.lead, application, person)
    assert again.id != partner.id


def test_leaving_and_being_removed_close_the_project(on, application):
    leaving, removed = somebody(), somebody()
    first, second = taking_part(on.lead, application, leaving), acceded(on.lead, application, removed)
    workflow.leave_consortium(queries.partner(leaving, first.id), "We merge.", actor=leaving)
    workflow.remove_partner(queries.partner(on.lead, second.id), "Another lab.", actor=on.lead)
    db.session.expire_all()
    for person in (leaving, removed):
        assert db.session.scalars(queries.readable_by(person)).all() == []
        assert queries.partnerships(person) == []
    assert blocking(on, application) == [] and "partners" not in content_of(whole(on.lead, application))
    with pytest.raises(Forbidden):
        workflow.accede(queries.partner(removed, second.id), "R", ENGLISH, actor=removed)
    texts = [text for _, _, text in letters()]
    assert any("We merge." in one for one in texts) and any("Another lab." in one for one in texts)


def test_the_same_invitation_twice_is_one(on, application):
    person = somebody()
    assert invited(on.lead, application, person).id == invited(on.lead, application, person).id
    assert len(letters()) == 1
    with pytest.raises(Refused, match="invited or takes part"):
        workflow.invite_partner(
            whole(on.lead, application), Wanted("X", person.email.upper(), "Something else"), actor=on.lead
        )


def test_the_link_of_the_mail_finds_the_invitation_until_a_newer_one(app, on, application):
    person = somebody()
    partner = invited(on.lead, application, person)
    [(to, subject, text)] = letters()
    assert person.email in to and on.organisation.name in subject and ROLE in text
    token = re.search(r"/account/partner/(\S+)", text).group(1)
    key = app.extensions["settings"].secret_key
    assert queries.invited(links.read(token, key)).id == partner.id
    with pytest.raises(Refused, match="less than an hour"):
        workflow.remind_partner(queries.partner(on.lead, partner.id), actor=on.lead)
    with clock.stopped(now() + timedelta(hours=2)):
        workflow.remind_partner(queries.partner(on.lead, partner.id), actor=on.lead)
        assert queries.invited(links.read(token, key)) is None
        assert len(letters()) == 1, "the older link is not sent any more"


def test_who_owes_an_accession_is_reminded(on, application):
    person = somebody()
    partner = taking_part(on.lead, application, person)
    with clock.stopped(now() + timedelta(hours=2)):
        workflow.remind_partner(queries.partner(on.lead, partner.id), actor=on.lead)
    (to, subject, _) = letters()[-1]
    assert person.email in to and "accession is awaited" in subject
    workflow.accede(queries.partner(person, partner.id), "P", ENGLISH, actor=person)
    with pytest.raises(WrongState):
        workflow.remind_partner(queries.partner(on.lead, partner.id), actor=on.lead)


def test_too_old_is_not_accepted(on, application):
    person = somebody()
    partner = invited(on.lead, application, person)
    with clock.stopped(now() + timedelta(days=8)), pytest.raises(Forbidden, match="too old"):
        workflow.accept_partnership(queries.partner(person, partner.id), organisation_of(person), actor=person)


def test_which_organisations_may_join(on, application):
    person = somebody()
    MembershipFactory(organisation=on.organisation, person=person)
    theirs = MembershipFactory(organisation=OrganisationFactory(), person=person, right=Right.READER).organisation
    partner = invited(on.lead, application, person)
    db.session.commit()

    def join(organisation_id) -> None:
        db.session.expire_all()
        chosen = next(one for one in organisations_of(person) if one.id == organisation_id)
        workflow.accept_partnership(queries.partner(person, partner.id), chosen, actor=person)

    with pytest.raises(Refused, match="leads this project"):
        join(on.organisation.id)
    with pytest.raises(Forbidden, match="owner or editor"):
        join(theirs.id)
    taken = taking_part(on.lead, application, somebody()).organisation_id
    db.session.add(Membership(organisation_id=taken, person_id=person.id, right=Right.OWNER))
    db.session.commit()
    with pytest.raises(Refused, match="takes part in this project already"):
        join(taken)


def test_nobody_answers_for_another_address(on, application):
    partner = invited(on.lead, application, somebody())
    other = somebody()
    with pytest.raises(Forbidden, match="another address"):
        workflow.accept_partnership(partner, organisation_of(other), actor=other)


def test_invitations_to_colleagues_and_partners_count_together(on, application):
    for n in range(invitation.MOST_AN_HOUR):
        wanted = Wanted(f"P{n}", f"p{n}@example.org", ROLE)
        workflow.invite_partner(whole(on.lead, application), wanted, actor=on.lead)
    with pytest.raises(Refused, match="Too many"):
        invitation.invite_member(
            organisations_of(on.lead)[0], invitation.Asked("X", "x@example.org", Right.EDITOR), actor=on.lead
        )


def test_with_the_fund_nothing_changes_any_more(on, application):
    person = somebody()
    partner = acceded(on.lead, application, person)
    submitting.submit(whole(on.lead, application), actor=on.lead)
    db.session.expire_all()
    for act in (
        lambda: invited(on.lead, application, somebody()),
        lambda: workflow.leave_consortium(queries.partner(person, partner.id), "Why", actor=person),
        lambda: workflow.remove_partner(queries.partner(on.lead, partner.id), "", actor=on.lead),
        lambda: partner_service.revise_part(
            queries.partner(person, partner.id), OwnPart("X", "", ""), seen=None, actor=person
        ),
    ):
        with pytest.raises(Forbidden, match="with the fund"):
            act()
    (_, _, text) = letters()[-1]
    assert "has submitted the application" in text


def test_a_withdrawn_application_is_told_and_read_no_more(on, application):
    person = somebody()
    partner = acceded(on.lead, application, person)
    submitting.withdraw(whole(on.lead, application), "We stop.", actor=on.lead)
    db.session.expire_all()
    assert db.session.scalars(queries.readable_by(person)).all() == []
    assert queries.partner(person, partner.id).application.state == ApplicationState.WITHDRAWN
    assert "has withdrawn the application" in letters()[-1][2]


def test_an_editor_of_the_lead_invites_a_reader_does_not(on, application):
    editor, reader = colleague(on, Right.EDITOR), colleague(on, Right.READER)
    db.session.commit()
    db.session.expire_all()
    invited(editor, application, somebody())
    with pytest.raises(Forbidden):
        invited(reader, application, somebody())


def test_a_reopened_application_keeps_its_partners(on, application):
    person = somebody()
    partner = acceded(on.lead, application, person)
    submitting.submit(whole(on.lead, application), actor=on.lead)
    submitting.reopen(applications.own_application(on.lead, application.id), actor=on.lead)
    db.session.expire_all()
    assert is_confirmed(queries.partner(person, partner.id))
    assert submitting.submit(whole(on.lead, application), actor=on.lead).reference == "GROUP-0001"


def test_owners_are_reminded_seven_and_two_days_before_the_call_closes(on, application):
    with clock.stopped(on.call.closes_at - timedelta(days=12)):
        person = somebody()
        partner = taking_part(on.lead, application, person)
        MembershipFactory(organisation=partner.organisation, right=Right.EDITOR)
        invited(on.lead, application, somebody())
        db.session.commit()
    for days, owed in ((-8, 0), (-7, 1), (-2, 1)):
        with clock.stopped(on.call.closes_at + timedelta(days=days)):
            due = [one for one in occurrences(clock.now()) if one.rule.name == "accession_due"]
            assert [one.owed.recipient_id for one in due] == [person.id] * owed, days
    with clock.stopped(on.call.closes_at - timedelta(days=2)):
        workflow.accede(queries.partner(person, partner.id), "P", ENGLISH, actor=person)
        assert [one for one in occurrences(clock.now()) if one.rule.name == "accession_due"] == []
