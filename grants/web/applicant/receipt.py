"""After the submission: the receipt, taking it back, giving it up."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from grants.applications import policy, queries, submitted
from grants.applications.models import Application, Submission
from grants.applications.receipts import Receipt
from grants.people.models import Person
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.drafts import own_application
from grants.web.applicant.forms import WithdrawForm
from grants.web.applicant.status import next_step
from grants.web.downloads import said
from workflows import application as workflow


@portal.get("/applications/<uuid:application_id>/receipt")
@access(policy.read_own, own_application)
def receipt(user: Person, application: Application) -> Any:
    """The last submission's receipt; those before it follow."""
    given = [Receipt.of(event) for event in queries.receipts(application)]
    if not given:
        raise NotFound
    return render_template(
        "applicant/receipt.html",
        application=application,
        call=application.call,
        last=given[0],
        before=given[1:],
        current=application.content_hash == given[0].fingerprint,
        kept=submitted.kept(application),
        step=next_step(application),
    )


def own_submission(user: Person, application_id: UUID, fingerprint: str) -> Submission:
    return submitted.submission(own_application(user, application_id), fingerprint)


@portal.get("/applications/<uuid:application_id>/submitted/<fingerprint>.json")
@access(policy.read_own_submission, own_submission)
def submitted_content(user: Person, submission: Submission) -> Any:
    """Word for word what the fingerprint of a receipt is of."""
    return said(submission)


@portal.post("/applications/<uuid:application_id>/reopen")
@access(policy.reopen, own_application)
def reopen(user: Person, application: Application) -> Any:
    id = application.id
    workflow.reopen(application, actor=user)
    flash(_("It is a draft again. Submit it before the call closes, or it will not count."), "warning")
    return redirect(url_for(".application", application_id=id), 303)


@portal.route("/applications/<uuid:application_id>/withdraw", methods=["GET", "POST"])
@access(policy.withdraw, own_application)
def withdraw(user: Person, application: Application) -> Any:
    form, id = WithdrawForm(), application.id
    if form.validate_on_submit():
        workflow.withdraw(application, form.reason.data, actor=user)
        flash(_("The application is withdrawn."))
        return redirect(url_for(".application", application_id=id), 303)
    return render_template("applicant/withdraw.html", application=application, call=application.call, form=form)
