"""Money paid that must come back: established, notified, paid back by instalments or kept back, collected, written off.

Establishing moves the amount from paid (or from what was to be repaid) to what is to be recovered; each receipt moves
it on; a write-off moves what is left back to paid. Which instalments it is taken from is read from the ledger: the
last one paid comes back first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from grants.awards.models import Award
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import NotEnough, Refused
from grants.core.i18n import N_
from grants.core.policy import clock_only
from grants.core.types import Money
from grants.ledger.service import Kind, Line, Place, Stage, key_for, post, reversed_lines
from grants.payments import policy, queries
from grants.payments.models import (
    RECOVERY_LABELS,
    Offset,
    PaymentOrder,
    Receipt,
    Recovery,
    RecoveryState,
    RecoveryTerm,
)
from grants.people.models import Membership, Person, Right
from workflows.letters import Letter, address, letter
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due, promise

S = RecoveryState
PURSUED = frozenset({S.NOTIFIED, S.INSTALMENTS, S.OFFSET})
REOPENED = frozenset({S.COLLECTED, S.WRITTEN_OFF})  # when what was kept back was not paid after all

lifecycle = Lifecycle(
    "recovery",
    RECOVERY_LABELS,
    [
        Move("notify_recovery", frozenset({S.ESTABLISHED}), S.NOTIFIED, policy.pursue, N_("Notify the beneficiary")),
        Move(
            "agree_instalments",
            frozenset({S.NOTIFIED, S.OFFSET}),
            S.INSTALMENTS,
            policy.pursue,
            N_("Agree on instalments"),
        ),
        Move(
            "keep_back",
            frozenset({S.NOTIFIED, S.INSTALMENTS}),
            S.OFFSET,
            policy.pursue,
            N_("Keep back from payments to come"),
        ),
        Move("complete_recovery", PURSUED, S.COLLECTED, policy.collect, N_("Collected")),
        Move("reopen_recovery", REOPENED, S.OFFSET, clock_only, N_("Open again")),
        Move(
            "write_off",
            PURSUED | {S.ESTABLISHED},
            S.WRITTEN_OFF,
            policy.write_off,
            N_("Write it off"),
            why=True,
        ),
    ],
)


@dataclass(frozen=True)
class Term:
    """One instalment that was agreed."""

    due_on: date
    amount: Money


# --- the authorising officer ----------------------------------------------------------------------------------


def establish(
    award: Award,
    amount: Money,
    reason: str,
    *,
    actor: Person,
    key: UUID | None = None,
    source: Stage = Stage.PAID,
) -> Recovery:
    """Order that this much of what was paid comes back. `key` makes a form sent twice one recovery.

    Raises NotEnough when less than that was paid and still stands there.
    """
    with transaction():
        policy.establish.require(actor, award)
        db.session.execute(select(Award.id).where(Award.id == award.id).with_for_update(key_share=True))
        if key is not None and (before := db.session.get(Recovery, key)):
            return before
        if amount.minor <= 0:
            raise Refused(N_("Enter the amount to recover."))
        held = queries.shares(award)
        if held.at(source) < amount.minor:
            raise NotEnough(
                N_(
                    "%(asked)s cannot be recovered: %(held)s was paid and has not come back.",
                    asked=amount,
                    held=Money(held.at(source), amount.currency),
                )
            )
        made = select(func.count()).select_from(Recovery).where(Recovery.award_id == award.id)
        recovery = Recovery(
            **({"id": key} if key else {}),
            fund_id=award.fund_id,
            award_id=award.id,
            award=award,
            number=f"OR-{award.number}-{(db.session.scalar(made) or 0) + 1}",
            currency=amount.currency,
            amount_minor=amount.minor,
            reason=reason,
            established_by_id=actor.id,
        )
        db.session.add(recovery)
        db.session.flush()
        record("recovery.establish", recovery, actor, reason=reason, after={"amount": amount.minor})
        parts = held.spread(source, amount.minor, last_first=True)
        _move(recovery, Kind.CLAIM, source, Stage.TO_RECOVER, parts, actor, document=recovery.number, reason=reason)
        return recovery


def notify_recovery(recovery: Recovery, due_on: date, *, actor: Person) -> None:
    """Tell the beneficiary by letter, with the day until which to pay."""
    with transaction():
        told = {"due_on": due_on, "notified_at": now()}
        if lifecycle.fire("notify_recovery", recovery, actor, set=told, due_on=str(due_on)):
            for owner in _owners(recovery.award.organisation_id):
                promise(tell_of_recovery, recovery, owner)


def agree_instalments(recovery: Recovery, terms: Sequence[Term], *, actor: Person) -> None:
    """So much by such a day; together what is left."""
    with transaction():
        lock(recovery, "received_minor", "state")
        if sum(one.amount.minor for one in terms) != recovery.left.minor or any(one.amount.minor <= 0 for one in terms):
            raise Refused(N_("The instalments must add up to %(left)s, what is left to recover.", left=recovery.left))
        if [one.due_on for one in terms] != sorted({one.due_on for one in terms}):
            raise Refused(N_("Each instalment is due after the one before it."))
        if lifecycle.fire("agree_instalments", recovery, actor, instalments=len(terms)):
            db.session.query(RecoveryTerm).filter_by(recovery_id=recovery.id).delete()
            for position, one in enumerate(terms, 1):
                db.session.add(
                    RecoveryTerm(
                        recovery_id=recovery.id,
                        position=position,
                        due_on=one.due_on,
                        currency=recovery.currency,
                        amount_minor=one.amount.minor,
                    )
                )


def keep_back_from_payments(recovery: Recovery, *, actor: Person) -> None:
    """What is left is kept back from the next payments of this fund to the beneficiary."""
    with transaction():
        lifecycle.fire("keep_back", recovery, actor)


# --- the accountant, the committee ----------------------------------------------------------------------------


def collect(recovery: Recovery, amount: Money, bank_reference: str, value_date: date, *, actor: Person) -> None:
    """Record what the beneficiary paid back, as the bank says. The same reference again is the same receipt."""
    with transaction():
        policy.collect.require(actor, recovery)
        lock(recovery, "state", "received_minor")
        known = select(Receipt).where(Receipt.fund_id == recovery.fund_id, Receipt.bank_reference == bank_reference)
        if before := db.session.scalars(known).one_or_none():
            if before.recovery_id == recovery.id and before.says(amount, value_date):
                return
            raise Refused(
                N_("The bank reference %(reference)s was recorded already.", reference=bank_reference),
                N_("Give this receipt the reference that the bank gave it, or add its day to it."),
            )
        if recovery.state not in PURSUED:
            raise Refused(N_("Nothing is collected on a recovery that was not notified, or is over."))
        free = recovery.left.minor - queries.on_their_way([recovery.id]).get(recovery.id, 0)
        if not 0 < amount.minor <= free:
            raise Refused(
                N_("At most %(free)s is left to be paid back.", free=Money(free, recovery.currency)),
                N_("What payments on their way keep back is not counted in it."),
            )
        _receive(recovery, amount, bank_reference, value_date, actor, order=None)


def write_off(recovery: Recovery, reason: str, *, actor: Person) -> None:
    """Give up what is left, with a reason."""
    with transaction():
        lock(recovery, "state", "received_minor")
        if queries.on_their_way([recovery.id]):
            raise Refused(N_("A payment on its way keeps money back for this recovery: wait until it is paid."))
        given_up = {"write_off_reason": reason, "written_off_by_id": actor.id}
        if lifecycle.fire("write_off", recovery, actor, reason=reason, set=given_up, left=recovery.left.minor):
            parts = queries.shares(recovery.award).spread(Stage.TO_RECOVER, recovery.left.minor)
            number = recovery.number
            _move(recovery, Kind.WAIVE, Stage.TO_RECOVER, Stage.PAID, parts, actor, document=number, reason=reason)


# --- kept back from payments ----------------------------------------------------------------------------------


def keep_back(order: PaymentOrder) -> int:
    """Set aside, from an order about to be sent, what recoveries wait for; answers with its sum in minor units."""
    award = order.claim.instalment.agreement.award
    room, kept = order.amount_minor, 0
    for recovery in queries.to_keep_back(award.organisation_id, order.fund_id):
        lock(recovery, "state", "received_minor")
        free = recovery.left.minor - queries.on_their_way([recovery.id]).get(recovery.id, 0)
        part = min(room - kept, free)
        if recovery.state == S.OFFSET and part > 0:
            db.session.add(
                Offset(order_id=order.id, recovery_id=recovery.id, currency=order.currency, amount_minor=part)
            )
            db.session.flush()
            kept += part
    return kept


def settle_offsets(order: PaymentOrder, value_date: date, actor: Person) -> None:
    """The order is paid: what it kept back is received."""
    for one in queries.offsets(order.id):
        lock(one.recovery, "state", "received_minor")
        reference = f"{order.number}/{order.payments} {one.recovery.number}"
        _receive(one.recovery, one.amount, reference, value_date, actor, order=order)


def take_back(order: PaymentOrder, actor: Person) -> list[int]:
    """The order is not paid after all: what it kept back is not received. Answers with the operations to reverse."""
    operations = []
    for receipt in queries.kept_back_by(order.id):
        recovery = db.session.get_one(Recovery, receipt.recovery_id)
        lock(recovery, "state", "received_minor")
        if recovery.state in REOPENED:
            lifecycle.fire("reopen_recovery", recovery, None, set=_without_what_was_given_up(recovery))
        recovery.received_minor -= receipt.amount_minor
        record("recovery.not_received", recovery, actor, after={"order": order.number, "amount": receipt.amount_minor})
        operations.append(receipt.op or 0)
        db.session.delete(receipt)
    db.session.flush()
    return operations


def _without_what_was_given_up(recovery: Recovery) -> dict[str, Any]:
    """A recovery that is open again asks for what had been received; what was written off stays given up."""
    return {"amount_minor": recovery.received_minor, "write_off_reason": None, "written_off_by_id": None}


def reverse_operations(fund_id: UUID, operations: Iterable[int], reason: str, actor: Person) -> list[int]:
    """Post the contra-entry of each; answers with their numbers."""
    return [
        post(
            fund_id,
            Kind.REVERSE,
            reversed_lines(queries.lines_of(fund_id, no)),
            actor=actor,
            key=key_for("reverse", fund_id, no),
            document=f"R-{no}",
            reason=reason,
            reverses=no,
        ).no
        for no in operations
    ]


# --- behind them ----------------------------------------------------------------------------------------------


def _receive(
    recovery: Recovery, amount: Money, reference: str, value_date: date, actor: Person, *, order: PaymentOrder | None
) -> None:
    receipt = Receipt(
        fund_id=recovery.fund_id,
        recovery_id=recovery.id,
        order_id=order.id if order else None,
        currency=amount.currency,
        amount_minor=amount.minor,
        bank_reference=reference,
        value_date=value_date,
        recorded_by_id=actor.id,
    )
    db.session.add(receipt)
    recovery.received_minor += amount.minor
    record("recovery.received", recovery, actor, after={"amount": amount.minor, "reference": reference})
    if not recovery.left:
        lifecycle.fire("complete_recovery", recovery, actor)
    parts = queries.shares(recovery.award).spread(Stage.TO_RECOVER, amount.minor)
    said = f"{recovery.number} {reference}"
    receipt.op = _move(
        recovery, Kind.RECOVER, Stage.TO_RECOVER, Stage.RECOVERED, parts, actor, document=said, value_date=value_date
    )


def _move(
    recovery: Recovery,
    kind: Kind,
    source: Stage,
    target: Stage,
    parts: Sequence[tuple[UUID, int]],
    actor: Person,
    *,
    document: str,
    reason: str | None = None,
    value_date: date | None = None,
) -> int:
    return move_parts(
        recovery.award, kind, source, target, parts, actor, document=document, reason=reason, value_date=value_date
    )


def move_parts(
    award: Award,
    kind: Kind,
    source: Stage,
    target: Stage,
    parts: Sequence[tuple[UUID, int]],
    actor: Person,
    *,
    document: str,
    reason: str | None = None,
    value_date: date | None = None,
) -> int:
    """One operation with a line for each instalment; answers with its number."""
    grant = award.call_id, award.commission_id, award.id
    lines = [
        Line(Place(source, *grant, instalment), Place(target, *grant, instalment), Money(minor, award.currency))
        for instalment, minor in parts
    ]
    key = key_for(kind, award.id, document)
    posted = post(
        award.fund_id, kind, lines, actor=actor, key=key, document=document, reason=reason, value_date=value_date
    )
    return posted.no


def _owners(organisation_id: UUID) -> Sequence[Person]:
    owners = select(Person).join(Membership, Membership.person_id == Person.id)
    return db.session.scalars(
        owners.where(Membership.organisation_id == organisation_id, Membership.right == Right.OWNER)
    ).all()


@letter
def tell_of_recovery(due: Due) -> Letter | None:
    """`promise(tell_of_recovery, recovery, owner)`."""
    recovery = db.session.get_one(Recovery, due.subject_id)
    if recovery.state not in PURSUED:
        return None
    award = db.session.get_one(Award, recovery.award_id)
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("%(amount)s of the grant %(number)s must be paid back", amount=recovery.amount, number=award.number),
        paragraphs=[
            N_("The authorising officer has ordered the recovery of a part of your grant, for the reason below."),
            N_("You may ask to pay it back by instalments, or to have it kept back from your next payments."),
        ],
        facts=[
            (N_("Recovery order"), recovery.number),
            (N_("Amount"), recovery.amount),
            (N_("To be paid by"), recovery.due_on),
            (N_("Reason"), recovery.reason),
        ],
        action=(N_("See the recovery"), address("applicant.recovery", id=recovery.id)),
    )
