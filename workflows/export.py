"""Files made for one person: asked for, made by the worker with its progress, kept for a while, then deleted.

one = ask_ledger(fund, filters, actor=manager, reader=reader)      a small one is ready when this answers
one = ask_dossier(award, actor=auditor, reader=reader)
"""

import hashlib
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from config.settings import Settings
from grants.awards.models import Award
from grants.awards.policy import read_figures
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.i18n import N_, Reader
from grants.core.policy import clock_only
from grants.core.storage import storage
from grants.funds.models import Fund
from grants.ledger import selection
from grants.people.models import Person
from grants.reports import dossier, policy, queries, workbook
from grants.reports.filters import Filters
from grants.reports.models import EXPORT_LABELS, Export, ExportKind, ExportState
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due, Gone, Owed, job, key_id, promise, promise_all, report_progress
from workflows.schedule import every_tick

AT_ONCE = 20_000  # lines: up to so many, a workbook is made while its reader waits (a few seconds)
KEPT = timedelta(days=30)
AGAIN = timedelta(minutes=2)  # after which a worker makes what its reader did not get at once
DELETED_AT_ONCE = 100
PAUSE = 0.3  # seconds between two reports of progress: each is a commit of its own

lifecycle = Lifecycle(
    "export",
    EXPORT_LABELS,
    [
        Move("finish_export", frozenset({ExportState.WAITING}), ExportState.READY, clock_only, N_("Ready")),
        Move("expire_export", frozenset({ExportState.READY}), ExportState.EXPIRED, clock_only, N_("Deleted")),
    ],
)


# --- what a person does ---------------------------------------------------------------------------------------


def ask_ledger(fund: Fund, filters: Filters, *, actor: Person, reader: Reader) -> Export:
    """The Excel ledger of a fund, or the part of it that the filters choose."""
    with transaction():
        read_figures.require(actor, fund)
        day = now().astimezone(fund.cluster.zone).date()
        one = Export(
            person=actor,
            fund=fund,
            kind=ExportKind.LEDGER,
            state=ExportState.WAITING,
            language=reader.language,
            filters=filters.as_json(),
            filename=f"{fund.code}-{day:%Y-%m-%d}.xlsx",
        )
        at_once = selection.count(filters.selection(fund)) <= AT_ONCE
        _keep(one, actor, by_worker=not at_once)
    if at_once:
        _make(db.session.scalars(queries.whole(one.id)).unique().one(), lambda done, total: None)
    return one


def ask_dossier(award: Award, *, actor: Person, reader: Reader) -> Export:
    """The whole dossier of a grant, as its reader may see it."""
    with transaction():
        policy.ask_dossier.require(actor, award)
        one = Export(
            person=actor,
            fund=award.fund,
            award=award,
            kind=ExportKind.DOSSIER,
            state=ExportState.WAITING,
            language=reader.language,
            filename=f"{award.number}.zip".replace("/", "-"),
        )
        _keep(one, actor, by_worker=True)
    return one


def _keep(one: Export, actor: Person, *, by_worker: bool) -> None:
    db.session.add(one)
    db.session.flush()
    if by_worker:
        one.promise_id = promise(make_export, one)
    else:  # made at once; should the server die of it, a worker makes it
        owed = Owed(one.id, due_at=now() + AGAIN)
        promise_all(make_export, [owed])
        one.promise_id = key_id(make_export.kind, owed)
    record("export.ask", one, actor, after={"kind": one.kind, "fund": str(one.fund_id), **one.filters})


# --- what the worker does -------------------------------------------------------------------------------------


@job(queue="work", timeout=1800, outside=True)
def make_export(due: Due) -> dict[str, Any] | None:
    """Outside the database: the file is written first, then said to be there; made twice, it is kept once."""
    one = db.session.scalars(queries.whole(due.subject_id)).unique().one_or_none()
    if one is None:
        raise Gone("the export is not there")
    if one.state != ExportState.WAITING:
        return {"lines": one.lines}  # its reader waited for it, or another worker was faster
    try:
        _make(one, lambda done, total: report_progress(due.id, done, total))
    except NoResultFound as gone:
        raise Gone("its reader may not see this grant any more") from gone
    return {"lines": one.lines}


def _make(one: Export, report: Callable[[int, int], None]) -> None:
    """Write the file where nothing is held in memory, keep it, then say what it holds."""
    settings: Settings = current_app.extensions["settings"]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "made"
        written = _write(one, path, settings, report)
        size, digest = path.stat().st_size, _digest(path)
        moment = now()
        with transaction():
            lock(one, "state")  # of two who made it, the first is kept: a file never changes under its fingerprint
            if one.state != ExportState.WAITING:
                return
            storage(settings).keep_made_file(name_of(one), path)
            kept: dict[str, Any] = {"lines": written.lines, "op_no": written.no, "head": written.hash.hex()}
            made = {**kept, "sha256": digest, "size": size, "finished_at": moment, "expires_at": moment + KEPT}
            lifecycle.fire("finish_export", one, None, set=made, sha256=digest, **kept)


def _write(one: Export, path: Path, settings: Settings, report: Callable[[int, int], None]) -> workbook.Written:
    reader = Reader(one.language, one.fund.cluster.country, one.fund.cluster.timezone)
    if one.kind == ExportKind.DOSSIER:
        assert one.award_id is not None  # noqa: S101 - a constraint of the table
        return dossier.export(one.award_id, path, reader, one.person, storage(settings), settings.clamav_url)
    filters = Filters.from_json(one.filters)
    total = selection.count(filters.selection(one.fund))
    return workbook.export(one.fund, path, reader, one.person, filters, _now_and_then(report, total))


def _now_and_then(report: Callable[[int, int], None], total: int) -> Callable[[int], None]:
    """How far it is, a few times a second at most; what was posted since the count is more than its total."""
    said = 0.0

    def say(done: int) -> None:
        nonlocal said
        if time.monotonic() - said >= PAUSE:
            said = time.monotonic()
            report(done, max(done, total))

    return say


def name_of(one: Export) -> str:
    """Where the storage keeps its file."""
    return f"exports/{one.id}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@every_tick
def delete_expired() -> None:
    """Files whose time is over; the line that says what they held stays."""
    over = select(Export).where(Export.state == ExportState.READY, Export.expires_at <= now())
    for one in db.session.scalars(over.order_by(Export.expires_at).limit(DELETED_AT_ONCE)).all():
        storage(current_app.extensions["settings"]).forget_made(name_of(one))
        with transaction():
            lifecycle.fire("expire_export", one, None)
