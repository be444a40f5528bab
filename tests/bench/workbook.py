"""The Excel ledger of 100 000 journal lines: time and peak memory beside the same rows by plain XlsxWriter.

Each is written in a child process of its own, so that its peak is its own (the kernel's VmHWM: `ru_maxrss` begins with
what the parent weighed). `cpu_seconds` are the process's own, `seconds` are those of the clock and grow with whatever
else the machine does. `ratio` is our CPU time by that of XlsxWriter in `constant_memory`, which writes the journal's
cells alone, without the database, the other sheets, the styles and the checks.
LibreOffice, when `soffice` is on the PATH, recalculates everything: each check must come to its control total.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from python_calamine import CalamineWorkbook

from config.settings import ROOT, Settings
from grants.app import create_app
from grants.cli.operate import environment
from grants.core.db import db, transaction
from grants.core.schema import upgrade
from grants.core.types import Money
from grants.funds.models import Fund
from grants.ledger.queries import balances
from grants.ledger.selection import Selection, count, entries
from grants.ledger.service import Kind, Line, Place, key_for, post
from grants.operate.servers import erase, servers
from tests.bench.figures import as_lines, table
from tests.bench.world import fill

LINES = 100_000
LOT = 500  # lines of one operation


@dataclass(frozen=True)
class Measured:
    """One workbook: `rows` of its journal, seconds by the clock and of the processor, its peak in MB, octets."""

    case: str
    rows: int
    seconds: float
    cpu_seconds: float
    peak_mb: float
    size: int


@dataclass(frozen=True)
class Recalculated:
    """What LibreOffice made of it: seconds, checks, those that do not come to their control total, cells in error."""

    seconds: float
    checks: int
    different: int
    errors: int


# --- a fund with as many lines ---------------------------------------------------------------------------------


def fund_of(code: str, lines: int) -> UUID:
    """A world whose journal has at least so many lines: its grants' money goes back and forth, as it does in years."""
    world = fill(code, max(200, lines // 100))
    fund = db.session.get(Fund, world.fund_id)
    assert fund is not None
    whole = Selection(fund.id, fund.currency)
    held = [one.moved for one in entries(whole) if one.kind is Kind.COMMIT]
    number = count(whole)
    while number < lines:
        for kind in (Kind.LIQUIDATE, Kind.UNLIQUIDATE):
            lot = [_step(at, kind) for at in (held * (LOT // len(held) + 1))[: min(LOT, lines - number)]]
            with transaction():
                post(fund.id, kind, lot, actor=None, key=key_for("bench", kind, number), document=f"L-{number}")
            number += len(lot)
            if number >= lines:
                break
    return fund.id


def _step(committed: Line, kind: Kind) -> Line:
    """One unit found due for the first instalment, or back again."""
    from grants.awards.models import Agreement, Instalment

    call, commission, grant, _ = committed.target.dimensions
    assert call and commission and grant
    if grant not in _FIRST:
        of = Instalment.__table__.join(Agreement.__table__, Agreement.id == Instalment.agreement_id)
        found = db.session.execute(
            db.select(Instalment.id).select_from(of).where(Agreement.award_id == grant, Instalment.position == 2)
        )
        _FIRST[grant] = found.scalar_one()
    there, here = committed.target, Place.payable(call, commission, grant, _FIRST[grant])
    amount = Money(100, committed.amount.currency)
    return Line(there, here, amount) if kind is Kind.LIQUIDATE else Line(here, there, amount)


_FIRST: dict[UUID, UUID] = {}


# --- in a child process -----------------------------------------------------------------------------------------


def child(which: str, target: str, fund: str, rows: str) -> None:
    """`ours` or `peer`; prints rows, seconds and peak."""
    rows_made, seconds, cpu = {"ours": _ours, "peer": _peer}[which](Path(target), fund, Path(rows))
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"rows": rows_made, "seconds": seconds, "cpu_seconds": cpu, "peak_mb": peak}))


def _ours(target: Path, fund: str, _: Path) -> tuple[int, float, float]:
    import os

    from grants.reports import workbook

    app = create_app(Settings.from_env(os.environ))
    with app.app_context():
        one = db.session.get(Fund, UUID(fund))
        began, worked = time.perf_counter(), time.process_time()
        written = workbook.export(one, target, "fr", "bench")  # type: ignore[arg-type]
        return written.lines, time.perf_counter() - began, time.process_time() - worked


def _peer(target: Path, _: str, rows: Path) -> tuple[int, float, float]:
    """The journal's cells as our workbook has them, one string, number or nothing each."""
    import xlsxwriter

    began, worked, number = time.perf_counter(), time.process_time(), 0
    book = xlsxwriter.Workbook(target, {"constant_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet()
    with rows.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            for at, value in enumerate(json.loads(line)):
                if isinstance(value, str):
                    sheet.write_string(number, at, value)
                elif value is not None:
                    sheet.write_number(number, at, value)
    book.close()
    return number, time.perf_counter() - began, time.process_time() - worked


def _run(settings: Settings, which: str, target: Path, fund: UUID, rows: Path) -> Measured:
    command = [sys.executable, "-m", "tests.bench.workbook", which, str(target), str(fund), str(rows)]
    done = subprocess.run(command, cwd=ROOT, env=environment(settings), check=True, capture_output=True, text=True)
    said = json.loads(done.stdout.splitlines()[-1])
    return Measured(which, **said, size=target.stat().st_size)


# --- what it found ----------------------------------------------------------------------------------------------


def journal_of(book: Path) -> Iterator[list[object]]:
    """The rows under the headings of the journal, read by python-calamine."""
    rows = CalamineWorkbook.from_path(book).get_sheet_by_index(1).iter_rows()
    return (row for at, row in enumerate(rows) if at > 1)


def equals_the_database(book: Path, fund: Fund) -> bool:
    """Number, line, amount and stages of every line, and their order."""
    from grants.core.i18n import render

    kept = (
        (one.no, one.line, float(one.moved.amount.major), render(one.moved.target.stage.label, "fr"))
        for one in entries(Selection(fund.id, fund.currency))
    )
    heading = next(
        row for at, row in enumerate(CalamineWorkbook.from_path(book).get_sheet_by_index(1).iter_rows()) if at
    )
    amount = next(at for at, one in enumerate(heading) if fund.currency in str(one))
    read = ((row[0], row[1], row[amount], row[-2]) for row in journal_of(book))
    try:
        return all(tuple(a) == b for a, b in zip(read, kept, strict=True))
    except ValueError:
        return False


def recalculate(book: Path, place: Path) -> Recalculated | None:
    """Opened and recalculated by LibreOffice; None where there is none."""
    office = shutil.which("soffice")
    if office is None:
        return None
    began = time.perf_counter()
    profile = f"-env:UserInstallation=file://{place / 'profile'}"
    kind = "xlsx:Calc MS Excel 2007 XML"
    command = [office, profile, "--headless", "--convert-to", kind, "--outdir", str(place / "again"), str(book)]
    subprocess.run(command, check=True, capture_output=True, timeout=900)
    seconds = time.perf_counter() - began
    again = CalamineWorkbook.from_path(place / "again" / book.name)
    names = again.sheet_names
    errors = sum(
        str(cell).startswith(("#REF", "#NAME", "#VALUE", "#DIV", "#N/A", "#NUM", "Err:"))
        for at, name in enumerate(names)
        if at != 1
        for row in again.get_sheet_by_name(name).iter_rows()
        for cell in row
    )
    checks = [row for at, row in enumerate(again.get_sheet_by_name(names[-2]).iter_rows()) if at]
    different = sum(round(float(row[1]) - float(row[2]), 6) != 0 or round(float(row[3]), 6) != 0 for row in checks)
    return Recalculated(seconds, len(checks), different, errors)


def measure(settings: Settings, lines: int, place: Path) -> tuple[list[Measured], bool, Recalculated | None]:
    """On a migrated, empty database: ours, then its journal's cells by the peer; whether it equals the database."""
    app = create_app(settings)
    with app.app_context():
        id = fund_of("LEDGER", lines)
        fund = db.session.get(Fund, id)
        assert fund is not None
        assert sum(balances([id])[id].minor.values()) == 0
        ours = _run(settings, "ours", place / "ours.xlsx", id, place)
        with (place / "rows").open("w", encoding="utf-8") as rows:
            for row in journal_of(place / "ours.xlsx"):
                rows.write(json.dumps(row, default=str, ensure_ascii=False) + "\n")
        peer = _run(settings, "peer", place / "peer.xlsx", id, place / "rows")
        same = equals_the_database(place / "ours.xlsx", fund)
        db.session.remove()
        db.engine.dispose()
    return [ours, peer], same, recalculate(place / "ours.xlsx", place)


def report(found: list[Measured], same: bool, again: Recalculated | None) -> str:
    peer = found[1]
    names = {"ours": "Excel ledger", "peer": "XlsxWriter, constant_memory"}
    rows = [
        (
            names[one.case],
            one.rows,
            f"{one.seconds:.1f}",
            f"{one.cpu_seconds:.1f}",
            f"{one.peak_mb:.0f}",
            one.size // 1000,
        )
        for one in found
    ]
    lines: list[dict[str, object]] = [
        {
            "bench": "workbook",
            "case": one.case,
            "rows": one.rows,
            "seconds": round(one.seconds, 2),
            "cpu_seconds": round(one.cpu_seconds, 2),
            "peak_mb": round(one.peak_mb, 1),
            "ratio": round(one.cpu_seconds / peer.cpu_seconds, 2),
        }
        for one in found
    ]
    lines[0] |= {"equals_database": same}
    if again is not None:
        lines[0] |= {"recalculated": again.checks, "different": again.different, "error_cells": again.errors}
    said = "read back, it equals the database" if same else "READ BACK, IT DIFFERS FROM THE DATABASE"
    if again is None:
        said += "; no soffice here: not recalculated"
    else:
        said += f"; LibreOffice, {again.seconds:.0f} s: {again.checks} checks, {again.different} different,"
        said += f" {again.errors} cells in error"
    return f"{table(('workbook', 'rows', 's', 'CPU s', 'peak MB', 'kB'), rows)}\n{said}\n\n{as_lines(lines)}"


def main() -> None:
    place = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        with servers(replace(Settings(), instance=place / "instance")) as settings:
            upgrade(settings)
            print(f"A fund of {LINES} journal lines is made and written ...", file=sys.stderr)
            print(report(*measure(settings, LINES, place)))
    finally:
        erase(place / "instance")
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    child(*sys.argv[1:5])
