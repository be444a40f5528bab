"""The documents that a partner attaches for itself: one page for each, fetched and removed by its own people."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from grants.applications import partner_policy as policy
from grants.applications import partner_queries as queries
from grants.applications import service
from grants.applications.models import Document
from grants.applications.slots import Slot, slots_of
from grants.calls.models import RequiredDocument
from grants.core.errors import Refused
from grants.people.models import Person
from grants.profiles import policy as profiles_policy
from grants.profiles import queries as profiles
from grants.profiles import service as profiles_service
from grants.profiles.models import KEPT_LABELS, Attachment
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.consortium import own_partner
from grants.web.applicant.required import FILLS, fill, shelf, slot_for, slot_form
from grants.web.downloads import attached, listed
from grants.web.language import speak_for


def own_slot(user: Person, partner_id: UUID, required_id: UUID) -> Slot[RequiredDocument]:
    return slot_for(required_id, slots_of(own_partner(user, partner_id)))


def own_attachment(user: Person, partner_id: UUID, required_id: UUID, kept_id: UUID) -> Attachment:
    slot = own_slot(user, partner_id, required_id)
    return Attachment(slot.application, profiles.kept_document(user, kept_id), slot.required, slot.partner)


def own_document(user: Person, document_id: UUID) -> Document:
    found = queries.part_document(user, document_id)
    cluster = found.application.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
    return found


@portal.route("/partners/<uuid:partner_id>/documents/<uuid:required_id>", methods=["GET", "POST"])
@access(policy.fill_part, own_slot)
def required_part_document(user: Person, slot: Slot[RequiredDocument]) -> Any:
    partner = slot.partner
    assert partner is not None  # noqa: S101 - the slots of a partner
    form, id, required_id = slot_form(slot), partner.id, slot.required.id
    if form.validate_on_submit():
        try:
            fill(slot, form, user)
        except Refused as refusal:
            form.file.errors = [refusal.detail]
            slot = own_slot(user, id, required_id)
        else:
            flash(_("Your document is attached."))
            return _back(own_slot(user, id, required_id))
    return render_template(
        "applicant/part_document.html",
        partner=slot.partner,
        application=slot.application,
        slot=slot,
        required=slot.required,
        call=slot.application.call,
        files=[
            listed(
                one,
                url_for(".part_document", document_id=one.id),
                remove=url_for(".remove_part_document", document_id=one.id),
            )
            for one in slot.documents
        ],
        form=form,
        tag=FILLS[slot.fill],
        kept=shelf(slot),
        kept_labels=KEPT_LABELS,
    )


@portal.post("/partners/<uuid:partner_id>/documents/<uuid:required_id>/kept/<uuid:kept_id>")
@access(profiles_policy.attach_kept_part, own_attachment)
def attach_kept_part(user: Person, attachment: Attachment) -> Any:
    name, partner, required = attachment.kept.filename, attachment.partner, attachment.required
    assert partner is not None and required is not None  # noqa: S101, PT018 - loaded with both
    id, required_id = partner.id, required.id
    profiles_service.attach_kept(attachment, accept_expired=request.form.get("expired") == "accepted", actor=user)
    flash(_("%(name)s is attached.", name=name))
    return _back(own_slot(user, id, required_id))


@portal.get("/partners/documents/<uuid:document_id>")
@access(policy.read_part_document, own_document)
def part_document(user: Person, document: Document) -> Any:
    return attached(document)


@portal.post("/partners/documents/<uuid:document_id>/remove")
@access(policy.edit_part_document, own_document)
def remove_part_document(user: Person, document: Document) -> Any:
    partner_id, name = document.partner_id, document.filename
    service.detach(document, partner=document.partner, actor=user)
    flash(_("%(name)s is removed.", name=name))
    return redirect(url_for(".partnership", partner_id=partner_id, _anchor="documents"), 303)


def _back(slot: Slot[RequiredDocument]) -> Any:
    """This page again while it takes more; else the partnership."""
    assert slot.partner is not None  # noqa: S101 - the slots of a partner
    id = slot.partner.id
    if slot.is_full:
        return redirect(url_for(".partnership", partner_id=id, _anchor="documents"), 303)
    return redirect(url_for(".required_part_document", partner_id=id, required_id=slot.required.id), 303)
