"""Writing what an organisation keeps; none of this moves a state."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete

from grants.core.audit import record
from grants.core.db import db, transaction
from grants.core.errors import LostUpdate, Refused
from grants.core.i18n import N_
from grants.people import policy as people
from grants.people.members import taken
from grants.people.models import Organisation, Person
from grants.profiles import queries
from grants.profiles.models import Stakeholder

WHOLE = 10_000  # hundredths of a percent
MOST_STAKEHOLDERS = 100


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
            raise Refused(N_("The shares add up to more than 100%: look them over."))
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
