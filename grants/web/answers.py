"""The form that a section of a call's own questions makes, and its answers as pages show them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from grants.applications.attachments import endings
from grants.applications.content import Answered, outline
from grants.applications.models import Application
from grants.applications.slots import Asked, Slot, question_slot
from grants.calls.models import FileKind
from grants.calls.questionnaire import CHOOSING, Kind, Part, Question, fits, is_empty, shown
from grants.core.i18n import Text
from grants.core.types import Money
from grants.web.fields import CheckboxesField, DayField, MoneyField, NumberField, UploadField
from grants.web.forms import Form, Versioned
from grants.web.table import TableField

KEPT = 100_000  # characters of a text that a draft keeps, far beyond what may be submitted
LARGEST = 10**15


class AskedAtSubmission:
    """Not optional, but a draft may be saved without it."""

    def __init__(self) -> None:
        self.field_flags = {"required": True}

    def __call__(self, form: Any, field: Any) -> None:
        """Nothing to refuse yet."""


class AnswersForm(Form, Versioned):
    """One field for each question, named by its id; `answers_form` makes it."""

    asked: Part
    slots: Mapping[str, Slot[Asked]] = {}  # by question: where its files are; nowhere in a preview

    def part(self) -> Answered:
        """What was typed, as it is kept."""
        given = {one.id: _kept(one, self[one.id].data) for one in self.asked.questions if not one.files}
        return Answered(self.asked, {id: value for id, value in given.items() if not is_empty(value)})

    def uploads(self) -> list[Question]:
        """The questions asked here that a file was sent for."""
        asked = self.asked.asked(self.part().answers)
        return [one for one in asked if one.files and self[one.id].data is not None]

    def tables(self) -> list[TableField]:
        return [one for one in self if isinstance(one, TableField)]

    def arrange(self, go: str) -> None:
        """What a button inside a table asks for: a row more or less, pasted rows."""
        for one in self.tables():
            one.arrange(go)

    def invite(self, more: str | None) -> None:
        """Empty rows to write in; one more in the table of this name."""
        for one in self.tables():
            one.invite(one.name == more)

    def blame(self, field: str, why: Text) -> None:
        """Say beside an input, of a question or of a cell, what is wrong with it."""
        if field in self:
            super().blame(field, why)
        else:
            name, row, column = field.rsplit("-", 2)
            self[name].blame(int(row), column, why)


def answers_form(
    part: Part,
    answers: Mapping[str, Any],
    version: int,
    currency: str,
    *,
    base: type[AnswersForm] = AnswersForm,
    **more: Any,
) -> AnswersForm:
    """Filled with what is kept, or with what was sent; `base` may add fields of its own, filled with `more`."""

    class Bound(base):  # type: ignore[misc,valid-type]
        pass

    values = {one.id: _typed(one, answers.get(one.id), currency) for one in part.questions}
    for one in part.questions:
        setattr(Bound, one.id, _field(one, currency))
    form: AnswersForm = Bound(data={**values, **more, "version": version}, currency=currency)
    form.asked = part
    return form


def sheets(application: Application) -> list[tuple[Part, list[tuple[Question, Any]]]]:
    """Every section with the questions that were asked, each with its answer to print, None when there is none."""
    answers = application.answers
    return [
        (part, [(one, _shown(application, one)) for one in part.asked(answers)])
        for part in outline(application).parts
        if part.questions
    ]


def _shown(application: Application, question: Question) -> Any:
    if question.files:
        return question_slot(application, question).documents or None
    return shown(question, application.answers.get(question.id), application.currency)


def _field(question: Question, currency: str) -> Any:
    """The unbound field that asks it. Label and help are Words: they print in the reader's language."""
    rules: list[Any] = [AskedAtSubmission()] if question.required else []
    about: dict[str, Any] = {"label": question.label, "description": question.help}
    match question.kind:
        case Kind.LINE:
            return StringField(validators=[*rules, Length(max=1_000)], **about)
        case Kind.TEXT:
            return TextAreaField(validators=[*rules, Length(max=KEPT)], **about)
        case Kind.NUMBER:
            return NumberField(validators=rules, minimum=0, maximum=LARGEST, **about)
        case Kind.MONEY:
            return MoneyField(validators=rules, **about)
        case Kind.DAY:
            return DayField(validators=rules, **about)
        case Kind.TABLE if question.grid:
            return TableField(validators=rules, grid=question.grid, currency=currency, **about)
        case Kind.FILE if question.files:
            return UploadField(
                validators=rules, kinds=endings([FileKind(one) for one in question.files.kinds]), **about
            )
        case Kind.CONSENT:
            return BooleanField(validators=rules, **about)
    choices = [SelectChoice(one.id, one.label) for one in question.choices]
    if question.kind is Kind.CHOICE:
        return RadioField(validators=rules, choices=choices, validate_choice=False, **about)
    return CheckboxesField(validators=rules, choices=choices, validate_choice=False, **about)


def _typed(question: Question, answer: Any, currency: str) -> Any:
    """A kept answer as its field holds it, None for one kept for another kind of question."""
    if not fits(question, answer):
        return None
    match question.kind:
        case Kind.MONEY:
            return Money(answer, currency)
        case Kind.DAY:
            return date.fromisoformat(answer)
    return answer


def _kept(question: Question, typed: Any) -> Any:
    """What a field holds as it is kept; choices that are not offered are left out."""
    match typed:
        case Money():
            return typed.minor
        case date():
            return typed.isoformat()
    if question.kind in CHOOSING:
        offered = {one.id for one in question.choices}
        if question.kind is Kind.CHOICE:
            return typed if typed in offered else None
        return [one for one in typed or [] if one in offered]
    return typed
