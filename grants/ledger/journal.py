"""The lines behind a figure: the journal of one fund, filtered, paged, with the sum of all that the filter keeps.

A figure stands in a set of stages (`queries.Figure`). The lines that enter or leave that set, within the call,
commission, grant or instalment asked, add up to it: entering counts for, leaving against.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, func, or_, select, true

from grants.core.db import db
from grants.core.types import Money
from grants.ledger import queries
from grants.ledger.history import Dated, midnight
from grants.ledger.queries import Entry, Figure
from grants.ledger.stages import Kind, Stage
from grants.ledger.tables import account, fund, op, transfer
from grants.people.models import Person


@dataclass(frozen=True)
class Filter:
    """What to keep; nothing given keeps all lines. `since` and `until` are both included, days of `zone`.

    With a figure or a stage, lines are signed: what enters it counts for, what leaves it against.
    """

    call_id: UUID | None = None
    commission_id: UUID | None = None
    grant_id: UUID | None = None
    tranche_id: UUID | None = None
    figure: Figure | None = None
    stage: Stage | None = None
    kind: Kind | None = None
    actor_id: UUID | None = None
    document: str = ""
    since: date | None = None
    until: date | None = None
    dated: Dated = Dated.VALUE

    @property
    def stages(self) -> frozenset[Stage] | None:
        chosen = self.figure.stages if self.figure else frozenset(Stage)
        if self.stage:
            chosen &= {self.stage}
        return chosen if self.figure or self.stage else None


@dataclass(frozen=True)
class Signed:
    """A line and what it counts for in the sum: its amount, or its opposite where it leaves."""

    entry: Entry
    counts: Money


@dataclass(frozen=True)
class Page:
    """A page of lines, newest first; how many the filter keeps and what they add up to."""

    lines: Sequence[Signed]
    total: int
    sum: Money


_one = account.alias("one")
_other = account.alias("other")


def lines(fund_id: UUID, currency: str, wanted: Filter, zone: ZoneInfo, *, offset: int = 0, limit: int = 50) -> Page:
    """Two queries, whatever the size of the journal."""
    entered, left = _inside(wanted, _other), _inside(wanted, _one)
    if wanted.stages is None:
        sign: ColumnElement[int] = case((true(), 1))
        kept = or_(entered, left)
    else:
        sign = case((entered, 1), else_=-1)
        kept = entered != left
    conditions = [transfer.c.fund_id == fund_id, kept, *_of_operation(wanted, zone)]
    joined = (
        transfer.join(op, and_(op.c.fund_id == transfer.c.fund_id, op.c.no == transfer.c.op_no))
        .join(_one, _one.c.id == transfer.c.from_id)
        .join(_other, _other.c.id == transfer.c.to_id)
    )
    counted = cast(func.coalesce(func.sum(sign * transfer.c.amount), 0), BigInteger)
    total, minor = db.session.execute(select(func.count(), counted).select_from(joined).where(*conditions)).one()
    found = select(transfer, sign.label("sign")).select_from(joined).where(*conditions)
    page = found.order_by(transfer.c.op_no.desc(), transfer.c.line.desc()).offset(offset).limit(limit).subquery()
    shown = queries.lines_of(page).add_columns(page.c.sign).order_by(page.c.op_no.desc(), page.c.line.desc())
    entries = [Signed(queries.entry(row), Money(row.sign * row.amount, currency)) for row in db.session.execute(shown)]
    return Page(entries, total, Money(int(minor), currency))


def _inside(wanted: Filter, side: Any) -> ColumnElement[bool]:
    """Whether this end of a line lies where the filter looks; never NULL."""
    conditions: list[ColumnElement[bool]] = [true()]
    for name in ("call_id", "commission_id", "grant_id", "tranche_id"):
        if (value := getattr(wanted, name)) is not None:
            conditions.append(side.c[name].is_not_distinct_from(value))
    if wanted.stages is not None:
        conditions.append(side.c.stage.in_([one.value for one in wanted.stages]))
    return and_(*conditions)


def _of_operation(wanted: Filter, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.kind:
        conditions.append(op.c.kind == wanted.kind.value)
    if wanted.actor_id:
        conditions.append(op.c.actor_id == wanted.actor_id)
    if wanted.document:
        conditions.append(op.c.doc.icontains(wanted.document, autoescape=True))
    by_value = wanted.dated is Dated.VALUE
    if wanted.since:
        since = op.c.value_date >= wanted.since if by_value else op.c.created_at >= midnight(wanted.since, zone)
        conditions.append(since)
    if wanted.until:
        end = midnight(wanted.until + timedelta(days=1), zone)
        conditions.append(op.c.value_date <= wanted.until if by_value else op.c.created_at < end)
    return conditions


@dataclass(frozen=True)
class Seal:
    """An operation's place in the chain, and the operation that reverses it, if any."""

    key: UUID
    prev_hash: bytes
    hash: bytes
    reversed_by: int | None
    last: int


def seal(fund_id: UUID, no: int) -> Seal | None:
    """One query; None when there is no operation of that number."""
    later = op.alias("later")
    row = db.session.execute(
        select(op.c.id, op.c.prev_hash, op.c.hash, later.c.no.label("reversed_by"), fund.c.last_no)
        .join(fund, fund.c.id == op.c.fund_id)
        .outerjoin(later, (later.c.fund_id == op.c.fund_id) & (later.c.reverses == op.c.no))
        .where(op.c.fund_id == fund_id, op.c.no == no)
    ).one_or_none()
    return Seal(row.id, row.prev_hash, row.hash, row.reversed_by, row.last_no) if row else None


def actors(fund_id: UUID) -> Sequence[tuple[UUID, str]]:
    """Everybody who posted in this fund, by name."""
    posted = select(op.c.actor_id).where(op.c.fund_id == fund_id).distinct()
    found = select(Person.id, Person.name).where(Person.id.in_(posted)).order_by(Person.name)
    return [(row.id, row.name) for row in db.session.execute(found)]
