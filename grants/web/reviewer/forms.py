"""Forms of the commissions' portal."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from grants.awards.models import Outcome
from grants.core.types import Money
from grants.reviews.queries import Candidate, Line
from grants.web.forms import CheckboxesField, Form, MoneyField


class ConflictForm(Form):
    """A reason for stepping aside."""

    reason = TextAreaField(_l("What is the conflict?"), [InputRequired(), Length(max=2000)])


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
