"""Who and what a fund's ledger speaks of: the identifiers in it, with their names. Five queries for a whole fund."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from grants.awards.models import Agreement, Award, Claim, ClaimState, Instalment
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.db import db
from grants.funds.models import Fund


@dataclass(frozen=True)
class Register:
    """By identifier. `claims` holds, by instalment, the claim that was not rejected."""

    calls: Mapping[UUID, Call]
    commissions: Mapping[UUID, Commission]
    awards: Mapping[UUID, Award]
    instalments: Mapping[UUID, Instalment]
    claims: Mapping[UUID, Claim]

    @property
    def in_order(self) -> list[Commission]:
        return sorted(self.commissions.values(), key=lambda one: one.position)


def register(fund: Fund) -> Register:
    """For a fund that came through `grants.funds.queries.visible_to`; all of it, in memory."""
    of_fund = Award.fund_id == fund.id
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
    )
    return Register(
        calls={one.id: one for one in calls},
        commissions={one.id: one for one in commissions},
        awards={one.id: one for one in awards},
        instalments={one.id: one for one in instalments},
        claims={one.instalment_id: one for one in claims},
    )
