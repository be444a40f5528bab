"""The PDF files of an application: send, fetch, remove."""

from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from grants.applications import policy, queries, service
from grants.applications.content import Section
from grants.applications.models import Application, Document
from grants.applications.slots import others, slots
from grants.core.errors import Refused
from grants.core.storage import storage
from grants.people.models import Person
from grants.profiles.models import KEPT_LABELS
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.drafting import together
from grants.web.applicant.drafts import own_application
from grants.web.applicant.forms import DocumentForm
from grants.web.applicant.kept import attachable
from grants.web.applicant.required import lines
from grants.web.applicant.status import attached_files, standing
from grants.web.downloads import attached
from grants.web.language import speak_for
from grants.web.uploads import read


def own_document(user: Person, document_id: UUID) -> Document:
    found = queries.own_document(user, document_id)
    cluster = found.application.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
    return found


@portal.route("/applications/<uuid:application_id>/documents", methods=["GET", "POST"])
@access(policy.edit, own_application)
def documents(user: Person, application: Application) -> Any:
    form, id = DocumentForm(), application.id
    if not slots(application) and form.validate_on_submit():
        try:
            _attach(application, form, user)
        except Refused as refusal:
            form.file.errors = [refusal.detail]
            application = own_application(user, id)
        else:
            flash(_("Your document is attached."))
            return redirect(url_for(".documents", application_id=id), 303)
    now = standing(application)
    if not form.is_submitted() and "check" in request.args:
        form.file.errors = [one.message for one in now.blockers if one.field == "file"]
    return render_template(
        "applicant/documents.html",
        application=application,
        call=application.call,
        standing=now,
        section=str(Section.DOCUMENTS),
        steps=now.steps("documents"),
        slots=lines(application),
        files=attached_files(others(application), "applicant.document", removable=True),
        form=form,
        most=service.MOST_DOCUMENTS,
        kept=[] if slots(application) else attachable(application.organisation, application.documents),
        kept_labels=KEPT_LABELS,
        together=together(application, str(Section.DOCUMENTS)),
    )


def _attach(application: Application, form: DocumentForm, user: Person) -> None:
    settings = current_app.extensions["settings"]
    filename, content = read(form.file)
    kept_in, limit_mb = storage(settings), settings.upload_limit_mb
    service.attach(application, filename, content, storage=kept_in, limit_mb=limit_mb, actor=user)


@portal.get("/documents/<uuid:document_id>")
@access(policy.read_own_document, own_document)
def document(user: Person, document: Document) -> Any:
    return attached(document)


@portal.post("/documents/<uuid:document_id>/remove")
@access(policy.edit_document, own_document)
def remove_document(user: Person, document: Document) -> Any:
    application_id, partner_id, name = document.application_id, document.partner_id, document.filename
    service.detach(document, actor=user)
    flash(_("%(name)s is removed.", name=name))
    if partner_id is not None:
        return redirect(url_for(".partnership", partner_id=partner_id), 303)
    return redirect(url_for(".documents", application_id=application_id), 303)
