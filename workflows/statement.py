"""A bank statement: received, its columns said once, its lines matched with payments by a person, its balances
checked against the ledger every night.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from config.settings import Settings
from grants.awards.models import ClaimState
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.core.storage import storage
from grants.core.types import Money
from grants.funds.models import Fund
from grants.funds.queries import serving
from grants.payments import policy, queries, statements
from grants.payments.models import PayingAccount, PaymentOrder, Statement, StatementLine, Use
from grants.payments.statements import Columns
from grants.people.models import Person, Role
from workflows import payment
from workflows.letters import Letter, address, letter
from workflows.outbox import Due, Owed, job, promise, promise_all
from workflows.schedule import every_tick

MOST_ROWS = 20_000


def receive(
    account: PayingAccount,
    filename: str,
    content: bytes,
    *,
    opening: tuple[Money, date],
    closing: tuple[Money, date],
    actor: Person,
) -> tuple[Statement, bool]:
    """Keep the file and read its lines with the columns known for this account; without them it waits for a person.

    Answers with the statement, and whether this very file was there already. Raises UnreadableFile with the reason.
    """
    policy.keep_account.require(actor, account)
    digest = hashlib.sha256(content).hexdigest()
    known = select(Statement).where(Statement.account_id == account.id, Statement.sha256 == digest)
    if before := db.session.scalars(known).one_or_none():
        return before, True
    if closing[1] < opening[1]:
        raise Refused(N_("The statement ends before it begins: look at its two days."))
    table = _table(content)
    storage(_settings()).keep(content)
    with transaction():
        lock(account)  # of two who bring one file at once, the second finds it
        if before := db.session.scalars(known).one_or_none():
            return before, True
        made = Statement(
            account=account,
            filename=filename[-200:],
            size=len(content),
            sha256=digest,
            imported_by_id=actor.id,
            currency=account.currency,
            opening_minor=opening[0].minor,
            opening_on=opening[1],
            closing_minor=closing[0].minor,
            closing_on=closing[1],
            shape={
                "headings": list(table.headings),
                "examples": [_examples(table, at) for at in range(len(table.headings))],
            },
        )
        db.session.add(made)
        db.session.flush()
        record("bank_statement.receive", made, actor, after={"filename": made.filename, "sha256": digest})
        columns = Columns.from_json(account.statement_columns or {})
        if columns.suit(table.headings):
            _read(made, table, columns, actor)
    return made, False


def say_columns(statement: Statement, columns: Columns, *, actor: Person) -> None:
    """A person says which column holds what; it is kept for the next statements of the account."""
    with transaction():
        policy.work_statement.require(actor, statement)
        lock(statement, "read_at")
        if statement.read_at is not None:
            raise Refused(N_("The lines of this statement have been read already."))
        if columns.missing:
            raise Refused(columns.missing)
        table = _table(b"".join(storage(_settings()).read(statement.sha256)))
        if not columns.suit(table.headings):
            raise Refused(N_("One of these columns is not in the file."))
        statement.account.statement_columns = columns.as_json()
        _read(statement, table, columns, actor)


def _read(statement: Statement, table: Any, columns: Columns, actor: Person) -> None:
    found = statements.lines(table, columns, statement.currency)
    if not found:
        raise Refused(N_("No line of this file holds a day and an amount: look at the columns."))
    prints = statements.fingerprints(statement.account_id, found)
    there = select(StatementLine.fingerprint).where(
        StatementLine.account_id == statement.account_id, StatementLine.fingerprint.in_(prints)
    )
    known = set(db.session.scalars(there))
    for position, (one, fingerprint) in enumerate(zip(found, prints, strict=True), 1):
        if fingerprint not in known:
            db.session.add(
                StatementLine(
                    statement_id=statement.id,
                    account_id=statement.account_id,
                    position=position,
                    booked_on=one.booked_on,
                    currency=statement.currency,
                    amount_minor=one.minor,
                    reference=one.reference,
                    label=one.label,
                    rib=one.rib,
                    fingerprint=fingerprint,
                )
            )
    statement.read_at, statement.known = now(), len(known)
    record("bank_statement.read", statement, actor, after={"lines": len(found), "known": len(known)})
    _check_soon(statement)


# --- what each line is ----------------------------------------------------------------------------------------


def confirm(statement: Statement, chosen: Mapping[UUID, UUID | None], *, actor: Person) -> int:
    """What a person confirmed: line to order, None for a movement that is no payment of ours. Answers how many.

    Money that left pays the order, or tells of a payment typed before; money that came is a payment returned. All of
    it or, at the first that is refused, nothing.
    """
    with transaction():
        policy.work_statement.require(actor, statement)
        lines = [one for one in queries.statement_lines(statement.id) if one.id in chosen]
        if len(lines) != len(chosen):
            raise Refused(N_("One of these lines is not of this statement."))
        done = 0
        for line in lines:  # in their order, so that two who confirm wait for one another and not each for the other
            order_id = chosen[line.id]
            lock(line, "used_as", "order_id")
            if line.used_as is not None:
                if line.order_id == order_id:
                    continue
                raise Refused(N_("This line of the statement was used already: a line serves once."))
            if order_id is None:
                line.used_as, line.used_by_id = Use.OTHER, actor.id
            else:
                _use(line, order_id, statement, actor)
            record("bank_statement.use_line", statement, actor, after={"line": line.position, "as": line.used_as})
            done += 1
        if done:
            _check_soon(statement)
        return done


def _use(line: StatementLine, order_id: UUID, statement: Statement, actor: Person) -> None:
    found = queries.whole_orders(PaymentOrder.id == order_id)
    if not found or found[0].batch is None or found[0].batch.account_id != statement.account_id:
        raise Refused(N_("This payment was not made from the account of the statement."))
    order = found[0]
    lock(order.claim, "state")
    db.session.refresh(order, ["ended_at"])
    if order.ended_at is not None:
        raise Refused(
            N_("Order %(number)s has ended: the money came back.", number=order.number),
            N_("Open the page again: another order may have taken its place."),
        )
    if order.net != line.absolute:
        raise Refused(
            N_(
                "Line %(line)s is about %(said)s, order %(number)s about %(amount)s.",
                line=line.position,
                said=line.absolute,
                number=order.number,
                amount=order.net,
            )
        )
    use = Use.PAYMENT if line.is_debit else Use.RETURN
    if queries.lines_about(order.id, use):
        raise Refused(N_("Another line of a statement tells of order %(number)s already.", number=order.number))
    line.used_as, line.order_id, line.used_by_id = use, order.id, actor.id
    if use is Use.RETURN:
        payment.return_payment(order.claim, line.label or line.reference, line.booked_on, actor=actor)
    elif order.claim.state == ClaimState.REMITTED:
        payment.pay(order.claim, line.reference or line.label[:64], line.booked_on, actor=actor)
    elif order.claim.state != ClaimState.PAID:
        raise Refused(N_("Order %(number)s is not at the bank.", number=order.number))


def release_line(statement: Statement, line_id: UUID, *, actor: Person) -> None:
    """A line said to be no payment of ours is looked at again."""
    with transaction():
        policy.work_statement.require(actor, statement)
        line = next((one for one in queries.statement_lines(statement.id) if one.id == line_id), None)
        if line is None or line.used_as != Use.OTHER:
            raise Refused(N_("Only a line that is no payment can be looked at again."))
        line.used_as = line.used_by_id = None
        record("bank_statement.release_line", statement, actor, after={"line": line.position})
        _check_soon(statement)


# --- every night ----------------------------------------------------------------------------------------------


def _check_soon(statement: Statement) -> None:
    promise(check_statement, statement, slot=f"{now():%Y-%m-%dT%H:%M:%S.%f}", tell=False)


@every_tick
def check_statements() -> int:
    """Promise tonight's check of every statement read; answers how many were new."""
    with transaction():
        read = db.session.scalars(select(Statement.id).where(Statement.read_at.is_not(None)))
        return promise_all(check_statement, [Owed(one, slot=f"{now():%Y-%m-%d}", args={"tell": True}) for one in read])


@job(queue="work", timeout=60)
def check_statement(due: Due) -> dict[str, Any]:
    """Closing balance less what the ledger explains, kept on the statement; a difference is written to accountants."""
    statement = db.session.scalars(_whole(due.subject_id)).unique().one()
    lock(statement, "difference_minor")
    difference = difference_of(statement)
    statement.checked_at, statement.difference_minor = now(), difference.minor
    if difference.minor and due.args["tell"]:
        fund = statement.account.fund
        for person in serving(fund, Role.ACCOUNTANT):
            promise(tell_of_difference, statement, person, slot=f"{difference.minor}")
    return {"difference": difference.minor}


def difference_of(statement: Statement) -> Money:
    """Closing balance, less: the first opening balance of the account, less what the ledger paid since, plus every
    movement that is no payment of ours. Lines that nobody has looked at make a difference, as they should."""
    first = db.session.scalars(
        select(Statement)
        .where(Statement.account_id == statement.account_id, Statement.read_at.is_not(None))
        .order_by(Statement.opening_on, Statement.created_at)
        .limit(1)
    ).one()
    since, until = first.opening_on, statement.closing_on
    others = select(func.coalesce(func.sum(StatementLine.amount_minor), 0)).where(
        StatementLine.account_id == statement.account_id,
        StatementLine.used_as == Use.OTHER,
        StatementLine.booked_on >= since,
        StatementLine.booked_on <= until,
    )
    paid = queries.net_paid(statement.account, since, until)
    explained = statements.explained(first.opening, paid, int(db.session.scalar(others) or 0))
    closing: Money = statement.closing
    return closing - explained


@letter
def tell_of_difference(due: Due) -> Letter | None:
    """`promise(tell_of_difference, statement, accountant, slot=difference)`: while it is still that difference."""
    statement = db.session.scalars(_whole(due.subject_id)).unique().one()
    if str(statement.difference_minor) != due.slot:
        return None
    fund: Fund = statement.account.fund
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("The bank and the ledger of %(fund)s differ", fund=fund.code),
        paragraphs=[
            N_("The closing balance of a bank statement is not what the ledger explains. Look at its unmatched lines.")
        ],
        facts=[
            (N_("Statement"), statement.filename),
            (N_("Closing balance"), statement.closing),
            (N_("Difference"), statement.difference),
        ],
        action=(N_("Open the statement"), address("finance.statement", id=statement.id)),
        cluster=fund.cluster,
    )


def _whole(id: UUID) -> Any:
    account = joinedload(Statement.account)
    return (
        select(Statement)
        .where(Statement.id == id)
        .options(account.joinedload(PayingAccount.fund).joinedload(Fund.cluster))
    )


def _table(content: bytes) -> Any:
    return statements.read_file(content, rows=MOST_ROWS, size=_settings().upload_limit_mb * 1_000_000)


def _examples(table: Any, at: int) -> list[str]:
    said = (row.cells[at] for row in table.rows[:20])
    return [str(cell)[:40] for cell in said if cell not in (None, "")][:2]


def _settings() -> Settings:
    return current_app.extensions["settings"]  # type: ignore[no-any-return]
