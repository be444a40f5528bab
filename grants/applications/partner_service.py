"""What a partner writes of itself. Moves are in workflows/partnership.py."""

from sqlalchemy import select

from grants.applications import partner_policy as policy
from grants.applications.accession import OwnPart
from grants.applications.models import Document, Partner
from grants.core.audit import record
from grants.core.db import db, expect, lock, transaction
from grants.people.models import Person


def revise_part(partner: Partner, part: OwnPart, *, seen: int | None, actor: Person) -> int:
    """Keep what was typed; answers with the partner's new version.

    Raises LostUpdate when somebody else wrote it since `seen`, unless they wrote the very same.
    """
    with transaction():
        lock(partner.application, "state")
        lock(partner, "state", "role", "tasks", "papers", "aid_elsewhere_minor")
        policy.write_part.require(actor, partner)
        before = OwnPart.of(partner)
        if part == before:
            return partner.version
        expect(partner, seen)
        changed = [name for name, typed in vars(part).items() if getattr(before, name) != typed]
        for name in changed:
            setattr(partner, name, getattr(part, name))
        if partner.acceded_at:  # what it says before it has signed is nobody's business
            record("partner.revise", partner, actor, after={"changed": changed})
        db.session.flush()
        return partner.version


def clear(partner: Partner, *, actor: Person) -> None:
    """In a running transaction: what a partner attached goes with it. The content stays in storage, named by no row."""
    attached = select(Document).where(Document.partner_id == partner.id)
    for one in db.session.scalars(attached.order_by(Document.id)):
        before = {"filename": one.filename, "sha256": one.sha256}
        record("application.detach", partner.application, actor, before=before)
        db.session.delete(one)
