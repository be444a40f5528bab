"""The budget section where the call asks for lines: what is typed, kept as one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, TypeVar

from grants.applications.budgets import budget_of, funding_of, lines_of, loaded
from grants.applications.content import Columns
from grants.applications.models import Application, BudgetLine, Contribution
from grants.applications.reckoning import Funding, Line
from grants.core.types import Money

Row = TypeVar("Row", Line, Funding)


def still(typed: Sequence[Row], unread: Sequence[set[str]], saved: Sequence[Row]) -> tuple[Row, ...]:
    """The rows typed; what could not be read of one stands as it does in the saved row it was, if there is one."""
    kept = []
    for n, (row, names) in enumerate(zip(typed, unread, strict=True)):
        same = [one for one in saved if _alike(row, one, names)]
        place = saved[n] if len(saved) == len(typed) and saved[n].label == row.label else None
        before = place if place is not None and (place in same or not same) else next(iter(same), None)
        kept.append(row if before is None else replace(row, **{name: getattr(before, name) for name in names}))
    return tuple(kept)


def _alike(row: Line | Funding, other: Line | Funding, but: set[str]) -> bool:
    return all(vars(row)[name] == value for name, value in vars(other).items() if name not in but)


@dataclass(frozen=True)
class Plan(Columns):
    """Duration, lines, co-financing, and what is asked when it is less than the most."""

    duration_months: int | None
    asked: Money | None
    lines: tuple[Line, ...]
    funding: tuple[Funding, ...]

    @classmethod
    def of(cls, application: Application) -> Self:
        return cls(application.duration_months, application.asked, lines_of(application), funding_of(application))

    def saved(self, application: Application) -> Self:
        """As it stands in the database now, its row being locked."""
        return self.of(loaded([application], anew=True)[0])

    def keep(self, application: Application) -> list[str]:
        """Write it; the eligible cost and the amount requested follow."""
        before = self.of(application)
        application.duration_months, application.asked = self.duration_months, self.asked
        lead, currency = application.organisation_id, application.currency
        costs = [
            {
                "category": one.category,
                "year": one.year,
                "label": one.label,
                "currency": currency,
                "net": one.net,
                "vat": one.vat,
                "organisation_id": one.organisation_id or lead,
            }
            for one in self.lines
        ]
        paid = [{**vars(one), "currency": currency} for one in self.funding]
        _write(application.lines, BudgetLine, costs)
        _write(application.contributions, Contribution, paid)
        self.follow(application)
        return [name for name in vars(self) if getattr(self, name) != getattr(before, name)]

    def follow(self, application: Application) -> None:
        """The eligible cost and the amount; a file that was submitted once keeps an amount until there is another."""
        budget = budget_of(application)
        assert budget is not None  # noqa: S101 - kept only where the call wants lines
        application.cost = budget.cost or None
        if budget.requested is not None or application.submitted_at is None:
            application.requested = budget.requested


def _write(rows: list[Any], model: type[BudgetLine | Contribution], values: Sequence[dict[str, Any]]) -> None:
    """The first row holds the first value and so on: rows are added or taken away at the end."""
    for n, value in enumerate(values):
        if n == len(rows):
            rows.append(model(position=n + 1, currency=value["currency"]))
        for name, one in value.items():
            if getattr(rows[n], name) != one:
                setattr(rows[n], name, one)
    del rows[len(values) :]
