"""Writing applications: begin one, revise its sections, attach and remove its documents. None of this moves a state."""

from datetime import date
from typing import Any

from sqlalchemy import select

from grants.applications import attachments, partner_policy, pdf, policy, versions
from grants.applications.content import Part
from grants.applications.models import Application, ApplicationState, Document, Partner, Revision
from grants.applications.slots import Asked, Slot, slots
from grants.calls import questionnaires
from grants.calls.models import Call, RequiredDocument
from grants.core.audit import record
from grants.core.db import db, lock, transaction
from grants.core.errors import Forbidden, LostUpdate, Refused
from grants.core.i18n import N_, N_n, Text
from grants.core.storage import Storage
from grants.people.models import Organisation, Person

MOST_DOCUMENTS = 10
ANSWERS = (
    *("title", "commission_id", "summary", "description", "cost_minor", "requested_minor", "duration_months"),
    "asked_minor",
    *("questionnaire_id", "answers"),
)


def begin(call: Call, organisation: Organisation, *, actor: Person) -> tuple[Application, bool]:
    """The organisation's draft in this call, and whether it was made now: there is never a second one.

    Raises Forbidden when the call takes nothing now or the person may not write for the organisation, whose
    memberships must be loaded.
    """
    with transaction():
        policy.begin.require(actor, call)
        if policy.right_in(actor, organisation) not in policy.WRITERS:
            raise Forbidden(N_("Only an owner or editor of the organisation may apply for it."))
        lock(organisation)
        living = select(Application).where(
            Application.call_id == call.id,
            Application.organisation_id == organisation.id,
            Application.state == ApplicationState.DRAFT,
        )
        if found := db.session.scalars(living).first():
            return found, False
        made = Application(call=call, organisation=organisation, lead=actor, currency=call.currency)
        made.questionnaire = questionnaires.current(call)
        db.session.add(made)
        db.session.flush()
        record("application.begin", made, actor)
        return made, True


def revise(
    application: Application, part: Part, *, seen: int | None, actor: Person, restored: Revision | None = None
) -> int:
    """Keep what was typed in one section, complete or not; answers with the section's new version.

    `seen` is the version of the section the writer started from; None writes whatever happened meanwhile. `restored` is
    the version of its history that the part was read from. Raises LostUpdate when somebody else wrote the section
    since, unless they wrote the very same.
    """
    with transaction():
        lock(application, "state", *ANSWERS)
        policy.edit.require(actor, application)
        saved = part.saved(application)
        if part == saved:
            part.follow(application)
            return saved.version
        if seen is not None and saved.version != seen:
            raise LostUpdate(N_("Your text and the saved text are both below. Nothing has been overwritten."))
        changed = part.keep(application)
        if application.submitted_at and (application.commission_id is None or application.requested is None):
            raise Refused(N_("A file that was submitted once keeps a commission and an amount: choose others."))
        versions.remember(application, saved, part, actor=actor, restored=restored)
        if application.reference:  # what a draft says before its first submission is nobody's business
            record("application.revise", application, actor, after={"changed": changed})
        return part.version


def restore(version: versions.Version, *, seen: int | None, actor: Person) -> None:
    """Let a section say again what it said in a version of its history: itself a new version, so nothing is lost.

    Raises Refused when the call no longer has the section, LostUpdate when it changed since its page was opened.
    """
    with transaction():
        revision = version.revision
        part = versions.read(version.application, revision.section, revision.content)
        if part is None:
            raise Refused(N_("The call no longer asks this section."))
        revise(version.application, part, seen=seen, actor=actor, restored=revision)


def attach(
    application: Application, filename: str, content: bytes, *, storage: Storage, limit_mb: int, actor: Person
) -> Document:
    """Add a PDF. The same content twice is the same document. Raises Refused with the reason."""
    policy.edit.require(actor, application)
    name = pdf.check(filename, content, limit_mb)
    return attach_kept(application, name, len(content), storage.keep(content), actor=actor)


def fill(
    slot: Slot[Any],
    filename: str,
    content: bytes,
    issued_on: date | None,
    *,
    storage: Storage,
    limit_mb: int,
    actor: Person,
) -> Document:
    """Add what the call asks for, issued on that day where it must be recent. Raises Refused with the reason."""
    application, required = slot.application, slot.required
    _require(application, slot.partner, actor)
    expires_on = slot.expiry(issued_on)
    name, media_type = attachments.check(filename, content, required.file_kinds, limit_mb)
    digest = storage.keep(content)
    more: dict[str, Any] = {"media_type": media_type, "required": required, "expires_on": expires_on}
    return attach_kept(application, name, len(content), digest, partner=slot.partner, actor=actor, **more)


def attach_kept(
    application: Application,
    name: str,
    size: int,
    digest: str,
    *,
    media_type: str = pdf.MEDIA_TYPE,
    required: RequiredDocument | Asked | None = None,
    partner: Partner | None = None,
    expires_on: date | None = None,
    actor: Person,
) -> Document:
    """Add a file that was checked before and is in the storage: no second copy. Raises Refused with the reason.

    The same content for the same purpose is the same document; sent again it takes the newer last day. `partner`
    attaches it for itself.
    """
    with transaction():
        lock(application, "state")
        if partner is not None:
            lock(partner, "state")
        _require(application, partner, actor)
        if required is None and slots(application):
            raise Refused(N_("This call lists the documents it wants: attach this one to one of them."))
        purpose = {
            "required_id": required.id if isinstance(required, RequiredDocument) else None,
            "question": required.id if isinstance(required, Asked) else None,
            "partner_id": partner.id if partner else None,
        }
        same = select(Document).filter_by(application_id=application.id, **purpose)
        attached = db.session.scalars(same).all()
        for one in attached:
            if one.sha256 == digest:
                one.expires_on = expires_on
                return one
        most = required.most if required else MOST_DOCUMENTS
        if len(attached) >= most:
            raise Refused(_full(most, required))
        made = Document(
            application_id=application.id,
            **purpose,
            filename=name,
            media_type=media_type,
            size=size,
            sha256=digest,
            expires_on=expires_on,
            uploaded_by_id=actor.id,
        )
        db.session.add(made)
        record("application.attach", application, actor, after={"filename": name, "sha256": digest})
        return made


def _require(application: Application, partner: Partner | None, actor: Person) -> None:
    """Raises Forbidden for whoever may not attach this: the lead's people its own, a partner's people theirs."""
    if partner is None:
        policy.edit.require(actor, application)
    else:
        partner_policy.write_part.require(actor, partner)


def _full(most: int, required: RequiredDocument | Asked | None) -> Text:
    if required is None:
        return N_("An application holds at most %(n)s documents. Remove one before adding another.", n=most)
    return N_n(
        "This call takes %(n)s file for “%(name)s”. Remove it before adding another.",
        "This call takes %(n)s files for “%(name)s”. Remove one before adding another.",
        most,
        name=required.name,
    )


def detach(document: Document, *, partner: Partner | None = None, actor: Person) -> None:
    """Remove a document while the application may be changed. Its content stays in storage, named by no row.

    The lead removes any; a `partner` what it attached itself.
    """
    application = document.application
    with transaction():
        lock(application, "state")
        if partner is not None and partner.id != document.partner_id:
            raise Forbidden(N_("Whoever attached this document removes it."))
        _require(application, partner, actor)
        record(
            "application.detach",
            application,
            actor,
            before={"filename": document.filename, "sha256": document.sha256},
        )
        db.session.delete(document)
