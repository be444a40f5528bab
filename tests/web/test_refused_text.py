"""A form that is refused for whatever reason: what was typed in it is on the page, and kept where its page is."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from grants.applications.models import ApplicationState, Clarification
from grants.core.clock import now
from grants.core.db import db
from grants.people.models import ParkedForm, Right
from tests.applications.ground import colleague, draft, ground
from tests.factories import PersonFactory, submitted
from tests.web.drafts import base, version_in
from tests.web.test_pages import token

OURS = {"Origin": "http://localhost"}
LONG = "Une phrase tapée avec soin, <b>et gardée</b>. " * 30
SHOWN = LONG.strip().replace("<", "&lt;").replace(">", "&gt;")


@pytest.fixture
def on(app):
    return ground()


@pytest.fixture
def application(on):
    return draft(on)


def submits(application):
    application.state = ApplicationState.SUBMITTED
    for name, value in submitted(1).items():
        setattr(application, name, value)
    db.session.flush()


def parked():
    return db.session.scalars(select(ParkedForm)).all()


def test_a_colleague_submits_while_one_types(client, on, application):
    writer = colleague(on, Right.EDITOR)
    client.login(writer)
    body = {"version": version_in(client.get(f"{base(application)}/project")), "title": "Autre", "summary": LONG}
    submits(application)
    answer = client.post(f"{base(application)}/project", data=body, headers=OURS)
    assert answer.status_code == 403 and SHOWN in answer.text and "Autre" in answer.text
    [row] = parked()
    assert row.person_id == writer.id and f"/account/parked/{row.id}" in answer.text
    assert SHOWN in client.get(f"/account/parked/{row.id}").text


def test_a_clarification_one_second_late(client, on, application):
    submits(application)
    due = now() + timedelta(days=1)
    asked = Clarification(application=application, asked_by_id=on.officer.id, question="Combien ?", due_at=due)
    db.session.add(asked)
    db.session.flush()
    client.login(on.lead)
    url = f"/applicant/clarifications/{asked.id}"
    body = {"version": version_in(client.get(url)), "answer": LONG, "go": "save"}
    asked.due_at = now() - timedelta(seconds=1)
    db.session.flush()
    answer = client.post(url, data=body, headers=OURS)
    assert answer.status_code in {403, 409} and SHOWN in answer.text
    [row] = parked()
    assert SHOWN in client.get(f"/account/parked/{row.id}").text


def test_a_comment_after_submission(client, on, application):
    client.login(on.lead)
    submits(application)
    answer = client.post(f"{base(application)}/comments/project", data={"text": LONG}, headers=OURS)
    assert answer.status_code == 403 and SHOWN in answer.text
    [row] = parked()
    assert SHOWN in client.get(f"/account/parked/{row.id}").text, "the page of the comments has no form any more"


def test_a_section_that_is_no_longer_there(client, on, application):
    """Nobody could come back to it, so it is shown and not kept."""
    client.login(on.lead)
    answer = client.post(f"{base(application)}/answers/gone", data={"q1": LONG}, headers=OURS)
    assert answer.status_code == 404 and SHOWN in answer.text and parked() == []


def test_nothing_is_shown_where_nothing_was_typed_or_another_page_sent_it(client, on, application):
    client.login(on.lead)
    submits(application)
    url = f"{base(application)}/project"
    for body, headers in (({"version": "1"}, OURS), ({"title": LONG}, {"Origin": "https://elsewhere.example"})):
        answer = client.post(url, data=body, headers=headers)
        assert answer.status_code == 403 and "<textarea" not in answer.text
    told = client.post(f"{url}/autosave", data={"title": LONG}, headers=OURS | {"Accept": "application/json"})
    assert told.status_code == 403 and set(told.json) == {"title", "detail"}
    assert parked() == []


def test_another_persons_application_tells_nothing_and_keeps_nothing(client, on, application):
    client.login(PersonFactory())
    answer = client.post(f"{base(application)}/project", data={"title": LONG}, headers=OURS)
    assert answer.status_code == 404 and SHOWN in answer.text and parked() == []


@pytest.mark.parametrize("code", [400, 403, 404, 429, 500, 503, 507])
def test_every_refusal_shows_it(browser, code):
    body = {"csrf_token": token(browser.get("/form").text), "why": LONG}
    answer = browser.post(f"/status/{code}", data=body, headers=OURS)
    assert answer.status_code == code and SHOWN in answer.text


def test_a_form_with_a_password_is_never_shown(browser):
    body = {"csrf_token": token(browser.get("/form").text), "email": "a@example.org", "password": "hush hush"}
    answer = browser.post("/status/429", data=body, headers=OURS)
    assert "hush" not in answer.text and "a@example.org" not in answer.text


def test_what_is_too_large_to_be_read_has_its_page(browser):
    answer = browser.post("/form", data={"why": "x" * 3_500_000}, headers=OURS)
    assert answer.status_code == 413
