"""Who settles a conflict of interest, what a verdict does, and what a declaration does."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from grants.applications.models import Application, ApplicationState
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, Refused
from grants.people.models import Membership, Organisation, Person, Role
from grants.reviews import conflict_policy, conflict_queries, queries
from grants.reviews.conflict_models import Conflict, ConflictKind, Verdict
from grants.reviews.conflict_policy import Concern
from grants.reviews.findings import of, whys
from grants.reviews.models import Review, ReviewState
from grants.reviews.panel_models import SeatState
from grants.reviews.together import waited_for
from tests.factories import MembershipFactory, with_role
from tests.reviews.test_panels import seat_of
from tests.reviews.test_review import assigned, review_of, sheet
from tests.story import Stage, set_stage
from workflows import conflict as workflow
from workflows import review as reviews
from workflows.outbox import Due
from workflows.reminders import unfinished_reviews, write_review_due


@pytest.fixture
def stage(app) -> Stage:
    return set_stage(applications=2)


def joins(person: Person, file: Application) -> Membership:
    organisation = db.session.get_one(Organisation, file.organisation_id)
    made: Membership = MembershipFactory(organisation=organisation, person=person)
    db.session.commit()  # a refusal rolls back as far as here
    return made


def settle(
    stage: Stage,
    person: Person,
    verdict: Verdict,
    by: Person,
    reason: str = "Because.",
    seen: int | None = None,
    unled: bool = False,
) -> None:
    """The verdict on the one conflict of this person with the first file, read as its page reads it."""
    db.session.commit()
    file = stage.applications[0].id
    if unled:
        on = Concern(*conflict_queries.unled_concern(stage.officer, file, person.id))
    else:
        on = Concern(*conflict_queries.led_concern(stage.chair, file, person.id))
    (one,) = of(on.person, on.application)
    workflow.settle(on, one.kind, one.fact, verdict, reason, seen, actor=by)


def ask(stage: Stage, *people: Person) -> None:
    reviews.assign(queries.led_application(stage.chair, stage.applications[0].id), people, actor=stage.chair)


def test_it_stands_until_it_is_dismissed_with_a_reason(stage: Stage) -> None:
    one, *others = stage.reviewers
    joins(one, stage.applications[0])
    with pytest.raises(Refused, match="which is the applicant"):
        ask(stage, one, *others)
    with pytest.raises(Refused, match="Say why"):
        settle(stage, one, Verdict.DISMISSED, stage.chair, "  ")
    settle(stage, one, Verdict.DISMISSED, stage.chair, "He left before the project was written.")
    ask(stage, one, *others[:2])
    assert queries.own_review(one, review_of(stage.applications[0], one).id)


def test_what_began_later_asks_again(stage: Stage) -> None:
    one = stage.reviewers[0]
    membership = joins(one, stage.applications[0])
    settle(stage, one, Verdict.DISMISSED, stage.chair)
    assert not queries.conflicted(one, stage.applications[0])
    membership.created_at = now() + timedelta(minutes=1)
    db.session.flush()
    assert queries.conflicted(one, stage.applications[0])
    (found,) = of(one, stage.applications[0])
    assert found.open and found.version


def test_a_confirmation_holds_when_the_fact_goes(stage: Stage) -> None:
    one = stage.reviewers[0]
    membership = joins(one, stage.applications[0])
    settle(stage, one, Verdict.CONFIRMED, stage.chair, "")
    db.session.delete(membership)
    db.session.flush()
    assert queries.conflicted(one, stage.applications[0])
    (found,) = of(one, stage.applications[0])
    assert found.verdict == Verdict.CONFIRMED and "belongs to" in str(found.sentence(one.name))


def test_nobody_settles_their_own_nor_one_of_a_file_closed_to_them(stage: Stage) -> None:
    second = with_role(Role.CHAIR, commission=stage.commission)
    third = with_role(Role.CHAIR, commission=stage.commission)
    joins(second, stage.applications[0])
    with pytest.raises(Forbidden, match="You have a conflict of interest"):
        settle(stage, second, Verdict.DISMISSED, second)
    for actor in (stage.reviewers[0], stage.officer, stage.committee):
        with pytest.raises(Forbidden):
            settle(stage, second, Verdict.DISMISSED, actor)
    settle(stage, second, Verdict.DISMISSED, third)
    assert not queries.conflicted(second, stage.applications[0])


def test_confirmed_it_takes_a_submitted_review_away(stage: Stage) -> None:
    application = assigned(stage)
    for reviewer in stage.reviewers[:3]:
        review = review_of(application, reviewer)
        reviews.accept(review, actor=reviewer)
        reviews.submit_review(review, sheet(stage, 8, 10), review.version, actor=reviewer)
    assert application.state == ApplicationState.REVIEWED
    one = stage.reviewers[0]
    joins(one, application)
    assert db.session.scalars(queries.visible_to(one)).all() == [review_of(application, one)]
    settle(stage, one, Verdict.CONFIRMED, stage.chair)
    mine = db.session.scalars(select(Review).where(Review.reviewer_id == one.id)).one()
    assert mine.state == ReviewState.REASSIGNED and application.state == ApplicationState.IN_REVIEW
    assert db.session.scalars(queries.visible_to(one)).all() == []
    line = queries.lines(stage.chair, stage.call.id, stage.commission.id)[0]
    assert (line.asked, line.submitted) == (2, 2)
    ask(stage, stage.reviewers[3])


def test_a_verdict_on_what_somebody_else_settled_is_refused_and_the_same_twice_is_one(stage: Stage) -> None:
    one, second = stage.reviewers[0], with_role(Role.CHAIR, commission=stage.commission)
    joins(one, stage.applications[0])
    settle(stage, one, Verdict.DISMISSED, stage.chair, seen=0)
    settle(stage, one, Verdict.DISMISSED, stage.chair, seen=0)
    with pytest.raises(LostUpdate):
        settle(stage, one, Verdict.CONFIRMED, second, seen=0)
    kept = db.session.scalars(select(Conflict)).one()
    assert db.session.scalars(select(Event.name).where(Event.subject_id == kept.id)).all() == ["conflict.dismiss"]
    settle(stage, one, Verdict.CONFIRMED, second, seen=kept.version)
    assert kept.verdict == Verdict.CONFIRMED and kept.settled_by_id == second.id


# --- officers -------------------------------------------------------------------------------------------------


def test_an_officer_settles_where_no_chair_may(stage: Stage) -> None:
    file, one = stage.applications[0], stage.reviewers[0]
    joins(one, file)
    assert conflict_queries.unled(stage.officer) == []
    joins(stage.chair, file)
    rows = conflict_queries.unled(stage.officer)
    assert [(row.application.id, row.person.id) for row in rows] == [
        (file.id, person.id) for person in sorted((one, stage.chair), key=lambda person: person.sort_key)
    ]
    assert conflict_queries.unled(stage.committee) == conflict_queries.unled(one) == []
    settle(stage, one, Verdict.DISMISSED, stage.officer, unled=True)
    assert not queries.conflicted(one, file)
    settle(stage, stage.chair, Verdict.DISMISSED, stage.officer, unled=True)
    assert conflict_queries.unled(stage.officer) == []
    with pytest.raises(Forbidden):
        settle(stage, one, Verdict.CONFIRMED, stage.officer, unled=True)


def test_an_officer_with_a_conflict_of_their_own_does_not_stand_in(stage: Stage) -> None:
    file, one = stage.applications[0], stage.reviewers[0]
    joins(one, file)
    joins(stage.chair, file)
    on = Concern(*conflict_queries.unled_concern(stage.officer, file.id, one.id))
    assert conflict_policy.stand_in.allows(stage.officer, on)
    assert conflict_policy.resume.allows(stage.officer, on.application)
    joins(stage.officer, file)
    assert conflict_queries.unled(stage.officer) == []
    assert not conflict_policy.stand_in.allows(stage.officer, on)
    assert not conflict_policy.resume.allows(stage.officer, on.application)


# --- declarations ---------------------------------------------------------------------------------------------


def declare(stage: Stage, person: Person, reason: str = "My sister works there.") -> None:
    db.session.commit()
    file = conflict_queries.own_declarable(person, stage.applications[0].id)
    workflow.declare(file, reason, actor=person)


def test_declared_before_being_asked(stage: Stage) -> None:
    one, *others = stage.reviewers
    declare(stage, one)
    declare(stage, one, "Again.")
    assert db.session.scalars(select(Conflict.reason)).all() == ["My sister works there."]
    assert queries.conflicted(one, stage.applications[0])
    with pytest.raises(Refused, match="declared a conflict of interest"):
        ask(stage, one, *others)
    declare(stage, stage.chair)
    assert stage.applications[0].id not in set(
        db.session.scalars(queries.led_applications(stage.chair).with_only_columns(Application.id))
    )
    with pytest.raises(Refused):
        workflow.declare(conflict_queries.own_declarable(others[0], stage.applications[0].id), " ", actor=others[0])


def test_who_is_kept_out_of_the_panel_is_shown_no_file(stage: Stage) -> None:
    one, chair = stage.reviewers[0], stage.chair
    for person in (one, chair):
        seat_of(stage, person, SeatState.DECLINED)
    assert conflict_queries.declarables(one, 1)[0] == []
    assert len(conflict_queries.declarables(stage.reviewers[1], 1)[0]) == 2
    assert len(conflict_queries.declarables(chair, 1)[0]) == 2
    with pytest.raises(NoResultFound):
        declare(stage, one)


def test_a_declaration_dismissed_can_be_made_again(stage: Stage) -> None:
    one = stage.reviewers[0]
    declare(stage, one)
    settle(stage, one, Verdict.DISMISSED, stage.chair, "He pressed the wrong line.")
    assert not queries.conflicted(one, stage.applications[0])
    declare(stage, one, "This time it is true.")
    assert queries.conflicted(one, stage.applications[0])


def test_with_a_review_in_hand_it_is_the_reviews_declaration(stage: Stage) -> None:
    application, one = assigned(stage), stage.reviewers[0]
    declare(stage, one)
    declare(stage, one, "Again.")  # a second press answers as the first
    assert review_of(application, one).state == ReviewState.CONFLICT_DECLARED
    assert db.session.scalars(select(Conflict)).all() == []
    with pytest.raises(Refused, match="it stands"):
        settle(stage, one, Verdict.DISMISSED, stage.chair)


def test_declared_again_when_asked_it_stands_beside_the_one_dismissed(stage: Stage) -> None:
    one = stage.reviewers[0]
    declare(stage, one)
    settle(stage, one, Verdict.DISMISSED, stage.chair, "He pressed the wrong line.")
    application = assigned(stage)
    declare(stage, one, "My sister works there.")
    found = {(finding.firm, finding.stands) for finding in of(one, application)}
    assert found == {(False, False), (True, True)}
    assert (application.id, one.id) in whys([one], [application])
    workflow.declare(application, "A second press.", actor=one)
    assert db.session.scalars(select(Conflict.reason)).all() == ["My sister works there."]


def test_a_file_closed_by_a_conflict_is_waited_for_by_nobody(stage: Stage) -> None:
    application, one = assigned(stage), stage.reviewers[0]
    call = application.call
    waited = {wait.person.id for wait in waited_for(stage.chair, [application.id])}
    owing = {row.recipient_id for row in db.session.execute(unfinished_reviews())}
    assert one.id in waited and one.id in owing
    joins(one, application)
    assert {wait.person.id for wait in waited_for(stage.chair, [application.id])} == waited - {one.id}
    assert {row.recipient_id for row in db.session.execute(unfinished_reviews())} == owing - {one.id}
    due = Due(uuid4(), "review_due", call.id, one.id, "-1d", {}, now(), 1, uuid4())
    assert write_review_due(due) is None


def test_after_the_review_was_sent_the_file_closes_at_once(stage: Stage) -> None:
    application, one = assigned(stage), stage.reviewers[0]
    review = review_of(application, one)
    reviews.accept(review, actor=one)
    reviews.submit_review(review, sheet(stage, 8, 10), review.version, actor=one)
    declare(stage, one)
    assert queries.conflicted(one, application) and review.state == ReviewState.SUBMITTED
    settle(stage, one, Verdict.CONFIRMED, stage.chair)
    assert review.state == ReviewState.REASSIGNED


@pytest.mark.parametrize("files", [1, 12])
def test_the_register_costs_the_same_however_long(app, request, files: int) -> None:
    stage = set_stage(applications=files)
    for file in stage.applications:
        joins(stage.reviewers[0], file)
    board = queries.chaired(stage.chair, stage.call.id, stage.commission.id)
    with request.getfixturevalue("queries")() as seen:
        rows = conflict_queries.register(stage.chair, board)
    assert {row.finding.kind for row in rows} == {ConflictKind.MEMBER} and len(rows) == files
    assert len(seen) == 5
