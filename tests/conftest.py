"""Fixtures that every test may use.

`app` and `client` share one migrated database in which a test's commits are savepoints of a transaction that is
rolled back; `own_app` has a database of its own in which everything really commits.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import event, text

from config.settings import Settings
from grants.app import create_app
from grants.core.db import db
from grants.core.schema import upgrade
from grants.people.models import Person
from tests.run import browser as browser_path

if TYPE_CHECKING:
    from tests.servers import NewDatabase

pytest_plugins = ["tests.servers"]


hypothesis_settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("steady")  # a slow machine breaks no rule
LONG = ("tests/journeys/", "tests/faults/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no processor waits alone for the last of them."""
    items.sort(key=lambda item: next((n for n, part in enumerate(LONG) if item.nodeid.startswith(part)), len(LONG)))


class Client(FlaskClient):
    """Each request gets its own context and session, as in production. Speaks English unless told otherwise."""

    def open(self, *args, **kwargs):
        headers = dict(kwargs.pop("headers", None) or {})
        headers.setdefault("Accept-Language", "en")
        with self.application.app_context():
            response = super().open(*args, headers=headers, **kwargs)
        db.session.expire_all()
        return response

    def login(self, person: Person) -> "Client":
        """Sign this person in, as the sign-in page would after the right password."""
        from grants.people.service import open_session

        token = open_session(person, browser="tests", address="127.0.0.1")
        with self.session_transaction() as session:
            session["_user_id"], session["_fresh"] = token, True
        return self


@pytest.fixture(scope="session")
def migrated(new_database: "NewDatabase") -> Iterator[str]:
    """The name of a database at the newest migration, to copy from."""
    with new_database() as settings:
        upgrade(settings)
        yield urlsplit(settings.database_url.replace("postgresql+psycopg", "http")).path.lstrip("/")


def make_app(settings: Settings, **config: object) -> Flask:
    app = create_app(replace(settings, secret_key="a secret for tests"))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False, **config)
    app.test_client_class = Client
    return app


@pytest.fixture(scope="session")
def shared_app(new_database: "NewDatabase", migrated: str) -> Iterator[Flask]:
    with new_database(template=migrated) as settings:
        app = make_app(settings)
        yield app
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def app(shared_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """One outer transaction per test, rolled back; commits become savepoints; deferred constraints are checked."""
    with shared_app.app_context(), db.engine.connect() as connection, connection.begin() as outer:
        monkeypatch.setitem(db.engines, None, connection)
        db.session.configure(join_transaction_mode="create_savepoint")
        yield shared_app
        if outer.is_active and not connection.invalidated:
            connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        db.session.remove()
        outer.rollback()


@pytest.fixture
def own_app(new_database: "NewDatabase", migrated: str) -> Iterator[Flask]:
    """A database of its own, where everything really commits: for ledger, outbox and races."""
    with new_database(template=migrated) as settings:
        app = make_app(settings)
        with app.app_context():
            db.session.configure(join_transaction_mode="conditional_savepoint")
            yield app
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> Client:
    return app.test_client()


@pytest.fixture
def queries(app: Flask) -> Callable[[], object]:
    """`with queries() as seen:` collects the SQL sent meanwhile."""

    @contextmanager
    def count() -> Iterator[list[str]]:
        seen: list[str] = []

        def listen(conn, cursor, sql, *rest):
            if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
                seen.append(sql)

        engine = db.engines[None].engine
        event.listen(engine, "before_cursor_execute", listen)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", listen)

    return count


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    quiet = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
    ]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser_path(), args=quiet)
        yield started
        started.close()
