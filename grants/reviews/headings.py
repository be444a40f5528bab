"""What a reviewer recommends for each heading of the budget. Its sum is the amount recommended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grants.applications.models import Application
from grants.applications.reckoning import Reckoning
from grants.calls.budget_rules import Category
from grants.core.i18n import N_, Text
from grants.core.types import Money


@dataclass(frozen=True)
class Advice:
    """For one heading: the amount, None for the whole share, and why it is cut."""

    amount: Money | None = None
    reason: str = ""

    def __bool__(self) -> bool:
        return self.amount is not None or bool(self.reason)


@dataclass(frozen=True)
class Asked:
    """A heading of an application's budget and its share of the amount requested."""

    category: Category
    amount: Money


def asked_of(application: Application, budget: Reckoning | None) -> list[Asked]:
    """The headings with a cost; the amount requested is shared between them in proportion, what is left over to the
    first. Empty where the call asks for no lines.
    """
    requested: Money | None = application.requested
    costs = [one for one in budget.categories if one.amount] if budget and requested else []
    whole = sum(one.amount.minor for one in costs)
    if not costs or requested is None:
        return []
    shares = [requested.minor * one.amount.minor // whole for one in costs]
    shares[0] += requested.minor - sum(shares)
    return [Asked(one.category, Money(minor, requested.currency)) for one, minor in zip(costs, shares, strict=True)]


def recommended(asked: Sequence[Asked], advice: Mapping[str, Advice]) -> Money | None:
    """The sum, a heading without an amount counted whole; None when none has an amount: what is requested."""
    given = [advice.get(one.category.code, Advice()).amount for one in asked]
    if all(one is None for one in given):
        return None
    minor = sum((one.amount if amount is None else amount).minor for one, amount in zip(asked, given, strict=True))
    return Money(minor, asked[0].amount.currency)


def missing(asked: Sequence[Asked], advice: Mapping[str, Advice]) -> list[tuple[str, Text]]:
    """What keeps it from being submitted: (field name, sentence)."""
    found: list[tuple[str, Text]] = []
    for one in asked:
        code, name = one.category.code, one.category.name
        said = advice.get(code, Advice())
        if said.amount is None:
            continue
        if one.amount < said.amount:
            found.append(
                (f"amount-{code}", N_("%(heading)s: at most %(amount)s is requested.", heading=name, amount=one.amount))
            )
        elif said.amount < one.amount and not said.reason.strip():
            found.append((f"reason-{code}", N_("Say why “%(heading)s” is cut.", heading=name)))
    return found
