"""Who signs an agreement, in which order, and who has."""

from dataclasses import dataclass

from grants.applications.models import PartnerState
from grants.awards.models import Agreement, Award, Capacity, Signature
from grants.people.models import Organisation, Person, Right


@dataclass(frozen=True)
class Signatory:
    """One place at the foot of the text; `organisation` is None for the authorising officer."""

    capacity: Capacity
    organisation: Organisation | None
    signature: Signature | None

    @property
    def done(self) -> bool:
        return self.signature is not None and self.signature.counts


def partners(award: Award) -> list[Organisation]:
    """The organisations that acceded to the application, in the order in which they were invited; the application's
    partners must be loaded."""
    if award.application is None:
        return []
    acceded = (one for one in award.application.partners if one.state == PartnerState.ACCEDED)
    return [one.organisation for one in acceded if one.organisation is not None]


def partnered(user: Person, award: Award, *rights: Right) -> list[Organisation]:
    """Of the partners, those in which the person has one of these rights."""
    return [
        one
        for one in partners(award)
        if any(member.person_id == user.id and member.right in rights for member in one.memberships)
    ]


def signatories(agreement: Agreement) -> list[Signatory]:
    """The lead beneficiary, then every partner, the authorising officer last."""
    given = {one.organisation_id: one for one in agreement.signatures}
    award = agreement.award
    parties = [(Capacity.BENEFICIARY, award.organisation)]
    parties += [(Capacity.PARTNER, one) for one in partners(award)]
    return [
        *(Signatory(capacity, organisation, given.get(organisation.id)) for capacity, organisation in parties),
        Signatory(Capacity.AUTHORISING_OFFICER, None, given.get(None)),
    ]


def parties_have_signed(agreement: Agreement) -> bool:
    """Whether only the authorising officer is awaited."""
    return all(one.done for one in signatories(agreement)[:-1])
