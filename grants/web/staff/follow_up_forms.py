"""The officer's form of how a call's grants are followed: milestones, questions of the reports, support in kind.

Two empty lines follow those there are; a line whose name is emptied is left out.
"""

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice

from grants.calls.follow_up import (
    ASKED,
    LATEST_MONTH,
    MOST_MILESTONES,
    MOST_QUESTIONS,
    MOST_SUPPORTS,
    FollowUp,
    MilestoneRule,
    ReportQuestion,
    SupportKind,
)
from grants.calls.models import Call
from grants.calls.questionnaire import KIND_LABELS, Kind
from grants.core.i18n import N_
from grants.web.forms import CheckboxesField, Form, NumberField, Versioned, WordsField

REPORTS = (("technical", N_("Technical report")), ("financial", N_("Financial report")))
MILESTONE = ("title", "months", "deliverables", "reports", "waits")
QUESTION = ("label", "kind", "of", "required")
SUPPORT = ("name", "unit")
EMPTY_LINES = 2


class FollowUpForm(Form, Versioned):
    """`follow_up_form` adds the lines; `counts` says how many of each there are."""

    counts: tuple[int, int, int] = (0, 0, 0)

    def milestones(self) -> list[dict[str, Any]]:
        return self._lines("m", MILESTONE, self.counts[0])

    def questions(self) -> list[dict[str, Any]]:
        return self._lines("q", QUESTION, self.counts[1])

    def supports(self) -> list[dict[str, Any]]:
        return self._lines("s", SUPPORT, self.counts[2])

    def _lines(self, group: str, parts: tuple[str, ...], count: int) -> list[dict[str, Any]]:
        return [{part: self._fields[f"{group}-{part}-{n}"] for part in parts} for n in range(count)]

    def validate(self, extra_validators: Any = None) -> bool:
        sound = super().validate(extra_validators)
        for one in self.milestones():
            if one["title"].data and one["months"].data is None and not one["months"].errors:
                one["months"].errors = [N_("Say how many months after the start.")]
                sound = False
            if one["title"].data and not one["reports"].data:
                one["reports"].errors = [N_("Say which report the milestone asks for.")]
                sound = False
        return sound

    def rules(self) -> FollowUp:
        """What was typed, once it is complete."""
        return FollowUp(
            tuple(
                MilestoneRule(
                    one["title"].data,
                    one["months"].data,
                    one["deliverables"].data,
                    "technical" in one["reports"].data,
                    "financial" in one["reports"].data,
                    int(one["waits"].data) if one["waits"].data else None,
                )
                for one in self.milestones()
                if one["title"].data
            ),
            tuple(
                ReportQuestion(
                    one["label"].data, Kind(one["kind"].data), one["of"].data == "financial", one["required"].data
                )
                for one in self.questions()
                if one["label"].data
            ),
            tuple(SupportKind(one["name"].data, one["unit"].data) for one in self.supports() if one["name"].data),
        )


def follow_up_form(call: Call) -> FollowUpForm:
    """Filled with what the call says, or with what was sent."""

    class Bound(FollowUpForm):
        pass

    rules = call.following
    counts = (
        _lines(len(rules.milestones), MOST_MILESTONES, "m-title"),
        _lines(len(rules.questions), MOST_QUESTIONS, "q-label"),
        _lines(len(rules.supports), MOST_SUPPORTS, "s-name"),
    )
    values: dict[str, Any] = {"version": call.version}
    for n in range(counts[0]):
        values |= _milestone(Bound, n, call, rules.milestones[n] if n < len(rules.milestones) else None)
    for n in range(counts[1]):
        values |= _question(Bound, n, rules.questions[n] if n < len(rules.questions) else None)
    for n in range(counts[2]):
        one = rules.supports[n] if n < len(rules.supports) else None
        name = N_("What is given (support %(n)s)", n=n + 1)
        unit = N_("Unit (support %(n)s)", n=n + 1)
        setattr(Bound, f"s-name-{n}", WordsField(name, required=False, longest=100))
        setattr(Bound, f"s-unit-{n}", WordsField(unit, required=False, longest=40, description=_l("month, seat, hour")))
        values |= {f"s-name-{n}": one.name if one else None, f"s-unit-{n}": one.unit if one else None}
    form = Bound(data=values)
    form.counts = counts
    return form


def _lines(known: int, most: int, name: str) -> int:
    """As many as are kept and two more; on a form that was sent, as many as it had."""
    if request.method == "POST":
        sent = sum(1 for one in range(most) if f"{name}-{one}-fr" in request.form)
        return max(sent, min(most, known))
    return min(most, known + EMPTY_LINES)


def _milestone(form: Any, n: int, call: Call, known: MilestoneRule | None) -> dict[str, Any]:
    k = n + 1
    waits = [SelectChoice("", N_("None"))]
    waits += [
        SelectChoice(str(at), N_("Instalment %(n)s, %(percent)s %%", n=at, percent=percent))
        for at, percent in enumerate(call.instalments, 1)
    ]
    fields = {
        "title": WordsField(N_("Title (milestone %(n)s)", n=k), required=False, longest=200),
        "months": NumberField(N_("Months after the start (milestone %(n)s)", n=k), minimum=0, maximum=LATEST_MONTH),
        "deliverables": WordsField(
            N_("Deliverables expected (milestone %(n)s)", n=k), multiline=True, required=False, longest=2000
        ),
        "reports": CheckboxesField(
            N_("Reports asked for (milestone %(n)s)", n=k), choices=[SelectChoice(*one) for one in REPORTS]
        ),
        "waits": SelectField(N_("Instalment that waits for it (milestone %(n)s)", n=k), choices=waits),
    }
    for part, made in fields.items():
        setattr(form, f"m-{part}-{n}", made)
    reports = [one for one in ("technical", "financial") if known and getattr(known, one)]
    return {
        f"m-title-{n}": known and known.title,
        f"m-months-{n}": known and known.months,
        f"m-deliverables-{n}": known and known.deliverables,
        f"m-reports-{n}": reports if known else ["technical"],
        f"m-waits-{n}": str(known.instalment or "") if known else "",
    }


def _question(form: Any, n: int, known: ReportQuestion | None) -> dict[str, Any]:
    k = n + 1
    kinds = [SelectChoice(one, KIND_LABELS[one]) for one in ASKED]
    fields = {
        "label": WordsField(N_("Question %(n)s", n=k), required=False, longest=300),
        "kind": SelectField(N_("Answered by (question %(n)s)", n=k), choices=kinds),
        "of": SelectField(N_("Asked in (question %(n)s)", n=k), choices=[SelectChoice(*one) for one in REPORTS]),
        "required": BooleanField(N_("An answer is required (question %(n)s)", n=k)),
    }
    for part, made in fields.items():
        setattr(form, f"q-{part}-{n}", made)
    return {
        f"q-label-{n}": known and known.label,
        f"q-kind-{n}": known.kind if known else Kind.TEXT,
        f"q-of-{n}": "financial" if known and known.financial else "technical",
        f"q-required-{n}": known.required if known else True,
    }
