"""A file of past awards: read, checked, confirmed, then brought in by one job, all of it or nothing.

one, again = receive(fund, "awards.xlsx", content, actor=officer)     again: this very file is in the fund already
examine(one, mapping, actor=officer)                                  with columns chosen by a person
confirm(one, actor=officer)                                           the job; its progress is that of its promise
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as ReadOnly
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import text

from config.settings import Settings
from grants.awards import import_queries as queries
from grants.awards import import_service as service
from grants.awards import policy
from grants.awards.import_checks import Remark
from grants.awards.import_kept import pack_remark
from grants.awards.imports import Mapping
from grants.awards.models import IMPORT_LABELS, Award, AwardImport, ImportState
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Problem, Refused
from grants.core.i18n import N_, N_n
from grants.core.policy import clock_only
from grants.core.sheets.reading import UnreadableFile
from grants.core.storage import storage
from grants.core.types import Money
from grants.funds.models import Fund
from grants.ledger.service import Kind, Line, Place, key_for, post
from grants.people.models import Person
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due, Gone, job, promise, report_progress

SMALL = service.SMALL
SINGLY, LOT = 2_000, 250  # up to so many awards each is an operation of its own, beyond those of a day go together
OPEN = frozenset({ImportState.UPLOADED, ImportState.CHECKED, ImportState.REFUSED})

lifecycle = Lifecycle(
    "award_import",
    IMPORT_LABELS,
    [
        Move("examine_import", OPEN, ImportState.CHECKED, policy.run_import, N_("Check the file")),
        Move(
            "confirm_import", frozenset({ImportState.CHECKED}), ImportState.QUEUED, policy.run_import, N_("Import all")
        ),
        Move("finish_import", frozenset({ImportState.QUEUED}), ImportState.DONE, clock_only, N_("Imported")),
        Move("refuse_import", frozenset({ImportState.QUEUED}), ImportState.REFUSED, clock_only, N_("Refused")),
    ],
)


# --- what a person does ---------------------------------------------------------------------------------------


def receive(fund: Fund, filename: str, content: bytes, *, actor: Person) -> tuple[AwardImport, bool]:
    """Keep the file and read it. Answers with the import, and whether this very file was imported before.

    Raises UnreadableFile with the reason, and then keeps nothing.
    """
    policy.import_awards.require(actor, fund)
    digest = hashlib.sha256(content).hexdigest()
    if before := queries.imported_before(fund.id, digest):
        return before, True
    if len(content) <= SMALL:
        _read(content)
    storage(_settings()).keep(content)
    with transaction():
        one = AwardImport(
            fund=fund,
            officer=actor,
            state=ImportState.UPLOADED,
            filename=filename[-200:],
            size=len(content),
            sha256=digest,
            currency=fund.currency,
        )
        db.session.add(one)
        db.session.flush()
        record("award_import.receive", one, actor, after={"filename": one.filename, "sha256": digest})
        examine(one, None, actor=actor)
    return one, False


def examine(one: AwardImport, mapping: Mapping | None, *, actor: Person, version: int | None = None) -> None:
    """Read the file with these columns (None: those we propose); a large one by the worker."""
    with transaction():
        policy.run_import.require(actor, one)
        expect(one, version)
        if one.size <= SMALL:
            _examine(one, mapping, actor=actor)
            return
        if mapping is not None:
            one.mapping = mapping.as_json()
        one.tries += 1
        one.promise_id = promise(examine_awards, one, slot=f"try {one.tries}", chosen=mapping is not None)


def confirm(one: AwardImport, *, actor: Person) -> None:
    """Bring in everything. Raises Refused while a row is refused or nothing would be new."""
    with transaction():
        lock(one, "state", "tries", "refused_rows", "known_rows", "rows", "promise_id")
        if one.state == ImportState.CHECKED:
            if one.refused_rows:
                raise Refused(
                    N_n(
                        "%(n)s row is refused, so nothing is imported.",
                        "%(n)s rows are refused, so nothing is imported.",
                        one.refused_rows,
                    ),
                    N_("Correct the file or the columns, then check it again."),
                )
            if one.known_rows >= one.rows:
                raise Refused(N_("Every award of this file is already in the fund. There is nothing to import."))
            one.tries += 1
            one.promise_id = promise(import_awards, one, slot=f"try {one.tries}")
        lifecycle.fire("confirm_import", one, actor)


def _settings() -> Settings:
    return current_app.extensions["settings"]  # type: ignore[no-any-return]


def _read(content: bytes) -> Any:
    settings = _settings()
    return service.read_file(content, rows=settings.import_rows_limit, size=settings.upload_limit_mb * 1_000_000)


def _reading(one: AwardImport, mapping: Mapping | None) -> service.Reading:
    table = _read(b"".join(storage(_settings()).read(one.sha256)))
    today = now().astimezone(one.fund.cluster.zone).date()
    return service.read_for(one.fund, table, mapping or service.proposal(table), today)


def _examine(one: AwardImport, mapping: Mapping | None, *, actor: Person) -> None:
    reading = _reading(one, mapping)
    lifecycle.fire("examine_import", one, actor, rows=reading.checked.rows, refused=reading.refused_rows)
    service.keep(one, reading)


# --- what the worker does -------------------------------------------------------------------------------------


@job(queue="work", timeout=300)
def examine_awards(due: Due) -> None:
    """Read a large file for its officer."""
    one = _whole(due.subject_id)
    if one.state not in OPEN:
        raise Gone("the import is already on its way")
    mapping = Mapping.from_json(one.mapping) if due.args["chosen"] else None
    try:
        _examine(one, mapping, actor=one.officer)
    except UnreadableFile as refused:
        lifecycle.fire("examine_import", one, one.officer, reason=refused.code)
        one.remarks, one.refused_rows = [pack_remark(Remark(1, "", "", refused.detail))], 1


@job(queue="work", timeout=1800)
def import_awards(due: Due) -> dict[str, Any]:
    """All rows or none, in one transaction; the state says which when it is over."""
    one = _whole(due.subject_id)
    if one.state != ImportState.QUEUED:
        raise Gone("the import is no longer waiting")
    try:
        return carry_out(one, lambda done, total: report_progress(due.id, done, total))
    except UnreadableFile as refused:
        lifecycle.fire("refuse_import", one, None, reason=refused.code)
        one.remarks, one.refused_rows = [pack_remark(Remark(1, "", "", refused.detail))], 1
        return {"refused": 1}
    except Problem as problem:  # the ledger was busy, or somebody moved: try again, nothing has been written
        raise RuntimeError(str(problem)) from problem


def carry_out(one: AwardImport, report: Callable[[int, int], None]) -> dict[str, Any]:
    """The import itself, inside the caller's transaction; money moves last."""
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:fund, 7))"), {"fund": str(one.fund_id)})
    reading = _reading(one, Mapping.from_json(one.mapping))
    service.keep(one, reading)
    if reading.refused_rows:
        lifecycle.fire("refuse_import", one, None, refused=reading.refused_rows)
        return {"refused": reading.refused_rows}
    total = Money(sum(grant.amount.minor for grant in reading.new), one.currency)
    steps = _Steps(2 * len(reading.new), report)
    if reading.new:
        call, commission = service.archive(one.fund)
        document, booked = f"{one.filename[:60]} {one.sha256[:16]}", service.in_open_books(one.fund)
        credit = service.yearly(one.fund, [(booked(grant.awarded_on), grant.amount) for grant in reading.new])
        service.endow(one.fund, call, commission, credit, document)
        awards = service.make_awards(one, reading, call, commission, lambda _: steps.say())
    lifecycle.fire("finish_import", one, None, imported=len(reading.new), known=reading.known, total=total.minor)
    one.finished_at = now()
    if reading.new:
        days = {award.id: booked(award.awarded_on) for award in awards}
        _move_money(one, credit, document, sorted(awards, key=lambda award: days[award.id]), days, steps)
    steps.say(last=True)
    return {"imported": len(reading.new), "known": reading.known}


def _move_money(
    one: AwardImport,
    credit: Sequence[tuple[date, Money]],
    document: str,
    awards: Sequence[Award],
    days: ReadOnly[UUID, date],
    steps: "_Steps",
) -> None:
    """Endow and allocate each year's total, then reserve and commit each award, dated by its day. Nothing is paid."""
    fund, officer = one.fund_id, one.officer
    reason = f"Import {one.filename} (SHA-256 {one.sha256})"

    def move(kind: Kind, document: str, day: date, *lines: Line) -> None:
        key = key_for("import", kind, one.id, document)
        post(fund, kind, lines, actor=officer, key=key, document=document, reason=reason, value_date=day)

    call = Place.call(awards[0].call_id)
    theme = Place.commission(awards[0].call_id, awards[0].commission_id)
    for day, total in credit:
        paper = f"{document} {day.year}"
        move(Kind.ENDOW, paper, day, Line(Place.source(), Place.available(), total))
        move(Kind.ALLOCATE_CALL, paper, day, Line(Place.available(), call, total))
        move(Kind.ALLOCATE_COMMISSION, paper, day, Line(call, theme, total))
    for lot in _lots(awards, days):
        day = days[lot[0].id]
        paper = lot[0].number if len(lot) == 1 else f"{lot[0].number} – {lot[-1].number}"
        held = [(Place.reserved(*_where(one)), Place.committed(*_where(one)), one.amount) for one in lot]
        move(Kind.RESERVE, paper, day, *(Line(theme, reserved, amount) for reserved, _, amount in held))
        move(Kind.COMMIT, paper, day, *(Line(reserved, committed, amount) for reserved, committed, amount in held))
        steps.done += 2 * len(lot)
        steps.say()


def _lots(awards: Sequence[Award], days: ReadOnly[UUID, date]) -> Iterator[Sequence[Award]]:
    """Each award alone, or many of one day together where there are many."""
    size = 1 if len(awards) <= SINGLY else LOT
    for _, same in groupby(awards, key=lambda award: days[award.id]):
        together = list(same)
        for start in range(0, len(together), size):
            yield together[start : start + size]


def _where(award: Award) -> tuple[UUID, UUID, UUID]:
    return award.call_id, award.commission_id, award.id


class _Steps:
    """Says how far it is, a few times a second at most: each time is a commit of its own."""

    def __init__(self, total: int, report: Callable[[int, int], None]) -> None:
        self.done, self.total, self.report = 0, total, report
        self.next = 0.0

    def say(self, last: bool = False) -> None:
        if self.total and (last or time.monotonic() >= self.next):
            self.report(self.done // 2, self.total // 2)
            self.next = time.monotonic() + 0.3


def _whole(id: UUID) -> AwardImport:
    one = db.session.scalars(queries.whole(id), execution_options={"populate_existing": True}).unique().one_or_none()
    if one is None:
        raise Gone("the import is gone")
    return one
