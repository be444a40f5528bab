"""The forms of the question designer: a section, a question with its choices, what a correction changes."""

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from grants.calls.models import KIND_LABELS as FILE_LABELS
from grants.calls.models import MOST_FILES, FileKind
from grants.calls.questionnaire import (
    CHOOSING,
    KIND_LABELS,
    LONGEST,
    MOST_CHOICES,
    WRITTEN,
    Choice,
    Condition,
    Files,
    Kind,
    Part,
    Question,
    new_key,
)
from grants.calls.tables import CELL_LABELS, MOST_COLUMNS, MOST_ROWS, Cell, Column, Grid
from grants.core.i18n import N_
from grants.web.forms import CheckboxesField, Form, NumberField, Versioned, WordsField
from grants.web.parking import taken_up

SPARE = 3  # empty lines for further choices and columns
COLUMN = ("column", "cell", "needed")


class PartForm(Form, Versioned):
    title = WordsField(_l("Title of the section"), longest=120)
    intro = WordsField(
        _l("Introduction"),
        multiline=True,
        required=False,
        longest=2_000,
        description=_l("What applicants should know before they answer."),
    )


class QuestionForm(Form, Versioned):
    """`question_form` adds a line for each choice."""

    label = WordsField(_l("Question"), longest=300)
    help = WordsField(
        _l("Help"), multiline=True, required=False, longest=1_000, description=_l("Shown under the question.")
    )
    kind = SelectField(
        _l("Kind of answer"),
        [InputRequired()],
        description=_l("Of another kind it is another question: applicants who answered it are asked again."),
    )
    required = BooleanField(_l("An answer is needed to submit"))
    names = BooleanField(
        _l("The answer names people or organisations"),
        description=_l("A double-blind call hides it from reviewers."),
    )
    limit = NumberField(
        _l("Most characters"),
        [Optional()],
        minimum=10,
        maximum=50_000,
        description=N_(
            "For texts. Left empty: %(line)s for a short one, %(text)s for a long one.",
            line=LONGEST["line"],
            text=LONGEST["text"],
        ),
    )
    shown_if = SelectField(
        _l("Asked"), description=_l("Always, or only under a choice of an earlier question of this section.")
    )
    fewest = NumberField(_l("Fewest rows"), [Optional()], minimum=0, maximum=MOST_ROWS, default=1)
    most = NumberField(_l("Most rows"), [Optional()], minimum=1, maximum=MOST_ROWS, default=10)
    file_kinds = CheckboxesField(
        _l("Kinds of file accepted"),
        choices=[SelectChoice(str(kind), label) for kind, label in FILE_LABELS.items()],
        description=_l("Only the pages of PDF files are shown to reviewers; the others are downloaded."),
    )
    most_files = NumberField(_l("How many files at most"), [Optional()], minimum=1, maximum=MOST_FILES)
    lines = 0
    columns = 0

    def choice_lines(self) -> list[Any]:
        return [self._fields[f"choice-{n}"] for n in range(self.lines)]

    def column_lines(self) -> list[tuple[Any, Any, Any]]:
        """Name, kind of cell, and whether it must be filled in."""
        return [tuple(self._fields[f"{part}-{n}"] for part in COLUMN) for n in range(self.columns)]

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        given = [one for one in self.choice_lines() if one.data]
        for one in given:
            if "fr" not in one.data:
                one.errors = [N_("Write this at least in French.")]
        if Kind(self.kind.data) in CHOOSING and len(given) < 2:
            self.choice_lines()[0].errors = [N_("Give at least two choices.")]
        return self._is_table_sound() and not any(one.errors for one in self.choice_lines())

    def _is_table_sound(self) -> bool:
        labels = [label for label, _, _ in self.column_lines()]
        given = [one for one in labels if one.data]
        for one in given:
            if "fr" not in one.data:
                one.errors = [N_("Write this at least in French.")]
        if self.kind.data == Kind.TABLE:
            if not given:
                labels[0].errors = [N_("Give at least one column.")]
            if self.grid_rows()[0] > self.grid_rows()[1]:
                self.most.errors = [N_("The most rows cannot be fewer than the fewest.")]
        return not (self.most.errors or any(one.errors for one in labels))

    def files(self) -> Files:
        """PDF where no kind was ticked."""
        return Files(tuple(self.file_kinds.data or [FileKind.PDF]), int(self.most_files.data or 1))

    def grid_rows(self) -> tuple[int, int]:
        """The fewest and the most rows; a table that must be answered has one at least."""
        fewest = int(self.fewest.data or 0)
        return max(fewest, 1 if self.required.data else 0), int(self.most.data or max(10, fewest))

    def grid(self, known: Grid | None) -> Grid:
        """A column that stays on its line and holds the same kind of cell keeps its id: what was typed stays right."""
        columns = []
        for n, (label, cell, needed) in enumerate(self.column_lines()):
            if label.data:
                old = known.columns[n] if known and n < len(known.columns) else None
                kept = old.id if old and old.cell == cell.data else new_key()
                columns.append(Column(kept, label.data, Cell(cell.data), bool(needed.data)))
        return Grid(tuple(columns), *self.grid_rows())

    def question(self, known: Question | None) -> Question:
        """What was typed. A choice that stays on its line keeps its id, and so does a question of the same kind, so
        that answers stay right; of another kind it is another question."""
        kind = Kind(self.kind.data)
        question, _, choice = (self.shown_if.data or "").partition(":")
        choices = []
        for n, line in enumerate(self.choice_lines()):
            if line.data and kind in CHOOSING:
                kept = known.choices[n].id if known and n < len(known.choices) else new_key()
                choices.append(Choice(kept, line.data))
        return Question(
            id=known.id if known and known.kind is kind else new_key(),
            kind=kind,
            label=self.label.data,
            help=self.help.data,
            required=bool(self.required.data),
            limit=self.limit.data if kind in WRITTEN else None,
            choices=tuple(choices),
            shown_if=Condition(question, choice) if choice else None,
            grid=self.grid(known.grid if known else None) if kind is Kind.TABLE else None,
            names=bool(self.names.data),
            files=self.files() if kind is Kind.FILE else None,
        )


class CorrectionForm(Form):
    change = WordsField(
        _l("What changes"),
        multiline=True,
        longest=2_000,
        description=_l("Everybody with a draft receives this by e-mail."),
    )


def part_form(part: Part | None, version: int) -> PartForm:
    return PartForm(
        data={"title": part.title, "intro": part.intro, "version": version} if part else {"version": version}
    )


def _sent(name: str) -> int:
    """How many lines the form that was sent had, now or before its writer was signed out."""
    parked = taken_up()
    return int((parked.typed if parked else request.form).get(name, 0, type=int))


def _add_columns(form: type[QuestionForm], values: dict[str, Any], grid: Grid | None) -> int:
    """Give the form a line for each column and some empty ones; how many."""
    known = grid.columns if grid else ()
    lines = min(MOST_COLUMNS, max(len(known) + SPARE, _sent("columns")))
    cells = [SelectChoice(str(cell), label) for cell, label in CELL_LABELS.items()]
    for n in range(lines):
        one = known[n] if n < len(known) else None
        setattr(form, f"column-{n}", WordsField(N_("Column %(n)s", n=n + 1), required=False, longest=100))
        setattr(form, f"cell-{n}", SelectField(N_("Column %(n)s holds", n=n + 1), choices=cells))
        setattr(form, f"needed-{n}", BooleanField(N_("Column %(n)s must be filled in", n=n + 1)))
        values |= {f"column-{n}": one and one.label, f"cell-{n}": one.cell if one else Cell.TEXT}
        values[f"needed-{n}"] = one.needed if one else True
    if grid:
        values |= {"fewest": grid.fewest, "most": grid.most}
    return lines


def question_form(part: Part, question: Question | None, version: int) -> QuestionForm:
    """Filled with the question; with its choices and some empty lines."""

    class Bound(QuestionForm):
        pass

    choices = question.choices if question else ()
    lines = min(MOST_CHOICES, max(len(choices) + SPARE, _sent("lines")))
    values: dict[str, Any] = {"version": version, "required": True, "kind": Kind.TEXT, "shown_if": ""}
    if question:
        values |= {name: getattr(question, name) for name in ("label", "help", "kind", "required", "limit", "names")}
        if question.shown_if:
            values["shown_if"] = f"{question.shown_if.question}:{question.shown_if.choice}"
    terms = question.files if question and question.files else Files((str(FileKind.PDF),))
    values |= {"file_kinds": list(terms.kinds), "most_files": terms.most}
    for n in range(lines):
        label = N_("Choice %(n)s", n=n + 1)
        setattr(Bound, f"choice-{n}", WordsField(label, required=False, longest=200))
        values[f"choice-{n}"] = choices[n].label if n < len(choices) else None
    grid = question.grid if question else None
    columns = _add_columns(Bound, values, grid)
    form = Bound(data=values)
    form.lines, form.columns = lines, columns
    form.kind.choices = [SelectChoice(str(kind), label) for kind, label in KIND_LABELS.items()]
    form.shown_if.choices = [SelectChoice("", _l("Always"))] + [
        SelectChoice(
            f"{one.id}:{choice.id}",
            N_("Only under “%(question)s”: %(choice)s", question=one.label, choice=choice.label),
        )
        for one in part.conditions(question.id if question else None)
        for choice in one.choices
    ]
    return form
