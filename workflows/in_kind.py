"""Support in kind: planned with the agreement, asked for, checked, certified, delivered. Never in the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, func, select
from sqlalchemy.orm.attributes import flag_modified

from grants.awards import milestone_policy as policy
from grants.awards.models import SUPPORT_LABELS, Agreement, Support, SupportRequest, SupportState
from grants.core.audit import record
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.core.types import new_id
from grants.people.models import Person
from workflows.machine import Lifecycle, Move

S = SupportState
MOST_SUPPORTS = 12

lifecycle = Lifecycle(
    "support",
    SUPPORT_LABELS,
    [
        Move("check_support", frozenset({S.REQUESTED}), S.CHECKED, policy.check_support, N_("Accept the request")),
        Move("refuse_support", frozenset({S.REQUESTED}), S.REFUSED, policy.check_support, N_("Refuse it"), why=True),
        Move("certify_support", frozenset({S.CHECKED}), S.CERTIFIED, policy.certify_support, N_("Certify it")),
        Move(
            "deliver_support", frozenset({S.CERTIFIED}), S.DELIVERED, policy.deliver_support, N_("Record the delivery")
        ),
    ],
)


@dataclass(frozen=True)
class SupportDraft:
    """What an agreement gives of one kind."""

    name: str
    unit: str
    planned: int


def plan_supports(agreement: Agreement, plan: Sequence[SupportDraft], version: int | None, *, actor: Person) -> None:
    """The officer writes the quantities, in the place of those there were, until the commitment is proposed."""
    with transaction():
        lock(agreement, "state")
        policy.plan_milestones.require(actor, agreement)
        expect(agreement, version)
        if len(plan) > MOST_SUPPORTS:
            raise Refused(N_("An agreement gives at most %(n)s kinds of support.", n=MOST_SUPPORTS))
        db.session.execute(delete(Support).where(Support.agreement_id == agreement.id))
        for n, one in enumerate(plan, 1):
            db.session.add(Support(agreement_id=agreement.id, position=n, **vars(one)))
        flag_modified(agreement, "starts_on")  # its version counts: what belongs to it in rows of their own changed
        record("agreement.supports_planned", agreement, actor, after={"supports": [vars(one) for one in plan]})
        db.session.flush()
        db.session.expire(agreement, ["supports"])


def ask_support(support: Support, quantity: int, note: str, *, actor: Person) -> SupportRequest:
    """The beneficiary asks for so many units; raises Refused beyond what is left."""
    with transaction():
        policy.ask_support.require(actor, support)
        lock(support)  # of two colleagues who ask for the last ones, the second is told
        asked = select(func.coalesce(func.sum(SupportRequest.quantity), 0)).where(
            SupportRequest.support_id == support.id, SupportRequest.state != S.REFUSED
        )
        left = support.planned - int(db.session.scalar(asked) or 0)
        if not 1 <= quantity <= left:
            raise Refused(N_("You can ask for at most %(n)s: the rest is given or asked for already.", n=left))
        made = SupportRequest(
            id=new_id(), support_id=support.id, quantity=quantity, note=note.strip(), requested_by_id=actor.id
        )
        db.session.add(made)
        db.session.flush()
        record("support.asked", made, actor, after={"support": support.name, "quantity": quantity})
        return made


def check_support(request: SupportRequest, *, actor: Person) -> None:
    """The officer finds it in order."""
    with transaction():
        lifecycle.fire("check_support", request, actor, set={"checked_by_id": actor.id}, quantity=request.quantity)


def refuse_support(request: SupportRequest, reason: str, *, actor: Person) -> None:
    """The officer refuses, with a reason; the units may be asked for again."""
    with transaction():
        lifecycle.fire(
            "refuse_support", request, actor, reason=reason, set={"checked_by_id": actor.id, "reason": reason}
        )


def certify_support(request: SupportRequest, *, actor: Person) -> None:
    """The authorising officer agrees that it is given."""
    with transaction():
        lifecycle.fire("certify_support", request, actor, set={"certified_by_id": actor.id}, quantity=request.quantity)


def deliver_support(request: SupportRequest, day: date, *, actor: Person) -> None:
    """A second officer records that it was given, and when."""
    with transaction():
        delivered = {"delivered_by_id": actor.id, "delivered_on": day}
        lifecycle.fire("deliver_support", request, actor, set=delivered, delivered_on=day.isoformat())
