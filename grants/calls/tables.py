"""A question answered with a table: its columns, how a cell is read, what its rows still lack.

An answer is a list of rows; a row maps the id of a column to what its cell holds: text, whole number (money: minor
units of the call's currency), ISO date. Cells and rows left empty are not in it. Rows are counted from 0, and told to
people from 1.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Self

from grants.core.amounts import parse_amount, parse_decimal
from grants.core.days import parse_day
from grants.core.i18n import N_, N_n, Reader, Text, Words, plain
from grants.core.types import Money

MOST_COLUMNS, MOST_ROWS = 8, 50
LONGEST_CELL = 500  # characters
LARGEST = 10**15


class Cell(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DAY = "day"


CELL_LABELS = {
    Cell.TEXT: N_("Text"),
    Cell.NUMBER: N_("Whole number"),
    Cell.MONEY: N_("Amount of money"),
    Cell.DAY: N_("Date"),
}
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """`needed`: no row that is begun may leave it empty."""

    id: str
    label: Words
    cell: Cell = Cell.TEXT
    needed: bool = True

    @property
    def is_figure(self) -> bool:
        return self.cell in {Cell.NUMBER, Cell.MONEY}


@dataclass(frozen=True)
class Grid:
    """What a table asks: its columns, and how few and how many rows."""

    columns: tuple[Column, ...]
    fewest: int = 1
    most: int = 10

    @classmethod
    def of(cls, json: Mapping[str, Any]) -> Self:
        columns = (Column(one["id"], Words(one["label"]), Cell(one["cell"]), one["needed"]) for one in json["columns"])
        return cls(tuple(columns), json["fewest"], json["most"])

    def json(self) -> dict[str, Any]:
        columns = [
            {"id": one.id, "label": dict(one.label), "cell": str(one.cell), "needed": one.needed}
            for one in self.columns
        ]
        return {"columns": columns, "fewest": self.fewest, "most": self.most}

    @property
    def terms(self) -> Text:
        """How many rows, in a sentence."""
        if self.fewest == self.most:
            return N_n("Exactly %(n)s row.", "Exactly %(n)s rows.", self.most)
        if self.fewest:
            return N_("From %(fewest)s to %(most)s rows.", fewest=self.fewest, most=self.most)
        return N_n("At most %(n)s row.", "At most %(n)s rows.", self.most)


# --- one cell -------------------------------------------------------------------------------------------------


def read_cell(cell: Cell, typed: str, currency: str) -> Any:
    """What is kept of it, None when nothing is typed; ValueError carries a sentence (Text)."""
    text = " ".join(typed.replace("\x00", "").split())
    if not text:
        return None
    match cell:
        case Cell.NUMBER:
            number = parse_decimal(text, 0)
            if number > LARGEST:
                raise ValueError(N_("This is too long for a number."))
            return int(number)
        case Cell.MONEY:
            amount = parse_amount(text, currency)
            return None if amount is None else amount.minor
        case Cell.DAY:
            return parse_day(text).isoformat()
    if len(text) > LONGEST_CELL:
        raise ValueError(N_("Shorten this text: at most %(n)s characters.", n=LONGEST_CELL))
    return text


def print_cell(cell: Cell, kept: Any, currency: str) -> Any:
    """A kept cell as pages print it, None for an empty one; the raw text when it was kept for another kind of cell."""
    match cell:
        case Cell.MONEY if is_whole(kept):
            return Money(kept, currency)
        case Cell.DAY if is_day(kept):
            return date.fromisoformat(kept)
        case Cell.NUMBER if is_whole(kept):
            return kept
    return None if kept is None else raw(kept)


def is_whole(kept: Any) -> bool:
    return isinstance(kept, int) and not isinstance(kept, bool)


def is_day(kept: Any) -> bool:
    try:
        return isinstance(kept, str) and bool(date.fromisoformat(kept))
    except ValueError:
        return False


def is_rows(kept: Any) -> bool:
    return isinstance(kept, list | tuple) and all(isinstance(one, Mapping) for one in kept)


def raw(kept: Any) -> str:
    """Whatever is kept, as plain text: a row or an item on each line."""
    match kept:
        case Mapping():
            return " · ".join(raw(one) for one in kept.values())
        case list() | tuple():
            return "\n".join(raw(one) for one in kept)
    return str(kept)


# --- all of them ----------------------------------------------------------------------------------------------


def read_rows(
    grid: Grid, typed: Sequence[Mapping[str, str]], currency: str
) -> tuple[list[dict[str, Any]], dict[tuple[int, str], Text]]:
    """The rows with something readable in them, and what is wrong by place: row as typed, column."""
    rows: list[dict[str, Any]] = []
    wrong: dict[tuple[int, str], Text] = {}
    for n, cells in enumerate(typed):
        row: dict[str, Any] = {}
        for one in grid.columns:
            try:
                kept = read_cell(one.cell, cells.get(one.id, ""), currency)
            except ValueError as problem:
                wrong[n, one.id] = problem.args[0]
            else:
                if kept is not None:
                    row[one.id] = kept
        if row:
            rows.append(row)
    return rows, wrong


def flaws(grid: Grid, rows: Sequence[Row]) -> Iterator[tuple[Text, tuple[int, str] | None, bool]]:
    """What keeps the rows from being submitted: why, the place of a cell or None, and whether rows are too many."""
    if len(rows) > grid.most:
        yield N_n("Keep at most %(n)s row.", "Keep at most %(n)s rows.", grid.most), None, True
    if len(rows) < grid.fewest:
        yield N_n("Fill in at least %(n)s row.", "Fill in at least %(n)s rows.", grid.fewest), None, False
    for n, row in enumerate(rows):
        for one in grid.columns:
            if one.needed and one.id not in row:
                yield N_("Row %(row)s, %(column)s: fill in this cell.", row=n + 1, column=one.label), (n, one.id), False


def printed(grid: Grid, rows: Any, currency: str) -> list[list[Any]]:
    """Every row in the order of the columns, as pages print it; None for an empty cell. What is no rows, kept for
    another kind of question, is the text of one cell."""
    if not is_rows(rows):
        rows = [{grid.columns[0].id: raw(rows)}]
    return [[print_cell(one.cell, row.get(one.id), currency) for one in grid.columns] for row in rows]


def as_text(grid: Grid, rows: Any, currency: str, reader: Reader) -> str:
    """A row on each line, so that two versions can be compared word by word."""
    lines = (
        [plain(cell, reader) if cell is not None else "—" for cell in row] for row in printed(grid, rows, currency)
    )
    return "\n".join(" · ".join(cells) for cells in lines)
