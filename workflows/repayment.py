"""Repayable advances: the schedule by the call's rule, each repayment recorded, late ones turned into a recovery."""

from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from grants.awards.models import Award
from grants.calls.models import Call, Instrument
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.core.types import Money
from grants.ledger.service import Kind, Stage, key_for
from grants.payments import policy, queries
from grants.payments.models import Receipt, Recovery, Repayment, RepaymentRule
from grants.payments.schedule import planned
from grants.people.models import Person
from workflows import recovery as recoveries
from workflows.recovery import move_parts


def set_rule(
    call: Call, grace_months: int, repayments: int, period_months: int, version: int | None, *, actor: Person
) -> RepaymentRule:
    """How the advances of this call come back; schedules drawn up before stay as they are."""
    with transaction():
        policy.set_repayment_rule.require(actor, call)
        if call.instrument != Instrument.REPAYABLE_ADVANCE:
            raise Refused(N_("This call gives no repayable advance: nothing is repaid."))
        rule = queries.rule_of(call.id)
        if rule is None:
            rule = RepaymentRule(call_id=call.id, grace_months=0, repayments=1, period_months=1)
            db.session.add(rule)
        else:
            expect(rule, version)
        rule.grace_months, rule.repayments, rule.period_months = grace_months, repayments, period_months
        db.session.flush()
        said = {"grace_months": grace_months, "repayments": repayments, "period_months": period_months}
        record("repayment_rule.set", rule, actor, after=said)
        return rule


def schedule_repayments(award: Award, *, actor: Person) -> list[Repayment]:
    """Draw up the schedule for all that was paid and is not scheduled yet; called again without news it does nothing.

    The grace period runs from the last value date of what was paid.
    """
    with transaction():
        policy.establish.require(actor, award)
        db.session.execute(select(Award.id).where(Award.id == award.id).with_for_update(key_share=True))
        if award.call.instrument != Instrument.REPAYABLE_ADVANCE:
            raise Refused(N_("This grant is not an advance: it is not repaid."))
        rule = queries.rule_of(award.call_id)
        if rule is None:
            raise Refused(
                N_("The call does not say how its advances are repaid."),
                N_("A programme officer sets the grace months, the number and the period of the repayments."),
            )
        held = queries.shares(award)
        paid = held.at(Stage.PAID) - queries.given_up(award.id)
        if paid <= 0:
            raise Refused(N_("Nothing that was paid waits for a schedule."))
        last = select(func.coalesce(func.max(Repayment.position), 0)).where(Repayment.award_id == award.id)
        first = (db.session.scalar(last) or 0) + 1
        made = [
            Repayment(
                fund_id=award.fund_id,
                award_id=award.id,
                position=first + n,
                due_on=due_on,
                currency=award.currency,
                amount_minor=minor,
            )
            for n, (due_on, minor) in enumerate(planned(paid, queries.last_paid_on(award.id) or _today(award), rule))
        ]
        db.session.add_all(made)
        db.session.flush()
        record("award.schedule_repayments", award, actor, after={"repayments": len(made), "amount": paid})
        document = f"{award.number}-{first}"
        parts = held.spread(Stage.PAID, paid)
        move_parts(award, Kind.SCHEDULE_REPAYMENT, Stage.PAID, Stage.TO_REPAY, parts, actor, document=document)
        return made


def forget_schedule(award: Award, reason: str, actor: Person) -> None:
    """A payment of the advance came back: what was to be repaid of it is drawn up anew from what stays paid.

    Raises Refused once a repayment has come in or was turned into a recovery: that is settled first.
    """
    drawn = db.session.scalars(select(Repayment).where(Repayment.award_id == award.id).with_for_update()).all()
    if not drawn:
        return
    if any(one.received_minor or one.recovery_id for one in drawn):
        raise Refused(
            N_("A part of this advance has been repaid or is being recovered."),
            N_("Take that back first, then record that the bank returned the payment."),
        )
    operations = queries.schedules(award)
    for one in drawn:
        db.session.delete(one)
    db.session.flush()
    record("award.forget_schedule", award, actor, reason=reason, before={"repayments": len(drawn)})
    recoveries.reverse_operations(award.fund_id, operations, reason, actor)


def record_repayment(
    repayment: Repayment, amount: Money, bank_reference: str, value_date: date, *, actor: Person
) -> None:
    """Record what the bank received. The same reference again is the same receipt."""
    with transaction():
        policy.record_repayment.require(actor, repayment)
        lock(repayment, "received_minor", "recovery_id")
        known = select(Receipt).where(Receipt.fund_id == repayment.fund_id, Receipt.bank_reference == bank_reference)
        if before := db.session.scalars(known).one_or_none():
            if before.repayment_id == repayment.id and before.says(amount, value_date):
                return
            raise Refused(
                N_("The bank reference %(reference)s was recorded already.", reference=bank_reference),
                N_("Give this receipt the reference that the bank gave it, or add its day to it."),
            )
        if repayment.recovery_id is not None:
            raise Refused(N_("This repayment was turned into a recovery: record what comes in there."))
        if not 0 < amount.minor <= repayment.left.minor:
            raise Refused(N_("At most %(left)s is left of this repayment.", left=repayment.left))
        receipt = Receipt(
            fund_id=repayment.fund_id,
            repayment_id=repayment.id,
            currency=amount.currency,
            amount_minor=amount.minor,
            bank_reference=bank_reference,
            value_date=value_date,
            recorded_by_id=actor.id,
        )
        db.session.add(receipt)
        repayment.received_minor += amount.minor
        record("repayment.received", repayment, actor, after={"amount": amount.minor, "reference": bank_reference})
        parts = queries.shares(repayment.award).spread(Stage.TO_REPAY, amount.minor)
        document = f"{repayment.award.number} R{repayment.position} {bank_reference}"
        receipt.op = move_parts(
            repayment.award,
            Kind.REPAY,
            Stage.TO_REPAY,
            Stage.REPAID,
            parts,
            actor,
            document=document,
            value_date=value_date,
        )


def pursue_repayment(repayment: Repayment, reason: str, *, actor: Person) -> Recovery:
    """What is left of a late repayment becomes a recovery order."""
    with transaction():
        policy.pursue_repayment.require(actor, repayment)
        lock(repayment, "received_minor", "recovery_id")
        if repayment.recovery_id is not None:
            return db.session.get_one(Recovery, repayment.recovery_id)
        if not repayment.late(_today(repayment.award)):
            raise Refused(N_("This repayment is not late."))
        key = _recovery_id(repayment.id)
        made = recoveries.establish(
            repayment.award, repayment.left, reason, actor=actor, key=key, source=Stage.TO_REPAY
        )
        repayment.recovery_id = made.id
        return made


def _recovery_id(repayment_id: UUID) -> UUID:
    """One recovery for one repayment, whoever presses first."""
    return key_for("recovery of", repayment_id)


def _today(award: Award) -> date:
    return now().astimezone(award.fund.cluster.zone).date()
