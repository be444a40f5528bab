"""Real servers for the tests: one PostgreSQL and one Redis per worker, databases on demand.

With GRANTS_DATABASE_URL and GRANTS_REDIS_URL in the environment the tests use the operator's. Its owner's role must
then be able to make databases (CREATEDB, and pg_signal_backend to drop them).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from itertools import count
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from config.settings import Settings
from grants.operate import postgres
from grants.operate.servers import erase, superuser
from grants.operate.servers import servers as running_servers

NewDatabase = Callable[..., AbstractContextManager[Settings]]
OPERATOR = ("GRANTS_DATABASE_URL", "GRANTS_DATABASE_OWNER_URL", "GRANTS_REDIS_URL")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a started instance of this worker: database `grants`, empty; Redis, empty. Gone at the end."""
    instance = tmp_path_factory.mktemp("instance") / "données d’essai"
    given = Settings.from_env({name: os.environ[name] for name in OPERATOR if name in os.environ})
    with running_servers(replace(given, instance=instance), durable=False) as ready:
        yield ready
    erase(instance)


@pytest.fixture(scope="session")
def new_database(servers: Settings) -> NewDatabase:
    """`with new_database(template="grants") as settings`: a database of its own, for tests that really commit.

    Owned by grants_owner, dropped at the end. The template must have no open connection (dispose of its engine).
    Without one the database is empty, and the application's role has no rights in it before it is migrated.
    """
    names = count(1)
    operator = bool(os.environ.get("GRANTS_DATABASE_URL"))
    powerful = servers.database_owner_url if operator else superuser(servers)

    @contextmanager
    def create(template: str = "template0") -> Iterator[Settings]:
        name = f"test_{os.getpid()}_{next(names)}"
        with psycopg.connect(plain(powerful), autocommit=True) as server:
            postgres.create_database(server, name, template)
            try:
                yield replace(
                    servers,
                    database_url=elsewhere(servers.database_url, name),
                    database_owner_url=elsewhere(servers.database_owner_url, name),
                )
            finally:
                server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    return create


def own_redis(url: str, number: int) -> str:
    """The same Redis, another of its databases: what runs beside the tests must not hear their bells."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={number}"
    return urlunsplit(parts._replace(path=f"/{number}"))


def plain(url: str) -> str:
    """The address as psycopg and libpq read it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def elsewhere(url: str, database: str) -> str:
    """The same server and role, another database."""
    return make_url(url).set(database=database).render_as_string(hide_password=False)
