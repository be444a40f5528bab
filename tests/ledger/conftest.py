"""A fund with a ledger of its own, in a database where everything really commits."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import pytest
from flask import Flask

from grants.core.db import db
from grants.operate.servers import superuser
from tests.ledger.ground import Ground
from tests.servers import NewDatabase, plain

Connect = Callable[[str], AbstractContextManager[psycopg.Connection]]


@pytest.fixture(scope="session")
def ledger_app(new_database: NewDatabase, migrated: str) -> Iterator[Flask]:
    """One database for these tests: everything commits, each test has a fund of its own."""
    from tests.conftest import make_app

    with new_database(template=migrated) as settings:
        app = make_app(settings)
        yield app
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def committing(ledger_app: Flask) -> Iterator[Flask]:
    with ledger_app.app_context():
        db.session.configure(join_transaction_mode="conditional_savepoint")
        yield ledger_app
        db.session.remove()


@pytest.fixture
def ground(committing: Flask) -> Ground:
    return Ground().open()


@pytest.fixture
def direct(committing: Flask) -> Connect:
    """`with direct("app") as connection`, `direct("owner")`, `direct("superuser")`: the database, without our code."""

    @contextmanager
    def connect(role: str) -> Iterator[psycopg.Connection]:
        settings = committing.extensions["settings"]
        urls = {"app": settings.database_url, "owner": settings.database_owner_url}
        url = urls.get(role) or superuser(settings, db.engine.url.database)
        db.session.rollback()  # a transaction left open by a read would hold its locks against us
        with psycopg.connect(plain(url), autocommit=True, options="-c lock_timeout=5s") as connection:
            yield connection

    return connect
