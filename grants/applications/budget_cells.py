"""How a cell of a budget is read, whether typed in the page, pasted from a spreadsheet or sent in a workbook.

Every reader takes what the cell holds and answers with its value; ValueError carries a sentence (Text).
"""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from babel.numbers import list_currencies

from grants.applications.budgets import conditions
from grants.applications.models import CERTAINTY_LABELS, SOURCE_LABELS, Application, Certainty, Source
from grants.applications.reckoning import LONGEST_LABEL, MOST_YEARS, Funding, Line, Spender
from grants.calls.budget_rules import WHOLE, BudgetRules
from grants.core.amounts import MOST_MINOR, parse_amount, parse_decimal
from grants.core.i18n import LANGUAGES, N_, Text, plain, precision
from grants.core.sheets.reading import Cell, ErrorCell, UncalculatedCell
from grants.core.types import Money, sort_key

LINE_COLUMNS: dict[str, Text] = {
    "category": N_("Category"),
    "year": N_("Year"),
    "label": N_("What it pays for"),
    "net": N_("Amount excl. VAT"),
    "vat": N_("VAT rate"),
}
WHO = N_("Organisation")
FUNDING_COLUMNS: dict[str, Text] = {
    "source": N_("Source"),
    "label": N_("From whom"),
    "amount": N_("Amount"),
    "certainty": N_("How certain"),
}
SAID = {"MAD": ("dh", "dhs", "mad"), "DZD": ("da", "dzd"), "XOF": ("f", "fcfa", "cfa", "xof")}
SIGNS = {"€": "EUR", "$": "USD", "£": "GBP"}
CURRENCIES = frozenset(list_currencies())
LETTERS = re.compile(r"[A-Za-z]+|[€$£]")
DIGITS = 15  # what a spreadsheet keeps of a number


@dataclass(frozen=True)
class Reading:
    """What rows are read with: the call's rules, its currency, and who may spend, the lead first."""

    rules: BudgetRules
    currency: str
    spenders: Mapping[UUID, Spender] = field(default_factory=dict)
    gone: frozenset[UUID] = frozenset()

    @classmethod
    def of(cls, application: Application) -> Self:
        """`gone`: organisations that no longer take part, and have lines still."""
        on = conditions(application)
        gone = {one.organisation_id for one in application.lines} - on.spenders.keys()
        return cls(on.rules, on.currency, on.spenders, frozenset(gone))

    @property
    def columns(self) -> dict[str, Text]:
        """The columns of the lines; who spends is asked where there is a choice."""
        if len(self.spenders) + len(self.gone) < 2:
            return LINE_COLUMNS
        return {"category": LINE_COLUMNS["category"], "who": WHO, **LINE_COLUMNS}

    def line(self, cells: Mapping[str, Cell]) -> tuple[Line, dict[str, Text]]:
        """The line, its unreadable cells left empty, and what is wrong with them."""
        given, wrong = _read(cells, {name: LINE_READERS[name] for name in self.columns}, self)
        return Line(organisation_id=given.pop("who", None), **given), wrong

    def funding(self, cells: Mapping[str, Cell]) -> tuple[Funding, dict[str, Text]]:
        given, wrong = _read(cells, FUNDING_READERS, self)
        return Funding(**given), wrong


def is_blank(cells: Mapping[str, Cell]) -> bool:
    return all(value is None or (isinstance(value, str) and not value.strip()) for value in cells.values())


def _read(cells: Mapping[str, Cell], readers: Mapping[str, Any], on: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    given: dict[str, Any] = {}
    wrong: dict[str, Text] = {}
    for name, read in readers.items():
        cell = cells.get(name)
        if cell is None or (isinstance(cell, str) and not cell.strip() and not isinstance(cell, UncalculatedCell)):
            continue
        try:
            given[name] = read(_sound(cell), on)
        except ValueError as problem:
            wrong[name] = problem.args[0]
    return given, wrong


def _sound(cell: Cell) -> str | int | float:
    """Refuses what no column of ours holds."""
    match cell:
        case UncalculatedCell():
            raise ValueError(N_("This cell holds a formula without a result. Write its value instead."))
        case ErrorCell():
            raise ValueError(N_("This cell holds the error %(error)s. Write its value instead.", error=str(cell)))
        case bool():
            raise ValueError(N_("This cell holds yes or no. Write its value instead."))
        case datetime():
            raise ValueError(N_("This cell holds a date. Write its value instead."))
        case str():
            return cell.replace("\x00", "").strip()
        case int() | float():
            return cell
    raise ValueError(N_("This cell is empty."))


def _short(cell: str | int | float) -> str:
    text = str(cell)
    return text if len(text) <= 60 else f"{text[:60]}…"


def read_category(cell: str | int | float, on: Reading) -> str:
    """By its code or its name in any language."""
    wanted = sort_key(str(cell))
    for one in on.rules.categories:
        if wanted in {sort_key(one.code), *(sort_key(name) for name in one.name.values())}:
            return one.code
    raise ValueError(N_("“%(typed)s” is no category of this call.", typed=_short(cell)))


def read_spender(cell: str | int | float, on: Reading) -> UUID | None:
    """By its name; None is the lead."""
    wanted = sort_key(str(cell))
    for n, (id, one) in enumerate(on.spenders.items()):
        if wanted in {str(id), sort_key(one.name)}:
            return id if n else None
    for id in on.gone:
        if str(cell) == str(id):
            return id  # what was said stays said, until somebody chooses another
    raise ValueError(N_("“%(typed)s” is not in the list.", typed=_short(cell)))


def read_year(cell: str | int | float, on: Reading) -> int:
    """1, Year 1, Année 1, السنة ١; a number that a spreadsheet kept as 1.0."""
    typed = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    found = re.fullmatch(r"(?:[^\W\d]*\s*)?(\d{1,4})", typed)
    year = int(found[1]) if found else 0
    if not 1 <= year <= MOST_YEARS:
        raise ValueError(
            N_("Write the year of the project: 1 for its first year, %(most)s at most.", most=MOST_YEARS),
        )
    return year


def read_label(cell: str | int | float, on: Reading) -> str:
    text = " ".join(str(cell).split())
    if len(text) > LONGEST_LABEL:
        raise ValueError(N_("Shorten this text: at most %(n)s characters.", n=LONGEST_LABEL))
    return text


def read_amount(cell: str | int | float, on: Reading) -> Money:
    """An amount above zero in the call's currency; another currency named beside it is refused."""
    found = _number(cell, on.currency) if isinstance(cell, int | float) else _typed_amount(cell, on.currency)
    if not found:
        raise ValueError(N_("Write an amount above zero."))
    return found


def _typed_amount(typed: str, currency: str) -> Money | None:
    for word in LETTERS.findall(typed):
        named = SIGNS.get(word, word.upper())
        if named in CURRENCIES and named != currency and word.casefold() not in SAID.get(currency, ()):
            raise ValueError(
                N_("This amount is in %(named)s; the call counts in %(currency)s.", named=named, currency=currency)
            )
    own = SAID.get(currency, ())
    bare = LETTERS.sub(lambda word: "" if word[0].casefold() in own else word[0], typed)
    return parse_amount(bare, currency)


def _number(value: int | float, currency: str) -> Money:
    """A number from a spreadsheet, without the dust of its arithmetic."""
    exact = Decimal(f"{value:.{DIGITS}g}") if isinstance(value, float) else Decimal(value)
    if not exact.is_finite() or abs(exact) >= MOST_MINOR:
        raise ValueError(N_("This amount is too large."))
    if exact < 0:
        raise ValueError(N_("Enter a number that is not negative."))
    places = precision(currency)
    if exact != round(exact, places):
        if places == 0:
            raise ValueError(N_("Enter a whole number: no decimals are used here."))
        raise ValueError(N_("Enter at most %(places)s decimals.", places=places))
    found = Money.of(round(exact, places), currency)
    if found.minor >= MOST_MINOR:
        raise ValueError(N_("This amount is too large."))
    return found


def read_vat(cell: str | int | float, on: Reading) -> int:
    """20, 20 %, 20,0; a spreadsheet keeps 20 % as 0.2."""
    if isinstance(cell, str):
        exact = parse_decimal(cell.replace("%", "").replace("٪", ""), 2)
    else:
        exact = Decimal(f"{cell:.{DIGITS}g}")
        exact = round(exact * 100 if abs(exact) < 1 else exact, 2)
    if not 0 <= exact <= 100:
        raise ValueError(N_("Write a rate of VAT from 0 to 100."))
    return int(exact * WHOLE / 100)


def _choice(
    kind: type[Source] | type[Certainty], labels: Mapping[Any, Text]
) -> Callable[[str | int | float, Reading], Any]:
    def read(cell: str | int | float, on: Reading) -> Any:
        wanted = sort_key(str(cell))
        for one in kind:
            if wanted in {sort_key(one.value), *(sort_key(plain(labels[one], language)) for language in LANGUAGES)}:
                return one
        raise ValueError(N_("“%(typed)s” is not in the list.", typed=_short(cell)))

    return read


LINE_READERS: dict[str, Callable[[Any, Reading], Any]] = {
    "category": read_category,
    "who": read_spender,
    "year": read_year,
    "label": read_label,
    "net": read_amount,
    "vat": read_vat,
}
FUNDING_READERS: dict[str, Callable[[Any, Reading], Any]] = {
    "source": _choice(Source, SOURCE_LABELS),
    "label": read_label,
    "amount": read_amount,
    "certainty": _choice(Certainty, CERTAINTY_LABELS),
}


def column_of(heading: str, columns: Mapping[str, Any]) -> str | None:
    """The name of the column whose label this heading is, in any of our languages, with or without brackets after."""
    wanted = sort_key(re.sub(r"\(.*?\)", "", heading))
    for name, label in columns.items():
        if wanted == name or any(wanted == sort_key(plain(label, language)) for language in LANGUAGES):
            return name
    return None


# --- what is pasted -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pasted:
    """The rows of a pasted table, ours; and what could not be read: (row from 1, column, why)."""

    rows: Sequence[Mapping[str, Cell]]
    errors: Sequence[tuple[int, Text | None, Text]]


def pasted(text: str, columns: Mapping[str, Any], most: int) -> Pasted:
    """A table copied from a spreadsheet: cells between tabs, in our order or under headings of ours."""
    try:
        table = list(csv.reader(io.StringIO(text.strip("\r\n"), newline=""), delimiter="\t"))
    except csv.Error:
        return Pasted((), [(1, None, N_("This is no table copied from a spreadsheet."))])
    order: list[str | None] = list(columns)
    start = 0
    if table:
        named = [column_of(one, columns) for one in table[0]]
        if sum(one is not None for one in named) >= 2:
            order, start = named, 1
    rows: list[Mapping[str, Cell]] = []
    errors: list[tuple[int, Text | None, Text]] = []
    for number, cells in enumerate(table[start:], start + 1):
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(order) :]):
            wide = N_("This row has %(n)s cells; a line has %(most)s.", n=len(cells), most=len(order))
            errors.append((number, None, wide))
            continue
        rows.append({name: cell for name, cell in zip(order, cells, strict=False) if name} | {"row": str(number)})
    if len(rows) > most:
        errors.append((most + 1, None, N_("There are more than %(n)s rows.", n=most)))
    return Pasted(rows, errors)
