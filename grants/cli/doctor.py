"""`grants doctor`: is everything as it should be?"""

import os
import platform
import shutil
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum

import click
import redis
from flask import current_app
from sqlalchemy import text

from config.settings import Settings
from grants.cli.context import with_any_database
from grants.core import clamav
from grants.core.db import db
from grants.core.schema import is_current
from grants.reports.invariants import INVARIANTS, offences

OLDEST_POSTGRES, OLDEST_REDIS = 15, (6, 2)
SKEW = 2.0  # seconds between our clock and the database's that deserve a word


class Mark(StrEnum):
    GOOD = "good"
    NOTE = "note"  # works, but an operator should know
    WRONG = "WRONG"


Finding = tuple[Mark, str]


@click.command()
@with_any_database
def doctor() -> None:
    """Prove the invariants, look at versions, disk, Redis, roles. Exit 1 when something is wrong."""
    settings: Settings = current_app.extensions["settings"]
    findings = [*_database(), *_redis(settings), *_machine(settings), *_scanner(settings), *_settings(settings)]
    findings += _invariants() if _is_current() else []
    for mark, sentence in findings:
        click.echo(f"{mark:5}  {sentence}", err=mark is Mark.WRONG)
    wrong = sum(mark is Mark.WRONG for mark, _ in findings)
    click.echo(f"{wrong} wrong, {sum(mark is Mark.NOTE for mark, _ in findings)} to note")
    sys.exit(1 if wrong else 0)


def _invariants() -> Iterator[Finding]:
    broken = list(offences())
    for one in broken:
        first = ", ".join(f"{name} {value}" for name, value in one.first.items())
        yield Mark.WRONG, f"It does not hold that {one.invariant.name}: {one.count} rows, the first: {first}"
    if not broken:
        yield Mark.GOOD, f"{len(INVARIANTS)} invariants hold"


def _is_current() -> bool:
    with db.engine.connect() as connection:
        return is_current(connection)


def _database() -> Iterator[Finding]:
    number, name = db.session.execute(
        text("SELECT current_setting('server_version_num')::int / 10000, current_setting('server_version')")
    ).one()
    good = number >= OLDEST_POSTGRES
    yield (Mark.GOOD if good else Mark.WRONG), f"PostgreSQL {name}" + ("" if good else f", {OLDEST_POSTGRES} is needed")
    if _is_current():
        yield Mark.GOOD, "The database is at this version of the product"
    else:
        yield Mark.WRONG, "The database is at another version of the product: run `grants migrate`"
    role = db.session.execute(
        text("SELECT rolsuper, rolbypassrls, pg_has_role(datdba, 'USAGE') AS owns FROM pg_roles, pg_database "
             "WHERE rolname = current_user AND datname = current_database()")
    ).one()  # fmt: skip
    if role.rolsuper or role.rolbypassrls:
        yield Mark.NOTE, "The application works as a superuser: give it a role of its own (config/deploy/roles.sql)"
    elif role.owns:
        yield Mark.NOTE, "The application owns its tables: give them another owner (GRANTS_DATABASE_OWNER_URL)"
    else:
        yield Mark.GOOD, "The application is neither superuser nor owner"
    theirs = db.session.execute(text("SELECT clock_timestamp()")).scalar_one()
    if (skew := abs((datetime.now(UTC) - theirs).total_seconds())) > SKEW:
        yield Mark.NOTE, f"This machine's clock and the database's differ by {skew:.1f} s; the database's decides"


def _redis(settings: Settings) -> Iterator[Finding]:
    try:
        with redis.Redis.from_url(settings.redis_url, socket_timeout=5) as client:
            about = client.info()
    except redis.RedisError as error:
        yield Mark.WRONG, f"Redis does not answer: {error}. Pages work, mails wait"
        return
    name = str(about["redis_version"])
    good = tuple(int(part) for part in name.split(".")[:2]) >= OLDEST_REDIS
    yield (Mark.GOOD if good else Mark.WRONG), f"Redis {name}" + ("" if good else ", 6.2 is needed")
    if not about.get("aof_enabled"):
        yield Mark.NOTE, "Redis keeps no append-only file: after a crash it is empty, and `grants sweep` repairs"
    if about.get("maxmemory_policy", "noeviction") != "noeviction":
        yield Mark.NOTE, f"Redis may forget what it holds (maxmemory-policy {about['maxmemory_policy']})"


def _machine(settings: Settings) -> Iterator[Finding]:
    yield Mark.GOOD, f"Python {platform.python_version()}"
    if settings.instance.exists():
        free = shutil.disk_usage(settings.instance).free // 2**20
        if free < settings.disk_reserve_mb:
            yield Mark.WRONG, f"{free} MB free, below the reserve of {settings.disk_reserve_mb} MB: writes are refused"
        else:
            yield Mark.GOOD, f"{free} MB free, the reserve is {settings.disk_reserve_mb} MB"
        for path in (settings.instance, settings.instance / "secrets.json"):
            if path.exists() and stat.S_IMODE(os.stat(path).st_mode) & 0o077:
                yield Mark.WRONG, f"{path} can be read by other accounts: chmod go= it"


def _scanner(settings: Settings) -> Iterator[Finding]:
    if not settings.clamav_url:
        yield Mark.NOTE, "GRANTS_CLAMAV_URL is empty: files are not scanned for viruses, and pages say so"
        return
    try:
        yield Mark.GOOD, clamav.version(settings.clamav_url)
    except (clamav.Unreachable, ValueError) as error:
        yield Mark.WRONG, f"The virus scanner does not answer: {error}. Files are kept, and wait for their scan"


def _settings(settings: Settings) -> Iterator[Finding]:
    if len(settings.secret_key) < 32:
        yield Mark.NOTE, "GRANTS_SECRET_KEY is short: 32 characters or more"
    if not settings.secure and "//localhost" not in settings.base_url and "//127." not in settings.base_url:
        yield Mark.NOTE, "GRANTS_BASE_URL is not https: cookies and passwords travel in the clear"
    if settings.secure and settings.mailbox:
        yield Mark.NOTE, "GRANTS_MAILBOX is set: everybody can read every mail. It is for demonstrations"
    if not settings.smtp_url:
        yield Mark.NOTE, "GRANTS_SMTP_URL is empty: mails wait in the outbox"
