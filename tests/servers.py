"""Real servers for the tests: one PostgreSQL and one Redis per worker, databases on demand."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from itertools import count

import psycopg
import pytest
from psycopg import sql

from config.settings import Settings
from grants.operate import postgres
from grants.operate.servers import erase, superuser
from grants.operate.servers import servers as running_servers

NewDatabase = Callable[..., AbstractContextManager[Settings]]


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a started instance of this worker: database `grants`, empty; Redis, empty. Gone at the end."""
    instance = tmp_path_factory.mktemp("instance") / "données d’essai"
    with running_servers(Settings(instance=instance), durable=False) as ready:
        yield ready
    erase(instance)


@pytest.fixture(scope="session")
def new_database(servers: Settings) -> NewDatabase:
    """`with new_database(template="grants") as settings`: a database of its own, for tests that really commit.

    Owned by grants_owner, writable by grants_app, dropped at the end. The template must have no open connection
    (dispose of its engine). Without one the database is empty.
    """
    names = count(1)

    @contextmanager
    def create(template: str = "template0") -> Iterator[Settings]:
        name = f"test_{next(names)}"
        with psycopg.connect(plain(superuser(servers)), autocommit=True) as server:
            postgres.create_database(server, name, template)
            if template == "template0":
                with psycopg.connect(plain(superuser(servers, name)), autocommit=True) as database:
                    postgres.share_tables(database)
            try:
                yield replace(
                    servers,
                    database_url=elsewhere(servers.database_url, name),
                    database_owner_url=elsewhere(servers.database_owner_url, name),
                )
            finally:
                server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    return create


def plain(url: str) -> str:
    """The address as psycopg and libpq read it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def elsewhere(url: str, database: str) -> str:
    """The same server and role, another database."""
    return url.replace("/grants?", f"/{database}?", 1)
