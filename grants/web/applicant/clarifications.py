"""Answering the fund's questions on a submitted application."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import Length

from grants.applications import clarification_policy as policy
from grants.applications import clarification_queries as queries
from grants.applications.models import Clarification, ClarificationFile
from grants.core.errors import Refused
from grants.people.models import Person
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.downloads import attached, listed
from grants.web.forms import Form, UploadField, Versioned
from grants.web.language import speak_for
from grants.web.parking import parks
from grants.web.uploads import keep_pdf
from workflows import clarification as workflow

LONGEST_ANSWER = 6_000


class ClarificationForm(Form, Versioned):
    answer = TextAreaField(_l("Your answer"), [Length(max=LONGEST_ANSWER)])
    file = UploadField(_l("File"), kinds=("pdf",), description=_l("A PDF file, if your answer needs one."))


def own(user: Person, id: UUID) -> Clarification:
    found = queries.own(user, id)
    cluster = found.application.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
    return found


@portal.get("/clarifications/<uuid:id>")
@parks()
@access(policy.read_own_clarification, own)
def clarification(user: Person, clarification: Clarification) -> Any:
    """The question, and what is written or was sent."""
    return _page(user, clarification, _form(clarification))


@portal.post("/clarifications/<uuid:id>")
@parks("applicant.clarification")
@access(policy.answer_clarification, own)
def answer_clarification(user: Person, clarification: Clarification) -> Any:
    """Keep what is written and add the file; the button says whether it is sent too."""
    form, id = _form(clarification), clarification.id
    application_id, go = clarification.application_id, request.form.get("go", "send")
    if not form.validate_on_submit():
        return _page(user, clarification, form)
    workflow.write(clarification, form.answer.data or "", form.version.data, actor=user)
    field = form.answer
    try:
        if form.file.data:
            field = form.file
            workflow.attach(clarification, [keep_pdf(form.file)], actor=user)
        if go == "send":
            field = form.answer
            workflow.send(clarification, actor=user)
    except Refused as refusal:
        field.errors = [refusal.detail]
        again = own(user, id)
        form.version.data = again.version
        return _page(user, again, form)
    if go == "send":
        flash(_("Your answer is with the fund."), "ok")
        return redirect(url_for(".application", application_id=application_id, _anchor="clarifications"), 303)
    flash(_("Your answer is saved. It is not sent yet."))
    return redirect(url_for(".clarification", id=id), 303)


def _form(clarification: Clarification) -> ClarificationForm:
    form = ClarificationForm(answer=clarification.answer, version=clarification.version)
    form.answer.flags.required = True  # to be sent, not to be saved
    return form


def _page(user: Person, clarification: Clarification, form: ClarificationForm) -> str:
    if form.is_submitted():
        form.version.raw_data = None  # drawn again with the version it has now
    why_not = policy.answer_clarification.why_not(user, clarification) if clarification.state == "asked" else None
    return render_template(
        "applicant/clarification.html",
        clarification=clarification,
        application=clarification.application,
        form=form,
        writable=clarification.state == "asked" and why_not is None,
        why_not=why_not,
        files=answer_files(clarification, "applicant.clarification_file", removable=why_not is None),
        most=workflow.MOST_FILES,
    )


def answer_files(clarification: Clarification, endpoint: str, removable: bool = False) -> list[dict[str, Any]]:
    """The files of an answer as a page lists them; `endpoint` fetches one."""
    removable = removable and clarification.state == "asked"
    return [
        listed(
            one,
            url_for(endpoint, id=one.id),
            remove=url_for("applicant.remove_clarification_file", id=one.id) if removable else None,
        )
        for one in clarification.files
    ]


@portal.get("/clarification-files/<uuid:id>")
@access(policy.read_own_clarification_file, queries.own_file)
def clarification_file(user: Person, file: ClarificationFile) -> Any:
    return attached(file)


@portal.post("/clarification-files/<uuid:id>/remove")
@access(policy.remove_clarification_file, queries.own_file)
def remove_clarification_file(user: Person, file: ClarificationFile) -> Any:
    id, name = file.clarification_id, file.filename
    workflow.detach(file, actor=user)
    flash(_("%(name)s is removed.", name=name))
    return redirect(url_for(".clarification", id=id), 303)
