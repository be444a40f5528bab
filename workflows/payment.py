"""A verified claim to the bank's word: ordered, approved or returned, paid, given back by the bank.

Sending is done by batches (workflows/batch.py). Which account is paid is settled here, when the payment is ordered: it
is frozen on the order, and nothing is sent once the account kept is no longer that very one, verified.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from grants.awards import policy as award_policy
from grants.awards.models import Award, Claim, ClaimState
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.ledger.service import Kind, Stage
from grants.payments import queries
from grants.payments.models import PaymentOrder
from grants.payments.transfers import why_unpayable
from grants.people.models import Person
from grants.profiles.models import BankAccount
from workflows import recovery, repayment
from workflows.claim import hold_agreement, lifecycle, move, reference, require_other_eyes
from workflows.letters import Letter, address, letter
from workflows.outbox import Due, promise

S = ClaimState


def order(claim: Claim, account_id: UUID | None = None, *, actor: Person) -> None:
    """Order the payment to a verified account of the beneficiary; `account_id` None: the only one there is."""
    with transaction():
        hold_agreement(claim)
        require_other_eyes(claim, actor)
        attempt = int(claim.order_number.rpartition("-")[2]) + 1 if claim.order_number else 1
        number = f"OP-{reference(claim)}-{attempt}"
        account = _payee(claim, account_id)
        ordered = {"ordered_by_id": actor.id, "order_number": number, "return_reason": None}
        if lifecycle.fire("order", claim, actor, set=ordered, number=number, account=account.masked):
            db.session.add(_frozen(claim, account, number))
            move(claim, Kind.ORDER, Stage.PAYABLE, Stage.ORDERED, actor, document=claim.order_number)


def _payee(claim: Claim, account_id: UUID | None) -> BankAccount:
    award: Award = claim.instalment.agreement.award
    found = queries.payable_accounts(award.organisation_id, claim.currency)
    chosen = [one for one in found if account_id in (None, one.id)]
    if not chosen:
        raise Refused(
            N_("%(organisation)s has no verified bank account for this payment.", organisation=award.organisation.name),
            N_("Its owners give the account; an accountant verifies it. Then the payment can be ordered."),
        )
    if len(chosen) > 1:
        raise Refused(N_("The beneficiary has several verified accounts: choose the one to pay."))
    return chosen[0]


def _frozen(claim: Claim, account: BankAccount, number: str) -> PaymentOrder:
    award: Award = claim.instalment.agreement.award
    return PaymentOrder(
        claim_id=claim.id,
        fund_id=award.fund_id,
        number=number,
        currency=claim.currency,
        amount_minor=claim.accepted_minor,
        account_id=account.id,
        holder=account.holder,
        bank=account.bank,
        country=account.country,
        account_number=account.number,
        ending=account.ending,
    )


def approve_order(claim: Claim, *, actor: Person) -> None:
    """The accountant's visa on the payment order: its account is still the verified one."""
    with transaction():
        order = alive(claim)
        if claim.state == S.ORDERED and (why := why_unpayable(order)):
            raise Refused(why, N_("Return the order: it is ordered again to the account that is verified now."))
        lifecycle.fire("approve_order", claim, actor, set={"approved_by_id": actor.id})


def return_order(claim: Claim, reason: str, *, actor: Person) -> None:
    """Return the order to the authorising officer, with a reason; it leaves the batch it was gathered in."""
    with transaction():
        if lifecycle.fire("return_order", claim, actor, reason=reason, set={"return_reason": reason}):
            order = alive(claim)
            if order.batch is not None and order.batch.state == "sending":
                raise Refused(N_("Its batch is being sent to the bank: wait until the transfer list is written."))
            _end(order, reason)
            order.batch_id = order.position = None
            move(claim, Kind.REJECT_ORDER, Stage.ORDERED, Stage.PAYABLE, actor, document=order.number)


def pay(claim: Claim, bank_reference: str, value_date: date, *, actor: Person) -> None:
    """Record what the bank says was paid: its reference and value date. What was kept back counts as received."""
    with transaction():
        paid = {"bank_reference": bank_reference, "value_date": value_date, "paid_by_id": actor.id}
        if not lifecycle.fire("pay", claim, actor, set=paid, bank_reference=bank_reference):
            return
        order = alive(claim)
        order.payments += 1
        again = f" ({order.payments})" if order.payments > 1 else ""
        document = f"{order.number} {bank_reference}{again}"
        posted = move(claim, Kind.PAY, Stage.REMITTED, Stage.PAID, actor, document=document, value_date=value_date)
        order.paid_op, order.bank_reference, order.value_date = posted, bank_reference, value_date
        recovery.settle_offsets(order, value_date, actor)
        _tell_owners(claim, order, f"paid {order.payments}")


def return_payment(claim: Claim, reason: str, returned_on: date, *, actor: Person) -> None:
    """The bank gave the money back, or never paid it: it can be ordered again, and the beneficiary reads why."""
    with transaction():
        lock(claim, "state", "bank_reference")
        order = alive(claim)
        was_paid = claim.state == S.PAID
        if claim.state == S.REMITTED and order.batch is not None and order.batch.state == "sending":
            raise Refused(N_("Its batch is being sent to the bank: wait until the transfer list is written."))
        back = {"return_reason": reason, "bank_reference": None, "value_date": None, "paid_by_id": None}
        if not lifecycle.fire("return_payment", claim, actor, reason=reason, set=back, number=order.number):
            return
        _end(order, reason)
        taken_back = recovery.take_back(order, actor)
        if was_paid:
            repayment.forget_schedule(claim.instalment.agreement.award, reason, actor)
        kind, source = (Kind.RETURN_PAYMENT, Stage.PAID) if was_paid else (Kind.REJECT_REMITTANCE, Stage.REMITTED)
        posted = move(claim, kind, source, Stage.ORDERED, actor, document=order.number, value_date=returned_on)
        if was_paid:
            order.returned_op, order.returned_on = posted, returned_on
        move(claim, Kind.REJECT_ORDER, Stage.ORDERED, Stage.PAYABLE, actor, document=order.number)
        recovery.reverse_operations(order.fund_id, taken_back, reason, actor)
        _tell_owners(claim, order, "returned")


def alive(claim: Claim) -> PaymentOrder:
    """The order by which the claim is being paid; raises Refused when there is none."""
    db.session.flush()
    found = queries.alive(claim.id)
    if found is None:
        raise Refused(N_("This claim has no payment order: return it and order it again."))
    return found


def _end(order: PaymentOrder, reason: str) -> None:
    order.ended_at, order.end_reason = now(), reason


# --- what the beneficiary is told -----------------------------------------------------------------------------


def _tell_owners(claim: Claim, order: PaymentOrder, slot: str) -> None:
    for owner in owners(claim.instalment.agreement.award):
        promise(tell_of_payment, order, owner, slot=slot)


def owners(award: Award) -> Sequence[Person]:
    """Those who speak for the beneficiary; its memberships must be loaded."""
    ids = [one.person_id for one in award_policy.memberships(award) if one.right == "owner"]
    return db.session.scalars(select(Person).where(Person.id.in_(ids))).all()


@letter
def tell_of_payment(due: Due) -> Letter | None:
    """`promise(tell_of_payment, order, owner, slot="paid 1" | "returned")`: never the whole account number."""
    found = queries.whole_orders(PaymentOrder.id == due.subject_id)
    if not found:
        return None
    order = found[0]
    award: Award = order.claim.instalment.agreement.award
    returned = due.slot == "returned"
    if not returned and order.paid_op is None:
        return None
    facts = [
        (N_("Project"), award.title),
        (N_("Amount"), order.net),
        (N_("Account"), order.masked),
        *([(N_("Reason"), order.end_reason)] if returned else [(N_("Value date"), order.value_date)]),
    ]
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("A payment for %(number)s came back from the bank", number=award.number)
        if returned
        else N_("A payment for %(number)s was made", number=award.number),
        paragraphs=[
            N_("The bank did not pay it, for the reason below. It will be ordered again; check your bank account.")
            if returned
            else N_("The bank has paid this amount to your account.")
        ],
        facts=facts,
        action=(N_("Follow the payments"), address("applicant.payments", id=award_agreement(order))),
        cluster=award.fund.cluster,
    )


def award_agreement(order: PaymentOrder) -> UUID:
    """The agreement an order pays, by whose id its pages are found."""
    agreement_id: UUID = order.claim.instalment.agreement_id
    return agreement_id
