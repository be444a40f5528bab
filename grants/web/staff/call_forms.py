"""The call designer's form: rules, an envelope for each commission, a rubric of as many lines as wanted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp

from grants.calls.models import Call
from grants.calls.service import CallDraft, CriterionDraft, problems_with
from grants.clusters.models import Commission
from grants.core.i18n import N_, Words
from grants.core.types import Money
from grants.funds.models import Fund
from grants.web.forms import Form, LocalDateTimeField, MoneyField, NumberField, PercentField, Versioned, WordsField

CODE = Regexp(r"^[A-Za-z0-9][A-Za-z0-9-]{1,19}$", message=_l("Two to twenty letters, digits or hyphens."))
LINES = 3  # lines a new rubric starts with
MOST_LINES = 20


class CallForm(Form, Versioned):
    """The rules of a call; `call_form` adds the envelopes and the lines of the rubric."""

    code = StringField(_l("Code"), [InputRequired(), CODE], description=_l("Short, for references: 2026-1"))
    title = WordsField(_l("Title"), longest=200)
    summary = WordsField(_l("What the call is for"), multiline=True, longest=4000)
    opens_at = LocalDateTimeField(_l("Opens"), [InputRequired()])
    closes_at = LocalDateTimeField(_l("Closes"), [InputRequired()])
    reviews_due_at = LocalDateTimeField(_l("Reviews due"), [InputRequired()])
    ceiling = MoneyField(_l("Ceiling for one project"), [InputRequired()])
    funding_rate = PercentField(_l("Funding rate"), [InputRequired()], minimum=1)
    instalments = StringField(
        _l("Instalments, in percent"), [InputRequired()], description=_l("For example 40 40 20: they add up to 100.")
    )
    reviewers_per_application = NumberField(
        _l("Reviewers for each application"), [InputRequired()], minimum=1, maximum=9
    )

    commissions: Sequence[Commission] = ()
    lines = 0

    def envelope_of(self, commission: Commission) -> Any:
        return self._fields[f"envelope-{commission.id}"]

    def rubric(self) -> list[tuple[Any, Any, Any]]:
        """Label, guidance and weight of each line."""
        return [tuple(self._fields[f"{part}-{n}"] for part in PARTS) for n in range(self.lines)]  # type: ignore[misc]

    def percentages(self) -> list[int]:
        try:
            return [int(one) for one in (self.instalments.data or "").replace(",", " ").replace("%", " ").split()]
        except ValueError:
            return []

    def validate_instalments(self, field: Any) -> None:
        if not self.percentages():
            raise ValueError(N_("Write whole percentages, such as 40 40 20."))

    def validate(self, extra_validators: Any = None) -> bool:
        sound = super().validate(extra_validators)
        for label, _guidance, weight in self.rubric():
            if bool(label.data) != (weight.data is not None):
                blank = weight if label.data else label
                blank.errors = [*blank.errors, N_("A criterion has both a name and a weight.")]
                sound = False
        if not sound:
            return False
        for name, problem in problems_with(self.draft()):
            if name in self._fields:
                self[name].errors = [*self[name].errors, problem]
            else:
                self.form_errors = [*self.form_errors, problem]
            sound = False
        return sound

    def draft(self) -> CallDraft:
        """What was typed, when it is complete."""
        return CallDraft(
            code=(self.code.data or "").upper(),
            title=self.title.data,
            summary=self.summary.data,
            opens_at=self.opens_at.data,
            closes_at=self.closes_at.data,
            reviews_due_at=self.reviews_due_at.data,
            ceiling=self.ceiling.data,
            funding_rate=self.funding_rate.data,
            instalments=self.percentages(),
            reviewers_per_application=self.reviewers_per_application.data,
            envelopes={
                one.id: self.envelope_of(one).data
                for one in self.commissions
                if self.envelope_of(one).data is not None and self.envelope_of(one).data.minor
            },
            criteria=[
                CriterionDraft(label.data, guidance.data, weight.data)
                for label, guidance, weight in self.rubric()
                if label.data
            ],
        )


PARTS = ("label", "guidance", "weight")


def call_form(fund: Fund, call: Call | None = None, example: dict[str, Any] | None = None) -> CallForm:
    """Filled with the call, or with an example to start from; with the lines that were sent."""
    commissions = fund.cluster.commissions
    criteria = list(call.criteria) if call else (example or {}).get("criteria", [])
    lines = max(len(criteria), LINES if call is None else 1)
    if request.method == "POST":
        lines = min(MOST_LINES, request.form.get("lines", lines, type=int))
        lines += request.form.get("go") == "add"

    values: dict[str, Any] = dict(example or {})
    if call is not None:
        values = {
            name: getattr(call, name)
            for name in (
                "code",
                "title",
                "summary",
                "opens_at",
                "closes_at",
                "reviews_due_at",
                "ceiling",
                "funding_rate",
                "reviewers_per_application",
                "version",
            )
        }
        values["instalments"] = " ".join(str(one) for one in call.instalments)
    kept = {one.commission_id: one.amount for one in call.envelopes} if call else {}

    class Bound(CallForm):
        pass

    for one in commissions:
        values[f"envelope-{one.id}"] = kept.get(one.id)
        setattr(Bound, f"envelope-{one.id}", MoneyField(one.name, minimum=Money(0, fund.currency)))
    for n in range(lines):
        line = criteria[n] if n < len(criteria) else None
        values |= {f"{part}-{n}": getattr(line, part) if line else None for part in PARTS}
        setattr(Bound, f"label-{n}", WordsField(N_("Criterion %(n)s", n=n + 1), required=False, longest=200))
        setattr(
            Bound,
            f"guidance-{n}",
            WordsField(N_("What reviewers look at, criterion %(n)s", n=n + 1), multiline=True, required=False),
        )
        setattr(Bound, f"weight-{n}", NumberField(N_("Weight, criterion %(n)s", n=n + 1), minimum=1, maximum=100))
    form = Bound(data=values, currency=fund.currency, zone=fund.cluster.timezone)
    form.ceiling.minimum = Money(1, fund.currency)
    form.commissions, form.lines = commissions, lines
    return form


class ExtensionForm(Form):
    """Later dates, and why."""

    closes_at = LocalDateTimeField(_l("New closing time"), [InputRequired()])
    reviews_due_at = LocalDateTimeField(_l("Reviews due"), [InputRequired()])
    reason = TextAreaField(_l("Reason"), [InputRequired(), Length(max=2000)])


def extension_form(call: Call) -> ExtensionForm:
    values = {"closes_at": call.closes_at, "reviews_due_at": call.reviews_due_at}
    return ExtensionForm(data=values, zone=call.fund.cluster.timezone)


class ProposedCriterion:
    """A line of an example's rubric."""

    def __init__(self, fr: str, ar: str, en: str, weight: int) -> None:
        self.label, self.guidance, self.weight = Words(fr=fr, ar=ar, en=en), Words(), weight


RUBRIC = [
    ProposedCriterion("Caractère innovant", "الطابع الابتكاري", "Innovation", 30),
    ProposedCriterion("Marché et modèle économique", "السوق والنموذج الاقتصادي", "Market and business model", 25),
    ProposedCriterion("Équipe", "الفريق", "Team", 20),
    ProposedCriterion("Faisabilité et calendrier", "قابلية الإنجاز والجدول الزمني", "Feasibility and schedule", 15),
    ProposedCriterion("Impact local", "الأثر المحلي", "Local impact", 10),
]


SCHEMES = {  # title, funding rate in hundredths of a percent, ceiling in MAD
    "intilak": (
        Words(fr="Intilak : jeunes entreprises", ar="انطلاق: المقاولات الناشئة", en="Intilak: young companies"),
        9_000,
        1_000_000,
    ),
    "tatwir": (
        Words(
            fr="Tatwir : entreprises et groupements",
            ar="تطوير: المقاولات والتجمعات",
            en="Tatwir: companies and consortia",
        ),
        5_000,
        4_000_000,
    ),
}


def example(name: str, currency: str, now: datetime) -> dict[str, Any]:
    """Two published schemes to start from; amounts only where the currency is theirs (MAD). Unknown names: nothing.

    Source: the rules of Intilak (companies under two years, 90 %, at most 1 000 000 MAD) and Tatwir (companies over
    two years and consortia, 50 %, at most 4 000 000 MAD) as their operator published them.
    """
    if name not in SCHEMES:
        return {"reviewers_per_application": 3, "instalments": "40 40 20"}
    title, rate, ceiling = SCHEMES[name]
    return {
        "code": f"{now.year}-{name.upper()}",
        "title": title,
        "funding_rate": rate,
        "ceiling": Money.of(ceiling, currency) if currency == "MAD" else None,
        "instalments": "40 40 20",
        "reviewers_per_application": 3,
        "criteria": RUBRIC,
    }
