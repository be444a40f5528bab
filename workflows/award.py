"""From a grant to an active agreement: preparation, commitment, visa, signatures."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from grants.awards import policy, queries, service
from grants.awards.models import (
    AGREEMENT_LABELS,
    Agreement,
    AgreementState,
    Award,
    Capacity,
    Signature,
)
from grants.awards.service import Plan
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.ledger.service import Kind, Line, Place, key_for, post
from grants.people.models import Person, Right
from workflows.fiscal_year import may_still_commit
from workflows.letters import Letter, address, letter
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due, promise

PREPARATION, REFUSED = AgreementState.PREPARATION, AgreementState.VISA_REFUSED
VISA, AWAITING = AgreementState.VISA_GRANTED, AgreementState.AWAITING_SIGNATURE
UNCOMMITTED = frozenset({PREPARATION, REFUSED, AgreementState.COMMITMENT_PROPOSED})
COMMITTED_UNPAID = frozenset({VISA, AWAITING, AgreementState.SIGNED})

lifecycle = Lifecycle(
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
            why=True,
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
            why=True,
        ),
    ],
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
        for one in service.instalments(agreement.award, plan.due_on):
            one.agreement_id = agreement.id
            db.session.add(one)
        record("agreement.prepared", agreement, actor, after={"starts_on": str(plan.starts_on)})
        db.session.flush()
        db.session.expire(agreement, ["instalments"])


def propose_commitment(agreement: Agreement, *, actor: Person) -> None:
    """The authorising officer proposes to commit the reserved credit."""
    with transaction():
        proposed = {"proposed_by_id": actor.id, "visa_by_id": None, "visa_reason": None}
        lifecycle.fire("propose_commitment", agreement, actor, set=proposed)


def grant_visa(agreement: Agreement, *, actor: Person) -> None:
    """The accountant's visa, before any signature: the credit is committed."""
    with transaction():
        if not lifecycle.fire("grant_visa", agreement, actor, set={"visa_by_id": actor.id}):
            return
        award = agreement.award
        may_still_commit(award.fund)
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
        refused = {"visa_by_id": actor.id, "visa_reason": reason}
        lifecycle.fire("refuse_visa", agreement, actor, reason=reason, set=refused)


def open_signature(agreement: Agreement, *, actor: Person) -> None:
    """The officer sends the text for signature; from now on its hash is fixed."""
    with transaction():
        if lifecycle.fire("open_signature", agreement, actor):
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
        if lifecycle.fire("sign", agreement, actor, text=agreement.text_hash):
            _signature(agreement, actor, Capacity.BENEFICIARY)


def countersign(agreement: Agreement, *, actor: Person) -> None:
    """The authorising officer signs last; the agreement is active and its first instalment may be claimed."""
    with transaction():
        if lifecycle.fire("countersign", agreement, actor, text=agreement.text_hash):
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
        if not lifecycle.fire("terminate", agreement, actor, reason=reason):
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
