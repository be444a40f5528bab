"""What a call asks of a budget: eligible categories with their caps, rates and ceilings by kind of organisation, VAT.

Kept as JSON in the call; a call that names no category asks for nothing more than cost, amount and duration.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from grants.core.i18n import N_, Text, Words
from grants.core.types import Money
from grants.people.models import ORGANISATION_LABELS, OrganisationKind

CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}")
MOST_CATEGORIES = 20
WHOLE = 10_000  # a hundred percent, in hundredths of a percent
USUAL_OVERRUN = 1_000


@dataclass(frozen=True)
class Category:
    """A kind of cost the call accepts. `cap` is the most it may be of the eligible total: 3 000 is 30 %."""

    code: str
    name: Words
    cap: int | None = None


@dataclass(frozen=True)
class BudgetRules:
    """`rates` (hundredths of a percent) and `ceilings` (minor units) replace the call's own for these kinds.

    `overrun`, in hundredths of a percent, is how much a line may be exceeded by what is spent, without an amendment.
    `vat`: whether VAT is an eligible cost. False in a condition when the call names no category.
    """

    categories: tuple[Category, ...] = ()
    rates: Mapping[OrganisationKind, int] = field(default_factory=dict)
    ceilings: Mapping[OrganisationKind, int] = field(default_factory=dict)
    vat: bool = False
    overrun: int = USUAL_OVERRUN

    def __bool__(self) -> bool:
        return bool(self.categories)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """From the JSON kept in the call; {} is no rule at all."""
        return cls(
            tuple(Category(one["code"], Words(one["name"]), one.get("cap")) for one in kept.get("categories", ())),
            {OrganisationKind(kind): rate for kind, rate in kept.get("rates", {}).items()},
            {OrganisationKind(kind): minor for kind, minor in kept.get("ceilings", {}).items()},
            bool(kept.get("vat")),
            kept.get("overrun", USUAL_OVERRUN),
        )

    def as_json(self) -> dict[str, Any]:
        if not self:
            return {}
        return {
            "categories": [{"code": one.code, "name": dict(one.name), "cap": one.cap} for one in self.categories],
            "rates": {str(kind): rate for kind, rate in sorted(self.rates.items())},
            "ceilings": {str(kind): minor for kind, minor in sorted(self.ceilings.items())},
            "vat": self.vat,
            "overrun": self.overrun,
        }

    def category(self, code: str) -> Category | None:
        return next((one for one in self.categories if one.code == code), None)

    def kinds(self, currency: str) -> list[tuple[Text, int | None, Money | None]]:
        """The kinds of organisation with conditions of their own: name, rate and ceiling."""
        return [
            (label, self.rates.get(kind), Money(self.ceilings[kind], currency) if kind in self.ceilings else None)
            for kind, label in ORGANISATION_LABELS.items()
            if kind in self.rates or kind in self.ceilings
        ]

    def problems(self) -> list[Text]:
        """What keeps these rules from being kept."""
        found: list[Text] = []
        if len(self.categories) > MOST_CATEGORIES:
            found.append(N_("A call has at most %(n)s categories of cost.", n=MOST_CATEGORIES))
        for code, times in Counter(one.code for one in self.categories).items():
            if not CODE.fullmatch(code):
                found.append(N_("A code is one to twenty capital letters, digits or hyphens: STAFF."))
            if times > 1:
                found.append(N_("Two categories have the code “%(code)s”.", code=code))
        names = Counter(one.name["fr"].casefold() for one in self.categories if "fr" in one.name)
        if len(names) < len(self.categories):
            found.append(N_("Give each category a name of its own, at least in French."))
        if any(one.cap is not None and not 1 <= one.cap <= WHOLE for one in self.categories):
            found.append(N_("A cap is a percentage from 0.01 to 100."))
        if any(not 1 <= rate <= WHOLE for rate in self.rates.values()):
            found.append(N_("A funding rate is a percentage from 0.01 to 100."))
        if not 0 <= self.overrun <= WHOLE:
            found.append(N_("What a line may be exceeded by is a percentage from 0 to 100."))
        return found
