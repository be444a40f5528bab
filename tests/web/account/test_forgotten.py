"""Choosing a new password by a link from a mail."""

from datetime import timedelta

from sqlalchemy import func, select

from grants.core import clock
from grants.core.clock import now
from grants.core.db import db
from grants.messages.models import Promise
from grants.people import links, passwords
from grants.people.models import Purpose
from tests.factories import PersonFactory
from tests.web.account.conftest import PASSWORD, is_signed_in, last_link, mails, sign_in


def test_forgotten_password(app, client, person):
    other = app.test_client()
    sign_in(other, person)
    assert client.post("/account/forgot", data={"email": person.email.upper()}).status_code == 303
    assert mails() == ["reset_password"]
    address = f"/account/password/{last_link(app, Purpose.RESET)}"
    assert client.get(address).status_code == 200
    assert client.post(address, data={"password": "short"}).status_code == 200

    new = "une autre phrase bien longue"
    assert client.post(address, data={"password": new}).status_code == 303

    assert passwords.verify(person.password_hash, new)
    assert is_signed_in(client)
    assert not is_signed_in(other)
    assert client.post(address, data={"password": "encore une phrase bien longue"}).status_code == 410
    assert passwords.verify(person.password_hash, new)


def test_a_link_to_choose_a_password_is_good_for_an_hour(app, client, person):
    client.post("/account/forgot", data={"email": person.email})
    address = f"/account/password/{last_link(app, Purpose.RESET)}"
    with clock.stopped(now() + timedelta(minutes=59)):
        assert client.get(address).status_code == 200
    with clock.stopped(now() + timedelta(minutes=61)):
        assert client.get(address).status_code == 410
        assert client.post(address, data={"password": "une autre phrase bien longue"}).status_code == 410
    assert passwords.verify(person.password_hash, PASSWORD)


def test_a_link_serves_its_own_purpose_only(app, client, hashed):
    person = PersonFactory(password_hash=hashed, confirmed_at=None)
    client.post("/account/check-mail", data={"email": person.email})
    token = last_link(app, Purpose.CONFIRM)
    assert client.get(f"/account/password/{token}").status_code == 410
    assert client.get(f"/account/confirm/{token}x").status_code == 410
    assert client.get(f"/account/confirm/{links.token(person.id, 'another key')}").status_code == 410


def test_a_disabled_person_cannot_choose_a_new_password(app, client, person):
    client.post("/account/forgot", data={"email": person.email})
    address = f"/account/password/{last_link(app, Purpose.RESET)}"
    person.disabled_at = now()
    db.session.flush()
    assert client.get(address).status_code == 410


def test_forgot_answers_the_same_for_nobody(client, person):
    known = client.post("/account/forgot", data={"email": person.email})
    unknown = client.post("/account/forgot", data={"email": "nobody@example.org"})
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    assert db.session.scalar(select(func.count(Promise.id))) == 1
