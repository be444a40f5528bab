"""What was paid and recovered elsewhere: a file of lines, tried against the books, confirmed by a second person, then
entered by one job, all of it or nothing.

one, again = receive(fund, "payments.xlsx", content, actor=manager)   again: this very file is in the books already
confirm(one, actor=accountant)                                        the job; its progress is that of its promise
undo(one, reason, actor=accountant)                                   contra-entries, line by line

A payment made elsewhere is a claim that was paid elsewhere, on an instalment of the agreement; an award that was
imported gets its agreement with the first one. So everything that reads claims and instalments sees it: what is left to
claim, the pre-financing to clear, the dossier, the Excel ledger.
"""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select, text

from config.settings import Settings
from grants.awards.import_kept import MOST, pack_remark
from grants.awards.models import Agreement, Award, Claim, ClaimState, Instalment
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Problem, Refused
from grants.core.i18n import N_, N_n
from grants.core.policy import clock_only
from grants.core.sheets.reading import Table, UnreadableFile
from grants.core.storage import storage
from grants.funds.models import Fund
from grants.payments import outside_queries as queries
from grants.payments import outside_rows as rows
from grants.payments import policy
from grants.payments.models import (
    OUTSIDE_LABELS,
    OutsideEntry,
    OutsideImport,
    OutsideState,
)
from grants.payments.outside_rows import Checked
from grants.people.models import Person
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due, Gone, job, promise, report_progress
from workflows.outside_entry import forget, pay, recover
from workflows.recovery import reverse_operations

S = OutsideState
FOLLOWED = frozenset(ClaimState) - {ClaimState.DRAFT, ClaimState.REJECTED, ClaimState.OUTSIDE}

lifecycle = Lifecycle(
    "outside_import",
    OUTSIDE_LABELS,
    [
        Move("confirm_outside", frozenset({S.CHECKED}), S.QUEUED, policy.confirm_outside, N_("Enter all")),
        Move("finish_outside", frozenset({S.QUEUED}), S.DONE, clock_only, N_("Entered")),
        Move("refuse_outside", frozenset({S.QUEUED}), S.REFUSED, clock_only, N_("Refused")),
        Move("undo_outside", frozenset({S.DONE}), S.UNDONE, policy.undo_outside, N_("Take back"), why=True),
    ],
)


# --- what people do -------------------------------------------------------------------------------------------


def receive(fund: Fund, filename: str, content: bytes, *, actor: Person) -> tuple[OutsideImport, bool]:
    """Keep the file and try its lines. Answers with it, and whether this very file is in the books already.

    Raises UnreadableFile with the reason, and then keeps nothing.
    """
    policy.bring_outside.require(actor, fund)
    digest = hashlib.sha256(content).hexdigest()
    if before := queries.entered_before(fund.id, digest):
        return before, True
    checked = _tried(fund, _table(content))
    storage(_settings()).keep(content)
    with transaction():
        one = OutsideImport(
            fund=fund,
            officer=actor,
            state=S.CHECKED,
            filename=filename[-200:],
            size=len(content),
            sha256=digest,
            currency=fund.currency,
        )
        _keep(one, checked)
        db.session.add(one)
        db.session.flush()
        record("outside_import.receive", one, actor, after={"filename": one.filename, "sha256": digest})
    return one, False


def confirm(one: OutsideImport, *, actor: Person) -> None:
    """Enter every line. Raises Refused while one is refused or none would be new."""
    with transaction():
        lock(one, "state", "tries", "refused_rows", "known_rows", "rows", "promise_id")
        if one.state == S.CHECKED:
            if one.refused_rows:
                raise Refused(
                    N_n(
                        "%(n)s line is refused, so nothing is entered.",
                        "%(n)s lines are refused, so nothing is entered.",
                        one.refused_rows,
                    ),
                    N_("Correct the file and send it again."),
                )
            if one.known_rows >= one.rows:
                raise Refused(N_("Every line of this file is in the books already. There is nothing to enter."))
            policy.confirm_outside.require(actor, one)
            one.tries += 1
            one.promise_id = promise(enter_outside, one, slot=f"try {one.tries}")
        lifecycle.fire("confirm_outside", one, actor, set={"confirmed_by_id": actor.id})


def undo(one: OutsideImport, reason: str, *, actor: Person) -> None:
    """Take every line back by contra-entries, the last one first.

    Raises Refused once claims were reckoned with them; NotEnough when money has moved on since.
    """
    with transaction():
        lock(one, "state")
        entries = list(queries.entries(one)) if one.state == S.DONE else []
        for entry in entries:
            if _followed(entry.award_id):
                raise Refused(
                    N_("A claim of %(number)s was made here since, and reckons with it.", number=entry.award.number),
                    N_("Correct what is wrong with that agreement itself: by a recovery, or a reversal of a payment."),
                )
        told = {"undone_by_id": actor.id, "undo_reason": reason}
        if not lifecycle.fire("undo_outside", one, actor, reason=reason, set=told, lines=len(entries)):
            return
        operations: list[int] = []
        for entry in reversed(entries):
            operations += range(entry.last_op, entry.first_op - 1, -1)
            forget(entry)
        reverse_operations(one.fund_id, operations, reason, actor)


def _followed(award_id: UUID) -> bool:
    """Whether a claim of this award has been submitted here."""
    found = select(Claim.id).join(Claim.instalment).join(Instalment.agreement)
    return (
        db.session.scalar(found.where(Agreement.award_id == award_id, Claim.state.in_(FOLLOWED)).limit(1)) is not None
    )


def _settings() -> Settings:
    return current_app.extensions["settings"]  # type: ignore[no-any-return]


def _table(content: bytes) -> Table:
    return rows.read_file(content, _settings().upload_limit_mb * 1_000_000)


def _tried(fund: Fund, table: Table) -> Checked:
    today = now().astimezone(fund.cluster.zone).date()
    return rows.check(table, queries.ground(fund, rows.references(table), today))


def _keep(one: OutsideImport, checked: Checked) -> None:
    """Write what was found beside the file."""
    one.rows, one.known_rows, one.refused_rows = checked.rows, checked.known, checked.refused_rows
    one.remarks = [pack_remark(remark) for remark in checked.remarks[:MOST]]
    one.lines = [
        [line.row, line.number, str(line.kind), line.on.isoformat(), line.amount.minor, line.reference, line.purpose]
        for line in checked.lines
    ]
    one.paid_minor, one.recovered_minor = checked.total(back=False), checked.total(back=True)


# --- what the worker does -------------------------------------------------------------------------------------


@job(queue="work", timeout=900)
def enter_outside(due: Due) -> dict[str, Any]:
    """All lines or none, in one transaction; the state says which when it is over."""
    one = db.session.scalars(queries.whole(due.subject_id)).unique().one_or_none()
    if one is None or one.state != S.QUEUED:
        raise Gone("the file is no longer waiting")
    try:
        return carry_out(one, lambda done, total: report_progress(due.id, done, total))
    except (UnreadableFile, Problem) as problem:  # the ledger was busy, or somebody moved: nothing has been written
        raise RuntimeError(str(problem)) from problem


def carry_out(one: OutsideImport, report: Callable[[int, int], None]) -> dict[str, Any]:
    """The entries themselves, inside the caller's transaction; the books are looked at again first."""
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:fund, 8))"), {"fund": str(one.fund_id)})
    table = _table(b"".join(storage(_settings()).read(one.sha256)))
    awards = _locked(one.fund_id, rows.references(table))
    checked = _tried(one.fund, table)
    _keep(one, checked)
    if checked.refused_rows:
        lifecycle.fire("refuse_outside", one, None, refused=checked.refused_rows)
        return {"refused": checked.refused_rows}
    done = {"finished_at": now()}
    lifecycle.fire("finish_outside", one, None, set=done, entered=len(checked.lines), known=checked.known)
    steps, entries = len(checked.lines), []
    for n, line in enumerate(checked.lines, 1):
        entry = OutsideEntry(
            import_id=one.id,
            fund_id=one.fund_id,
            award_id=line.award_id,
            row=line.row,
            kind=line.kind,
            on=line.on,
            currency=line.amount.currency,
            amount_minor=line.amount.minor,
            bank_reference=line.reference,
            purpose=line.purpose,
        )
        enter = recover if line.kind.comes_back else pay
        enter(entry, awards[line.award_id], one)
        entries.append(entry)
        if n % 20 == 0 or n == steps:
            report(n, steps)
    db.session.add_all(entries)
    db.session.flush()
    return {"entered": len(entries), "known": checked.known}


def _locked(fund_id: UUID, references: set[str]) -> dict[UUID, Award]:
    """The awards that the file names, with their instalments, so that no claim begins from here on."""
    named = select(Award).where(Award.fund_id == fund_id, queries.named(references))
    awards = {one.id: one for one in db.session.scalars(named.order_by(Award.id).with_for_update(key_share=True))}
    planned = select(Instalment.id).join(Instalment.agreement).where(Agreement.award_id.in_(awards))
    db.session.execute(planned.order_by(Instalment.id).with_for_update(of=Instalment))
    return awards
