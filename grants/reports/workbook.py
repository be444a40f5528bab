"""The Excel ledger of a fund: what the dashboard shows, line by line, from one unmoving picture of the database.

    written = export(fund, "ledger.xlsx", reader, author)

Amounts that people must see are static; formulas only add up and check. Every total equals
`grants.ledger.queries.balances`, and the sheet of checks says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from grants.core.clock import now
from grants.core.db import db, snapshot
from grants.core.i18n import N_, NATIVE_NAMES, Reader, Text, Words, moment, plain, render
from grants.core.sheets.writing import Formula, Kind, Value, Workbook
from grants.funds.models import Fund
from grants.ledger import queries, selection
from grants.ledger.queries import Standing
from grants.ledger.service import verify, words_for
from grants.ledger.stages import Stage
from grants.reports.filters import Filters
from grants.reports.follow_up import (
    anomalies,
    beneficiaries,
    forecast,
    liquidations,
    planned,
    recoveries,
    schedule,
    unused,
)
from grants.reports.money_sheets import invoices, orders, recovery_orders
from grants.reports.register import register
from grants.reports.sheets import Check, Figure, Making, Sums, agreements, journal, payments

FIGURES: dict[str, tuple[Text, Figure, Text]] = {
    "envelope": (
        N_("Envelope"),
        lambda one: one.envelope,
        N_("Allocated to calls and commissions, whatever became of it since."),
    ),
    "free": (N_("Available"), lambda one: one.free, N_("Part of the envelope that commissions may still award.")),
    "reserved": (N_("Reserved"), lambda one: one.reserved, N_("Awarded by decision, waiting for the visa.")),
    "engaged": (
        N_("Committed"),
        lambda one: one.engaged,
        N_("Committed by agreements, paid or not, net of de-commitments."),
    ),
    "unpaid": (N_("Committed, unpaid"), lambda one: one.unpaid, N_("Committed and not yet paid.")),
    "verified": (N_("Verified"), lambda one: one.verified, N_("Found due after checking, paid or not.")),
    "ordered": (N_("Ordered"), lambda one: one.ordered, N_("Covered by a payment order, paid or not.")),
    "paid": (N_("Paid"), lambda one: one.paid, N_("Paid according to the bank, whether it stayed or came back since.")),
    "recovered": (N_("Recovered"), lambda one: one.recovered, N_("Came back: repaid or recovered.")),
}


EVERYTHING = Filters()


@dataclass(frozen=True)
class Written:
    """What a workbook holds: lines of the journal, up to which operation, and the hash that seals them."""

    lines: int
    no: int
    hash: bytes


def export(
    fund: Fund,
    target: Path | str | BinaryIO,
    reader: Reader | str,
    author: Any,
    filters: Filters = EVERYTHING,
    report: Callable[[int], None] = lambda done: None,
) -> Written:
    """Write the ledger of a fund that its reader may see, or the part that `filters` choose.

    `author` is a Person, or words for who asked; `report` is told now and then how many lines of the journal are
    written. Raises OSError when the target cannot be written.
    """
    reader, name, fund_id = Reader.of(reader), str(getattr(author, "name", author)), fund.id
    with snapshot():
        kept = db.session.scalars(select(Fund).where(Fund.id == fund_id).options(joinedload(Fund.cluster))).one()
        return _write(kept, target, reader, name, filters, report)


def _write(
    fund: Fund,
    target: Path | str | BinaryIO,
    reader: Reader,
    author: str,
    filters: Filters,
    report: Callable[[int], None],
) -> Written:
    head = queries.heads([fund.id])[fund.id]
    seal = N_("as at operation no. %(no)s – %(hash)s", no=str(head.no), hash=head.short)
    today = now().astimezone(ZoneInfo(fund.cluster.timezone)).date()
    with Workbook(
        title=f"{fund.code} – {fund.name}",
        zone=ZoneInfo(fund.cluster.timezone),
        footer=f"{fund.code} – {render(seal, reader)}",
        right_to_left=reader.direction == "rtl",
    ) as book:
        chosen = filters.selection(fund)
        total = selection.total(chosen)
        job = Making(fund, reader, author, head, chosen, total, register(fund, chosen), book, report)
        checks = [*_summary(job), *journal(job), *agreements(job), *invoices(job), *liquidations(job)]
        checks += [*orders(job), *payments(job)]
        dues = planned(job)
        checks += [*unused(job), *beneficiaries(job), *recoveries(job), *recovery_orders(job)]
        checks += schedule(job, dues)
        checks += forecast(job, dues, today)
        anomalies(job, dues, today)
        _checks(job, checks)
        _notice(job, filters, all(check.holds for check in checks))
        book.save(target)
    return Written(job.lines, head.no, head.hash)


def _summary(job: Making) -> list[Check]:
    """One row per commission; the fund's own figures stand above them, static, so that every viewer shows them."""
    total, say = job.total, job.say
    figures = {key: figure for key, (_, figure, _) in FIGURES.items()}
    seal = N_("as at operation no. %(no)s – %(hash)s", no=str(job.head.no), hash=job.head.short)
    scope = N_("The whole fund") if job.chosen.whole else N_("What was chosen")
    above: list[list[Value]] = [[f"{job.fund.code} – {job.fund.name} – {say(seal)}"]]
    if job.chosen.whole:
        above += [[say(N_("Appropriations")), total.endowed], [say(N_("Not allocated to any call")), total.unallocated]]
    above.append([say(scope), *(figure(total) for figure in figures.values()), _share(total)])
    sheet = job.book.sheet(
        say(N_("Summary")),
        [
            job.column("commission", N_("Commission"), width=44),
            *(job.money(key, heading) for key, (heading, _, _) in FIGURES.items()),
            job.column("share", N_("Share committed"), Kind.PERCENT, 12),
        ],
        above=above,
    )
    themes = selection.by_commission(job.chosen)
    rows: list[tuple[Any, Standing]] = [(one.name, themes[one.id]) for one in job.names.in_order if one.id in themes]
    if (waiting := total[Stage.CALL]) and job.chosen.commission_id is None:
        undistributed = Standing(job.fund.currency, {Stage.CALL: waiting.minor})
        rows.append((N_("Allocated to calls, not yet to a commission"), undistributed))
    sums = Sums(job.fund.currency, figures)
    for name, standing in rows:
        sheet.append([plain(name, job.reader), *sums.of(standing), _share(standing)])
    first, last = sheet.body()
    sheet.total(dict.fromkeys(FIGURES, "SUM"), label=say(N_("Total")), over=(first, last))
    return [
        Check(
            N_("%(sheet)s: %(figure)s", sheet=N_("Summary"), figure=heading),
            f"SUM({sheet.reference(key, first, last)})",
            sums.added[key],
            figure(total),
        )
        for key, (heading, figure, _) in FIGURES.items()
    ]


def _checks(job: Making, checks: list[Check]) -> None:
    """Workbook against database, twice: by formula for whoever edits it, and as found while it was written."""
    say = job.say
    sheet = job.book.sheet(
        say(N_("Checks")),
        [
            job.column("check", N_("Check"), width=60),
            job.money("workbook", N_("In this workbook")),
            job.money("database", N_("In the database")),
            job.money("difference", N_("Difference")),
            job.column("found", N_("When written"), width=14),
        ],
    )
    for check in checks:
        row = sheet.row + 1
        difference = Formula(f"{sheet.letter('workbook')}{row}-{sheet.letter('database')}{row}")
        verdict = N_("OK") if check.holds else N_("DIFFERENT")
        sheet.append([say(check.what), Formula(check.formula), check.database, difference, say(verdict)])
    sheet.red_unless_zero("difference", sheet.first, sheet.row)


def _notice(job: Making, filters: Filters, sound: bool) -> None:
    """What this file is, when, by whom, up to where, and what its words mean."""
    say, cluster = job.say, job.fund.cluster
    sheet = job.book.sheet(
        say(N_("Notice")), [job.column("what", N_("What"), width=44), job.column("text", N_("Explanation"), width=110)]
    )
    facts: list[tuple[Text, Value]] = [
        (N_("Fund"), f"{job.fund.code} – {job.fund.name}"),
        (N_("Cluster"), cluster.name),
        (N_("Currency"), job.fund.currency),
        (N_("Last operation"), str(job.head.no)),
        (N_("Seal of all operations (SHA-256)"), job.head.hash.hex()),
        (N_("Proof"), say(words_for(verify([job.fund.id])))),
        (N_("Checks of this workbook"), say(N_("All hold.") if sound else N_("Some do not hold: see the sheet."))),
        (N_("Lines in the journal"), str(job.lines)),
        (N_("Selection"), say(_selected(job))),
        *((what, _in_words(value, job)) for what, value in filters.said()),
        (N_("Written on"), moment(now().astimezone(ZoneInfo(cluster.timezone)), job.reader)),
        (N_("Written by"), job.author),
        (N_("Language"), NATIVE_NAMES[job.reader.language]),
    ]
    for what, value in facts:
        sheet.append([say(what), value])
    for heading, _, meaning in FIGURES.values():
        sheet.append([say(heading), say(meaning)])
    if job.book.cuts:
        sheet.append([say(N_("Texts cut to what a cell can hold")), str(job.book.cuts)])


def _selected(job: Making) -> Text:
    if job.chosen.whole:
        return N_("Every operation of the fund.")
    if job.chosen.dated:
        return N_("The operations chosen below; figures are what moved between these days, not balances.")
    return N_("The operations chosen below.")


def _in_words(value: Any, job: Making) -> str:
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return plain(value, job.reader) if isinstance(value, Words) else job.say(value)


def _share(standing: Standing) -> Value:
    """Committed as a fraction of the envelope, to four places."""
    return Decimal(standing.engaged_share) / 10_000 if standing.envelope else None
