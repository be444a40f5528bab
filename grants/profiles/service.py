"""Writing what an organisation keeps; none of this moves a state."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete

from grants.applications import service as applications
from grants.applications.models import Document
from grants.applications.slots import Slot
from grants.calls.models import FileKind
from grants.clusters.places import COUNTRIES
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import LostUpdate, Refused
from grants.core.i18n import N_
from grants.core.types import new_id
from grants.people import policy as people
from grants.people.members import taken
from grants.people.models import Organisation, Person
from grants.profiles import policy, queries
from grants.profiles.models import Attachment, KeptDocument, KeptKind, Stakeholder

WHOLE = 10_000  # hundredths of a percent
MOST_STAKEHOLDERS = 100
MOST_DOCUMENTS = 50


@dataclass(frozen=True)
class Stake:
    """A director or shareholder as typed; `share` in hundredths of a percent, None for a director without any."""

    name: str
    role: str
    share: int | None = None

    @classmethod
    def of(cls, kept: Stakeholder) -> "Stake":
        return cls(kept.name, kept.role, kept.share)


def fingerprint(stakes: Sequence[Stake]) -> str:
    """Which table this is: two people who write it at once are told."""
    return hashlib.sha256(repr([(one.name, one.role, one.share) for one in stakes]).encode()).hexdigest()[:16]


def name_stakeholders(organisation: Organisation, stakes: Sequence[Stake], *, seen: str | None, actor: Person) -> None:
    """The whole table anew. `seen` is the fingerprint of the table the writer started from.

    Raises Refused when shares pass the whole, LostUpdate when somebody else wrote another table meanwhile.
    """
    with transaction():
        organisation = taken(organisation.id)
        people.edit_organisation.require(actor, organisation)
        kept = [Stake.of(one) for one in queries.stakeholders(organisation.id)]
        if list(stakes) == kept:
            return
        if seen is not None and seen != fingerprint(kept):
            raise LostUpdate(N_("Your text and the saved text are both below. Nothing has been overwritten."))
        total = sum(one.share or 0 for one in stakes)
        if total > WHOLE:
            raise Refused(N_("The shares add up to more than the whole: look them over."))
        if len(stakes) > MOST_STAKEHOLDERS:
            raise Refused(N_("At most %(n)s people: name those who hold the most.", n=MOST_STAKEHOLDERS))
        db.session.execute(delete(Stakeholder).where(Stakeholder.organisation_id == organisation.id))
        db.session.add_all(
            Stakeholder(organisation_id=organisation.id, position=n, name=one.name, role=one.role, share=one.share)
            for n, one in enumerate(stakes, 1)
        )
        before = [[one.name, one.role, one.share] for one in kept]
        after = [[one.name, one.role, one.share] for one in stakes]
        record(
            "organisation.name_stakeholders",
            organisation,
            actor,
            before={"stakeholders": before},
            after={"stakeholders": after},
        )


# --- documents ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class File:
    """A PDF, checked and in the storage."""

    filename: str
    media_type: str
    size: int
    sha256: str


def today_of(organisation: Organisation) -> date:
    """The day it is where the organisation is."""
    zone = COUNTRIES.get(organisation.country, COUNTRIES["MA"])[1]
    return now().astimezone(ZoneInfo(zone)).date()


def keep_document(
    organisation: Organisation, kind: KeptKind, file: File, expires_on: date | None, *, actor: Person
) -> KeptDocument:
    """A document of its own series. The same file of the same kind and date sent twice is one document."""
    with transaction():
        organisation = taken(organisation.id)
        people.edit_organisation.require(actor, organisation)
        current = queries.current_documents(organisation.id)
        for one in current:
            if (one.kind, one.sha256, one.expires_on) == (kind, file.sha256, expires_on):
                return one
        if len(current) >= MOST_DOCUMENTS:
            raise Refused(N_("At most %(n)s documents are kept. Remove one first.", n=MOST_DOCUMENTS))
        return _keep(organisation.id, new_id(), kind, file, expires_on, actor)


def replace_document(kept: KeptDocument, file: File, expires_on: date | None, *, actor: Person) -> KeptDocument:
    """A newer version takes its place; the older one stays in the history, and in whatever it was attached to."""
    with transaction():
        organisation = taken(kept.organisation_id)
        people.edit_organisation.require(actor, organisation)
        lock(kept, "ended_at")
        for one in queries.current_documents(organisation.id):
            same = (one.series_id, one.sha256, one.expires_on) == (kept.series_id, file.sha256, expires_on)
            if same:
                return one
        if kept.ended_at is not None:
            raise Refused(N_("A newer version has taken its place, or it was removed."))
        kept.ended_at = now()
        db.session.flush()
        return _keep(organisation.id, kept.series_id, kept.kind, file, expires_on, actor)


def remove_document(kept: KeptDocument, *, actor: Person) -> None:
    """It is offered no more; where it was attached it stays. Removing twice is removing once."""
    with transaction():
        people.edit_organisation.require(actor, taken(kept.organisation_id))
        lock(kept, "ended_at")
        if kept.ended_at is None:
            kept.ended_at = now()
            record("kept_document.remove", kept, actor, before={"filename": kept.filename, "sha256": kept.sha256})


def attach_kept(attachment: Attachment, *, accept_expired: bool = False, actor: Person) -> Document:
    """The kept file among the documents of the draft, without a second copy. Raises Refused for an expired one, and for
    one that does not answer what the call asks it for.
    """
    kept, application, partner = attachment.kept, attachment.application, attachment.partner
    with transaction():
        (policy.attach_kept_part if partner else policy.attach_kept).require(actor, attachment)
        if kept.quarantined:
            raise Refused(N_("A virus was found in “%(name)s”: it cannot be attached.", name=kept.filename))
        if kept.expired(today_of(kept.organisation)) and not accept_expired:
            raise Refused(
                N_("“%(name)s” expired on %(day)s.", name=kept.filename, day=kept.expires_on),
                N_("Replace it by a newer version, or attach it knowing that it has expired."),
            )
        required, expires_on = attachment.required, None
        if required is not None:
            if FileKind.PDF not in required.file_kinds:
                raise Refused(N_("The call wants this document in another form than PDF: send it here."))
            expires_on = Slot(application, required, partner).require_living(kept.expires_on)
        return applications.attach_kept(
            application,
            kept.filename,
            kept.size,
            kept.sha256,
            media_type=kept.media_type,
            required=required,
            partner=partner,
            expires_on=expires_on,
            actor=actor,
        )


def _keep(
    organisation_id: UUID, series_id: UUID, kind: KeptKind, file: File, expires_on: date | None, actor: Person
) -> KeptDocument:
    made = KeptDocument(
        organisation_id=organisation_id,
        series_id=series_id,
        kind=kind,
        expires_on=expires_on,
        kept_by_id=actor.id,
        **vars(file),
    )
    db.session.add(made)
    db.session.flush()
    said = {"filename": made.filename, "sha256": made.sha256, "expires_on": expires_on and expires_on.isoformat()}
    record("kept_document.keep", made, actor, after={"kind": kind, **said})
    return made
