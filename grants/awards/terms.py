"""The terms of an agreement that an amendment may change, before and after: end, amount, schedule, budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from grants.awards.agreement_text import asked_budget
from grants.awards.models import Agreement, ClaimState
from grants.core.i18n import N_, Text, Words
from grants.core.types import Money


@dataclass(frozen=True)
class Planned:
    """One instalment of the schedule."""

    position: int
    amount: Money
    due_on: date


@dataclass(frozen=True)
class BudgetItem:
    """What the project spends in one category of the call, without VAT."""

    category: str
    name: Words
    amount: Money


@dataclass(frozen=True)
class Terms:
    """Everything that may change, whole: two of them side by side are an amendment."""

    ends_on: date
    amount: Money
    instalments: tuple[Planned, ...]
    budget: tuple[BudgetItem, ...] = ()

    @classmethod
    def now(cls, agreement: Agreement) -> Self:
        """As they stand; the agreement must have its dates. One query where the call asks for a budget."""
        assert agreement.ends_on is not None  # noqa: S101 - nothing is amended before it is signed
        award = agreement.award
        kept = agreement.budget or asked_budget(award)
        planned = (Planned(one.position, one.amount, one.due_on) for one in agreement.instalments)
        return cls(agreement.ends_on, award.amount, tuple(planned), _budget(kept, award.currency))

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        currency = kept["currency"]
        return cls(
            date.fromisoformat(kept["ends_on"]),
            Money(kept["amount"], currency),
            tuple(
                Planned(one["position"], Money(one["amount"], currency), date.fromisoformat(one["due_on"]))
                for one in kept["instalments"]
            ),
            _budget(kept["budget"], currency),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "currency": self.amount.currency,
            "ends_on": self.ends_on.isoformat(),
            "amount": self.amount.minor,
            "instalments": [
                {"position": one.position, "amount": one.amount.minor, "due_on": one.due_on.isoformat()}
                for one in self.instalments
            ],
            "budget": self.budget_json(),
        }

    def budget_json(self) -> list[dict[str, Any]]:
        return [{"category": one.category, "name": dict(one.name), "amount": one.amount.minor} for one in self.budget]


@dataclass(frozen=True)
class Change:
    """One line of the comparison; both values in the reader's words, amounts and dates as they are."""

    label: Text | Words
    before: Any
    after: Any

    @property
    def same(self) -> bool:
        return bool(self.before == self.after)


def changes(before: Terms, after: Terms) -> list[Change]:
    """Every term side by side, in the order of the agreement."""
    found = [
        Change(N_("Last day of the project"), before.ends_on, after.ends_on),
        Change(N_("Amount awarded"), before.amount, after.amount),
    ]
    for was, will in zip(before.instalments, after.instalments, strict=True):
        found.append(Change(N_("Instalment %(n)s: amount", n=was.position), was.amount, will.amount))
        found.append(Change(N_("Instalment %(n)s: planned on", n=was.position), was.due_on, will.due_on))
    for item, new in zip(before.budget, after.budget, strict=True):
        found.append(Change(item.name, item.amount, new.amount))
    return found


def settled(agreement: Agreement) -> frozenset[int]:
    """Positions of instalments that have been claimed: they change no more. Their claims must be loaded."""
    return frozenset(
        one.position for one in agreement.instalments if any(claim.state != ClaimState.REJECTED for claim in one.claims)
    )


def problems(agreement: Agreement, before: Terms, after: Terms) -> list[tuple[str, Text]]:
    """What keeps these terms from being agreed: (field of the form, sentence)."""
    found: list[tuple[str, Text]] = []
    if before == after:
        found.append(("reason", N_("Nothing would change: give at least one new date or amount.")))
    if agreement.starts_on is not None and after.ends_on <= agreement.starts_on:
        found.append(("ends_on", N_("The project ends after it starts.")))
    fixed = settled(agreement)
    for was, will in zip(before.instalments, after.instalments, strict=True):
        if was.position in fixed and was != will:
            text = N_("Instalment %(n)s has been claimed: it can no longer change.", n=was.position)
            found.append((f"amount-{was.position}", text))
    found += _sums(after)
    return found


def _sums(after: Terms) -> list[tuple[str, Text]]:
    found: list[tuple[str, Text]] = []
    total = sum(one.amount.minor for one in after.instalments)
    if total != after.amount.minor:
        planned = Money(total, after.amount.currency)
        text = N_("The instalments add up to %(total)s, the grant is %(amount)s.", total=planned, amount=after.amount)
        found.append(("amount", text))
    previous: date | None = None
    for one in after.instalments:
        if previous is not None and one.due_on < previous:
            found.append((f"due-{one.position}", N_("Instalments are planned one after the other.")))
        previous = one.due_on
    return found


def beyond(decided: Money, after: Money, hundredths: int) -> bool:
    """Whether the grant changes by more than this share of what was decided, in hundredths of a percent."""
    return abs(after.minor - decided.minor) * 10_000 > decided.minor * hundredths


def _budget(kept: Sequence[Mapping[str, Any]], currency: str) -> tuple[BudgetItem, ...]:
    return tuple(BudgetItem(one["category"], Words(one["name"]), Money(one["amount"], currency)) for one in kept)
