"""The call designer's form: rules, an envelope for each commission, a rubric of as many lines as wanted."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import request
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Regexp, ValidationError

from grants.calls.examples import Example
from grants.calls.models import (
    APPEAL_DAYS,
    BLINDNESS_LABELS,
    FEEDBACK_LABELS,
    INSTRUMENT_LABELS,
    Blindness,
    Call,
    Feedback,
    Instrument,
)
from grants.calls.service import MOST_KEPT_BACK, CallDraft, CriterionDraft, problems_with
from grants.clusters.models import Commission
from grants.core.clock import now
from grants.core.i18n import N_
from grants.core.types import Money, new_id
from grants.funds.models import Fund
from grants.web.forms import Form, LocalDateTimeField, MoneyField, NumberField, PercentField, Versioned, WordsField

CODE = Regexp(r"^[A-Za-z0-9][A-Za-z0-9-]{1,19}$", message=_l("Two to twenty letters, digits or hyphens."))
LINES = 3  # lines a new rubric starts with
MOST_LINES = 20


class CallForm(Form, Versioned):
    """The rules of a call; `call_form` adds the envelopes and the lines of the rubric.

    `key` makes a new draft sent twice one draft.
    """

    key = HiddenField()
    code = StringField(_l("Code"), [InputRequired(), CODE], description=_l("Short, for references: 2026-1"))
    title = WordsField(_l("Title"), longest=200)
    summary = WordsField(_l("What the call is for"), multiline=True, longest=4000)
    opens_at = LocalDateTimeField(_l("Opens"), [InputRequired()])
    closes_at = LocalDateTimeField(_l("Closes"), [InputRequired()])
    reviews_due_at = LocalDateTimeField(_l("Reviews due"), [InputRequired()])
    questions_until = LocalDateTimeField(
        _l("Questions until"), description=_l("Empty: questions may be asked until the call closes.")
    )
    ceiling = MoneyField(_l("Ceiling for one project"), [InputRequired()])
    funding_rate = PercentField(_l("Funding rate"), [InputRequired()], minimum=1)
    instrument = RadioField(
        _l("What the call gives"),
        choices=[SelectChoice(one, label) for one, label in INSTRUMENT_LABELS.items()],
        coerce=Instrument,
        description=_l(
            "Support in kind is given as quantities, such as months of hosting or training seats: no money moves."
        ),
    )
    instalments = StringField(
        _l("Instalments"),
        [InputRequired()],
        description=_l("The share of the grant paid each time, in percent: 40 40 20 adds up to 100."),
    )
    prefinancing = RadioField(
        _l("The first instalment"),
        choices=[
            SelectChoice("yes", _l("Paid in advance (pre-financing): nothing has to be shown before")),
            SelectChoice("no", _l("Paid like the others, for what was done")),
        ],
    )
    retention = PercentField(
        _l("Kept back from each interim payment"),
        maximum=MOST_KEPT_BACK,
        description=_l("Released with the balance payment. Empty: nothing is kept back."),
    )
    reviewers_per_application = NumberField(
        _l("Reviewers for each application"), [InputRequired()], minimum=1, maximum=9
    )
    blindness = RadioField(
        _l("Who knows whom"),
        [InputRequired()],
        choices=[SelectChoice(one, label) for one, label in BLINDNESS_LABELS.items()],
        coerce=Blindness,
        description=_l(
            "Double-blind: names of organisations and people are hidden from reviewers, and applicants attach an"
            " anonymised version of each document. Chairs and programme officers know both."
        ),
    )
    feedback = RadioField(
        _l("Marks that applicants are told"),
        [InputRequired()],
        choices=[SelectChoice(one, label) for one, label in FEEDBACK_LABELS.items()],
        coerce=Feedback,
        description=_l("On their own project, with the decision and its reasons."),
    )
    appeal_days = NumberField(
        _l("Days to appeal"),
        [InputRequired()],
        minimum=0,
        maximum=90,
        description=_l("Counted from the day after an applicant is told of a refusal. 0: there is no appeal."),
    )

    commissions: Sequence[Commission] = ()
    lines = 0

    def id(self) -> UUID | None:
        try:
            return UUID(self.key.data or "")
        except ValueError:
            return None

    def envelope_of(self, commission: Commission) -> Any:
        return self._fields[f"envelope-{commission.id}"]

    def rubric(self) -> list[tuple[Any, Any, Any]]:
        """Label, guidance and weight of each line."""
        return [tuple(self._fields[f"{part}-{n}"] for part in PARTS) for n in range(self.lines)]

    def percentages(self) -> list[int]:
        try:
            return [int(one) for one in (self.instalments.data or "").replace(",", " ").replace("%", " ").split()]
        except ValueError:
            return []

    def validate_instalments(self, field: Any) -> None:
        if not self.percentages():
            raise ValidationError(N_("Write whole percentages, such as 40 40 20."))

    def validate(self, extra_validators: Any = None) -> bool:
        sound = super().validate(extra_validators)
        for label, guidance, weight in self.rubric():
            if not (label.data or guidance.data or (weight.raw_data and weight.raw_data[0].strip())):
                continue  # a line left empty
            if "fr" not in label.data:
                label.errors = [*label.errors, N_("Name the criterion, at least in French.")]
                sound = False
            if weight.data is None and not weight.errors:
                weight.errors = [N_("Give the criterion its weight.")]
                sound = False
        if not sound:
            return False
        for name, problem in problems_with(self.draft()):
            if name in self._fields:
                self[name].errors = [*self[name].errors, problem]
            else:
                whole = (
                    self.envelope_of(self.commissions[0])
                    if name == "envelopes" and self.commissions
                    else self["weight-0"]
                )
                whole.errors = [*whole.errors, problem]
            sound = False
        return sound

    def draft(self) -> CallDraft:
        """What was typed, when it is complete."""
        typed: dict[str, Any] = self.data
        given = {one.id: typed[f"envelope-{one.id}"] for one in self.commissions}
        return CallDraft(
            code=typed["code"].upper(),
            title=typed["title"],
            summary=typed["summary"],
            opens_at=typed["opens_at"],
            closes_at=typed["closes_at"],
            reviews_due_at=typed["reviews_due_at"],
            questions_until=typed["questions_until"],
            ceiling=typed["ceiling"],
            funding_rate=typed["funding_rate"],
            instrument=typed["instrument"] or Instrument.GRANT,
            instalments=self.percentages(),
            prefinancing=typed["prefinancing"] != "no",
            retention=typed["retention"] or 0,
            reviewers_per_application=typed["reviewers_per_application"],
            feedback=typed["feedback"],
            blindness=typed["blindness"],
            appeal_days=typed["appeal_days"],
            envelopes={id: amount for id, amount in given.items() if amount},
            criteria=[
                CriterionDraft(label.data, guidance.data, weight.data)
                for label, guidance, weight in self.rubric()
                if label.data
            ],
        )


PARTS = ("label", "guidance", "weight")
KEPT = (
    "code",
    "title",
    "summary",
    "opens_at",
    "closes_at",
    "reviews_due_at",
    "questions_until",
    "ceiling",
    "funding_rate",
    "instrument",
    "retention",
    "reviewers_per_application",
    "feedback",
    "blindness",
    "appeal_days",
    "version",
)


def call_form(
    fund: Fund, call: Call | None = None, example: Example | None = None, like: Call | None = None
) -> CallForm:
    """Filled with the call, or with an example or an earlier call to start from; with the lines that were sent."""
    known = call or like
    criteria = [CriterionDraft(one.label, one.guidance, one.weight) for one in known.criteria] if known else []
    values = _of_call(call) if call else _of_earlier(like, fund) if like else _of_example(example, fund.currency)
    if example and not like:
        criteria = list(example.criteria)
    lines = max(len(criteria), 1 if call else LINES)
    sent: dict[str, Any] = {}
    if request.method == "POST":
        lines = min(MOST_LINES, max(1, request.form.get("lines", lines, type=int)))
        if go := request.form.get("go"):
            sent["formdata"], lines = rearranged(request.form, lines, go)

    class Bound(CallForm):
        pass

    for one in fund.cluster.commissions:
        setattr(Bound, f"envelope-{one.id}", MoneyField(one.name, minimum=Money(0, fund.currency)))
    for n in range(lines):
        line = criteria[n] if n < len(criteria) else None
        values |= {f"{part}-{n}": getattr(line, part) if line else None for part in PARTS}
        setattr(Bound, f"label-{n}", WordsField(N_("Name (criterion %(n)s)", n=n + 1), required=False, longest=200))
        guidance = N_("What reviewers look at (criterion %(n)s)", n=n + 1)
        setattr(Bound, f"guidance-{n}", WordsField(guidance, multiline=True, required=False, longest=1000))
        setattr(Bound, f"weight-{n}", NumberField(N_("Weight (criterion %(n)s)", n=n + 1), minimum=1, maximum=100))
    form = Bound(data=values, currency=fund.currency, zone=fund.cluster.timezone, **sent)
    form.ceiling.minimum = Money(1, fund.currency)
    form.commissions, form.lines = fund.cluster.commissions, lines
    return form


def _of_call(call: Call) -> dict[str, Any]:
    values = {name: getattr(call, name) for name in KEPT}
    envelopes = {f"envelope-{one.commission_id}": one.amount for one in call.envelopes}
    paid = {"instalments": " ".join(str(one) for one in call.instalments)}
    return {**values, **paid, "prefinancing": "yes" if call.prefinancing else "no", **envelopes}


def _of_earlier(like: Call, fund: Fund) -> dict[str, Any]:
    """All but what is each call's own: code, dates, and the envelopes of another cluster's commissions."""
    own = {f"envelope-{one.id}" for one in fund.cluster.commissions}
    mine = {"code", "opens_at", "closes_at", "reviews_due_at", "questions_until", "version"}
    values = {name: value for name, value in _of_call(like).items() if name not in mine}
    return {"key": str(new_id())} | {
        name: value for name, value in values.items() if not name.startswith("envelope-") or name in own
    }


def _of_example(example: Example | None, currency: str) -> dict[str, Any]:
    """Amounts only where the currency is the example's own."""
    values: dict[str, Any] = {"key": str(new_id()), "reviewers_per_application": 3, "instalments": "40 40 20"}
    values |= {"instrument": Instrument.GRANT, "prefinancing": "yes", "retention": 0}
    values |= {"feedback": Feedback.CRITERIA, "blindness": Blindness.SINGLE, "appeal_days": APPEAL_DAYS}
    if example:
        values |= {name: getattr(example, name) for name in ("title", "summary", "funding_rate")}
        values["instrument"] = example.instrument
        values["code"] = f"{now().year}-{example.name.upper()}"
        values["ceiling"] = Money.of(example.ceiling, currency) if currency == "MAD" else None
        values["instalments"] = " ".join(str(one) for one in example.instalments)
    return values


LINE = re.compile(r"(label|guidance|weight)-(\d+)(-\w\w)?")


def rearranged(
    sent: MultiDict[str, str], lines: int, go: str, line: re.Pattern[str] = LINE
) -> tuple[MultiDict[str, str], int]:
    """What was typed with a line of the rubric added, removed or moved; `go`: add, remove-2, up-2, down-2.

    `line` finds in the name of an input its part, the number of its line, and what follows.
    """
    order: list[int | None] = list(range(lines))
    action, _, place = go.partition("-")
    n = int(place) if place.isdigit() else -1
    if action == "add" and lines < MOST_LINES:
        order.append(None)
    elif action == "remove" and 0 <= n < lines:
        order[n : n + 1] = [] if lines > 1 else [None]
    elif action == "up" and 0 < n < lines:
        order[n - 1], order[n] = order[n], order[n - 1]
    elif action == "down" and 0 <= n < lines - 1:
        order[n + 1], order[n] = order[n], order[n + 1]
    new: MultiDict[str, str] = MultiDict()
    for name, value in sent.items(multi=True):
        if not (found := line.fullmatch(name)):
            new.add(name, value)
        elif int(found[2]) in order:
            new.add(f"{found[1]}-{order.index(int(found[2]))}{found[3] or ''}", value)
    return new, len(order)


class ExtensionForm(Form):
    """Later dates, and why."""

    closes_at = LocalDateTimeField(_l("New closing time"), [InputRequired()])
    reviews_due_at = LocalDateTimeField(_l("Reviews due"), [InputRequired()])
    reason = TextAreaField(_l("Reason"), [InputRequired(), Length(max=2000)])


def extension_form(call: Call) -> ExtensionForm:
    values = {"closes_at": call.closes_at, "reviews_due_at": call.reviews_due_at}
    return ExtensionForm(data=values, zone=call.fund.cluster.timezone)
