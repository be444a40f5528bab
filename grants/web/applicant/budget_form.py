"""The budget as it is typed: rows of inputs that keep what was written, right or wrong."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask import request
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import TextAreaField

from grants.applications.budget_cells import FUNDING_COLUMNS, Reading, pasted
from grants.applications.content import LONGEST_DURATION
from grants.applications.models import CERTAINTY_LABELS, SOURCE_LABELS, Application
from grants.applications.plan import Plan
from grants.applications.reckoning import MOST_CONTRIBUTIONS, MOST_LINES, MOST_YEARS, Funding, Line
from grants.core import i18n
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.web.answers import AskedAtSubmission
from grants.web.fields import tidy
from grants.web.forms import Form, FormError, MoneyField, NumberField, Versioned
from grants.web.language import current_reader
from grants.web.parking import taken_up

FIRST_ROWS = 3  # a budget not begun yet
MOST = {"lines": MOST_LINES, "funds": MOST_CONTRIBUTIONS}
NAMES = {"who": "organisation_id"}  # columns that a line calls otherwise
NAME = re.compile(r"(lines|funds)-(\d{1,3})-([a-z]+)")


@dataclass
class Row:
    """One row of inputs: what is written in each, and what is wrong with it."""

    cells: dict[str, str]
    errors: dict[str, Sequence[Text]] = field(default_factory=dict)


class Label(NamedTuple):
    text: Text


class Written(NamedTuple):
    """A table as one text, a row on each line; `words` are those of the choices, by column and value."""

    name: str
    label: Label
    rows: Sequence[Row]
    words: Mapping[str, Mapping[str, str]]

    def _value(self) -> str:
        written = (
            [self.words.get(name, {}).get(value, value) for name, value in row.cells.items() if value]
            for row in self.rows
        )
        return "\n".join(" · ".join(values) for values in written if values)


class BudgetPlanForm(Form, Versioned):
    """Duration and amount; `rows` are its lines of cost and of co-financing."""

    duration_months = NumberField(
        _l("Duration in months"), [AskedAtSubmission()], minimum=1, maximum=LONGEST_DURATION, suffix=N_("months")
    )
    asked = MoneyField(
        _l("Amount requested from the fund"),
        description=_l("Leave empty to ask for the most. Write an amount to ask for less."),
    )
    paste = TextAreaField(_l("Rows copied from a spreadsheet"))

    def __init__(self, application: Application, *, saved: bool = False) -> None:
        """With `saved` it shows what is saved, whatever the request sends."""
        self.plan = Plan.of(application)
        super().__init__(obj=self.plan, currency=application.currency, **({"formdata": None} if saved else {}))
        self.sent = self.is_submitted() and not saved
        self.reading = Reading.of(application)
        self.columns = {"lines": self.reading.columns, "funds": FUNDING_COLUMNS}
        self.asked.minimum = Money(1, application.currency)
        self.paste_errors: list[Text] = []
        parked = None if saved or self.sent else taken_up()
        typed = request.form if self.sent else parked.typed if parked else None
        self.rows: dict[str, list[Row]] = self._kept_rows() if typed is None else self._typed_rows(typed)

    def validate(self, extra_validators: Any = None) -> bool:
        sound = super().validate(extra_validators)
        for group, rows in self.rows.items():
            for row in rows:
                row.errors = {name: [why] for name, why in self._read(group, row.cells)[1].items()}
                sound = sound and not row.errors
        return sound

    def part(self) -> Plan:
        """What is readable of it; rows left empty are left out."""
        lines = tuple(self.reading.line(row.cells)[0] for row in self.filled("lines"))
        funding = tuple(self.reading.funding(row.cells)[0] for row in self.filled("funds"))
        return Plan(self.duration_months.data, self.asked.data, lines, funding)

    def filled(self, group: str) -> list[Row]:
        """Its rows with something in them beside what stands there by itself."""
        given = {"certainty", "who"}
        return [row for row in self.rows[group] if any(text for name, text in row.cells.items() if name not in given)]

    def unread(self, group: str) -> list[set[str]]:
        """Of each of those rows what could not be read, as a line or a contribution calls it."""
        return [{NAMES.get(name, name) for name in row.errors} for row in self.filled(group)]

    def visible(self) -> Iterator[Any]:
        """Its fields and its tables, for the page that shows two people's texts."""
        yield from (self.duration_months, self.asked)
        words = {
            column: {value: i18n.plain(label, current_reader()) for value, label in choices}
            for column, choices in self.options(MOST_YEARS).items()
        }
        yield Written("lines", Label(N_("Costs")), self.filled("lines"), words)
        yield Written("funds", Label(N_("Co-financing")), self.filled("funds"), words)

    def refill(self) -> None:
        super().refill()
        self.rows = self._kept_rows()

    def _read(self, group: str, cells: Mapping[str, str]) -> tuple[Line | Funding, dict[str, Text]]:
        return self.reading.line(cells) if group == "lines" else self.reading.funding(cells)

    def arrange(self, go: str) -> None:
        """A row more or less, as the button pressed says: add-lines, remove-funds-2."""
        verb, _, rest = go.partition("-")
        group, _, place = rest.partition("-")
        if group not in self.rows:
            return
        rows = self.rows[group]
        if verb == "add" and len(rows) < MOST[group]:
            rows.append(self.empty(group))
        elif verb == "remove" and place.isdigit() and int(place) < len(rows):
            del rows[int(place)]

    def take_paste(self) -> bool:
        """Put the pasted rows under the typed ones; False, and nothing put, when one of them cannot be read."""
        typed = self.filled("lines")
        found = pasted(self.paste.data or "", self.reading.columns, MOST_LINES - len(typed))
        errors, new = list(found.errors), []
        for cells in found.rows:
            line, wrong = self.reading.line(cells)
            new.append(Row(self._line_cells(line)))
            errors += [(int(str(cells["row"])), self.reading.columns[name], why) for name, why in wrong.items()]
        if not found.rows and not errors:
            self.paste_errors = [N_("Copy rows from your spreadsheet and paste them here.")]
            return False
        self.paste_errors = [
            N_("Row %(row)s, %(column)s: %(problem)s", row=row, column=column, problem=why)
            if column
            else N_("Row %(row)s: %(problem)s", row=row, problem=why)
            for row, column, why in sorted(errors, key=lambda one: one[0])
        ]
        if self.paste_errors:
            return False
        self.rows["lines"] = typed + new
        self.paste.data, self.paste.raw_data = "", []
        return True

    def empty(self, group: str) -> Row:
        return Row(dict.fromkeys(self.columns[group], ""))

    def _typed_rows(self, typed: MultiDict[str, str]) -> dict[str, list[Row]]:
        """The rows that somebody sent, in order, however many of their inputs arrived."""
        found: dict[str, dict[int, Row]] = {group: {} for group in self.columns}
        for name, value in typed.items():
            place = NAME.fullmatch(name)
            if place and place[3] in self.columns[place[1]] and int(place[2]) < MOST[place[1]]:
                found[place[1]].setdefault(int(place[2]), self.empty(place[1])).cells[place[3]] = tidy(value)
        return {group: [rows[n] for n in sorted(rows)] for group, rows in found.items()}

    def _kept_rows(self) -> dict[str, list[Row]]:
        """The rows as they are saved, written for the reader."""
        return {
            "lines": [Row(self._line_cells(one)) for one in self.plan.lines],
            "funds": [Row(funding_cells(one)) for one in self.plan.funding],
        }

    def _line_cells(self, line: Line) -> dict[str, str]:
        cells = {
            "category": line.category,
            "who": str(line.organisation_id or next(iter(self.reading.spenders))),
            "year": str(line.year or ""),
            "label": line.label,
            "net": _amount(line.net),
            "vat": i18n.number(line.vat / 100, current_reader()) if line.vat else "",
        }
        return {name: cells[name] for name in self.reading.columns}

    def problems(self, form_problems: Sequence[FormError]) -> list[FormError]:
        """Every refusal of the page in its order, each with the input it is about."""
        found = list(form_problems)
        for group, columns in self.columns.items():
            for n, row in enumerate(self.rows[group]):
                for name, errors in row.errors.items():
                    label = ROW_LABELS[group](n + 1, columns[name])
                    found += [FormError(f"{group}-{n}-{name}", label, one) for one in errors]
        return found + [FormError("paste", self.paste.label.text, one) for one in self.paste_errors]

    def options(self, years: int) -> dict[str, list[tuple[str, Any]]]:
        """The choices of each column that has some."""
        used = [int(one.cells["year"]) for one in self.rows["lines"] if re.fullmatch("[0-9]{1,2}", one.cells["year"])]
        last = min(MOST_YEARS, max([years, *used]))
        return {
            "category": [(one.code, one.name) for one in self.reading.rules.categories],
            "who": [
                *((str(id), one.name) for id, one in self.reading.spenders.items()),
                *((str(id), N_("No longer takes part")) for id in self.reading.gone),
            ],
            "year": [(str(n), N_("Year %(n)s", n=n)) for n in range(1, last + 1)],
            "source": [(str(one), label) for one, label in SOURCE_LABELS.items()],
            "certainty": [(str(one), label) for one, label in CERTAINTY_LABELS.items()],
        }


ROW_LABELS = {
    "lines": lambda n, column: N_("Line %(n)s, %(column)s", n=n, column=column),
    "funds": lambda n, column: N_("Co-financing %(n)s, %(column)s", n=n, column=column),
}


def funding_cells(one: Funding) -> dict[str, str]:
    return {
        "source": str(one.source or ""),
        "label": one.label,
        "amount": _amount(one.amount),
        "certainty": str(one.certainty),
    }


def _amount(value: Money | None) -> str:
    return i18n.amount(value, current_reader()) if value else ""
