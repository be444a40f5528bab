"""What is planned in the funds a person sees: instalments not paid yet and milestones not settled, by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import joinedload

from grants.awards import queries
from grants.awards.models import (
    DONE,
    Agreement,
    AgreementState,
    Award,
    Claim,
    ClaimState,
    Instalment,
    Milestone,
    MilestoneState,
)
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.clock import now
from grants.core.db import db
from grants.core.types import Money
from grants.funds.models import Fund
from grants.people.models import Person

PER_PAGE = 50
RUNNING = (AgreementState.AWAITING_SIGNATURE, AgreementState.SIGNED, AgreementState.ACTIVE)
SETTLED = (MilestoneState.ACCEPTED, MilestoneState.PARTLY, MilestoneState.WAIVED)


class Sort(StrEnum):
    INSTALMENT = "instalment"
    MILESTONE = "milestone"


@dataclass(frozen=True)
class Filters:
    """None: whatever the call, the commission."""

    call_id: UUID | None = None
    commission_id: UUID | None = None


@dataclass(frozen=True)
class Planned:
    """One line: an instalment with its amount and last claim, or a milestone with its state."""

    on: date
    award: Award
    instalment: Instalment | None = None
    milestone: Milestone | None = None

    @property
    def late(self) -> bool:
        """Whether its day is past where the fund is."""
        return self.on < now().astimezone(self.award.fund.cluster.zone).date()

    @property
    def amount(self) -> Money | None:
        return self.instalment.amount if self.instalment else None

    @property
    def state(self) -> Any:
        """Of the claim in hand, of the milestone; None for an instalment nobody has claimed."""
        if self.milestone:
            return self.milestone.state
        alive = [one for one in self.instalment.claims if one.state != ClaimState.REJECTED] if self.instalment else []
        return alive[-1].state if alive else None


def _chosen(user: Person, wanted: Any, filters: Filters) -> Any:
    """Rows joined to the agreement, of awards the person sees, in running agreements and as filtered."""
    seen = queries.visible_to(user).with_only_columns(Award.id)
    found = wanted.join(Award, Award.id == Agreement.award_id).where(Award.id.in_(seen), Agreement.state.in_(RUNNING))
    if filters.call_id:
        found = found.where(Award.call_id == filters.call_id)
    if filters.commission_id:
        found = found.where(Award.commission_id == filters.commission_id)
    return found


def _rows(user: Person, filters: Filters) -> Any:
    paid = select(Claim.instalment_id).where(Claim.state.in_(DONE))
    instalments = (
        select(literal(str(Sort.INSTALMENT)).label("sort"), Instalment.id.label("id"), Instalment.due_on.label("on"))
        .join(Agreement, Agreement.id == Instalment.agreement_id)
        .where(Instalment.id.not_in(paid))
    )
    milestones = (
        select(literal(str(Sort.MILESTONE)).label("sort"), Milestone.id.label("id"), Milestone.due_on.label("on"))
        .join(Agreement, Agreement.id == Milestone.agreement_id)
        .where(Milestone.state.not_in(SETTLED))
    )
    return union_all(_chosen(user, instalments, filters), _chosen(user, milestones, filters)).subquery()


def count(user: Person, filters: Filters) -> int:
    return db.session.scalar(select(func.count()).select_from(_rows(user, filters))) or 0


def planned(user: Person, filters: Filters, *, limit: int, offset: int = 0) -> list[Planned]:
    """In the order of their days, what is late therefore first; the same four queries however many."""
    rows = _rows(user, filters)
    page = db.session.execute(select(rows).order_by(rows.c.on, rows.c.id).limit(limit).offset(offset)).all()
    ids = {sort: [row.id for row in page if row.sort == sort] for sort in Sort}
    award = _award_parts(joinedload(Instalment.agreement).joinedload(Agreement.award))
    wanted = select(Instalment).where(Instalment.id.in_(ids[Sort.INSTALMENT]))
    loaded = db.session.scalars(wanted.options(*award, joinedload(Instalment.claims))).unique()
    instalments = {one.id: one for one in loaded}
    award = _award_parts(joinedload(Milestone.agreement).joinedload(Agreement.award))
    reports = db.session.scalars(select(Milestone).where(Milestone.id.in_(ids[Sort.MILESTONE])).options(*award))
    milestones = {one.id: one for one in reports}
    found = []
    for row in page:
        instalment, milestone = instalments.get(row.id), milestones.get(row.id)
        one = instalment or milestone
        if one is not None:  # settled or paid between the two queries
            found.append(Planned(row.on, one.agreement.award, instalment, milestone))
    return found


def _award_parts(award: Any) -> list[Any]:
    return [
        award.joinedload(Award.fund).joinedload(Fund.cluster),
        award.joinedload(Award.call),
        award.joinedload(Award.commission),
        award.joinedload(Award.organisation),
    ]


def choices(user: Person) -> tuple[Sequence[Call], Sequence[Commission]]:
    """The calls and commissions that running agreements belong to; two queries."""
    call = _chosen(user, select(Award.call_id).select_from(Agreement), Filters())
    commission = _chosen(user, select(Award.commission_id).select_from(Agreement), Filters())
    calls = db.session.scalars(select(Call).where(Call.id.in_(call)).order_by(Call.code)).all()
    named = select(Commission).where(Commission.id.in_(commission)).order_by(Commission.position)
    return calls, db.session.scalars(named).all()
