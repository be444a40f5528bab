"""The demo's evaluation and its first grant: reviewed, ranked, decided, signed, claimed, paid."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select

from grants.awards import queries as awards
from grants.awards import visa
from grants.awards.models import Agreement, Award, Claim, Decision, Outcome
from grants.awards.service import Plan
from grants.awards.terms import Terms
from grants.cli import demo_follow_up
from grants.cli.demo_claim import second_instalment
from grants.cli.demo_people import commissions, days_ago, met
from grants.cli.demo_words import evidence
from grants.core.db import db
from grants.core.storage import storage
from grants.core.types import Money
from grants.payments import queries as payments
from grants.people import queries as people
from grants.profiles import queries as profiles
from grants.reviews import queries as reviews
from grants.reviews.models import Review
from grants.reviews.service import Mark, Sheet
from workflows import amendment, award, bank_account, batch, claim, decision, outbox, payment, recovery
from workflows import review as reviewing
from workflows.bank_account import AccountDraft, Certificate
from workflows.claim import Evidence
from workflows.decision import Proposal

PAYING = "001810007800020110620318"  # Moroccan RIBs whose keys hold
PAYEE = "007810000000000000004280"


def reviewed(who: dict[str, Any], application_id: Any, n: int, *, whole: bool) -> None:
    """Three reviews; not `whole`: the last one is still to be answered."""
    chair = met(who["chair"])
    keys = ("reviewer", "reviewer2", "reviewer3")
    asked = reviews.reviewers([who[key] for key in keys])
    reviewing.assign(reviews.led_application(chair, application_id), asked, actor=chair)
    for k, key in enumerate(keys if whole else keys[:2]):
        wanted = select(Review.id).where(Review.application_id == application_id, Review.reviewer_id == who[key])
        review_id = db.session.scalars(wanted).one()
        reviewing.accept(reviews.own_review(met(who[key]), review_id), actor=met(who[key]))
        review = reviews.own_review(met(who[key]), review_id)
        marks = {
            one.id: Mark(max(5, min(10, 9 - (n + k + at) % 4)), "À préciser avant la convention.")
            for at, one in enumerate(review.application.call.criteria)
        }
        sheet = Sheet(marks, "Projet solide, équipe crédible ; le plan commercial reste à chiffrer.", 2)
        reviewing.submit_review(review, sheet, review.version, actor=met(who[key]))


def first_grant(who: dict[str, Any], call_id: Any) -> None:
    """The first commission's ranking, as far as the payment of one instalment."""
    first = commissions()[0].id
    with days_ago(35):
        chair = met(who["chair"])
        board = reviews.board(chair, call_id, first)
        rows = [
            Proposal(line.application, line.mean or 0, Outcome.FUNDED if n == 0 else Outcome.RESERVE, line.recommended)
            for n, line in enumerate(sorted(board.lines, key=lambda one: one.application.reference or ""))
        ]
        decision.propose(board, rows, actor=chair)
    with days_ago(33):
        for row in list(db.session.scalars(select(Decision.id).order_by(Decision.rank))):
            committee = met(who["committee"])
            found = awards.decision(committee, row)
            (decision.fund if found.proposal == Outcome.FUNDED else decision.hold)(found, actor=committee)
    with days_ago(30) as at:
        agreement_id = db.session.scalars(select(Agreement.id).join(Award)).one()

        def agreement(key: str) -> Agreement:
            return awards.agreement(met(who[key]), agreement_id)

        starts = at.date()
        plan = Plan(starts, starts + timedelta(days=540), _every(starts + timedelta(days=12), 180, 3))
        award.prepare(agreement("officer"), plan, None, actor=met(who["officer"]))
        demo_follow_up.planned(who, agreement, starts)
        award.propose_commitment(agreement("authorising"), actor=met(who["authorising"]))
        award.grant_visa(agreement("accountant"), visa.ALL, actor=met(who["accountant"]))
        award.open_signature(agreement("officer"), actor=met(who["officer"]))
        award.sign(agreement("applicant"), actor=met(who["applicant"]))
        award.countersign(agreement("authorising"), actor=met(who["authorising"]))
    _paid(who, agreement_id)
    demo_follow_up.followed(who, agreement)
    second_instalment(who, agreement_id)
    _asked_to_amend(who, agreement_id)


def _asked_to_amend(who: dict[str, Any], agreement_id: Any) -> None:
    """The beneficiary asks for three months more; the officer has still to assess it."""
    with days_ago(4):
        applicant = met(who["applicant"])
        found = awards.agreement(applicant, agreement_id)
        now = Terms.now(found)
        *kept, last = now.instalments
        later = replace(last, due_on=last.due_on + timedelta(days=90))
        after = replace(now, ends_on=now.ends_on + timedelta(days=90), instalments=(*kept, later))
        reason = "Le fournisseur des capteurs livre avec trois mois de retard ; le calendrier glisse d’autant."
        amendment.request_amendment(found, after, reason, actor=applicant)


def _every(first: date, days: int, times: int) -> tuple[date, ...]:
    return tuple(first + timedelta(days=days * n) for n in range(times))


def _paid(who: dict[str, Any], agreement_id: Any) -> None:
    """The first instalment, claimed and paid, each step by somebody else."""
    applicant = met(who["applicant"])
    instalments = awards.agreement(applicant, agreement_id).instalments
    with days_ago(20):
        begun = claim.begin(awards.instalment(applicant, instalments[0].id), actor=applicant)
        claim_id = begun.id

        def current(key: str) -> Claim:
            return awards.claim(met(who[key]), claim_id)

        content = evidence("Facture d’avance")
        digest = storage(current_app.extensions["settings"]).keep(content)
        file = Evidence("facture-avance.pdf", "application/pdf", len(content), digest)
        mine = current("applicant")
        claim.write(mine, mine.claimed, "Avance : équipe et prototype.", file, None, actor=met(who["applicant"]))
        claim.submit_claim(current("applicant"), actor=met(who["applicant"]))
    with days_ago(12) as at:
        accepted = current("officer").claimed
        claim.check(current("officer"), accepted, "", actor=met(who["officer"]))
        claim.certify(current("officer"), actor=met(who["officer"]))
        claim.liquidate(current("second"), actor=met(who["second"]))
        _account(who, current("applicant").instalment.agreement.award.organisation_id)
        payment.order(current("authorising"), actor=met(who["authorising"]))
        payment.approve_order(current("accountant"), actor=met(who["accountant"]))
        _sent(who, current("accountant"), at.date())
        payment.pay(current("accountant"), "VIR-2026-00017", at.date(), actor=met(who["accountant"]))
    with days_ago(3):
        authorising = met(who["authorising"])
        award_ = payments.award_of_agreement(authorising, agreement_id)
        owed = Money(accepted.minor // 10, accepted.currency)
        made = recovery.establish(award_, owed, "Dépense non justifiée : 10 % de l’avance.", actor=authorising)
        found = payments.recovery(met(who["authorising"]), made.id)
        recovery.notify_recovery(found, at.date() + timedelta(days=60), actor=met(who["authorising"]))


def _account(who: dict[str, Any], organisation_id: Any) -> None:
    """The beneficiary's account, given by its owner and verified by the accountant: nothing is ordered without."""
    applicant = met(who["applicant"])
    mine = next(one for one in people.organisations_of(applicant) if one.id == organisation_id)
    content = evidence("Attestation de RIB")
    digest = storage(current_app.extensions["settings"]).keep(content)
    draft = AccountDraft(mine.name, "Banque de démonstration", "MA", "MAD", PAYEE)
    certificate = Certificate("attestation-rib.pdf", "application/pdf", len(content), digest)
    given = bank_account.give(mine, draft, certificate, actor=applicant)
    accountant = met(who["accountant"])
    bank_account.verify(profiles.account_to_verify(accountant, given.id), actor=accountant)


def _sent(who: dict[str, Any], approved: Claim, day: date) -> None:
    """A batch of one, with what the worker would do."""
    accountant = met(who["accountant"])
    order = payment.alive(approved)
    fund = payments.paying_fund(accountant, order.fund_id)
    account = batch.give_paying_account(
        fund, bank_name="Banque d’essai", holder=fund.name, country="MA", number=PAYING, actor=accountant
    )
    made = batch.gather(fund, account, [order.id], day, actor=met(who["accountant"]))
    batch.remit(payments.batch(met(who["accountant"]), made.id), actor=met(who["accountant"]))
    promised = payments.batch(met(who["accountant"]), made.id).promise_id
    assert promised is not None  # noqa: S101  (it was just sent)
    outbox.attempt(promised)
