"""Migrations say exactly what the models say, go up and down, and give the application what it needs."""

import os
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import NullPool, create_engine, text

from config.settings import Settings
from grants.core import schema
from grants.core.db import Base
from tests.servers import NewDatabase, plain

CATALOGUE = {
    "columns": """
        SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default, is_generated
        FROM information_schema.columns WHERE table_schema = 'public'""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}


def catalogue(settings: Settings, what: str) -> set[tuple]:
    with psycopg.connect(plain(settings.database_owner_url)) as connection:
        rows = connection.execute(CATALOGUE[what]).fetchall()
    return {row for row in rows if not row[0].startswith("alembic_version")}


@pytest.fixture(scope="module")
def from_migrations(new_database: NewDatabase):
    with new_database() as settings:
        schema.upgrade(settings)
        yield settings


@pytest.fixture(scope="module")
def from_models(new_database: NewDatabase):
    with new_database() as settings:
        engine = create_engine(settings.database_owner_url, poolclass=NullPool)
        Base.metadata.create_all(engine)
        yield settings


@pytest.mark.parametrize("what", CATALOGUE)
def test_migrations_equal_models(from_migrations: Settings, from_models: Settings, what: str) -> None:
    migrated, modelled = catalogue(from_migrations, what), catalogue(from_models, what)
    assert migrated - modelled == set(), "only in the migrations"
    assert modelled - migrated == set(), "only in the models"


def test_alembic_sees_no_difference_either(from_migrations: Settings) -> None:
    schema.compare(from_migrations)


def test_up_and_down_and_up_again(new_database: NewDatabase) -> None:
    with new_database() as settings:
        schema.upgrade(settings)
        before = {what: catalogue(settings, what) for what in CATALOGUE}
        schema.downgrade(settings, "base")
        assert catalogue(settings, "columns") == set()
        with psycopg.connect(plain(settings.database_owner_url)) as connection:
            assert connection.execute("SELECT to_regnamespace('led')").fetchone() == (None,)
            left = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            assert connection.execute(left).fetchall() == []
        schema.upgrade(settings)
        schema.upgrade(settings)
        assert {what: catalogue(settings, what) for what in CATALOGUE} == before


def test_a_ledger_with_operations_is_not_taken_away(new_database: NewDatabase) -> None:
    with new_database() as settings:
        schema.upgrade(settings)
        with psycopg.connect(plain(settings.database_url)) as connection:
            connection.execute(
                """
                WITH f AS (
                  INSERT INTO led.fund (id, code, currency) VALUES (gen_random_uuid(), 'F', 'MAD') RETURNING id)
                INSERT INTO led.account (fund_id, stage) SELECT id, s FROM f, (VALUES ('source'), ('available')) v(s)
                """
            )
            connection.execute(
                """
                SELECT led.post(
                  a.fund_id, gen_random_uuid(), 'endow', ARRAY[(a.id, b.id, 1)::led.move], NULL, current_date)
                FROM led.account a, led.account b WHERE a.stage = 'source' AND b.stage = 'available'
                """
            )
        with pytest.raises(Exception, match="not taken away"):
            schema.downgrade(settings, "0001")
        with psycopg.connect(plain(settings.database_url)) as connection:
            assert connection.execute("SELECT count(*) FROM led.op").fetchone() == (1,)


def test_found_from_any_directory(new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with new_database() as settings:
        schema.upgrade(settings)
        engine = create_engine(settings.database_url, poolclass=NullPool)
        with engine.connect() as connection:
            assert schema.is_current(connection)
    assert os.listdir(tmp_path) == []


def test_an_old_schema_is_not_current(new_database: NewDatabase) -> None:
    with new_database() as settings:
        engine = create_engine(settings.database_url, poolclass=NullPool)
        with engine.connect() as connection:
            assert not schema.is_current(connection)
        schema.upgrade(settings, "0001")
        with engine.connect() as connection:
            assert not schema.is_current(connection)


@pytest.mark.parametrize(
    "attempt",
    [
        "UPDATE event SET name = 'x'",
        "DELETE FROM event",
        "TRUNCATE event CASCADE",
        "UPDATE event_seal SET no = 1",
        "DELETE FROM event_seal",
        "UPDATE alembic_version SET version_num = '0001'",
        "CREATE TABLE mine (n int)",
        "DROP TABLE person",
        "ALTER TABLE event DISABLE TRIGGER ALL",
        "SELECT append_only()",
    ],
)
def test_what_the_application_may_not(from_migrations: Settings, attempt: str) -> None:
    with (
        psycopg.connect(plain(from_migrations.database_url)) as connection,
        pytest.raises((errors.InsufficientPrivilege, errors.FeatureNotSupported)),
    ):
        connection.execute(attempt)


def test_one_role_for_both_works_too(new_database: NewDatabase) -> None:
    """An operator may give one address only; the ledger's guards hold all the same."""
    with new_database() as settings:
        from dataclasses import replace

        alone = replace(settings, database_url=settings.database_owner_url, database_owner_url="")
        schema.upgrade(alone)
        engine = create_engine(alone.database_url, poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO led.fund (id, code, currency) VALUES (gen_random_uuid(), 'F', 'MAD')"))
        with engine.connect() as connection, pytest.raises(Exception, match="append-only"):
            connection.execute(text("DELETE FROM led.fund"))
