"""Signing in and out, and sessions; what a guesser learns: nothing."""

import re
from datetime import timedelta
from statistics import median
from time import process_time

import pytest
from sqlalchemy import select

from grants.core import clock
from grants.core.clock import now
from grants.core.db import db
from grants.people import passwords
from grants.people.models import SignIn
from grants.people.queries import digest
from grants.web import signin
from tests.factories import PersonFactory
from tests.web.account.conftest import PASSWORD, is_signed_in, mails, sign_in


def test_the_right_password_opens_a_new_session(client, person):
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"

    answer = sign_in(client, person)

    assert answer.status_code == 303
    with client.session_transaction() as session:
        assert "planted" not in session
        token = session["_user_id"]
    row = db.session.scalars(select(SignIn)).one()
    assert row.token_hash == digest(token)
    assert token.encode() not in row.token_hash
    assert is_signed_in(client)


def test_signing_in_again_replaces_the_token(client, person):
    sign_in(client, person)
    with client.session_transaction() as session:
        first = session["_user_id"]
    sign_in(client, person)
    with client.session_transaction() as session:
        assert session["_user_id"] != first
    assert len(db.session.scalars(select(SignIn)).all()) == 1


def test_a_stolen_cookie_is_worth_nothing_after_signing_out(app, client, person):
    sign_in(client, person)
    with client.session_transaction() as session:
        token = session["_user_id"]
    client.post("/account/sign-out")
    assert not is_signed_in(client)

    thief = app.test_client()
    with thief.session_transaction() as session:
        session["_user_id"] = token
    assert not is_signed_in(thief)


@pytest.mark.parametrize("kind", ["unknown", "wrong", "invited", "disabled", "unconfirmed"])
def test_a_failed_attempt_says_the_same_whoever_it_was(client, hashed, kind):
    people = {
        "wrong": lambda: PersonFactory(password_hash=hashed),
        "invited": lambda: PersonFactory(password_hash=None, confirmed_at=None),
        "disabled": lambda: PersonFactory(password_hash=hashed, disabled_at=now()),
        "unconfirmed": lambda: PersonFactory(password_hash=hashed, confirmed_at=None),
    }
    email = people[kind]().email if kind in people else "nobody@example.org"

    answer = client.post("/account/sign-in", data={"email": email, "password": "not the right one"})

    assert answer.status_code == 200
    assert "This address and this password do not go together." in answer.text
    said = answer.text.replace(email, "…")
    stranger = client.post("/account/sign-in", data={"email": "x@example.org", "password": "not the right one"})
    assert without_tokens(said) == without_tokens(stranger.text.replace("x@example.org", "…"))
    assert not is_signed_in(client)


def without_tokens(page: str) -> str:
    return re.sub(r'(value|content)="[^"]{40,}"', "", page)


def test_a_failed_attempt_takes_the_same_time_whoever_it_was(client, person):
    def seconds(email: str) -> float:
        started = process_time()  # of the processor: a busy machine slows both, but not evenly
        client.post("/account/sign-in", data={"email": email, "password": "not the right one"})
        return process_time() - started

    seconds("warm@example.org")
    known, unknown = [], []
    for n in range(7):
        known.append(seconds(person.email))
        unknown.append(seconds(f"nobody{n}@example.org"))
    assert median(known) == pytest.approx(median(unknown), rel=0.5)


def test_the_password_of_nobody_is_as_costly_as_any():
    assert not passwords.is_outdated(passwords.NOBODY)
    assert not passwords.verify(None, PASSWORD)


def test_answers_that_may_send_a_mail_take_an_equal_time(app, monkeypatch):
    slept = []
    monkeypatch.setattr(signin.time, "sleep", slept.append)
    with signin.same_time(0.3):
        pass
    assert slept[0] == pytest.approx(0.3, abs=0.05)


def test_with_the_right_password_a_closed_account_says_so(client, hashed):
    answer = sign_in(client, PersonFactory(password_hash=hashed, disabled_at=now()))
    assert "has been closed" in answer.text
    assert not is_signed_in(client)


def test_with_the_right_password_an_unconfirmed_account_gets_a_new_link(client, hashed):
    answer = sign_in(client, PersonFactory(password_hash=hashed, confirmed_at=None))
    assert answer.headers["Location"].endswith("/account/check-mail")
    assert mails() == ["confirm_address"]
    assert not is_signed_in(client)


def test_an_old_hash_is_made_anew_at_sign_in(client):
    from argon2 import PasswordHasher

    person = PersonFactory(
        password_hash=PasswordHasher(memory_cost=8 * 1024, time_cost=1, parallelism=1).hash(PASSWORD)
    )
    assert sign_in(client, person).status_code == 303
    assert not passwords.is_outdated(person.password_hash)


@pytest.mark.parametrize(
    ("target", "goes"),
    [
        ("/account/password", "/account/password"),
        ("/account/profile?a=1", "/account/profile?a=1"),
        ("https://evil.example/x", "home"),
        ("//evil.example/x", "home"),
        ("/\\evil.example", "home"),
        ("\\\\evil.example", "home"),
        ("javascript:alert(1)", "home"),
        ("https:evil.example", "home"),
        ("/%09/evil.example", None),
    ],
)
def test_after_signing_in_one_stays_on_this_host(client, person, target, goes):
    answer = sign_in(client, person, next=target)
    location = answer.headers["Location"]
    assert location.startswith("/") and not location.startswith(("//", "/\\"))
    if goes == "home":
        assert location == sign_in(client, person).headers["Location"]
    elif goes is not None:
        assert location == goes


def test_a_private_page_leads_to_signing_in_and_back(client, person):
    answer = client.get("/account/password")
    assert answer.status_code == 303
    back = client.post(answer.headers["Location"], data={"email": person.email, "password": PASSWORD})
    assert back.headers["Location"] == "/account/password"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client, person):
    cookie = sign_in(client, person).headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Domain" not in cookie


def test_a_session_ends_after_hours_without_a_click(own_app, hashed):
    client, start = own_app.test_client(), now()
    person = PersonFactory(password_hash=hashed)
    db.session.commit()
    with clock.stopped(start):
        sign_in(client, person)
    for hours in (11, 22, 33):
        with clock.stopped(start + timedelta(hours=hours)):
            assert is_signed_in(client)
    with clock.stopped(start + timedelta(hours=33 + 12, minutes=1)):
        assert not is_signed_in(client)


def test_being_seen_is_noted_at_most_once_a_minute(client, person, queries):
    sign_in(client, person)
    with queries() as seen:
        assert is_signed_in(client)
    assert [sql for sql in seen if sql.startswith("UPDATE")] == []
    with clock.stopped(now() + timedelta(minutes=2)), queries() as seen:
        assert is_signed_in(client)
    assert len([sql for sql in seen if sql.startswith("UPDATE")]) == 1


def test_who_is_asking_costs_one_query(client, person, queries):
    client.login(person)
    with queries() as seen:
        assert is_signed_in(client)
    assert len(seen) == 1


def test_a_new_password_signs_out_every_other_browser(app, client, person):
    other = app.test_client()
    sign_in(other, person)
    sign_in(client, person)

    new = "une autre phrase bien longue"
    answer = client.post("/account/password", data={"current_password": PASSWORD, "password": new})

    assert answer.status_code == 303
    assert is_signed_in(client)
    assert not is_signed_in(other)
    assert passwords.verify(person.password_hash, new)
    assert mails() == ["password_changed"]


def test_a_new_password_wants_the_old_one(client, person):
    client.login(person)
    answer = client.post("/account/password", data={"current_password": "wrong", "password": "une autre phrase longue"})
    assert answer.status_code == 200
    assert passwords.verify(person.password_hash, PASSWORD)


def test_sign_out_everywhere_else(app, client, person):
    other = app.test_client()
    sign_in(other, person)
    sign_in(client, person)
    assert client.get("/account/sessions").text.count('class="row"') == 2
    assert client.post("/account/sessions/end").status_code == 303
    assert is_signed_in(client)
    assert not is_signed_in(other)


def test_a_disabled_person_is_out_at_once(client, person):
    client.login(person)
    assert is_signed_in(client)
    person.disabled_at = now()
    db.session.flush()
    assert not is_signed_in(client)
