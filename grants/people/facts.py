"""What eligibility rules ask about an organisation, kept once with it."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Self

from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import expect, transaction
from grants.core.i18n import N_, Text
from grants.core.types import Money, sort_key
from grants.people import policy
from grants.people.models import Organisation, Person, Sector

OLDEST = date(1800, 1, 1)
MOST_STAFF = 1_000_000


@dataclass(frozen=True)
class OrganisationFacts:
    """None: not said yet. The turnover is that of `turnover_year`, without VAT."""

    founded_on: date | None = None
    staff: int | None = None
    turnover: Money | None = None
    turnover_year: int | None = None
    sector: Sector | None = None
    group_name: str | None = None

    @classmethod
    def of(cls, organisation: Organisation) -> Self:
        return cls(**{one.name: getattr(organisation, one.name) for one in fields(cls)})

    def as_plain(self) -> dict[str, Any]:
        """For the record of what happened."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: value if isinstance(value, int) else str(value) for name, value in values.items() if value is not None
        }


def problems_with(facts: OrganisationFacts) -> dict[str, Text]:
    """What must be put right first, by fact."""
    found: dict[str, Text] = {}
    today = now().date()
    if facts.founded_on and not OLDEST <= facts.founded_on <= today:
        found["founded_on"] = N_("Enter the day it was founded: not later than today.")
    if facts.staff is not None and not 0 <= facts.staff <= MOST_STAFF:
        found["staff"] = N_("Enter how many people work for it.")
    if facts.turnover is not None and facts.turnover_year is None:
        found["turnover_year"] = N_("Say which year this turnover is of.")
    elif facts.turnover_year is not None and not today.year - 10 <= facts.turnover_year <= today.year:
        found["turnover_year"] = N_("Enter one of the last ten years.")
    return found


def write(organisation: Organisation, facts: OrganisationFacts) -> None:
    """In a running transaction. A year without a turnover says nothing and is left out."""
    name = " ".join((facts.group_name or "").split()) or None
    organisation.founded_on, organisation.staff, organisation.sector = facts.founded_on, facts.staff, facts.sector
    organisation.group_name, organisation.group_key = name, sort_key(name) if name else None
    turnover = facts.turnover  # an amount of zero is one: only None is none
    organisation.turnover_minor = turnover.minor if turnover is not None else None
    organisation.turnover_currency = turnover.currency if turnover is not None else None
    organisation.turnover_year = facts.turnover_year if turnover is not None else None


def revise_facts(
    organisation: Organisation, facts: OrganisationFacts, *, actor: Person, version: int | None = None
) -> None:
    """Raises Forbidden, or LostUpdate when `version` is not the one kept now. What is the same writes nothing."""
    with transaction():
        policy.edit_organisation.require(actor, organisation)
        before = OrganisationFacts.of(organisation)
        if facts == before:
            return
        expect(organisation, version)
        write(organisation, facts)
        record("organisation.facts", organisation, actor, before=before.as_plain(), after=facts.as_plain())
