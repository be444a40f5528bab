"""Which column of somebody else's file holds what: a proposal for files nobody has seen before.

    mapping = propose(table.headings, [row.cells for row in table.rows])
    mapping.columns[Field.AMOUNT], mapping.confidence[Field.AMOUNT]

Two witnesses are heard: the words of the heading (English, French, Arabic, some Spanish and German, the 360Giving
and SCDL standards) and what stands under it (numbers, dates, unique texts). A person may change every choice.
"""

import re
import unicodedata
from collections.abc import Mapping as ReadOnly
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from grants.awards.import_columns import Column, describe
from grants.awards.import_words import AGAINST, IDLE, STRONG, WEAK
from grants.core.i18n import N_, Text
from grants.core.sheets.reading import Cell


class Field(StrEnum):
    """What an imported award is made of."""

    IDENTIFIER = "identifier"
    TITLE = "title"
    RECIPIENT = "recipient"
    RECIPIENT_ID = "recipient_id"
    AMOUNT = "amount"
    REQUESTED = "requested"
    CURRENCY = "currency"
    AWARDED_ON = "awarded_on"
    STARTS_ON = "starts_on"
    ENDS_ON = "ends_on"
    DURATION = "duration"
    PROGRAMME = "programme"
    DESCRIPTION = "description"
    CITY = "city"

    @property
    def label(self) -> Text:
        return FIELD_LABELS[self]


FIELD_LABELS = {
    Field.IDENTIFIER: N_("Identifier of the award"),
    Field.TITLE: N_("Title"),
    Field.RECIPIENT: N_("Recipient"),
    Field.RECIPIENT_ID: N_("Identifier of the recipient"),
    Field.AMOUNT: N_("Amount awarded"),
    Field.REQUESTED: N_("Amount applied for"),
    Field.CURRENCY: N_("Currency"),
    Field.AWARDED_ON: N_("Award date"),
    Field.STARTS_ON: N_("Planned start"),
    Field.ENDS_ON: N_("Planned end"),
    Field.DURATION: N_("Duration in months"),
    Field.PROGRAMME: N_("Programme"),
    Field.DESCRIPTION: N_("Description"),
    Field.CITY: N_("City of the recipient"),
}
REQUIRED = (Field.RECIPIENT, Field.AMOUNT, Field.AWARDED_ON)
SURE, LIKELY = 0.7, 0.45


class UnknownColumn(ValueError):
    """A mapping names a field or a heading that is not there; carries a sentence."""

    def __init__(self, text: Text) -> None:
        super().__init__(str(text))
        self.text = text


@dataclass(frozen=True)
class Mapping:
    """Field to position of its column, from 0, with how sure the proposal is (0 to 1; a person's choice is 1).

    `day_first` settles dates such as 03/04/2020 when nothing in their column does.
    """

    columns: ReadOnly[Field, int]
    confidence: ReadOnly[Field, float] = field(default_factory=dict)
    day_first: bool | None = None

    @property
    def missing(self) -> list[Field]:
        return [one for one in REQUIRED if one not in self.columns]

    def as_json(self) -> dict[str, Any]:
        """Primitives, to be kept with the import."""
        return {
            "columns": {one.value: index for one, index in self.columns.items()},
            "confidence": {one.value: share for one, share in self.confidence.items()},
            "day_first": self.day_first,
        }

    @classmethod
    def from_json(cls, kept: ReadOnly[str, Any]) -> Self:
        return cls(
            {Field(one): index for one, index in kept["columns"].items()},
            {Field(one): share for one, share in kept["confidence"].items()},
            kept["day_first"],
        )

    def changed(self, columns: ReadOnly[Field, int], day_first: bool | None) -> "Mapping":
        """The same with a person's choices, of which they are sure."""
        same = {one: self.confidence.get(one, 1.0) for one in columns if columns[one] == self.columns.get(one)}
        return Mapping(dict(columns), {one: same.get(one, 1.0) for one in columns}, day_first)

    def overridden(self, wanted: ReadOnly[str, str | None], headings: Sequence[str]) -> "Mapping":
        """With `{field: heading}` (or a column letter; empty for "not in the file"); raises UnknownColumn."""
        columns, day_first = dict(self.columns), self.day_first
        for name, heading in wanted.items():
            if name == "day_first":
                day_first = None if heading is None else str(heading).casefold() in {"true", "yes", "1"}
                continue
            if name not in set(Field):
                known = ", ".join(Field)
                raise UnknownColumn(N_("There is no field “%(name)s”. Fields: %(known)s.", name=name, known=known))
            columns.pop(Field(name), None)
            if heading:
                index = find(heading, headings)
                columns = {one: at for one, at in columns.items() if at != index} | {Field(name): index}
        return self.changed(columns, day_first)


def find(heading: str, headings: Sequence[str]) -> int:
    """The position of a heading, else of a column letter; raises UnknownColumn."""
    wanted = words(heading)
    for index, one in enumerate(headings):
        if one and words(one) == wanted:
            return index
    letters = heading.strip().upper()
    if re.fullmatch("[A-Z]{1,2}", letters):
        position = 0
        for letter in letters:
            position = position * 26 + ord(letter) - 64
        if position <= len(headings):
            return position - 1
    raise UnknownColumn(N_("The file has no column “%(heading)s”.", heading=heading))


def words(heading: str) -> tuple[str, ...]:
    """A heading as it is compared: no accents, case, punctuation, numbering, units or filler words."""
    split = re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Ý])", " ", heading)  # nomBeneficiaire, amountAwarded
    bare = "".join(c for c in unicodedata.normalize("NFKD", split) if not unicodedata.combining(c)).casefold()
    bare = bare.replace("n°", " numero ").replace("№", " numero ")
    found = re.findall(r"[^\W\d_]+", bare)
    kept = tuple(word for word in found if word not in IDLE)
    return kept or tuple(found)


def likeness(headings: Sequence[str]) -> float:
    """How much a row looks like the headings of a list of awards: the fields its words name, required ones thrice."""
    total = 0.0
    for one in Field:
        best = max((said(one, words(heading)) for heading in headings if len(heading) < 90), default=0.0)
        total += best * (3 if one in REQUIRED else 1) if best >= 0.5 else 0
    return total


def said(one: Field, heading: tuple[str, ...]) -> float:
    """0 to 1: how clearly these words name this field."""
    if not heading:
        return 0.0
    best, have = 0.0, set(heading)
    for phrases, exact, within in ((STRONG, 1.0, 0.9), (WEAK, 0.6, 0.5)):
        for phrase in phrases.get(one.value, ()):
            if phrase == heading:
                best = max(best, exact)
            elif have.issuperset(phrase):
                best = max(best, within - 0.35 * (1 - len(phrase) / len(heading)))
    return best * (0.15 if have & AGAINST.get(one.value, frozenset()) else 1)


def fits(one: Field, column: Column) -> float:
    """0 to 1: how well what stands in the column suits this field."""
    match one:
        case Field.AMOUNT | Field.REQUESTED:
            return column.amounts * (0.4 if column.small or column.days > 0.5 else 1)
        case Field.AWARDED_ON | Field.STARTS_ON | Field.ENDS_ON:
            return column.dates
        case Field.IDENTIFIER:
            suits = column.unique > 0.9 and column.length < 80 and not column.dates > 0.5 and not column.counter
            return column.filled if suits else 0.0
        case Field.CURRENCY:
            return column.currencies
        case Field.DURATION:
            return column.durations
        case Field.RECIPIENT:
            return column.texts * (1 if column.length < 90 else 0.3)
        case Field.RECIPIENT_ID:
            return (
                (1.0 if column.length < 60 else 0.2) * (0.3 if column.dates > 0.5 else 1) * (0.4 + 0.6 * column.filled)
            )
        case Field.CITY | Field.PROGRAMME:
            return column.texts * (1 if column.length < 60 else 0.3)
    return column.texts


def propose(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Mapping:
    """The best column for each field, one column per field. Required fields are guessed from content if need be."""
    columns = [describe([row[index] for row in rows]) for index in range(len(headings))]
    scores = []
    for one in Field:
        for index, heading in enumerate(headings):
            if not columns[index].filled:
                continue
            name, content = said(one, words(heading)), fits(one, columns[index])
            score = name * (0.3 + 0.7 * content)
            if one in REQUIRED and not any(said(other, words(heading)) >= 0.5 for other in Field):
                score = max(score, 0.3 * content * columns[index].filled)  # a language we do not know
            scores.append((round(score, 4), -index, one))
    chosen: dict[Field, tuple[int, float]] = {}
    taken: set[int] = set()
    for score, place, one in sorted(scores, key=lambda entry: (-entry[0] - 0.02 * (entry[2] in REQUIRED), -entry[1])):
        if score >= (0.2 if one in REQUIRED else 0.3) and one not in chosen and -place not in taken:
            chosen[one] = (-place, score)
            taken.add(-place)
    return Mapping({one: at for one, (at, _) in chosen.items()}, {one: share for one, (_, share) in chosen.items()})
