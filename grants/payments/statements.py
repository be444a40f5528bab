"""Reading a bank's statement: which column holds what, what each line says, and which payment it may be about.

The file is read by grants.core.sheets; dates and amounts as in an import of awards. The columns a person chose are
kept with the paying account by their headings, so that the next statement of the same bank needs nobody.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from grants.awards.import_values import Dates, Unclear, amount, blank
from grants.awards.imports import words
from grants.core.errors import Refused
from grants.core.i18n import N_, Text
from grants.core.sheets.reading import Cell, Limits, Table, read_table
from grants.core.types import Money
from grants.payments.models import PaymentOrder, StatementLine
from grants.profiles.bank import compact


class Part(StrEnum):
    """What a line of a statement is made of. An amount stands in one signed column, or in debit and credit."""

    BOOKED_ON = "booked_on"
    LABEL = "label"
    REFERENCE = "reference"
    AMOUNT = "amount"
    DEBIT = "debit"
    CREDIT = "credit"
    RIB = "rib"

    @property
    def label(self) -> Text:
        return PART_LABELS[self]


PART_LABELS = {
    Part.BOOKED_ON: N_("Day it was booked"),
    Part.LABEL: N_("Wording of the bank"),
    Part.REFERENCE: N_("Bank reference"),
    Part.AMOUNT: N_("Signed amount"),
    Part.DEBIT: N_("Debit"),
    Part.CREDIT: N_("Credit"),
    Part.RIB: N_("Account of the other side"),
}
# Words of headings, without accents, as banks of the three countries write them.
HEADINGS: dict[Part, tuple[str, ...]] = {
    Part.BOOKED_ON: ("date valeur", "date operation", "date comptable", "value date", "booking date", "date", "تاريخ"),
    Part.LABEL: ("libelle", "designation", "description", "label", "details", "motif", "البيان"),
    Part.REFERENCE: ("reference", "ref", "numero operation", "المرجع"),
    Part.AMOUNT: ("montant", "amount", "المبلغ"),
    Part.DEBIT: ("debit", "sortie", "مدين"),
    Part.CREDIT: ("credit", "entree", "دائن"),
    Part.RIB: ("rib", "compte beneficiaire", "compte", "account", "iban", "الحساب"),
}
SCORES = {"reference": 4, "account": 3, "amount": 2, "day": 1}


@dataclass(frozen=True)
class Columns:
    """Part to heading."""

    headings: Mapping[Part, str]

    def as_json(self) -> dict[str, Any]:
        return {part.value: heading for part, heading in self.headings.items()}

    @classmethod
    def from_json(cls, kept: Mapping[str, str]) -> "Columns":
        return cls({Part(part): heading for part, heading in kept.items()})

    @property
    def missing(self) -> Text | None:
        """What a person has still to say."""
        if Part.BOOKED_ON not in self.headings:
            return N_("Say which column holds the day.")
        if Part.AMOUNT not in self.headings and Part.DEBIT not in self.headings:
            return N_("Say which column holds the amount: one signed column, or debit and credit.")
        return None

    def suit(self, headings: Sequence[str]) -> bool:
        """Whether all of them stand in this file."""
        return self.missing is None and set(self.headings.values()) <= set(headings)


@dataclass(frozen=True)
class Said:
    """One line of the file; `minor` is below zero for money that left."""

    row: int
    booked_on: date
    minor: int
    reference: str
    label: str
    rib: str


def read_file(content: bytes, *, rows: int, size: int) -> Table:
    """The table in a statement; raises UnreadableFile."""
    return read_table(content, Limits(rows=rows, size=size), _likeness)


def _likeness(headings: Sequence[str]) -> float:
    return float(len(propose(headings).headings))


def propose(headings: Sequence[str]) -> Columns:
    """What the words of the headings tell; nothing is guessed from what stands under them."""
    found: dict[Part, str] = {}
    for part, said in HEADINGS.items():
        for phrase in said:
            wanted = set(words(phrase))
            match = next(
                (one for one in headings if one not in found.values() and wanted <= set(words(one)) and words(one)),
                None,
            )
            if match is not None:
                found[part] = match
                break
    if Part.DEBIT in found and Part.CREDIT in found:
        found.pop(Part.AMOUNT, None)
    return Columns(found)


def lines(table: Table, columns: Columns, currency: str) -> list[Said]:
    """Every line of the file. Raises Refused with the row that cannot be read: a statement is taken whole or not."""
    place = {part: table.headings.index(heading) for part, heading in columns.headings.items()}
    dates = Dates.of((row.cells[place[Part.BOOKED_ON]] for row in table.rows), True, table.epoch)
    found = []
    for row in table.rows:
        cells = {part: row.cells[at] for part, at in place.items()}
        if blank(cells.get(Part.BOOKED_ON)) or all(blank(cells.get(one)) for one in MONEY):
            continue  # a title, a carried balance, an empty row
        try:
            booked_on, minor = dates.read(cells[Part.BOOKED_ON]), _minor(cells, currency)
        except Unclear as unclear:
            raise Refused(N_("Row %(row)s: %(why)s", row=row.number, why=unclear.text)) from unclear
        if minor:
            said = (_text(cells.get(one)) for one in (Part.REFERENCE, Part.LABEL, Part.RIB))
            reference, label, rib = said
            found.append(Said(row.number, booked_on, minor, reference[:120], label[:400], compact(rib)[:34]))
    return found


MONEY = (Part.AMOUNT, Part.DEBIT, Part.CREDIT)


def _minor(cells: Mapping[Part, Cell], currency: str) -> int:
    signed = _signed(cells.get(Part.AMOUNT), currency)
    return signed - abs(_signed(cells.get(Part.DEBIT), currency)) + abs(_signed(cells.get(Part.CREDIT), currency))


def _signed(cell: Cell, currency: str) -> int:
    """Minor units; zero for nothing. A sign before or after, or parentheses, mean that money left."""
    if blank(cell) or cell == 0:
        return 0
    if isinstance(cell, str):
        bare = cell.strip()
        if re.fullmatch(r"[0.,\s]+", bare):
            return 0
        negative = re.fullmatch(r"[-−].*|.*[-−]|\(.*\)", bare) is not None
        minor: int = amount(bare.strip("-−+() "), currency).minor
        return -minor if negative else minor
    if isinstance(cell, int | float) and not isinstance(cell, bool) and cell < 0:
        return -int(amount(-cell, currency).minor)
    return int(amount(cell, currency).minor)


def _text(cell: Cell) -> str:
    return "" if blank(cell) else " ".join(str(cell).split())


def fingerprints(account_id: Any, found: Iterable[Said]) -> list[str]:
    """What tells each line from every other of the account; the same line twice in one file is two lines."""
    seen: dict[str, int] = {}
    made = []
    for one in found:
        content = f"{account_id}|{one.booked_on}|{one.minor}|{one.reference}|{one.label}|{one.rib}"
        seen[content] = seen.get(content, 0) + 1
        made.append(hashlib.sha256(f"{content}|{seen[content]}".encode()).hexdigest())
    return made


# --- which payment ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Match:
    """An order a line may be about, and why."""

    order: PaymentOrder
    why: tuple[str, ...]

    @property
    def score(self) -> int:
        return sum(SCORES[one] for one in self.why)


def matches(line: StatementLine, orders: Iterable[PaymentOrder], told: set[Any]) -> list[Match]:
    """Orders of this very amount, the likeliest first. `told`: orders whose payment another line tells already.

    Money that left is a payment, sent or recorded, that no line tells yet; money that came may be a payment returned.
    """
    found = []
    for order in orders:
        if order.net.minor != abs(line.amount_minor):
            continue
        if line.is_debit and order.id in told:
            continue
        found.append(Match(order, tuple(_why(line, order))))
    return sorted(found, key=lambda one: (-one.score, one.order.number))


def proposed(found: Sequence[Match]) -> Match | None:
    """The one to propose: the likeliest, unless another is as likely."""
    if not found or (len(found) > 1 and found[1].score == found[0].score):
        return None
    return found[0]


def _why(line: StatementLine, order: PaymentOrder) -> Iterable[str]:
    said = compact(f"{line.reference} {line.label}")
    if compact(order.number) in said:
        yield "reference"
    if line.rib and line.rib.endswith(order.account_number):
        yield "account"
    yield "amount"
    if order.batch is not None and 0 <= (line.booked_on - order.batch.execute_on).days <= 10:
        yield "day"


WHY_LABELS = {
    "reference": N_("same reference"),
    "account": N_("same account"),
    "amount": N_("same amount"),
    "day": N_("near the day of execution"),
}


def explained(opening: Money, net_paid: int, others: int) -> Money:
    """What the account should hold: the opening balance, less what the ledger paid, with every other movement."""
    return Money(opening.minor - net_paid + others, opening.currency)


__all__ = [
    "WHY_LABELS",
    "Columns",
    "Match",
    "Part",
    "Said",
    "explained",
    "fingerprints",
    "lines",
    "matches",
    "propose",
    "proposed",
    "read_file",
]
