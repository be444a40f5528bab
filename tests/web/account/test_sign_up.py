"""Signing up, and the profile that comes of it."""

import re

import pytest
from sqlalchemy import select

from grants.core.audit import Event
from grants.core.db import db
from grants.messages.models import Promise
from grants.people import service
from grants.people.models import EmailLink, Person, Purpose
from tests.web.account.conftest import PASSWORD, SIGN_UP, is_signed_in, last_link, mails


def test_from_sign_up_to_signed_in(app, client):
    answer = client.post("/account/sign-up", data=SIGN_UP)
    assert answer.headers["Location"] == "/account/check-mail"
    person = db.session.scalars(select(Person)).one()
    assert (person.email, person.locale, person.confirmed_at) == ("amina@example.org", "ar", None)
    assert person.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert mails() == ["confirm_address"]

    address = f"/account/confirm/{last_link(app, Purpose.CONFIRM)}"
    assert client.get(address).status_code == 200
    assert person.confirmed_at is None, "a program that follows links confirms nothing"

    assert client.post(address).status_code == 303
    assert person.confirmed_at is not None
    assert is_signed_in(client)
    assert client.get(address).status_code == 410
    assert client.post(address).status_code == 410


def test_no_promise_and_no_event_holds_what_opens_an_account(app, client):
    client.post("/account/sign-up", data=SIGN_UP)
    token = last_link(app, Purpose.CONFIRM)
    rows = [str(vars(row)) for model in (Promise, Event, EmailLink) for row in db.session.scalars(select(model))]
    assert rows
    assert not any(token in row or PASSWORD in row for row in rows)


def test_elsewhere_the_confirmation_wants_the_password(app, client):
    """Somebody opened an account with another's address; the other only follows the link in the mail."""
    client.post("/account/sign-up", data=SIGN_UP)
    address = f"/account/confirm/{last_link(app, Purpose.CONFIRM)}"
    victim = app.test_client()
    assert victim.post(address).status_code == 200
    assert victim.post(address, data={"password": "guess"}).status_code == 200
    assert db.session.scalars(select(Person)).one().confirmed_at is None
    assert victim.post(address, data={"password": PASSWORD}).status_code == 303


def test_a_known_address_gets_the_same_page_and_a_mail_that_says_so(app, client, person):
    stranger = app.test_client().post("/account/sign-up", data=SIGN_UP)
    known = client.post("/account/sign-up", data=SIGN_UP | {"email": person.email, "name": "Other"})

    assert (known.status_code, known.headers["Location"]) == (stranger.status_code, stranger.headers["Location"])
    with client.session_transaction() as session:
        assert re.fullmatch(r"[0-9a-f-]{36}", session["signing_up"])
    assert sorted(mails()) == ["already_known", "confirm_address"]
    assert person.name != "Other"
    assert not is_signed_in(client)


def test_signing_up_again_starts_over(app, client):
    client.post("/account/sign-up", data=SIGN_UP)
    first = last_link(app, Purpose.CONFIRM)
    other = app.test_client()
    other.post("/account/sign-up", data=SIGN_UP | {"password": "une autre phrase bien longue"})
    assert client.post(f"/account/confirm/{first}").status_code == 410
    answer = client.post(f"/account/confirm/{last_link(app, Purpose.CONFIRM)}")
    assert answer.status_code == 200, "another browser signed up last: its password is asked"


def test_resending_makes_the_link_before_void(app, client):
    client.post("/account/sign-up", data=SIGN_UP)
    first = last_link(app, Purpose.CONFIRM)
    assert client.post("/account/check-mail", data={"email": SIGN_UP["email"]}).status_code == 303
    assert client.get(f"/account/confirm/{first}").status_code == 410
    assert client.post(f"/account/confirm/{last_link(app, Purpose.CONFIRM)}").status_code == 303


def test_nobodys_mailbox_is_flooded(client):
    client.post("/account/sign-up", data=SIGN_UP)
    for _ in range(10):
        client.post("/account/check-mail", data={"email": SIGN_UP["email"]})
    assert mails() == ["confirm_address"] * service.MOST_LINKS_AN_HOUR


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "at least 12"),
        ("x" * 129, "at most 128"),
        ("motdepasse123", "easy to guess"),
        ("Amina Benali", "easy to guess"),
        ("aaaaaaaaaaaaaaaa", "Repeats like"),
    ],
)
def test_a_weak_password_is_refused_with_advice(client, password, says):
    answer = client.post("/account/sign-up", data=SIGN_UP | {"password": password})
    assert answer.status_code == 200
    assert says in answer.text
    assert 'value="Amina Benali"' in answer.text, "what was typed stays"
    typed = re.search(r'<input[^>]*name="password"[^>]*>', answer.text)
    assert typed and password not in typed[0], "but the password is never sent back"


@pytest.mark.parametrize(
    "password",
    ["Huit heures ; le café est froid. " * 3 + "Fin", "كلمات عربية طويلة جدا", "correct horse battery staple"],
)
def test_long_and_foreign_passwords_are_fine(client, password):
    assert client.post("/account/sign-up", data=SIGN_UP | {"password": password}).status_code == 303


def test_only_what_the_form_asks_is_taken(client):
    client.post(
        "/account/sign-up",
        data=SIGN_UP | {"confirmed_at": "2020-01-01", "role": "admin", "appointments-0-role": "admin", "id": "1"},
    )
    person = db.session.scalars(select(Person)).one()
    assert person.confirmed_at is None
    assert person.appointments == []


def test_a_profile_takes_name_and_language_only(client, person):
    email = person.email
    client.login(person)
    data = {
        "name": "New name",
        "language": "ar",
        "version": person.version,
        "email": "new@example.org",
        "role": "admin",
    }
    assert client.post("/account/profile", data=data).status_code == 303
    assert (person.name, person.locale, person.email) == ("New name", "ar", email)
    assert 'dir="rtl"' in client.get("/account/profile").text


def test_two_tabs_of_a_profile_do_not_overwrite_each_other(client, person):
    client.login(person)
    data = {"name": "First", "language": "en", "version": person.version}
    assert client.post("/account/profile", data=data).status_code == 303
    assert client.post("/account/profile", data=data | {"name": "Second"}).status_code == 409
    assert person.name == "First"
