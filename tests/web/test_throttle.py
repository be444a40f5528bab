"""Guessing is slowed down per account and address; nothing is ever locked, and Redis is not needed for it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from limits import RateLimitItemPerDay

from grants.core.db import db
from grants.core.types import new_id
from grants.people import passwords
from grants.web import parking
from grants.web.signin import limiter
from tests.conftest import make_app
from tests.factories import PersonFactory

PASSWORD = "cheval agrafe pile correcte"
WRONG = "not the right one"


@pytest.fixture(params=["with Redis", "without Redis"])
def throttled_app(request, app, monkeypatch) -> Iterator[Flask]:
    settings = app.extensions["settings"]
    monkeypatch.setitem(app.config, "RATELIMIT_ENABLED", True)
    limiter.init_app(app)
    if request.param == "with Redis":
        yield app
        return
    lonely = make_app(replace(settings, redis_url="unix:///nowhere/redis.sock?db=0"))
    lonely.config["RATELIMIT_ENABLED"] = True
    yield lonely
    with lonely.app_context():
        db.engine.dispose()
    limiter._storage_dead = False
    limiter.init_app(app)


def attempt(app: Flask, email: str, address: str = "192.0.2.1", password: str = WRONG):
    data = {"email": email, "password": password}
    return app.test_client().post("/account/sign-in", data=data, environ_base={"REMOTE_ADDR": address})


def test_the_eleventh_attempt_in_a_minute_waits(throttled_app):
    email = f"{new_id()}@example.org"
    allowed = throttled_app.extensions["settings"].sign_in_per_minute

    for _ in range(allowed):
        assert attempt(throttled_app, email).status_code == 200
    refused = attempt(throttled_app, email)

    assert refused.status_code == 429
    seconds = int(refused.headers["Retry-After"])
    assert 0 < seconds <= 61
    assert f"{seconds} second" in refused.text
    assert "no-store" in refused.headers["Cache-Control"]
    assert attempt(throttled_app, email.upper()).status_code == 429, "capitals make no other account"


def test_neighbours_and_other_accounts_are_not_slowed_down(throttled_app):
    email = f"{new_id()}@example.org"
    for _ in range(12):
        attempt(throttled_app, email)
    assert attempt(throttled_app, f"{new_id()}@example.org").status_code == 200, "a technology park shares an address"
    assert attempt(throttled_app, email, address="192.0.2.2").status_code == 200, "the owner comes in from elsewhere"


def test_reading_the_page_is_never_slowed_down(throttled_app):
    client = throttled_app.test_client()
    assert {client.get("/account/sign-in").status_code for _ in range(20)} == {200}


def test_no_lock(app, monkeypatch):
    """After the minute, the right password works at once."""
    monkeypatch.setitem(app.config, "RATELIMIT_ENABLED", True)
    limiter.init_app(app)
    person = PersonFactory(password_hash=passwords.hash_password(PASSWORD))
    for _ in range(12):
        attempt(app, person.email)
    assert attempt(app, person.email, password=PASSWORD).status_code == 429
    limiter.reset()
    assert attempt(app, person.email, password=PASSWORD).status_code == 303


def test_links_of_mails_are_slowed_down_each_by_itself(throttled_app):
    statuses = [throttled_app.test_client().post("/account/password/forged").status_code for _ in range(12)]
    assert statuses == [410] * 10 + [429] * 2
    assert throttled_app.test_client().post(f"/account/password/{new_id()}").status_code == 410


def test_one_address_does_not_fill_what_is_kept_of_people_unknown(app, monkeypatch):
    monkeypatch.setitem(app.config, "RATELIMIT_ENABLED", True)
    monkeypatch.setattr(parking, "NAMELESS_OF_AN_ADDRESS", RateLimitItemPerDay(3))
    limiter.init_app(app)
    path = f"/applicant/applications/{new_id()}/project"

    def kept(address: str, text: str) -> bool:
        sent = app.test_client().post(
            path, data={"title": text}, headers={"Origin": "http://localhost"}, environ_base={"REMOTE_ADDR": address}
        )
        assert sent.status_code == 303 or text in sent.text, "kept, or shown to be copied"
        return sent.status_code == 303

    assert [kept("192.0.2.77", f"text {n}") for n in range(5)] == [True, True, True, False, False]
    assert kept("192.0.2.78", "of a neighbour")


def test_without_redis_texts_are_kept_still(app):
    lonely = make_app(replace(app.extensions["settings"], redis_url="unix:///nowhere/redis.sock?db=0"))
    lonely.config["RATELIMIT_ENABLED"] = True
    with lonely.test_request_context("/"):
        assert parking.has_room()
    limiter._storage_dead = False
    limiter.init_app(app)
