"""The sheets of the Excel ledger that go line by line: journal, agreements, payments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from openpyxl.utils import get_column_letter

from grants.awards.models import (
    AGREEMENT_LABELS,
    CLAIM_LABELS,
    INSTALMENT_LABELS,
    Agreement,
    Award,
    Claim,
    Source,
)
from grants.calls.models import INSTRUMENT_LABELS
from grants.core.i18n import N_, Reader, Text, plain, render
from grants.core.sheets.writing import LAST_ROW, Column, Formula, Kind, Sheet, Value, Workbook
from grants.core.types import Money
from grants.funds.models import Fund
from grants.ledger import selection
from grants.ledger.queries import Entry, Head, Standing
from grants.ledger.selection import Selection
from grants.ledger.stages import Kind as Operation
from grants.ledger.stages import Stage
from grants.payments.models import PaymentOrder
from grants.payments.outside_queries import all_marks
from grants.reports.register import Register

T = TypeVar("T")
Figure = Callable[[Standing], Money]
STEP = 500  # lines between two reports of progress
PREPARED = {  # who stands behind a step, by the operation that follows from it
    Operation.LIQUIDATE: "checked_by_id",
    Operation.ORDER: "liquidated_by_id",
    Operation.REMIT: "ordered_by_id",
    Operation.PAY: "remitted_by_id",
}
OF_ORDERS = frozenset(
    {
        Operation.ORDER,
        Operation.REJECT_ORDER,
        Operation.REMIT,
        Operation.PAY,
        Operation.REJECT_REMITTANCE,
        Operation.RETURN_PAYMENT,
        Operation.REVERSE,
    }
)


@dataclass
class Making:
    """One workbook in the making, and what its sheets share. `lines` counts those of the journal.

    `total` is what the ledger holds of the selection; `report(done)` is told the lines written so far.
    """

    fund: Fund
    reader: Reader
    author: str
    head: Head
    chosen: Selection
    total: Standing
    names: Register
    book: Workbook
    report: Callable[[int], None]
    lines: int = 0

    def say(self, text: Text | str) -> str:
        return render(text, self.reader)

    def money(self, key: str, heading: Text) -> Column:
        words = f"{self.say(heading)} ({self.fund.currency})"
        return Column(key, words, Kind.MONEY, width=18, currency=self.fund.currency)

    def column(self, key: str, heading: Text, kind: Kind = Kind.TEXT, width: float = 16) -> Column:
        return Column(key, self.say(heading), kind, width=width)


@dataclass(frozen=True)
class Check:
    """A total of the workbook, as a formula and as added up while writing, beside what the database says."""

    what: Text
    formula: str
    written: Money
    database: Money

    @property
    def holds(self) -> bool:
        return self.written == self.database


class Sums:
    """Figures of a sheet, added up while its rows are written."""

    def __init__(self, currency: str, figures: Mapping[str, Figure]) -> None:
        self.figures = figures
        self.added = {key: Money(0, currency) for key in figures}

    def of(self, standing: Standing) -> list[Value]:
        """The figures of one row."""
        row = {key: figure(standing) for key, figure in self.figures.items()}
        self.added = {key: self.added[key] + row[key] for key in row}
        return list(row.values())


def journal(job: Making) -> list[Check]:
    """One row per line of an operation, in the order in which they were posted."""
    say, names = job.say, job.names
    columns = [
        job.column("no", N_("No."), Kind.INTEGER, 8),
        job.column("line", N_("Line"), Kind.INTEGER, 6),
        job.column("operation", N_("Operation"), width=26),
        job.column("year", N_("Fiscal year"), Kind.INTEGER, 9),
        job.column("entered", N_("Entered on"), Kind.MOMENT, 17),
        job.column("value", N_("Value date"), Kind.DATE, 12),
        job.column("cluster", N_("Cluster"), width=24),
        job.column("fund", N_("Fund"), width=12),
        job.column("call", N_("Call for proposals"), width=16),
        job.column("commission", N_("Commission"), width=30),
        job.column("project", N_("Project reference"), width=18),
        job.column("agreement", N_("Agreement"), width=18),
        job.column("beneficiary", N_("Beneficiary"), width=32),
        job.column("ice", N_("ICE, NIF or NCC"), width=18),
        job.column("instrument", N_("Instrument"), width=20),
        job.column("instalment", N_("Instalment"), Kind.INTEGER, 10),
        job.column("kind", N_("Kind of instalment"), width=20),
        job.column("document", N_("Document"), width=24),
        job.column("visa", N_("Visa given by"), width=24),
        job.column("order", N_("Order no."), width=20),
        job.column("batch", N_("Batch"), width=16),
        job.column("account", N_("Account"), width=14),
        job.column("bank", N_("Bank reference"), width=22),
        job.column("currency", N_("Currency"), width=9),
        job.money("amount", N_("Amount")),
        job.column("evidence", N_("Evidence (SHA-256)"), width=20),
        job.column("reason", N_("Reason"), width=32),
        job.column("prepared", N_("Prepared by"), width=24),
        job.column("maker", N_("Entered by"), width=24),
        job.column("reverses", N_("Reverses no."), Kind.INTEGER, 10),
        job.column("from", N_("From stage"), width=28),
        job.column("to", N_("To stage"), width=28),
        job.column("hash", N_("Seal"), width=20),
    ]
    at = [one.key for one in columns].index("amount")
    letter = get_column_letter(at + 1)
    top: list[Value] = [*([None] * at), Formula(f"SUBTOTAL(109,{letter}3:{letter}{LAST_ROW})")]
    top[at - 2] = say(N_("Total of the lines shown"))
    sheet = job.book.sheet(say(N_("Journal")), columns, above=[top])
    net = {stage: Money(0, job.fund.currency) for stage in Stage}
    words = {one: say(one.label) for one in (*Operation, *Stage)}
    calls = {id: (one.code, say(INSTRUMENT_LABELS[one.instrument])) for id, one in names.calls.items()}
    themes = {id: plain(one.name, job.reader) for id, one in names.commissions.items()}
    planned = {one: say(label) for one, label in INSTALMENT_LABELS.items()}
    clock, cluster = say(N_("the clock")), job.fund.cluster.name
    said = {True: say(N_("Opening balance")), False: say(N_("Made elsewhere"))}
    elsewhere = {no: said[kind.opening] for no, kind in all_marks(job.fund.id).items()}
    for entry in selection.entries(job.chosen):
        line, (call, theme, grant, part) = entry.moved, _deepest(entry)
        award = names.awards.get(grant) if grant else None
        instalment = names.instalments.get(part) if part else None
        claim = names.claims.get(part) if part else None
        agreement, order = award.agreement if award else None, _order(entry, names)
        code, instrument = calls.get(call, (None, None)) if call else (None, None)
        sheet.append(
            [
                entry.no,
                entry.line,
                f"{words[entry.kind]} · {elsewhere[entry.no]}" if entry.no in elsewhere else words[entry.kind],
                entry.value_date.year,
                entry.at,
                entry.value_date,
                cluster,
                job.fund.code,
                code,
                themes.get(theme) if theme else None,
                project(award),
                award.number if award else None,
                award.organisation.name if award else None,
                (award.organisation.ice or award.organisation.tax_id) if award else None,
                instrument if award else None,
                instalment.position if instalment else None,
                planned[instalment.kind] if instalment else None,
                entry.document,
                names.people.get(agreement.visa_by_id) if agreement and agreement.visa_by_id else None,
                order.number if order else None,
                order.batch.reference if order and order.batch and entry.kind is not Operation.ORDER else None,
                order.masked if order else None,
                order.bank_reference if order and entry.no in (order.paid_op, order.returned_op) else None,
                line.amount.currency,
                line.amount,
                claim.sha256[:16] if claim and claim.sha256 else None,
                entry.reason,
                names.people.get(_prepared(entry, agreement, claim)),
                entry.actor_name or ("" if entry.actor_id else clock),
                entry.reverses,
                words[line.source.stage],
                words[line.target.stage],
                entry.hash.hex()[:16],
            ]
        )
        net[line.source.stage] -= line.amount
        net[line.target.stage] += line.amount
        job.lines += 1
        if job.lines % STEP == 0:
            job.report(job.lines)
    kept = selection.moved(job.chosen)
    return [
        Check(N_("Journal: %(stage)s", stage=stage), _net_formula(sheet, say(stage.label)), net[stage], kept[stage])
        for stage in Stage
    ]


def _order(entry: Entry, names: Register) -> PaymentOrder | None:
    """The payment order that this operation is about; the document of a payment is its number and the bank's."""
    if entry.kind not in OF_ORDERS or not entry.document:
        return None
    return names.orders.get(entry.document) or names.orders.get(entry.document.partition(" ")[0])


def _prepared(entry: Entry, agreement: Agreement | None, claim: Claim | None) -> UUID | None:
    """Who took the step before the one that moved this money: on a commitment, a verification, an order, a payment."""
    if entry.kind is Operation.COMMIT:
        return agreement.proposed_by_id if agreement else None
    column = PREPARED.get(entry.kind)
    return getattr(claim, column) if column and claim else None


def agreements(job: Making) -> list[Check]:
    """One row per grant, with what stands at each stage; under them what the ledger says, and the difference."""
    stages = [stage for stage in Stage if stage.depth >= 3]
    figures: dict[str, Figure] = {stage.value: lambda one, stage=stage: one[stage] for stage in stages}  # type: ignore[misc]
    figures |= {"engaged": lambda one: one.engaged, "unpaid": lambda one: one.unpaid}
    headings = {stage.value: stage.label for stage in stages}
    headings |= {"engaged": N_("Committed, paid or not"), "unpaid": N_("Committed, unpaid")}
    sheet = job.book.sheet(
        job.say(N_("Agreements")),
        [
            job.column("agreement", N_("Agreement"), width=20),
            job.column("project", N_("Project reference"), width=20),
            job.column("title", N_("Title"), width=44),
            job.column("beneficiary", N_("Beneficiary"), width=32),
            job.column("ice", N_("ICE"), width=18),
            job.column("call", N_("Call for proposals"), width=16),
            job.column("commission", N_("Commission"), width=30),
            job.column("awarded", N_("Awarded on"), Kind.DATE, 12),
            job.column("source", N_("Origin"), width=12),
            job.column("state", N_("State"), width=22),
            job.money("amount", N_("Amount awarded")),
            *(job.money(key, headings[key]) for key in figures),
        ],
    )
    standings, nothing = selection.by_grant(job.chosen), Standing(job.fund.currency, {})
    sums = Sums(job.fund.currency, figures)
    for award in job.names.awards.values():
        sheet.append(
            [
                award.number,
                project(award),
                award.title,
                award.organisation.name,
                award.organisation.ice,
                named(job.names.calls, award.call_id, lambda one: one.code),
                named(job.names.commissions, award.commission_id, lambda one: plain(one.name, job.reader)),
                award.awarded_on,
                job.say(N_("Imported") if award.source is Source.IMPORT else N_("Decision")),
                job.say(AGREEMENT_LABELS[award.agreement.state]) if award.agreement else None,
                award.amount,
                *sums.of(standings.get(award.id, nothing)),
            ]
        )
    return reconcile(job, sheet, sums, before=11, words=headings, of=N_("Agreements"))


def payments(job: Making) -> list[Check]:
    """One row per instalment whose money has left the commitment: verified, ordered, sent, paid."""
    figures: dict[str, Figure] = {
        "payable": lambda one: one[Stage.PAYABLE],
        "ordered": lambda one: one[Stage.ORDERED],
        "remitted": lambda one: one[Stage.REMITTED],
        "paid": lambda one: one.paid,
        "recovered": lambda one: one.recovered,
    }
    headings = {stage.value: stage.label for stage in (Stage.PAYABLE, Stage.ORDERED, Stage.REMITTED, Stage.PAID)}
    headings["recovered"] = N_("of which recovered or repaid")
    sheet = job.book.sheet(
        job.say(N_("Payments")),
        [
            job.column("agreement", N_("Agreement"), width=20),
            job.column("beneficiary", N_("Beneficiary"), width=32),
            job.column("instalment", N_("Instalment"), Kind.INTEGER, 10),
            job.column("due", N_("Planned on"), Kind.DATE, 12),
            job.money("planned", N_("Planned")),
            job.money("claimed", N_("Claimed")),
            job.money("accepted", N_("Accepted")),
            job.column("state", N_("State"), width=20),
            job.column("order", N_("Order no."), width=24),
            job.column("bank", N_("Bank reference"), width=24),
            job.column("value", N_("Value date"), Kind.DATE, 12),
            *(job.money(key, headings[key]) for key in figures),
        ],
    )
    standings = selection.by_instalment(job.chosen)
    sums = Sums(job.fund.currency, figures)
    for instalment in job.names.instalments.values():
        if instalment.id not in standings:
            continue
        award = job.names.awards[instalment.agreement.award_id]
        claim = job.names.claims.get(instalment.id)
        sheet.append(
            [
                award.number,
                award.organisation.name,
                instalment.position,
                instalment.due_on,
                instalment.amount,
                claim.claimed if claim else None,
                claim.accepted if claim else None,
                job.say(CLAIM_LABELS[claim.state]) if claim else None,
                claim.order_number if claim else None,
                claim.bank_reference if claim else None,
                claim.value_date if claim else None,
                *sums.of(standings[instalment.id]),
            ]
        )
    return reconcile(job, sheet, sums, before=11, words=headings, of=N_("Payments"))


def reconcile(
    job: Making, sheet: Sheet, sums: Sums, *, before: int, words: Mapping[str, Text], of: Text
) -> list[Check]:
    """Under the rows: their total by formula, what the ledger holds, and the difference, red unless zero."""
    first, last = sheet.body()
    blank: list[Value] = [None] * (before - 1)
    total = {key: figure(job.total) for key, figure in sums.figures.items()}
    sheet.total(dict.fromkeys(total, "SUM"), label=job.say(N_("Total")), over=(first, last))
    summed = sheet.row
    sheet.append([job.say(N_("In the ledger")), *blank, *total.values()], strong=True)
    differences = [Formula(f"{sheet.letter(key)}{summed}-{sheet.letter(key)}{summed + 1}") for key in total]
    sheet.append([job.say(N_("Difference")), *blank, *differences], strong=True)
    for key in total:
        sheet.red_unless_zero(key, sheet.row, sheet.row)
    return [
        Check(
            N_("%(sheet)s: %(figure)s", sheet=of, figure=words[key]),
            f"SUM({sheet.reference(key, first, last)})",
            sums.added[key],
            total[key],
        )
        for key in total
    ]


def _net_formula(sheet: Sheet, stage: str) -> str:
    """What entered a stage less what left it."""
    name = stage.replace('"', '""')
    amount = sheet.reference("amount")
    return f'SUMIFS({amount},{sheet.reference("to")},"{name}")-SUMIFS({amount},{sheet.reference("from")},"{name}")'


def _deepest(entry: Entry) -> tuple[UUID | None, ...]:
    """Call, commission, grant and instalment of a line, from whichever of its ends names more."""
    one, other = entry.moved.source, entry.moved.target
    return (one if one.stage.depth > other.stage.depth else other).dimensions


def named(kept: Mapping[UUID, T], key: UUID | None, name: Callable[[T], str]) -> str | None:
    return name(kept[key]) if key is not None and key in kept else None


def project(award: Award | None) -> str | None:
    if award is None:
        return None
    return award.application.reference if award.application else award.external_id
