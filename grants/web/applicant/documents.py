"""The PDF files of an application: send, fetch, remove."""

from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from grants.applications import policy, queries, service
from grants.applications.content import Section
from grants.applications.models import Application, Document
from grants.core.errors import Refused
from grants.core.storage import storage
from grants.people.models import Person
from grants.profiles.models import KEPT_LABELS
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.drafts import own_application
from grants.web.applicant.forms import DocumentForm
from grants.web.applicant.kept import attachable
from grants.web.applicant.status import files, standing
from grants.web.downloads import attached
from grants.web.language import speak_for


def own_document(user: Person, document_id: UUID) -> Document:
    found = queries.own_document(user, document_id)
    cluster = found.application.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
    return found


@portal.route("/applications/<uuid:application_id>/documents", methods=["GET", "POST"])
@access(policy.edit, own_application)
def documents(user: Person, application: Application) -> Any:
    form, id = DocumentForm(), application.id
    if form.validate_on_submit():
        try:
            _attach(application, form, user)
        except Refused as refusal:
            form.file.errors = [refusal.detail]
            application = own_application(user, id)
        else:
            flash(_("Your document is attached. It has not been scanned for viruses."))
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
        files=files(application, "applicant.document", removable=True),
        form=form,
        most=service.MOST_DOCUMENTS,
        kept=attachable(application),
        kept_labels=KEPT_LABELS,
    )


def _attach(application: Application, form: DocumentForm, user: Person) -> None:
    settings, sent = current_app.extensions["settings"], form.file.data
    limit_mb = settings.upload_limit_mb
    if sent is not None:
        content = sent.stream.read(limit_mb * 1_000_000 + 1)
        kept_in = storage(settings)
        service.attach(application, sent.filename or "", content, storage=kept_in, limit_mb=limit_mb, actor=user)


@portal.get("/documents/<uuid:document_id>")
@access(policy.read_own_document, own_document)
def document(user: Person, document: Document) -> Any:
    return attached(document)


@portal.post("/documents/<uuid:document_id>/remove")
@access(policy.edit_document, own_document)
def remove_document(user: Person, document: Document) -> Any:
    application_id, name = document.application_id, document.filename
    service.detach(document, actor=user)
    flash(_("%(name)s is removed.", name=name))
    return redirect(url_for(".documents", application_id=application_id), 303)
