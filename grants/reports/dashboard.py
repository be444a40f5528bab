"""The figures of a fund on one page. Every amount is read from the ledger, as the workbook does."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Date, cast, func, select

from grants.awards.models import Agreement, Award, Instalment
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.db import db
from grants.core.types import Money
from grants.funds.models import Fund
from grants.ledger import queries as ledger
from grants.ledger.history import flows
from grants.ledger.queries import Figure, Head, Standing
from grants.reports.forecast import unpaid


@dataclass(frozen=True)
class Theme:
    """A commission and what stands in it, over all calls of the fund."""

    commission: Commission
    standing: Standing


@dataclass(frozen=True)
class Month:
    """What was planned for a month, and by how much each figure of the journal grew in it."""

    first: date
    planned: Money
    grown: Mapping[Figure, Money]

    @property
    def last(self) -> date:
        return date(self.first.year, self.first.month, monthrange(self.first.year, self.first.month)[1])


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
    overdue = unpaid(fund.id, func.count(Instalment.id), func.coalesce(func.sum(Instalment.amount_minor), 0))
    late, late_minor = db.session.execute(overdue.where(Instalment.due_on < today)).one()
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


def _months(fund: Fund, today: date) -> list[Month]:
    """The twelve months of this year: instalments by their planned date, the journal by its value dates."""
    first, end = date(today.year, 1, 1), date(today.year + 1, 1, 1)
    month = cast(func.date_trunc("month", Instalment.due_on), Date)
    wanted = (
        select(month, func.sum(Instalment.amount_minor))
        .join(Instalment.agreement)
        .join(Agreement.award)
        .where(Award.fund_id == fund.id, Instalment.due_on >= first, Instalment.due_on < end)
        .group_by(month)
    )
    planned = {row[0]: int(row[1]) for row in db.session.execute(wanted)}
    grown = flows(fund.id, fund.currency, first, end)
    nothing = dict.fromkeys(Figure, Money(0, fund.currency))
    return [
        Month(day, Money(planned.get(day, 0), fund.currency), grown.get(day, nothing))
        for day in (date(today.year, one, 1) for one in range(1, 13))
    ]
