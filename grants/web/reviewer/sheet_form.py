"""The scoring sheet as a form: a mark and a comment for each criterion, an amount for each heading of the budget."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from grants.core.i18n import N_
from grants.core.types import Money
from grants.reviews import notes
from grants.reviews.headings import Advice, Asked, recommended
from grants.reviews.models import Review
from grants.reviews.service import (
    ANCHORS,
    CONFIDENCE,
    LONGEST_COMMENT,
    LONGEST_MARK_COMMENT,
    LONGEST_REASON,
    Mark,
    Sheet,
    sheet_of,
)
from grants.web.answers import AskedAtSubmission
from grants.web.forms import Form, MoneyField, ScoreField, Versioned

CHOICES = [SelectChoice(str(value), label) for value, label in CONFIDENCE.items()]


class SheetForm(Form, Versioned):
    """The scoring sheet of one review; `sheet_form` adds what depends on the rubric and on the budget."""

    comment = TextAreaField(_l("About the whole project"), [AskedAtSubmission(), Length(max=LONGEST_COMMENT)])
    confidence = RadioField(_l("How well do you know this field?"), [AskedAtSubmission(), Optional()], choices=CHOICES)
    recommended = MoneyField(_l("Amount you recommend"), [Optional()])
    note = TextAreaField(
        _l("Your private notes"),
        [Length(max=notes.LONGEST)],
        description=_l("Only you read them: not the chair, not the applicant, no minutes and no export."),
    )

    asked: Sequence[Asked] = ()

    def __iter__(self) -> Iterator[Any]:
        """As on the page: what is said of the whole stands after the criteria and the amounts."""
        last = {"recommended": 1, "comment": 2, "confidence": 3}
        return iter(sorted(self._fields.values(), key=lambda one: last.get(one.name, 0)))

    def sheet(self) -> Sheet:
        """What was typed, however incomplete."""
        marks = {}
        for name, field in self._fields.items():
            if name.startswith("mark-"):
                key = name.removeprefix("mark-")
                halves = None if field.data is None else int(field.data * 2)
                marks[UUID(key)] = Mark(halves, self._fields[f"comment-{key}"].data or "")
        confidence = int(self.confidence.data) if self.confidence.data else None
        sheet = Sheet(marks, self.comment.data or "", confidence)
        if not self.asked:
            return replace(sheet, recommended=self.recommended.data)
        advice = {one.category.code: Advice(amount.data, reason.data or "") for one, amount, reason in self.headings()}
        return replace(sheet, recommended=recommended(self.asked, advice), advice=advice)

    def criteria(self) -> list[tuple[Any, Any]]:
        """Each mark field with its comment field, in the order of the rubric."""
        names = [name.removeprefix("mark-") for name in self._fields if name.startswith("mark-")]
        return [(self._fields[f"mark-{key}"], self._fields[f"comment-{key}"]) for key in names]

    def headings(self) -> list[tuple[Asked, Any, Any]]:
        """Each heading of the budget with the fields of its amount and its reason."""
        fields = self._fields
        return [
            (one, fields[f"amount-{one.category.code}"], fields[f"reason-{one.category.code}"]) for one in self.asked
        ]

    def total(self) -> Money | None:
        """What these headings add up to as far as they can be read; None where the call asks for no lines."""
        if not self.asked:
            return None
        advice = {one.category.code: Advice(amount.data) for one, amount, _ in self.headings()}
        found = recommended(self.asked, advice)
        return found if found is not None else self.requested()

    def requested(self) -> Money:
        """What the headings ask for together."""
        return Money(sum(one.amount.minor for one in self.asked), self.asked[0].amount.currency)

    def keep_sound(self) -> list[str]:
        """What cannot be read stays as it is kept: autosave keeps the rest. The names of these fields."""
        unread = [field for field in self if field.errors]
        for field in unread:
            field.data = field.object_data
        return [field.name for field in unread]


def sheet_form(review: Review, asked: Sequence[Asked], note: str) -> SheetForm:
    """A form for this review's rubric and budget, filled with what is kept."""

    class Bound(SheetForm):
        pass

    kept = sheet_of(review)
    values: dict[str, Any] = {
        "comment": kept.comment,
        "confidence": str(kept.confidence or ""),
        "recommended": kept.recommended,
        "note": note,
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
        setattr(Bound, f"comment-{one.id}", TextAreaField(_l("Comment"), [Length(max=LONGEST_MARK_COMMENT)]))
    for head in asked:
        code, name = head.category.code, head.category.name
        advice = kept.advice.get(code, Advice())
        values |= {f"amount-{code}": advice.amount, f"reason-{code}": advice.reason}
        amount = MoneyField(
            N_("Recommended: %(heading)s", heading=name), [Optional()], minimum=Money(0, review.currency)
        )
        reason = StringField(N_("Why it is cut: %(heading)s", heading=name), [Length(max=LONGEST_REASON)])
        setattr(Bound, f"amount-{code}", amount)
        setattr(Bound, f"reason-{code}", reason)
    form = Bound(data=values, currency=review.currency)
    form.asked = asked
    if asked:
        del form.recommended
    return form
