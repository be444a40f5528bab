"""The reserve list is served in rank order, with credit that nothing else waits for."""

from uuid import UUID

from sqlalchemy import func, or_, select

from grants.applications.models import Application, ApplicationState
from grants.awards.models import Decision, DecisionState, Outcome
from grants.core.db import db
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.core.types import Money
from grants.ledger.queries import Standing, by_commission


def must_be_next(decision: Decision, reason: str) -> None:
    """Raises Refused when another project comes first on this reserve list and no reason is given to pass over it."""
    first = (
        select(Application.reference)
        .join(Decision, Decision.application_id == Application.id)
        .where(
            Decision.call_id == decision.call_id,
            Decision.commission_id == decision.commission_id,
            Decision.state == DecisionState.RESERVE,
            Decision.rank < decision.rank,
            Application.state != ApplicationState.WITHDRAWN,
        )
    )
    before = db.session.scalars(first.order_by(Decision.rank).limit(1)).first()
    if before is not None and not reason:
        raise Refused(
            N_("%(reference)s comes before it on the reserve list.", reference=before),
            N_("Fund that one first, or give the reason for passing over it."),
        )


def awaited(call_id: UUID, commission_id: UUID) -> int:
    """Minor units that pending proposals to fund ask of a commission's free credit; one query."""
    pending = (
        select(func.coalesce(func.sum(Decision.amount_minor), 0))
        .join(Application, Application.id == Decision.application_id)
        .where(
            Decision.call_id == call_id,
            Decision.commission_id == commission_id,
            Decision.state == DecisionState.PROPOSED,
            Application.state != ApplicationState.WITHDRAWN,
            or_(Decision.proposal == Outcome.FUNDED, Decision.reopened_at.is_not(None)),
        )
    )
    return int(db.session.scalar(pending) or 0)


def must_leave_enough(decision: Decision) -> None:
    """Raises Refused when its commission lacks freed credit: free, less what its pending proposals ask for."""
    standings = by_commission(decision.call.fund_id, decision.call_id)
    free = standings.get(decision.commission_id, Standing(decision.currency, {})).free
    freed = Money(max(0, free.minor - awaited(decision.call_id, decision.commission_id)), decision.currency)
    if freed < decision.amount:
        raise Refused(
            N_(
                "The reserve list is funded with freed credit only: %(amount)s is needed, %(freed)s is free.",
                amount=decision.amount,
                freed=freed,
            ),
            N_("Wait until a grant is given up, or transfer credit from another envelope of the call."),
        )
