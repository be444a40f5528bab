"""What the beneficiary is written when a claim has been checked or rejected: the amount, and why it is not more."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from grants.awards import policy
from grants.awards.claim_basis import invoices_of
from grants.awards.models import Agreement, Award, Claim, ClaimState, Instalment, Invoice, Verdict
from grants.core.db import db
from grants.core.i18n import N_, Text
from grants.funds.models import Fund
from grants.people.models import Person, Right
from workflows.letters import Letter, address, letter
from workflows.outbox import Due, promise

MOST_REASONS = 30  # in one letter; the page has them all


def tell_checked(claim: Claim) -> None:
    """Inside the transaction that checks it."""
    _tell(claim_checked, claim)


def tell_rejected(claim: Claim) -> None:
    _tell(claim_rejected, claim)


def _tell(job: Any, claim: Claim) -> None:
    members = policy.memberships(claim.instalment.agreement.award)
    told = {one.person_id for one in members if one.right == Right.OWNER} | {claim.submitted_by_id}
    for person in db.session.scalars(select(Person).where(Person.id.in_(told))):
        promise(job, claim, person)


@letter
def claim_checked(due: Due) -> Letter | None:
    """What of a claim is accepted, with the reason of every reduction."""
    claim = _claim(due.subject_id)
    if claim.state in {ClaimState.DRAFT, ClaimState.SUBMITTED, ClaimState.REJECTED} or due.recipient_id is None:
        return None
    award = claim.instalment.agreement.award
    said = [N_("The programme officer has checked your claim of instalment %(n)s.", n=claim.instalment.position)]
    if not claim.accepted_minor:
        said.append(N_("It is settled without a payment: the page of the claim shows how that is reckoned."))
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("Your claim on %(number)s has been checked", number=award.number),
        paragraphs=[*said, *_reasons(claim)],
        facts=[
            (N_("Project"), award.title),
            (N_("Amount claimed"), claim.claimed),
            (N_("Amount accepted"), claim.accepted),
        ],
        action=(N_("See how it is reckoned"), address("applicant.claim", id=claim.id)),
        cluster=award.fund.cluster,
    )


@letter
def claim_rejected(due: Due) -> Letter | None:
    """Why a claim is rejected."""
    claim = _claim(due.subject_id)
    if claim.state != ClaimState.REJECTED or due.recipient_id is None:
        return None
    award = claim.instalment.agreement.award
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("Your claim on %(number)s is rejected", number=award.number),
        paragraphs=[
            N_("Your claim of instalment %(n)s is rejected. You may claim it again.", n=claim.instalment.position),
            *_reasons(claim),
        ],
        facts=[(N_("Project"), award.title), (N_("Amount claimed"), claim.claimed)],
        action=(N_("Open the claim"), address("applicant.claim", id=claim.id)),
        cluster=award.fund.cluster,
    )


def _reasons(claim: Claim) -> Sequence[Text]:
    """The reason given for the whole, then that of each invoice that is not accepted in full."""
    found: list[Text] = []
    if claim.reduction_reason:
        found.append(N_("Reason: %(reason)s", reason=claim.reduction_reason))
    cut = [one for one in invoices_of(claim) if one.verdict in {Verdict.REDUCED, Verdict.REJECTED}]
    found += [_reason(one) for one in cut[:MOST_REASONS]]
    if len(cut) > MOST_REASONS:
        found.append(N_("The page of the claim has the reasons of all %(n)s.", n=len(cut)))
    return found


def _reason(one: Invoice) -> Text:
    words = {"number": one.number, "supplier": one.supplier, "reason": one.reason}
    if one.verdict == Verdict.REJECTED:
        return N_("Invoice %(number)s of %(supplier)s is rejected: %(reason)s", **words)
    return N_(
        "Of invoice %(number)s of %(supplier)s, %(accepted)s of %(net)s is accepted: %(reason)s",
        accepted=one.accepted,
        net=one.net,
        **words,
    )


def _claim(id: UUID) -> Claim:
    award = joinedload(Claim.instalment).joinedload(Instalment.agreement).joinedload(Agreement.award)
    found = select(Claim).where(Claim.id == id).options(award.joinedload(Award.fund).joinedload(Fund.cluster))
    return db.session.scalars(found).unique().one()
