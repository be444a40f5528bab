"""A fund with a ledger of its own, in a database where everything really commits."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import pytest
from flask import Flask

from grants.core.db import db
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
    """`with direct("app") as connection` or `direct("owner")`: the database as that role sees it, without our code."""

    @contextmanager
    def connect(role: str) -> Iterator[psycopg.Connection]:
        settings = committing.extensions["settings"]
        url = settings.database_url if role == "app" else settings.database_owner_url
        with psycopg.connect(plain(url), autocommit=True) as connection:
            yield connection

    return connect
