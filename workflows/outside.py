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
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select, text

from config.settings import Settings
from grants.awards.import_kept import MOST, pack_remark
from grants.awards.import_values import months_later
from grants.awards.models import Agreement, AgreementState, Award, Claim, ClaimState, Instalment, InstalmentKind
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Problem, Refused
from grants.core.i18n import N_, N_n
from grants.core.policy import clock_only
from grants.core.sheets.reading import Table, UnreadableFile
from grants.core.storage import storage
from grants.core.types import Money
from grants.funds.models import Fund
from grants.ledger.service import Kind, Place, Stage, key_for, post
from grants.ledger.service import Line as Moved
from grants.payments import outside_queries as queries
from grants.payments import outside_rows as rows
from grants.payments import policy
from grants.payments.models import (
    OUTSIDE_LABELS,
    OutsideEntry,
    OutsideImport,
    OutsideKind,
    OutsideState,
    Receipt,
    Recovery,
    RecoveryState,
)
from grants.payments.outside_rows import Checked
from grants.payments.queries import shares
from grants.people.models import Person
from workflows.claim import lifecycle as claims
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due, Gone, job, promise, report_progress
from workflows.recovery import move_parts, reverse_operations

S, K = OutsideState, OutsideKind
PATH = (  # every payment has gone through these, here or elsewhere
    (Kind.LIQUIDATE, Stage.COMMITTED, Stage.PAYABLE),
    (Kind.ORDER, Stage.PAYABLE, Stage.ORDERED),
    (Kind.REMIT, Stage.ORDERED, Stage.REMITTED),
    (Kind.PAY, Stage.REMITTED, Stage.PAID),
)
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
            _forget(entry)
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
        enter = _recovered if line.kind.comes_back else _paid
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


def _marked(entry: OutsideEntry, award: Award) -> str:
    """The document of its operations: what the bank calls it, and how often it was entered and taken back before."""
    before = select(func.count()).where(
        OutsideEntry.award_id == award.id,
        OutsideEntry.kind == entry.kind,
        OutsideEntry.bank_reference == entry.bank_reference,
    )
    times = db.session.scalar(before) or 0
    name = f"{award.number} {entry.bank_reference or entry.kind.value}"
    return f"{name} ({times + 1})" if times else name


def _reason(entry: OutsideEntry, one: OutsideImport) -> str:
    return " · ".join(part for part in (entry.purpose, f"{one.filename}: {entry.row}", one.sha256[:16]) if part)


# --- a payment ------------------------------------------------------------------------------------------------


def _paid(entry: OutsideEntry, award: Award, one: OutsideImport) -> None:
    agreement = award.agreement or _agreement(award)
    award.agreement = agreement
    instalment = _instalment(agreement, entry)
    claim = Claim(
        instalment=instalment,
        currency=entry.currency,
        claimed_minor=entry.amount_minor,
        statement=entry.purpose,
    )
    db.session.add(claim)
    db.session.flush()
    paid = {
        "accepted_minor": entry.amount_minor,
        "bank_reference": entry.bank_reference or None,
        "value_date": entry.on,
    }
    claims.fire("paid_outside", claim, None, set=paid, file=str(one.id), amount=entry.amount_minor)
    entry.claim_id = claim.id
    grant, document = (award.call_id, award.commission_id, award.id), _marked(entry, award)
    for kind, source, target in PATH:
        start = Place(source, *grant, None if source is Stage.COMMITTED else instalment.id)
        posted = post(
            award.fund_id,
            kind,
            [Moved(start, Place(target, *grant, instalment.id), entry.amount)],
            actor=one.confirmed_by,
            key=key_for("outside", one.id, entry.row, kind),
            document=document,
            reason=_reason(entry, one),
            value_date=entry.on,
        )
        entry.first_op = entry.first_op or posted.no
        entry.last_op = posted.no


def _agreement(award: Award) -> Agreement:
    """Of an award that was imported: in force, all of it still to claim in one balance payment."""
    ends_on = award.ends_on
    if ends_on is None and award.duration_months:
        ends_on = months_later(award.starts_on or award.awarded_on, award.duration_months)
    starts_on = award.starts_on or award.awarded_on
    agreement = Agreement(
        award=award, state=AgreementState.ACTIVE, imported=True, starts_on=starts_on, ends_on=ends_on, instalments=[]
    )
    db.session.add(agreement)
    _add(agreement, award.amount, ends_on or now().date())
    record("agreement.imported", agreement, None, after={"award": award.number})
    return agreement


def _instalment(agreement: Agreement, entry: OutsideEntry) -> Instalment:
    """The one it paid: the next of the plan; where the agreement was imported, the plan gives way to what happened."""
    waiting = queries.unclaimed(agreement)
    paid = waiting[0]
    if not agreement.imported:
        return paid
    left = paid.amount_minor - entry.amount_minor
    paid.amount_minor = entry.amount_minor
    paid.due_on = entry.on
    last = left <= 0 and sum(one.amount_minor for one in waiting[1:]) + left == 0
    paid.kind = InstalmentKind.PREFINANCING if entry.kind is K.ADVANCE else _costs(last)
    paid.percent = _percent(agreement.award, paid.amount_minor)
    if left > 0 and waiting[1:]:
        waiting[-1].amount_minor += left
    elif left > 0:
        _add(agreement, Money(left, entry.currency), agreement.ends_on or now().date())
    for one in waiting[1:] if left < 0 else ():
        part = min(one.amount_minor, -left)
        left += part
        if one.amount_minor == part:
            agreement.instalments.remove(one)
            db.session.delete(one)
        else:
            one.amount_minor -= part
    db.session.flush()
    return paid


def _costs(last: bool) -> InstalmentKind:
    return InstalmentKind.BALANCE if last else InstalmentKind.INTERIM


def _add(agreement: Agreement, amount: Money, due_on: date) -> None:
    position = max((one.position for one in agreement.instalments), default=0) + 1
    agreement.instalments.append(
        Instalment(
            position=position,
            kind=InstalmentKind.BALANCE,
            percent=_percent(agreement.award, amount.minor),
            currency=amount.currency,
            amount_minor=amount.minor,
            due_on=due_on,
            claims=[],
        )
    )
    db.session.flush()


def _percent(award: Award, minor: int) -> int:
    """The share of the award, to the nearest whole percent; the amount is what counts."""
    return min(max((200 * minor + award.amount_minor) // (2 * award.amount_minor), 1), 100)


# --- what came back -------------------------------------------------------------------------------------------


def _recovered(entry: OutsideEntry, award: Award, one: OutsideImport) -> None:
    """A recovery order, its notice and its collection, all done elsewhere on that day."""
    confirmed = one.confirmed_by
    assert confirmed is not None  # noqa: S101 - a CHECK says so
    reason, document = _reason(entry, one), _marked(entry, award)
    recovery = Recovery(
        fund_id=award.fund_id,
        award_id=award.id,
        number=f"OE-{document}",
        state=RecoveryState.COLLECTED,
        currency=entry.currency,
        amount_minor=entry.amount_minor,
        received_minor=entry.amount_minor,
        reason=entry.purpose or entry.bank_reference or one.filename,
        established_by_id=one.officer_id,
        due_on=entry.on,
    )
    db.session.add(recovery)
    db.session.flush()
    entry.recovery_id = recovery.id
    record("recovery.collected_outside", recovery, confirmed, after={"amount": entry.amount_minor})
    parts = _parts(award, entry.amount_minor, entry.on)
    claimed = move_parts(
        award, Kind.CLAIM, Stage.PAID, Stage.TO_RECOVER, parts, confirmed,
        document=document, reason=reason, value_date=entry.on,
    )  # fmt: skip
    received = move_parts(
        award, Kind.RECOVER, Stage.TO_RECOVER, Stage.RECOVERED, parts, confirmed,
        document=document, reason=reason, value_date=entry.on,
    )  # fmt: skip
    entry.first_op, entry.last_op = claimed, received
    db.session.add(
        Receipt(
            fund_id=award.fund_id,
            recovery_id=recovery.id,
            currency=entry.currency,
            amount_minor=entry.amount_minor,
            bank_reference=document,
            value_date=entry.on,
            op=received,
            recorded_by_id=confirmed.id,
        )
    )
    db.session.flush()


def _parts(award: Award, amount: int, on: date) -> Sequence[tuple[UUID, int]]:
    """What had been paid last by that day comes back first; then, if that is not enough, what was paid after."""
    held = shares(award)
    found = select(Claim.instalment_id).join(Claim.instalment).join(Instalment.agreement)
    early = set(db.session.scalars(found.where(Agreement.award_id == award.id, Claim.value_date <= on)))
    first, taken = [one for one in reversed(held.instalments) if one in early], []
    for one in (*first, *(one for one in reversed(held.instalments) if one not in early)):
        part = min(amount, held.minor.get((one, str(Stage.PAID)), 0))
        if part > 0:
            taken.append((one, part))
            amount -= part
    return taken


def _forget(entry: OutsideEntry) -> None:
    """What it made beside the ledger is gone; the entry and the events say that it was there."""
    claim_id, recovery_id = entry.claim_id, entry.recovery_id
    entry.claim_id, entry.recovery_id, entry.undone_at = None, None, now()
    db.session.flush()
    if claim_id:
        db.session.delete(db.session.get_one(Claim, claim_id))
    if recovery_id:
        for receipt in db.session.scalars(select(Receipt).where(Receipt.recovery_id == recovery_id)):
            db.session.delete(receipt)
        db.session.flush()
        db.session.delete(db.session.get_one(Recovery, recovery_id))
    db.session.flush()
