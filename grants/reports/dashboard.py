"""The figures of a fund on one page. Every amount is read from the ledger, as the workbook does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Select, cast, func, select

from grants.awards.models import Agreement, Award, Claim, ClaimState, Instalment
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.db import db
from grants.core.types import Money
from grants.funds.models import Fund
from grants.ledger import queries as ledger
from grants.ledger.queries import Head, Standing


@dataclass(frozen=True)
class Theme:
    """A commission and what stands in it, over all calls of the fund."""

    commission: Commission
    standing: Standing


@dataclass(frozen=True)
class Month:
    """What was planned for a month and what was paid in it."""

    first: date
    planned: Money
    paid: Money


@dataclass(frozen=True)
class Dashboard:
    """One fund as it stands now; `late` counts planned instalments whose date is past and that are not paid."""

    fund: Fund
    standing: Standing
    themes: Sequence[Theme]
    calls: Sequence[tuple[Call, Standing]]
    months: Sequence[Month]
    grants: int
    late: int
    late_amount: Money
    head: Head


def dashboard(fund: Fund, today: date) -> Dashboard:
    """The figures of a fund that came through `grants.funds.queries.visible_to`.

    As many queries for a large fund as for a small one.
    """
    whole = Standing(fund.currency, {})
    themes: dict[UUID, Standing] = {}
    calls: dict[UUID, Standing] = {}
    for (call_id, commission_id), part in ledger.by_call_and_commission(fund.id).items():
        whole += part
        for sums, id in ((calls, call_id), (themes, commission_id)):
            if id is not None:
                sums[id] = sums[id] + part if id in sums else part
    commissions = db.session.scalars(
        select(Commission).where(Commission.id.in_(list(themes))).order_by(Commission.position)
    )
    rows = db.session.scalars(select(Call).where(Call.id.in_(list(calls))).order_by(Call.created_at))
    late, late_minor = db.session.execute(
        select(func.count(Instalment.id), func.coalesce(func.sum(Instalment.amount_minor), 0))
        .join(Instalment.agreement)
        .join(Agreement.award)
        .where(Award.fund_id == fund.id, Instalment.due_on < today, Instalment.id.not_in(_paid()))
    ).one()
    return Dashboard(
        fund=fund,
        standing=whole,
        themes=[Theme(one, themes[one.id]) for one in commissions],
        calls=[(one, calls[one.id]) for one in rows],
        months=_months(fund, today),
        grants=db.session.scalar(select(func.count(Award.id)).where(Award.fund_id == fund.id)) or 0,
        late=late,
        late_amount=Money(int(late_minor), fund.currency),
        head=ledger.heads([fund.id])[fund.id],
    )


def _paid() -> Select[UUID]:
    return select(Claim.instalment_id).where(Claim.state == ClaimState.PAID)


def _months(fund: Fund, today: date) -> list[Month]:
    """The twelve months of this year: instalments by their planned date, payments by their value date."""
    first = date(today.year, 1, 1)
    planned = _by_month(fund.id, Instalment.due_on, Instalment.amount_minor, first, paid=False)
    paid = _by_month(fund.id, Claim.value_date, Claim.accepted_minor, first, paid=True)
    days = [date(today.year, month, 1) for month in range(1, 13)]
    return [
        Month(day, Money(planned.get(day, 0), fund.currency), Money(paid.get(day, 0), fund.currency)) for day in days
    ]


def _by_month(fund_id: UUID, day: Any, amount: Any, first: date, *, paid: bool) -> dict[date, int]:
    month = cast(func.date_trunc("month", day), Date)
    wanted = (
        select(month, func.sum(amount))
        .select_from(Instalment)
        .join(Instalment.agreement)
        .join(Agreement.award)
        .where(Award.fund_id == fund_id, day >= first, day < date(first.year + 1, 1, 1))
        .group_by(month)
    )
    if paid:
        wanted = wanted.join(Claim, Claim.instalment_id == Instalment.id).where(Claim.state == ClaimState.PAID)
    return {row[0]: int(row[1]) for row in db.session.execute(wanted)}
