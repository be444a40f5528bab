"""The versions of a draft: who wrote what when, word by word, and a section taken back to one of them."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from wtforms import IntegerField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from grants.applications import drafting_policy, policy, service, versions
from grants.applications.content import sections
from grants.applications.models import Application
from grants.applications.versions import Version
from grants.core.errors import LostUpdate
from grants.core.i18n import N_
from grants.people.models import Person
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.drafting import changes
from grants.web.applicant.drafts import own_application
from grants.web.applicant.status import section_url
from grants.web.forms import Form
from grants.web.language import speak_for

GONE = N_("A section that this call no longer asks")


class RestoreForm(Form):
    seen = IntegerField(validators=[InputRequired()], widget=HiddenInput())


def own_version(user: Person, application_id: UUID, revision_id: UUID) -> Version:
    found = versions.version(user, application_id, revision_id)
    cluster = found.application.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
    return found


@portal.get("/applications/<uuid:application_id>/history")
@access(policy.read_own, own_application)
def history(user: Person, application: Application) -> Any:
    """Newest first, ten on a page; perhaps of one section alone."""
    names = dict(sections(application))
    section = request.args.get("section")
    found = versions.page(application, request.args.get("page", 1, int), section if section in names else None)
    return render_template(
        "applicant/history.html",
        application=application,
        chosen=section if section in names else None,
        sections=[one for one in names.items() if one[0] != "documents"],
        found=found,
        versions=[(one.revision, names.get(one.revision.section, GONE), _changes(one)) for one in found.versions],
    )


@portal.get("/applications/<uuid:application_id>/history/<uuid:revision_id>")
@access(drafting_policy.read_version, own_version)
def version(user: Person, version: Version) -> Any:
    """What one version changed, and what would change if the section went back to it."""
    application, revision = version.application, version.revision
    held = versions.now_in(application, revision.section)
    now = versions.written(held) if held else {}
    return render_template(
        "applicant/version.html",
        application=application,
        revision=revision,
        label=dict(sections(application)).get(revision.section, GONE),
        changed=changes(application, revision, version.previous or {}, revision.content, whole=True),
        back=changes(application, revision, now, revision.content, whole=True),
        form=RestoreForm(formdata=None, seen=held.version) if held else None,
        refusal=drafting_policy.restore_version.why_not(user, version),
    )


@portal.post("/applications/<uuid:application_id>/history/<uuid:revision_id>/restore")
@access(drafting_policy.restore_version, own_version)
def restore_version(user: Person, version: Version) -> Any:
    form, id, section = RestoreForm(), version.application.id, version.revision.section
    revision_id = version.revision.id
    seen = form.seen.data if form.validate() else None
    if seen is None:
        return redirect(url_for(".version", application_id=id, revision_id=revision_id), 303)
    try:
        service.restore(version, seen=seen, actor=user)
    except LostUpdate:
        flash(_("Somebody changed this section meanwhile. Look at the differences again, then restore."), "warning")
        return redirect(url_for(".version", application_id=id, revision_id=revision_id), 303)
    flash(_("The section says again what it said in this version. What it said before is in its history."))
    return redirect(section_url(id, section), 303)


def _changes(version: Version) -> list[Any]:
    """In short, for the list."""
    return changes(version.application, version.revision, version.previous or {}, version.revision.content)
