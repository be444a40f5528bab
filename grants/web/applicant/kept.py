"""Documents an organisation keeps once: add, replace, remove; and put one into a draft in one press."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from grants.applications.models import Document
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.people import policy as people
from grants.people.models import Organisation, Person
from grants.profiles import policy, queries, service
from grants.profiles.models import KEPT_LABELS, Attachment, KeptDocument, KeptKind
from grants.profiles.service import File, today_of
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.drafts import own_application
from grants.web.applicant.organisations import own_organisation
from grants.web.downloads import attached
from grants.web.filters import Tag
from grants.web.forms import DayField, Form, UploadField
from grants.web.uploads import keep_pdf

SOON = timedelta(days=60)
EXPIRED = Tag("bad", N_("Expired"), "calendar-x")
EXPIRES_SOON = Tag("warn", N_("Expires soon"), "calendar-clock")
VALID = Tag("ok", N_("Valid"), "check")


class VersionForm(Form):
    file = UploadField(_l("File"), [InputRequired()], kinds=("pdf",))
    expires_on = DayField(_l("Valid until"), description=_l("The last day, if the document says one."))


class KeptForm(VersionForm):
    kind = SelectField(
        _l("Kind of document"),
        [InputRequired()],
        choices=[SelectChoice(str(kind), label) for kind, label in KEPT_LABELS.items()],
    )


class Shown(NamedTuple):
    """A document as a page lists it, with its older versions."""

    kept: KeptDocument
    tag: Tag | None
    expired: bool
    older: list[KeptDocument]


def own_kept(user: Person, kept_id: UUID) -> KeptDocument:
    return queries.kept_document(user, kept_id)


def own_attachment(user: Person, application_id: UUID, kept_id: UUID) -> Attachment:
    return Attachment(own_application(user, application_id), queries.kept_document(user, kept_id))


def look(kept: KeptDocument, organisation: Organisation) -> Tag | None:
    """How its validity looks; nothing for a document that never expires."""
    today = today_of(organisation)
    if kept.expires_on is None:
        return None
    return EXPIRED if kept.expired(today) else EXPIRES_SOON if kept.expires_on - today <= SOON else VALID


@portal.get("/organisations/<uuid:organisation_id>/documents")
@access(people.view_organisation, own_organisation)
def organisation_documents(user: Person, organisation: Organisation) -> Any:
    every = queries.versions(organisation.id)
    current = [one for one in every if one.ended_at is None]
    shown = [
        Shown(
            one,
            look(one, organisation),
            one.expired(today_of(organisation)),
            [old for old in every if old.series_id == one.series_id and old is not one],
        )
        for one in sorted(current, key=lambda one: (list(KeptKind).index(one.kind), one.filename))
    ]
    return render_template(
        "applicant/kept.html",
        organisation=organisation,
        shown=shown,
        labels=KEPT_LABELS,
        may_edit=people.edit_organisation.allows(user, organisation),
    )


@portal.route("/organisations/<uuid:organisation_id>/documents/new", methods=["GET", "POST"])
@access(people.edit_organisation, own_organisation)
def organisation_document(user: Person, organisation: Organisation) -> Any:
    form, id = KeptForm(), organisation.id
    if form.validate_on_submit():
        try:
            kind, day = KeptKind(form.kind.data), form.expires_on.data
            service.keep_document(organisation, kind, File(*keep_pdf(form.file)), day, actor=user)
        except Refused as refusal:
            form.file.errors = [refusal.detail]
            organisation = own_organisation(user, id)
        else:
            flash(_("The document is kept."))
            return redirect(url_for(".organisation_documents", organisation_id=id), 303)
    return render_template("applicant/kept_form.html", organisation=organisation, form=form, replaced=None)


@portal.route("/kept/<uuid:kept_id>/replace", methods=["GET", "POST"])
@access(policy.write_kept, own_kept)
def organisation_document_replace(user: Person, kept: KeptDocument) -> Any:
    form, id, organisation_id = VersionForm(), kept.id, kept.organisation_id
    if form.validate_on_submit():
        try:
            service.replace_document(kept, File(*keep_pdf(form.file)), form.expires_on.data, actor=user)
        except Refused as refusal:
            form.file.errors = [refusal.detail]
            kept = own_kept(user, id)
        else:
            flash(_("The newer version is kept; the older one is in the history."))
            return redirect(url_for(".organisation_documents", organisation_id=organisation_id), 303)
    return render_template("applicant/kept_form.html", organisation=kept.organisation, form=form, replaced=kept)


@portal.post("/kept/<uuid:kept_id>/remove")
@access(policy.write_kept, own_kept)
def remove_kept(user: Person, kept: KeptDocument) -> Any:
    name, organisation_id = kept.filename, kept.organisation_id
    service.remove_document(kept, actor=user)
    flash(_("%(name)s is removed.", name=name))
    return redirect(url_for(".organisation_documents", organisation_id=organisation_id), 303)


@portal.get("/kept/<uuid:kept_id>/file")
@access(policy.read_kept, own_kept)
def organisation_document_file(user: Person, kept: KeptDocument) -> Any:
    return attached(kept)


# --- in a draft -----------------------------------------------------------------------------------------------


def attachable(organisation: Organisation, documents: Sequence[Document]) -> list[Shown]:
    """The documents it keeps, sound and not among these yet."""
    held = {one.sha256 for one in documents}
    return [
        Shown(one, look(one, organisation), one.expired(today_of(organisation)), [])
        for one in queries.current_documents(organisation.id)
        if one.sha256 not in held and not one.quarantined
    ]


@portal.post("/applications/<uuid:application_id>/kept/<uuid:kept_id>")
@access(policy.attach_kept, own_attachment)
def attach_kept(user: Person, attachment: Attachment) -> Any:
    id, name = attachment.application.id, attachment.kept.filename
    service.attach_kept(attachment, accept_expired=request.form.get("expired") == "accepted", actor=user)
    flash(_("%(name)s is attached.", name=name))
    return redirect(url_for(".documents", application_id=id), 303)
