"""Who and what a fund's ledger speaks of: the identifiers in it, with their names. Seven queries for a whole fund."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import joinedload

from grants.awards.models import Agreement, Award, Claim, ClaimState, Instalment
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.db import db
from grants.funds.models import Fund
from grants.ledger.selection import Selection
from grants.payments.models import PaymentBatch, PaymentOrder
from grants.people.models import Person

STEPS = ("checked_by_id", "liquidated_by_id", "ordered_by_id", "remitted_by_id", "paid_by_id")


@dataclass(frozen=True)
class Register:
    """By identifier. `claims` holds, by instalment, the claim that was not rejected; `orders` are by number."""

    calls: Mapping[UUID, Call]
    commissions: Mapping[UUID, Commission]
    awards: Mapping[UUID, Award]
    instalments: Mapping[UUID, Instalment]
    claims: Mapping[UUID, Claim]
    orders: Mapping[str, PaymentOrder]
    people: Mapping[UUID | None, str]

    @property
    def in_order(self) -> list[Commission]:
        return sorted(self.commissions.values(), key=lambda one: one.position)


def register(fund: Fund, chosen: Selection) -> Register:
    """For a fund that came through `grants.funds.queries.visible_to`; the grants of the selection, in memory."""
    of_fund = and_(Award.fund_id == fund.id, *of_awards(chosen))
    calls = db.session.scalars(select(Call).where(Call.fund_id == fund.id))
    commissions = db.session.scalars(select(Commission).where(Commission.cluster_id == fund.cluster_id))
    awards = db.session.scalars(
        select(Award)
        .where(of_fund)
        .options(joinedload(Award.organisation), joinedload(Award.application), joinedload(Award.agreement))
        .order_by(Award.number)
    )
    instalments = db.session.scalars(
        select(Instalment)
        .join(Instalment.agreement)
        .join(Agreement.award)
        .where(of_fund)
        .options(joinedload(Instalment.agreement))
        .order_by(Award.number, Instalment.position)
    )
    claims = db.session.scalars(
        select(Claim)
        .join(Claim.instalment)
        .join(Instalment.agreement)
        .join(Agreement.award)
        .where(of_fund, Claim.state != ClaimState.REJECTED)
    ).all()
    grants = {one.id: one for one in awards}
    taken = {getattr(one, column) for one in claims for column in STEPS}
    taken |= {
        who for one in grants.values() if (made := one.agreement) for who in (made.proposed_by_id, made.visa_by_id)
    }
    orders = db.session.scalars(
        select(PaymentOrder)
        .where(PaymentOrder.fund_id == fund.id)
        .options(joinedload(PaymentOrder.batch).joinedload(PaymentBatch.fund))
    )
    people = select(Person.id, Person.name).where(Person.id.in_(taken - {None}))
    return Register(
        calls={one.id: one for one in calls},
        commissions={one.id: one for one in commissions},
        awards=grants,
        instalments={one.id: one for one in instalments},
        claims={one.instalment_id: one for one in claims},
        orders={one.number: one for one in orders},
        people={row.id: row.name for row in db.session.execute(people)},
    )


def of_awards(chosen: Selection) -> list[ColumnElement[bool]]:
    """Conditions on Award: the grants of the selection."""
    conditions: list[ColumnElement[bool]] = []
    if chosen.call_id is not None:
        conditions.append(Award.call_id == chosen.call_id)
    if chosen.commission_id is not None:
        conditions.append(Award.commission_id == chosen.commission_id)
    if chosen.grant_ids is not None:
        conditions.append(Award.id.in_(chosen.grant_ids))
    return conditions
