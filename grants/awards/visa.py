"""What an accountant looks at before the visa, each item with the figures it is judged by."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from grants.awards import queries, signing
from grants.awards.agreement_text import payee
from grants.awards.models import Agreement
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.ledger.queries import Standing, by_commission, by_grant


class Item(StrEnum):
    CALCULATION = "calculation"
    CREDIT = "credit"
    DOCUMENTS = "documents"
    AUTHORITY = "authority"


ITEM_LABELS = {
    Item.CALCULATION: N_("Calculation"),
    Item.CREDIT: N_("Credit available"),
    Item.DOCUMENTS: N_("Documents"),
    Item.AUTHORITY: N_("Authority"),
}
QUESTIONS = {
    Item.CALCULATION: N_("The amount follows the call’s rules and the instalments add up to it."),
    Item.CREDIT: N_("The credit is reserved for this grant."),
    Item.DOCUMENTS: N_("The dates are given and the account to pay to has been verified."),
    Item.AUTHORITY: N_("The committee decided on it, and somebody with authority proposed the commitment."),
}
ALL = frozenset(Item)
MUST_HOLD = (Item.CALCULATION, Item.CREDIT)  # what the data alone decide
FIGURES: dict[str, Text] = {
    "amount": N_("Amount awarded"),
    "requested": N_("Amount requested"),
    "ceiling": N_("Ceiling for one project"),
    "planned": N_("Sum of the instalments"),
    "reserved": N_("Reserved for this grant"),
    "free": N_("Still available to the commission"),
    "starts_on": N_("Starts"),
    "ends_on": N_("Ends"),
    "account": N_("Verified account"),
    "signatories": N_("Who signs"),
    "decided_on": N_("Decided"),
    "proposed_by": N_("Commitment proposed by"),
}
MONEY = frozenset({"amount", "requested", "ceiling", "planned", "reserved", "free"})
DAYS = frozenset({"starts_on", "ends_on", "decided_on"})


@dataclass(frozen=True)
class Check:
    """One item: what it is judged by, whether the data say it holds, and, once given, whether it was ticked."""

    item: Item
    figures: Mapping[str, int | str | None]
    holds: bool
    ticked: bool | None = None

    @property
    def label(self) -> Text:
        return ITEM_LABELS[self.item]

    @property
    def question(self) -> Text:
        return QUESTIONS[self.item]

    def shown(self, currency: str) -> list[tuple[Text, Any]]:
        """Labels and values for a page; amounts as money, days as dates."""
        return [(FIGURES[name], _value(name, value, currency)) for name, value in self.figures.items()]


def _value(name: str, value: int | str | None, currency: str) -> Any:
    if value is None:
        return None
    if name in DAYS:
        return date.fromisoformat(str(value))
    return Money(int(value), currency) if name in MONEY else value


def checks(agreement: Agreement) -> list[Check]:
    """As the data stand now, in the order of the list; the award must be whole. Four queries."""
    return [_calculation(agreement), _credit(agreement), _documents(agreement), _authority(agreement)]


def kept(agreement: Agreement) -> list[Check]:
    """What the last visa was given or refused on."""
    return [Check(Item(one["item"]), one["figures"], one["holds"], one["ticked"]) for one in agreement.visa_checks]


def record_of(found: Sequence[Check], ticked: Collection[Item]) -> list[dict[str, Any]]:
    """As kept with the visa."""
    return [
        {"item": str(one.item), "figures": dict(one.figures), "holds": one.holds, "ticked": one.item in ticked}
        for one in found
    ]


def _calculation(agreement: Agreement) -> Check:
    award, call = agreement.award, agreement.award.call
    planned = sum(one.amount_minor for one in agreement.instalments)
    within = all(limit is None or award.amount_minor <= limit for limit in (call.ceiling_minor, award.requested_minor))
    figures = {
        "amount": award.amount_minor,
        "requested": award.requested_minor,
        "ceiling": call.ceiling_minor,
        "planned": planned,
    }
    return Check(Item.CALCULATION, figures, planned == award.amount_minor and within)


def _credit(agreement: Agreement) -> Check:
    award = agreement.award
    empty = Standing(award.currency, {})
    reserved = by_grant(award.fund_id, [award.id]).get(award.id, empty).reserved
    free = by_commission(award.fund_id, award.call_id).get(award.commission_id, empty).free
    figures = {"amount": award.amount_minor, "reserved": reserved.minor, "free": free.minor}
    return Check(Item.CREDIT, figures, reserved.minor >= award.amount_minor)


def _documents(agreement: Agreement) -> Check:
    account = payee(agreement.award)
    parties = [agreement.award.organisation, *signing.partners(agreement.award)]
    figures = {
        "starts_on": agreement.starts_on.isoformat() if agreement.starts_on else None,
        "ends_on": agreement.ends_on.isoformat() if agreement.ends_on else None,
        "account": f"{account.bank} {account.masked}" if account else None,
        "signatories": " · ".join(one.name for one in parties),
    }
    return Check(Item.DOCUMENTS, figures, account is not None and agreement.ends_on is not None)


def _authority(agreement: Agreement) -> Check:
    award = agreement.award
    proposer = queries.names([agreement.proposed_by_id]).get(agreement.proposed_by_id or award.id)
    figures = {"decided_on": award.awarded_on.isoformat(), "proposed_by": proposer}
    return Check(Item.AUTHORITY, figures, proposer is not None)
