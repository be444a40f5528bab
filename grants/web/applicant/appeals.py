"""Appealing against a refusal: once, in time, in one's own words."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from grants.appeals import policy, queries
from grants.appeals.models import AGAINST_LABELS, Appeal, AppealState
from grants.appeals.queries import Refusal
from grants.applications.models import Application
from grants.core.errors import Problem
from grants.people.models import Person
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.drafts import own_application
from grants.web.downloads import attached, listed
from grants.web.forms import Form, UploadField
from grants.web.language import speak_for
from grants.web.parking import parks
from grants.web.uploads import keep_pdf
from workflows import appeal as workflow

LONGEST_GROUNDS = 6_000


class AppealForm(Form):
    grounds = TextAreaField(
        _l("Why the refusal should be looked at again"),
        [DataRequired(), Length(max=LONGEST_GROUNDS)],
        description=_l("Say which point of the refusal is wrong, and what shows it."),
    )
    file = UploadField(_l("File"), kinds=("pdf",), description=_l("A PDF file, if something supports your appeal."))


class Recourse(NamedTuple):
    """What an applicant may do about a refusal, or did: `why_not` says why no appeal may be filed (any more)."""

    refusal: Refusal | None
    appeal: Appeal | None
    file: list[dict[str, Any]]
    until: datetime | None
    why_not: Any
    may_withdraw: bool

    @property
    def open(self) -> bool:
        return self.why_not is None


def recourse(user: Person, application: Application) -> Recourse | None:
    """None where nothing was refused and nothing appealed."""
    appeal, refusal = queries.of_application(application), queries.refusal(application)
    if appeal is None and refusal is None:
        return None
    zone = application.call.fund.cluster.zone
    until = refusal.until.astimezone(zone) if refusal and refusal.until else None
    own = policy.write_appeal.allows(user, application)
    return Recourse(
        refusal,
        appeal,
        [listed(appeal, url_for("applicant.appeal_file", id=appeal.id))] if appeal and appeal.sha256 else [],
        until,
        None if appeal else policy.file_appeal.why_not(user, application),
        appeal is not None and appeal.state == AppealState.FILED and own,
    )


@portal.route("/applications/<uuid:application_id>/appeal", methods=["GET", "POST"])
@parks()
@access(policy.write_appeal, own_application)
def appeal(user: Person, application: Application) -> Any:
    """The refusal, until when it may be appealed, and the form; what was typed stays when it cannot be filed."""
    form, id = AppealForm(), application.id
    if not form.validate_on_submit():
        if not form.is_submitted() and queries.of_application(application):
            return redirect(url_for(".application", application_id=id, _anchor="appeal"), 303)
        return _page(user, application, form)
    try:
        kept = None
        if form.file.data:
            policy.file_appeal.require(user, application)  # before anything is kept
            kept = keep_pdf(form.file)
        workflow.file(application, form.grounds.data or "", actor=user, attached=kept)
    except Problem as problem:
        field = form.grounds if form.file.data is None or problem.status != 422 else form.file
        field.errors = [*field.errors, problem.detail]
        return _page(user, own_application(user, id), form)
    flash(_("Your appeal is filed. You receive its receipt by e-mail."), "ok")
    return redirect(url_for(".application", application_id=id, _anchor="appeal"), 303)


def _page(user: Person, application: Application, form: AppealForm) -> str:
    return render_template(
        "applicant/appeal.html",
        application=application,
        form=form,
        recourse=recourse(user, application),
        against=AGAINST_LABELS,
    )


def own(user: Person, id: UUID) -> Appeal:
    found = queries.own(user, id)
    cluster = found.application.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
    return found


@portal.get("/appeals/<uuid:id>/file")
@access(policy.read_own_appeal, own)
def appeal_file(user: Person, appeal: Appeal) -> Any:
    return attached(appeal)


@portal.post("/appeals/<uuid:id>/withdraw")
@access(policy.withdraw_appeal, own)
def withdraw_appeal(user: Person, appeal: Appeal) -> Any:
    application_id = appeal.application_id
    workflow.withdraw_appeal(appeal, actor=user)
    flash(_("Your appeal is withdrawn. The refusal stands."))
    return redirect(url_for(".application", application_id=application_id), 303)
