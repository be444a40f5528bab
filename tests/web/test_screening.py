"""The programme officer's list and file, and the screening moves."""

from datetime import timedelta

import pytest

from grants.applications import policy, queries, service
from grants.applications.models import ApplicationState as State
from grants.core.clock import now
from grants.core.db import db
from grants.core.storage import storage
from grants.people.models import Role
from tests.applications.ground import draft, ground
from tests.applications.samples import pdf
from tests.factories import (
    CallFactory,
    MembershipFactory,
    OrganisationFactory,
    PersonFactory,
    submitted,
    with_role,
)
from workflows import application as workflow


def filed(on, n=1, state=State.SUBMITTED, **values):
    """A submitted file of the ground's call, of an organisation of its own."""
    organisation = MembershipFactory(organisation=OrganisationFactory(), person=PersonFactory()).organisation
    given = submitted(n) | {"reference": f"TEST-{n:04}"}
    return draft(on._replace(organisation=organisation), state=state, **{**given, **values})


def file_of(application):
    return f"/staff/applications/{application.id}"


@pytest.mark.parametrize("rows", [1, 50])
def test_the_list_costs_the_same_at_1_and_at_50(client, queries, rows):
    on = ground()
    for n in range(rows):
        filed(on, n + 1, title=f"Project {n}")
    client.login(on.officer)
    url = f"/staff/calls/{on.call.id}/applications"
    client.get(url)
    with queries() as seen:
        page = client.get(url)
    assert page.text.count('name="id"') == rows
    # who asks; the call, its envelopes; the calls and commissions one may name; the counts, the rows; whom to share
    # a search with, the searches kept
    assert len(seen) == 9, seen


def test_filters_sorting_and_pages_live_in_the_address(client):
    on = ground()
    for n in range(1, 53):
        filed(on, n, title=f"Étude {n}" if n != 7 else "Capteurs d’irrigation", requested_minor=n * 1000)
    filed(on, 60, state=State.ELIGIBLE, title="Eligible already")
    client.login(on.officer)
    url = f"/staff/calls/{on.call.id}/applications"

    def found(query):
        return client.get(f"{url}?{query}").text.count('name="id"')

    assert (found(""), found("page=2"), found("page=99")) == (50, 3, 3)
    assert "Capteurs" in client.get(f"{url}?q=CAPTEURS").text
    assert (found("q=%22etude+12%22"), found("q=test-0007"), found("q=state:eligible")) == (1, 1, 1)
    assert found(f"q=commission:{on.commission.code}") == 50 and found("q=amount>400..") == 0
    page = client.get(f"{url}?sort=-amount").text
    assert page.index("TEST-0060") < page.index("TEST-0052") < page.index("TEST-0051")
    for odd in ("q=state:bakery", "sort=zzz&page=x", "q=state:draft", "cols=%00,score", "q=%00%25_", "page=-4"):
        assert client.get(f"{url}?{odd}").status_code == 200
    assert client.get(f"{url}?page=9{'9' * 30}").status_code == 200


def test_only_those_who_follow_the_fund_see_its_files(client):
    on = ground()
    application = filed(on)
    secret = draft(on, title="Not yet submitted")
    elsewhere = CallFactory()
    strangers = [
        PersonFactory(),
        with_role(Role.ADMIN),
        with_role(Role.CHAIR, commission=on.commission),
        with_role(Role.REVIEWER, commission=on.commission),
        with_role(Role.OFFICER, cluster=elsewhere.fund.cluster),
    ]
    url = f"/staff/calls/{on.call.id}/applications"
    followers = [with_role(role, cluster=on.call.fund.cluster) for role in policy.FOLLOWERS]
    for person in followers:
        client.login(person)
        page = client.get(url)
        assert page.status_code == 200 and "Not yet" not in page.text and application.reference in page.text
        assert client.get(file_of(application)).status_code == 200
        assert client.get(file_of(secret)).status_code == 404
        assert client.get("/staff/applications").status_code == 200
        assert client.get(f"/staff/calls/{elsewhere.id}/applications").status_code == 404
    for person in strangers:
        client.login(person)
        assert client.get(url).status_code == 404
        assert client.get(file_of(application)).status_code == 404
        assert client.post(f"{file_of(application)}/admit").status_code == 404


def test_a_document_is_for_those_who_read_its_file(app, client):
    on = ground()
    application = draft(on, documents=0)
    content = pdf()
    kept_in = storage(app.extensions["settings"])
    document = service.attach(
        queries.own_application(on.lead, application.id), "p.pdf", content, storage=kept_in, limit_mb=10, actor=on.lead
    )
    url = f"/staff/documents/{document.id}"
    client.login(on.officer)
    assert client.get(url).status_code == 404
    workflow.submit(application, actor=on.lead)
    client.login(on.officer)
    answer = client.get(url)
    assert answer.data == content and answer.headers["Content-Disposition"].startswith("attachment")
    client.login(with_role(Role.REVIEWER, commission=on.commission))
    assert client.get(url).status_code == 404


def test_admissible_then_eligible(client):
    on = ground()
    application = filed(on)
    client.login(on.officer)
    page = client.get(file_of(application))
    assert "Declare admissible" in page.text and "Declare eligible" not in page.text
    for move, state in (("admit", State.ADMISSIBLE), ("find-eligible", State.ELIGIBLE)):
        assert client.post(f"{file_of(application)}/{move}").status_code == 303
        assert client.post(f"{file_of(application)}/{move}").status_code == 303  # a double click
        assert application.state == state
    assert "Declared eligible" in client.get(file_of(application)).text
    wrong = client.post(f"{file_of(application)}/admit")
    assert wrong.status_code == 409


def test_only_the_programme_officer_screens(client):
    on = ground()
    application = filed(on)
    client.login(with_role(Role.FUND_MANAGER, cluster=on.call.fund.cluster))
    refused = client.post(f"{file_of(application)}/admit")
    assert refused.status_code == 403 and "programme officer" in refused.text
    MembershipFactory(organisation=application.organisation, person=on.officer)
    client.login(on.officer)
    refused = client.post(f"{file_of(application)}/admit")
    assert refused.status_code == 403 and "You belong to" in refused.text


def test_a_refusal_wants_its_reason(client):
    on = ground()
    application = filed(on)
    client.login(on.officer)
    page = client.post(f"{file_of(application)}/refuse-admission", data={"reason": "  "})
    assert page.status_code == 200 and 'class="errsum"' in page.text
    done = client.post(f"{file_of(application)}/refuse-admission", data={"reason": "Outside the theme."})
    assert done.status_code == 303 and application.state == State.INADMISSIBLE
    assert "Outside the theme." in client.get(file_of(application)).text


def test_to_be_completed_though_the_call_is_closed(client):
    on = ground()
    application = filed(on)
    on.call.closes_at = now() - timedelta(days=1)
    lead = application.organisation
    db.session.flush()
    client.login(on.officer)
    url = f"{file_of(application)}/declare-incomplete"
    assert client.get(url).status_code == 200
    past = client.post(url, data={"reason": "No statutes.", "due_at": "2020-01-01T10:00"})
    assert past.status_code == 200 and "No statutes." in past.text
    due = f"{now() + timedelta(days=5):%Y-%m-%dT%H:%M}"
    assert client.post(url, data={"reason": "No statutes.", "due_at": due}).status_code == 303
    assert application.state == State.INCOMPLETE
    early = client.post(f"{file_of(application)}/refuse-admission", data={"reason": "Too slow"})
    assert early.status_code == 403 and "has until" in early.text

    client.login(MembershipFactory(organisation=lead, person=PersonFactory()).person)
    mine = f"/applicant/applications/{application.id}"
    assert "No statutes." in client.get(mine).text
    assert client.get(f"{mine}/project").status_code == 200
    assert client.post(f"{mine}/submit").status_code == 303
    assert application.state == State.SUBMITTED and application.reference == "TEST-0001"
    assert application.completion_due_at is None


def test_several_at_once_after_a_confirmation(client):
    on = ground()
    first, second = filed(on, 1), filed(on, 2, state=State.ADMISSIBLE)
    done = filed(on, 3, state=State.INELIGIBLE)
    foreign = filed(ground(), 4)
    client.login(on.officer)
    ids = [str(one.id) for one in (first, second, done, foreign)]
    url = "/staff/list/screen"
    page = client.get(url, query_string={"id": ids, "move": "both"})
    assert page.status_code == 200 and "TEST-0003" in page.text and "TEST-0004" not in page.text
    assert page.text.count('name="id"') == 2
    assert first.state == State.SUBMITTED
    refused = client.post(url, data={"id": ids})
    assert refused.status_code == 409 and first.state == State.SUBMITTED  # all or none
    assert client.post(url, data={"id": ids[:2]}).status_code == 303
    assert client.post(url, data={"id": ids[:2]}).status_code == 303
    assert (first.state, second.state, foreign.state) == (State.ELIGIBLE, State.ELIGIBLE, State.SUBMITTED)
    assert client.post(url, data={"id": ["nonsense"]}).status_code == 303
