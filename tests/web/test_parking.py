"""A form that arrives signed out is kept, and comes back filled in once its writer has signed in."""

import re
from datetime import timedelta
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import delete, select

from grants.applications.models import ApplicationState, Clarification, ClarificationFile
from grants.core.clock import now
from grants.core.db import db
from grants.people import parking, passwords
from grants.people.models import Membership, ParkedForm, Right, SignIn
from tests.applications.ground import colleague, draft, ground
from tests.applications.samples import pdf
from tests.factories import PersonFactory, submitted
from tests.web.account.conftest import PASSWORD, sign_in
from tests.web.drafts import version_in

OURS = {"Origin": "http://localhost"}
JSON = {"Accept": "application/json"}
LONG = "Une phrase tapée avec soin. " * 40


@pytest.fixture(scope="module")
def hashed():
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def on(app, hashed):
    made = ground()
    made.lead.password_hash = hashed
    db.session.flush()
    return made


@pytest.fixture
def application(on):
    return draft(on)


def project(application):
    return f"/applicant/applications/{application.id}/project"


def rows():
    return db.session.scalars(select(ParkedForm)).all()


def session_ends(person):
    db.session.execute(delete(SignIn).where(SignIn.person_id == person.id))
    db.session.flush()


def typed(client, application):
    """What somebody has in the form after writing for an hour."""
    page = client.get(project(application))
    return {"version": version_in(page), "title": "Un nouveau titre", "summary": LONG, "description": "نص عربي"}


def filled(client, application, location):
    """The page that comes back, from the address the browser was sent to."""
    there = parse_qs(urlsplit(location).query)["next"][0] if "sign-in" in location else location
    redirected = client.get(there)
    assert redirected.status_code == 303, redirected.text
    assert redirected.location.startswith(project(application) + "?parked=")
    return client.get(redirected.location)


def test_a_session_ends_in_the_middle_and_nothing_is_lost(client, on, application):
    sign_in(client, on.lead)
    body = typed(client, application)
    session_ends(on.lead)

    sent = client.post(project(application), data=body, headers=OURS)
    assert sent.status_code == 303 and sent.location.startswith("/account/sign-in?next=")
    assert "HttpOnly" in sent.headers["Set-Cookie"] and "SameSite=Lax" in sent.headers["Set-Cookie"]
    [row] = rows()
    assert row.person_id == on.lead.id and LONG.encode() not in row.sealed

    there = parse_qs(urlsplit(sent.location).query)["next"][0]
    back = sign_in(client, on.lead, next=there)
    assert back.location == there
    page = filled(client, application, there)
    assert "Un nouveau titre" in page.text and LONG.strip() in page.text and "نص عربي" in page.text
    assert application.title != "Un nouveau titre", "nothing is saved by itself"

    again = body | {"version": version_in(page), "parked": str(row.id)}
    saved = client.post(project(application), data=again, headers=OURS)
    assert saved.status_code == 303
    assert (application.title, application.summary) == ("Un nouveau titre", LONG.strip())
    assert rows() == []


def test_a_colleague_saved_meanwhile(client, on, application):
    """The page that comes back carries the version its writer began from: both texts are shown."""
    sign_in(client, on.lead)
    body = typed(client, application)
    session_ends(on.lead)
    sent = client.post(project(application), data=body, headers=OURS)
    application.summary = "Written by a colleague"
    db.session.flush()
    sign_in(client, on.lead)
    page = filled(client, application, sent.location)
    answer = client.post(project(application), data=body | {"version": version_in(page)})
    assert answer.status_code == 409 and "Written by a colleague" in answer.text
    assert application.summary == "Written by a colleague"


def test_another_page_plants_nothing(client, on, application):
    body = {"version": "1", "title": "Planted", "summary": "Planted"}
    for headers in (
        {},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        OURS | {"Sec-Fetch-Site": "cross-site"},
        {"Referer": "https://elsewhere.example/"},
    ):
        sent = client.post(project(application), data=body, headers=headers)
        assert sent.status_code == 303 and "parked" not in sent.location
        assert "Set-Cookie" not in sent.headers
    assert rows() == []


def test_somebody_else_at_the_same_browser_sees_nothing(client, on, application, hashed):
    sign_in(client, on.lead)
    body = typed(client, application)
    session_ends(on.lead)
    sent = client.post(project(application), data=body, headers=OURS)
    there = parse_qs(urlsplit(sent.location).query)["next"][0]
    for other in (colleague(on, Right.OWNER), PersonFactory()):
        other.password_hash = hashed
        db.session.flush()
        sign_in(client, other)
        assert client.get(there).status_code == 404
        assert client.post(f"{there}/forget").status_code == 404
        page = client.get(f"{project(application)}?parked={rows()[0].id}")
        assert "Un nouveau titre" not in page.text
        assert "Un nouveau titre" not in client.get("/account/parked").text


def test_another_browser_sees_nothing(app, client, on, application):
    sign_in(client, on.lead)
    body = typed(client, application)
    session_ends(on.lead)
    sent = client.post(project(application), data=body, headers=OURS)
    there = parse_qs(urlsplit(sent.location).query)["next"][0]
    elsewhere = app.test_client()
    sign_in(elsewhere, on.lead)
    assert elsewhere.get(there).status_code == 404
    assert "Un nouveau titre" not in elsewhere.get(f"{project(application)}?parked={rows()[0].id}").text


def test_a_browser_that_was_closed_is_asked_after_signing_in(client, on, application):
    """No cookie of the session is left, so nobody is known; what waits is offered first."""
    body = {"version": "1", "title": "Un nouveau titre", "summary": LONG}
    client.post(project(application), data=body, headers=OURS)
    assert rows()[0].person_id is None
    entered = sign_in(client, on.lead)
    assert entered.location == "/account/parked"
    one = client.get(entered.location)
    assert one.status_code == 303 and LONG.strip() in filled(client, application, one.location).text
    client.post(project(application), data=body | {"title": "In a second tab"}, headers=OURS)


def test_what_is_nobodys_is_shown_only_to_whoever_may_see_its_page(client, on, application):
    client.post(project(application), data={"title": "Un nouveau titre"}, headers=OURS)
    client.login(PersonFactory())
    assert client.get(f"/account/parked/{rows()[0].id}").status_code == 404
    assert "Un nouveau titre" not in client.get("/account/parked", follow_redirects=True).text


def test_a_page_that_has_closed_meanwhile_shows_the_text_to_be_copied(client, on, application):
    sign_in(client, on.lead)
    body = typed(client, application)
    session_ends(on.lead)
    client.post(project(application), data=body, headers=OURS)
    sign_in(client, on.lead)
    membership = db.session.scalars(select(Membership).where(Membership.person_id == on.lead.id)).one()
    membership.right = Right.READER
    db.session.flush()
    page = client.get(f"/account/parked/{rows()[0].id}")
    assert page.status_code == 200 and LONG.strip() in page.text and "owner or editor" in page.text
    assert "Un nouveau titre" in page.text
    gone = client.post(f"/account/parked/{rows()[0].id}/forget")
    assert gone.status_code == 303 and rows() == []


def test_without_room_the_text_is_shown_to_be_copied(client, on, application, monkeypatch):
    monkeypatch.setattr(parking, "MOST_NAMELESS", 0)
    sent = client.post(project(application), data={"title": "Un nouveau titre", "summary": LONG}, headers=OURS)
    assert sent.status_code == 401 and LONG.strip() in sent.text and rows() == []


def test_two_tabs_are_two_forms(client, on, application):
    sign_in(client, on.lead)
    body = typed(client, application)
    session_ends(on.lead)
    client.post(project(application), data=body, headers=OURS)
    client.post(project(application).replace("project", "budget"), data={"cost": "1 000,50"}, headers=OURS)
    entered = sign_in(client, on.lead)
    page = client.get(entered.location)
    assert page.status_code == 200 and "Un nouveau titre" in page.text and "1 000,50" in page.text
    assert page.text.count('method="post"') >= 2


def test_autosave_is_kept_too_and_goes_on_with_a_new_token(app, client, on, application, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account/sign-in").text).group(1)
    data = {"email": on.lead.email, "password": PASSWORD, "csrf_token": token}
    assert client.post("/account/sign-in", data=data).status_code == 303
    page = client.get(project(application))
    token = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', page.text).group(1)
    body = {"csrf_token": token, "version": version_in(page), "title": "Un", "summary": LONG, "description": "D"}
    session_ends(on.lead)
    refused = client.post(f"{project(application)}/autosave", data=body, headers=OURS | JSON)
    assert refused.status_code == 401 and refused.json["parked"] == str(rows()[0].id)
    assert rows()[0].path == project(application)
    more = body | {"title": "Un titre", "parked": refused.json["parked"]}
    refused = client.post(f"{project(application)}/autosave", data=more, headers=OURS | JSON)
    assert [str(one.id) for one in rows()] == [refused.json["parked"]], "the later one replaces the earlier"

    sign_in_token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account/sign-in").text).group(1)
    client.post("/account/sign-in", data=data | {"csrf_token": sign_in_token})  # in another tab
    more["parked"] = refused.json["parked"]
    old = client.post(f"{project(application)}/autosave", data=more, headers=OURS | JSON)
    assert old.status_code == 400 and old.json["token"]
    more |= {"csrf_token": old.json["token"], "parked": old.json["parked"]}
    saved = client.post(f"{project(application)}/autosave", data=more, headers=OURS | JSON)
    assert saved.status_code == 200 and application.title == "Un titre"
    assert rows() == []
    foreign = client.post(f"{project(application)}/autosave", data=body, headers=JSON)
    assert foreign.status_code == 400 and not foreign.json["token"]


def test_an_old_token_leads_back_to_the_page_filled_in(app, client, on, application, monkeypatch):
    sign_in(client, on.lead)
    body = typed(client, application)
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    sent = client.post(project(application), data=body | {"csrf_token": "old"}, headers=OURS)
    assert sent.status_code == 303 and sent.location.startswith("/account/parked/")
    page = filled(client, application, sent.location)
    assert LONG.strip() in page.text and application.summary != LONG.strip()
    planted = client.post(project(application), data=body | {"csrf_token": "old"})
    assert planted.status_code == 400


def test_no_password_is_ever_kept(app, client, on, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    for path in ("/account/sign-in", "/account/sign-up", "/account/password", "/account/profile"):
        client.post(path, data={"email": "a@example.org", "password": PASSWORD}, headers=OURS)
    assert rows() == []
    parked = {name for name, view in app.view_functions.items() if getattr(view, "parks", None) is not None}
    assert {name.partition(".")[0] for name in parked} == {"applicant", "staff", "board", "reviewer"}


def test_what_arrives_after_signing_out_belongs_to_whoever_was_there(client, on, application, hashed):
    sign_in(client, on.lead)
    body = typed(client, application)
    client.post("/account/sign-out")
    client.post(project(application), data=body, headers=OURS)
    client.post(project(application), data=body | {"title": "Encore un autre"}, headers=OURS)
    assert {row.person_id for row in rows()} == {on.lead.id}
    other = PersonFactory(password_hash=hashed)
    sign_in(client, other)
    page = client.get("/account/parked")
    assert page.status_code == 303 and page.location == "/"


def test_nobodys_forms_are_offered_to_those_alone_who_see_their_pages(client, on, application, hashed):
    for title in ("Un nouveau titre", "Encore un autre"):
        client.post(project(application), data={"version": "1", "title": title, "summary": LONG}, headers=OURS)
    assert {row.person_id for row in rows()} == {None}
    sign_in(client, PersonFactory(password_hash=hashed))
    assert client.get("/account/parked").location == "/"
    sign_in(client, on.lead)
    assert "Encore un autre" in client.get("/account/parked").text


def test_one_person_fills_no_store(client, on, application, monkeypatch):
    monkeypatch.setattr(parking, "MOST_OF_A_PERSON", 1)
    sign_in(client, on.lead)
    body = typed(client, application)
    session_ends(on.lead)
    client.post(project(application), data=body, headers=OURS)
    client.delete_cookie("parked")
    client.post(project(application), data=body | {"title": "Encore un autre"}, headers=OURS)
    assert len(rows()) == 1


def test_an_answer_to_the_fund_comes_back_too(client, on, application):
    application.state = ApplicationState.SUBMITTED
    for name, value in submitted(1).items():
        setattr(application, name, value)
    asked = Clarification(
        application=application, asked_by_id=on.officer.id, question="Combien ?", due_at=now() + timedelta(days=1)
    )
    db.session.add(asked)
    db.session.flush()
    url = f"/applicant/clarifications/{asked.id}"
    sign_in(client, on.lead)
    version = version_in(client.get(url))
    session_ends(on.lead)
    sent = client.post(url, data={"version": version, "answer": LONG, "go": "save"}, headers=OURS)
    there = parse_qs(urlsplit(sent.location).query)["next"][0]
    sign_in(client, on.lead, next=there)
    assert LONG.strip() in client.get(there, follow_redirects=True).text


def test_of_a_file_sent_with_a_text_the_name_comes_back(client, on, application):
    for name, value in (submitted(1) | {"state": ApplicationState.SUBMITTED}).items():
        setattr(application, name, value)
    asked = Clarification(
        application=application, asked_by_id=on.officer.id, question="Combien ?", due_at=now() + timedelta(days=1)
    )
    db.session.add(asked)
    db.session.flush()
    url = f"/applicant/clarifications/{asked.id}"
    sign_in(client, on.lead)
    body = {"version": version_in(client.get(url)), "answer": LONG, "go": "save", "file_not_kept": "planted.pdf"}
    session_ends(on.lead)
    sent = client.post(url, data=body | {"file": (BytesIO(pdf()), "essais à venir.pdf")}, headers=OURS)
    there = parse_qs(urlsplit(sent.location).query)["next"][0]
    sign_in(client, on.lead, next=there)
    page = client.get(there, follow_redirects=True)
    assert LONG.strip() in page.text
    assert "“essais à venir.pdf” was not kept: choose it again" in page.text and "planted" not in page.text
    assert db.session.scalars(select(ClarificationFile)).all() == []


def test_a_reason_typed_beside_a_button_is_shown_to_be_copied(client, on, application):
    sign_in(client, on.lead)
    session_ends(on.lead)
    url = f"/applicant/applications/{application.id}"
    sent = client.post(f"{url}/withdraw", data={"reason": LONG}, headers=OURS | {"Referer": f"http://localhost{url}"})
    assert sent.status_code == 401 and LONG.strip() in sent.text and f'href="{url}"' in sent.text
    pressed = client.post(f"{url}/submit", data={"seen": "0" * 64}, headers=OURS)
    assert pressed.status_code == 303 and pressed.location.startswith("/account/sign-in"), "nothing typed, nothing lost"


def test_what_an_officer_and_who_invites_typed_comes_back_too(client, on, application, hashed):
    on.officer.password_hash = hashed
    db.session.flush()
    for person, path, shown, body, word in (
        (
            on.officer,
            f"/staff/calls/{on.call.id}/questionnaire/sections/new",
            f"/staff/calls/{on.call.id}/questionnaire/sections/new",
            {"title-fr": "Une section", "version": "0"},
            "Une section",
        ),
        (
            on.lead,
            f"/applicant/applications/{application.id}/consortium",
            f"/applicant/applications/{application.id}/consortium",
            {"name": "Université", "email": "labo@exemple.ma", "role": "Valider les mesures"},
            "Valider les mesures",
        ),
    ):
        sign_in(client, person)
        session_ends(person)
        sent = client.post(path, data=body, headers=OURS)
        assert sent.status_code == 303
        sign_in(client, person)
        back = client.get(parse_qs(urlsplit(sent.location).query)["next"][0])
        assert back.location.startswith(f"{shown}?parked=")
        assert word in client.get(back.location).text


def test_a_question_comes_back_with_all_its_columns(client, on, hashed):
    on.officer.password_hash = hashed
    db.session.flush()
    sign_in(client, on.officer)
    url = f"/staff/calls/{on.call.id}/questionnaire"
    part = client.post(f"{url}/sections/new", data={"title-fr": "Kit", "version": "0"}).location.rpartition("part-")[2]
    columns = {f"column-{n}-fr": f"Colonne numéro {n}" for n in range(6)}
    session_ends(on.officer)
    body = {"label-fr": "Lesquels ?", "kind": "table", "columns": "6", "version": "1", **columns}
    sent = client.post(f"{url}/{part}/new", data=body, headers=OURS)
    sign_in(client, on.officer)
    page = client.get(client.get(parse_qs(urlsplit(sent.location).query)["next"][0]).location).text
    assert all(one in page for one in columns.values())
