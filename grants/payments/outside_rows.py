"""A file of opening balances and outside payments, line by line: what is new, what is known, what is refused and why.

Columns and kinds are known by their names in any of our languages. What a line would do is tried against the books as
they stood on every day: of an award, on no day is more paid than was committed, or more recovered than was paid.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar
from uuid import UUID

from grants.applications.budget_book import LIMITS
from grants.applications.budget_cells import column_of, is_blank
from grants.awards.import_checks import Remark
from grants.awards.import_values import Dates, Unclear, amount, blank, currency_in, shown
from grants.core.i18n import LANGUAGES, N_, Text, render
from grants.core.sheets.reading import (
    Cell,
    ErrorCell,
    Limits,
    Row,
    Table,
    UncalculatedCell,
    UnreadableFile,
    read_table,
)
from grants.core.types import Money, sort_key
from grants.payments.models import OutsideKind

K = OutsideKind
T = TypeVar("T")
MOST_ROWS = 2_000
COLUMNS: dict[str, Text] = {
    "award": N_("Award reference"),
    "kind": N_("What the line says"),
    "on": N_("Date"),
    "amount": N_("Amount"),
    "currency": N_("Currency"),
    "reference": N_("Bank reference"),
    "purpose": N_("What for"),
}
NEEDED = ("award", "kind", "on", "amount", "currency")
EXAMPLE = N_("Example, to be deleted")
LONGEST = {"award": 200, "reference": 120, "purpose": 400}


@dataclass(frozen=True)
class Known:
    """A line that is in the books already."""

    kind: OutsideKind
    reference: str
    on: date
    minor: int


@dataclass(frozen=True)
class Standing:
    """An award as the books have it, in minor units. `committed` and `paid` are what entered those accounts by day.

    `engaged` is what is committed in all. `planned` are the instalments nobody has claimed, in their order, where the
    agreement was made here; None where its schedule follows what was paid elsewhere. `hindrance` says why no payment
    may be entered at all.
    """

    id: UUID
    number: str
    engaged: int
    committed: Sequence[tuple[date, int]] = ()
    paid: Sequence[tuple[date, int]] = ()
    planned: Sequence[tuple[int, bool]] | None = None
    hindrance: Text | None = None
    known: Sequence[Known] = ()
    references: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ground:
    """The fund: its awards by number and by the identifier of their file, and the last day that is closed."""

    currency: str
    today: date
    awards: Mapping[str, Standing]
    closed_through: date | None = None


@dataclass(frozen=True)
class Line:
    """One line that may be entered."""

    row: int
    award_id: UUID
    number: str
    kind: OutsideKind
    on: date
    amount: Money
    reference: str
    purpose: str


@dataclass(frozen=True)
class Checked:
    """`lines` are new, payments by day, then what came back by day: the order in which they are entered."""

    rows: int
    known: int
    lines: list[Line] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def refused_rows(self) -> int:
        return len({one.row for one in self.remarks if one.refused})

    def total(self, *, back: bool) -> int:
        return sum(one.amount.minor for one in self.lines if one.kind.comes_back is back)


def read_file(content: bytes, size: int) -> Table:
    """The table of lines; raises UnreadableFile, also when a column that is needed is not there."""

    def likeness(headings: Sequence[str]) -> float:
        return len({column_of(one, COLUMNS) for one in headings} - {None})

    limits = Limits(size=size, rows=MOST_ROWS, seconds=LIMITS.seconds, no_macros=True, formulas=True)
    table = read_table(content, limits, likeness)
    missing = [label for name, label in COLUMNS.items() if name in NEEDED and name not in _places(table)]
    if missing:
        raise UnreadableFile(
            "no_headings",
            N_("There is no column “%(name)s”. Keep the headings of the model that you fetch here.", name=missing[0]),
        )
    return table


def _places(table: Table) -> dict[str, int]:
    return {name: n for n, one in reversed(list(enumerate(table.headings))) if (name := column_of(one, COLUMNS))}


def references(table: Table) -> set[str]:
    """Every award that the file names."""
    at = _places(table)["award"]
    return {_text(row.cells[at])[: LONGEST["award"]] for row in table.rows}


def check(table: Table, ground: Ground) -> Checked:
    """Every line, alone and then with the others of its award."""
    return _Check(table, ground).run()


class _Check:
    def __init__(self, table: Table, ground: Ground) -> None:
        self.table, self.ground = table, ground
        self.places = _places(table)
        self.dates = Dates.of((row.cells[self.places["on"]] for row in table.rows), True, table.epoch)
        self.remarks: list[Remark] = []
        self.first_row: dict[tuple[UUID, bool, str], int] = {}  # an opening balance has no reference

    def run(self) -> Checked:
        rows, known = 0, 0
        by_award: dict[UUID, list[Line]] = defaultdict(list)
        standings = {one.id: one for one in self.ground.awards.values()}
        for row in self.table.rows:
            if is_blank({name: row.cells[at] for name, at in self.places.items()}):
                continue
            if _text(self.cell(row, "award")) in _everywhere(EXAMPLE):
                self.say(row.number, "award", N_("This is the example of the model; it was left out."), refused=False)
                continue
            rows += 1
            before = len(self.remarks)
            line = self.line(row)
            if line is None or len(self.remarks) > before:
                continue
            if self.is_known(line, standings[line.award_id]):
                known += 1
            elif len(self.remarks) == before:
                by_award[line.award_id].append(line)
        lines = []
        for award_id, found in by_award.items():
            ordered = sorted(found, key=lambda one: (one.kind.comes_back, one.on, one.row))
            self.together(standings[award_id], ordered)
            lines += ordered
        lines.sort(key=lambda one: (one.kind.comes_back, one.on, one.row))
        self.remarks.sort(key=lambda one: (not one.refused, one.row))
        return Checked(rows, known, lines, self.remarks)

    # --- one line ---------------------------------------------------------------------------------------------

    def line(self, row: Row) -> Line | None:
        """None when something in it cannot be read; the remarks say what."""
        for name in self.places:
            if isinstance(self.cell(row, name), UncalculatedCell | ErrorCell | bool):
                self.say(row.number, name, N_("This cell holds a formula or an error. Write its value instead."))
                return None
        number, reference = self.words(row, "award"), self.words(row, "reference")
        standing = self.ground.awards.get(number)
        if number and standing is None:
            self.say(row.number, "award", N_("No award of this fund has the reference “%(ref)s”.", ref=shown(number)))
        kind, on, money = self.kind(row), self.day(row), self.money(row)
        self.currency(row)
        if kind and kind.opening:
            reference = ""
        elif kind and not reference:
            self.say(row.number, "reference", N_("This is missing: the bank reference tells one payment from another."))
        if kind is None or on is None or money is None or standing is None:
            return None
        if standing.hindrance and kind is not K.COMMITTED:
            self.say(row.number, "award", standing.hindrance)
        if kind is K.COMMITTED and money.minor != standing.engaged:
            booked = Money(standing.engaged, self.ground.currency)
            sentence = N_(
                "The books have %(booked)s committed for this award, not %(here)s.", booked=booked, here=money
            )
            self.say(row.number, "amount", sentence)
        purpose = self.words(row, "purpose")
        return Line(row.number, standing.id, standing.number, kind, on, money, reference, purpose)

    def is_known(self, line: Line, standing: Standing) -> bool:
        """Whether it is in the books already; refuses what only half agrees with them, and what stands twice here."""
        if line.kind is K.COMMITTED:
            return True
        twin = self.first_row.setdefault((line.award_id, line.kind.comes_back, line.reference), line.row)
        if twin != line.row:
            self.say(line.row, "reference", N_("Row %(row)s says this already.", row=str(twin)))
            return False
        same = (one for one in standing.known if one.reference == line.reference and _alike(one.kind, line.kind))
        if before := next(same, None):
            if (before.kind, before.on, before.minor) == (line.kind, line.on, line.amount.minor):
                return True
            self.say(
                line.row,
                "amount",
                N_("This was entered before as %(kind)s, %(amount)s on %(on)s. Take that file back to correct it.",
                   kind=before.kind.label, amount=Money(before.minor, self.ground.currency), on=before.on),
            )  # fmt: skip
        elif line.reference and line.reference in standing.references:
            self.say(
                line.row,
                "reference",
                N_("A payment of this award was recorded here under the bank reference “%(ref)s”.", ref=line.reference),
            )
        self.dated(line, standing)
        return False

    def dated(self, line: Line, standing: Standing) -> None:
        closed = self.ground.closed_through
        if line.on > self.ground.today:
            self.say(line.row, "on", N_("%(day)s is still to come.", day=line.on))
        elif closed is not None and line.on <= closed:
            self.say(line.row, "on", N_("The books are closed through %(day)s: give a later date.", day=closed))
        if line.kind.opening and standing.planned is not None:
            self.say(
                line.row,
                "kind",
                N_("The agreement of this award was made here: enter each payment on a line of its own."),
            )

    # --- the lines of one award together ------------------------------------------------------------------------

    def together(self, standing: Standing, lines: Sequence[Line]) -> None:
        """On every day: what is committed and not paid, and what is paid and not recovered, stay above nothing."""
        committed, paid = list(standing.committed), list(standing.paid)
        planned = list(standing.planned or ())
        openings = [one.on for one in standing.known if one.kind is K.OPENING_PAID]
        openings += [one.on for one in lines if one.kind is K.OPENING_PAID]
        for line in lines:
            minor = line.amount.minor
            if line.kind is K.OPENING_PAID and any(day <= line.on and change > 0 for day, change in standing.paid):
                self.say(line.row, "on", N_("Payments of this award up to that day are in the books already."))
            elif not line.kind.opening and any(line.on <= day for day in openings) and not line.kind.comes_back:
                self.say(
                    line.row, "on", N_("The opening balance as at %(day)s counts this payment.", day=max(openings))
                )
            if line.kind.comes_back:
                if (least := _least(paid, line.on)) < minor:
                    here = Money(max(least, 0), self.ground.currency)
                    self.say(line.row, "amount", N_("Only %(here)s was paid and can come back by then.", here=here))
                paid.append((line.on, -minor))
                continue
            if (least := _least(committed, line.on)) < minor:
                self.beyond(line, committed, least)
            elif standing.planned is not None:
                self.fits(line, planned)
            committed.append((line.on, -minor))
            paid.append((line.on, minor))

    def beyond(self, line: Line, committed: Sequence[tuple[date, int]], least: int) -> None:
        since = min((day for day, change in committed if change > 0), default=None)
        if since is not None and line.on < since:
            sentence = N_("The award was committed on %(day)s: nothing can be paid before.", day=since)
            self.say(line.row, "on", sentence)
        else:
            here = Money(max(least, 0), self.ground.currency)
            sentence = N_("Only %(here)s is committed and unpaid for this award then.", here=here)
            self.say(line.row, "amount", sentence)

    def fits(self, line: Line, planned: list[tuple[int, bool]]) -> None:
        """Where the agreement was made here, a payment is the next instalment, and no more than it."""
        if not planned:
            self.say(line.row, "amount", N_("Every instalment of this agreement has been claimed or paid."))
            return
        minor, advance = planned.pop(0)
        if line.amount.minor > minor:
            most = Money(minor, self.ground.currency)
            self.say(line.row, "amount", N_("The next instalment of this agreement is %(most)s at most.", most=most))
        if (line.kind is K.ADVANCE) is not advance:
            wanted = (K.ADVANCE if advance else K.PAYMENT).label
            self.say(line.row, "kind", N_("The next instalment of this agreement is a “%(kind)s”.", kind=wanted))

    # --- cells --------------------------------------------------------------------------------------------------

    def cell(self, row: Row, name: str) -> Cell:
        at = self.places.get(name)
        return None if at is None else row.cells[at]

    def words(self, row: Row, name: str) -> str:
        text = _text(self.cell(row, name))
        if name == "award" and not text:
            self.say(row.number, name, N_("This is missing."))
        if len(text) > LONGEST[name]:
            self.say(row.number, name, N_("This is longer than %(most)s characters.", most=LONGEST[name]))
        return text

    def kind(self, row: Row) -> OutsideKind | None:
        cell = _text(self.cell(row, "kind"))
        wanted = sort_key(cell)
        for kind in K:
            if wanted in {kind.value, *(sort_key(one) for one in _everywhere(kind.label))}:
                return kind
        sentence = (
            N_("“%(cell)s” is not in the list of the model.", cell=shown(cell)) if cell else N_("This is missing.")
        )
        self.say(row.number, "kind", sentence)
        return None

    def day(self, row: Row) -> date | None:
        cell = self.cell(row, "on")
        return self.read(row, "on", cell, lambda: self.dates.read(cell))

    def money(self, row: Row) -> Money | None:
        cell = self.cell(row, "amount")
        return self.read(row, "amount", cell, lambda: amount(cell, self.ground.currency))

    def read(self, row: Row, name: str, cell: Cell, reader: Callable[[], T]) -> T | None:
        if blank(cell):
            self.say(row.number, name, N_("This is missing."))
            return None
        try:
            return reader()
        except Unclear as unclear:
            self.say(row.number, name, unclear.text)
            return None

    def currency(self, row: Row) -> None:
        text = _text(self.cell(row, "currency"))
        if not text:
            self.say(row.number, "currency", N_("This is missing."))
        elif text.upper() != self.ground.currency and self.ground.currency not in currency_in(text):
            currency = self.ground.currency
            sentence = N_(
                "“%(cell)s” is not in %(currency)s, the currency of the fund.", cell=shown(text), currency=currency
            )
            self.say(row.number, "currency", sentence)

    def say(self, row: int, name: str, text: Text, refused: bool = True) -> None:
        at = self.places.get(name)
        column, heading = ("", "") if at is None else (self.table.letter(at), self.table.headings[at])
        self.remarks.append(Remark(row, column, heading, text, refused))


def _least(changes: Sequence[tuple[date, int]], since: date) -> int:
    """The least that stands there at the end of any day from this one on."""
    by_day: dict[date, int] = defaultdict(int)
    for day, change in changes:
        by_day[max(day, since)] += change
    standing, least = 0, None
    for day in sorted({*by_day, since}):
        standing += by_day.get(day, 0)
        least = standing if least is None else min(least, standing)
    return least or 0


def _alike(one: OutsideKind, other: OutsideKind) -> bool:
    return one.comes_back is other.comes_back and one.opening is other.opening


def _everywhere(text: Text) -> set[str]:
    return {render(text, language) for language in LANGUAGES}


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return " ".join((str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)).split())
