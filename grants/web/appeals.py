"""Appeals waiting, one appeal and the form that hears it: for programme officers and for the committee alike."""

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from grants.appeals import policy, queries
from grants.appeals.models import AGAINST_LABELS, Against, Appeal, AppealState
from grants.awards.models import Decision, Outcome
from grants.awards.queries import decision_for
from grants.core.errors import Problem
from grants.core.i18n import N_, Text
from grants.core.policy import Policy
from grants.core.types import Money
from grants.people.models import Person, Role
from grants.web.access import Portal, access
from grants.web.downloads import attached, listed
from grants.web.filters import ref
from grants.web.forms import Form, MoneyField
from grants.web.language import speak_for
from grants.web.parking import parks
from workflows import appeal as workflow

LONGEST_REASONS = 6_000


class HearingForm(Form):
    """`amount` only where an upheld appeal needs one."""

    amount = MoneyField(
        _l("Amount to decide on"),
        [InputRequired()],
        description=_l(
            "The commission proposed to fund nothing. If you uphold the appeal, the committee decides on this."
        ),
    )
    reasons = TextAreaField(
        _l("Reasons"),
        [DataRequired(), Length(max=LONGEST_REASONS)],
        description=_l("The applicant reads them: answer each ground of the appeal."),
    )


def followed(user: Person, id: UUID) -> Appeal:
    found = queries.followed(user, id)
    cluster = found.application.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
    return found


def hearings(portal: Portal, role: Role, may_list: Policy, above: tuple[Text, str]) -> None:
    """Declare the pages for whoever hears with this role; `above`: the words and the endpoint of the page they are
    reached from.
    """

    def trail(*more: tuple[Any, str | None]) -> list[tuple[Any, str | None]]:
        title, endpoint = above
        return [(title, url_for(f".{endpoint}")), (N_("Appeals"), url_for(".appeals") if more else None), *more]

    def of(appeal: Appeal) -> list[tuple[Any, str | None]]:
        return trail((ref(appeal.application.reference or ""), None))

    @portal.get("/appeals")
    @access(may_list)
    def appeals(user: Person) -> Any:
        return _list_page(user, role, trail())

    @portal.get("/appeals/<uuid:id>")
    @parks()
    @access(policy.read_appeal, followed)
    def appeal(user: Person, appeal: Appeal) -> Any:
        return _page(user, appeal, of(appeal))

    @portal.post("/appeals/<uuid:id>/uphold")
    @parks(f"{portal.name}.appeal")
    @access(policy.hear_appeal, followed)
    def uphold_appeal(user: Person, appeal: Appeal) -> Any:
        return _hear(user, appeal, of(appeal), upheld=True)

    @portal.post("/appeals/<uuid:id>/dismiss")
    @parks(f"{portal.name}.appeal")
    @access(policy.hear_appeal, followed)
    def dismiss_appeal(user: Person, appeal: Appeal) -> Any:
        return _hear(user, appeal, of(appeal), upheld=False)

    @portal.get("/appeals/<uuid:id>/file")
    @access(policy.read_appeal, followed)
    def appeal_file(user: Person, appeal: Appeal) -> Any:
        return attached(appeal) if appeal.sha256 else abort(404)


def _list_page(user: Person, role: Role, trail: list[tuple[Any, str | None]]) -> str:
    """Those that wait, the longest first; then the last ones heard."""
    waiting = queries.listed(user, role, AppealState.FILED)
    if waiting:
        cluster = waiting[0].application.call.fund.cluster
        speak_for(cluster.country, cluster.timezone)
    return render_template(
        "staff/appeals.html",
        waiting=waiting,
        heard=queries.listed(user, role, AppealState.UPHELD, AppealState.DISMISSED, limit=queries.HEARD),
        against=AGAINST_LABELS,
        trail=trail,
    )


def _form(appeal: Appeal, decision: Decision | None) -> HearingForm:
    form = HearingForm(currency=appeal.application.currency)
    if decision is None or decision.proposal != Outcome.REJECTED:
        del form.amount
    else:
        form.amount.minimum, form.amount.maximum = Money(1, decision.currency), appeal.application.requested
    return form


def _page(
    user: Person,
    appeal: Appeal,
    trail: list[tuple[Any, str | None]],
    form: HearingForm | None = None,
    refusal: Text | None = None,
) -> str:
    """The refusal, its author, the grounds; the form for whoever may hear it, else the sentence that says why not.

    `refusal`: why what was typed into `form` was not taken; where the form is closed meanwhile, it is shown to be
    copied.
    """
    decision = decision_for(appeal.application) if appeal.against == Against.DECISION else None
    why_not = policy.hear_appeal.why_not(user, appeal)
    waits = appeal.state == AppealState.FILED
    is_open = waits and why_not is None
    return render_template(
        "staff/appeal.html",
        appeal=appeal,
        application=appeal.application,
        decision=decision,
        against=AGAINST_LABELS,
        file=[listed(appeal, url_for(".appeal_file", id=appeal.id))] if appeal.sha256 else [],
        form=(form or _form(appeal, decision)) if is_open else None,
        typed=form.reasons.data if form is not None and not is_open else None,
        why_not=why_not if waits else refusal,
        trail=trail,
    )


def _hear(user: Person, appeal: Appeal, trail: list[tuple[Any, str | None]], *, upheld: bool) -> Any:
    """Uphold or dismiss with what was typed; the same page again where something is missing or changed meanwhile."""
    id = appeal.id
    form = _form(appeal, decision_for(appeal.application) if appeal.against == Against.DECISION else None)
    if not upheld and "amount" in form:
        del form.amount
    if appeal.state == AppealState.FILED and not form.validate_on_submit():
        return _page(user, appeal, trail, form)
    reasons = form.reasons.data or ""
    try:
        if upheld:
            workflow.uphold_appeal(appeal, reasons, amount=form.amount.data if "amount" in form else None, actor=user)
        else:
            workflow.dismiss_appeal(appeal, reasons, actor=user)
    except Problem as problem:
        form.reasons.errors = [*form.reasons.errors, problem.detail]
        return _page(user, followed(user, id), trail, form, problem.detail), problem.status
    flash(
        _("The appeal is upheld. The applicant is told.")
        if upheld
        else _("The appeal is dismissed. The applicant is told."),
        "ok",
    )
    return redirect(url_for(".appeals"), 303)
