"""Plans of agreements. Moves are in workflows/award.py and workflows/claim.py."""

from dataclasses import dataclass
from datetime import date

from grants.awards.models import Agreement, Award, Instalment, InstalmentKind
from grants.core.types import Money


@dataclass(frozen=True)
class Plan:
    """When the project runs and when each instalment is planned, in the order of the call's percentages."""

    starts_on: date
    ends_on: date
    due_on: tuple[date, ...]


def split(amount: Money, percentages: list[int]) -> list[Money]:
    """Shares of the amount, rounded down to the minor unit; the last one takes what is left."""
    shares = [amount.share(percent * 100) for percent in percentages[:-1]]
    left = amount.minor - sum(one.minor for one in shares)
    return [*shares, Money(left, amount.currency)]


def instalments(award: Award, due_on: tuple[date, ...]) -> list[Instalment]:
    """The planned payments of an award by the rules of its call; raises ValueError when a date is missing."""
    call = award.call
    rows = zip(call.instalments, split(award.amount, call.instalments), due_on, strict=True)
    last = len(call.instalments)
    return [
        Instalment(
            position=n,
            kind=_kind(n, last, call.prefinancing),
            percent=percent,
            currency=share.currency,
            amount_minor=share.minor,
            due_on=day,
        )
        for n, (percent, share, day) in enumerate(rows, 1)
    ]


def _kind(position: int, last: int, prefinancing: bool) -> InstalmentKind:
    """The last one is the balance, even when it is the only one; before it, the first may be paid in advance."""
    if position == last:
        return InstalmentKind.BALANCE
    return InstalmentKind.PREFINANCING if prefinancing and position == 1 else InstalmentKind.INTERIM


def kept_back(agreement: Agreement) -> dict[int, Money]:
    """By position, what is kept back from each interim payment as planned; the balance payment releases the sum."""
    retention = agreement.award.call.retention
    interim = (one for one in agreement.instalments if one.kind == InstalmentKind.INTERIM)
    return {one.position: one.amount.share(retention) for one in interim} if retention else {}
