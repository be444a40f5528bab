"""Batches: approved orders gathered, posted to the ledger as remitted, then told to the bank by one list.

The job does all of it in one transaction: the accounts are looked at again, every order is remitted, the ledger is
asked what it posted, both files are written and kept under their SHA-256. Killed at any point, nothing has happened
and the next attempt does it; done, nothing is left to do. The files are never written a second time.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from grants.awards import policy as award_policy
from grants.awards.import_kept import pack
from grants.awards.models import ClaimState
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Problem, Refused
from grants.core.i18n import N_
from grants.core.policy import clock_only
from grants.core.storage import storage
from grants.funds.models import Fund
from grants.ledger.service import Kind, Stage
from grants.payments import policy, queries
from grants.payments.models import BATCH_LABELS, BatchState, PayingAccount, PaymentBatch, PaymentOrder
from grants.payments.transfers import USUAL, What, why_unpayable, write
from grants.people.models import Person
from grants.profiles import bank
from workflows import recovery
from workflows.claim import lifecycle as claims
from workflows.claim import move
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due, Gone, job, promise, report_progress

S = BatchState

lifecycle = Lifecycle(
    "payment_batch",
    BATCH_LABELS,
    [
        Move("remit", frozenset({S.OPEN}), S.SENDING, policy.run_batch, N_("Send to the bank")),
        Move("write_list", frozenset({S.SENDING}), S.WRITTEN, clock_only, N_("Write the transfer list")),
        Move("give_batch_up", frozenset({S.SENDING}), S.ABANDONED, clock_only, N_("Nothing could be sent")),
        Move("abandon_batch", frozenset({S.OPEN}), S.ABANDONED, policy.run_batch, N_("Give the batch up")),
    ],
)


# --- the fund's own account -----------------------------------------------------------------------------------


def give_paying_account(
    fund: Fund, *, bank_name: str, holder: str, country: str, number: str, actor: Person
) -> PayingAccount:
    """An account the fund pays from, with the usual columns. Raises Refused for what cannot be an account."""
    checked = bank.check(number, country)
    if checked.wrong:
        raise Refused(checked.wrong)
    with transaction():
        policy.open_batch.require(actor, fund)
        found = select(PayingAccount).where(
            PayingAccount.fund_id == fund.id, PayingAccount.country == country, PayingAccount.number == checked.number
        )
        if again := db.session.scalars(found).one_or_none():
            return again
        account = PayingAccount(
            fund_id=fund.id,
            bank=bank_name,
            holder=holder,
            country=country,
            currency=fund.currency,
            number=checked.number,
            ending=checked.number[-4:],
            columns=USUAL,
            given_by_id=actor.id,
        )
        db.session.add(account)
        db.session.flush()
        record("paying_account.give", account, actor, after={"ending": account.ending, "fund": fund.code})
        return account


def set_columns(
    account: PayingAccount,
    columns: Sequence[tuple[What, str]],
    separator: str,
    decimal_mark: str,
    version: int | None,
    *,
    actor: Person,
) -> None:
    """What its bank wants in a transfer list, from the next one on."""
    with transaction():
        policy.keep_account.require(actor, account)
        expect(account, version)
        needed = {What.ACCOUNT, What.AMOUNT, What.HOLDER}
        if not needed <= {what for what, _ in columns}:
            raise Refused(N_("A transfer list needs at least the holder, the account number and the amount."))
        if separator == decimal_mark:
            raise Refused(N_("Separate the columns by another mark than the decimals."))
        before = {"columns": account.columns, "separator": account.separator, "decimal_mark": account.decimal_mark}
        account.columns = [[what.value, heading] for what, heading in columns]
        account.separator, account.decimal_mark = separator, decimal_mark
        record("paying_account.columns", account, actor, before=before, after={"columns": account.columns})


# --- gathering ------------------------------------------------------------------------------------------------


def gather(
    fund: Fund, account: PayingAccount, order_ids: Iterable[UUID], execute_on: date, *, actor: Person
) -> PaymentBatch:
    """A new batch of these approved orders. Raises Refused or Forbidden for the first that may not be in it."""
    with transaction():
        policy.open_batch.require(actor, fund)
        if account.fund_id != fund.id:
            raise Refused(N_("This account belongs to another fund."))
        wanted = list(dict.fromkeys(order_ids))
        if not wanted:
            raise Refused(N_("Choose at least one approved order."))
        db.session.execute(select(Fund.id).where(Fund.id == fund.id).with_for_update(key_share=True))
        orders = queries.whole_orders(PaymentOrder.id.in_(wanted), PaymentOrder.fund_id == fund.id)
        for order in orders:
            lock(order, "batch_id", "ended_at")
            db.session.refresh(order.claim, ["state"])
            _require_gatherable(order, actor)
        if len(orders) != len(wanted):
            raise Refused(N_("One of these orders is not of this fund."))
        last = select(func.coalesce(func.max(PaymentBatch.number), 0)).where(PaymentBatch.fund_id == fund.id)
        batch = PaymentBatch(
            fund_id=fund.id,
            account_id=account.id,
            number=(db.session.scalar(last) or 0) + 1,
            currency=fund.currency,
            execute_on=execute_on,
            made_by_id=actor.id,
        )
        db.session.add(batch)
        db.session.flush()
        for position, order in enumerate(sorted(orders, key=lambda one: one.number), 1):
            order.batch_id, order.position, order.set_aside = batch.id, position, None
        record("payment_batch.gather", batch, actor, after={"number": batch.number, "orders": len(orders)})
        return batch


def _require_gatherable(order: PaymentOrder, actor: Person) -> None:
    if order.batch_id is not None or order.ended_at is not None or order.claim.state != ClaimState.APPROVED:
        raise Refused(N_("Order %(number)s is in another batch, or no longer approved.", number=order.number))
    award_policy.pay.require(actor, order.claim)
    if why := why_unpayable(order):
        raise Refused(why, N_("Return the order: it is ordered again to the account that is verified now."))


def leave_out(order: PaymentOrder, *, actor: Person) -> None:
    """Take an order out of a batch that is still open: it waits for another one."""
    with transaction():
        batch = queries.whole_batch(order.batch_id) if order.batch_id else None
        if batch is None:
            return
        policy.run_batch.require(actor, batch)
        lock(batch, "state")
        lock(order, "batch_id")
        if batch.state != S.OPEN or order.batch_id != batch.id:
            raise Refused(N_("This batch has been sent: its orders stay in it."))
        order.batch_id = order.position = None
        record("payment_batch.leave_out", batch, actor, after={"order": order.number})


def abandon_batch(batch: PaymentBatch, *, actor: Person) -> None:
    """Its orders wait for another batch."""
    with transaction():
        if lifecycle.fire("abandon_batch", batch, actor):
            for order in queries.lines(batch.id):
                order.batch_id = order.position = None


def remit(batch: PaymentBatch, *, actor: Person) -> None:
    """Send the batch: the job remits every order in the ledger, then writes the list."""
    with transaction():
        lock(batch, "state")
        if batch.state == S.OPEN:
            orders = queries.lines(batch.id)
            if not orders:
                raise Refused(N_("This batch is empty."))
            for order in orders:
                award_policy.pay.require(actor, order.claim)
        if lifecycle.fire("remit", batch, actor, set={"remitted_by_id": actor.id}):
            batch.promise_id = promise(remit_batch, batch)


# --- what the worker does -------------------------------------------------------------------------------------


@job(queue="work", timeout=1800)
def remit_batch(due: Due) -> dict[str, Any]:
    """All orders and the list, in one transaction."""
    batch = queries.whole_batch(due.subject_id)
    if batch is None or batch.state != S.SENDING:
        raise Gone("the batch is no longer being sent")
    try:
        return carry_out(batch, due.id)
    except Problem as problem:  # the ledger was busy: try again, nothing has been written
        raise RuntimeError(str(problem)) from problem


def carry_out(batch: PaymentBatch, progress: UUID) -> dict[str, Any]:
    """Remit and write, inside the caller's transaction; money moves last but for the files, which need its sum."""
    lock(batch, "state")
    payer = db.session.scalars(
        select(Person).where(Person.id == batch.remitted_by_id).options(selectinload(Person.appointments))
    ).one()
    going: list[PaymentOrder] = []
    found = queries.whole_orders(PaymentOrder.batch_id == batch.id)
    for order in found:
        lock(order.claim, "state")
        why = why_unpayable(order) or award_policy.pay.why_not(payer, order.claim)
        if why or order.claim.state != ClaimState.APPROVED:
            order.batch_id = order.position = None
            order.set_aside = pack(why or N_("The order is no longer approved."))
            continue
        claims.fire("remit_order", order.claim, payer, set={"remitted_by_id": payer.id}, batch=batch.number)
        order.offset_minor = recovery.keep_back(order)
        going.append(order)
    if not going:
        lifecycle.fire("give_batch_up", batch, None)
        return {"orders": 0}
    db.session.flush()
    for n, order in enumerate(going, 1):
        move(order.claim, Kind.REMIT, Stage.ORDERED, Stage.REMITTED, payer, document=order.number)
        if n % 10 == 0 or n == len(going):
            report_progress(progress, n, len(going))
    _write_list(batch, sorted(going, key=lambda one: one.position or 0))
    return {"orders": len(going), "set_aside": len(found) - len(going)}


def _write_list(batch: PaymentBatch, orders: Sequence[PaymentOrder]) -> None:
    """Both files, kept for ever, and the control sum: lines, what they add up to, what the ledger says."""
    made = write(orders, batch.account, batch.execute_on, batch.fund.cluster.zone)
    posted = queries.remitted_total(batch.fund_id, [one.number for one in orders])
    kept_back = sum(one.offset_minor for one in orders)
    if made.total.minor != posted - kept_back:
        raise RuntimeError(f"batch {batch.number}: lines {made.total.minor}, ledger {posted} less {kept_back}")
    store = storage(current_app.extensions["settings"])
    written = {
        "written_at": now(),
        "lines": made.lines,
        "total_minor": made.total.minor,
        "ledger_minor": posted - kept_back,
        "csv_sha256": store.keep(made.csv),
        "csv_size": len(made.csv),
        "xlsx_sha256": store.keep(made.xlsx),
        "xlsx_size": len(made.xlsx),
    }
    lifecycle.fire("write_list", batch, None, set=written, lines=made.lines, total=made.total.minor)
