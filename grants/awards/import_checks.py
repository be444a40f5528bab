"""Every row of a mapped file, read into an award or refused by row and column, with the reason as a sentence."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from grants.awards.import_values import (
    Dates,
    Unclear,
    amount,
    blank,
    currency_in,
    duration_months,
    months_later,
    shown,
)
from grants.awards.imports import Field, Mapping
from grants.core.i18n import N_, Text
from grants.core.sheets.reading import Cell, ErrorCell, Row, Table
from grants.core.types import Money, sort_key

TOTALS = frozenset("total totals grand-total totaux total-general sum somme summe المجموع الاجمالي".split())  # noqa: SIM905
LONGEST = {Field.TITLE: 500, Field.RECIPIENT: 300, Field.IDENTIFIER: 200, Field.RECIPIENT_ID: 200}


@dataclass(frozen=True)
class Remark:
    """One problem of the file. `row` as numbered in the file, `column` its letter; `refused` or only a warning."""

    row: int
    column: str
    heading: str
    text: Text
    refused: bool = True


@dataclass(frozen=True, slots=True)
class Grant:
    """One award as the file tells it. `derived`: the file gives it no identifier, so one was made of its content."""

    row: int
    identifier: str
    derived: bool
    title: str
    recipient: str
    recipient_id: str | None
    amount: Money
    requested: Money | None
    awarded_on: date
    starts_on: date | None
    ends_on: date | None
    months: int | None
    programme: str | None
    description: str | None
    city: str | None


@dataclass(frozen=True)
class Checked:
    """What would be imported, and everything to say about the rest. Totals are in the fund's currency."""

    currency: str
    rows: int
    grants: list[Grant]
    remarks: list[Remark] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)

    @cached_property
    def refusals(self) -> list[Remark]:
        return [one for one in self.remarks if one.refused]

    @property
    def warnings(self) -> list[Remark]:
        return [one for one in self.remarks if not one.refused]

    @property
    def refused_rows(self) -> int:
        return len({one.row for one in self.refusals})

    @property
    def awarded(self) -> Money:
        return Money(sum(one.amount.minor for one in self.grants), self.currency)

    @property
    def requested(self) -> Money:
        return Money(sum(one.requested.minor for one in self.grants if one.requested), self.currency)

    @property
    def recipients(self) -> int:
        return len({one.recipient for one in self.grants})


def check(table: Table, mapping: Mapping, currency: str, today: date) -> Checked:
    """Read every row. A row with a refusal is not among the grants; the required fields must all be mapped."""
    return _Check(table, mapping, currency, today).run()


class _Check:
    def __init__(self, table: Table, mapping: Mapping, currency: str, today: date) -> None:
        self.table, self.mapping, self.currency, self.today = table, mapping, currency, today
        self.remarks: list[Remark] = []
        self.dates = {
            one: Dates.of((row.cells[at] for row in table.rows), mapping.day_first, table.epoch)
            for one in (Field.AWARDED_ON, Field.STARTS_ON, Field.ENDS_ON)
            if (at := mapping.columns.get(one)) is not None
        }
        self.seen: dict[str, int] = {}
        self.copies: Counter[str] = Counter()

    def run(self) -> Checked:
        self.headings()
        grants, rows = [], 0
        for row in self.table.rows:
            if self.is_total(row):
                self.say(row, None, N_("This row looks like a total; it was left out."), refused=False)
                continue
            rows += 1
            before = len(self.remarks)
            grant = self.grant(row)
            if grant and not any(one.refused for one in self.remarks[before:]):
                grants.append(grant)
        return Checked(self.currency, rows, grants, self.remarks, self.notes())

    def headings(self) -> None:
        """A currency in the heading of an amount binds the whole column."""
        for one in (Field.AMOUNT, Field.REQUESTED):
            at = self.mapping.columns.get(one)
            named = set() if at is None else currency_in(self.table.headings[at])
            if named and self.currency not in named:
                self.say(
                    Row(self.table.heading_row, ()),
                    one,
                    N_("This column is in another currency than the fund, which is kept in %(currency)s.",
                       currency=self.currency),
                )  # fmt: skip

    def notes(self) -> list[Text]:
        said = []
        if Field.IDENTIFIER not in self.mapping.columns:
            said.append(
                N_("The file has no column of identifiers: each award gets one made of its recipient, date, amount "
                   "and title, so that the same award is known again.")
            )  # fmt: skip
        if Field.CURRENCY not in self.mapping.columns:
            said.append(
                N_("The file names no currency: its amounts are taken as %(currency)s.", currency=self.currency)
            )
        if Field.TITLE not in self.mapping.columns:
            said.append(N_("The file has no titles: the description, the programme or the recipient stands for it."))
        if (
            Field.DURATION in self.mapping.columns
            and not {Field.STARTS_ON, Field.ENDS_ON} & self.mapping.columns.keys()
        ):
            said.append(N_("The file gives durations without a start: they are kept as durations."))
        return said

    # --- one row ------------------------------------------------------------------------------------------

    def grant(self, row: Row) -> Grant | None:
        recipient = self.text(row, Field.RECIPIENT, required=True)
        awarded = self.money(row, Field.AMOUNT, required=True)
        requested = self.money(row, Field.REQUESTED)
        awarded_on = self.day(row, Field.AWARDED_ON, required=True)
        starts_on, ends_on = self.day(row, Field.STARTS_ON), self.day(row, Field.ENDS_ON)
        months = self.duration(row)
        self.same_currency(row)
        if awarded and requested and requested.minor < awarded.minor:
            self.say(
                row,
                Field.AMOUNT,
                N_("%(awarded)s was awarded, more than the %(requested)s applied for.",
                   awarded=awarded, requested=requested),
                refused=False,
            )  # fmt: skip
        if awarded_on and awarded_on > self.today:
            self.say(row, Field.AWARDED_ON, N_("%(day)s is still to come.", day=awarded_on))
        if starts_on and ends_on and ends_on < starts_on:
            self.say(row, Field.ENDS_ON, N_("The end comes before the start, %(day)s.", day=starts_on))
        if starts_on and months and ends_on is None:
            ends_on = months_later(starts_on, months)
        title = self.text(row, Field.TITLE)
        description, programme = self.text(row, Field.DESCRIPTION), self.text(row, Field.PROGRAMME)
        if not (recipient and awarded and awarded_on):
            self.identifier(row)
            return None
        title = title or (description or programme or recipient)[: LONGEST[Field.TITLE]]
        identifier = self.identifier(row)
        derived = not identifier
        return Grant(
            row=row.number,
            identifier=identifier or self.derive(recipient, awarded, awarded_on, title),
            derived=derived,
            title=title,
            recipient=recipient,
            recipient_id=self.recipient_id(row),
            amount=awarded,
            requested=requested,
            awarded_on=awarded_on,
            starts_on=starts_on,
            ends_on=ends_on,
            months=months,
            programme=programme,
            description=description,
            city=self.text(row, Field.CITY),
        )

    def identifier(self, row: Row) -> str | None:
        """The award's own identifier, which may stand once in the file."""
        if Field.IDENTIFIER not in self.mapping.columns:
            return None
        found = self.text(row, Field.IDENTIFIER)
        if not found:
            self.say(
                row,
                Field.IDENTIFIER,
                N_("There is no identifier here; one is made of the row’s content."),
                refused=False,
            )
            return None
        if (first := self.seen.setdefault(found, row.number)) != row.number:
            self.say(
                row, Field.IDENTIFIER, N_("“%(id)s” already stands in row %(row)s.", id=shown(found), row=str(first))
            )
        return found

    def derive(self, recipient: str, awarded: Money, awarded_on: date, title: str) -> str:
        """The same content makes the same identifier, wherever its row stands; twins are numbered."""
        said = f"{sort_key(recipient)}|{awarded.minor}|{awarded.currency}|{awarded_on}|{sort_key(title)}"
        made = f"row-{hashlib.sha256(said.encode()).hexdigest()[:20]}"
        self.copies[made] += 1
        return made if self.copies[made] == 1 else f"{made}-{self.copies[made]}"

    def recipient_id(self, row: Row) -> str | None:
        found = self.text(row, Field.RECIPIENT_ID)
        return found if found and found.strip("0 ") else None

    def text(self, row: Row, one: Field, required: bool = False) -> str | None:
        cell = self.cell(row, one)
        if isinstance(cell, ErrorCell):
            if required or one in {Field.IDENTIFIER, Field.TITLE}:
                self.say(row, one, N_("The formula in this cell failed: %(cell)s.", cell=str(cell)))
            return None
        if blank(cell):
            if required:
                self.say(row, one, N_("This is missing."))
            return None
        written = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
        text = " ".join(written.split())
        most = LONGEST.get(one, 5_000)
        if len(text) > most:
            if one in {Field.IDENTIFIER, Field.RECIPIENT, Field.RECIPIENT_ID}:
                self.say(row, one, N_("This is longer than %(most)s characters.", most=most))
            else:
                self.say(
                    row, one, N_("This is longer than %(most)s characters; the rest is cut.", most=most), refused=False
                )
        return text[:most]

    def money(self, row: Row, one: Field, required: bool = False) -> Money | None:
        cell = self.cell(row, one)
        if blank(cell):
            if required:
                self.say(row, one, N_("This is missing."))
            return None
        try:
            return amount(cell, self.currency)
        except Unclear as unclear:
            if not required and isinstance(cell, int | float) and cell == 0:
                return None  # nobody applies for nothing: the amount is not known
            self.say(row, one, unclear.text)
            return None

    def day(self, row: Row, one: Field, required: bool = False) -> date | None:
        cell = self.cell(row, one)
        if blank(cell):
            if required:
                self.say(row, one, N_("This is missing."))
            return None
        try:
            return self.dates[one].read(cell)
        except Unclear as unclear:
            self.say(row, one, unclear.text)
            return None

    def duration(self, row: Row) -> int | None:
        cell = self.cell(row, Field.DURATION)
        months = duration_months(cell)
        if months is None and not blank(cell) and cell != 0:
            self.say(
                row, Field.DURATION, N_("“%(cell)s” is not a number of months; it is left out.", cell=shown(cell)),
                refused=False,
            )  # fmt: skip
        return months

    def same_currency(self, row: Row) -> None:
        cell = self.cell(row, Field.CURRENCY)
        if blank(cell):
            return
        text = str(cell).strip()
        if text.upper() != self.currency and self.currency not in currency_in(text):
            self.say(
                row,
                Field.CURRENCY,
                N_("“%(cell)s” is not in %(currency)s, the currency of the fund.",
                   cell=shown(text), currency=self.currency),
            )  # fmt: skip

    def is_total(self, row: Row) -> bool:
        """A last line that sums up: it says so and names no recipient or no day."""
        if not any(isinstance(cell, str) and _first_word(cell) in TOTALS for cell in row.cells):
            return False
        named = [self.cell(row, one) for one in (Field.RECIPIENT, Field.AWARDED_ON)]
        return any(blank(cell) or (isinstance(cell, str) and _first_word(cell) in TOTALS) for cell in named)

    def cell(self, row: Row, one: Field) -> Cell:
        at = self.mapping.columns.get(one)
        return None if at is None else row.cells[at]

    def say(self, row: Row, one: Field | None, text: Text, refused: bool = True) -> None:
        at = None if one is None else self.mapping.columns.get(one)
        column = "" if at is None else self.table.letter(at)
        heading = "" if at is None else self.table.headings[at]
        self.remarks.append(Remark(row.number, column, heading, text, refused))


def _first_word(text: str) -> str:
    words: Sequence[str] = sort_key(text).replace(":", " ").split()
    return words[0] if words and len(words) <= 3 else ""
