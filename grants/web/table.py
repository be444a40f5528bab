"""A table of inputs: rows that keep what was typed, right or wrong. Sends `<name>-<row>-<column>` for each cell.

    TableField(label, grid=…, currency=…)       data: the rows that can be read (grants.calls.tables)

Its buttons send `go`: rows-<name> for a row more, cut-<name>-<row> for one less, paste-<name> for what was copied from
a spreadsheet into `<name>-paste`. Drawn by templates/_macros/table.html.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wtforms import Field
from wtforms.utils import unset_value
from wtforms.widgets import TextInput

from grants.applications.budget_cells import pasted
from grants.calls.questionnaire import cell_name
from grants.calls.tables import MOST_ROWS, Cell, Column, Grid, print_cell, read_cell, read_rows
from grants.core import i18n
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.web.fields import tidy
from grants.web.language import current_reader

FIRST_ROWS = 3  # shown of a table not begun yet


@dataclass
class TypedRow:
    """One row of inputs: what is written in each, and what is wrong with it."""

    cells: dict[str, str]
    errors: dict[str, list[Text]] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        return not any(text.strip() for text in self.cells.values())


class TableField(Field):
    widget = TextInput()

    def __init__(self, *args: Any, grid: Grid, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.grid, self.currency = grid, currency

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        self.process_errors: list[Any] = []
        self.errors: Sequence[Any] = ()
        self.object_data = self.data = [] if data is unset_value or data is None else list(data)
        self.is_sent = formdata is not None
        self.pasting = tidy(formdata.get(f"{self.name}-paste", "")) if formdata is not None else ""
        if formdata is None:
            self.rows = [TypedRow(self._written(row)) for row in self.data]
        else:
            self.rows = self._sent(formdata)
            self._read()

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        return bool(super().validate(form, extra_validators)) and not self.wrong

    @property
    def wrong(self) -> list[tuple[str, Text, Text]]:
        """Every refused cell: its input, where it is in words, why."""
        return [
            (cell_name(self.name, n, one.id), N_("Row %(row)s, %(column)s", row=n + 1, column=one.label), why)
            for n, row in enumerate(self.rows)
            for one in self.grid.columns
            for why in row.errors.get(one.id, ())
        ]

    @property
    def focus(self) -> str:
        """Its first input."""
        return cell_name(str(self.id), 0, self.grid.columns[0].id)

    @property
    def headings(self) -> list[Any]:
        return [one.label for one in self.grid.columns]

    @staticmethod
    def is_day(typed: str) -> bool:
        """Whether the browser's own date picker can show it; if not it would hide it."""
        return re.fullmatch(r"(\d{4}-\d\d-\d\d)?", typed) is not None

    def blame(self, row: int, column: str, why: Text) -> None:
        """Say beside a cell what is wrong with it."""
        if row < len(self.rows):
            self.rows[row].errors.setdefault(column, []).append(why)

    def arrange(self, go: str) -> bool:
        """A row more or less, or the pasted ones, as the button pressed says; False for another button."""
        verb, _, rest = go.partition("-")
        name, _, place = rest.rpartition("-") if verb == "cut" else (rest, "", "")
        if name != self.name or verb not in {"rows", "cut", "paste"}:
            return False
        if verb == "rows":
            self._invite(1)
        elif verb == "paste":
            self._take_paste()
        elif place.isdecimal() and int(place) < len(self.rows):
            del self.rows[int(place)]
        self._read()
        return True

    def invite(self, more: bool) -> None:
        """Empty rows to write in: some at the beginning, one where it was asked."""
        if self.is_sent and self.rows:
            return
        least = max(self.grid.fewest, 0 if self.rows else FIRST_ROWS)
        self._invite(max(least - len(self.rows), 1 if more else 0))

    def _invite(self, n: int) -> None:
        for _ in range(min(n, self.grid.most - len(self.rows))):
            self.rows.append(TypedRow(self._empty()))

    def _empty(self) -> dict[str, str]:
        return {one.id: "" for one in self.grid.columns}

    def _sent(self, formdata: Any) -> list[TypedRow]:
        """The rows that somebody sent, in order, however many of their inputs arrived."""
        wanted = re.compile(rf"{re.escape(self.name)}-([0-9]{{1,3}})-(\w+)")
        found: dict[int, TypedRow] = {}
        for name in formdata:
            if (place := wanted.fullmatch(name)) and place[2] in self._empty():
                row = found.setdefault(int(place[1]), TypedRow(self._empty()))
                row.cells[place[2]] = tidy(formdata[name])
        kept = [found[n] for n in sorted(found)]
        while len(kept) > self.grid.most and kept[-1].is_blank:
            kept.pop()
        return kept[:MOST_ROWS]  # those that are too many for this table are told, and lost by nobody

    def _read(self) -> None:
        self.data, wrong = read_rows(self.grid, [row.cells for row in self.rows], self.currency)
        for row in self.rows:
            row.errors = {}
        for (n, column), why in wrong.items():
            self.blame(n, column, why)

    def _take_paste(self) -> None:
        """Put the pasted rows under the typed ones; nothing is put when there are too many or too wide ones."""
        typed = [row for row in self.rows if not row.is_blank]
        names = {one.id: one.label for one in self.grid.columns}
        found = pasted(self.pasting, names, max(0, self.grid.most - len(typed)))
        if not found.rows and not found.errors:
            self.process_errors.append(N_("Copy rows from your spreadsheet and paste them here."))
        elif found.errors:
            said = [N_("Row %(row)s: %(problem)s", row=row, problem=why) for row, _, why in found.errors]
            self.process_errors += said[:10]
        else:
            new = [TypedRow({name: tidy(str(cells.get(name, ""))) for name in names}) for cells in found.rows]
            self.rows, self.pasting = [*typed, *new], ""

    def _written(self, row: Mapping[str, Any]) -> dict[str, str]:
        """A kept row as its reader would type it."""
        return {one.id: self._typed(one.cell, row.get(one.id)) for one in self.grid.columns}

    def _typed(self, cell: Cell, kept: Any) -> str:
        if kept is None:
            return ""
        printed = print_cell(cell, kept, self.currency)
        match printed:
            case Money():
                return i18n.amount(printed, current_reader())
            case int():
                return i18n.number(printed, current_reader())
        return str(kept)

    def _value(self) -> str:
        """As one text, a row on each line, for the page that shows two people's: what can be read in one writing."""
        filled = ([self._clean(one, row) for one in self.grid.columns] for row in self.rows if not row.is_blank)
        return "\n".join(" · ".join(cell or "—" for cell in cells) for cells in filled)

    def _clean(self, column: Column, row: TypedRow) -> str:
        typed = row.cells[column.id]
        try:
            return self._typed(column.cell, read_cell(column.cell, typed, self.currency))
        except ValueError:
            return typed
