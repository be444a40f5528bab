"""Forms of the commissions' portal."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from grants.awards.models import Outcome
from grants.core.i18n import N_
from grants.core.types import Money
from grants.reviews.models import Review
from grants.reviews.queries import Candidate, Line
from grants.reviews.service import Mark, Sheet, sheet_of
from grants.web.forms import CheckboxesField, Form, MoneyField, ScoreField, Versioned

ANCHORS = {
    0: N_("Absent"),
    1: N_("Poor"),
    2: N_("Fair"),
    3: N_("Good"),
    4: N_("Very good"),
    5: N_("Excellent"),
}
CONFIDENCE = [
    SelectChoice("1", _l("Little")),
    SelectChoice("2", _l("Well")),
    SelectChoice("3", _l("Very well, it is my field")),
]


class ConflictForm(Form):
    """A reason for stepping aside."""

    reason = TextAreaField(_l("What is the conflict?"), [InputRequired(), Length(max=2000)])


class SheetForm(Form, Versioned):
    """The scoring sheet of one review; `sheet_form` adds a mark and a comment for each criterion."""

    comment = TextAreaField(_l("About the whole project"), [Length(max=5000)])
    confidence = RadioField(_l("How well do you know this field?"), [Optional()], choices=CONFIDENCE)
    recommended = MoneyField(_l("Amount you recommend"), [Optional()])

    def sheet(self) -> Sheet:
        """What was typed, however incomplete."""
        marks = {}
        for name, field in self._fields.items():
            if name.startswith("mark-"):
                key = name.removeprefix("mark-")
                halves = None if field.data is None else int(field.data * 2)
                marks[UUID(key)] = Mark(halves, self._fields[f"comment-{key}"].data or "")
        confidence = int(self.confidence.data) if self.confidence.data else None
        return Sheet(marks, self.comment.data or "", confidence, self.recommended.data)

    def criteria(self) -> list[tuple[Any, Any]]:
        """Each mark field with its comment field, in the order of the rubric."""
        names = [name.removeprefix("mark-") for name in self._fields if name.startswith("mark-")]
        return [(self._fields[f"mark-{key}"], self._fields[f"comment-{key}"]) for key in names]


def sheet_form(review: Review) -> SheetForm:
    """A form for this review's rubric, filled with what is kept."""

    class Bound(SheetForm):
        pass

    kept = sheet_of(review)
    values: dict[str, Any] = {
        "comment": kept.comment,
        "confidence": str(kept.confidence or ""),
        "recommended": kept.recommended,
        "version": review.version,
    }
    for one in review.application.call.criteria:
        mark = kept.marks.get(one.id, Mark(None))
        values[f"mark-{one.id}"] = None if mark.halves is None else Decimal(mark.halves) / 2
        values[f"comment-{one.id}"] = mark.comment
        setattr(
            Bound,
            f"mark-{one.id}",
            ScoreField(one.label, [Optional()], anchors=ANCHORS, weight=one.weight, description=one.guidance),
        )
        setattr(Bound, f"comment-{one.id}", TextAreaField(_l("Comment"), [Length(max=3000)]))
    return Bound(data=values, currency=review.currency)


class AssignForm(Form):
    """Which reviewers to ask."""

    reviewers = CheckboxesField(_l("Reviewers"))


def assign_form(candidates: Sequence[Candidate]) -> AssignForm:
    form = AssignForm()
    form.reviewers.choices = [SelectChoice(str(one.person.id), one.person.name) for one in candidates]
    return form


OUTCOMES = [SelectChoice(one.value, one.label) for one in Outcome]


class ProposalForm(Form):
    """The ranking as the chair sends it; `proposal_form` adds an outcome and an amount for each application."""

    note = TextAreaField(_l("Note for the strategic committee"), [Length(max=5000)])

    def row(self, line: Line) -> tuple[Any, Any]:
        return self._fields[f"outcome-{line.application.id}"], self._fields[f"amount-{line.application.id}"]


def proposal_form(lines: Sequence[Line], suggested: dict[UUID, Outcome], currency: str) -> ProposalForm:
    """A form for these lines, filled with the suggestion: fund from the top while the envelope lasts."""

    class Bound(ProposalForm):
        pass

    values: dict[str, Any] = {}
    for line in lines:
        key = line.application.id
        values[f"outcome-{key}"] = suggested[key].value
        values[f"amount-{key}"] = line.recommended
        setattr(Bound, f"outcome-{key}", RadioField(_l("Proposal"), [InputRequired()], choices=OUTCOMES))
        setattr(
            Bound,
            f"amount-{key}",
            MoneyField(
                _l("Amount"),
                [InputRequired()],
                minimum=Money(1, currency),
                maximum=line.application.requested,
            ),
        )
    return Bound(data=values, currency=currency)
