"""From a grant to an active agreement and to its end: the moves; preparation, commitment, visa, signatures.

What ends an agreement is in workflows/closeout.py, what changes it in workflows/amendment.py.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from grants.awards import agreement_policy, agreement_text, policy, queries, service, signing, visa
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
from grants.core.errors import Refused, WrongState
from grants.core.i18n import N_
from grants.ledger.service import Kind, Line, Place, key_for, post
from grants.people.models import Organisation, Person, Right
from workflows.fiscal_year import may_still_commit
from workflows.letters import Letter, address, letter
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due, promise

S = AgreementState
PREPARATION, REFUSED, VISA, AWAITING = S.PREPARATION, S.VISA_REFUSED, S.VISA_GRANTED, S.AWAITING_SIGNATURE
UNCOMMITTED = frozenset({PREPARATION, REFUSED, S.COMMITMENT_PROPOSED})
COMMITTED_UNPAID = frozenset({VISA, AWAITING, S.SIGNED})
UNDER_WAY = frozenset({S.ACTIVE, S.SUSPENDED})


lifecycle = Lifecycle(
    "agreement",
    AGREEMENT_LABELS,
    [
        Move(
            "propose_commitment",
            frozenset({PREPARATION, REFUSED}),
            S.COMMITMENT_PROPOSED,
            policy.propose_commitment,
            N_("Propose the commitment"),
        ),
        Move("grant_visa", frozenset({S.COMMITMENT_PROPOSED}), VISA, policy.give_visa, N_("Grant the visa")),
        Move(
            "refuse_visa",
            frozenset({S.COMMITMENT_PROPOSED}),
            REFUSED,
            policy.give_visa,
            N_("Refuse the visa"),
            why=True,
        ),
        Move("open_signature", frozenset({VISA}), AWAITING, policy.prepare, N_("Send for signature")),
        Move(
            "complete_signatures",
            frozenset({AWAITING}),
            S.SIGNED,
            agreement_policy.complete_signatures,
            N_("Every party has signed"),
        ),
        Move("countersign", frozenset({S.SIGNED}), S.ACTIVE, policy.authorise, N_("Countersign")),
        Move(
            "suspend_agreement",
            frozenset({S.ACTIVE}),
            S.SUSPENDED,
            policy.authorise,
            N_("Suspend the agreement"),
            why=True,
        ),
        Move("resume_agreement", frozenset({S.SUSPENDED}), S.ACTIVE, policy.authorise, N_("Resume it")),
        Move(
            "complete_agreement",
            frozenset({S.ACTIVE}),
            S.COMPLETED,
            agreement_policy.complete_agreement,
            N_("The project is completed"),
        ),
        Move("propose_closeout", frozenset({S.COMPLETED}), S.CLOSING, policy.authorise, N_("Propose the closeout")),
        Move(
            "close_agreement",
            frozenset({S.CLOSING}),
            S.CLOSED,
            agreement_policy.close_agreement,
            N_("Close the agreement"),
        ),
        Move(
            "return_closeout",
            frozenset({S.CLOSING}),
            S.COMPLETED,
            agreement_policy.close_agreement,
            N_("Send the closeout back"),
            why=True,
        ),
        Move(
            "terminate",
            UNCOMMITTED | COMMITTED_UNPAID | UNDER_WAY,
            S.TERMINATED,
            policy.authorise,
            N_("Terminate the agreement"),
            why=True,
        ),
    ],
)


@dataclass(frozen=True)
class Scan:
    """The signed agreement as a PDF, already in the store, and the name that stands under it."""

    filename: str
    media_type: str
    size: int
    sha256: str
    signatory: str


# --- preparation and visa -------------------------------------------------------------------------------------


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
        proposed: dict[str, Any] = {
            "proposed_by_id": actor.id,
            "visa_by_id": None,
            "visa_reason": None,
            "visa_checks": [],
        }
        lifecycle.fire("propose_commitment", agreement, actor, set=proposed)


def grant_visa(agreement: Agreement, ticked: Collection[visa.Item], *, actor: Person) -> None:
    """The accountant's visa, before any signature, once every item is ticked: the credit is committed."""
    with transaction():
        lock(agreement, "state")
        if agreement.state == S.COMMITMENT_PROPOSED:
            policy.give_visa.require(actor, agreement)
            found = visa.checks(agreement)
            if failing := [one for one in found if one.item in visa.MUST_HOLD and not one.holds]:
                raise Refused(
                    N_("“%(item)s” does not hold: %(question)s", item=failing[0].label, question=failing[0].question),
                    N_("Refuse the visa: the officers mend what is wrong and propose the commitment again."),
                )
            if missing := [one for one in found if one.item not in ticked]:
                raise Refused(
                    N_("“%(item)s” is not ticked. The visa wants every item of the list.", item=missing[0].label),
                    N_("Tick what you have checked. If an item does not hold, refuse the visa."),
                )
            given = {"visa_by_id": actor.id, "visa_checks": visa.record_of(found, ticked)}
        else:
            given = {}
        if not lifecycle.fire("grant_visa", agreement, actor, set=given):
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


def refuse_visa(agreement: Agreement, ticked: Collection[visa.Item], reason: str, *, actor: Person) -> None:
    """The accountant refuses: what is not ticked is what fails. The officers may mend and propose again."""
    with transaction():
        lock(agreement, "state")
        checks = agreement.visa_checks
        if agreement.state == S.COMMITMENT_PROPOSED:
            policy.give_visa.require(actor, agreement)
            if set(ticked) >= visa.ALL:
                raise Refused(N_("Leave at least one item unticked: it is what the visa is refused for."))
            checks = visa.record_of(visa.checks(agreement), ticked)
        refused = {"visa_by_id": actor.id, "visa_reason": reason, "visa_checks": checks}
        failing = [one["item"] for one in checks if not one["ticked"]]
        lifecycle.fire("refuse_visa", agreement, actor, reason=reason, set=refused, failing=failing)


# --- signatures -----------------------------------------------------------------------------------------------


def open_signature(agreement: Agreement, *, actor: Person) -> None:
    """The officer sends the text for signature: it is frozen, and every signature covers its hash."""
    with transaction():
        lock(agreement, "state")
        text = agreement_text.drafted(agreement) if agreement.state == VISA else agreement.text
        kept = {"text": text, "text_hash": agreement_text.hash_of(text or {}), "budget": (text or {}).get("budget", [])}
        if lifecycle.fire("open_signature", agreement, actor, set=kept):
            for person in _owners(agreement):
                promise(signature_asked, agreement, person)


@letter
def signature_asked(due: Due) -> Letter | None:
    """Asks an owner of the lead beneficiary to sign; those of a partner, once the lead has."""
    agreement = db.session.scalars(queries.whole_agreement(due.subject_id)).unique().one()
    if agreement.state != AWAITING or due.recipient_id is None:
        return None
    award = agreement.award
    reader = db.session.get_one(Person, due.recipient_id)
    theirs = [one for one in parties(agreement) if _owned(reader, one)]
    if not theirs:
        return None
    return Letter(
        to=reader,
        subject=N_("The grant agreement %(number)s is ready to sign", number=award.number),
        paragraphs=[
            N_("Read the agreement, then sign it in your name for %(organisation)s.", organisation=theirs[0].name)
        ],
        facts=[(N_("Project"), award.title), (N_("Amount awarded"), award.amount)],
        action=(N_("Read and sign"), address("applicant.agreement", id=agreement.id)),
        cluster=award.fund.cluster,
    )


def parties(agreement: Agreement) -> list[Organisation]:
    """The lead, then its partners."""
    return [agreement.award.organisation, *signing.partners(agreement.award)]


def _owned(person: Person, organisation: Organisation) -> bool:
    return any(one.person_id == person.id and one.right == Right.OWNER for one in organisation.memberships)


def _owners(agreement: Agreement, organisations: Sequence[Organisation] = ()) -> Sequence[Person]:
    found = organisations or [agreement.award.organisation]
    owners = [one.person_id for each in found for one in each.memberships if one.right == Right.OWNER]
    return db.session.scalars(select(Person).where(Person.id.in_(owners)).order_by(Person.id)).all()


def sign(agreement: Agreement, *, actor: Person) -> None:
    """An owner of the lead beneficiary signs, first of all."""
    with transaction():
        policy.sign.require(actor, agreement)
        _sign_for(agreement, agreement.award.organisation, Capacity.BENEFICIARY, actor)


def sign_as_partner(agreement: Agreement, *, actor: Person) -> None:
    """An owner of a partner signs for it, once the lead has; for each of their organisations that has not signed."""
    with transaction():
        agreement_policy.sign_as_partner.require(actor, agreement)
        for one in signing.partnered(actor, agreement.award, Right.OWNER):
            _sign_for(agreement, one, Capacity.PARTNER, actor)


def send_scan(agreement: Agreement, scan: Scan, *, actor: Person) -> None:
    """The agreement signed on paper, from an owner of the lead or of a partner; it counts once it is checked."""
    with transaction():
        agreement_policy.send_scan.require(actor, agreement)
        for one in parties(agreement):
            if _owned(actor, one):
                lead = one.id == agreement.award.organisation_id
                _sign_for(agreement, one, Capacity.BENEFICIARY if lead else Capacity.PARTNER, actor, scan)
                return


def check_scan(signature: Signature, *, actor: Person) -> None:
    """Somebody of the fund has compared the scan with the text: the signature counts from now on."""
    with transaction():
        agreement = signature.agreement
        lock(agreement, "state")
        lock(signature, "checked_by_id")
        agreement_policy.check_scan.require(actor, signature)
        if signature.checked_by_id is not None or signature.sha256 is None:
            return
        signature.checked_by_id = actor.id
        record("agreement.scan_checked", agreement, actor, after={"signature": str(signature.id)})
        _next(agreement, actor)


def send_scan_back(signature: Signature, reason: str, *, actor: Person) -> None:
    """The scan is not the text, or is not signed: it goes, and the organisation signs again."""
    with transaction():
        agreement = signature.agreement
        lock(agreement, "state")
        lock(signature, "checked_by_id")
        agreement_policy.check_scan.require(actor, signature)
        if signature.counts:
            raise WrongState(N_("This signature counts already."))
        before = {"sha256": signature.sha256, "organisation": str(signature.organisation_id)}
        record("agreement.scan_sent_back", agreement, actor, reason=reason, before=before)
        promise(scan_sent_back, agreement, signature.person_id, slot=str(signature.id), reason=reason)
        db.session.delete(signature)


@letter
def scan_sent_back(due: Due) -> Letter | None:
    """Tells whoever sent a scan why it does not count."""
    agreement = db.session.scalars(queries.whole_agreement(due.subject_id)).unique().one()
    if agreement.state != AWAITING:
        return None
    award = agreement.award
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("The signed agreement %(number)s was sent back", number=award.number),
        paragraphs=[N_("The scan you sent could not be accepted. Sign again, inside or on paper.")],
        facts=[(N_("Project"), award.title), (N_("Reason"), due.args["reason"])],
        action=(N_("Open the agreement"), address("applicant.agreement", id=agreement.id)),
        cluster=award.fund.cluster,
    )


def countersign(agreement: Agreement, *, actor: Person) -> None:
    """The authorising officer signs last; the agreement is active and its first instalment may be claimed."""
    with transaction():
        if lifecycle.fire("countersign", agreement, actor, text=agreement.text_hash):
            _add(agreement, None, Capacity.AUTHORISING_OFFICER, actor)


def _sign_for(
    agreement: Agreement, organisation: Organisation, capacity: Capacity, actor: Person, scan: Scan | None = None
) -> None:
    """One signature for one organisation; the same person again changes nothing."""
    lock(agreement, "state")
    places = signing.signatories(_read(agreement))
    mine = next(one for one in places if one.organisation is not None and one.organisation.id == organisation.id)
    if mine.signature is not None:
        if mine.signature.person_id == actor.id:
            return
        raise WrongState(N_("Somebody else has signed for %(organisation)s already.", organisation=organisation.name))
    if agreement.state != AWAITING:
        raise WrongState(N_("The agreement is not waiting for this signature."))
    if capacity == Capacity.PARTNER and not places[0].done:
        raise WrongState(
            N_("The lead beneficiary signs first."), N_("You are told by e-mail as soon as it is your turn.")
        )
    _add(agreement, organisation, capacity, actor, scan)
    _next(agreement, actor)


def _add(
    agreement: Agreement,
    organisation: Organisation | None,
    capacity: Capacity,
    actor: Person,
    scan: Scan | None = None,
) -> None:
    if agreement.text is None or agreement.text_hash != agreement_text.hash_of(agreement.text):
        raise Refused(N_("The text is not the one that was sent for signature. Nothing was signed."))
    made = Signature(
        agreement_id=agreement.id,
        organisation_id=organisation and organisation.id,
        person_id=actor.id,
        capacity=capacity,
        signed_at=now(),
        text_hash=agreement.text_hash,
    )
    if scan is not None:
        made.filename, made.media_type, made.size = scan.filename, scan.media_type, scan.size
        made.sha256, made.signatory = scan.sha256, scan.signatory
    db.session.add(made)
    after = {"organisation": organisation and organisation.name, "capacity": str(capacity), "text": made.text_hash}
    record("agreement.signature", agreement, actor, after={**after, "scan": scan and scan.sha256})


def _next(agreement: Agreement, actor: Person) -> None:
    """Whoever signs next is asked; when every party has signed, only the authorising officer is awaited."""
    places = signing.signatories(_read(agreement))
    partners = [one.organisation for one in places[1:-1] if one.signature is None and one.organisation is not None]
    if signing.parties_have_signed(agreement):
        lifecycle.fire("complete_signatures", agreement, actor, text=agreement.text_hash)
    elif places[0].done and partners:
        for person in _owners(agreement, partners):
            promise(signature_asked, agreement, person)


def _read(agreement: Agreement) -> Agreement:
    """With the signatures that stand now."""
    db.session.flush()
    given = select(Signature).where(Signature.agreement_id == agreement.id).order_by(Signature.created_at)
    set_committed_value(agreement, "signatures", list(db.session.scalars(given)))
    return agreement


def where(award: Award) -> tuple[UUID, UUID, UUID]:
    """The dimensions of an award's accounts: call, commission, grant."""
    return award.call_id, award.commission_id, award.id
