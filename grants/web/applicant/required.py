"""The documents a call asks for: one page for each, where files are sent, attached from the shelf and removed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import NoResultFound
from wtforms.validators import InputRequired

from grants.applications import attachments, policy, service
from grants.applications.content import Section
from grants.applications.models import Application, Partner
from grants.applications.slots import Fill, Slot, slots, slots_of, today
from grants.calls.models import FileKind, RequiredDocument
from grants.core.errors import Refused
from grants.core.i18n import N_, N_n
from grants.core.storage import storage
from grants.people.models import Person
from grants.profiles import policy as profiles_policy
from grants.profiles import queries as profiles
from grants.profiles import service as profiles_service
from grants.profiles.models import KEPT_LABELS, Attachment
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.drafting import together
from grants.web.applicant.drafts import own_application
from grants.web.applicant.kept import Shown, attachable
from grants.web.applicant.status import attached_files, standing
from grants.web.downloads import listed
from grants.web.filters import Tag
from grants.web.forms import DayField, Form, UploadField
from grants.web.uploads import read

FILLS = {
    Fill.MISSING: Tag("warn", N_("To attach"), "paperclip"),
    Fill.OPEN: Tag("none", N_("Optional")),
    Fill.WRONG: Tag("bad", N_("To be corrected"), "circle-alert"),
    Fill.FILLED: Tag("ok", N_("Attached"), "check"),
}


class SlotForm(Form):
    file = UploadField(_l("File"), [InputRequired()])
    issued_on = DayField(_l("Day of issue"), [InputRequired()])


def slot_form(slot: Slot[RequiredDocument]) -> SlotForm:
    """Asks for the day of issue only where the call wants the document to be recent."""
    form = SlotForm()
    form.file.kinds = attachments.endings(slot.required.file_kinds)
    if slot.required.valid_months is None:
        del form.issued_on
    else:
        form.issued_on.maximum = today(slot.application.call)
        form.issued_on.description = N_n(
            "This call wants a document issued within %(n)s month.",
            "This call wants a document issued within %(n)s months.",
            slot.required.valid_months,
        )
    return form


def slot_for(required_id: UUID, found: Sequence[Slot[RequiredDocument]]) -> Slot[RequiredDocument]:
    """Raises NoResultFound for a document that is not asked for."""
    slot = next((one for one in found if one.required.id == required_id), None)
    if slot is None:
        raise NoResultFound
    return slot


def own_slot(user: Person, application_id: UUID, required_id: UUID) -> Slot[RequiredDocument]:
    return slot_for(required_id, slots(own_application(user, application_id)))


def own_attachment(user: Person, application_id: UUID, required_id: UUID, kept_id: UUID) -> Attachment:
    slot = own_slot(user, application_id, required_id)
    return Attachment(slot.application, profiles.kept_document(user, kept_id), slot.required)


@portal.route("/applications/<uuid:application_id>/documents/<uuid:required_id>", methods=["GET", "POST"])
@access(policy.fill, own_slot)
def required_document(user: Person, slot: Slot[RequiredDocument]) -> Any:
    form, id, required_id = slot_form(slot), slot.application.id, slot.required.id
    if form.validate_on_submit():
        try:
            fill(slot, form, user)
        except Refused as refusal:
            form.file.errors = [refusal.detail]
            slot = own_slot(user, id, required_id)
        else:
            flash(_("Your document is attached."))
            return redirect(_next(own_slot(user, id, required_id)), 303)
    now = standing(slot.application)
    if not form.is_submitted() and "check" in request.args:
        form.file.errors = [one.message for one in now.blockers if one.field == slot.field]
    return render_template(
        "applicant/required.html",
        slot=slot,
        required=slot.required,
        application=slot.application,
        call=slot.application.call,
        standing=now,
        section=str(Section.DOCUMENTS),
        together=together(slot.application, str(Section.DOCUMENTS)),
        steps=now.steps("documents"),
        files=attached_files(slot.documents, "applicant.document", removable=True),
        form=form,
        tag=FILLS[slot.fill],
        kept=shelf(slot),
        kept_labels=KEPT_LABELS,
    )


def fill(slot: Slot[RequiredDocument], form: SlotForm, user: Person) -> None:
    """Attach what was sent. Raises Refused with the reason."""
    settings = current_app.extensions["settings"]
    filename, content = read(form.file)
    issued_on = form.issued_on.data if "issued_on" in form else None
    kept_in, limit_mb = storage(settings), settings.upload_limit_mb
    service.fill(slot, filename, content, issued_on, storage=kept_in, limit_mb=limit_mb, actor=user)


def _next(slot: Slot[RequiredDocument]) -> str:
    """This page again while it takes more; else the list."""
    id = slot.application.id
    if slot.is_full:
        return url_for(".documents", application_id=id, _anchor=slot.field)
    return url_for(".required_document", application_id=id, required_id=slot.required.id)


def shelf(slot: Slot[RequiredDocument]) -> list[Shown]:
    """What the organisation keeps that may be attached here."""
    if slot.is_full or FileKind.PDF not in slot.required.file_kinds:
        return []
    organisation = slot.partner.organisation if slot.partner else slot.application.organisation
    return attachable(organisation, slot.documents) if organisation else []


@portal.post("/applications/<uuid:application_id>/documents/<uuid:required_id>/kept/<uuid:kept_id>")
@access(profiles_policy.attach_kept, own_attachment)
def attach_kept_here(user: Person, attachment: Attachment) -> Any:
    application_id, name = attachment.application.id, attachment.kept.filename
    profiles_service.attach_kept(attachment, accept_expired=request.form.get("expired") == "accepted", actor=user)
    flash(_("%(name)s is attached.", name=name))
    return redirect(url_for(".documents", application_id=application_id), 303)


def lines(application: Application) -> list[tuple[Slot[RequiredDocument], Tag, list[Any]]]:
    """What the page of documents lists: each slot, how it stands, the files in it."""
    return [
        (one, FILLS[one.fill], attached_files(one.documents, "applicant.document", removable=True))
        for one in slots(application)
    ]


def owed(
    partner: Partner, endpoint: str, removing: str | None = None
) -> list[tuple[Slot[RequiredDocument], Tag, list[Any]]]:
    """The same of what a partner attaches for itself; `endpoint` fetches a file, `removing` removes one."""
    return [
        (
            one,
            FILLS[one.fill],
            [
                listed(
                    kept,
                    url_for(endpoint, document_id=kept.id),
                    remove=url_for(removing, document_id=kept.id) if removing else None,
                )
                for kept in one.documents
            ],
        )
        for one in slots_of(partner)
    ]
