"""What a claim pays, step by step: pure arithmetic on whole minor units, so that every step can be read and proved.

Percentages are rounded down. Costs count in the order in which they were claimed, so that a budget line or a category
that is full takes nothing more. All claims of a grant are reckoned together, which is why its parts can never be more
than the grant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from grants.calls.budget_rules import WHOLE
from grants.core.i18n import Words
from grants.core.types import Money

About = str | Words


class Kind(StrEnum):
    """The steps, in their order. A `SUM` says where the reckoning stands, the others what is added or taken away."""

    COSTS = "costs"
    VAT = "vat"
    EARLIER = "earlier"
    LINE = "line"
    CATEGORY = "category"
    ELIGIBLE = "eligible"
    RATE = "rate"
    OWN_CEILING = "own_ceiling"
    GRANT = "grant"
    OUTSIDE = "outside"
    AWARD = "award"
    SETTLED = "settled"
    RELEASED = "released"
    ADVANCE = "advance"
    RETAINED = "retained"
    PLANNED = "planned"
    CLAIMED = "claimed"
    PAYABLE = "payable"


SUMS = frozenset({Kind.ELIGIBLE, Kind.GRANT, Kind.PAYABLE})


@dataclass(frozen=True)
class Step:
    """`minor` is signed; `about` names a line, a category or an organisation; `rate` in hundredths of a percent."""

    kind: Kind
    minor: int
    about: About = ""
    rate: int = 0

    def as_json(self) -> dict[str, Any]:
        about = dict(self.about) if isinstance(self.about, Words) else self.about
        return {"kind": str(self.kind), "minor": self.minor, "about": about, "rate": self.rate}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        about = kept["about"]
        return cls(Kind(kept["kind"]), kept["minor"], Words(about) if isinstance(about, dict) else about, kept["rate"])


@dataclass(frozen=True)
class Cost:
    """What was accepted of one invoice, in minor units. `line` None: the call asks for no budget by lines."""

    spender: UUID
    net: int
    vat: int = 0
    line: UUID | None = None
    category: str = ""


@dataclass(frozen=True)
class Limit:
    """The most that counts on a budget line or in a category, eligible VAT included."""

    name: About
    most: int


@dataclass(frozen=True)
class Spender:
    """`rate` in hundredths of a percent; `ceiling` is the most an organisation of its kind receives."""

    name: str
    rate: int
    ceiling: int | None = None


@dataclass(frozen=True)
class Terms:
    """What call, budget and award fix. `vat`: whether VAT counts."""

    award: int
    vat: bool
    spenders: Mapping[UUID, Spender]
    lines: Mapping[UUID, Limit] = field(default_factory=dict)
    categories: Mapping[str, Limit] = field(default_factory=dict)

    def base(self, cost: Cost) -> int:
        return cost.net + cost.vat if self.vat else cost.net


@dataclass(frozen=True)
class Before:
    """The other claims of the grant that stand: paid or on their way. `advance` is the pre-financing among them.

    `outside` is what of `paid` was paid elsewhere: on costs that were accepted there, so that it was earned there too.
    """

    costs: Sequence[Cost] = ()
    advance: int = 0
    paid: int = 0
    cleared: int = 0
    retained: int = 0
    released: int = 0
    outside: int = 0

    @property
    def settled(self) -> int:
        """The part of the grant that invoices have already brought: paid, set off against the advance, or kept back."""
        return self.paid + self.cleared + self.retained - self.released


@dataclass(frozen=True)
class Place:
    """The instalment: `planned` is the sum of the instalments up to it; `final` is the balance; `claimed` bounds it."""

    planned: int
    final: bool
    retention: int = 0
    claimed: int | None = None


@dataclass(frozen=True)
class Payable:
    """`cleared` of the advance by this claim, `retained` from it, `released` with it. `unearned`: what of the advance
    the balance leaves without cost, for a recovery. `overruns` say by how much each budget line is exceeded."""

    minor: int
    cleared: int
    retained: int
    released: int
    unearned: int
    steps: tuple[Step, ...]
    overruns: Mapping[UUID, int]

    def money(self, currency: str) -> Money:
        return Money(self.minor, currency)


def reckon(terms: Terms, costs: Sequence[Cost], before: Before, place: Place) -> Payable:
    """What these accepted costs pay. Never negative; with what was paid before, never more than the award."""
    counted = _counted(terms, [*before.costs, *costs])
    steps = [*_opening(terms, costs, before), *counted.steps, Step(Kind.ELIGIBLE, sum(counted.by_spender.values()))]
    earned = 0
    for id, spender in terms.spenders.items():
        cost = counted.by_spender.get(id, 0)
        grant = cost * spender.rate // WHOLE
        if cost or len(terms.spenders) == 1:
            steps.append(Step(Kind.RATE, grant, spender.name if len(terms.spenders) > 1 else "", spender.rate))
        if spender.ceiling is not None and spender.ceiling < grant:
            steps.append(Step(Kind.OWN_CEILING, spender.ceiling - grant, spender.name))
            grant = spender.ceiling
        earned += grant
    steps.append(Step(Kind.GRANT, earned))
    if before.outside:
        steps.append(Step(Kind.OUTSIDE, before.outside))
        earned += before.outside
    if terms.award < earned:
        steps.append(Step(Kind.AWARD, terms.award - earned))
        earned = terms.award
    return _paid_out(terms, earned, before, place, steps, counted.overruns)


def _opening(terms: Terms, costs: Sequence[Cost], before: Before) -> list[Step]:
    vat = sum(one.vat for one in costs)
    earlier = sum(terms.base(one) for one in before.costs)
    steps = [Step(Kind.COSTS, sum(one.net for one in costs))]
    if vat:
        steps.append(Step(Kind.VAT, vat if terms.vat else 0))
    if earlier:
        steps.append(Step(Kind.EARLIER, earlier))
    return steps


@dataclass
class _Counted:
    by_spender: dict[UUID, int] = field(default_factory=dict)
    overruns: dict[UUID, int] = field(default_factory=dict)
    beyond: dict[str, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


def _counted(terms: Terms, costs: Sequence[Cost]) -> _Counted:
    """Each cost as far as its line and its category have room for it."""
    found = _Counted()
    lines = {id: one.most for id, one in terms.lines.items()}
    categories = {code: one.most for code, one in terms.categories.items()}
    for cost in costs:
        amount = terms.base(cost)
        if cost.line in lines:
            over = max(0, amount - lines[cost.line])
            amount -= over
            lines[cost.line] -= amount
            found.overruns[cost.line] = found.overruns.get(cost.line, 0) + over
        if cost.category in categories:
            over = max(0, amount - categories[cost.category])
            amount -= over
            categories[cost.category] -= amount
            found.beyond[cost.category] = found.beyond.get(cost.category, 0) + over
        if cost.spender in terms.spenders:
            found.by_spender[cost.spender] = found.by_spender.get(cost.spender, 0) + amount
    found.overruns = {id: over for id, over in found.overruns.items() if over}
    found.steps = [Step(Kind.LINE, -over, terms.lines[id].name) for id, over in found.overruns.items()]
    found.steps += [
        Step(Kind.CATEGORY, -over, terms.categories[code].name) for code, over in found.beyond.items() if over
    ]
    return found


def _paid_out(
    terms: Terms, earned: int, before: Before, place: Place, steps: list[Step], overruns: Mapping[UUID, int]
) -> Payable:
    """From the grant that all costs bring to what this claim pays."""
    due = max(0, earned - before.settled)
    if before.settled:
        steps.append(Step(Kind.SETTLED, due - earned))
    outstanding = max(0, before.advance - before.cleared)
    released = max(0, before.retained - before.released) if place.final else 0
    if released:
        steps.append(Step(Kind.RELEASED, released))
    left = due + released
    share = left if place.final else _up(due * before.advance, terms.award)
    cleared = min(left, outstanding, share)
    if cleared:
        steps.append(Step(Kind.ADVANCE, -cleared))
    left -= cleared
    retained = 0 if place.final else left * place.retention // WHOLE
    if retained:
        steps.append(Step(Kind.RETAINED, -retained))
    left -= retained
    room = max(0, min(place.planned, terms.award) - before.advance - before.paid)
    for kind, most in ((Kind.PLANNED, room), (Kind.CLAIMED, place.claimed)):
        if most is not None and most < left:
            steps.append(Step(kind, most - left))
            left = most
    unearned = outstanding - cleared if place.final else 0
    return Payable(left, cleared, retained, released, unearned, (*steps, Step(Kind.PAYABLE, left)), overruns)


def _up(product: int, whole: int) -> int:
    """Rounded up: an advance is cleared no later than its share of the grant is earned."""
    return -(-product // whole)
