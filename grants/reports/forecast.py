"""What will be paid and when, and what is late: dates from schedules, amounts from schedules and claims."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Select, cast, func, select
from sqlalchemy.orm import joinedload

from grants.awards.models import DONE, Agreement, AgreementState, Award, Claim, ClaimState, Instalment
from grants.core.audit import Event
from grants.core.db import db
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.funds.models import Fund

HORIZONS = (12, 24, 36)
LIVING = frozenset({AgreementState.SIGNED, AgreementState.ACTIVE, AgreementState.AWAITING_SIGNATURE})
WAITING: dict[ClaimState, Text] = {
    ClaimState.SUBMITTED: N_("To be checked"),
    ClaimState.CHECKED: N_("Delivery to be certified"),
    ClaimState.CERTIFIED: N_("To be verified"),
    ClaimState.LIQUIDATED: N_("To be ordered"),
    ClaimState.RETURNED: N_("To be ordered again"),
    ClaimState.ORDERED: N_("Order to be approved"),
    ClaimState.APPROVED: N_("To be sent to the bank"),
    ClaimState.REMITTED: N_("Payment to be recorded"),
}


@dataclass(frozen=True)
class Expected:
    """A month to come: what its instalments add up to, and what is needed from now to its end."""

    first: date
    out: Money
    total: Money


@dataclass(frozen=True)
class Forecast:
    """`overdue` is planned before this month and still unpaid; it is in the first month's total."""

    overdue: Money
    months: Sequence[Expected]
    later: Money


@dataclass(frozen=True)
class Waiting:
    """Claims at one step: how many, what they ask, how many days the oldest has waited."""

    state: ClaimState
    label: Text
    count: int
    amount: Money
    days: int


@dataclass(frozen=True)
class Late:
    """Instalments past their date, claims by step, agreements sent and not signed with the days they wait."""

    instalments: Sequence[Instalment]
    more: int
    waiting: Sequence[Waiting]
    unsigned: Sequence[tuple[Agreement, int]]


def months_from(first: date, count: int) -> list[date]:
    return [date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1) for n in range(count)]


def unpaid(fund_id: UUID, *columns: Any) -> Select[Any]:
    """Planned instalments of living agreements that no claim has paid."""
    paid = select(Claim.instalment_id).where(Claim.state.in_(DONE))
    return (
        select(*columns)
        .select_from(Instalment)
        .join(Instalment.agreement)
        .join(Agreement.award)
        .where(Award.fund_id == fund_id, Agreement.state.in_(LIVING), Instalment.id.not_in(paid))
    )


def forecast(fund: Fund, today: date, count: int) -> Forecast:
    """The next `count` months from this one; one query."""
    month = cast(func.date_trunc("month", Instalment.due_on), Date)
    found = unpaid(fund.id, month, func.sum(Instalment.amount_minor)).group_by(month)
    planned = {row[0]: int(row[1]) for row in db.session.execute(found)}
    first = today.replace(day=1)
    days = months_from(first, count)
    overdue = sum(minor for day, minor in planned.items() if day < first)
    total, months = overdue, []
    for day in days:
        total += planned.get(day, 0)
        months.append(Expected(day, Money(planned.get(day, 0), fund.currency), Money(total, fund.currency)))
    later = sum(minor for day, minor in planned.items() if day > days[-1])
    return Forecast(Money(overdue, fund.currency), months, Money(later, fund.currency))


def late(fund: Fund, today: date, now: datetime, *, limit: int = 50) -> Late:
    """Five queries, however much is late; at most `limit` rows of each list, oldest first."""
    past = unpaid(fund.id, Instalment).where(Instalment.due_on < today)
    award = joinedload(Instalment.agreement).joinedload(Agreement.award).joinedload(Award.organisation)
    rows = db.session.scalars(past.options(award).order_by(Instalment.due_on, Instalment.id).limit(limit)).all()
    count = db.session.scalar(select(func.count()).select_from(past.with_only_columns(Instalment.id).subquery())) or 0
    entered = (
        select(Event.subject_id, func.max(Event.at).label("at"))
        .where(Event.name.startswith("claim."))
        .group_by(Event.subject_id)
        .subquery()
    )
    steps = db.session.execute(
        select(
            Claim.state,
            func.count(),
            func.sum(func.coalesce(Claim.accepted_minor, Claim.claimed_minor)),
            func.min(func.coalesce(entered.c.at, Claim.created_at)),
        )
        .join(Claim.instalment)
        .join(Instalment.agreement)
        .join(Agreement.award)
        .outerjoin(entered, entered.c.subject_id == Claim.id)
        .where(Award.fund_id == fund.id, Claim.state.in_(WAITING))
        .group_by(Claim.state)
    ).all()
    by_state = {row[0]: row for row in steps}
    waiting = [
        Waiting(state, label, row[1], Money(int(row[2]), fund.currency), (now - row[3]).days)
        for state, label in WAITING.items()
        if (row := by_state.get(state))
    ]
    sent = select(func.max(Event.at)).where(Event.subject_id == Agreement.id, Event.name == "agreement.open_signature")
    at = func.coalesce(sent.scalar_subquery(), Agreement.created_at)
    unsigned = db.session.execute(
        select(Agreement, at)
        .join(Agreement.award)
        .where(Award.fund_id == fund.id, Agreement.state == AgreementState.AWAITING_SIGNATURE)
        .options(joinedload(Agreement.award).joinedload(Award.organisation))
        .order_by(at)
        .limit(limit)
    ).all()
    return Late(rows, max(0, count - len(rows)), waiting, [(one, (now - since).days) for one, since in unsigned])
