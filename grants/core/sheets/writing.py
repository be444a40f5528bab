"""One small door through which every workbook of ours is written.

    with Workbook(title="Grand livre", zone=ZoneInfo("Africa/Casablanca"), footer="arrêté à l'opération n° 12") as book:
        journal = book.sheet("Journal", [
            Column("number", "N°", Kind.INTEGER, width=8),
            Column("payee", "Bénéficiaire", width=40),
            Column("amount", "Montant (MAD)", Kind.MONEY, currency="MAD"),
        ], above=[["", "Total", Formula("SUBTOTAL(109,C3:C1048576)")]])
        journal.append([1, "=cmd()", Money(150_00, "MAD")])
        journal.total({"amount": "SUM"}, label="Total")
        book.save("journal.xlsx")            # a path or a binary file

Rows are streamed to disk as they come (openpyxl write-only, lxml), so memory does not grow with them: about
30 MB for 100 000 rows. One styled cell is reused per column, since it is serialised when its row is appended.

What this door keeps: a person's text never becomes a formula (string type, quotePrefix when it looks like one);
control characters are dropped; text over Excel's 32 767 UTF-16 units is cut with `CUT` and counted in `Sheet.cuts`;
aware datetimes are turned to the workbook's zone, naive ones raise; amounts are exact `Money` in their column's
currency; only formulas are locked, so that people may sort and filter.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Self
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.writer.excel import ExcelWriter

from grants.core.sheets.cells import Rows
from grants.core.types import Money, exponent

LAST_ROW = 1_048_576
A4 = 9  # the paper's number in the format
LONGEST = 32_767  # UTF-16 code units in a cell; Excel cuts the rest without a word
CUT = " […]"
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # Excel would read _x0041_ as A
_LOOKS_LIVE = ("=", "+", "-", "@", "\t", "\r", "|", "%")
_BRAND = PatternFill("solid", fgColor="073B45")
_SOFT = PatternFill("solid", fgColor="E9EEEF")
_WRONG = PatternFill("solid", fgColor="FDEBE9")
_RED = CellIsRule(operator="notEqual", formula=["0"], font=Font(color="A8201A", bold=True))  # type: ignore[no-untyped-call]


class Formula(str):
    """A formula of ours, without its equals sign; nothing a person typed may reach it."""


class Kind(StrEnum):
    TEXT = "text"
    MONEY = "money"  # a Money in the column's currency
    NUMBER = "number"  # an int or Decimal
    INTEGER = "integer"
    PERCENT = "percent"  # a fraction: Decimal("0.25") shows as 25.00 %
    DATE = "date"
    MONTH = "month"  # the first day of one
    MOMENT = "moment"  # an aware datetime, shown in the workbook's zone


Value = str | Money | int | Decimal | date | datetime | Formula | None


@dataclass(frozen=True)
class Column:
    """One column: a key for formulas, its heading in the reader's language, what it holds, its width in characters."""

    key: str
    heading: str
    kind: Kind = Kind.TEXT
    width: float = 16
    currency: str = ""

    @property
    def number_format(self) -> str:
        if self.kind is Kind.MONEY:
            decimals = exponent(self.currency)
            return "#,##0" + ("." + "0" * decimals if decimals else "")
        return {
            Kind.TEXT: "@",
            Kind.NUMBER: "#,##0.00",
            Kind.INTEGER: "0",
            Kind.PERCENT: "0.00%",
            Kind.DATE: "dd/mm/yyyy",
            Kind.MONTH: "mm/yyyy",
            Kind.MOMENT: "dd/mm/yyyy hh:mm",
        }[self.kind]


def clean(text: str) -> tuple[str, bool]:
    """The text as a cell can hold it, and whether it had to be cut."""
    text = _UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _ESCAPE.sub("_x005F_", text)
    if len(text) * 2 <= LONGEST or len(text.encode("utf-16-le")) // 2 <= LONGEST:
        return text, False
    kept = text.encode("utf-16-le")[: 2 * (LONGEST - len(CUT))].decode("utf-16-le", errors="ignore")
    return kept + CUT, True


def csv_text(text: str) -> str:
    """A person's text for a CSV cell: a leading quote keeps spreadsheets from running it."""
    text = _UNWRITABLE.sub("", text)
    return "'" + text if text.startswith((*_LOOKS_LIVE, "\n")) else text


class Sheet:
    """One sheet of a Workbook. `row` is the last row written, `first` the first row under the headings."""

    def __init__(
        self,
        book: "Workbook",
        title: str,
        columns: Sequence[Column],
        above: Sequence[Sequence[Value]],
        protected: bool = True,
    ) -> None:
        self.book, self._protected = book, protected
        self.columns = list(columns)
        self.cuts = 0
        self.row = 0
        self._position = {column.key: index for index, column in enumerate(self.columns)}
        self._cells: dict[tuple[int, str, bool], Any] = {}
        self._sheet = book._book.create_sheet(book._name(title))
        self._heading_row = len(above) + 1
        self._set_up()
        self._rows = Rows(self._sheet, len(self.columns))
        for line in above:
            self._send([self._cell(index, value, strong=True) for index, value in enumerate(line)])
        self._send([self._heading(column) for column in self.columns])
        self.first = self.row + 1

    def append(self, values: Sequence[Value], *, strong: bool = False, wrong: Mapping[int, str] | None = None) -> None:
        """Write one row, a value (or None) for each column; `strong` shows it in bold on a tint, as totals are.

        `wrong` says by position which cells are shown in red, with this comment.
        """
        if len(values) != len(self.columns):
            raise ValueError(f"{len(values)} values for {len(self.columns)} columns")
        cells = [self._cell(index, value, strong=strong) for index, value in enumerate(values)]
        for index, why in (wrong or {}).items():
            cells[index] = self._marked(cells[index], why)
        self._send(cells)

    def room(self, rows: int) -> None:
        """Empty rows to be filled in, each cell in its column's format."""
        for _ in range(rows):
            self._send([self._style(index, "", False) for index in range(len(self.columns))])

    def skip(self, rows: int) -> None:
        """Leave rows out."""
        for _ in range(rows):
            self._send([])

    def offer(self, key: str, lists: "Sheet", count: int, last: int) -> None:
        """Down to row `last` the column takes only the first `count` values of the column of this key in `lists`."""
        letter, title = lists.letter(key), lists._sheet.title.replace("'", "''")
        choices = f"'{title}'!${letter}${lists.first}:${letter}${lists.first + count - 1}"
        rule = DataValidation(type="list", formula1=choices, allow_blank=True, showErrorMessage=True)
        rule.add(self.range(key, last=last))
        self._sheet.data_validations.append(rule)

    def extend(self, rows: Iterable[Sequence[Value]]) -> None:
        for row in rows:
            self.append(row)

    def total(self, functions: Mapping[str, str], *, label: str, over: tuple[int, int] | None = None) -> None:
        """A row of formulas over the rows so far: `{"amount": "SUM"}`; `over` narrows it to (first, last) row."""
        first, last = over or (self.first, max(self.row, self.first))
        values: list[Value] = [None] * len(self.columns)
        values[0] = label
        for key, function in functions.items():
            values[self._position[key]] = Formula(f"{function}({self.range(key, first, last)})")
        self.append(values, strong=True)

    def body(self) -> tuple[int, int]:
        """First and last row under the headings; where there is none, an empty one, so that no total adds itself up."""
        if self.row < self.first:
            self.skip(1)
        return self.first, self.row

    def letter(self, key: str) -> str:
        """The column's letter, for formulas."""
        return str(get_column_letter(self._position[key] + 1))

    def range(self, key: str, first: int | None = None, last: int | None = None) -> str:
        """The column's cells as a formula names them; without rows, all that are and may come under the headings."""
        letter = self.letter(key)
        return f"{letter}{first or self.first}:{letter}{last or LAST_ROW}"

    def reference(self, key: str, first: int | None = None, last: int | None = None) -> str:
        """The same range, named from another sheet."""
        return "'{}'!{}".format(self._sheet.title.replace("'", "''"), self.range(key, first, last))

    def red_unless_zero(self, key: str, first: int, last: int) -> None:
        """Show what should be zero in red when it is not."""
        self._sheet.conditional_formatting.add(self.range(key, first, last), _RED)

    def _marked(self, cell: Any, why: str) -> Any:
        """A cell of its own that holds the same, in red with a comment."""
        made = WriteOnlyCell(self._sheet)
        if cell is not None:
            made._style = copy(cell._style)  # type: ignore[attr-defined]
            _hold(made, cell.value, cell.data_type)
        made.fill, made.protection = _WRONG, Protection(locked=False)
        made.comment = Comment(clean(why)[0], "", width=320, height=120)
        return made

    def _set_up(self) -> None:
        """Widths, freeze and print set-up: Excel's writer wants them before the first row."""
        sheet, last = self._sheet, get_column_letter(len(self.columns))
        for index, column in enumerate(self.columns, 1):
            sheet.column_dimensions[get_column_letter(index)].width = column.width
        sheet.freeze_panes = f"A{self._heading_row + 1}"
        sheet.sheet_view.rightToLeft = self.book.right_to_left
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = A4
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.print_title_rows = f"{self._heading_row}:{self._heading_row}"
        sheet.oddFooter.left.text = self.book.footer.replace("&", "&&")
        sheet.oddFooter.right.text = "&P / &N"
        sheet.protection.sheet = self._protected  # formulas are locked, the rest is free: see _style
        for allowed in ("sort", "autoFilter", "formatColumns", "formatRows", "formatCells"):
            setattr(sheet.protection, allowed, False)  # in this format False means "not protected against"
        self._columns = f"A{self._heading_row}:{last}"

    def _close(self) -> None:
        self._sheet.auto_filter.ref = f"{self._columns}{max(self.row, self._heading_row)}"

    def _send(self, cells: list[Any]) -> None:
        if self.row >= LAST_ROW:
            raise ValueError("an Excel sheet holds 1 048 576 rows")
        self._sheet.append(cells)
        self.row += 1

    def _heading(self, column: Column) -> Any:
        cell = WriteOnlyCell(self._sheet)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _BRAND
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        cell.protection = Protection(locked=False)
        return _hold(cell, clean(column.heading)[0], "s")

    def _cell(self, index: int, value: Value, *, strong: bool) -> Any:
        if value is None or value == "":
            return self._style(index, "", strong) if strong else None
        if isinstance(value, Formula):
            return _hold(self._style(index, "formula", strong), f"={value}", "f")
        column = self.columns[index]
        if isinstance(value, str):  # also where a number is expected: a remark such as "—" stays text
            text, cut = clean(value)
            self.cuts += cut
            return _hold(self._style(index, "quoted" if text.startswith(_LOOKS_LIVE) else "text", strong), text, "s")
        return _hold(self._style(index, "", strong), *self._plain(column, value))

    def _plain(self, column: Column, value: Any) -> tuple[Any, str]:
        """The value as openpyxl stores it and its data type; raises ValueError or TypeError if it does not belong."""
        match column.kind, value:
            case Kind.MONEY, Money():
                if value.currency != column.currency:
                    raise ValueError(f"{value.currency} in a column of {column.currency}")
                return value.major, "n"
            case Kind.MOMENT, datetime():
                if value.tzinfo is None:
                    raise ValueError("naive datetime")
                return value.astimezone(self.book.zone).replace(tzinfo=None), "d"
            case ((Kind.DATE | Kind.MONTH), date()) if not isinstance(value, datetime):
                return value, "d"
            case ((Kind.NUMBER | Kind.INTEGER | Kind.PERCENT), int() | Decimal()):
                return value, "n"
        raise TypeError(f"{type(value).__name__} in the {column.kind} column {column.key}")

    def _style(self, index: int, variant: str, strong: bool) -> Any:
        """The one cell reused for this column and look."""
        key = (index, variant, strong)
        if key not in self._cells:
            cell, column = WriteOnlyCell(self._sheet), self.columns[index]
            textual = variant in ("text", "quoted")
            cell.number_format = "@" if textual else column.number_format
            cell.protection = Protection(locked=variant == "formula")
            cell.alignment = Alignment(vertical="top", wrap_text=textual and column.width >= 30)
            if strong:
                cell.font, cell.fill = Font(bold=True), _SOFT
            if variant == "quoted":
                cell.quotePrefix = True
            self._cells[key] = cell
            self._rows.styles[id(cell)] = cell.style_id
        return _hold(self._cells[key], None, "n")


def _hold(cell: Any, value: Any, data_type: str) -> Any:
    """Set what the cell holds without openpyxl's guessing, which would turn text into formulas."""
    cell._value, cell.data_type = value, data_type
    return cell


class Workbook:
    """Sheets written in order, one after the other or side by side, then saved once."""

    def __init__(self, *, title: str, zone: ZoneInfo, footer: str = "", right_to_left: bool = False) -> None:
        self.zone = zone
        self.footer = clean(footer)[0][:200]  # Excel refuses a footer over 255 characters
        self.right_to_left = right_to_left
        self.sheets: list[Sheet] = []
        self._open = True
        self._book = openpyxl.Workbook(write_only=True)
        self._book.properties.title = clean(title)[0]
        self._book.properties.creator = ""

    def sheet(
        self,
        title: str,
        columns: Sequence[Column],
        *,
        above: Sequence[Sequence[Value]] = (),
        protected: bool = True,
    ) -> Sheet:
        """Begin a sheet; `above` are bold rows (formulas too) that stand over the headings.

        One that is not `protected` may be filled in and have rows inserted.
        """
        sheet = Sheet(self, title, columns, above, protected)
        self.sheets.append(sheet)
        return sheet

    @property
    def cuts(self) -> int:
        """How many over-long texts were cut, to be said in the workbook's notice."""
        return sum(sheet.cuts for sheet in self.sheets)

    def save(self, target: Path | str | BinaryIO) -> None:
        for sheet in self.sheets:
            sheet._close()
        with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=1) as archive:
            self._open = False
            ExcelWriter(self._book, archive).save()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind: a workbook that was never saved has its streamed rows in temporary files."""
        if self._open:
            self._open = False
            for sheet in self.sheets:
                sheet._sheet.close()
                sheet._sheet._writer.cleanup()

    def _name(self, title: str) -> str:
        """A sheet name Excel accepts: at most 31 characters, none of []:*?/\\, no quote at an end, unique."""
        name = re.sub(r"[\[\]:*?/\\]", " ", clean(title)[0]).strip(" '")[:31] or "Sheet"
        taken = {sheet._sheet.title.casefold() for sheet in self.sheets}
        candidate, number = name, 2
        while candidate.casefold() in taken:
            candidate, number = f"{name[:27]} ({number})", number + 1
        return candidate
