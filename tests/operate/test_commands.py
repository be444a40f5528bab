"""What every command says when the database is not ready for it."""

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from config.settings import Settings
from grants.app import create_app
from grants.cli import grants
from grants.core.db import db


@pytest.fixture
def run(new_database):
    """`run("ledger", "verify")` on a database that nobody has migrated."""
    with new_database() as settings:
        app = create_app(settings)
        yield lambda *args: invoke(settings, app, *args)
        with app.app_context():
            db.engine.dispose()


def invoke(settings: Settings, app: Flask, *args: str) -> Result:
    env = {
        "GRANTS_DATABASE_URL": settings.database_url,
        "GRANTS_DATABASE_OWNER_URL": settings.database_owner_url,
        "GRANTS_REDIS_URL": settings.redis_url,
        "GRANTS_INSTANCE": str(settings.instance),
    }
    return CliRunner().invoke(grants, args, obj=lambda _: app, env=env)


@pytest.mark.parametrize(
    "words",
    [
        ("ledger", "verify"),
        ("audit", "verify"),
        ("sweep",),
        ("admin", "create", "salma@example.org"),
        ("seed", "demo"),
        ("reminders", "--at", "2026-12-01T08:00Z"),
    ],
)
def test_a_database_of_another_version_is_refused_with_the_command_that_helps(run, words):
    result = run(*words)
    assert (result.exit_code, "Run: grants migrate" in result.output) == (1, True), result.output


def test_after_that_command_it_works(run):
    assert run("migrate").exit_code == 0
    result = run("ledger", "verify")
    assert result.exit_code == 0, result.output


def test_the_access_matrix_needs_no_tables(run):
    assert run("access").exit_code == 0
