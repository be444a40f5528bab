"""Runs migrations as the owner of the tables, one transaction each, then gives the application what it needs.

Settings come from whoever calls (grants.core.schema), else from the running Flask application, else from the
environment. Two starts at once are harmless: the second waits for the first.
"""

import importlib
import os
from pathlib import Path

from alembic import context
from flask import current_app, has_app_context
from sqlalchemy import Connection, NullPool, create_engine, make_url, text

from config.settings import ROOT, Settings
from grants.core.db import Base, plain_types

LOCK = 4_715_900_021  # any number, the same for every start
HERE = Path(__file__).parent


def settings() -> Settings:
    given = context.config.attributes.get("settings")
    if given is None:
        given = current_app.extensions["settings"] if has_app_context() else Settings.from_env(os.environ)
    if not given.database_url:
        raise SystemExit("Migrations need a database address: GRANTS_DATABASE_URL (the embedded server has its own).")
    return given


def with_driver(url: str) -> str:
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def all_models() -> None:
    """Everything the comparison looks at."""
    importlib.import_module("grants.core.audit")
    for path in sorted([*(ROOT / "grants").glob("*/*models.py"), *(ROOT / "grants").glob("*/models/__init__.py")]):
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))


def number(_: object, __: object, directives: list) -> None:
    """Revisions are numbered 0001, 0002, … in the order in which they are written."""
    if directives and directives[0].rev_id and not directives[0].rev_id.startswith("0"):
        taken = [int(path.name[:4]) for path in (HERE / "versions").glob("[0-9]*_*.py")]
        directives[0].rev_id = f"{max(taken, default=0) + 1:04}"


def grant(connection: Connection, application: str | None) -> None:
    connection.execute(text("SELECT set_config('grants.application', :name, true)"), {"name": application or ""})
    with connection.connection.cursor() as cursor:  # without parameters: a percent sign in the file is PostgreSQL's
        cursor.execute((HERE / "privileges.sql").read_text(encoding="utf-8"))


def run(connection: Connection, application: str | None) -> None:
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
    connection.commit()  # the lock belongs to the session and stays
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_item=plain_types,
        transaction_per_migration=True,
        process_revision_directives=number,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
    if context.config.attributes.get("privileges", True):
        with connection.begin():
            grant(connection, application)


def main() -> None:
    if context.is_offline_mode():
        raise SystemExit("Migrations look at the database while they run: give them one.")
    where = settings()
    all_models()
    engine = create_engine(with_driver(where.database_owner_url or where.database_url), poolclass=NullPool)
    with engine.connect() as connection:
        run(connection, make_url(where.database_url).username)


main()
