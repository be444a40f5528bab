"""Reads a workbook or CSV file that may be hostile: the parsing happens in a child process under limits.

    table = read_table(path_or_bytes, Limits(rows=50_000), likeness=lambda headings: …)
    table.headings, table.rows[0].number, table.rows[0].cells

Whatever the file does, this process only ever reads bounded lines of JSON. Every refusal is an `UnreadableFile`
whose `detail` is a sentence for the person who sent it.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import Any

from openpyxl.utils import get_column_letter

from grants.core.confined.running import TOO_HEAVY, Busy, Program, Run
from grants.core.errors import Refused
from grants.core.i18n import N_, Text

PROGRAM = Program(
    Path(__file__).with_name("child.py"),
    at_once=2,
    environment={"OPENPYXL_LXML": "False"},  # defusedxml parses then
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of old .xls and of encrypted workbooks
Likeness = Callable[[Sequence[str]], float]


@dataclass(frozen=True)
class Limits:
    """Bytes, bytes, times, rows, columns, cells, bytes, seconds; then what this reader wants.

    `no_macros` refuses a workbook that carries a program; `formulas` tells cells whose result was never stored.
    """

    size: int = 10_000_000
    unpacked: int = 150_000_000
    ratio: int = 150  # unpacked over packed, for a part above a megabyte; ordinary workbooks stay under 60
    rows: int = 50_000
    columns: int = 200
    cells: int = 3_000_000
    memory: int = 1_000_000_000
    seconds: int = 40
    no_macros: bool = False
    formulas: bool = False


class UnreadableFile(Refused):
    """The file cannot be taken; `code` names the reason for tests and logs."""

    title = N_("This file cannot be read")

    def __init__(self, code: str, detail: Text) -> None:
        super().__init__(detail)
        self.code = code


class ErrorCell(str):
    """A cell whose formula failed: `#REF!`."""


class UncalculatedCell(str):
    """A formula whose result was never stored: no spreadsheet has opened the file since it was written."""


Cell = str | int | float | bool | datetime | ErrorCell | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its number in the file; as many cells as the table has headings."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """What stands under the headings of one sheet. `epoch` is the year Excel counts days from: 1900 or 1904."""

    sheet: str
    heading_row: int
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    epoch: int = 1900

    def letter(self, index: int) -> str:
        return str(get_column_letter(index + 1))


def read_table(source: Path | bytes, limits: Limits | None = None, likeness: Likeness | None = None) -> Table:
    """Read the sheet and heading row that `likeness` scores best (by default the fullest row of distinct texts).

    Raises UnreadableFile with the reason; FileNotFoundError when there is no such path.
    """
    limits = limits or Limits()
    with _opened(source) as file:
        _glance(file, limits)
        return _converse(file, limits, likeness or (lambda _: 0.0))


def _opened(source: Path | bytes) -> FileIO:
    if isinstance(source, Path):
        return source.open("rb", buffering=0)  # the child shares our place in it, so nothing may be read ahead
    file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - the caller closes it
    file.write(source)
    return file


def _glance(file: FileIO, limits: Limits) -> None:
    """What the size and the first bytes already tell."""
    size = file.seek(0, os.SEEK_END)
    if not size:
        raise _refusal("empty")
    if size > limits.size:
        raise _refusal("too_large", most=limits.size / 1_000_000)
    file.seek(0)
    if file.read(8) == OLE:
        file.seek(0)
        raise _refusal("encrypted" if "EncryptedPackage".encode("utf-16-le") in file.read() else "old_format")
    file.seek(0)


def _converse(file: FileIO, limits: Limits, likeness: Likeness) -> Table:
    try:
        with PROGRAM.run(file, asdict(limits), patience=limits.seconds) as run:
            return _listen(run, limits, likeness)
    except Busy:
        raise _refusal("busy") from None


def _listen(run: Run, limits: Limits, likeness: Likeness) -> Table:
    lines = _lines(run, limits)
    told = next(lines, None) or {"sheets": []}
    sheet, heading, headings = _choose(told["sheets"], likeness)
    if len(headings) > limits.columns:
        raise _refusal("too_many_columns", most=limits.columns)
    assert run.child.stdin is not None  # noqa: S101
    try:
        run.child.stdin.write(json.dumps([sheet, heading, len(headings)]).encode() + b"\n")
        run.child.stdin.flush()
    except BrokenPipeError:
        raise _refusal("unreadable") from None
    rows = tuple(_rows(lines, headings))
    if not rows:
        raise _refusal("no_rows")
    return Table(told["sheets"][sheet]["name"], heading, headings, rows, int(told["epoch"]))


def _lines(run: Run, limits: Limits) -> Iterator[Any]:
    """The child's lines, never more than the file may hold; its death is a refusal too."""
    assert run.child.stdout is not None  # noqa: S101
    left = limits.unpacked * 2
    while line := run.child.stdout.readline(left):
        left -= len(line)
        if left <= 0 or not line.endswith(b"\n"):
            raise _refusal("too_slow")
        message = json.loads(line)
        if message is None:
            return
        if isinstance(message, dict) and "refused" in message:
            raise _refusal(message.pop("refused"), **message)
        yield message
    code = run.child.wait()
    raise _refusal("too_heavy" if code == TOO_HEAVY else "too_slow" if code < 0 else "unreadable")


def _rows(lines: Iterator[Any], headings: tuple[str, ...]) -> Iterator[Row]:
    for number, *cells in lines:
        row = tuple(_cell(value) for value in cells) + (None,) * (len(headings) - len(cells))
        if tuple(_heading(value) for value in row) != headings:  # some files repeat their headings on every page
            yield Row(number, row)


def _cell(value: Any) -> Cell:
    if isinstance(value, list):
        kind, text = value
        if kind == "f":
            return UncalculatedCell(text)
        return datetime.fromisoformat(text) if kind == "d" else ErrorCell(text)
    return value  # type: ignore[no-any-return]


def _heading(value: Cell) -> str:
    return " ".join(str(value).split()) if value is not None else ""


def _choose(sheets: list[dict[str, Any]], likeness: Likeness) -> tuple[int, int, tuple[str, ...]]:
    """The sheet's position, the row of its headings and the headings, by the likeness first, then by what headings
    are: texts, all different, many of them, above rows; then the fuller sheet."""
    best: tuple[Any, ...] = ()
    for index, sheet in enumerate(sheets):
        for number, *cells in sheet["top"][:40]:
            values = [_cell(value) for value in cells]
            headings = tuple(_heading(value) for value in values)
            said = [heading for heading in headings if heading]
            if len(said) < 2 or not all(isinstance(value, str) for value in values if value is not None):
                continue
            rank = (likeness(headings), len(set(said)), sheet["filled"], -index, -number)
            best = max(best, (*rank, (index, number, headings)), key=lambda one: one[:5])
    if best:
        index, number, headings = best[-1]
        return index, number, headings
    raise _refusal("no_headings" if any(sheet["top"] for sheet in sheets) else "no_rows")


def _refusal(code: str, most: float = 0) -> UnreadableFile:
    reasons = {
        "empty": N_("The file is empty."),
        "too_large": N_("The file is larger than %(most)s MB.", most=most),
        "not_a_workbook": N_("This is not an Excel workbook (.xlsx) or a CSV file, whatever its name says."),
        "old_format": N_("This is an old Excel file (.xls). Open it and save it as .xlsx or CSV, then try again."),
        "encrypted": N_("The workbook is protected by a password. Save it without one, then try again."),
        "macros": N_("The workbook contains macros. Save it as .xlsx, without them, then try again."),
        "unsafe": N_("The workbook contains declarations that no spreadsheet writes, and that could do harm."),
        "bomb": N_("The workbook unpacks to far more than its size; it was not opened."),
        "unreadable": N_("The file is damaged and cannot be read. Open it, save it again, then try with the new file."),
        "too_many_rows": N_("The file has more than %(most)s rows. Split it in several files.", most=most),
        "too_many_columns": N_("The file has more than %(most)s columns.", most=most),
        "too_many_cells": N_("The workbook has more than %(most)s filled cells.", most=most),
        "too_heavy": N_("The workbook needs too much memory to be read. Keep only the sheet with the awards."),
        "too_slow": N_("The workbook takes too long to read. Keep only the sheet with the awards."),
        "busy": N_("Many files are being read just now. Try again in a moment."),
        "no_headings": N_("No row of headings was found. The first row must name the columns."),
        "no_rows": N_("There is no row under the headings."),
    }
    return UnreadableFile(code, reasons.get(code, reasons["unreadable"]))
