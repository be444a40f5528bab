"""Credit between a fund and its calls, or two calls: the fund manager proposes, the committee confirms."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from grants.awards.interests import hidden_commissions
from grants.awards.policy import LINKED, LINKED_WAITING
from grants.calls import credit_moves as policy
from grants.calls.credit_moves import MOVE_LABELS, CreditMove, CreditMoveState, End
from grants.calls.models import Call, CallState, Instrument
from grants.clusters.models import Cluster, Commission
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Forbidden, NotEnough, Refused, WrongState
from grants.core.i18n import N_, Text
from grants.core.types import Money, new_id
from grants.funds.models import Fund
from grants.funds.queries import serving
from grants.ledger.queries import by_call_and_commission
from grants.ledger.service import Kind, Line, Place, Stage, key_for, post
from grants.people.models import Person, Role
from workflows.committee import must_cover, waits_for
from workflows.letters import Letter, address, letter
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due, promise

S = CreditMoveState
TAKING = frozenset(  # a call that may still award what it is given
    {
        CallState.APPROVED,
        CallState.PUBLISHED,
        CallState.OPEN,
        CallState.CLOSED,
        CallState.EVALUATING,
        CallState.DECIDED,
    }
)
lifecycle = Lifecycle(
    "credit_move",
    MOVE_LABELS,
    [
        Move(
            "confirm_credit_move",
            frozenset({S.PROPOSED}),
            S.CONFIRMED,
            policy.confirm_credit_move,
            N_("Confirm the transfer"),
        ),
        Move(
            "refuse_credit_move",
            frozenset({S.PROPOSED}),
            S.REFUSED,
            policy.confirm_credit_move,
            N_("Refuse the transfer"),
            why=True,
        ),
    ],
)


def propose(
    fund: Fund, source: End, target: End, amount: Money, reason: str, key: UUID | None = None, *, actor: Person
) -> CreditMove:
    """Ask the committee to move credit; nothing moves yet. With the same `key`, once.

    Raises Refused for ends that cannot give or take, NotEnough when the source does not hold the amount now.
    """
    with transaction():
        policy.propose_credit_move.require(actor, fund)
        lock(fund)
        key = key or new_id()
        made = db.session.get(CreditMove, key)
        if made is not None:
            if (made.fund_id, made.source, made.target, made.amount) != (fund.id, source, target, amount):
                raise WrongState(N_("This page had made another transfer already: nothing more has moved."))
            return made
        if not reason.strip():
            raise Refused(N_("Give the reason of the transfer: the committee reads it."))
        if amount.minor <= 0 or amount.currency != fund.currency:
            raise Refused(N_("The amount must be greater than zero."))
        _must_join(fund, source, target)
        _must_hold(fund, source, amount)
        last = db.session.scalar(select(func.max(CreditMove.number)).where(CreditMove.fund_id == fund.id))
        made = CreditMove(
            id=key,
            fund_id=fund.id,
            number=(last or 0) + 1,
            source_call_id=source.call_id,
            source_commission_id=source.commission_id,
            target_call_id=target.call_id,
            target_commission_id=target.commission_id,
            currency=amount.currency,
            amount_minor=amount.minor,
            reason=reason.strip(),
            proposed_by_id=actor.id,
        )
        db.session.add(made)
        db.session.flush()
        record("credit_move.proposed", made, actor, reason=reason, after={"amount": amount.minor})
        for member in serving(fund, Role.COMMITTEE):
            promise(tell_credit_proposed, made, member)
        return made


def confirm(move: CreditMove, *, actor: Person) -> None:
    """The committee confirms: the credit moves. Raises Refused, NotEnough or Forbidden (a linked member) otherwise."""
    with transaction():
        fund: Fund = move.fund
        ends = _calls(fund, [move.source, move.target])
        for one in ends.values():
            lock(one, "state")
        if not lifecycle.fire(
            "confirm_credit_move",
            move,
            actor,
            set={"decided_by_id": actor.id, "decided_at": now()},
            amount=move.amount_minor,
        ):
            return
        _must_join(fund, move.source, move.target)
        for end in (move.source, move.target):
            if end.call_id and end.commission_id in hidden_commissions(actor, ends[end.call_id]):
                raise Forbidden(LINKED)
        target, source = move.target, move.source
        if target.call_id and target.commission_id and waits_for(actor, ends[target.call_id], target.commission_id):
            raise Forbidden(LINKED_WAITING)
        if source.call_id and source.commission_id:
            must_cover(ends[source.call_id], source.commission_id, move.amount)
        document = f"MVT-{move.number:03}"
        for kind, lines in _path(source, target, move.amount):
            key = key_for("credit move", move.id, kind)
            post(fund.id, kind, lines, actor=actor, key=key, document=document, reason=move.reason)
        promise(tell_credit_answered, move, db.session.get_one(Person, move.proposed_by_id))


def refuse(move: CreditMove, reason: str, *, actor: Person) -> None:
    """The committee refuses, with a reason that the fund manager reads."""
    with transaction():
        refused = {"decided_by_id": actor.id, "decided_at": now(), "answer": reason}
        if lifecycle.fire("refuse_credit_move", move, actor, reason=reason, set=refused):
            promise(tell_credit_answered, move, db.session.get_one(Person, move.proposed_by_id))


def _calls(fund: Fund, ends: Sequence[End]) -> dict[UUID, Call]:
    """The calls of these ends, in one order for everybody who locks them."""
    ids = {one.call_id for one in ends if one.call_id}
    whole = joinedload(Call.fund).joinedload(Fund.cluster).selectinload(Cluster.commissions)
    found = select(Call).where(Call.id.in_(ids), Call.fund_id == fund.id).order_by(Call.id).options(whole)
    return {one.id: one for one in db.session.scalars(found)}


def _must_join(fund: Fund, source: End, target: End) -> None:
    calls = _calls(fund, [source, target])
    known = set(db.session.scalars(select(Commission.id).where(Commission.cluster_id == fund.cluster_id)))
    for end in (source, target):
        if (end.call_id and end.call_id not in calls) or (end.commission_id and end.commission_id not in known):
            raise Refused(N_("Choose where the credit comes from and where it goes."))
    if source == target:
        raise Refused(N_("The credit comes from one place and goes to another."))
    if source.call_id and source.call_id == target.call_id and source.commission_id and target.commission_id:
        raise Refused(
            N_("Between two commissions of one call the committee transfers credit itself."),
            N_("It does so in the picture of the call."),
        )
    if target.call_id:
        call = calls[target.call_id]
        if call.state not in TAKING:
            raise Refused(N_("“%(call)s” awards nothing any more: it takes no credit.", call=call.title))
        if call.instrument is Instrument.IN_KIND:
            raise Refused(N_("“%(call)s” gives support in kind: it takes no credit.", call=call.title))


def _must_hold(fund: Fund, source: End, amount: Money) -> None:
    standing = by_call_and_commission(fund.id).get((source.call_id, source.commission_id))
    left = standing[_place(source).stage] if standing else Money(0, fund.currency)
    if left < amount:
        raise NotEnough(
            N_("%(left)s is free there; %(asked)s is asked.", left=left, asked=amount), N_("Lower the amount.")
        )


def _place(end: End) -> Place:
    if end.call_id is None:
        return Place.available()
    return Place.commission(end.call_id, end.commission_id) if end.commission_id else Place.call(end.call_id)


def _path(source: End, target: End, amount: Money) -> list[tuple[Kind, list[Line]]]:
    """Up from the source to where both meet, then down to the target: one operation for each kind of step."""
    up = _upwards(source)
    down = _upwards(target)
    while len(up) > 1 and len(down) > 1 and up[-2] == down[-2]:
        up, down = up[:-1], down[:-1]
    steps = []
    back = [Line(one, other, amount) for one, other in pairwise(up)]
    if back:
        steps.append((Kind.DEALLOCATE, back))
    for one, other in pairwise(reversed(down)):
        kind = Kind.ALLOCATE_CALL if other.stage is Stage.CALL else Kind.ALLOCATE_COMMISSION
        steps.append((kind, [Line(one, other, amount)]))
    return steps


def _upwards(end: End) -> list[Place]:
    """The place and those above it, as far as the fund."""
    found = [_place(end)]
    if end.commission_id and end.call_id:
        found.append(Place.call(end.call_id))
    if end.call_id:
        found.append(Place.available())
    return found


# --- what is written ------------------------------------------------------------------------------------------


@letter
def tell_credit_proposed(due: Due) -> Letter | None:
    """To a member of the committee, while it waits. Between which calls, how much and why stands on the page alone,
    which hides from a linked member what they may not see."""
    move = _told(due)
    if move.state is not S.PROPOSED:
        return None
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("%(fund)s: a transfer of credit waits for the committee", fund=move.fund.code),
        paragraphs=[N_("The fund manager proposes to move credit. Nothing moves before the committee confirms it.")],
        facts=[(N_("Fund"), move.fund.name), (N_("Transfer"), f"MVT-{move.number:03}")],
        action=(N_("See the transfers"), address("finance.moves", id=move.fund_id)),
        cluster=move.fund.cluster,
    )


@letter
def tell_credit_answered(due: Due) -> Letter | None:
    """To whoever proposed it: what the committee said."""
    move = _told(due)
    facts: list[tuple[Text, Any]] = [
        (N_("Fund"), move.fund.name),
        (N_("Transfer"), f"MVT-{move.number:03}"),
        (N_("Amount"), move.amount),
    ]
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("%(fund)s: the transfer is confirmed", fund=move.fund.code)
        if move.state is S.CONFIRMED
        else N_("%(fund)s: the transfer is refused", fund=move.fund.code),
        paragraphs=[
            N_("The committee has confirmed it: the credit has moved.")
            if move.state is S.CONFIRMED
            else N_("The committee has refused it, for the reason below: nothing has moved.")
        ],
        facts=[*facts, *([(N_("Reason"), move.answer)] if move.answer else [])],
        action=(N_("See the transfers"), address("finance.moves", id=move.fund_id)),
        cluster=move.fund.cluster,
    )


def _told(due: Due) -> CreditMove:
    whole = joinedload(CreditMove.fund).joinedload(Fund.cluster)
    return db.session.scalars(select(CreditMove).where(CreditMove.id == due.subject_id).options(whole)).one()
