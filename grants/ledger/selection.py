"""A part of one fund's ledger, chosen by call, commission, grants and days; for exports, which go line by line.

Without days the figures are balances; with days they are what moved in that time. A line is chosen when either of its
ends is: so the lines of a selection always add up to its figures. No policy is known
here, as in `grants.ledger.queries`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, and_, cast, func, or_, select, true

from grants.core.db import db
from grants.ledger.queries import Entry, Standing, _from, _to, entry, lines_of
from grants.ledger.stages import Stage
from grants.ledger.tables import account, op, posting, transfer


@dataclass(frozen=True)
class Selection:
    """Which part of the ledger of `fund_id`; None chooses everything. Days are value dates, both of them included."""

    fund_id: UUID
    currency: str
    call_id: UUID | None = None
    commission_id: UUID | None = None
    grant_ids: frozenset[UUID] | None = None
    first: date | None = None
    last: date | None = None

    @property
    def whole(self) -> bool:
        return self == Selection(self.fund_id, self.currency)

    @property
    def dated(self) -> bool:
        return self.first is not None or self.last is not None


def count(chosen: Selection) -> int:
    """How many lines; one query."""
    counted = select(func.count()).select_from(transfer).join(op, _of_line())
    ends = counted.join(_from, _from.c.id == transfer.c.from_id).join(_to, _to.c.id == transfer.c.to_id)
    return db.session.scalar(ends.where(*_lines_of(chosen))) or 0


def entries(chosen: Selection, *, batch: int = 2_000) -> Iterator[Entry]:
    """Its lines in the order in which they were posted, streamed."""
    inside = lines_of().where(*_lines_of(chosen)).order_by(transfer.c.op_no, transfer.c.line)
    with db.session.execute(inside, execution_options={"yield_per": batch}) as rows:
        for row in rows:
            yield entry(row)


def moved(chosen: Selection) -> Standing:
    """What its lines brought to each stage less what they took from it, summed by the database."""
    summed = (
        select(_from.c.stage, _to.c.stage.label("target"), cast(func.sum(transfer.c.amount), BigInteger).label("minor"))
        .select_from(transfer)
        .join(op, _of_line())
        .join(_from, _from.c.id == transfer.c.from_id)
        .join(_to, _to.c.id == transfer.c.to_id)
        .where(*_lines_of(chosen))
        .group_by(_from.c.stage, _to.c.stage)
    )
    net: dict[Stage, int] = {}
    for source, target, minor in db.session.execute(summed):
        net[Stage(source)] = net.get(Stage(source), 0) - minor
        net[Stage(target)] = net.get(Stage(target), 0) + minor
    return Standing(chosen.currency, net)


def total(chosen: Selection) -> Standing:
    """Its figures: with nothing chosen, those of the fund."""
    return _standings(chosen, None, lambda row: None).get(None, Standing(chosen.currency, {}))


def by_commission(chosen: Selection) -> dict[UUID, Standing]:
    return _standings(chosen, account.c.commission_id, lambda row: row.part)


def by_grant(chosen: Selection) -> dict[UUID, Standing]:
    return _standings(chosen, account.c.grant_id, lambda row: row.part)


def by_instalment(chosen: Selection) -> dict[UUID, Standing]:
    return _standings(chosen, account.c.tranche_id, lambda row: row.part)


# --- how it is read -------------------------------------------------------------------------------------------


def _standings(chosen: Selection, part: ColumnElement[Any] | None, key: Callable[[Any], Any]) -> dict[Any, Standing]:
    measure = posting.c.amount if chosen.dated else account.c.balance
    columns = [account.c.stage, *([] if part is None else [part.label("part")])]
    summed = select(*columns, cast(func.sum(measure), BigInteger).label("minor")).select_from(account)
    if chosen.dated:
        of_posting = (op.c.fund_id == posting.c.fund_id) & (op.c.no == posting.c.op_no)
        summed = summed.join(posting, posting.c.account_id == account.c.id).join(op, of_posting)
    there = true() if part is None else part.is_not(None)
    summed = summed.where(account.c.fund_id == chosen.fund_id, there, *_inside(account, chosen), *_days(chosen))
    found: dict[Any, dict[Stage, int]] = {}
    for row in db.session.execute(summed.group_by(*columns)):
        found.setdefault(key(row), {})[Stage(row.stage)] = row.minor
    return {one: Standing(chosen.currency, minor) for one, minor in found.items()}


def _inside(side: Any, chosen: Selection) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.call_id is not None:
        conditions.append(side.c.call_id == chosen.call_id)
    if chosen.commission_id is not None:
        conditions.append(side.c.commission_id == chosen.commission_id)
    if chosen.grant_ids is not None:
        conditions.append(side.c.grant_id.in_(chosen.grant_ids))
    return conditions


def _days(chosen: Selection) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.first is not None:
        conditions.append(op.c.value_date >= chosen.first)
    if chosen.last is not None:
        conditions.append(op.c.value_date <= chosen.last)
    return conditions


def _lines_of(chosen: Selection) -> list[ColumnElement[bool]]:
    conditions = [transfer.c.fund_id == chosen.fund_id, *_days(chosen)]
    sides = [_inside(side, chosen) for side in (_from, _to)]
    if sides[0]:
        conditions.append(or_(*(and_(*side) for side in sides)))
    return conditions


def _of_line() -> ColumnElement[bool]:
    return (op.c.fund_id == transfer.c.fund_id) & (op.c.no == transfer.c.op_no)
