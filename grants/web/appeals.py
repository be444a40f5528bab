"""What the staff and the board portal share: appeals waiting, one appeal, the form that hears it."""

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
from grants.core.errors import Refused
from grants.core.types import Money
from grants.people.models import Person, Role
from grants.web.downloads import attached, listed
from grants.web.forms import Form, MoneyField
from grants.web.language import speak_for
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


def list_page(user: Person, role: Role, trail: list[tuple[Any, str | None]]) -> str:
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


def hearing_page(user: Person, appeal: Appeal, trail: list[tuple[Any, str | None]], form: Any = None) -> str:
    """The refusal, its author, the grounds; the form for whoever may hear it, else the sentence that says why not."""
    decision = decision_for(appeal.application) if appeal.against == Against.DECISION else None
    why_not = policy.hear_appeal.why_not(user, appeal)
    waits = appeal.state == AppealState.FILED
    return render_template(
        "staff/appeal.html",
        appeal=appeal,
        application=appeal.application,
        decision=decision,
        against=AGAINST_LABELS,
        file=[listed(appeal, url_for(".appeal_file", id=appeal.id))] if appeal.sha256 else [],
        form=(form or _form(appeal, decision)) if waits and why_not is None else None,
        why_not=why_not if waits else None,
        trail=trail,
    )


def hear(user: Person, appeal: Appeal, move: str, trail: list[tuple[Any, str | None]]) -> Any:
    """Uphold or dismiss with what was typed; the same page again where something is missing."""
    id = appeal.id
    decision = decision_for(appeal.application) if appeal.against == Against.DECISION else None
    form = _form(appeal, decision)
    if move == "dismiss_appeal" and "amount" in form:
        del form.amount
    if appeal.state == AppealState.FILED and not form.validate_on_submit():
        return hearing_page(user, appeal, trail, form)
    reasons = form.reasons.data or ""
    try:
        if move == "uphold_appeal":
            amount = form.amount.data if "amount" in form else None
            workflow.uphold_appeal(appeal, reasons, amount=amount, actor=user)
        else:
            workflow.dismiss_appeal(appeal, reasons, actor=user)
    except Refused as problem:
        form.reasons.errors = [problem.detail]
        return hearing_page(user, followed(user, id), trail, form)
    upheld = move == "uphold_appeal"
    flash(
        _("The appeal is upheld. The applicant is told.")
        if upheld
        else _("The appeal is dismissed. The applicant is told."),
        "ok",
    )
    return redirect(url_for(".appeals"), 303)


def file_of(appeal: Appeal) -> Any:
    """The file that supports it; 404 when there is none."""
    return attached(appeal) if appeal.sha256 else abort(404)
