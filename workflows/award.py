"""From the commission's proposal to an active agreement: decisions, reservation, visa, signatures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from grants.applications.models import Application, ApplicationState
from grants.awards import policy, queries, service
from grants.awards.models import (
    AGREEMENT_LABELS,
    DECISION_LABELS,
    Agreement,
    AgreementState,
    Award,
    Capacity,
    Decision,
    DecisionState,
    Outcome,
    Signature,
)
from grants.awards.service import Plan
from grants.calls.models import Call
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.ledger.service import Kind, Line, Place, key_for, post
from grants.people.models import Person, Right
from grants.reviews import policy as review_policy
from grants.reviews.queries import Ranking
from workflows.application import lifecycle as application_lifecycle
from workflows.call import lifecycle as call_lifecycle
from workflows.machine import Lifecycle, Move
from workflows.letters import Letter, address, letter
from workflows.outbox import Due, promise

PROPOSED = DecisionState.PROPOSED

decisions = Lifecycle(
    "decision",
    DECISION_LABELS,
    [
        Move(
            "fund",
            frozenset({PROPOSED, DecisionState.RESERVE}),
            DecisionState.FUNDED,
            policy.fund,
            N_("Fund"),
        ),
        Move("hold", frozenset({PROPOSED}), DecisionState.RESERVE, policy.decide, N_("Put on the reserve list")),
        Move(
            "reject",
            frozenset({PROPOSED, DecisionState.RESERVE}),
            DecisionState.REJECTED,
            policy.decide,
            N_("Do not select"),
        ),
    ],
)

PREPARATION, REFUSED = AgreementState.PREPARATION, AgreementState.VISA_REFUSED
VISA, AWAITING = AgreementState.VISA_GRANTED, AgreementState.AWAITING_SIGNATURE
UNCOMMITTED = frozenset({PREPARATION, REFUSED, AgreementState.COMMITMENT_PROPOSED})
COMMITTED_UNPAID = frozenset({VISA, AWAITING, AgreementState.SIGNED})

agreements = Lifecycle(
    "agreement",
    AGREEMENT_LABELS,
    [
        Move(
            "propose_commitment",
            frozenset({PREPARATION, REFUSED}),
            AgreementState.COMMITMENT_PROPOSED,
            policy.propose_commitment,
            N_("Propose the commitment"),
        ),
        Move(
            "grant_visa",
            frozenset({AgreementState.COMMITMENT_PROPOSED}),
            VISA,
            policy.give_visa,
            N_("Grant the visa"),
        ),
        Move(
            "refuse_visa",
            frozenset({AgreementState.COMMITMENT_PROPOSED}),
            REFUSED,
            policy.give_visa,
            N_("Refuse the visa"),
        ),
        Move("open_signature", frozenset({VISA}), AWAITING, policy.prepare, N_("Send for signature")),
        Move("sign", frozenset({AWAITING}), AgreementState.SIGNED, policy.sign, N_("Sign the agreement")),
        Move(
            "countersign",
            frozenset({AgreementState.SIGNED}),
            AgreementState.ACTIVE,
            policy.authorise,
            N_("Countersign"),
        ),
        Move(
            "terminate",
            UNCOMMITTED | COMMITTED_UNPAID,
            AgreementState.TERMINATED,
            policy.authorise,
            N_("Give up the agreement"),
        ),
    ],
)


# --- the commission proposes ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proposal:
    """What the chair proposes for one application, in the order of the ranking."""

    application: Application
    score: int
    outcome: Outcome
    amount: Money
    note: str = ""


def propose(ranking: Ranking, proposals: Sequence[Proposal], *, actor: Person) -> None:
    """The chair sends the whole ranking of a commission to the strategic committee; all or nothing.

    Raises Refused when an application is left out or not yet reviewed, when an amount is above what was requested,
    or when the amounts proposed for funding exceed the commission's envelope. Sending it again is sending it once.
    """
    with transaction():
        review_policy.rank.require(actor, ranking)
        if _already_proposed(ranking):
            return
        _must_be_whole(ranking, proposals)
        funded = [one for one in proposals if one.outcome is Outcome.FUNDED]
        asked = Money(sum(one.amount.minor for one in funded), ranking.envelope.currency)
        if ranking.envelope < asked:
            raise Refused(
                N_(
                    "The projects proposed for funding add up to %(asked)s; the envelope is %(envelope)s.",
                    asked=asked,
                    envelope=ranking.envelope,
                ),
                N_("Lower an amount, or put a project on the reserve list."),
            )
        for rank, one in enumerate(proposals, 1):
            decision = Decision(
                application_id=one.application.id,
                call_id=ranking.call.id,
                commission_id=ranking.commission.id,
                rank=rank,
                score=one.score,
                proposal=one.outcome,
                currency=one.amount.currency,
                amount_minor=one.amount.minor,
                note=one.note,
                proposed_by_id=actor.id,
            )
            db.session.add(decision)
            application_lifecycle.fire("rank", one.application, actor, rank=rank)
            record("decision.proposed", _kept(decision), actor, after={"rank": rank, "outcome": one.outcome})


def _kept(decision: Decision) -> Decision:
    db.session.flush()
    return decision


def _already_proposed(ranking: Ranking) -> bool:
    made = select(Decision.id).where(
        Decision.call_id == ranking.call.id, Decision.commission_id == ranking.commission.id
    )
    lock(ranking.call)
    return db.session.scalars(made.limit(1)).first() is not None


def _must_be_whole(ranking: Ranking, proposals: Sequence[Proposal]) -> None:
    if not ranking.complete:
        raise Refused(N_("Some applications are not fully reviewed yet: the ranking waits for them."))
    if {one.application.id for one in proposals} != {line.application.id for line in ranking.lines}:
        raise Refused(N_("The ranking changed while you worked on it. Look at it again before sending it."))
    for one in proposals:
        requested: Money = one.application.requested
        if one.outcome is not Outcome.REJECTED and not 0 < one.amount.minor <= requested.minor:
            raise Refused(
                N_(
                    "%(reference)s: the amount must be between 1 and the %(requested)s requested.",
                    reference=one.application.reference or "",
                    requested=requested,
                )
            )


# --- the committee decides ------------------------------------------------------------------------------------


def fund(decision: Decision, *, actor: Person) -> None:
    """Fund a project: the grant is made and its credit reserved. Raises NotEnough when the envelope is empty."""
    with transaction():
        if not decisions.fire("fund", decision, actor, amount=decision.amount_minor):
            return
        award = _award(decision)
        _taken(decision, actor)
        call, commission = decision.call_id, decision.commission_id
        post(
            award.fund_id,
            Kind.RESERVE,
            [Line(Place.commission(call, commission), Place.reserved(call, commission, award.id), decision.amount)],
            actor=actor,
            key=key_for("reserve", award.id),
            document=award.number,
        )


def hold(decision: Decision, *, actor: Person) -> None:
    """Put a project on the reserve list: it may be funded later with freed credit."""
    with transaction():
        if decisions.fire("hold", decision, actor):
            _taken(decision, actor)


def reject(decision: Decision, reason: str, *, actor: Person) -> None:
    """Do not select a project; the reason goes to the applicant."""
    with transaction():
        decision.reason = reason
        if decisions.fire("reject", decision, actor, reason=reason):
            _taken(decision, actor)


def _taken(decision: Decision, actor: Person) -> None:
    decision.decided_at, decision.decided_by_id = now(), actor.id
    if decision.application.state == ApplicationState.RANKED:
        application_lifecycle.fire("decide", decision.application, actor)
    if decision.notified_at is not None:  # the call's results are out already: a reserve project learns at once
        _notify(decision)


def _award(decision: Decision) -> Award:
    application, call = decision.application, decision.call
    zone: ZoneInfo = call.fund.cluster.zone
    award = Award(
        fund_id=call.fund_id,
        call_id=call.id,
        commission_id=decision.commission_id,
        organisation_id=application.organisation_id,
        application_id=application.id,
        number=f"CV-{application.reference}",
        title=application.title,
        currency=decision.currency,
        amount_minor=decision.amount_minor,
        requested_minor=application.requested_minor,
        awarded_on=now().astimezone(zone).date(),
    )
    db.session.add(award)
    db.session.flush()
    db.session.add(Agreement(award_id=award.id))
    return award


def conclude(call: Call, *, actor: Person) -> None:
    """The committee closes a call once every decision is taken; every applicant is told, with reasons."""
    with transaction():
        pending = select(Decision.id).where(Decision.call_id == call.id, Decision.state == PROPOSED)
        if db.session.scalars(pending.limit(1)).first():
            raise Refused(N_("Some decisions are still to be taken."), N_("Take them, then close the call."))
        unranked = select(Application.id).where(
            Application.call_id == call.id,
            Application.state.in_([ApplicationState.ELIGIBLE, ApplicationState.IN_REVIEW, ApplicationState.REVIEWED]),
        )
        if db.session.scalars(unranked.limit(1)).first():
            raise Refused(N_("A commission has not sent its ranking yet."), N_("Wait for it, then close the call."))
        if call_lifecycle.fire("decide", call, actor):
            taken = select(Decision).where(Decision.call_id == call.id, Decision.notified_at.is_(None))
            for decision in db.session.scalars(taken.options(joinedload(Decision.application))):
                _notify(decision)


def _notify(decision: Decision) -> None:
    decision.notified_at = now()
    promise(tell_decision, decision, decision.application.lead_id, slot=decision.state)


TOLD = {
    DecisionState.FUNDED: N_("The strategic committee has decided to fund your project."),
    DecisionState.RESERVE: N_("Your project is on the reserve list: it will be funded if credit is freed."),
    DecisionState.REJECTED: N_("The strategic committee has not selected your project."),
}


@letter
def tell_decision(due: Due) -> Letter | None:
    """Tells the lead applicant what was decided, and why."""
    decision = db.session.scalars(queries.whole_decision(due.subject_id)).unique().one()
    if decision.state != due.slot:
        return None
    application = decision.application
    facts: list[tuple[Text, Any]] = [(N_("Project"), application.title), (N_("Call"), decision.call.title)]
    if decision.state == DecisionState.FUNDED:
        facts.append((N_("Amount awarded"), decision.amount))
    if decision.reason:
        facts.append((N_("Reason"), decision.reason))
    return Letter(
        to=application.lead,
        subject=N_("Decision on %(reference)s", reference=application.reference),
        paragraphs=[TOLD[decision.state]],
        facts=facts,
        action=(N_("Open the application"), address("applicant.show", id=application.id)),
        cluster=decision.call.fund.cluster,
    )


# --- the agreement --------------------------------------------------------------------------------------------


def prepare(agreement: Agreement, plan: Plan, version: int | None, *, actor: Person) -> None:
    """The officer dates the agreement and its instalments; possible again until the commitment is proposed."""
    with transaction():
        lock(agreement, "state")
        policy.prepare.require(actor, agreement)
        expect(agreement, version)
        if agreement.state not in {PREPARATION, REFUSED}:
            raise Refused(N_("The commitment has been proposed: the agreement can no longer be changed."))
        agreement.starts_on, agreement.ends_on = plan.starts_on, plan.ends_on
        for old in list(agreement.instalments):
            db.session.delete(old)
        db.session.flush()
        for one in service.instalments(agreement.award, agreement.award.call.instalments, plan.due_on):
            one.agreement_id = agreement.id
            db.session.add(one)
        record("agreement.prepared", agreement, actor, after={"starts_on": str(plan.starts_on)})
        db.session.flush()
        db.session.expire(agreement, ["instalments"])


def propose_commitment(agreement: Agreement, *, actor: Person) -> None:
    """The authorising officer proposes to commit the reserved credit."""
    with transaction():
        if agreements.fire("propose_commitment", agreement, actor):
            agreement.proposed_by_id, agreement.visa_by_id, agreement.visa_reason = actor.id, None, None


def grant_visa(agreement: Agreement, *, actor: Person) -> None:
    """The accountant's visa, before any signature: the credit is committed."""
    with transaction():
        if not agreements.fire("grant_visa", agreement, actor):
            return
        agreement.visa_by_id = actor.id
        award = agreement.award
        post(
            award.fund_id,
            Kind.COMMIT,
            [Line(Place.reserved(*where(award)), Place.committed(*where(award)), award.amount)],
            actor=actor,
            key=key_for("commit", award.id),
            document=award.number,
        )


def refuse_visa(agreement: Agreement, reason: str, *, actor: Person) -> None:
    """The accountant refuses, with a reason; the officers may mend and propose again."""
    with transaction():
        agreement.visa_reason = reason
        if agreements.fire("refuse_visa", agreement, actor, reason=reason):
            agreement.visa_by_id = actor.id


def open_signature(agreement: Agreement, *, actor: Person) -> None:
    """The officer sends the text for signature; from now on its hash is fixed."""
    with transaction():
        if agreements.fire("open_signature", agreement, actor):
            agreement.text_hash = service.hash_of(agreement)
            for person in _owners(agreement):
                promise(signature_asked, agreement, person)


@letter
def signature_asked(due: Due) -> Letter | None:
    """Asks an owner of the beneficiary to sign."""
    agreement = db.session.scalars(queries.whole_agreement(due.subject_id)).unique().one()
    if agreement.state != AgreementState.AWAITING_SIGNATURE or due.recipient_id is None:
        return None
    award = agreement.award
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("The grant agreement %(number)s is ready to sign", number=award.number),
        paragraphs=[
            N_(
                "Read the agreement, then sign it in your name for %(organisation)s.",
                organisation=award.organisation.name,
            )
        ],
        facts=[(N_("Project"), award.title), (N_("Amount awarded"), award.amount)],
        action=(N_("Read and sign"), address("applicant.agreement", id=agreement.id)),
        cluster=award.fund.cluster,
    )


def _owners(agreement: Agreement) -> Sequence[Person]:
    owners = [one.person_id for one in policy.memberships(agreement.award) if one.right == Right.OWNER]
    return db.session.scalars(select(Person).where(Person.id.in_(owners))).all()


def sign(agreement: Agreement, *, actor: Person) -> None:
    """The beneficiary signs."""
    with transaction():
        if agreements.fire("sign", agreement, actor, text=agreement.text_hash):
            _signature(agreement, actor, Capacity.BENEFICIARY)


def countersign(agreement: Agreement, *, actor: Person) -> None:
    """The authorising officer signs last; the agreement is active and its first instalment may be claimed."""
    with transaction():
        if agreements.fire("countersign", agreement, actor, text=agreement.text_hash):
            _signature(agreement, actor, Capacity.AUTHORISING_OFFICER)


def _signature(agreement: Agreement, actor: Person, capacity: Capacity) -> None:
    if agreement.text_hash != service.hash_of(agreement):
        raise Refused(N_("The text is not the one that was sent for signature. Nothing was signed."))
    db.session.add(
        Signature(
            agreement_id=agreement.id,
            person_id=actor.id,
            capacity=capacity,
            signed_at=now(),
            text_hash=agreement.text_hash,
        )
    )


def terminate(agreement: Agreement, reason: str, *, actor: Person) -> None:
    """Give up an agreement before any payment: its credit returns to the commission."""
    with transaction():
        lock(agreement, "state")
        committed = agreement.state in COMMITTED_UNPAID
        if not agreements.fire("terminate", agreement, actor, reason=reason):
            return
        award = agreement.award
        source = Place.committed(*where(award)) if committed else Place.reserved(*where(award))
        post(
            award.fund_id,
            Kind.DECOMMIT if committed else Kind.RELEASE,
            [Line(source, Place.commission(award.call_id, award.commission_id), award.amount)],
            actor=actor,
            key=key_for("give up", award.id),
            document=award.number,
            reason=reason,
        )


def where(award: Award) -> tuple[UUID, UUID, UUID]:
    """The dimensions of an award's accounts: call, commission, grant."""
    return award.call_id, award.commission_id, award.id
