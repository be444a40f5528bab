"""From the ranking to the payment, by the verbs, with the money beside each step."""

from datetime import date

import pytest
from sqlalchemy import select

from grants.applications.models import Application, ApplicationState
from grants.applications.queries import own_application
from grants.awards import policy, queries, visa
from grants.awards.models import Agreement, AgreementState, Award, ClaimState, Decision, DecisionState, Outcome
from grants.awards.service import Plan, split
from grants.core.db import db
from grants.core.errors import Forbidden, Refused, WrongState
from grants.core.types import Money
from grants.ledger.queries import balances, by_grant
from grants.ledger.service import verify
from grants.people.models import Role
from grants.reviews import queries as reviews
from grants.reviews.models import Review, ReviewState
from grants.reviews.service import Mark, Sheet
from tests.factories import PersonFactory, with_role
from tests.story import send, set_stage
from workflows import application as applications
from workflows import award as agreements
from workflows import claim as claims
from workflows import closeout
from workflows import decision as decisions
from workflows import payment as payments
from workflows import review as review_workflow
from workflows.claim import Evidence
from workflows.decision import Proposal

EVIDENCE = Evidence("facture.pdf", "application/pdf", 1000, "a" * 64)
PLAN = Plan(date(2026, 12, 1), date(2027, 11, 30), (date(2026, 12, 15), date(2027, 5, 15), date(2027, 11, 30)))


@pytest.fixture
def stage(app):
    return set_stage()


def reviewed(stage) -> None:
    """Every application gets its three reviews, the first one better marks."""
    for n, one in enumerate(stage.applications):
        application = reviews.led_application(stage.chair, one.id)
        review_workflow.assign(application, stage.reviewers[:3], actor=stage.chair)
        for reviewer in stage.reviewers[:3]:
            asked = select(Review.id).where(Review.application_id == one.id, Review.reviewer_id == reviewer.id)
            review = reviews.own_review(reviewer, db.session.scalars(asked).one())
            review_workflow.accept(review, actor=reviewer)
            marks = {criterion.id: Mark(10 - 2 * n, "") for criterion in stage.criteria}
            review_workflow.submit_review(review, Sheet(marks, "Good.", 2), review.version, actor=reviewer)


def act(verb, subject, *values, actor):
    """As a request does: read the subject anew through the actor's eyes, then act."""
    read = queries.agreement if isinstance(subject, Agreement) else queries.claim
    verb(read(actor, subject.id), *values, actor=actor)


def propose(stage, *outcomes: Outcome) -> list[Decision]:
    reviewed(stage)
    board = reviews.board(stage.chair, stage.call.id, stage.commission.id)
    rows = [
        Proposal(line.application, line.mean, outcome, line.application.requested)
        for line, outcome in zip(board.lines, outcomes, strict=True)
    ]
    decisions.propose(board, rows, actor=stage.chair)
    return list(queries.decisions(stage.committee, stage.call.id))


def funded(stage):
    decision = propose(stage, Outcome.FUNDED, Outcome.RESERVE)[0]
    decisions.fund(decision, actor=stage.committee)
    award = db.session.scalars(select(Award).where(Award.call_id == stage.call.id)).one()
    return queries.award(stage.officer, award.id)


def active(stage):
    award = funded(stage)
    agreement = award.agreement
    act(agreements.prepare, agreement, PLAN, None, actor=stage.officer)
    act(agreements.propose_commitment, agreement, actor=stage.authorising)
    act(agreements.grant_visa, agreement, visa.ALL, actor=stage.accountant)
    act(agreements.open_signature, agreement, actor=stage.officer)
    act(agreements.sign, agreement, actor=stage.owner())
    act(agreements.countersign, agreement, actor=stage.authorising)
    return queries.award(stage.owner(), award.id)


def standing(award):
    return by_grant(award.fund_id)[award.id]


def test_the_whole_way_to_the_payment(stage):
    award = active(stage)
    agreement = award.agreement
    assert agreement.state == AgreementState.ACTIVE
    assert [one.amount_minor for one in agreement.instalments] == [24_000_000, 24_000_000, 12_000_000]
    assert standing(award).engaged == award.amount

    owner = stage.owner()
    claim = claims.begin(queries.instalment(owner, agreement.instalments[0].id), actor=owner)
    claim = queries.claim(owner, claim.id)
    act(claims.write, claim, claim.claimed, "A prototype.", EVIDENCE, None, actor=owner)
    act(claims.submit_claim, claim, actor=owner)
    act(claims.check, claim, Money(20_000_000, "MAD"), "One invoice is missing.", actor=stage.officer)
    act(claims.certify, claim, actor=stage.officer)
    act(claims.liquidate, claim, actor=stage.second_officer)
    act(payments.order, claim, actor=stage.authorising)
    act(payments.approve_order, claim, actor=stage.accountant)
    send(claim, stage.accountant)
    act(payments.pay, claim, "VIR-2026-1", date(2026, 11, 20), actor=stage.accountant)

    assert claim.state == ClaimState.PAID
    assert standing(award).paid == Money(20_000_000, "MAD")
    assert standing(award).unpaid == Money(40_000_000, "MAD")
    assert verify([stage.fund.id]).broken is None


def test_nobody_holds_two_steps_of_one_claim(stage):
    award = active(stage)
    owner = stage.owner()
    claim = claims.begin(queries.instalment(owner, award.agreement.instalments[0].id), actor=owner)
    claim = queries.claim(owner, claim.id)
    act(claims.write, claim, claim.claimed, "A prototype.", EVIDENCE, None, actor=owner)
    act(claims.submit_claim, claim, actor=owner)
    act(claims.check, claim, claim.claimed, "", actor=stage.officer)
    act(claims.certify, claim, actor=stage.officer)
    with pytest.raises(Forbidden, match="You checked this claim"):
        act(claims.liquidate, claim, actor=stage.officer)
    act(claims.liquidate, claim, actor=stage.second_officer)
    with_role(Role.AUTHORISING_OFFICER, fund=stage.fund, person=stage.second_officer)
    db.session.expire(stage.second_officer, ["appointments"])
    orderer = reviews.reviewers([stage.second_officer.id])[0]
    with pytest.raises(Forbidden, match="You verified this claim"):
        act(payments.order, claim, actor=orderer)
    assert claim.state == ClaimState.LIQUIDATED


def test_a_returned_order_is_ordered_again_and_paid_once(stage):
    award = active(stage)
    owner = stage.owner()
    claim = claims.begin(queries.instalment(owner, award.agreement.instalments[0].id), actor=owner)
    claim = queries.claim(owner, claim.id)
    act(claims.write, claim, claim.claimed, "A prototype.", EVIDENCE, None, actor=owner)
    act(claims.submit_claim, claim, actor=owner)
    act(claims.check, claim, claim.claimed, "", actor=stage.officer)
    act(claims.certify, claim, actor=stage.officer)
    act(claims.liquidate, claim, actor=stage.second_officer)
    act(payments.order, claim, actor=stage.authorising)
    act(payments.return_order, claim, "The account is not verified.", actor=stage.accountant)
    act(payments.order, claim, actor=stage.authorising)
    assert claim.order_number.endswith("-2")
    act(payments.approve_order, claim, actor=stage.accountant)
    send(claim, stage.accountant)
    for _ in range(2):  # a double click
        act(payments.pay, claim, "VIR-2026-1", date(2026, 11, 20), actor=stage.accountant)
    assert standing(award).paid == claim.accepted


def test_the_second_instalment_waits_for_the_first(stage):
    award = active(stage)
    with pytest.raises(Refused, match="comes first"):
        claims.begin(queries.instalment(stage.owner(), award.agreement.instalments[1].id), actor=stage.owner())


def test_a_claim_is_begun_once(stage):
    award = active(stage)
    owner, first = stage.owner(), award.agreement.instalments[0].id
    begun = [claims.begin(queries.instalment(owner, first), actor=owner).id for _ in range(2)]
    assert begun[0] == begun[1]


def test_deciding_reserves_and_the_envelope_holds(stage):
    first, second = propose(stage, Outcome.FUNDED, Outcome.FUNDED)
    decisions.fund(first, actor=stage.committee)
    assert balances([stage.fund.id])[stage.fund.id].reserved == first.amount
    decisions.fund(first, actor=stage.committee)  # a double click reserves once
    decisions.fund(second, actor=stage.committee)
    assert balances([stage.fund.id])[stage.fund.id].reserved == first.amount + second.amount


def test_a_withdrawn_project_is_not_decided_on_and_holds_up_nobody(stage):
    first, second = propose(stage, Outcome.FUNDED, Outcome.FUNDED)
    owner = stage.owner()
    withdrawn = own_application(owner, first.application_id)
    applications.withdraw(withdrawn, "We found another partner.", actor=owner)
    first, second = queries.decisions(stage.committee, stage.call.id)
    for verb, values in ((decisions.fund, ()), (decisions.hold, ()), (decisions.reject, ("Too late.",))):
        with pytest.raises(Forbidden, match="withdrawn this project"):
            verb(first, *values, actor=stage.committee)
    decisions.fund(second, actor=stage.committee)
    assert queries.tallies(stage.committee, stage.call.id)[stage.commission.id].pending == 0
    decisions.conclude(queries.decided_call(stage.committee, stage.call.id), actor=stage.committee)
    first, second = queries.decisions(stage.committee, stage.call.id)
    assert (first.notified_at, first.state) == (None, DecisionState.PROPOSED)
    assert second.notified_at is not None


def test_no_more_than_the_envelope(app):
    stage = set_stage(envelope=100_000_000)
    with pytest.raises(Refused, match="the envelope is"):
        propose(stage, Outcome.FUNDED, Outcome.FUNDED)
    board = reviews.board(stage.chair, stage.call.id, stage.commission.id)
    rows = [
        Proposal(line.application, line.mean, outcome, line.application.requested)
        for line, outcome in zip(board.lines, (Outcome.FUNDED, Outcome.RESERVE), strict=True)
    ]
    decisions.propose(board, rows, actor=stage.chair)
    first, second = queries.decisions(stage.committee, stage.call.id)
    decisions.fund(first, actor=stage.committee)
    decisions.hold(second, actor=stage.committee)
    with pytest.raises(Refused, match="freed credit only"):
        decisions.fund(second, actor=stage.committee)
    kept = db.session.scalars(select(Decision.state).order_by(Decision.rank)).all()
    assert kept == [DecisionState.FUNDED, DecisionState.RESERVE]


def test_the_chair_does_not_decide_on_the_own_proposal(stage):
    decision = propose(stage, Outcome.FUNDED, Outcome.RESERVE)[0]
    both = with_role(Role.COMMITTEE, cluster=stage.fund.cluster, person=stage.chair)
    db.session.expire(both, ["appointments"])
    with pytest.raises(Forbidden, match="You made this proposal"):
        decisions.fund(decision, actor=reviews.reviewers([both.id])[0])


def test_giving_up_before_the_visa_releases_and_after_it_decommits(stage):
    award = funded(stage)
    act(closeout.terminate, award.agreement, "The company closed.", actor=stage.authorising)
    assert standing(award).reserved == Money(0, "MAD")
    assert balances([stage.fund.id])[stage.fund.id].free == Money(200_000_000, "MAD")


def test_the_visa_is_given_by_another_person_and_may_be_refused(stage):
    award = funded(stage)
    agreement = award.agreement
    with pytest.raises(Forbidden, match="not yet given the agreement its dates"):
        act(agreements.propose_commitment, agreement, actor=stage.authorising)
    act(agreements.prepare, agreement, PLAN, None, actor=stage.officer)
    act(agreements.propose_commitment, agreement, actor=stage.authorising)
    act(agreements.refuse_visa, agreement, {visa.Item.CREDIT}, "The ceiling is exceeded.", actor=stage.accountant)
    assert (agreement.state, agreement.visa_reason) == (AgreementState.VISA_REFUSED, "The ceiling is exceeded.")
    with pytest.raises(WrongState):
        act(agreements.grant_visa, agreement, visa.ALL, actor=stage.accountant)
    act(agreements.propose_commitment, agreement, actor=stage.authorising)
    act(agreements.grant_visa, agreement, visa.ALL, actor=stage.accountant)
    assert standing(award).engaged == award.amount


def test_the_beneficiary_sees_the_agreement_once_it_is_sent(stage):
    award = funded(stage)
    owner = stage.owner()
    assert db.session.scalars(queries.visible_to(owner)).all() == []
    assert not policy.view.allows(owner, award)
    agreement = award.agreement
    act(agreements.prepare, agreement, PLAN, None, actor=stage.officer)
    act(agreements.propose_commitment, agreement, actor=stage.authorising)
    act(agreements.grant_visa, agreement, visa.ALL, actor=stage.accountant)
    act(agreements.open_signature, agreement, actor=stage.officer)
    assert db.session.scalars(queries.visible_to(owner)).all() == [award]


def test_policies_and_queries_agree(stage):
    award = active(stage)
    owner = stage.owner()
    claim = claims.begin(queries.instalment(owner, award.agreement.instalments[0].id), actor=owner)
    claim = queries.claim(owner, claim.id)
    everybody = [stage.officer, stage.authorising, stage.accountant, stage.committee, stage.chair, owner]
    everybody += [stage.reviewers[0], PersonFactory(), with_role(Role.OFFICER, cluster=set_stage().fund.cluster)]
    award = queries.award(stage.officer, award.id)
    for person in everybody:
        assert bool(db.session.scalars(queries.visible_to(person)).all()) == policy.view.allows(person, award)
        assert bool(db.session.scalars(queries.visible_claims(person)).all()) == policy.view_claim.allows(person, claim)
        seen = db.session.scalars(queries.visible_decisions(person)).all()
        assert bool(seen) == (person.id in {one.id for one in everybody[:4]})


def test_the_applications_are_decided(stage):
    first, second = propose(stage, Outcome.FUNDED, Outcome.REJECTED)
    decisions.fund(first, actor=stage.committee)
    decisions.reject(second, "The market is not shown.", actor=stage.committee)
    states = db.session.scalars(select(Application.state)).all()
    assert states == [ApplicationState.DECIDED] * 2
    assert db.session.scalars(select(Review.state).distinct()).all() == [ReviewState.SUBMITTED]


def test_shares_add_up_to_the_amount():
    for minor in (1_000, 999, 100_001, 7):
        parts = split(Money(minor, "MAD"), [33, 33, 34])
        assert sum(one.minor for one in parts) == minor
