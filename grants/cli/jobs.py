"""Doing what was promised: `worker`, `clock`, `sweep`, `reminders`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import click
from flask import current_app
from sqlalchemy import select

from config import logging
from grants.cli.context import with_app
from grants.core.db import db
from grants.messages.models import Promise, Queue, Status
from grants.messages.queries import count_by_status
from grants.people.models import Person
from workflows import outbox, schedule
from workflows.reminders import Occurrence, occurrences, promise_due
from workflows.worker import work


def instant(_: click.Context, parameter: click.Parameter, value: str) -> datetime:
    """An ISO 8601 instant with its zone: 2026-12-05T22:59:00Z, 2026-12-05T23:59+01:00."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter("write it as 2026-12-05T22:59:00Z", param=parameter) from error
    if moment.tzinfo is None:
        raise click.BadParameter("which zone? Write it as 2026-12-05T22:59:00Z or …+01:00", param=parameter)
    return moment


@click.command()
@click.argument("queue", type=click.Choice([queue.value for queue in Queue]))
@click.option("--burst", is_flag=True, help="End when the queue is empty.")
@with_app
def worker(queue: str, burst: bool) -> None:
    """Keep the promises of one queue until SIGTERM."""
    app: Any = current_app
    logging.configure(app.extensions["settings"].log_level)
    work(app._get_current_object(), queue, burst=burst)


@click.command()
@with_app
def clock() -> None:
    """Find what is due, every few seconds, until SIGTERM. Any number may run."""
    app: Any = current_app
    logging.configure(app.extensions["settings"].log_level)
    schedule.run_clock(app._get_current_object())


@click.command()
@click.option("--release", is_flag=True, help="Confirm what is held or dead: it becomes due now.")
@with_app
def sweep(release: bool) -> None:
    """Hurry every promise that is due and that Redis forgot."""
    if release:
        stuck = select(Promise).where(Promise.status.in_([Status.HELD, Status.DEAD]))
        click.echo(f"{outbox.release(db.session.scalars(stuck).all(), actor=None)} released")
    swept = outbox.sweep()
    click.echo(f"{swept.hurried} hurried, {swept.held} held as too late")
    counts = count_by_status()
    for status, advice in ((Status.HELD, "wait for a person"), (Status.DEAD, "were given up")):
        if counts.get(status):
            click.echo(f"{counts[status]} {advice}: look at them, then `grants sweep --release`")


@click.command()
@click.option("--at", required=True, callback=instant, metavar="ISO-TIME", help="The instant to look from.")
@click.option("--dry-run", is_flag=True, help="Only say who would get what.")
@with_app
def reminders(at: datetime, dry_run: bool) -> None:
    """Promise every reminder that is due at an instant; what lies in the future goes out now."""
    found = occurrences(at)
    people = _by_id(Person, [one.owed.recipient_id for one in found])
    promised = _by_id(Promise, [_promise_id(one) for one in found])
    for one in sorted(found, key=lambda one: (one.at, one.rule.name)):
        already = promised.get(_promise_id(one))
        person = people[one.owed.recipient_id]
        said = f"  (already {already.status})" if already else ""
        click.echo(f"{one.at:%Y-%m-%dT%H:%MZ}  {one.rule.name:12} {one.owed.slot:24} {person.email}{said}")
    if dry_run:
        click.echo(f"{len(found) - len(promised)} would be promised, {len(promised)} are already")
        return
    click.echo(f"{promise_due(at)} promised, {len(promised)} were already")
    outbox.sweep()


def _promise_id(one: Occurrence) -> UUID:
    return outbox.key_id(one.rule.job.kind, one.owed)


def _by_id(model: Any, ids: Iterable[Any]) -> dict[Any, Any]:
    return {row.id: row for row in db.session.scalars(select(model).where(model.id.in_(list(ids))))}
