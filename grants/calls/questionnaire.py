"""What a call asks beyond project, budget and documents: sections of questions, kept as data and frozen by version.

An outline is a value: `Outline.of(json)` and `.json()` are inverse, and every change gives a new one. Answers are a
mapping from the id of a question to a JSON value: text, whole number (money: minor units of the call's currency), ISO
date, id of a choice, list of ids, True, the rows of a table (grants.calls.tables). Files are no answers: they are kept
as documents of the application.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple, Self

from grants.calls import tables
from grants.calls.tables import Grid
from grants.core.i18n import N_, N_n, Text, Words
from grants.core.types import Money

MOST_SECTIONS, MOST_QUESTIONS, MOST_CHOICES = 12, 40, 30
MOST_INPUTS = MOST_QUESTIONS * (tables.MOST_COLUMNS * tables.MOST_ROWS + 1)  # a section of full tables sends so many
LONGEST = {"line": 200, "text": 5_000}  # characters, where the officer gave no limit


class Kind(StrEnum):
    LINE = "line"
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DAY = "day"
    CHOICE = "choice"
    CHOICES = "choices"
    TABLE = "table"
    FILE = "file"
    CONSENT = "consent"


KIND_LABELS = {
    Kind.LINE: N_("Short text"),
    Kind.TEXT: N_("Long text"),
    Kind.NUMBER: N_("Whole number"),
    Kind.MONEY: N_("Amount of money"),
    Kind.DAY: N_("Date"),
    Kind.CHOICE: N_("One choice"),
    Kind.CHOICES: N_("Several choices"),
    Kind.TABLE: N_("Table"),
    Kind.FILE: N_("File"),
    Kind.CONSENT: N_("Consent"),
}
CHOOSING = frozenset({Kind.CHOICE, Kind.CHOICES})
WRITTEN = frozenset({Kind.LINE, Kind.TEXT})
Answers = Mapping[str, Any]


@dataclass(frozen=True)
class Choice:
    id: str
    label: Words


@dataclass(frozen=True)
class Condition:
    """The question is asked only when an earlier one of the same section was answered with this choice."""

    question: str
    choice: str


@dataclass(frozen=True)
class Files:
    """The files that answer: of these `kinds` (grants.calls.models.FileKind), at most so many."""

    kinds: tuple[str, ...]
    most: int = 1


@dataclass(frozen=True)
class Question:
    """`limit`: the most characters of a text. `shown_if`: asked always when None. `grid`: what a table asks.

    `names`: its answer names people or organisations, so that a double-blind call hides it from reviewers.
    """

    id: str
    kind: Kind
    label: Words
    help: Words = field(default_factory=Words)
    required: bool = True
    limit: int | None = None
    choices: tuple[Choice, ...] = ()
    shown_if: Condition | None = None
    grid: Grid | None = None
    files: Files | None = None
    names: bool = False

    @property
    def longest(self) -> int:
        return self.limit or LONGEST[self.kind]

    def label_of(self, choice: str) -> Words | str:
        return next((one.label for one in self.choices if one.id == choice), choice)


@dataclass(frozen=True)
class Part:
    """A page of questions."""

    id: str
    title: Words
    intro: Words = field(default_factory=Words)
    questions: tuple[Question, ...] = ()

    def asked(self, answers: Answers) -> Iterator[Question]:
        """The questions that these answers leave open; what hangs on a question that is not asked is not asked."""
        shown: set[str] = set()
        for one in self.questions:
            if one.shown_if is None or (one.shown_if.question in shown and chosen(answers, one.shown_if)):
                shown.add(one.id)
                yield one

    def question(self, id: str) -> Question:
        """Raises KeyError for one that is not here."""
        for one in self.questions:
            if one.id == id:
                return one
        raise KeyError(id)

    def under(self, question: str) -> list[Question]:
        """The questions that open under a choice of this one."""
        return [one for one in self.questions if one.shown_if and one.shown_if.question == question]

    def conditions(self, question: str | None = None) -> list[Question]:
        """The earlier questions that a condition may look at: those with choices."""
        ids = [one.id for one in self.questions]
        before = ids.index(question) if question in ids else len(ids)
        return [one for one in self.questions[:before] if one.kind in CHOOSING]


@dataclass(frozen=True)
class Outline:
    """Every section, in order."""

    parts: tuple[Part, ...] = ()

    def part(self, id: str) -> Part:
        """Raises KeyError for one that is not here."""
        for one in self.parts:
            if one.id == id:
                return one
        raise KeyError(id)

    def __bool__(self) -> bool:
        return any(one.questions for one in self.parts)

    # --- changes, each a new outline

    def with_part(self, part: Part) -> Self:
        """With this section added, or put in the place of the one of its id."""
        return replace(self, parts=_put(self.parts, part))

    def with_question(self, part: str, question: Question, before: str | None = None) -> Self:
        """With it added, or put in the place of the one of its id, or of the id it had `before`: what hangs on one of
        its choices then follows. Raises KeyError when that one is gone."""
        found = self.part(part)
        if before in {None, question.id}:
            return self.with_part(replace(found, questions=_put(found.questions, question)))
        old = found.question(str(before))
        here = (question if one is old else one for one in found.questions)
        return self.with_part(replace(found, questions=_sound(_follows(one, old.id, question) for one in here)))

    def moved(self, part: str, by: int) -> Self:
        return replace(self, parts=_moved(self.parts, part, by))

    def question_moved(self, part: str, question: str, by: int) -> Self:
        found = self.part(part)
        return self.with_part(replace(found, questions=_sound(_moved(found.questions, question, by))))

    def without_part(self, part: str) -> Self:
        return replace(self, parts=tuple(one for one in self.parts if one.id != part))

    def without_question(self, part: str, question: str) -> Self:
        found = self.part(part)
        return self.with_part(replace(found, questions=_sound(one for one in found.questions if one.id != question)))

    # --- as JSON

    @classmethod
    def of(cls, json: Sequence[Mapping[str, Any]]) -> Self:
        return cls(tuple(_part(one) for one in json))

    def json(self) -> list[Any]:
        return [
            {
                "id": part.id,
                "title": dict(part.title),
                "intro": dict(part.intro),
                "questions": [_json(one) for one in part.questions],
            }
            for part in self.parts
        ]


def new_key() -> str:
    """An id for a section, a question or a choice: short, never used twice in a call."""
    return secrets.token_hex(4)


def chosen(answers: Answers, condition: Condition) -> bool:
    given = answers.get(condition.question)
    return condition.choice in given if isinstance(given, list) else given == condition.choice


# --- answers --------------------------------------------------------------------------------------------------


def is_empty(answer: Any) -> bool:
    """Nothing answered; the number 0 is an answer."""
    return answer is None or answer is False or answer in ("", [])


class Gap(NamedTuple):
    """Why a section cannot be submitted yet; `wrong`: something typed is. `place`: row and column in a table."""

    question: Question
    message: Text
    wrong: bool
    place: tuple[int, str] | None = None

    @property
    def field(self) -> str:
        """The input it is about."""
        return self.question.id if self.place is None else cell_name(self.question.id, *self.place)


def cell_name(question: str, row: int, column: str) -> str:
    """The input of one cell of a table."""
    return f"{question}-{row}-{column}"


def missing(part: Part, answers: Answers) -> list[Gap]:
    """What keeps the section from being submitted."""
    found: list[Gap] = []
    for one in part.asked(answers):
        given = answers.get(one.id)
        if not fits(one, given):
            given = None  # kept for another kind of question: it answers nothing here
        if one.files:
            continue  # whether they are there, the documents of the application know
        if one.kind in WRITTEN and isinstance(given, str) and (over := len(given) - one.longest) > 0:
            message = N_n(
                "Shorten this text by %(n)s character: at most %(limit)s are read.",
                "Shorten this text by %(n)s characters: at most %(limit)s are read.",
                over,
                limit=one.longest,
            )
            found.append(Gap(one, message, True))
        elif one.required and is_empty(given):
            told = N_("Give your consent to “%(question)s”.", question=one.label)
            asked = N_("Answer “%(question)s”.", question=one.label)
            found.append(Gap(one, told if one.kind is Kind.CONSENT else asked, False))
        elif one.grid and given:
            found += [Gap(one, why, wrong, place) for why, place, wrong in tables.flaws(one.grid, given)]
    return found


def fits(question: Question, answer: Any) -> bool:
    """Whether the answer was kept for a question of this kind."""
    match question.kind:
        case Kind.LINE | Kind.TEXT | Kind.CHOICE:
            return isinstance(answer, str)
        case Kind.NUMBER | Kind.MONEY:
            return tables.is_whole(answer)
        case Kind.DAY:
            return tables.is_day(answer)
        case Kind.CHOICES:
            return isinstance(answer, list) and all(isinstance(one, str) for one in answer)
        case Kind.TABLE:
            return tables.is_rows(answer)
    return isinstance(answer, bool)


def shown(question: Question, answer: Any, currency: str) -> Any:
    """An answer as a page prints it, None when there is none; the raw text of one kept for another kind."""
    if is_empty(answer):
        return None
    if not fits(question, answer) and not question.grid:
        text = tables.raw(answer)
        return [text] if question.kind is Kind.CHOICES else text
    match question.kind:
        case Kind.MONEY:
            return Money(answer, currency)
        case Kind.DAY:
            return date.fromisoformat(answer)
        case Kind.CHOICE:
            return question.label_of(answer)
        case Kind.CHOICES:
            return [question.label_of(one) for one in answer]
        case Kind.TABLE if question.grid:
            return tables.printed(question.grid, answer, currency)
        case Kind.CONSENT:
            return N_("Yes")
    return answer


# --- how it is kept -------------------------------------------------------------------------------------------


def _put(old: tuple[Any, ...], new: Any) -> tuple[Any, ...]:
    if any(one.id == new.id for one in old):
        return tuple(new if one.id == new.id else one for one in old)
    return (*old, new)


def _follows(one: Question, old: str, new: Question) -> Question:
    """A question asked under a choice of the old one is asked under that of the new one, when it has choices."""
    if one.shown_if is None or one.shown_if.question != old or new.kind not in CHOOSING:
        return one
    return replace(one, shown_if=replace(one.shown_if, question=new.id))


def _moved(old: tuple[Any, ...], id: str, by: int) -> tuple[Any, ...]:
    """With this one `by` places further; at the end it stays."""
    order = list(old)
    place = next(n for n, one in enumerate(order) if one.id == id)
    order.insert(min(max(0, place + by), len(order) - 1), order.pop(place))
    return tuple(order)


def _sound(questions: Any) -> tuple[Question, ...]:
    """A question asked under a choice that is not before it any more is asked always."""
    before: set[str] = set()
    kept = []
    for one in questions:
        lost = one.shown_if is not None and one.shown_if.question not in before
        kept.append(replace(one, shown_if=None) if lost else one)
        before.add(one.id)
    return tuple(kept)


def _part(json: Mapping[str, Any]) -> Part:
    questions = tuple(_question(one) for one in json["questions"])
    return Part(json["id"], Words(json["title"]), Words(json["intro"]), questions)


def _question(json: Mapping[str, Any]) -> Question:
    shown_if = json["shown_if"]
    return Question(
        id=json["id"],
        kind=Kind(json["kind"]),
        label=Words(json["label"]),
        help=Words(json["help"]),
        required=json["required"],
        limit=json["limit"],
        choices=tuple(Choice(one["id"], Words(one["label"])) for one in json["choices"]),
        shown_if=Condition(**shown_if) if shown_if else None,
        grid=Grid.of(json["grid"]) if "grid" in json else None,
        files=Files(tuple(json["files"]["kinds"]), json["files"]["most"]) if "files" in json else None,
        names=json.get("names", False),
    )


def _json(question: Question) -> dict[str, Any]:
    """Keys that belong to one kind are there only for it, so that older versions read as they were written."""
    shown_if = question.shown_if
    return {
        "id": question.id,
        "kind": str(question.kind),
        "label": dict(question.label),
        "help": dict(question.help),
        "required": question.required,
        "limit": question.limit,
        "choices": [{"id": one.id, "label": dict(one.label)} for one in question.choices],
        "shown_if": {"question": shown_if.question, "choice": shown_if.choice} if shown_if else None,
        **({"grid": question.grid.json()} if question.grid else {}),
        **({"files": {"kinds": list(question.files.kinds), "most": question.files.most}} if question.files else {}),
        **({"names": True} if question.names else {}),
    }
