"""A claim from the beneficiary’s request to its verified amount: check, certify, verify (then workflows.payment)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from grants.awards import invoices, policy
from grants.awards.claim_basis import basis, by_invoices, invoices_of
from grants.awards.duplicates import duplicates
from grants.awards.models import CLAIM_LABELS, DONE, AgreementState, Claim, ClaimState, Instalment, Invoice, Verdict
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Forbidden, Refused
from grants.core.i18n import N_, N_n
from grants.core.policy import clock_only
from grants.core.types import Money
from grants.ledger.service import Kind, Line, Place, Stage, key_for, post
from grants.payments.policy import reverse_claim
from grants.people.models import Person
from workflows.claim_letters import tell_checked, tell_rejected
from workflows.machine import Lifecycle, Move
from workflows.milestone import require_open

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
        Move("settle", frozenset({S.CERTIFIED}), S.SETTLED, policy.liquidate, N_("Close without payment")),
        Move(
            "give_up_claim",
            frozenset({S.LIQUIDATED, S.RETURNED}),
            S.REJECTED,
            clock_only,
            N_("Give the claim up"),
            why=True,
        ),
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
        Move("paid_outside", frozenset({S.DRAFT}), S.OUTSIDE, clock_only, N_("Paid outside")),
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
        lock(instalment.agreement, "state")
        lock(instalment, "amount_minor")
        alive = select(Claim).where(Claim.instalment_id == instalment.id, Claim.state != S.REJECTED)
        if found := db.session.scalars(alive).one_or_none():
            return found
        if instalment.agreement.state != AgreementState.ACTIVE:
            raise Refused(N_("An instalment can be claimed once both parties have signed the agreement."))
        if earlier := _first_unpaid_before(instalment):
            raise Refused(N_("Instalment %(earlier)s comes first: it has not been paid yet.", earlier=earlier.position))
        require_open(instalment)
        claim = Claim(instalment=instalment, currency=instalment.currency, claimed_minor=instalment.amount_minor)
        db.session.add(claim)
        db.session.flush()
        record("claim.begun", claim, actor, after={"instalment": instalment.position})
        if by_invoices(claim):
            invoices.take_over(claim, actor=actor)
        return claim


def _first_unpaid_before(instalment: Instalment) -> Instalment | None:
    paid = select(Claim.instalment_id).where(Claim.state.in_(DONE))
    earlier = select(Instalment).where(
        Instalment.agreement_id == instalment.agreement_id,
        Instalment.position < instalment.position,
        Instalment.id.not_in(paid),
    )
    return db.session.scalars(earlier.order_by(Instalment.position).limit(1)).first()


def write(
    claim: Claim, claimed: Money, statement: str, evidence: Evidence | None, version: int | None, *, actor: Person
) -> None:
    """Keep the amount, statement and file of a claim of pre-financing while it is a draft.

    `evidence` None keeps the file there is. Any other claim is written by its invoices (grants.awards.invoices).
    """
    with transaction():
        policy.claim_money.require(actor, claim)
        expect(claim, version)
        if by_invoices(claim):
            raise Refused(N_("Enter the invoices that this claim is made of: the amount follows from them."))
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
    """Hand the claim in: pre-financing with a statement of what it is for, anything else with whole invoices."""
    with transaction():
        hold_agreement(claim)
        lock(claim, "state")
        if claim.state == S.DRAFT:
            _require_whole(claim)
        sent = {"submitted_at": now(), "submitted_by_id": actor.id}
        lifecycle.fire("submit_claim", claim, actor, set=sent, claimed=claim.claimed_minor)


def _require_whole(claim: Claim) -> None:
    if not by_invoices(claim):
        if not claim.statement:
            raise Refused(N_("Say what this instalment pays for, and save."))
        return
    known, rows = basis(claim), invoices_of(claim)
    if found := invoices.flaws(claim, rows, known):
        first = found[0]
        if first.invoice is None:
            raise Refused(first.message)
        raise Refused(N_("Invoice %(n)s: %(problem)s", n=first.invoice.position, problem=first.message))
    invoices.follow(claim, known)


# --- the programme officers -----------------------------------------------------------------------------------


def check(claim: Claim, accepted: Money | None, reason: str, *, actor: Person) -> None:
    """Accept the claim: pre-financing in whole or reduced with a reason; anything else as its invoices were judged.

    `accepted` is given for pre-financing alone. What invoices pay is reckoned here, with all other claims of the grant
    standing still, and kept with its steps.
    """
    with transaction():
        if by_invoices(claim):
            _check_invoices(claim, reason, actor)
            return
        claimed: Money = claim.claimed
        if accepted is None or not 0 < accepted.minor <= claimed.minor:
            raise Refused(N_("The amount accepted must be between 1 and the %(amount)s claimed.", amount=claimed))
        if accepted != claimed and not reason.strip():
            raise Refused(N_("Say why the amount is reduced: the beneficiary will read it."))
        checked = {"accepted": accepted, "reduction_reason": reason or None, "checked_by_id": actor.id}
        if lifecycle.fire("check", claim, actor, reason=reason or None, set=checked, accepted=accepted.minor):
            tell_checked(claim)


def _check_invoices(claim: Claim, note: str, actor: Person) -> None:
    lock(claim.instalment.agreement.award)
    lock(claim, "state")
    rows, known = invoices_of(claim), basis(claim)
    if claim.state == S.SUBMITTED:
        _require_judged(claim, rows)
    paid = known.payable(rows, claimed=claim.claimed_minor)
    if claim.state == S.SUBMITTED and not paid.minor and all(one.verdict == Verdict.REJECTED for one in rows):
        raise Refused(N_("Nothing of this claim is accepted: reject it, with a reason. It may then be claimed again."))
    checked = {
        "accepted_minor": paid.minor,
        "cleared_minor": paid.cleared,
        "retained_minor": paid.retained,
        "released_minor": paid.released,
        "steps": [one.as_json() for one in paid.steps],
        "reduction_reason": note or None,
        "checked_by_id": actor.id,
    }
    if lifecycle.fire("check", claim, actor, reason=note or None, set=checked, accepted=paid.minor):
        tell_checked(claim)


def _require_judged(claim: Claim, rows: Sequence[Invoice]) -> None:
    """Every invoice has its verdict, and none that was claimed twice is accepted without a word."""
    left = sum(one.verdict is None for one in rows)
    if left:
        raise Refused(
            N_n(
                "%(n)s invoice has not been looked at yet: accept, reduce or reject it.",
                "%(n)s invoices have not been looked at yet: accept, reduce or reject each.",
                left,
            )
        )
    twins = duplicates(claim)
    for one in rows:
        if one.verdict == Verdict.ACCEPTED and not one.reason and one.id in twins:
            raise Refused(
                N_(
                    "Invoice %(n)s was claimed before, in %(reference)s: reject it, or say why it is accepted all the "
                    "same.",
                    n=one.position,
                    reference=twins[one.id][0].reference,
                )
            )


def refuse(claim: Claim, reason: str, *, actor: Person) -> None:
    """Reject the claim with a reason; the beneficiary may claim the instalment again."""
    with transaction():
        refused = {"reduction_reason": reason, "checked_by_id": actor.id}
        if lifecycle.fire("refuse", claim, actor, reason=reason, set=refused):
            tell_rejected(claim)


def certify(claim: Claim, *, actor: Person) -> None:
    """Certify that what is to be paid was delivered (service fait)."""
    with transaction():
        require_open(claim.instalment)
        lifecycle.fire("certify", claim, actor, set={"certified_by_id": actor.id})


def liquidate(claim: Claim, *, actor: Person) -> None:
    """Verify the exact amount due; the credit becomes payable."""
    with transaction():
        hold_agreement(claim)
        require_other_eyes(claim, actor)
        if claim.accepted_minor == 0:
            raise Refused(N_("This claim pays nothing: close it without payment."))
        verified = {"liquidated_by_id": actor.id}
        if lifecycle.fire("liquidate", claim, actor, set=verified, amount=claim.accepted_minor):
            move(claim, Kind.LIQUIDATE, Stage.COMMITTED, Stage.PAYABLE, actor, document=reference(claim))


def settle(claim: Claim, *, actor: Person) -> None:
    """End a claim whose costs are accepted and pay nothing more: the pre-financing has paid them."""
    with transaction():
        require_other_eyes(claim, actor)
        if claim.accepted_minor:
            raise Refused(N_("This claim pays %(amount)s: verify the amount.", amount=claim.accepted))
        lifecycle.fire("settle", claim, actor, set={"liquidated_by_id": actor.id}, cleared=claim.cleared_minor)


def require_other_eyes(claim: Claim, actor: Person) -> None:
    """Whoever judged one of its invoices has checked it too."""
    if any(one.checked_by_id == actor.id for one in invoices_of(claim)):
        raise Forbidden(N_("You checked invoices of this claim: somebody else takes this step."))


def hold_agreement(claim: Claim) -> None:
    """Whoever ends the agreement waits until this is done, and whoever does this sees that it has ended."""
    lock(claim.instalment.agreement, "state")


def give_up(claim: Claim, reason: str, *, actor: Person) -> None:
    """Its agreement ends by `actor`: a claim that was verified and is not ordered is not paid; its credit is committed
    again, and no more found due. It follows by itself from the end of the agreement, which is somebody's move."""
    if lifecycle.fire("give_up_claim", claim, None, reason=reason, set={"reduction_reason": reason}):
        undone = f"{reference(claim)}-X"
        move(claim, Kind.UNLIQUIDATE, Stage.PAYABLE, Stage.COMMITTED, actor, document=undone)


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
