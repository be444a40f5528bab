"""The Excel ledger of a fund: what the dashboard shows, line by line, from one unmoving picture of the database.

    written = export(fund, "ledger.xlsx", reader, author)

Amounts that people must see are static; formulas only add up and check. Every total equals
`grants.ledger.queries.balances`, and the sheet of checks says so.
"""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from grants.core.clock import now
from grants.core.db import db, snapshot
from grants.core.i18n import N_, NATIVE_NAMES, Reader, Text, moment, plain, render
from grants.core.sheets.writing import Formula, Kind, Value, Workbook
from grants.funds.models import Fund
from grants.ledger import queries
from grants.ledger.queries import Standing
from grants.ledger.service import verify, words_for
from grants.ledger.stages import Stage
from grants.reports.register import register
from grants.reports.sheets import Check, Export, Figure, Sums, agreements, journal, payments

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


@dataclass(frozen=True)
class Written:
    """What a workbook holds: lines of the journal, up to which operation, and the hash that seals them."""

    lines: int
    no: int
    hash: bytes


def export(fund: Fund, target: Path | str | BinaryIO, reader: Reader | str, author: Any) -> Written:
    """Write the ledger of a fund that its reader may see. `author` is a Person, or words for who asked.

    Raises OSError when the target cannot be written.
    """
    reader, name, fund_id = Reader.of(reader), str(getattr(author, "name", author)), fund.id
    with snapshot():
        kept = db.session.scalars(select(Fund).where(Fund.id == fund_id).options(joinedload(Fund.cluster))).one()
        return _write(kept, target, reader, name)


def _write(fund: Fund, target: Path | str | BinaryIO, reader: Reader, author: str) -> Written:
    head = queries.heads([fund.id])[fund.id]
    seal = N_("as at operation no. %(no)s – %(hash)s", no=str(head.no), hash=head.short)
    with Workbook(
        title=f"{fund.code} – {fund.name}",
        zone=ZoneInfo(fund.cluster.timezone),
        footer=f"{fund.code} – {render(seal, reader)}",
        right_to_left=reader.direction == "rtl",
    ) as book:
        total = queries.balances([fund.id])[fund.id]
        job = Export(fund, reader, author, head, total, register(fund), book)
        checks = [*_summary(job), *journal(job), *agreements(job), *payments(job)]
        _checks(job, checks)
        _notice(job, all(check.holds for check in checks))
        book.save(target)
    return Written(job.lines, head.no, head.hash)


def _summary(job: Export) -> list[Check]:
    """One row per commission; the fund's own figures stand above them, static, so that every viewer shows them."""
    total, say = job.total, job.say
    figures = {key: figure for key, (_, figure, _) in FIGURES.items()}
    seal = N_("as at operation no. %(no)s – %(hash)s", no=str(job.head.no), hash=job.head.short)
    sheet = job.book.sheet(
        say(N_("Summary")),
        [
            job.column("commission", N_("Commission"), width=44),
            *(job.money(key, heading) for key, (heading, _, _) in FIGURES.items()),
            job.column("share", N_("Share committed"), Kind.PERCENT, 12),
        ],
        above=[
            [f"{job.fund.code} – {job.fund.name} – {say(seal)}"],
            [say(N_("Appropriations")), total.endowed],
            [say(N_("Not allocated to any call")), total.unallocated],
            [say(N_("The whole fund")), *(figure(total) for figure in figures.values()), _share(total)],
        ],
    )
    themes = queries.by_commission(job.fund.id)
    rows: list[tuple[Any, Standing]] = [(one.name, themes[one.id]) for one in job.names.in_order if one.id in themes]
    if waiting := total[Stage.CALL]:
        undistributed = Standing(job.fund.currency, {Stage.CALL: waiting.minor})
        rows.append((N_("Allocated to calls, not yet to a commission"), undistributed))
    sums = Sums(job.fund.currency, figures)
    for name, standing in rows:
        sheet.append([plain(name, job.reader), *sums.of(standing), _share(standing)])
    first, last = sheet.first, max(sheet.row, sheet.first)
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


def _checks(job: Export, checks: list[Check]) -> None:
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


def _notice(job: Export, sound: bool) -> None:
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
        (N_("Selection"), say(N_("Every operation of the fund."))),
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


def _share(standing: Standing) -> Value:
    """Committed as a fraction of the envelope, to four places."""
    return Decimal(standing.engaged_share) / 10_000 if standing.envelope else None
