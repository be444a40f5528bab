"""What a budget adds up to: totals, caps, the most a call can give and why, what is left for others to pay.

Pure arithmetic on whole minor units: percentages of an amount are rounded down, VAT half up, sums are exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from grants.applications.models import Certainty, Source
from grants.calls.budget_rules import WHOLE, BudgetRules, Category
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.people.models import ORGANISATION_LABELS, OrganisationKind

MOST_LINES = 200
MOST_CONTRIBUTIONS = 20
MOST_YEARS = 10
LONGEST_LABEL = 200


@dataclass(frozen=True)
class Line:
    """One cost, complete or not. `vat` in hundredths of a percent; `organisation_id` None is the lead's."""

    category: str = ""
    year: int | None = None
    label: str = ""
    net: Money | None = None
    vat: int = 0
    organisation_id: UUID | None = None

    @property
    def tax(self) -> Money | None:
        return self.net and Money((self.net.minor * self.vat + WHOLE // 2) // WHOLE, self.net.currency)

    @property
    def gross(self) -> Money | None:
        return self.net + self.tax if self.net and self.tax is not None else self.net


@dataclass(frozen=True)
class Funding:
    """One source of co-financing, complete or not."""

    source: Source | None = None
    label: str = ""
    amount: Money | None = None
    certainty: Certainty = Certainty.PLANNED


@dataclass(frozen=True)
class Spender:
    """An organisation of the project, as far as its grant depends on it."""

    name: str
    kind: OrganisationKind


@dataclass(frozen=True)
class Conditions:
    """What the call and the project fix: `rate` and `ceiling` are the call's, `spenders` begin with the lead."""

    currency: str
    rules: BudgetRules
    rate: int
    ceiling: Money
    spenders: Mapping[UUID, Spender]

    @property
    def lead(self) -> UUID:
        return next(iter(self.spenders))


@dataclass(frozen=True)
class CategorySum:
    """One category: `cap` is the most it may be now, `over` what is too much, `room` the most beside other lines."""

    category: Category
    amount: Money
    cap: Money | None = None
    room: Money | None = None

    @property
    def over(self) -> Money | None:
        return self.amount - self.cap if self.cap is not None and self.cap < self.amount else None


@dataclass(frozen=True)
class Share:
    """What one organisation may be given: `by_rate` before the ceiling of its kind, if there is one."""

    spender: Spender
    cost: Money
    rate: int
    by_rate: Money
    ceiling: Money | None = None

    @property
    def most(self) -> Money:
        return self.ceiling if self.ceiling is not None and self.ceiling < self.by_rate else self.by_rate


@dataclass(frozen=True)
class Reckoning:
    """A budget added up. `cost` is the eligible cost; `years` holds None for lines without a year.

    `requested` is what the applicant asks, else the most; None while that is nothing. Lines without an amount or a
    category of the call count nowhere.
    """

    net: Money
    tax: Money
    cost: Money
    categories: Sequence[CategorySum]
    years: Mapping[int | None, Money]
    shares: Sequence[Share]
    most: Money
    why: Sequence[Text]
    requested: Money | None
    covered: Money
    confirmed: Money

    @property
    def gross(self) -> Money:
        return self.net + self.tax

    @property
    def granted(self) -> Money:
        """What may be counted on: never more than the most."""
        asked = self.requested or Money(0, self.cost.currency)
        return min(asked, self.most)

    @property
    def rest(self) -> Money:
        """What co-financing must cover."""
        return self.cost - self.granted

    @property
    def short(self) -> Money | None:
        """What co-financing lacks."""
        return self.rest - self.covered if self.covered < self.rest else None

    @property
    def beyond(self) -> Money | None:
        """What co-financing brings beyond the cost."""
        return self.covered - self.rest if self.rest < self.covered else None


def reckon(lines: Sequence[Line], funding: Sequence[Funding], asked: Money | None, on: Conditions) -> Reckoning:
    """Add it up; the order of the lines does not matter."""
    nothing = Money(0, on.currency)
    counted = [(one, one.net, one.tax) for one in lines if on.rules.category(one.category)]
    known = [(one, net, tax) for one, net, tax in counted if net is not None and tax is not None]

    def total(amounts: Sequence[Money]) -> Money:
        return sum(amounts, nothing)

    def eligible(net: Money, tax: Money) -> Money:
        return net + tax if on.rules.vat else net

    costs = [(one, eligible(net, tax)) for one, net, tax in known]
    cost = total([amount for _, amount in costs])
    spent = [(one.organisation_id or on.lead, amount) for one, amount in costs]
    shares = [
        _share(on, spender, total([amount for who, amount in spent if who == id]))
        for id, spender in on.spenders.items()
    ]
    allowed = total([one.most for one in shares])
    most = min(allowed, on.ceiling)
    years = sorted({one.year for one, _ in costs}, key=lambda year: (year is None, year or 0))
    return Reckoning(
        net=total([net for _, net, _ in known]),
        tax=total([tax for _, _, tax in known]),
        cost=cost,
        categories=[
            _category(one, total([amount for line, amount in costs if line.category == one.code]), cost)
            for one in on.rules.categories
        ],
        years={year: total([amount for line, amount in costs if line.year == year]) for year in years},
        shares=shares,
        most=most,
        why=_why(shares, allowed, on.ceiling),
        requested=asked or (most if most else None),
        covered=total([one.amount for one in funding if one.amount]),
        confirmed=total([one.amount for one in funding if one.amount and one.certainty == Certainty.CONFIRMED]),
    )


def terms(on: Conditions) -> list[Text]:
    """What the call gives to each organisation of the project, and to all of them, before anything is written."""
    found: list[Text] = []
    for spender in on.spenders.values():
        rate, ceiling = _terms(on, spender)
        numbers = {"who": spender.name, "kind": ORGANISATION_LABELS[spender.kind], "rate": rate / 100}
        if ceiling is None:
            found.append(N_("%(who)s (%(kind)s): the call pays %(rate)s%% of its eligible cost.", **numbers))
        else:
            found.append(
                N_(
                    "%(who)s (%(kind)s): the call pays %(rate)s%% of its eligible cost, %(most)s at most.",
                    most=ceiling,
                    **numbers,
                )
            )
    return [*found, N_("The call gives at most %(ceiling)s to one project.", ceiling=on.ceiling)]


def _terms(on: Conditions, spender: Spender) -> tuple[int, Money | None]:
    """The rate and the ceiling for an organisation of this kind."""
    ceiling = on.rules.ceilings.get(spender.kind)
    return on.rules.rates.get(spender.kind, on.rate), None if ceiling is None else Money(ceiling, on.currency)


def _share(on: Conditions, spender: Spender, cost: Money) -> Share:
    rate, limit = _terms(on, spender)
    return Share(spender, cost, rate, cost.share(rate), limit)


def divided(amount: Money, most: Mapping[UUID, Money]) -> dict[UUID, Money]:
    """This amount in proportion to these: whole minor units, what is left over to the first; {} when all are zero."""
    given = {id: one.minor for id, one in most.items() if one}
    if not given:
        return {}
    whole = sum(given.values())
    found = {id: amount.minor * minor // whole for id, minor in given.items()}
    found[next(iter(found))] += amount.minor - sum(found.values())
    return {id: Money(minor, amount.currency) for id, minor in found.items() if minor}


def _category(category: Category, amount: Money, cost: Money) -> CategorySum:
    if category.cap is None or category.cap >= WHOLE:
        return CategorySum(category, amount)
    others = cost - amount
    room = Money(others.minor * category.cap // (WHOLE - category.cap), cost.currency)
    return CategorySum(category, amount, cost.share(category.cap), room)


def _why(shares: Sequence[Share], allowed: Money, ceiling: Money) -> list[Text]:
    """Why not more, step by step, in numbers."""
    found = [step for one in shares for step in explained(one, alone=len(shares) == 1)]
    if ceiling < allowed:
        found.append(
            N_(
                "The ceiling of this call is %(ceiling)s: that is less than %(allowed)s.",
                ceiling=ceiling,
                allowed=allowed,
            )
        )
    return found


def explained(one: Share, *, alone: bool = False) -> list[Text]:
    """How the most for one organisation is found."""
    numbers = {"rate": one.rate / 100, "cost": one.cost, "share": one.by_rate}
    who, kind = one.spender.name, ORGANISATION_LABELS[one.spender.kind]
    found = [
        N_("The call pays %(rate)s%% of the eligible cost: of %(cost)s, %(share)s.", **numbers)
        if alone
        else N_("%(who)s (%(kind)s): %(rate)s%% of %(cost)s is %(share)s.", who=who, kind=kind, **numbers)
    ]
    if one.most < one.by_rate:
        found.append(N_("An organisation of the kind of %(who)s receives at most %(most)s.", who=who, most=one.most))
    return found
