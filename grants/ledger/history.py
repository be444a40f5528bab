"""What stood where on any past day, and what moved in each month: read from the lines, one query each.

As in `queries`, these reads know no policy: pass them only funds that came through `visible_to(user)`.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Date, cast, func, select

from grants.core.db import db
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.ledger.queries import Figure, Standing
from grants.ledger.stages import Stage
from grants.ledger.tables import account, fund, op, posting, transfer

DIMENSIONS = (account.c.call_id, account.c.commission_id, account.c.grant_id, account.c.tranche_id)


class Dated(StrEnum):
    """By which day an operation counts: the one it takes effect on, or the one it was written on."""

    VALUE = "value"
    ENTRY = "entry"

    @property
    def label(self) -> Text:
        return DATED_LABELS[self]


DATED_LABELS = {Dated.VALUE: N_("Value date"), Dated.ENTRY: N_("Date of entry")}
Dimensions = tuple[UUID | None, ...]


@dataclass(frozen=True)
class Day:
    """A day in a fund's zone, by value date or by date of entry."""

    on: date
    zone: ZoneInfo
    dated: Dated = Dated.VALUE

    def over(self) -> ColumnElement[bool]:
        """Operations of that day and before."""
        if self.dated is Dated.VALUE:
            return op.c.value_date <= self.on
        return op.c.created_at < midnight(self.on + timedelta(days=1), self.zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def standings_on(fund_id: UUID, depth: int, day: Day) -> dict[Dimensions, Standing]:
    """Balances at the end of a day, keyed by the first `depth` of (call, commission, grant, instalment).

    Depth 0 is the fund; parts that have not that dimension stand under None, so that every depth adds up to the fund.
    """
    columns = DIMENSIONS[:depth]
    total = cast(func.sum(posting.c.amount), BigInteger).label("total")
    found = (
        select(*columns, account.c.stage, fund.c.currency, total)
        .select_from(posting)
        .join(account, account.c.id == posting.c.account_id)
        .join(op, (op.c.fund_id == posting.c.fund_id) & (op.c.no == posting.c.op_no))
        .join(fund, fund.c.id == posting.c.fund_id)
        .where(posting.c.fund_id == fund_id, day.over())
        .group_by(*columns, account.c.stage, fund.c.currency)
    )
    minors: dict[Dimensions, dict[Stage, int]] = defaultdict(dict)
    currency = ""
    for row in db.session.execute(found):
        minors[tuple(row[:depth])][Stage(row.stage)] = row.total
        currency = row.currency
    return {key: Standing(currency, minor) for key, minor in minors.items()}


def flows(fund_id: UUID, currency: str, since: date, until: date) -> dict[date, dict[Figure, Money]]:
    """By first day of the month, by value date: how much each figure grew from `since` to before `until`."""
    one, other = account.alias("one"), account.alias("other")
    month = cast(func.date_trunc("month", op.c.value_date), Date).label("month")
    found = (
        select(
            month, one.c.stage.label("left"), other.c.stage.label("entered"), func.sum(transfer.c.amount).label("sum")
        )
        .select_from(transfer)
        .join(op, (op.c.fund_id == transfer.c.fund_id) & (op.c.no == transfer.c.op_no))
        .join(one, one.c.id == transfer.c.from_id)
        .join(other, other.c.id == transfer.c.to_id)
        .where(transfer.c.fund_id == fund_id, op.c.value_date >= since, op.c.value_date < until)
        .group_by(month, one.c.stage, other.c.stage)
    )
    grown: dict[date, dict[Figure, int]] = defaultdict(lambda: dict.fromkeys(Figure, 0))
    for row in db.session.execute(found):
        for figure in Figure:
            sign = (Stage(row.entered) in figure.stages) - (Stage(row.left) in figure.stages)
            grown[row.month][figure] += sign * int(row.sum)
    return {month: {one: Money(minor, currency) for one, minor in found.items()} for month, found in grown.items()}
