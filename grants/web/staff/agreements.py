"""A programme officer's part in agreements: preparing, sending for signature."""

from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired, ValidationError

from grants.awards import agreement_policy, milestone_queries, policy, queries
from grants.awards.models import Agreement, AgreementState, Award
from grants.awards.service import Plan
from grants.core.i18n import N_
from grants.core.policy import signed_in
from grants.people.models import Person
from grants.web.access import access
from grants.web.agreements import as_pdf, parts
from grants.web.awards import speak, today
from grants.web.forms import DayField, Form, Versioned
from grants.web.staff import portal
from workflows import award as workflow
from workflows import closeout, in_kind
from workflows.award import UNDER_WAY

PREPARING = frozenset({AgreementState.PREPARATION, AgreementState.VISA_REFUSED})


class PlanForm(Form, Versioned):
    """The project's dates; `plan_form` adds a planned date for each instalment."""

    starts_on = DayField(_l("Starts"), [InputRequired()])
    ends_on = DayField(_l("Ends"), [InputRequired()])

    def due_fields(self) -> list[Any]:
        return [field for name, field in self._fields.items() if name.startswith("due-")]

    def validate_ends_on(self, field: Any) -> None:
        if field.data and self.starts_on.data and field.data <= self.starts_on.data:
            raise ValidationError(N_("The project ends after it starts."))

    def validate(self, extra_validators: Any = None) -> bool:
        sound = super().validate(extra_validators)
        previous: date | None = None
        for field in self.due_fields():
            if field.data and previous and field.data < previous:
                field.errors = [*field.errors, N_("Instalments are planned one after the other.")]
                sound = False
            previous = field.data or previous
        return sound

    def plan(self) -> Plan:
        starts_on: Any = self.starts_on.data
        ends_on: Any = self.ends_on.data
        return Plan(starts_on, ends_on, tuple(field.data for field in self.due_fields()))


def plan_form(agreement: Agreement) -> PlanForm:
    """Filled with what is kept, or with a proposal: from the first of next month, over the project's duration."""

    class Bound(PlanForm):
        pass

    award = agreement.award
    months = (award.application and award.application.duration_months) or 12
    start = agreement.starts_on or (today(award).replace(day=1) + timedelta(days=32)).replace(day=1)
    end = agreement.ends_on or start + timedelta(days=30 * months)
    percentages = award.call.instalments
    kept = [one.due_on for one in agreement.instalments]
    steps = max(1, len(percentages) - 1)
    spread = kept or [start + (end - start) * n // steps for n in range(len(percentages))]
    values: dict[str, Any] = {"starts_on": start, "ends_on": end, "version": agreement.version}
    for n, (percent, day) in enumerate(zip(percentages, spread, strict=True), 1):
        values[f"due-{n}"] = day
        label = N_("Instalment %(n)s, %(percent)s %% of the grant, planned on", n=n, percent=percent)
        setattr(Bound, f"due-{n}", DayField(label, [InputRequired()]))
    return Bound(data=values)


@portal.get("/agreements")
@access(signed_in)
def agreements(user: Person) -> Any:
    return render_template(
        "staff/agreements.html", awards=queries.awards(user, limit=200), reports=milestone_queries.to_examine(user)
    )


@portal.get("/agreements/<uuid:id>")
@access(policy.view_agreement, queries.agreement)
def agreement(user: Person, agreement: Agreement) -> Any:
    return _page(user, agreement.award, plan_form(agreement))


@portal.post("/agreements/<uuid:id>/prepare")
@access(policy.prepare, queries.agreement)
def prepare(user: Person, agreement: Agreement) -> Any:
    form = plan_form(agreement)
    if not form.validate_on_submit():
        return _page(user, agreement.award, form)
    form.require_fresh(agreement)
    workflow.prepare(agreement, form.plan(), form.version.data, actor=user)
    flash(_("The agreement is prepared. An authorising officer may now propose the commitment."), "ok")
    return redirect(url_for(".agreement", id=agreement.id), 303)


@portal.post("/agreements/<uuid:id>/open-signature")
@access(policy.prepare, queries.agreement)
def open_signature(user: Person, agreement: Agreement) -> Any:
    workflow.open_signature(agreement, actor=user)
    flash(_("The beneficiary has been asked to sign."), "ok")
    return redirect(url_for(".agreement", id=agreement.id), 303)


@portal.post("/agreements/<uuid:id>/complete")
@access(agreement_policy.complete_agreement, queries.agreement)
def complete_agreement(user: Person, agreement: Agreement) -> Any:
    closeout.complete_agreement(agreement, actor=user)
    flash(_("The project is completed. An authorising officer may propose the closeout."), "ok")
    return redirect(url_for(".agreement", id=agreement.id), 303)


@portal.get("/agreements/<uuid:id>/agreement.pdf")
@access(policy.view_agreement, queries.agreement)
def agreement_pdf(user: Person, agreement: Agreement) -> Any:
    return as_pdf(user, agreement)


def _page(user: Person, award: Award, form: PlanForm) -> str:
    speak(award)
    kept = award.agreement
    assert kept is not None  # noqa: S101 - the page of an agreement
    amending = kept.state in UNDER_WAY and agreement_policy.prepare_amendment.allows(user, kept)
    return render_template(
        "staff/agreement.html",
        award=award,
        agreement=kept,
        form=form if kept.state in PREPARING and policy.prepare.allows(user, kept) else None,
        moves=portal.serves(workflow.lifecycle.open_to(user, kept)),
        support_moves=lambda one: portal.serves(in_kind.lifecycle.open_to(user, one)),
        checking=policy.prepare.allows(user, kept),
        amending=amending,
        **parts(kept),
    )
