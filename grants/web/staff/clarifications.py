"""Asking an applicant for a clarification, and reading the answer."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from grants.applications import clarification_policy as policy
from grants.applications import clarification_queries as queries
from grants.applications.models import Application, Clarification, ClarificationFile
from grants.core.clock import now
from grants.core.types import new_id
from grants.people.models import Person
from grants.web.access import access
from grants.web.downloads import attached
from grants.web.forms import Form, LocalDateTimeField
from grants.web.staff import portal
from grants.web.staff.applications import file
from workflows import clarification as workflow

DAYS_TO_ANSWER = 5  # proposed to the officer, who may choose another date
LONGEST_QUESTION = 4_000


class AskForm(Form):
    """`key` makes a form sent twice one question."""

    key = HiddenField()
    question = TextAreaField(
        _l("Your question"),
        [DataRequired(), Length(max=LONGEST_QUESTION)],
        description=_l("The applicant receives it by e-mail and answers once, with files if needed."),
    )
    due_at = LocalDateTimeField(_l("To be answered by"), [InputRequired()])

    def id(self) -> UUID | None:
        try:
            return UUID(self.key.data or "")
        except ValueError:
            return None


@portal.route("/applications/<uuid:application_id>/clarifications/new", methods=["GET", "POST"])
@access(policy.ask_clarification, file)
def ask_clarification(user: Person, application: Application) -> Any:
    zone = application.call.fund.cluster.zone
    proposed = (now() + timedelta(days=DAYS_TO_ANSWER)).astimezone(zone).replace(hour=23, minute=59)
    form, id = AskForm(due_at=proposed, zone=zone.key, key=str(new_id())), application.id
    form.due_at.minimum = now()
    if form.validate_on_submit() and form.due_at.data:
        workflow.ask(application, form.question.data or "", form.due_at.data, actor=user, id=form.id())
        flash(_("The applicant is asked, and told by e-mail until when to answer."), "ok")
        return redirect(url_for(".application", application_id=id, _anchor="clarifications"), 303)
    return render_template("staff/clarification.html", application=application, call=application.call, form=form)


@portal.post("/clarifications/<uuid:id>/take-back")
@access(policy.take_back_clarification, queries.followed)
def take_back_clarification(user: Person, clarification: Clarification) -> Any:
    application_id = clarification.application_id
    workflow.take_back(clarification, actor=user)
    flash(_("The question is taken back. The applicant is told."), "ok")
    return redirect(url_for(".application", application_id=application_id, _anchor="clarifications"), 303)


@portal.get("/clarification-files/<uuid:id>")
@access(policy.read_clarification_file, queries.followed_file)
def clarification_file(user: Person, file: ClarificationFile) -> Any:
    return attached(file)
