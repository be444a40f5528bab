"""What the ledger says. Every read is one query, two when paged, whatever the size of the fund.

These reads know no policy: pass them only funds that came through `grants.funds.queries.visible_to(user)`, or calls,
commissions and grants of such funds. Amounts of different currencies are never added together.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, FromClause, Select, cast, func, select, tuple_

from grants.core.db import db
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.ledger.stages import Kind, Line, Place, Stage
from grants.ledger.tables import account, fund, op, posting, transfer
from grants.people.models import Person

IN_GRANT = frozenset(stage for stage in Stage if stage.depth >= 3)
ENGAGED = IN_GRANT - {Stage.RESERVED}
PAID = frozenset({Stage.PAID, Stage.TO_REPAY, Stage.REPAID, Stage.TO_RECOVER, Stage.RECOVERED})


class Figure(StrEnum):
    """A figure of the pages: what stands in a set of stages, so that the lines that cross its border add up to it."""

    CREDIT = "credit"
    UNALLOCATED = "unallocated"
    ENVELOPE = "envelope"
    FREE = "free"
    RESERVED = "reserved"
    ENGAGED = "engaged"
    UNPAID = "unpaid"
    VERIFIED = "verified"
    ORDERED = "ordered"
    PAID = "paid"
    RECOVERED = "recovered"

    @property
    def stages(self) -> frozenset[Stage]:
        return FIGURES[self][0]

    @property
    def label(self) -> Text:
        return FIGURES[self][1]


FIGURES: dict[Figure, tuple[frozenset[Stage], Text]] = {
    Figure.CREDIT: (frozenset(Stage) - {Stage.SOURCE}, N_("Credit opened")),
    Figure.UNALLOCATED: (frozenset({Stage.AVAILABLE, Stage.LAPSED}), N_("Not allocated to a call")),
    Figure.ENVELOPE: (IN_GRANT | {Stage.CALL, Stage.COMMISSION}, N_("Envelope")),
    Figure.FREE: (frozenset({Stage.CALL, Stage.COMMISSION}), N_("Available")),
    Figure.RESERVED: (frozenset({Stage.RESERVED}), N_("Reserved")),
    Figure.ENGAGED: (ENGAGED, N_("Committed")),
    Figure.UNPAID: (ENGAGED - PAID, N_("Unpaid balance")),
    Figure.VERIFIED: (ENGAGED - {Stage.COMMITTED}, N_("Verified")),
    Figure.ORDERED: (ENGAGED - {Stage.COMMITTED, Stage.PAYABLE}, N_("Ordered")),
    Figure.PAID: (PAID, N_("Paid")),
    Figure.RECOVERED: (frozenset({Stage.REPAID, Stage.RECOVERED}), N_("Recovered")),
}


@dataclass(frozen=True)
class Standing:
    """What stands at each stage, of a fund or of any part of it. The figures below add up over the parts."""

    currency: str
    minor: Mapping[Stage, int]

    def __getitem__(self, stage: Stage) -> Money:
        return Money(self.minor.get(stage, 0), self.currency)

    def of(self, figure: Figure) -> Money:
        return self._sum(figure.stages)

    def _sum(self, stages: Iterable[Stage]) -> Money:
        return Money(sum(self.minor.get(stage, 0) for stage in stages), self.currency)

    @property
    def endowed(self) -> Money:
        """Appropriations opened so far."""
        return Money(-self.minor.get(Stage.SOURCE, 0), self.currency)

    @property
    def unallocated(self) -> Money:
        """In the fund, promised to no call; what lapsed waits there to be returned."""
        return self.of(Figure.UNALLOCATED)

    @property
    def envelope(self) -> Money:
        """Allocated to calls and commissions, whatever became of it since."""
        return self.of(Figure.ENVELOPE)

    @property
    def free(self) -> Money:
        """Still there to be awarded by the commissions."""
        return self[Stage.COMMISSION]

    @property
    def reserved(self) -> Money:
        return self[Stage.RESERVED]

    @property
    def engaged(self) -> Money:
        """Committed by agreements, paid or not, net of de-commitments."""
        return self.of(Figure.ENGAGED)

    @property
    def unpaid(self) -> Money:
        """Committed and not yet paid (reste à payer)."""
        return self.of(Figure.UNPAID)

    @property
    def verified(self) -> Money:
        return self.of(Figure.VERIFIED)

    @property
    def ordered(self) -> Money:
        return self.of(Figure.ORDERED)

    @property
    def paid(self) -> Money:
        """Paid, whether it stays there or came back since."""
        return self.of(Figure.PAID)

    @property
    def recovered(self) -> Money:
        return self.of(Figure.RECOVERED)

    @property
    def engaged_share(self) -> int:
        """Committed, in hundredths of a percent of the envelope."""
        return self.engaged.minor * 10_000 // self.envelope.minor if self.envelope else 0

    def __add__(self, other: Self) -> "Standing":
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        stages = self.minor.keys() | other.minor.keys()
        return Standing(self.currency, {one: self.minor.get(one, 0) + other.minor.get(one, 0) for one in stages})


@dataclass(frozen=True)
class Entry:
    """One line of the journal, with its operation. `actor_name` is None when the clock did it."""

    fund_id: UUID
    no: int
    line: int
    kind: Kind
    document: str | None
    reverses: int | None
    actor_id: UUID | None
    actor_name: str | None
    reason: str | None
    value_date: date
    at: datetime
    moved: Line
    hash: bytes


@dataclass(frozen=True)
class Head:
    """The end of a fund's journal: its last operation and the hash that seals all of them."""

    code: str
    currency: str
    no: int
    hash: bytes

    @property
    def short(self) -> str:
        return self.hash.hex()[:16]


def balances(fund_ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """By fund; one with no account yet stands at zero everywhere."""
    return _standings(lambda row: row.id, [fund.c.id], [fund.c.id.in_(list(fund_ids))])


def by_commission(fund_id: UUID, call_id: UUID | None = None) -> dict[UUID, Standing]:
    """By commission: in one call, or over all calls of the fund."""
    conditions = _deep(fund_id, account.c.commission_id)
    if call_id is not None:
        conditions.append(account.c.call_id == call_id)
    return _standings(lambda row: row.commission_id, [account.c.commission_id], conditions)


def by_call_and_commission(fund_id: UUID) -> dict[tuple[UUID | None, UUID | None], Standing]:
    """By (call, commission): their sum is the fund.

    (call, None) is what a call has not yet given to a commission; (None, None) what the fund has given to no call.
    """
    columns = [account.c.call_id, account.c.commission_id]
    return _standings(lambda row: (row.call_id, row.commission_id), columns, [fund.c.id == fund_id])


def by_grant(fund_id: UUID, grant_ids: Iterable[UUID] | None = None) -> dict[UUID, Standing]:
    """By grant: those of a page, or all of the fund."""
    conditions = _deep(fund_id, account.c.grant_id)
    if grant_ids is not None:
        conditions.append(account.c.grant_id.in_(list(grant_ids)))
    return _standings(lambda row: row.grant_id, [account.c.grant_id], conditions)


def by_instalment(grant_id: UUID) -> dict[UUID, Standing]:
    """By instalment of one grant, from verification on."""
    conditions = [account.c.grant_id == grant_id, account.c.tranche_id.is_not(None)]
    return _standings(lambda row: row.tranche_id, [account.c.tranche_id], conditions)


def by_every_instalment(fund_id: UUID) -> dict[UUID, Standing]:
    """By instalment, for all grants of a fund."""
    return _standings(lambda row: row.tranche_id, [account.c.tranche_id], _deep(fund_id, account.c.tranche_id))


def places(fund_id: UUID, stage: Stage) -> list[tuple[Place, Money]]:
    """Every account of a stage that holds something."""
    found = (
        select(*_place(account), account.c.balance, fund.c.currency)
        .join(fund, fund.c.id == account.c.fund_id)
        .where(account.c.fund_id == fund_id, account.c.stage == stage.value, account.c.balance > 0)
        .order_by(account.c.id)
    )
    return [(Place(Stage(row[0]), *row[1:5]), Money(row.balance, row.currency)) for row in db.session.execute(found)]


def first_year(fund_id: UUID) -> int | None:
    """The year of the oldest value date, None where nothing was posted."""
    oldest = db.session.scalar(select(func.min(op.c.value_date)).where(op.c.fund_id == fund_id))
    return oldest.year if oldest else None


def heads(fund_ids: Iterable[UUID]) -> dict[UUID, Head]:
    wanted = select(fund).where(fund.c.id.in_(list(fund_ids)))
    return {one.id: Head(one.code, one.currency, one.last_no, one.head) for one in db.session.execute(wanted)}


def journal(
    fund_ids: Iterable[UUID], *, grant_id: UUID | None = None, offset: int = 0, limit: int = 50
) -> tuple[list[Entry], int]:
    """A page of lines, newest first, and how many there are."""
    chosen = list(fund_ids)
    conditions: list[ColumnElement[bool]] = [transfer.c.fund_id.in_(chosen)]
    if grant_id is not None:
        touched = select(posting.c.fund_id, posting.c.op_no, posting.c.line).join(
            account, account.c.id == posting.c.account_id
        )
        wanted = touched.where(account.c.grant_id == grant_id)
        conditions.append(tuple_(transfer.c.fund_id, transfer.c.op_no, transfer.c.line).in_(wanted))
    total = db.session.scalar(select(func.count()).select_from(transfer).where(*conditions)) or 0
    kept = select(transfer).where(*conditions).offset(offset).limit(limit)
    if len(chosen) == 1:  # numbers follow time: the page is read from the end of an index, not sorted out of everything
        page = kept.order_by(transfer.c.op_no.desc(), transfer.c.line.desc()).subquery()
    else:
        of_line = (op.c.fund_id == transfer.c.fund_id) & (op.c.no == transfer.c.op_no)
        page = (
            kept.join(op, of_line).order_by(op.c.created_at.desc(), op.c.no.desc(), transfer.c.line.desc()).subquery()
        )
    newest = lines_of(page).order_by(op.c.created_at.desc(), op.c.no.desc(), page.c.line.desc())
    return [entry(row) for row in db.session.execute(newest)], total


def every_entry(fund_id: UUID, *, batch: int = 2_000) -> Iterator[Entry]:
    """All lines of a fund in the order in which they were posted, streamed: for exports."""
    inside = lines_of().where(transfer.c.fund_id == fund_id).order_by(transfer.c.op_no, transfer.c.line)
    with db.session.execute(inside, execution_options={"yield_per": batch}) as rows:
        for row in rows:
            yield entry(row)


def operation(fund_id: UUID, no: int) -> list[Entry]:
    """The lines of one operation, empty when there is none of that number."""
    wanted = lines_of().where(transfer.c.fund_id == fund_id, transfer.c.op_no == no).order_by(transfer.c.line)
    return [entry(row) for row in db.session.execute(wanted)]


# --- how it is read -------------------------------------------------------------------------------------------

_from = account.alias("source_account")
_to = account.alias("target_account")


def _deep(fund_id: UUID, dimension: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    return [account.c.fund_id == fund_id, dimension.is_not(None)]


def _standings(
    key: Callable[[Any], Any],
    columns: Sequence[ColumnElement[Any]],
    conditions: Sequence[ColumnElement[bool]],
) -> dict[Any, Standing]:
    """Balances summed by these columns and by stage, folded into one Standing per key."""
    total = cast(func.sum(account.c.balance), BigInteger).label("balance")
    summed = (
        select(*columns, account.c.stage, fund.c.currency, total)
        .select_from(fund.outerjoin(account, account.c.fund_id == fund.c.id))
        .where(*conditions)
        .group_by(*columns, account.c.stage, fund.c.currency)
    )
    currencies: dict[Any, str] = {}
    minors: dict[Any, dict[Stage, int]] = {}
    for row in db.session.execute(summed):
        currencies[key(row)] = row.currency
        stages = minors.setdefault(key(row), {})
        if row.stage is not None:
            stages[Stage(row.stage)] = row.balance
    return {one: Standing(currencies[one], minor) for one, minor in minors.items()}


def lines_of(of: FromClause = transfer) -> Select[Any]:
    """One row per line, with its operation, its two accounts and who did it."""
    return (
        select(
            op,
            fund.c.currency,
            of.c.line,
            of.c.amount,
            Person.name.label("actor_name"),
            *(column.label(f"from_{column.name}") for column in _place(_from)),
            *(column.label(f"to_{column.name}") for column in _place(_to)),
        )
        .select_from(of)
        .join(op, (op.c.fund_id == of.c.fund_id) & (op.c.no == of.c.op_no))
        .join(fund, fund.c.id == of.c.fund_id)
        .join(_from, _from.c.id == of.c.from_id)
        .join(_to, _to.c.id == of.c.to_id)
        .outerjoin(Person, Person.id == op.c.actor_id)
    )


def _place(side: Any) -> list[ColumnElement[Any]]:
    return [side.c.stage, side.c.call_id, side.c.commission_id, side.c.grant_id, side.c.tranche_id]


def entry(row: Any) -> Entry:
    line = Line(
        Place(Stage(row.from_stage), row.from_call_id, row.from_commission_id, row.from_grant_id, row.from_tranche_id),
        Place(Stage(row.to_stage), row.to_call_id, row.to_commission_id, row.to_grant_id, row.to_tranche_id),
        Money(row.amount, row.currency),
    )
    return Entry(
        fund_id=row.fund_id,
        no=row.no,
        line=row.line,
        kind=Kind(row.kind),
        document=row.doc,
        reverses=row.reverses,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        reason=row.reason,
        value_date=row.value_date,
        at=row.created_at,
        moved=line,
        hash=row.hash,
    )
