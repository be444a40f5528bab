"""A recorded payment taken back by a contra-entry: one person asks and says why, another confirms."""

from grants.awards.models import Claim, ClaimState
from grants.core.audit import record
from grants.core.db import db, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.payments import policy, queries
from grants.payments.models import REVERSAL_LABELS, PaymentOrder, Reversal, ReversalState
from grants.people.models import Person
from workflows import recovery
from workflows.claim import lifecycle as claims
from workflows.machine import Lifecycle, Move
from workflows.payment import alive

S = ReversalState

lifecycle = Lifecycle(
    "payment_reversal",
    REVERSAL_LABELS,
    [
        Move("confirm_reversal", frozenset({S.ASKED}), S.CONFIRMED, policy.decide_reversal, N_("Reverse the payment")),
        Move("refuse_reversal", frozenset({S.ASKED}), S.REFUSED, policy.decide_reversal, N_("Refuse the reversal")),
    ],
)


def ask_reversal(order: PaymentOrder, reason: str, *, actor: Person) -> Reversal:
    """Say why a recorded payment is wrong; asked twice it is the same request."""
    with transaction():
        policy.ask_reversal.require(actor, order)
        lock(order, "paid_op")
        if order.paid_op is None:
            raise Refused(N_("No payment is recorded for this order: there is nothing to reverse."))
        for one in queries.reversals([order.id]):
            if one.state == S.ASKED:
                return one
        made = Reversal(order_id=order.id, reason=reason, paid_op=order.paid_op, asked_by_id=actor.id)
        db.session.add(made)
        db.session.flush()
        record("payment_reversal.ask", made, actor, reason=reason, after={"order": order.number})
        return made


def confirm_reversal(reversal: Reversal, *, actor: Person) -> None:
    """Post the contra-entry: the order is again at the bank, to be paid or returned. Its statement line is free."""
    with transaction():
        claim: Claim = queries.whole_orders(PaymentOrder.id == reversal.order_id)[0].claim
        lock(claim, "state")
        order = alive(claim)
        lock(reversal, "state")
        if reversal.state == S.ASKED and (claim.state != ClaimState.PAID or order.paid_op != reversal.paid_op):
            raise Refused(N_("This payment is no longer recorded as it was: refuse the reversal."))
        if reversal.state == S.ASKED:
            _unpay(order, claim, reversal, actor)
            posted = recovery.reverse_operations(order.fund_id, [reversal.paid_op], reversal.reason, actor)
            recovery.reverse_operations(order.fund_id, recovery.take_back(order, actor), reversal.reason, actor)
            decided = {"decided_by_id": actor.id, "reverse_op": posted[0]}
        else:
            decided = {}
        lifecycle.fire("confirm_reversal", reversal, actor, reason=reversal.reason, set=decided)


def _unpay(order: PaymentOrder, claim: Claim, reversal: Reversal, actor: Person) -> None:
    """The claim and the order as before the payment; the statement line that told of it waits to be used again."""
    policy.decide_reversal.require(actor, reversal)
    unpaid = {"bank_reference": None, "value_date": None, "paid_by_id": None}
    claims.fire("reverse_payment", claim, actor, reason=reversal.reason, set=unpaid)
    order.paid_op = order.bank_reference = order.value_date = None
    for line in queries.lines_about(order.id):
        line.used_as = line.order_id = line.used_by_id = None
    db.session.flush()


def refuse_reversal(reversal: Reversal, reason: str, *, actor: Person) -> None:
    """The payment stays recorded."""
    with transaction():
        lifecycle.fire("refuse_reversal", reversal, actor, reason=reason, set={"decided_by_id": actor.id})
