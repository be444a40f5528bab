"""What a budget keeps: what was typed, what was asked for, whose lines they were."""

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import delete, select

from grants.applications import queries as reads
from grants.applications.blockers import blockers
from grants.applications.models import ApplicationState, BudgetLine
from grants.applications.plan import Plan
from grants.applications.submitted import content_hash, content_of
from grants.core.clock import now
from grants.core.db import db
from grants.people.models import OrganisationKind, SignIn
from grants.people.passwords import hash_password
from tests.applications.budget_ground import FUNDING, LINES, RULES, budget_ground, budgeted, mad
from tests.applications.ground import draft, ground
from tests.factories import (
    OrganisationFactory,
    submitted,
)
from tests.web.account.conftest import PASSWORD, sign_in
from tests.web.budgets import OWN, ROWS, budget_of_lines, fields, whole
from tests.web.drafts import base, version_in, words_of


def test_a_rate_that_changed_with_the_kind_of_organisation_is_asked_for_again(client):
    on = budget_ground(replace(RULES, rates={OrganisationKind.STARTUP: 8_000}))
    application = budgeted(on, funding=(replace(FUNDING[0], amount=mad(200_000)),))
    assert application.requested == mad(480_000) and blockers(application) == []
    on.organisation.kind = OrganisationKind.ASSOCIATION
    db.session.commit()
    (found,) = blockers(whole(on, application))
    assert found.field == "asked" and "has changed" in str(found.message)
    client.login(on.lead)
    page = client.get(f"{base(application)}/budget")
    again = fields([("STAFF", "1", "Engineers", "400000", "")], [("own", "Cash", "200000", "confirmed")])
    client.post(f"{base(application)}/budget", data={**again, "version": version_in(page), "duration_months": "24"})
    assert whole(on, application).requested == mad(360_000) and blockers(whole(on, application)) == []


def test_the_hash_covers_lines_and_co_financing_and_older_hashes_hold(app):
    on = budget_ground()
    application = budgeted(on)
    first = content_hash(application)
    assert len(content_of(application)["budget"]["lines"]) == 3
    changed = budget_of_lines(None, on, application, [replace(LINES[0], label="Three engineers"), *LINES[1:]])
    assert content_hash(changed) != first
    simple = ground()
    assert "budget" not in content_of(reads.own_application(simple.lead, draft(simple).id))


def test_a_file_to_be_completed_keeps_an_amount_while_its_budget_is_written(client):
    on = budget_ground()
    application = budgeted(on)
    requested = application.requested
    application.state, application.completion_due_at = ApplicationState.INCOMPLETE, now() + timedelta(days=3)
    for name, value in submitted(1).items():
        setattr(application, name, value)
    db.session.commit()
    client.login(on.lead)
    url = f"{base(application)}/budget"
    empty = fields([("STAFF", "1", "Engineers", "", "")], version=version_in(client.get(url)), duration_months="24")
    assert client.post(f"{url}/autosave", data=empty).status_code == 200
    kept = whole(on, application)
    assert kept.requested == requested and any(one.section == "budget" for one in blockers(kept))


def test_a_budget_saved_again_follows_the_kind_of_the_organisation(client):
    on = budget_ground()
    application = budgeted(on)
    assert application.requested == mad(540_000)
    application.organisation.kind = OrganisationKind.UNIVERSITY
    db.session.commit()
    assert "has changed" in str([one.message for one in blockers(whole(on, application))])
    client.login(on.lead)
    url = f"{base(application)}/budget"
    rows = [("STAFF", "1", "Two engineers", "400000", ""), ("EQUIP", "1", "Sensors", "100000", "20")]
    rows.append(("SUB", "2", "Field tests", "100000", "20"))
    sent = fields(rows, [("own", "Own cash", "60000", "confirmed")], version=version_in(client.get(url)))
    assert client.post(url, data=sent | {"duration_months": "24"}).status_code == 303
    assert whole(on, application).requested == mad(600_000)


def test_a_line_of_whoever_has_left_stays_theirs_until_somebody_chooses(client):
    on = budget_ground()
    gone = OrganisationFactory()
    application = budgeted(on, (replace(LINES[0], organisation_id=gone.id), *LINES[1:]))
    client.login(on.lead)
    url = f"{base(application)}/budget"
    page = client.get(url)
    assert f'<option value="{gone.id}" selected' in page.text
    names = ("category", "who", "year", "label", "net", "vat")
    rows = [("STAFF", str(gone.id), "1", "Three engineers", "400000", ""), ("EQUIP", "", "1", "Sensors", "1000", "")]
    sent = {f"lines-{n}-{name}": value for n, row in enumerate(rows) for name, value in zip(names, row, strict=True)}
    saved = client.post(f"{url}/autosave", data=sent | {"version": version_in(page), "duration_months": "24"})
    assert saved.status_code == 200
    assert [one.organisation_id for one in Plan.of(whole(on, application)).lines] == [gone.id, None]
    assert "no longer takes part" in str([one.message for one in blockers(whole(on, application))])


def test_rows_sent_after_the_session_has_ended_come_back(client):
    on = budget_ground()
    on.lead.password_hash = hash_password(PASSWORD)
    made = draft(on)
    db.session.commit()
    sign_in(client, on.lead)
    url = f"{base(made)}/budget"
    body = fields(ROWS, OWN, version=version_in(client.get(url)), duration_months="24")
    db.session.execute(delete(SignIn).where(SignIn.person_id == on.lead.id))
    db.session.commit()
    sent = client.post(url, data=body, headers={"Origin": "http://localhost"})
    there = parse_qs(urlsplit(sent.location).query)["next"][0]
    sign_in(client, on.lead, next=there)
    page = client.get(there, follow_redirects=True)
    assert 'value="Field tests"' in page.text and 'value="40 100,05"' in page.text
    parked = re.search(r'name="parked" value="([^"]+)"', page.text).group(1)
    again = body | {"version": version_in(page), "parked": parked}
    assert client.post(url, data=again, headers={"Origin": "http://localhost"}).status_code == 303
    assert {one.label for one in db.session.scalars(select(BudgetLine))} == {"Engineers", "Field tests"}


def test_two_people_in_one_budget_get_both_texts(client):
    on = budget_ground()
    application = budgeted(on)
    client.login(on.lead)
    url = f"{base(application)}/budget"
    opened = version_in(client.get(url))
    budget_of_lines(client, on, application, [replace(LINES[0], label="Colleague’s engineers")])
    page = client.post(
        url, data=fields(ROWS, OWN, version=opened, duration_months="24"), headers={"Accept": "text/html"}
    )
    assert page.status_code == 409
    assert "Colleague’s engineers" in page.text and "Field tests" in page.text
    words = words_of(page)
    assert "Year 1" in words and "Subcontracting" in words and f"{on.lead.name} saved this on" in words
    assert "STAFF" not in words and "SUB " not in words
    assert [one.label for one in Plan.of(whole(on, application)).lines] == ["Colleague’s engineers"]
