"""The applicant's pages: from a first draft to the receipt."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from grants.applications.models import Application, ApplicationState
from grants.core.clock import now
from grants.core.db import db
from grants.people.models import Membership, Organisation, Right
from tests.applications.budget_ground import budget_ground, budgeted
from tests.applications.ground import colleague, draft, ground
from tests.applications.samples import pdf
from tests.factories import MembershipFactory, OrganisationFactory, PersonFactory, submitted
from tests.web.drafts import base, seen_in, send, version_in, words_of


def test_from_the_first_click_to_the_receipt(client):
    on = ground(code="MNC-2026-1", closes_at=None or ground().call.closes_at)
    client.login(on.lead)

    begun = client.post(f"/applicant/calls/{on.call.id}/begin", data={"organisation_id": str(on.organisation.id)})
    assert begun.status_code == 303
    application = db.session.scalars(select(Application).where(Application.call_id == on.call.id)).one()
    assert begun.location == base(application)
    assert client.get(base(application)).status_code == 200

    page = client.get(f"{base(application)}/project")
    saved = client.post(
        f"{base(application)}/project",
        data={
            "version": version_in(page),
            "title": "Capteurs d’irrigation",
            "commission_id": str(on.commission.id),
            "summary": "Des capteurs.",
            "description": "Plus long.",
        },
    )
    assert (saved.status_code, saved.location) == (303, f"{base(application)}/budget")
    page = client.get(saved.location)
    saved = client.post(
        saved.location,
        data={"version": version_in(page), "cost": "800 000", "requested": "600 000,50", "duration_months": "18"},
    )
    assert (saved.status_code, saved.location) == (303, f"{base(application)}/documents")
    assert send(client, application, pdf()).status_code == 303

    check = client.get(f"{base(application)}/check")
    assert "600 000.50" in words_of(check)
    done = client.post(f"{base(application)}/submit", data={"seen": seen_in(check)})
    assert (done.status_code, done.location) == (303, f"{base(application)}/receipt")
    receipt = client.get(done.location)
    assert "MNC-2026-1-0001" in receipt.text and application.content_hash in receipt.text
    assert application.state == ApplicationState.SUBMITTED
    assert client.get(base(application)).status_code == 200
    assert client.get("/applicant/").status_code == 200


def test_a_second_click_goes_to_the_same_draft(client):
    on = ground()
    client.login(on.lead)
    url, chosen = f"/applicant/calls/{on.call.id}/begin", {"organisation_id": str(on.organisation.id)}
    assert client.get(url).status_code == 200
    first, second = client.post(url, data=chosen), client.post(url, data=chosen)
    assert first.location == second.location
    assert db.session.scalar(select(func.count(Application.id))) == 1
    assert "already has a draft" in client.get(second.location).text


def test_a_signed_out_visitor_comes_back_after_signing_in(client):
    on = ground()
    answer = client.get(f"/applicant/calls/{on.call.id}/begin")
    assert answer.status_code == 303
    assert "sign" in answer.location and str(on.call.id) in answer.location


def test_without_an_organisation_one_is_made_first(client):
    on = ground()
    client.login(PersonFactory())
    answer = client.get(f"/applicant/calls/{on.call.id}/begin")
    assert answer.status_code == 303
    made = client.post(
        answer.location,
        data={
            "name": "Atlas Capteurs",
            "kind": "startup",
            "country": "MA",
            "city": "Rabat",
            "ice": "001561191000066",
            "rc_number": "12345",
            "rc_court": "Rabat",
        },
    )
    assert made.status_code == 303 and made.location == f"/applicant/calls/{on.call.id}/begin"
    assert "Atlas Capteurs" in client.get(made.location).text


def test_an_unusual_ice_warns_and_never_blocks(client):
    person = PersonFactory()
    client.login(person)
    typed = {"name": "Atlas", "kind": "startup", "country": "MA", "ice": "001561191000067"}
    assert client.post("/applicant/organisations/new", data=typed).status_code == 303
    assert "not the usual one" in client.get("/applicant/").text
    assert db.session.scalars(select(Organisation.ice)).one() == "001561191000067"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "required"),
        ({"ice": "123"}, "15 digits"),
        ({"rc_number": "12"}, "goes with its court"),
        ({"kind": "bakery"}, "valid choice"),
    ],
)
def test_a_wrong_organisation_keeps_what_was_typed(client, wrong, sentence):
    client.login(PersonFactory())
    typed = {"name": "Atlas Capteurs", "kind": "startup", "country": "MA", "city": "Ifrane"} | wrong
    page = client.post("/applicant/organisations/new", data=typed)
    assert page.status_code == 200 and sentence in page.text and "Ifrane" in page.text
    assert 'class="errsum"' in page.text


def test_an_organisation_is_revised_by_its_people_only(client):
    organisation = MembershipFactory().organisation
    owner = db.session.scalars(select(Membership).where(Membership.organisation_id == organisation.id)).one()
    url = f"/applicant/organisations/{organisation.id}"
    client.login(PersonFactory())
    assert client.get(url).status_code == 404
    client.login(db.session.get(type(PersonFactory()), owner.person_id))
    page = client.get(url)
    typed = {"name": "New name", "kind": "company", "country": "MA", "version": version_in(page)}
    assert client.post(url, data=typed).status_code == 303
    assert client.post(url, data=typed | {"name": "Stale"}).status_code == 409


def test_a_draft_is_kept_incomplete(client):
    on = ground()
    application = draft(on, documents=0, title="", summary="", description="", commission=None)
    client.login(on.lead)
    page = client.get(f"{base(application)}/project")
    answer = client.post(f"{base(application)}/project", data={"version": version_in(page), "title": "Half"})
    assert answer.status_code == 303
    assert application.title == "Half" and application.summary == ""


def test_what_is_missing_is_listed_with_links(client):
    on = ground()
    application = draft(on, documents=0, title="", summary="x" * 603, requested_minor=99_000_000)
    client.login(on.lead)
    page = client.get(f"{base(application)}/check")
    assert page.text.count("?check=1#") == 4
    assert f"{base(application)}/project?check=1#title" in page.text
    assert "by 3 characters" in words_of(page)
    assert "At most 720 000 MAD: this call pays 90% of the eligible cost, here 800 000 MAD." in words_of(page)
    assert client.post(f"{base(application)}/submit").status_code == 422
    assert application.state == ApplicationState.DRAFT
    section = client.get(f"{base(application)}/project?check=1")
    assert "Give the project a title" in section.text and "by 3 characters" in words_of(section)


@pytest.mark.parametrize("typed", ["1.500", "-5", "abc", "0", "9" * 30])
def test_an_unreadable_amount_is_asked_again_and_kept(client, typed):
    on = ground()
    application = draft(on)
    client.login(on.lead)
    page = client.get(f"{base(application)}/budget")
    data = {"version": version_in(page), "cost": "800000", "requested": typed, "duration_months": "12"}
    answer = client.post(f"{base(application)}/budget", data=data)
    assert answer.status_code == 200 and 'class="errsum"' in answer.text and f'value="{typed}"' in answer.text
    assert application.requested_minor == 60_000_000


def test_too_much_is_kept_and_explained(client):
    on = ground()
    application = draft(on)
    client.login(on.lead)
    page = client.get(f"{base(application)}/budget")
    data = {"version": version_in(page), "cost": "2000000", "requested": "1500000", "duration_months": "12"}
    answer = client.post(f"{base(application)}/budget", data=data)
    assert answer.status_code == 303 and answer.location == f"{base(application)}/budget"
    again = client.get(answer.location)
    assert "the ceiling of this call" in again.text and application.requested_minor == 150_000_000


def test_two_people_on_one_section_lose_nothing(client):
    on = ground()
    application = draft(on)
    client.login(on.lead)
    version = version_in(client.get(f"{base(application)}/project"))
    mine = {"version": version, "title": "Mine", "commission_id": str(on.commission.id)}
    assert client.post(f"{base(application)}/project", data=mine).status_code == 303
    assert client.post(f"{base(application)}/project", data=mine).status_code == 303  # a double click changes nothing
    client.login(colleague(on, Right.EDITOR))
    page = client.post(f"{base(application)}/project", data=mine | {"title": "Theirs"})
    assert page.status_code == 409 and "Mine" in page.text and "Theirs" in page.text
    assert application.title == "Mine"
    resend = client.post(f"{base(application)}/project", data=mine | {"title": "Theirs", "version": version_in(page)})
    assert resend.status_code == 303 and application.title == "Theirs"


def test_two_sections_are_written_at_once(client):
    on = ground()
    application = draft(on)
    client.login(on.lead)
    project, budget = (version_in(client.get(f"{base(application)}/{one}")) for one in ("project", "budget"))
    assert client.post(f"{base(application)}/project", data={"version": project, "title": "T"}).status_code == 303
    data = {"version": budget, "cost": "10", "requested": "5", "duration_months": "3"}
    assert client.post(f"{base(application)}/budget", data=data).status_code == 303


def test_autosave_keeps_what_is_readable(client):
    on = ground()
    application = draft(on)
    client.login(on.lead)
    json = {"Accept": "application/json"}
    version = version_in(client.get(f"{base(application)}/budget"))
    typed = {"version": version, "cost": "900000", "requested": "not yet", "duration_months": "24"}
    saved = client.post(f"{base(application)}/budget/autosave", data=typed, headers=json)
    assert saved.status_code == 200 and saved.json["saved_at"]
    assert (application.cost_minor, application.requested_minor, application.duration_months) == (
        90_000_000,
        60_000_000,
        24,
    )
    again = client.post(
        f"{base(application)}/budget/autosave", data=typed | {"version": saved.json["version"]}, headers=json
    )
    assert again.status_code == 200
    stale = client.post(f"{base(application)}/budget/autosave", data=typed | {"cost": "1"}, headers=json)
    assert stale.status_code == 409 and stale.json["title"]


def test_a_change_after_the_check_is_not_submitted_unseen(client):
    on = ground()
    application = draft(on)
    client.login(on.lead)
    seen = seen_in(client.get(f"{base(application)}/check"))
    application.title = "Changed by a colleague"
    db.session.flush()
    answer = client.post(f"{base(application)}/submit", data={"seen": seen})
    assert answer.status_code == 303 and answer.location == f"{base(application)}/check"
    assert application.state == ApplicationState.DRAFT


def test_reopen_submit_again_withdraw(client):
    on = ground()
    application = draft(on)
    client.login(on.lead)
    assert client.post(f"{base(application)}/submit").status_code == 303
    reference, first = application.reference, application.content_hash
    assert client.post(f"{base(application)}/reopen").status_code == 303
    assert application.state == ApplicationState.DRAFT and application.submitted_at is None
    assert client.get(f"{base(application)}/receipt").status_code == 200
    application.title = "Better"
    db.session.flush()
    assert client.post(f"{base(application)}/submit").status_code == 303
    assert application.reference == reference and application.content_hash != first
    receipt = client.get(f"{base(application)}/receipt")
    assert first in receipt.text and application.content_hash in receipt.text
    page = client.post(f"{base(application)}/withdraw", data={"reason": ""})
    assert page.status_code == 200 and "required" in page.text
    assert client.post(f"{base(application)}/withdraw", data={"reason": "Changed plans"}).status_code == 303
    assert application.state == ApplicationState.WITHDRAWN
    assert client.get(base(application)).status_code == 200
    assert client.get("/applicant/").status_code == 200


def test_a_page_that_is_not_yours_does_not_exist(client):
    on = ground()
    application = draft(on)
    client.login(PersonFactory())
    for page in ("", "/project", "/budget", "/documents", "/check", "/receipt", "/withdraw"):
        assert client.get(base(application) + page).status_code == 404
    for page in ("/submit", "/reopen", "/withdraw", "/project", "/project/autosave", "/documents"):
        assert client.post(base(application) + page).status_code == 404


def test_a_move_that_is_not_yours_says_why(client):
    on = ground()
    application = draft(on)
    client.login(colleague(on, Right.EDITOR))
    assert client.get(f"{base(application)}/check").status_code == 200
    refused = client.post(f"{base(application)}/submit")
    assert refused.status_code == 403 and "Only an owner" in refused.text
    client.login(colleague(on, Right.READER))
    assert client.get(base(application)).status_code == 200
    assert client.get(f"{base(application)}/project").status_code == 403


@pytest.mark.parametrize("rows", [1, 50])
@pytest.mark.parametrize(("place", "write"), [(ground, draft), (budget_ground, budgeted)])
def test_home_costs_the_same_however_long(client, queries, place, write, rows):
    on = place()
    for n in range(rows):
        organisation = OrganisationFactory()
        MembershipFactory(organisation=organisation, person=on.lead)
        write(on._replace(organisation=organisation), title=f"Project {n}")
    client.login(on.lead)
    client.get("/applicant/")
    with queries() as seen:
        page = client.get("/applicant/")
    assert page.text.count("Project ") >= rows
    assert len(seen) <= 16, seen


def test_a_file_to_be_completed_keeps_its_commission_and_its_amount(client):
    on = ground()
    application = draft(
        on, state=ApplicationState.INCOMPLETE, completion_due_at=now() + timedelta(days=3), **submitted(1)
    )
    commission, requested = application.commission_id, application.requested
    db.session.commit()
    client.login(on.lead)
    for section, typed in (("project", {"title": "Another title"}), ("budget", {"cost": "800000"})):
        url = f"{base(application)}/{section}"
        version = re.search(r'name="version"[^>]*value="(\d+)"', client.get(url).text).group(1)
        page = client.post(url, data=typed | {"version": version})
        assert page.status_code == 200 and 'id="error-summary"' in page.text
        assert client.post(f"{url}/autosave", data=typed | {"version": version}).status_code == 200
    db.session.refresh(application)
    assert (application.commission_id, application.requested) == (commission, requested)
    assert application.title == "Another title"
