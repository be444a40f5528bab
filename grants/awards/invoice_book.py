"""The invoices of a claim as a workbook: fetched as they are saved, filled in, read back all or nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from io import BytesIO
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from grants.applications.budget_book import LIMITS, CellError
from grants.applications.budget_cells import Reading, column_of, is_blank, read_amount
from grants.awards.claim_basis import Basis
from grants.awards.duplicates import key
from grants.awards.invoices import LONGEST, MOST_INVOICES, Said
from grants.awards.models import MEANS_LABELS, Claim, Invoice, Means
from grants.calls.budget_rules import BudgetRules
from grants.core.days import parse_day
from grants.core.i18n import LANGUAGES, N_, Reader, Text, plain, render
from grants.core.sheets.reading import Cell, ErrorCell, Table, UncalculatedCell, UnreadableFile, read_table
from grants.core.sheets.writing import Column, Kind, Value, Workbook
from grants.core.types import sort_key

COLUMNS: dict[str, Text] = {
    "number": N_("Number of the invoice"),
    "supplier": N_("Supplier"),
    "supplier_identifier": N_("Identifier of the supplier"),
    "dated": N_("Date of the invoice"),
    "net": N_("Amount excl. VAT"),
    "vat": N_("VAT"),
    "budget_line_id": N_("Budget line"),
    "organisation_id": N_("Spent by"),
    "paid_on": N_("Paid on"),
    "means": N_("Paid by"),
}
KINDS = {"dated": Kind.DATE, "paid_on": Kind.DATE, "net": Kind.MONEY, "vat": Kind.MONEY}
WIDTHS = {"supplier": 32, "budget_line_id": 40, "organisation_id": 28}
SHEET = N_("Invoices")
EXCEL_EPOCH = {1900: date(1899, 12, 30), 1904: date(1904, 1, 1)}
FIRST_DAY, LAST_ROW, ROOM = date(2000, 1, 1), 1_000, 60


@dataclass
class Sent:
    """A workbook that came back. `errors` empty: `rows` may take the place of the invoices."""

    rows: list[Said] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)


def _shown(known: Basis) -> list[str]:
    """The columns there are: no line where the call asks for none, no partner where there is one member."""
    left = {name for name, few in (("budget_line_id", 1), ("organisation_id", 2)) if len(_names(known)[name]) < few}
    return [name for name in COLUMNS if name not in left]


def _names(known: Basis) -> dict[str, dict[str, UUID]]:
    lines = {f"{one.position}. {one.label}": id for id, one in known.lines.items()}
    return {"budget_line_id": lines, "organisation_id": {name: id for id, name in known.members.items()}}


def invoice_book(claim: Claim, invoices: list[Invoice], known: Basis, reader: Reader) -> bytes:
    """What is saved, with lists to choose from and room for more."""
    say, shown, names = partial(plain, reader=reader), _shown(known), _names(known)
    award = claim.instalment.agreement.award
    title = f"{award.number}-{claim.instalment.position}"
    zone = ZoneInfo(award.fund.cluster.timezone)
    with Workbook(title=title, zone=zone, footer=title, right_to_left=reader.direction == "rtl") as book:
        columns = [_column(name, claim.currency, reader) for name in shown]
        sheet = book.sheet(render(SHEET, reader), columns, above=[[render(SHEET, reader)]], protected=False)
        back = {name: {id: text for text, id in given.items()} for name, given in names.items()}
        for one in invoices:
            cells: dict[str, Value] = {name: getattr(one, name) for name in shown}
            cells |= {name: back[name].get(getattr(one, name)) for name in back}
            cells["means"] = say(MEANS_LABELS[one.means]) if one.means else None
            sheet.append([cells[name] for name in shown])
        sheet.room(ROOM)
        lists = {name: list(given) for name, given in names.items()} | {
            "means": [say(m) for m in MEANS_LABELS.values()]
        }
        kept = {name: lists[name] for name in shown if name in lists}
        choices = book.sheet(say(N_("Lists")), [_column(name, claim.currency, reader) for name in kept])
        for n in range(max(len(given) for given in kept.values())):
            choices.append([given[n] if n < len(given) else None for given in kept.values()])
        for name, given in kept.items():
            sheet.offer(name, choices, len(given), LAST_ROW)
        target = BytesIO()
        book.save(target)
        return target.getvalue()


def _column(name: str, currency: str, reader: Reader) -> Column:
    kind, heading = KINDS.get(name, Kind.TEXT), render(COLUMNS[name], reader)
    money = kind is Kind.MONEY
    return Column(name, f"{heading} ({currency})" if money else heading, kind, WIDTHS.get(name, 20), currency * money)


# --- read back ------------------------------------------------------------------------------------------------


def read_book(content: bytes, claim: Claim, known: Basis) -> Sent:
    """Raises UnreadableFile when it is no table of invoices; else says cell by cell what is wrong with it."""

    def likeness(headings: Any) -> float:
        return len({column_of(one, COLUMNS) for one in headings} - {None})

    table = read_table(content, LIMITS, likeness)
    places = {name: n for n, one in reversed(list(enumerate(table.headings))) if (name := column_of(one, COLUMNS))}
    if not {"number", "supplier", "net"} <= places.keys():
        raise UnreadableFile("no_headings", N_("The table of invoices was not found. Keep its row of headings."))
    readers, sent = _readers(claim.currency, known, table), Sent()
    for row in table.rows:
        cells = {name: row.cells[n] for name, n in places.items()}
        if is_blank(cells):
            continue
        given: dict[str, Any] = {}
        for name, cell in cells.items():
            if name not in readers or is_blank({name: cell}):
                continue
            try:
                given[name] = readers[name](_sound(cell))
            except ValueError as problem:
                sent.errors.append(CellError(table.sheet, f"{table.letter(places[name])}{row.number}", problem.args[0]))
        sent.rows.append(Said(**given))
    if len(sent.rows) > MOST_INVOICES:
        raise UnreadableFile("too_many_rows", N_("A claim has at most %(n)s invoices.", n=MOST_INVOICES))
    if not sent.rows:
        raise UnreadableFile("no_rows", N_("There is no invoice under the headings."))
    return sent


def _sound(cell: Cell) -> Any:
    match cell:
        case UncalculatedCell() | ErrorCell() | bool():
            raise ValueError(N_("This cell holds a formula or an error. Write its value instead."))
        case float() if cell.is_integer():
            return int(cell)
        case str():
            return " ".join(cell.replace("\x00", "").split())
    return cell


def _readers(currency: str, known: Basis, table: Table) -> Mapping[str, Callable[[Any], Any]]:
    on = Reading(BudgetRules(), currency)
    names = _names(known)
    return {
        "number": partial(_text, most=LONGEST["number"]),
        "supplier": partial(_text, most=LONGEST["supplier"]),
        "supplier_identifier": partial(_text, most=LONGEST["supplier_identifier"]),
        "dated": partial(_day, epoch=table.epoch),
        "paid_on": partial(_day, epoch=table.epoch),
        "net": lambda cell: read_amount(_amount(cell), on),
        "vat": lambda cell: None if cell in {0, "0"} else read_amount(_amount(cell), on),
        "means": _means,
        "budget_line_id": lambda cell: _chosen(cell, names["budget_line_id"]),
        "organisation_id": lambda cell: _chosen(cell, names["organisation_id"]),
    }


def _text(cell: Any, most: int) -> str:
    text = cell.date().isoformat() if isinstance(cell, datetime) else str(cell)
    if len(text) > most:
        raise ValueError(N_("Shorten this text: at most %(n)s characters.", n=most))
    return text


def _amount(cell: Any) -> Any:
    if isinstance(cell, datetime):
        raise ValueError(N_("This cell holds a date. Write its value instead."))
    return cell


def _day(cell: Any, epoch: int) -> date:
    if isinstance(cell, datetime):
        found = cell.date()
    elif isinstance(cell, int | float):
        found = EXCEL_EPOCH[epoch] + timedelta(days=int(cell)) if 0 < cell < 100_000 else date.min
    else:
        found = parse_day(cell)
    if found < FIRST_DAY:
        raise ValueError(N_("This is no date. Write it like 31/12/2026."))
    return found


def _means(cell: Any) -> Means:
    wanted = sort_key(str(cell))
    for one, label in MEANS_LABELS.items():
        if wanted in {str(one), *(sort_key(plain(label, language)) for language in LANGUAGES)}:
            return one
    raise ValueError(N_("“%(typed)s” is not in the list.", typed=str(cell)[:60]))


def _chosen(cell: Any, names: Mapping[str, UUID]) -> UUID:
    """By its whole text, its number, or its name alone where only one has it."""
    wanted = key(str(cell))
    found = {id for text, id in names.items() if wanted in {key(text), key(text.partition(". ")[0])}}
    found = found or {id for text, id in names.items() if wanted == key(text.partition(". ")[2])}
    if len(found) != 1:
        raise ValueError(N_("“%(typed)s” is not in the list.", typed=str(cell)[:60]))
    return found.pop()
