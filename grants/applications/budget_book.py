"""The budget as a workbook: written to be filled in, read back all or nothing, given back with what is wrong in red."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.numbers import list_currencies
from openpyxl.utils import get_column_letter

from grants.applications.budget_cells import FUNDING_COLUMNS, LINE_COLUMNS, Reading, column_of, is_blank
from grants.applications.budgets import conditions
from grants.applications.models import CERTAINTY_LABELS, SOURCE_LABELS, Application
from grants.applications.plan import Plan
from grants.applications.reckoning import MOST_CONTRIBUTIONS, MOST_LINES, MOST_YEARS, Funding, Line, terms
from grants.core.errors import Refused
from grants.core.i18n import N_, Reader, Text, currency, plain, precision, render
from grants.core.sheets.reading import Cell, Limits, Table, UnreadableFile, read_table
from grants.core.sheets.writing import Column, Formula, Kind, Sheet, Value, Workbook

LIMITS = Limits(
    size=2_000_000,
    unpacked=60_000_000,
    rows=1_000,
    columns=40,
    cells=60_000,
    seconds=20,
    no_macros=True,
    formulas=True,
)
LAST_ROW = 1_200  # beyond it nothing is read, and a workbook given back stays small
ROOM = 40  # empty rows that invite to be filled in
COSTS = N_("Costs")
FUNDING = N_("Co-financing")
NOT_READ = {  # in the words of this file where the general ones speak of another
    "too_heavy": N_("The workbook needs too much memory to be read. Keep only the sheets of the budget."),
    "too_slow": N_("The workbook takes too long to read. Keep only the sheets of the budget."),
    "no_headings": N_("The table of costs was not found. Keep the row of headings of the workbook you downloaded."),
    "no_rows": N_("There is no line of cost under the headings."),
}
WIDTHS = {"category": 30, "year": 9, "label": 46, "net": 20, "vat": 12, "source": 26, "amount": 20, "certainty": 16}


# --- written --------------------------------------------------------------------------------------------------


def budget_book(application: Application, reader: Reader) -> bytes:
    """The budget as it is saved, in the reader's language: lists to choose from, explanations, room for more."""
    plan, on = Plan.of(application), Reading.of(application)
    say = partial(plain, reader=reader)
    with _book(application, reader) as book:
        _explain(book, application, reader)
        costs = _costs(book, on, reader)
        names = {one.code: say(one.name) for one in on.rules.categories}
        lead = next(iter(on.spenders))
        for line in plan.lines:
            at, net, vat = costs.row + 1, costs.letter("net"), costs.letter("vat")
            gross = f'IF({net}{at}="","",ROUND({net}{at}*(1+{vat}{at}),{precision(on.currency)}))'
            cells: dict[str, Value] = {
                "category": names.get(line.category, ""),
                "who": _name(on, line.organisation_id or lead),
                "year": line.year,
                "label": line.label,
                "net": line.net,
                "vat": Decimal(line.vat) / 10_000,
                "gross": Formula(gross),
            }
            costs.append([cells[column.key] for column in costs.columns])
        costs.room(ROOM)
        funding = book.sheet(
            render(FUNDING, reader),
            _columns(FUNDING_COLUMNS, on, reader),
            above=[[render(FUNDING, reader)]],
            protected=False,
        )
        for one in plan.funding:
            source = say(SOURCE_LABELS[one.source]) if one.source else ""
            funding.append([source, one.label, one.amount, say(CERTAINTY_LABELS[one.certainty])])
        funding.room(MOST_CONTRIBUTIONS)
        lists = _lists(book, on, reader)
        for sheet in (costs, funding):
            for key, count in _choices(on).items():
                if any(column.key == key for column in sheet.columns):
                    sheet.offer(key, lists, count, LAST_ROW)
        return _saved(book)


def _choices(on: Reading) -> dict[str, int]:
    """The columns with a list, and how long it is."""
    lists = {
        "category": len(on.rules.categories),
        "year": MOST_YEARS,
        "source": len(SOURCE_LABELS),
        "certainty": len(CERTAINTY_LABELS),
    }
    return lists | ({"who": len(on.spenders)} if "who" in on.columns else {})


def _book(application: Application, reader: Reader) -> Workbook:
    title = f"{application.call.code} – {application.title or render(N_('Budget'), reader)}"
    return Workbook(
        title=title,
        zone=ZoneInfo(application.call.fund.cluster.timezone),
        footer=title,
        right_to_left=reader.direction == "rtl",
    )


def _saved(book: Workbook) -> bytes:
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def _explain(book: Workbook, application: Application, reader: Reader) -> None:
    """The first sheet says how to fill in the others."""
    unit = currency(application.currency, reader)
    sentences = [
        N_("One line for each cost, on the sheet “%(sheet)s”; insert as many rows as you need.", sheet=COSTS),
        N_("Category and year are chosen from the list. Year 1 is the first year of the project."),
        N_("Amounts are without VAT, in %(currency)s. Write figures, not formulas of your own.", currency=unit),
        N_("What pays the part that the grant does not goes on the sheet “%(sheet)s”.", sheet=FUNDING),
        *terms(conditions(application)),
        N_("Keep the row of headings. Then send the file back on the page of the budget: it replaces what is there."),
        N_("When something is wrong, nothing is changed and you receive the file with those cells in red."),
    ]
    sheet = book.sheet(render(N_("Read me"), reader), [Column("text", render(N_("How it works"), reader), width=110)])
    for one in sentences:
        sheet.append([render(one, reader)])


def _lists(book: Workbook, on: Reading, reader: Reader) -> Sheet:
    """What may be chosen, and the cap of each category."""
    say = partial(plain, reader=reader)
    categories = on.rules.categories
    lists: dict[str, list[Value]] = {
        "category": [say(one.name) for one in categories],
        "cap": [Decimal(one.cap) / 10_000 if one.cap else None for one in categories],
        "year": list(range(1, MOST_YEARS + 1)),
        "source": [say(one) for one in SOURCE_LABELS.values()],
        "certainty": [say(one) for one in CERTAINTY_LABELS.values()],
        "who": [one.name for one in on.spenders.values()],
    }
    headings = {**on.columns, **FUNDING_COLUMNS, "cap": N_("At most")}
    shown = [name for name in lists if name in headings]
    columns = [_column(name, headings[name], on, reader) for name in shown]
    sheet = book.sheet(say(N_("Lists")), columns)
    for n in range(max(len(lists[name]) for name in shown)):
        sheet.append([lists[name][n] if n < len(lists[name]) else None for name in shown])
    return sheet


def _costs(book: Workbook, on: Reading, reader: Reader) -> Sheet:
    columns = _columns({**on.columns, "gross": N_("Amount incl. VAT")}, on, reader)
    total: list[Value] = [None] * len(columns)
    for n, column in enumerate(columns):
        letter = get_column_letter(n + 1)
        if column.key in {"net", "gross"}:
            total[n] = Formula(f"SUM({letter}4:{letter}{LAST_ROW})")
        elif column.key == "label":
            total[n] = render(N_("Total"), reader)
    return book.sheet(render(COSTS, reader), columns, above=[[render(COSTS, reader)], total], protected=False)


def _columns(labels: Mapping[str, Text], on: Reading, reader: Reader) -> list[Column]:
    return [_column(name, label, on, reader) for name, label in labels.items()]


def _column(name: str, label: Text, on: Reading, reader: Reader) -> Column:
    kind, heading = KINDS.get(name, Kind.TEXT), render(label, reader)
    if kind is Kind.MONEY:
        heading = f"{heading} ({on.currency})"
    return Column(name, heading, kind, WIDTHS.get(name, 20), on.currency if kind is Kind.MONEY else "")


KINDS = {
    "net": Kind.MONEY,
    "gross": Kind.MONEY,
    "amount": Kind.MONEY,
    "year": Kind.INTEGER,
    "vat": Kind.PERCENT,
    "cap": Kind.PERCENT,
}


# --- read back ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CellError:
    """What is wrong with one cell: its sheet, its address (C7), why."""

    sheet: str
    cell: str
    message: Text


@dataclass
class Sent:
    """A workbook that came back. `errors` empty: `lines` and `funding` may be kept as they are."""

    lines: list[Line] = field(default_factory=list)
    funding: list[Funding] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    marks: dict[tuple[int, int, int], Text] = field(default_factory=dict)  # table, row number, column from 0


Read = Callable[[Mapping[str, Cell]], tuple[Any, dict[str, Text]]]


def read_book(content: bytes, application: Application) -> Sent:
    """Raises UnreadableFile or Refused when it is no budget at all; else says cell by cell what is wrong with it."""
    on, sent = Reading.of(application), Sent()
    costs = _table(content, on.columns)
    if not {"category", "net"} <= _named(costs, on.columns):
        raise UnreadableFile("no_headings", NOT_READ["no_headings"])
    sent.lines = _rows(sent, costs, on.columns, on.line, MOST_LINES, on)
    if not sent.lines:
        raise UnreadableFile("no_rows", NOT_READ["no_rows"])
    try:
        funding = _table(content, FUNDING_COLUMNS)
    except UnreadableFile as refusal:
        if refusal.code != "no_rows":  # nothing stands on that sheet
            raise
    else:
        if {"source", "amount"} <= _named(funding, FUNDING_COLUMNS):
            sent.funding = _rows(sent, funding, FUNDING_COLUMNS, on.funding, MOST_CONTRIBUTIONS, on)
    return sent


def _named(table: Table, columns: Mapping[str, Text]) -> set[str | None]:
    return {column_of(one, columns) for one in table.headings}


def _table(content: bytes, columns: Mapping[str, Text]) -> Table:
    """The sheet whose headings are most like these columns."""

    def likeness(headings: Sequence[str]) -> float:
        return len({column_of(one, columns) for one in headings} - {None})

    try:
        return read_table(content, LIMITS, likeness)
    except UnreadableFile as refusal:
        raise UnreadableFile(refusal.code, NOT_READ.get(refusal.code, refusal.detail)) from refusal


def _rows(sent: Sent, table: Table, columns: Mapping[str, Text], read: Read, most: int, on: Reading) -> list[Any]:
    sent.tables.append(table)
    places = {name: n for n, one in reversed(list(enumerate(table.headings))) if (name := column_of(one, columns))}
    for heading in table.headings:
        _same_currency(heading, columns, on.currency)
    found = []
    for row in table.rows:
        cells = {name: row.cells[n] for name, n in places.items()}
        if is_blank(cells):
            continue
        if row.number > LAST_ROW:
            raise UnreadableFile("too_many_rows", N_("The budget goes on below row %(n)s.", n=LAST_ROW))
        value, wrong = read(cells)
        found.append(value)
        for name, why in wrong.items():
            sent.marks[len(sent.tables) - 1, row.number, places[name]] = why
            sent.errors.append(CellError(table.sheet, f"{table.letter(places[name])}{row.number}", why))
    if len(found) > most:
        raise UnreadableFile("too_many_rows", N_("There are more than %(n)s rows.", n=most))
    return found


def _same_currency(heading: str, columns: Mapping[str, Text], own: str) -> None:
    """A workbook of another call may count in another currency: its headings say so."""
    if column_of(heading, columns) not in {"net", "amount"}:
        return
    named = heading.rpartition("(")[2].rstrip(") ").upper()
    if named != own and named in set(list_currencies()):
        raise Refused(
            N_("The workbook counts in %(named)s; the call counts in %(currency)s.", named=named, currency=own)
        )


# --- given back -----------------------------------------------------------------------------------------------


def given_back(sent: Sent, application: Application, reader: Reader) -> bytes:
    """What was sent, cell for cell at the same addresses, with what is wrong in red and said in comments."""
    with _book(application, reader) as book:
        for n, table in enumerate(sent.tables):
            above: list[list[Value]] = [[] for _ in range(table.heading_row - 1)]
            if above:
                above[0] = [render(N_("The cells in red cannot be read; each says why."), reader)]
            kinds = [column_of(one, LINE_COLUMNS | FUNDING_COLUMNS) for one in table.headings]
            columns = [
                Column(
                    str(at),
                    heading,
                    Kind.PERCENT if kinds[at] == "vat" else Kind.NUMBER,
                    WIDTHS.get(kinds[at] or "", 20),
                )
                for at, heading in enumerate(table.headings)
            ]
            sheet = book.sheet(table.sheet, columns, above=above, protected=False)
            for row in table.rows:
                if row.number > LAST_ROW:
                    break
                sheet.skip(row.number - sheet.row - 1)
                marks = {at: render(why, reader) for (t, r, at), why in sent.marks.items() if (t, r) == (n, row.number)}
                sheet.append([_again(cell) for cell in row.cells], wrong=marks)
        return _saved(book)


def _again(cell: Cell) -> Value:
    """What a cell held, as it can be written again."""
    match cell:
        case bool():
            return str(cell).upper()
        case float():
            return Decimal(repr(cell)) if cell == cell and abs(cell) != float("inf") else str(cell)
        case datetime():
            return cell.date().isoformat()
    return cell


def _name(on: Reading, id: UUID) -> str:
    """Who spends a line; the id of one that no longer takes part, which is read back as it is."""
    return on.spenders[id].name if id in on.spenders else str(id)
