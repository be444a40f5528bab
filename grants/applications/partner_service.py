"""What a partner writes of itself. Moves are in workflows/partnership.py."""

from grants.applications import partner_policy as policy
from grants.applications.accession import OwnPart
from grants.applications.models import Partner
from grants.core.audit import record
from grants.core.db import db, expect, lock, transaction
from grants.people.models import Person


def revise_part(partner: Partner, part: OwnPart, *, seen: int | None, actor: Person) -> int:
    """Keep what was typed; answers with the partner's new version.

    Raises LostUpdate when somebody else wrote it since `seen`, unless they wrote the very same.
    """
    with transaction():
        lock(partner.application, "state")
        lock(partner, "state", "role", "tasks", "papers")
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
