"""`grants import awards`: past awards from a file, as the pages do it."""

import json
import time
from collections.abc import Mapping as ReadOnly
from pathlib import Path
from typing import Any

import click
from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from config.settings import Settings
from grants.awards import import_queries as queries
from grants.awards import import_service as service
from grants.awards.import_checks import Remark
from grants.awards.import_kept import unpack, unpack_remark
from grants.awards.imports import Mapping, UnknownColumn
from grants.awards.models import AwardImport, ImportState
from grants.cli.context import with_app
from grants.core.clock import now
from grants.core.db import db, transaction
from grants.core.errors import Problem
from grants.core.i18n import ENGLISH, money
from grants.funds.models import Fund
from grants.messages.models import Status
from grants.messages.queries import find
from grants.people.models import Appointment, Person, Role
from workflows import imports, outbox

WARNINGS_SHOWN = 20


@click.group("import")
def import_() -> None:
    """Bring in what was kept elsewhere."""


@import_.command()
@click.option("--fund", "code", required=True, help="Code of the fund.")
@click.option("--dry-run", is_flag=True, help="Read and check everything, import nothing.")
@click.option(
    "--map",
    "map_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON {field: heading} that overrides the proposed columns; empty heading: not in the file.",
)
@click.option("--as", "email", help="E-mail of the programme officer who imports; by default the fund's first one.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_app
def awards(code: str, dry_run: bool, map_file: Path | None, email: str | None, file: Path) -> None:
    """Import a workbook or CSV of past awards into a fund: all rows, or none. Exit 1 when any row was refused."""
    fund = queries.fund_named(code)
    if fund is None:
        raise click.ClickException(f"There is no fund {code}.")
    wanted = _overrides(map_file)
    try:
        refused = _dry(fund, file, wanted) if dry_run else _import(fund, file, wanted, _officer(fund, email))
    except UnknownColumn as unknown:
        raise click.ClickException(str(unknown.text)) from unknown
    except Problem as problem:
        raise click.ClickException(f"{problem.detail} {problem.advice or ''}".strip()) from problem
    raise SystemExit(1 if refused else 0)


def _overrides(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        wanted = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, OSError) as error:
        raise click.ClickException(f"{path} is not JSON: {error}") from error
    if not isinstance(wanted, dict):
        raise click.ClickException(f'{path} must hold an object, such as {{"amount": "Amount Awarded"}}.')
    return wanted


def _officer(fund: Fund, email: str | None) -> Person:
    """Who imports: an officer of the fund, by address, or the one appointed first."""
    found = select(Person).options(selectinload(Person.appointments)).where(Person.disabled_at.is_(None))
    if email:
        found = found.where(Person.email == email.strip().lower())
    else:
        officers = select(Appointment.person_id).where(
            Appointment.role == Role.OFFICER, Appointment.cluster_id == fund.cluster_id
        )
        found = found.where(Person.id.in_(officers)).order_by(Person.created_at, Person.id)
    for person in db.session.scalars(found):
        if email or person.holds(Role.OFFICER, cluster_id=fund.cluster_id, fund_id=fund.id):
            return person
    raise click.ClickException(
        f"Nobody has the address {email}."
        if email
        else f"Nobody is programme officer of {fund.code}: appoint one first."
    )


def _dry(fund: Fund, file: Path, wanted: ReadOnly[str, Any]) -> int:
    """Read it for the fund and say everything; nothing is kept."""
    settings: Settings = current_app.extensions["settings"]
    limits = {"rows": settings.import_rows_limit, "size": settings.upload_limit_mb * 1_000_000}
    table = service.read_file(file.read_bytes(), **limits)
    mapping = service.proposal(table).overridden(wanted, table.headings)
    reading = service.read_for(fund, table, mapping, now().astimezone(fund.cluster.zone).date())
    _say_mapping(mapping, table.headings)
    for note in (*reading.checked.notes, *reading.matched.collisions):
        click.echo(f"Note: {note}")
    _say_remarks(reading.remarks)
    checked = reading.checked
    click.echo(f"Awarded: {money(checked.awarded, ENGLISH, exact=True)}; applied for: "
               f"{money(checked.requested, ENGLISH, exact=True)}; recipients: {checked.recipients}")  # fmt: skip
    _say_counts(checked.rows, 0, reading.known, reading.refused_rows)
    click.echo("Nothing was imported: this was a dry run.")
    return reading.refused_rows


def _import(fund: Fund, file: Path, wanted: ReadOnly[str, Any], officer: Person) -> int:
    officer_id, content = officer.id, file.read_bytes()
    one, before = imports.receive(fund, file.name, content, actor=officer)
    id = one.id
    one = _fresh(id)
    if before:
        click.echo(f"This very file was imported on {one.finished_at:%d %B %Y}. Nothing is added.")
        _say_counts(one.rows, 0, one.rows, 0)
        return 0
    _wait_until_read(one)
    one = _fresh(id)
    if wanted:
        mapping = Mapping.from_json(one.mapping).overridden(wanted, one.shape["headings"])
        imports.examine(one, mapping, actor=_person(officer_id))
        _wait_until_read(_fresh(id))
        one = _fresh(id)
    if one.shape:
        _say_mapping(Mapping.from_json(one.mapping), one.shape["headings"])
    if not one.refused_rows and one.known_rows < one.rows:
        imports.confirm(one, actor=_person(officer_id))
        _run(id)
        one = _fresh(id)
    for note in one.notes:
        click.echo(f"Note: {unpack(note)}")
    _say_remarks([unpack_remark(kept) for kept in one.remarks])
    count, total = queries.imported_total(one)
    if count:
        click.echo(f"Endowed, reserved and committed in {fund_code(one)}: {money(total, ENGLISH, exact=True)}")
    _say_counts(one.rows, count, one.known_rows, one.refused_rows)
    if one.rows and one.known_rows == one.rows:
        click.echo("Every award of this file is already in the fund. Nothing is added.")
    return one.refused_rows


def fund_code(one: AwardImport) -> str:
    return one.fund.code


def _run(id: Any) -> None:
    """Keep the promise here; if a worker took it first, wait for that one."""
    while (one := _fresh(id)).state == ImportState.QUEUED and one.promise_id:
        outbox.attempt(one.promise_id)
        promise = find(one.promise_id)
        if promise is not None and promise.status in {Status.DEAD, Status.DROPPED}:
            raise click.ClickException(f"The import failed: {promise.last_error}")
        if promise is not None and promise.status == Status.WAITING and promise.last_error:
            raise click.ClickException(f"The import did not succeed and will be tried again: {promise.last_error}")
        if _fresh(id).state == ImportState.QUEUED:
            time.sleep(0.5)


def _wait_until_read(one: AwardImport) -> None:
    if one.promise_id and one.size > imports.SMALL:
        promise_id = one.promise_id
        while (promise := find(promise_id)) and promise.status in {Status.WAITING, Status.LEASED}:
            outbox.attempt(promise_id)
            db.session.rollback()
            time.sleep(0.2)


def _fresh(id: Any) -> AwardImport:
    with transaction():
        db.session.expire_all()
    return db.session.scalars(queries.whole(id), execution_options={"populate_existing": True}).unique().one()


def _person(id: Any) -> Person:
    return db.session.scalars(select(Person).where(Person.id == id).options(selectinload(Person.appointments))).one()


def _say_mapping(mapping: Mapping, headings: Any) -> None:
    for one, at in mapping.columns.items():
        click.echo(f"{one.value:13} ← {headings[at]} ({mapping.confidence.get(one, 1):.0%})")


def _say_remarks(remarks: list[Remark]) -> None:
    for one in (one for one in remarks if one.refused):
        click.echo(f"Refused: row {one.row}{_column(one)}: {one.text}", err=True)
    warnings = [one for one in remarks if not one.refused]
    for one in warnings[:WARNINGS_SHOWN]:
        click.echo(f"Warning: row {one.row}{_column(one)}: {one.text}")
    if len(warnings) > WARNINGS_SHOWN:
        click.echo(f"… and {len(warnings) - WARNINGS_SHOWN} more warnings")


def _column(one: Remark) -> str:
    return f", column {one.column} ({one.heading})" if one.column else ""


def _say_counts(read: int, imported: int, known: int, refused: int) -> None:
    click.echo(f"{read} rows read, {imported} imported, {known} already known, {refused} refused")
