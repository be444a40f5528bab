"""Assignment, conflicts, marks: by the verbs."""

import pytest
from sqlalchemy import select

from grants.applications.models import ApplicationState, PartnerState
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, Refused, WrongState
from grants.people.models import Right, Role
from grants.reviews import policy, queries
from grants.reviews.models import Review, ReviewState
from grants.reviews.service import Mark, Sheet, missing, weighted_total
from tests.applications.consortium import organisation_of, somebody
from tests.applications.test_partner_policy import partner_in
from tests.factories import MembershipFactory, PersonFactory, with_role
from tests.story import belongs, set_stage
from workflows import review as workflow


@pytest.fixture
def stage(app):
    return set_stage()


def review_of(application, reviewer) -> Review:
    wanted = select(Review).where(Review.application_id == application.id, Review.reviewer_id == reviewer.id)
    return queries.own_review(reviewer, db.session.scalars(wanted).one().id)


def sheet(stage, *halves: int, **more) -> Sheet:
    marks = {
        one.id: Mark(mark, "" if mark > 6 else "Too vague.") for one, mark in zip(stage.criteria, halves, strict=True)
    }
    return Sheet(marks, **{"comment": "Good.", "confidence": 2, **more})


def assigned(stage, n: int = 0):
    application = queries.led_application(stage.chair, stage.applications[n].id)
    workflow.assign(application, stage.reviewers[:3], actor=stage.chair)
    return application


def test_three_reviewers_put_the_application_in_review(stage):
    application = assigned(stage)
    assert application.state == ApplicationState.IN_REVIEW
    assert [one.state for one in queries.on_file(stage.chair, application)] == [ReviewState.ASSIGNED] * 3
    workflow.assign(application, stage.reviewers[:3], actor=stage.chair)  # a double click asks nobody twice
    assert len(queries.on_file(stage.chair, application)) == 3


def test_fewer_than_the_call_asks_is_refused_and_asks_nobody(stage):
    application = queries.led_application(stage.chair, stage.applications[0].id)
    with pytest.raises(Refused, match="3 reviewers"):
        workflow.assign(application, stage.reviewers[:2], actor=stage.chair)
    assert db.session.scalars(select(Review)).all() == []


def test_somebody_of_the_applicant_or_of_another_commission_is_refused(stage):
    application = queries.led_application(stage.chair, stage.applications[0].id)
    belongs(stage.reviewers[0], stage.applications[0])
    with pytest.raises(Refused, match="which is the applicant"):
        workflow.assign(application, stage.reviewers[:3], actor=stage.chair)
    with pytest.raises(Refused, match="not a reviewer of this commission"):
        workflow.assign(application, [PersonFactory(), *stage.reviewers[1:]], actor=stage.chair)


def test_somebody_of_a_partner_is_refused_while_it_takes_part(stage):
    person = somebody()
    reviewer = stage.reviewers[0]
    MembershipFactory(organisation=organisation_of(person), person=reviewer, right=Right.READER)
    partner = partner_in(stage.applications[0], PartnerState.ACCEDED, person, 1)
    application = queries.led_application(stage.chair, stage.applications[0].id)
    with pytest.raises(Refused, match="a partner of the applicant"):
        workflow.assign(application, stage.reviewers[:3], actor=stage.chair)
    partner.state, partner.ended_at = PartnerState.LEFT, now()
    db.session.commit()
    workflow.assign(application, stage.reviewers[:3], actor=stage.chair)


def test_only_the_chair_of_the_commission_assigns(stage):
    other = with_role(Role.CHAIR, commission=set_stage().commission)
    with pytest.raises(Forbidden):
        workflow.assign(stage.applications[0], stage.reviewers[:3], actor=other)


def test_the_file_opens_after_the_declaration_only(stage):
    application = assigned(stage)
    review = review_of(application, stage.reviewers[0])
    assert "opens once you have declared" in str(policy.read_file.why_not(stage.reviewers[0], review))
    workflow.accept(review, actor=stage.reviewers[0])
    assert policy.read_file.allows(stage.reviewers[0], review)
    assert not policy.read_file.allows(stage.reviewers[1], review)


def test_a_conflict_hides_the_file_and_the_chair_asks_somebody_else(stage):
    application = assigned(stage)
    review = review_of(application, stage.reviewers[0])
    workflow.declare_conflict(review, "My cousin runs it.", actor=stage.reviewers[0])
    assert not policy.read_file.allows(stage.reviewers[0], review)
    chair_sees = queries.review(stage.chair, review.id)
    workflow.reassign(chair_sees, queries.reviewers([stage.reviewers[3].id])[0], actor=stage.chair)
    assert {
        one.reviewer_id for one in queries.on_file(stage.chair, application) if one.state == ReviewState.ASSIGNED
    } == {one.id for one in stage.reviewers[1:4]}


def test_a_conflicted_chair_sees_neither_the_file_nor_the_ranking(stage):
    with_role(Role.REVIEWER, commission=stage.commission, person=stage.chair)
    application = queries.led_application(stage.chair, stage.applications[0].id)
    workflow.assign(application, [stage.chair, *stage.reviewers[:2]], actor=stage.chair)
    workflow.declare_conflict(review_of(application, stage.chair), "I advise them.", actor=stage.chair)
    board = queries.board(stage.chair, stage.call.id, stage.commission.id)
    assert application.id not in {line.application.id for line in board.lines}
    assert "another chair ranks it" in str(policy.rank.why_not(stage.chair, board))


def test_the_last_review_makes_the_application_reviewed(stage):
    application = assigned(stage)
    for reviewer in stage.reviewers[:3]:
        review = review_of(application, reviewer)
        workflow.accept(review, actor=reviewer)
        workflow.save(review, sheet(stage, 8, 10), review.version, actor=reviewer)
        workflow.submit_review(review, sheet(stage, 8, 10), review.version, actor=reviewer)
        assert review.total == (60 * 8 + 40 * 10) * 10
    assert application.state == ApplicationState.REVIEWED
    line = queries.lines(stage.chair, stage.call.id, stage.commission.id)[0]
    assert (line.submitted, line.mean, line.spread) == (3, 8800, 0)


def test_scores_of_others_stay_hidden_until_ones_own_is_in(stage):
    application = assigned(stage)
    first, second = stage.reviewers[:2]
    one, two = review_of(application, first), review_of(application, second)
    workflow.accept(one, actor=first)
    workflow.submit_review(one, sheet(stage, 8, 10), one.version, actor=first)
    assert queries.on_file(second, application) == [two]
    workflow.accept(two, actor=second)
    workflow.submit_review(two, sheet(stage, 7, 7), two.version, actor=second)
    assert set(queries.on_file(second, application)) == {one, two}


def test_what_is_missing_is_named_and_a_low_mark_wants_a_comment(stage):
    application = assigned(stage)
    review = review_of(application, stage.reviewers[0])
    workflow.accept(review, actor=stage.reviewers[0])
    bare = Sheet({stage.criteria[0].id: Mark(6)})
    assert [name for name, _ in missing(review, bare)] == [
        f"comment-{stage.criteria[0].id}",
        f"mark-{stage.criteria[1].id}",
        "comment",
        "confidence",
    ]
    with pytest.raises(Refused):
        workflow.submit_review(review, bare, review.version, actor=stage.reviewers[0])
    assert review.state == ReviewState.ACCEPTED


def test_two_tabs_do_not_overwrite_each_other(stage):
    application = assigned(stage)
    review = review_of(application, stage.reviewers[0])
    workflow.accept(review, actor=stage.reviewers[0])
    seen = review.version
    workflow.save(review, sheet(stage, 8, 8), seen, actor=stage.reviewers[0])
    with pytest.raises(LostUpdate):
        workflow.save(review, sheet(stage, 2, 2), seen, actor=stage.reviewers[0])


def test_submitting_twice_is_submitting_once_and_then_it_is_closed(stage):
    application = assigned(stage)
    review, reviewer = review_of(application, stage.reviewers[0]), stage.reviewers[0]
    workflow.accept(review, actor=reviewer)
    workflow.submit_review(review, sheet(stage, 8, 8), review.version, actor=reviewer)
    workflow.submit_review(review, sheet(stage, 0, 0), review.version, actor=reviewer)
    assert review.total == 8000
    events = select(Event.name).where(Event.subject_id == review.id, Event.name == "review.submit_review")
    assert len(db.session.scalars(events).all()) == 1
    with pytest.raises(WrongState):
        workflow.declare_conflict(review, "Late.", actor=reviewer)


def test_the_chair_reopens_with_a_reason(stage):
    application = assigned(stage)
    for reviewer in stage.reviewers[:3]:
        review = review_of(application, reviewer)
        workflow.accept(review, actor=reviewer)
        workflow.submit_review(review, sheet(stage, 8, 10), review.version, actor=reviewer)
    back = queries.review(stage.chair, review.id)
    workflow.reopen_review(back, "The market was not marked by the guidance.", actor=stage.chair)
    assert (back.state, back.total) == (ReviewState.DRAFT, None)
    assert application.state == ApplicationState.IN_REVIEW


def test_the_weighted_total_is_exact(stage):
    marks = {stage.criteria[0].id: Mark(10), stage.criteria[1].id: Mark(10)}
    assert weighted_total(stage.criteria, marks) == 10_000
    assert weighted_total(stage.criteria, {one: Mark(0) for one in marks}) == 0


def test_policy_and_query_agree(stage):
    applications = [assigned(stage, 0), assigned(stage, 1)]
    everybody = [stage.chair, *stage.reviewers, stage.officer, stage.owner(), PersonFactory()]
    rows = db.session.scalars(select(Review)).all()
    for person in everybody:
        seen = set(db.session.scalars(queries.visible_to(person)))
        by_rule = {
            one
            for one in rows
            if one.reviewer_id == person.id or person.holds(Role.CHAIR, commission_id=stage.commission.id)
        }
        assert seen == by_rule
    assert len(applications) == 2


@pytest.mark.parametrize("applications", [1, 12])
def test_the_ranking_costs_the_same_however_long(app, request, applications):
    stage = set_stage(applications=applications)
    where = stage.chair, stage.call.id, stage.commission.id
    assert stage.chair.appointments  # who asks is known before the page reads anything
    with request.getfixturevalue("queries")() as seen:
        board = queries.board(*where)
    assert len(board.lines) == applications
    assert len(seen) == 5
