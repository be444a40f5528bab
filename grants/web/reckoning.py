"""How what a claim pays is written, step by step: the same words for the beneficiary and for every office."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from grants.awards.claim_basis import Basis
from grants.awards.models import Claim, Invoice
from grants.awards.payable import SUMS, Kind, Payable, Step
from grants.core.i18n import N_, Text
from grants.core.types import Money

LABELS: dict[Kind, Text] = {
    Kind.COSTS: N_("Costs accepted in this claim, excl. VAT"),
    Kind.EARLIER: N_("Costs accepted in earlier claims"),
    Kind.ELIGIBLE: N_("Eligible costs of the project so far"),
    Kind.GRANT: N_("Grant that these costs bring"),
    Kind.OUTSIDE: N_("Earned elsewhere, by what was paid there on costs"),
    Kind.AWARD: N_("Never more than the amount awarded"),
    Kind.SETTLED: N_("Brought by earlier claims: paid, set off or kept back"),
    Kind.RELEASED: N_("Kept back from earlier payments, now released"),
    Kind.ADVANCE: N_("Pre-financing that this claim clears"),
    Kind.RETAINED: N_("Kept back until the balance payment"),
    Kind.PLANNED: N_("Never more than is planned up to this instalment"),
    Kind.CLAIMED: N_("Never more than was claimed"),
    Kind.PAYABLE: N_("To be paid"),
}


class Row(NamedTuple):
    """`total`: where the reckoning stands; otherwise what is added or taken away."""

    label: Text
    amount: Money
    total: bool
    last: bool


def explained(steps: Sequence[Step], currency: str) -> list[Row]:
    """Where one rate gives the whole grant, its row says so and the sum is not repeated."""
    kinds = [one.kind for one in steps]
    alone = kinds.count(Kind.RATE) == 1 and Kind.OWN_CEILING not in kinds
    sums = (SUMS - {Kind.GRANT}) | {Kind.RATE} if alone else SUMS
    return [
        Row(_label(one), Money(one.minor, currency), one.kind in sums, one.kind is Kind.PAYABLE)
        for one in steps
        if not (alone and one.kind is Kind.GRANT)
    ]


def kept(claim: Claim) -> list[Row]:
    """The reckoning as it was when the claim was checked; nothing before, and nothing for pre-financing."""
    return explained([Step.of(one) for one in claim.steps], claim.currency)


def foreseen(payable: Payable, currency: str) -> list[Row]:
    return explained(payable.steps, currency)


def overruns(known: Basis, invoices: Sequence[Invoice], claim: Claim) -> list[Text]:
    """Which budget lines the accepted costs exceed, and by how much."""
    found = known.payable(invoices).overruns
    return [
        N_(
            "“%(line)s” is exceeded by %(over)s: it may take %(most)s, %(percent)s%% of overrun included.",
            line=known.lines[id].label,
            over=Money(over, claim.currency),
            most=Money(known.terms.lines[id].most, claim.currency),
            percent=known.rules.overrun / 100,
        )
        for id, over in found.items()
    ]


def _label(one: Step) -> Text:
    numbers: Mapping[str, Any] = {"rate": one.rate / 100, "about": one.about}
    match one.kind:
        case Kind.VAT:
            return (
                N_("VAT of these costs") if one.minor else N_("VAT of these costs: not an eligible cost in this call")
            )
        case Kind.RATE if one.about:
            return N_("%(about)s: the fund pays %(rate)s%%", **numbers)
        case Kind.RATE:
            return N_("The fund pays %(rate)s%%", **numbers)
        case Kind.LINE:
            return N_("Beyond what the budget line “%(about)s” may take", **numbers)
        case Kind.CATEGORY:
            return N_("Beyond the cap of the category “%(about)s”", **numbers)
        case Kind.OWN_CEILING:
            return N_("Beyond what an organisation of the kind of %(about)s receives", **numbers)
    return LABELS[one.kind]
