"""A programme officer's part in milestones and support in kind: planning, examining, checking, delivering."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from grants.awards import milestone_policy as policy
from grants.awards import milestone_queries as milestones
from grants.awards import queries
from grants.awards.models import Agreement, Milestone, SupportRequest
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.people.models import Person
from grants.web.access import access
from grants.web.awards import speak, stated_reason, today
from grants.web.forms import CheckboxesField, DayField, Form, NumberField, Versioned
from grants.web.language import current_reader
from grants.web.milestones import shared
from grants.web.staff import portal
from grants.web.staff.follow_up_forms import EMPTY_LINES, REPORTS
from workflows import in_kind
from workflows import milestone as workflow
from workflows.in_kind import MOST_SUPPORTS, SupportDraft
from workflows.milestone import MOST_MILESTONES, MilestoneDraft

PARTS = ("title", "due", "deliverables", "reports", "waits")


class LinesForm(Form, Versioned):
    """Lines of a plan, each left out when its first input is emptied."""

    parts: tuple[str, ...] = ()
    count = 0

    def lines(self) -> list[dict[str, Any]]:
        return [{part: self._fields[f"{part}-{n}"] for part in self.parts} for n in range(self.count)]


class MilestonesForm(LinesForm):
    parts = PARTS

    def validate(self, extra_validators: Any = None) -> bool:
        sound = super().validate(extra_validators)
        for one in self.lines():
            if one["title"].data and one["due"].data is None and not one["due"].errors:
                one["due"].errors = [N_("Give the milestone its date.")]
                sound = False
        return sound

    def plan(self) -> list[MilestoneDraft]:
        return [
            MilestoneDraft(
                one["title"].data,
                one["due"].data,
                one["deliverables"].data or "",
                "technical" in one["reports"].data,
                "financial" in one["reports"].data,
                int(one["waits"].data) if one["waits"].data else None,
            )
            for one in self.lines()
            if one["title"].data
        ]


class SupportsForm(LinesForm):
    parts = ("name", "unit", "planned")

    def validate(self, extra_validators: Any = None) -> bool:
        sound = super().validate(extra_validators)
        for one in self.lines():
            for part in ("unit", "planned"):
                if one["name"].data and not one[part].data and not one[part].errors:
                    one[part].errors = [N_("Say how many are given, and in which unit.")]
                    sound = False
        return sound

    def plan(self) -> list[SupportDraft]:
        return [
            SupportDraft(one["name"].data, one["unit"].data, one["planned"].data)
            for one in self.lines()
            if one["name"].data
        ]


def milestones_form(agreement: Agreement) -> MilestonesForm:
    """Filled with what is planned, else with what the call proposes; two empty lines follow."""

    class Bound(MilestonesForm):
        pass

    known = list(agreement.milestones) or workflow.proposed(agreement)
    waits = [SelectChoice("", N_("None"))]
    waits += [
        SelectChoice(str(n), N_("Instalment %(n)s, %(percent)s %%", n=n, percent=percent))
        for n, percent in enumerate(agreement.award.call.instalments, 1)
    ]
    Bound.count = _count(len(known), MOST_MILESTONES, "title")
    values: dict[str, Any] = {"version": agreement.version}
    for n in range(Bound.count):
        one, k = known[n] if n < len(known) else None, n + 1
        fields = {
            "title": StringField(N_("Title (milestone %(n)s)", n=k), [Length(max=200)]),
            "due": DayField(N_("Due (milestone %(n)s)", n=k)),
            "deliverables": TextAreaField(N_("Deliverables expected (milestone %(n)s)", n=k), [Length(max=2000)]),
            "reports": CheckboxesField(
                N_("Reports asked for (milestone %(n)s)", n=k), choices=[SelectChoice(*one) for one in REPORTS]
            ),
            "waits": SelectField(N_("Instalment that waits for it (milestone %(n)s)", n=k), choices=waits),
        }
        for part, made in fields.items():
            setattr(Bound, f"{part}-{n}", made)
        reports = [part for part in ("technical", "financial") if one and getattr(one, part)]
        values |= {
            f"title-{n}": one and one.title,
            f"due-{n}": one and one.due_on,
            f"deliverables-{n}": one and one.deliverables,
            f"reports-{n}": reports if one else ["technical"],
            f"waits-{n}": str(one.instalment or "") if one else "",
        }
    return Bound(data=values)


def supports_form(agreement: Agreement) -> SupportsForm:
    """Filled with what is planned, else with the kinds that the call gives."""

    class Bound(SupportsForm):
        pass

    reader = current_reader()
    known: list[tuple[Any, Any, Any]] = [(one.name, one.unit, one.planned) for one in agreement.supports]
    if not known:
        offered = agreement.award.call.following.supports
        known = [(one.name.in_(reader), one.unit.in_(reader), None) for one in offered]
    Bound.count = _count(len(known), MOST_SUPPORTS, "name")
    values: dict[str, Any] = {"version": agreement.version}
    for n in range(Bound.count):
        one, k = known[n] if n < len(known) else (None, None, None), n + 1
        setattr(Bound, f"name-{n}", StringField(N_("What is given (support %(n)s)", n=k), [Length(max=100)]))
        unit = N_("Unit (support %(n)s)", n=k)
        setattr(Bound, f"unit-{n}", StringField(unit, [Length(max=40)], description=_l("month, seat, hour")))
        setattr(Bound, f"planned-{n}", NumberField(N_("How many (support %(n)s)", n=k), minimum=1, maximum=100_000))
        values |= dict(zip((f"name-{n}", f"unit-{n}", f"planned-{n}"), one, strict=True))
    return Bound(data=values)


def _count(known: int, most: int, name: str) -> int:
    if request.method == "POST":
        sent = sum(1 for n in range(most) if f"{name}-{n}" in request.form)
        return sent or min(most, known + EMPTY_LINES)
    return min(most, known + EMPTY_LINES)


@portal.get("/agreements/<uuid:id>/plan")
@access(policy.plan_milestones, queries.agreement)
def plan(user: Person, agreement: Agreement) -> Any:
    """Milestones and quantities of an agreement in preparation."""
    return _plan_page(agreement, milestones_form(agreement), supports_form(agreement))


@portal.post("/agreements/<uuid:id>/plan/milestones")
@access(policy.plan_milestones, queries.agreement)
def plan_milestones(user: Person, agreement: Agreement) -> Any:
    form, id = milestones_form(agreement), agreement.id
    if form.validate_on_submit():
        form.require_fresh(agreement)
        try:
            workflow.plan_milestones(agreement, form.plan(), form.version.data, actor=user)
        except Refused as refusal:
            form.form_errors = [refusal.detail]
            agreement = queries.agreement(user, id)
        else:
            flash(_("The milestones are planned."), "ok")
            return redirect(url_for(".agreement", id=id, _anchor="milestones"), 303)
    return _plan_page(agreement, form, None)


@portal.post("/agreements/<uuid:id>/plan/supports")
@access(policy.plan_milestones, queries.agreement)
def plan_supports(user: Person, agreement: Agreement) -> Any:
    form, id = supports_form(agreement), agreement.id
    if form.validate_on_submit():
        form.require_fresh(agreement)
        try:
            in_kind.plan_supports(agreement, form.plan(), form.version.data, actor=user)
        except Refused as refusal:
            form.form_errors = [refusal.detail]
            agreement = queries.agreement(user, id)
        else:
            flash(_("The support in kind is planned."), "ok")
            return redirect(url_for(".agreement", id=id, _anchor="supports"), 303)
    return _plan_page(agreement, None, form)


def _plan_page(agreement: Agreement, form: MilestonesForm | None, given: SupportsForm | None) -> str:
    speak(agreement.award)
    return render_template(
        "staff/plan.html", agreement=agreement, award=agreement.award, form=form, given=given, dated=agreement.starts_on
    )


@portal.get("/milestones/<uuid:id>")
@access(policy.view_milestone, milestones.milestone)
def milestone(user: Person, milestone: Milestone) -> Any:
    """The report, and what may be said of it."""
    return render_template("staff/milestone.html", **shared(portal, user, milestone))


@portal.post("/milestones/<uuid:id>/accept-report")
@access(policy.examine_milestone, milestones.milestone)
def accept_report(user: Person, milestone: Milestone) -> Any:
    workflow.accept_report(milestone, actor=user)
    flash(_("The report is accepted."), "ok")
    return _back(milestone)


@portal.post("/milestones/<uuid:id>/accept-partly")
@access(policy.examine_milestone, milestones.milestone)
def accept_partly(user: Person, milestone: Milestone) -> Any:
    workflow.accept_partly(milestone, stated_reason(), actor=user)
    flash(_("The report is accepted in part."), "ok")
    return _back(milestone)


@portal.post("/milestones/<uuid:id>/reject-report")
@access(policy.examine_milestone, milestones.milestone)
def reject_report(user: Person, milestone: Milestone) -> Any:
    workflow.reject_report(milestone, stated_reason(), actor=user)
    flash(_("The report is rejected. The beneficiary may write it again."), "ok")
    return _back(milestone)


@portal.post("/milestones/<uuid:id>/ask-about-report")
@access(policy.examine_milestone, milestones.milestone)
def ask_about_report(user: Person, milestone: Milestone) -> Any:
    workflow.ask_about_report(milestone, stated_reason(), actor=user)
    flash(_("The beneficiary has been asked."), "ok")
    return _back(milestone)


def _back(milestone: Milestone) -> Any:
    return redirect(url_for(".milestone", id=milestone.id), 303)


# --- support in kind ------------------------------------------------------------------------------------------


@portal.post("/support-requests/<uuid:id>/check")
@access(policy.check_support, milestones.support_request)
def check_support(user: Person, request: SupportRequest) -> Any:
    agreement_id = request.support.agreement_id
    in_kind.check_support(request, actor=user)
    flash(_("The request is checked. The authorising officer certifies it."), "ok")
    return _support_back(agreement_id)


@portal.post("/support-requests/<uuid:id>/refuse")
@access(policy.check_support, milestones.support_request)
def refuse_support(user: Person, request: SupportRequest) -> Any:
    agreement_id = request.support.agreement_id
    in_kind.refuse_support(request, stated_reason(), actor=user)
    flash(_("The request is refused."), "ok")
    return _support_back(agreement_id)


@portal.post("/support-requests/<uuid:id>/deliver")
@access(policy.deliver_support, milestones.support_request)
def deliver_support(user: Person, request: SupportRequest) -> Any:
    day: date = today(request.support.agreement.award)
    agreement_id = request.support.agreement_id
    in_kind.deliver_support(request, day, actor=user)
    flash(_("The delivery is recorded."), "ok")
    return _support_back(agreement_id)


def _support_back(agreement_id: UUID) -> Any:
    return redirect(url_for(".agreement", id=agreement_id, _anchor="supports"), 303)
