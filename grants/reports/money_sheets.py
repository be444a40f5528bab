"""The sheets of the Excel ledger that show what stands behind its figures: invoices, payment orders, recovery orders.

Each lists the rows of the grants chosen; with days chosen, those whose own day is one of them: the day of an invoice,
of an order, of a recovery. The sheet of checks sets its totals beside what the database adds up of the same rows.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Date, SQLColumnExpression, cast, func, select
from sqlalchemy.orm import aliased

from grants.applications.models import BudgetLine
from grants.awards.models import (
    CLAIM_LABELS,
    VERDICT_LABELS,
    Agreement,
    Award,
    Claim,
    ClaimState,
    Instalment,
    Invoice,
)
from grants.core.db import db
from grants.core.i18n import N_, Text, Words, plain
from grants.core.sheets.writing import Column, Kind, Value
from grants.core.types import Money
from grants.payments.models import RECOVERY_LABELS, PaymentBatch, PaymentOrder, Recovery
from grants.people.models import Organisation
from grants.reports.register import of_awards
from grants.reports.sheets import Check, Making

Amounts = Mapping[str, tuple[Text, SQLColumnExpression[Any]]]  # heading, and what the database adds up
STEP = 2_000  # rows read at once


def invoices(job: Making) -> list[Check]:
    """One row per invoice of a claim that was submitted: who spent it, on what, what of it was accepted and why."""
    partner = aliased(Organisation)
    read = (
        select(
            Award.number,
            Organisation.name,
            Instalment.position,
            partner.name,
            BudgetLine.category,
            BudgetLine.label,
            Invoice.supplier,
            Invoice.supplier_identifier,
            Invoice.number,
            Invoice.dated,
            Invoice.paid_on,
            Invoice.net_minor,
            Invoice.vat_minor,
            Invoice.verdict,
            Invoice.accepted_minor,
            Invoice.reason,
            Award.call_id,
        )
        .join(Invoice.claim)
        .join(Claim.instalment)
        .join(Instalment.agreement)
        .join(Agreement.award)
        .join(Award.organisation)
        .join(partner, partner.id == Invoice.organisation_id)
        .outerjoin(BudgetLine, BudgetLine.id == Invoice.budget_line_id)
        .where(*_of(job, Invoice.dated), Claim.state.not_in([ClaimState.DRAFT, ClaimState.REJECTED]))
    )
    money: Amounts = {
        "net": (N_("Excl. VAT"), Invoice.net_minor),
        "vat": (N_("VAT"), Invoice.vat_minor),
        "accepted": (N_("Accepted, excl. VAT"), Invoice.accepted_minor),
    }
    columns = [
        job.column("agreement", N_("Agreement"), width=20),
        job.column("beneficiary", N_("Beneficiary"), width=32),
        job.column("instalment", N_("Instalment"), Kind.INTEGER, 10),
        job.column("partner", N_("Spent by"), width=32),
        job.column("category", N_("Cost category"), width=24),
        job.column("line", N_("Budget line"), width=30),
        job.column("supplier", N_("Supplier"), width=32),
        job.column("identifier", N_("Supplier’s identifier"), width=20),
        job.column("number", N_("Invoice no."), width=20),
        job.column("dated", N_("Invoice date"), Kind.DATE, 12),
        job.column("paid", N_("Paid on"), Kind.DATE, 12),
        *(job.money(key, heading) for key, (heading, _) in money.items()),
        job.column("verdict", N_("Verdict"), width=14),
        job.column("reason", N_("Reason"), width=40),
    ]
    categories = {
        (id, one.code): one.name for id, call in job.names.calls.items() for one in call.budget_rules.categories
    }

    def row(found: Any) -> tuple[list[Value], list[int]]:
        number, name, position, spender, code, label, supplier, identifier, invoice, dated, paid_on, *rest = found
        net, vat, verdict, accepted, reason, call_id = rest
        kept = categories.get((call_id, code), Words())
        amounts = [net or 0, vat or 0, accepted or 0]
        said: list[Value] = [number, name, position, spender, plain(kept, job.reader) or code, label]
        said += [supplier, identifier, invoice, dated, paid_on, *_monies(job, amounts)]
        return [*said, job.say(VERDICT_LABELS[verdict]) if verdict else None, reason or None], amounts

    read = read.order_by(Award.number, Instalment.position, Invoice.claim_id, Invoice.position)
    return _listed(job, N_("Invoices"), columns, money, read, row)


def orders(job: Making) -> list[Check]:
    """One row per payment order, those that were returned too: the account it goes to, masked, its batch, its end."""
    read = (
        select(PaymentOrder, Award.number, Organisation.name, Instalment.position, Claim.state, PaymentBatch.number)
        .join(PaymentOrder.claim)
        .join(Claim.instalment)
        .join(Instalment.agreement)
        .join(Agreement.award)
        .join(Award.organisation)
        .outerjoin(PaymentOrder.batch)
        .where(*_of(job, _day(job, PaymentOrder.created_at)))
    )
    money: Amounts = {
        "amount": (N_("Amount"), PaymentOrder.amount_minor),
        "offset": (N_("Kept back"), PaymentOrder.offset_minor),
        "net": (N_("Transferred"), PaymentOrder.amount_minor - PaymentOrder.offset_minor),
    }
    columns = [
        job.column("order", N_("Order no."), width=24),
        job.column("agreement", N_("Agreement"), width=20),
        job.column("beneficiary", N_("Beneficiary"), width=32),
        job.column("instalment", N_("Instalment"), Kind.INTEGER, 10),
        job.column("ordered", N_("Ordered on"), Kind.MOMENT, 17),
        *(job.money(key, heading) for key, (heading, _) in money.items()),
        job.column("account", N_("Account"), width=14),
        job.column("holder", N_("Holder"), width=28),
        job.column("bank", N_("Bank"), width=24),
        job.column("batch", N_("Batch"), width=16),
        job.column("state", N_("State"), width=22),
        job.column("reference", N_("Bank reference"), width=22),
        job.column("value", N_("Value date"), Kind.DATE, 12),
        job.column("returned", N_("Came back on"), Kind.DATE, 12),
        job.column("why", N_("Why it ended"), width=36),
    ]

    def row(found: Any) -> tuple[list[Value], list[int]]:
        one, agreement, beneficiary, position, state, batch = found
        amounts = [one.amount_minor, one.offset_minor, one.net.minor]
        said: list[Value] = [one.number, agreement, beneficiary, position, one.created_at, *_monies(job, amounts)]
        said += [one.masked, one.holder, one.bank, f"{job.fund.code}-V{batch:04d}" if batch else None]
        standing = N_("Ended") if one.ended_at else CLAIM_LABELS[state]
        said += [job.say(standing), one.bank_reference, one.value_date, one.returned_on, one.end_reason]
        return said, amounts

    read = read.order_by(PaymentOrder.created_at, PaymentOrder.id)
    return _listed(job, N_("Payment orders"), columns, money, read, row)


def recovery_orders(job: Making) -> list[Check]:
    """One row per recovery order: why, until when, what came of it."""
    read = (
        select(Recovery, Award.number, Organisation.name)
        .join(Recovery.award)
        .join(Award.organisation)
        .where(*_of(job, _day(job, Recovery.created_at)))
    )
    money: Amounts = {
        "amount": (N_("To recover"), Recovery.amount_minor),
        "received": (N_("Received"), Recovery.received_minor),
        "left": (N_("Left"), Recovery.amount_minor - Recovery.received_minor),
    }
    columns = [
        job.column("number", N_("Recovery no."), width=24),
        job.column("agreement", N_("Agreement"), width=20),
        job.column("beneficiary", N_("Beneficiary"), width=32),
        job.column("state", N_("State"), width=22),
        job.column("established", N_("Established on"), Kind.MOMENT, 17),
        job.column("due", N_("To be paid by"), Kind.DATE, 12),
        *(job.money(key, heading) for key, (heading, _) in money.items()),
        job.column("reason", N_("Reason"), width=40),
        job.column("written_off", N_("Why it was written off"), width=40),
    ]

    def row(found: Any) -> tuple[list[Value], list[int]]:
        one, agreement, beneficiary = found
        amounts = [one.amount_minor, one.received_minor, one.left.minor]
        said: list[Value] = [one.number, agreement, beneficiary, job.say(RECOVERY_LABELS[one.state]), one.created_at]
        return [*said, one.due_on, *_monies(job, amounts), one.reason, one.write_off_reason], amounts

    read = read.order_by(Recovery.created_at, Recovery.id)
    return _listed(job, N_("Recovery orders"), columns, money, read, row)


def _listed(
    job: Making,
    title: Text,
    columns: Sequence[Column],
    money: Amounts,
    read: Any,
    row: Callable[[Any], tuple[list[Value], list[int]]],
) -> list[Check]:
    """The rows, their totals by formula, and a check of each against what the database adds up."""
    sheet, currency = job.book.sheet(job.say(title), list(columns)), job.fund.currency
    written = [0] * len(money)
    with db.session.execute(read, execution_options={"yield_per": STEP}) as found:
        for one in found:
            values, amounts = row(one)
            sheet.append(values)
            written = [total + amount for total, amount in zip(written, amounts, strict=True)]
    first, last = sheet.body()
    sheet.total(dict.fromkeys(money, "SUM"), label=job.say(N_("Total")), over=(first, last))
    summed = [func.coalesce(func.sum(column), 0) for _, column in money.values()]
    kept = db.session.execute(read.order_by(None).with_only_columns(*summed)).one()
    return [
        Check(
            N_("%(sheet)s: %(figure)s", sheet=title, figure=heading),
            f"SUM({sheet.reference(key, first, last)})",
            Money(total, currency),
            Money(int(database), currency),
        )
        for (key, (heading, _)), total, database in zip(money.items(), written, kept, strict=True)
    ]


def _of(job: Making, day: SQLColumnExpression[Any]) -> list[ColumnElement[bool]]:
    """Rows of the grants chosen, whose own day is one of the days chosen."""
    chosen = job.chosen
    found = [Award.fund_id == job.fund.id, *of_awards(chosen)]
    if chosen.first is not None:
        found.append(day >= chosen.first)
    if chosen.last is not None:
        found.append(day <= chosen.last)
    return found


def _day(job: Making, moment: Any) -> ColumnElement[Any]:
    """The day of a moment where the fund is."""
    return cast(func.timezone(job.fund.cluster.timezone, moment), Date)


def _monies(job: Making, amounts: Sequence[int]) -> list[Value]:
    return [Money(one, job.fund.currency) for one in amounts]
