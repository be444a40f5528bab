"""Somebody with an account, and what the tests of accounts ask of it."""

import pytest
from sqlalchemy import select

from grants.core.db import db
from grants.messages.models import Promise
from grants.people import links, passwords
from grants.people.models import EmailLink, Person, Purpose
from grants.web import signin
from tests.factories import PersonFactory

PASSWORD = "cheval agrafe pile correcte"
SIGN_UP = {"name": "Amina Benali", "email": "Amina@Example.org", "password": PASSWORD, "language": "ar"}


@pytest.fixture(scope="module")
def hashed() -> str:
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def person(app, hashed) -> Person:
    return PersonFactory(password_hash=hashed)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """The equal time of answers is tested once, by itself."""
    monkeypatch.setattr(signin.time, "sleep", lambda _: None)


def sign_in(client, person, password=PASSWORD, **query):
    return client.post("/account/sign-in", query_string=query, data={"email": person.email, "password": password})


def mails() -> list[str]:
    return list(db.session.scalars(select(Promise.kind).order_by(Promise.created_at, Promise.id)))


def last_link(app, purpose: Purpose) -> str:
    newest = select(EmailLink).where(EmailLink.purpose == purpose, EmailLink.used_at.is_(None))
    return links.token(db.session.scalars(newest).one().id, app.secret_key)


def is_signed_in(client) -> bool:
    return client.get("/account/profile").status_code == 200
