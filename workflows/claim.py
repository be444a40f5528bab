"""A claim from the beneficiary’s request to its verified amount: check, certify, verify (then workflows.payment)."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from grants.awards import policy
from grants.awards.models import CLAIM_LABELS, AgreementState, Claim, ClaimState, Instalment
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.core.types import Money
from grants.ledger.service import Kind, Line, Place, Stage, key_for, post
from grants.payments.policy import reverse_claim
from grants.people.models import Person
from workflows.machine import Lifecycle, Move

S = ClaimState

lifecycle = Lifecycle(
    "claim",
    CLAIM_LABELS,
    [
        Move("submit_claim", frozenset({S.DRAFT}), S.SUBMITTED, policy.claim_money, N_("Submit the claim")),
        Move("check", frozenset({S.SUBMITTED}), S.CHECKED, policy.check, N_("Accept the claim")),
        Move("refuse", frozenset({S.SUBMITTED}), S.REJECTED, policy.check, N_("Reject the claim"), why=True),
        Move("certify", frozenset({S.CHECKED}), S.CERTIFIED, policy.certify, N_("Certify the delivery")),
        Move("liquidate", frozenset({S.CERTIFIED}), S.LIQUIDATED, policy.liquidate, N_("Verify the amount")),
        Move("order", frozenset({S.LIQUIDATED, S.RETURNED}), S.ORDERED, policy.order, N_("Order the payment")),
        Move("approve_order", frozenset({S.ORDERED}), S.APPROVED, policy.pay, N_("Approve the order")),
        Move(
            "return_order",
            frozenset({S.ORDERED, S.APPROVED}),
            S.RETURNED,
            policy.pay,
            N_("Return the order"),
            why=True,
        ),
        Move("remit_order", frozenset({S.APPROVED}), S.REMITTED, policy.pay, N_("Send to the bank")),
        Move("pay", frozenset({S.REMITTED}), S.PAID, policy.pay, N_("Record the payment")),
        Move(
            "return_payment",
            frozenset({S.REMITTED, S.PAID}),
            S.RETURNED,
            policy.pay,
            N_("The bank returned it"),
            why=True,
        ),
        Move("reverse_payment", frozenset({S.PAID}), S.REMITTED, reverse_claim, N_("Reverse the payment"), why=True),
    ],
)


@dataclass(frozen=True)
class Evidence:
    """A supporting file, already in the store."""

    filename: str
    media_type: str
    size: int
    sha256: str


# --- the beneficiary ------------------------------------------------------------------------------------------


def begin(instalment: Instalment, *, actor: Person) -> Claim:
    """The living claim of this instalment, made on first asking; earlier instalments must have been paid."""
    with transaction():
        policy.claim_instalment.require(actor, instalment)
        lock(instalment)
        alive = select(Claim).where(Claim.instalment_id == instalment.id, Claim.state != S.REJECTED)
        if found := db.session.scalars(alive).one_or_none():
            return found
        if instalment.agreement.state != AgreementState.ACTIVE:
            raise Refused(N_("An instalment can be claimed once both parties have signed the agreement."))
        if earlier := _first_unpaid_before(instalment):
            raise Refused(N_("Instalment %(earlier)s comes first: it has not been paid yet.", earlier=earlier.position))
        claim = Claim(instalment=instalment, currency=instalment.currency, claimed_minor=instalment.amount_minor)
        db.session.add(claim)
        db.session.flush()
        record("claim.begun", claim, actor, after={"instalment": instalment.position})
        return claim


def _first_unpaid_before(instalment: Instalment) -> Instalment | None:
    paid = select(Claim.instalment_id).where(Claim.state == S.PAID)
    earlier = select(Instalment).where(
        Instalment.agreement_id == instalment.agreement_id,
        Instalment.position < instalment.position,
        Instalment.id.not_in(paid),
    )
    return db.session.scalars(earlier.order_by(Instalment.position).limit(1)).first()


def write(
    claim: Claim, claimed: Money, statement: str, evidence: Evidence | None, version: int | None, *, actor: Person
) -> None:
    """Keep the claim's amount, statement and file while it is a draft. `evidence` None keeps the file there is."""
    with transaction():
        policy.claim_money.require(actor, claim)
        expect(claim, version)
        if claim.state != S.DRAFT:
            raise Refused(N_("This claim has been submitted and can no longer be changed."))
        planned: Money = claim.instalment.amount
        if planned < claimed:
            raise Refused(N_("You cannot claim more than the %(amount)s of this instalment.", amount=planned))
        claim.claimed, claim.statement = claimed, statement
        if evidence is not None:
            claim.filename, claim.media_type = evidence.filename, evidence.media_type
            claim.size, claim.sha256 = evidence.size, evidence.sha256
        record("claim.written", claim, actor, after={"claimed": claimed.minor})


def submit_claim(claim: Claim, *, actor: Person) -> None:
    """Hand the claim in, with its supporting evidence."""
    with transaction():
        if claim.state == S.DRAFT and claim.sha256 is None:
            raise Refused(N_("Attach the supporting evidence: an invoice or a statement, as a PDF."))
        sent = {"submitted_at": now(), "submitted_by_id": actor.id}
        lifecycle.fire("submit_claim", claim, actor, set=sent, claimed=claim.claimed_minor)


# --- the programme officers -----------------------------------------------------------------------------------


def check(claim: Claim, accepted: Money, reason: str, *, actor: Person) -> None:
    """Accept the claim, in whole or reduced with a reason."""
    with transaction():
        claimed: Money = claim.claimed
        if not 0 < accepted.minor <= claimed.minor:
            raise Refused(N_("The amount accepted must be between 1 and the %(amount)s claimed.", amount=claimed))
        if accepted != claimed and not reason.strip():
            raise Refused(N_("Say why the amount is reduced: the beneficiary will read it."))
        checked = {"accepted": accepted, "reduction_reason": reason or None, "checked_by_id": actor.id}
        lifecycle.fire("check", claim, actor, reason=reason or None, set=checked, accepted=accepted.minor)


def refuse(claim: Claim, reason: str, *, actor: Person) -> None:
    """Reject the claim with a reason; the beneficiary may claim the instalment again."""
    with transaction():
        refused = {"reduction_reason": reason, "checked_by_id": actor.id}
        lifecycle.fire("refuse", claim, actor, reason=reason, set=refused)


def certify(claim: Claim, *, actor: Person) -> None:
    """Certify that what is to be paid was delivered (service fait)."""
    with transaction():
        lifecycle.fire("certify", claim, actor, set={"certified_by_id": actor.id})


def liquidate(claim: Claim, *, actor: Person) -> None:
    """Verify the exact amount due; the credit becomes payable."""
    with transaction():
        verified = {"liquidated_by_id": actor.id}
        if lifecycle.fire("liquidate", claim, actor, set=verified, amount=claim.accepted_minor):
            move(claim, Kind.LIQUIDATE, Stage.COMMITTED, Stage.PAYABLE, actor, document=reference(claim))


def reference(claim: Claim) -> str:
    """The agreement and the instalment, as documents of the ledger name them."""
    return f"{claim.instalment.agreement.award.number}-{claim.instalment.position}"


def move(
    claim: Claim,
    kind: Kind,
    source: Stage,
    target: Stage,
    actor: Person,
    *,
    document: str | None,
    value_date: date | None = None,
) -> int:
    """Post one movement of the claim's accepted amount; answers with the operation's number."""
    award = claim.instalment.agreement.award
    grant = award.call_id, award.commission_id, award.id

    def place(stage: Stage) -> Place:
        return Place(stage, *grant, None if stage is Stage.COMMITTED else claim.instalment_id)

    posted = post(
        award.fund_id,
        kind,
        [Line(place(source), place(target), claim.accepted)],
        actor=actor,
        key=key_for(kind, claim.id, document),
        document=document,
        value_date=value_date,
    )
    return posted.no
