"""A proposal from real facts: what it keeps, what it says, what confirms it and what does not."""

import openpyxl
import pytest
from sqlalchemy import func, select, update

from grants.applications.models import Application, ApplicationState
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, WrongState
from grants.core.i18n import Reader, Words
from grants.people.models import Membership, Organisation, Person, Role
from grants.reviews import queries
from grants.reviews.assignment import plan as reads
from grants.reviews.assignment import sheet
from grants.reviews.assignment.facts import gather, pose
from grants.reviews.assignment_models import AssignmentPlan, PlannedReview, PlanState
from grants.reviews.models import Review, ReviewState
from grants.reviews.panel_models import Bid, BidLevel, Expertise, ExpertiseTopic, PanelSeat, SeatState, Topic
from grants.reviews.queries import Chaired
from tests.factories import (
    ApplicationFactory,
    CommissionFactory,
    MembershipFactory,
    ReviewFactory,
    submitted,
    with_role,
)
from tests.story import Stage, set_stage
from workflows import assignment as workflow
from workflows.outbox import attempt


@pytest.fixture
def stage(app) -> Stage:
    return set_stage(applications=3)


def belongs(person: Person, application: Application) -> Membership:
    """The person speaks for the applicant."""
    organisation = db.session.get_one(Organisation, application.organisation_id)
    return MembershipFactory(organisation=organisation, person=person)


def board_of(stage: Stage) -> Chaired:
    return queries.chaired(stage.chair, stage.call.id, stage.commission.id)


def proposed(stage: Stage, experts: bool = False) -> AssignmentPlan:
    return workflow.start(board_of(stage), experts, None, actor=stage.chair)


def asked() -> int:
    return db.session.scalar(select(func.count(Review.id))) or 0


def conflict(stage: Stage, n: int, reviewer: int) -> None:
    """The reviewer speaks for the applicant."""
    belongs(stage.reviewers[reviewer], stage.applications[n])
    db.session.flush()


def test_a_proposal_fills_every_seat_and_asks_nobody(stage):
    plan = proposed(stage)
    pairs = reads.pairs_of(plan)
    assert plan.state == PlanState.PROPOSED and plan.short == {} and asked() == 0
    assert {file: len(some) for file, some in pairs.items()} == {
        one.id: stage.call.reviewers_per_application for one in stage.applications
    }
    assert plan.figures["fair"]["filled"] == plan.figures["pure"]["filled"] == plan.figures["wanted"]["seats"]


def test_bids_expertise_and_load_make_the_affinity(stage):
    topic = Topic(commission_id=stage.commission.id, position=1, name=Words(en="Solar"), words=["solar"])
    stage.applications[0].title = "A solar oven"
    eager, knows, words, other_one = stage.reviewers
    db.session.add_all(
        [
            topic,
            Bid(application_id=stage.applications[0].id, person_id=eager.id, level=BidLevel.EAGER),
            Bid(application_id=stage.applications[1].id, person_id=eager.id, level=BidLevel.UNABLE),
            Expertise(person_id=words.id, keywords=["oven"]),
        ]
    )
    db.session.flush()
    db.session.add(ExpertiseTopic(person_id=knows.id, topic_id=topic.id))
    db.session.flush()
    facts = gather(board_of(stage), stage.chair)
    posed = pose(facts)
    at = {one.person.id: n for n, one in enumerate(facts.people)}
    row = [one.id for one in posed.files].index(stage.applications[0].id)
    other = [one.id for one in posed.files].index(stage.applications[1].id)
    worth = posed.instance.affinity[row]
    assert (
        worth[at[eager.id]] > worth[at[other_one.id]]
        and worth[at[knows.id]] > worth[at[words.id]] > worth[at[other_one.id]]
    )
    assert not posed.instance.open[other, at[eager.id]]
    assert posed.instance.needs_expert.tolist() == [n == row for n in range(3)]
    assert posed.instance.expert[row, at[knows.id]] and posed.instance.expert[row, at[words.id]]
    reasons = facts.reasons(stage.applications[0].id, at[words.id])
    assert reasons.words == ("oven",) and reasons.topics == ()


def test_conflicts_asked_before_and_institutions_are_kept(stage):
    conflict(stage, 0, 0)
    stage.call.reviewers_per_application = 2
    ReviewFactory(application=stage.applications[1], reviewer=stage.reviewers[1], state=ReviewState.REASSIGNED)
    together = belongs(stage.reviewers[2], stage.applications[2]).organisation
    MembershipFactory(organisation=together, person=stage.reviewers[3])
    pairs = reads.pairs_of(proposed(stage))
    assert stage.reviewers[0].id not in pairs[stage.applications[0].id]
    assert stage.reviewers[1].id not in pairs[stage.applications[1].id]
    for some in pairs.values():
        assert not {stage.reviewers[2].id, stage.reviewers[3].id} <= set(some)


def test_a_load_leaves_out_what_the_chair_may_not_see(stage):
    """In another commission of the call; minus what they see, it would tell who reviews it."""
    other = CommissionFactory(cluster=stage.fund.cluster)
    elsewhere = ApplicationFactory(call=stage.call, commission=other, state=ApplicationState.IN_REVIEW, **submitted(9))
    ReviewFactory(application=elsewhere, reviewer=stage.reviewers[0])
    board = board_of(stage)
    assert [one.load for one in gather(board, stage.chair).people if one.person.id == stage.reviewers[0].id] == [1]
    belongs(stage.chair, elsewhere)
    db.session.flush()
    assert {one.load for one in gather(board, stage.chair).people} == {0}


def test_an_empty_seat_says_why_and_the_rest_is_confirmed(stage):
    conflict(stage, 0, 0)
    conflict(stage, 0, 1)
    plan = proposed(stage)
    assert plan.short == {str(stage.applications[0].id): "conflicts"}
    workflow.confirm(board_of(stage), plan, plan.version, actor=stage.chair)
    assert plan.state == PlanState.CONFIRMED and asked() == 6
    states = [db.session.get_one(type(one), one.id).state for one in stage.applications]
    assert states == [ApplicationState.ELIGIBLE, ApplicationState.IN_REVIEW, ApplicationState.IN_REVIEW]


def test_who_confirms_is_named(stage):
    plan, other = proposed(stage), with_role(Role.CHAIR, commission=stage.commission)
    workflow.confirm(board_of(stage), plan, None, actor=other)
    assert reads.whole(plan.id).chair == other


def test_confirming_twice_asks_once(stage):
    plan = proposed(stage)
    version = plan.version
    workflow.confirm(board_of(stage), plan, version, actor=stage.chair)
    workflow.confirm(board_of(stage), plan, version, actor=stage.chair)
    assert asked() == 9


def test_a_conflict_since_the_proposal_is_named_and_nobody_is_asked(stage):
    plan = proposed(stage)
    id, version, board = plan.id, plan.version, board_of(stage)
    reviewer = reads.pairs_of(plan)[stage.applications[0].id][0]
    person = next(one for one in stage.reviewers if one.id == reviewer)
    belongs(person, stage.applications[0])
    name, reference = person.name, stage.applications[0].reference
    db.session.commit()
    with pytest.raises(workflow.Moved) as refused:
        workflow.confirm(board, plan, version, actor=stage.chair)
    assert [str(one) for one in refused.value.facts] == [f"{name} now has a conflict of interest with {reference}."]
    assert db.session.get_one(AssignmentPlan, id).state == PlanState.PROPOSED and asked() == 0


def test_a_file_that_left_is_named(stage):
    plan = proposed(stage)
    stage.applications[1].state = ApplicationState.WITHDRAWN
    reference = stage.applications[1].reference
    db.session.commit()
    with pytest.raises(workflow.Moved) as refused:
        workflow.confirm(board_of(stage), plan, None, actor=stage.chair)
    assert str(refused.value.facts[0]) == f"{reference} no longer waits for reviewers."


def test_a_chair_changes_one_file_by_hand(stage):
    stage.call.reviewers_per_application = 2
    db.session.flush()
    plan = proposed(stage)
    file = stage.applications[0].id
    held = reads.pairs_of(plan)[file]
    other = next(one.id for one in stage.reviewers if one.id not in held)
    workflow.change(board_of(stage), plan, {file: [held[0], other]}, plan.version, actor=stage.chair)
    assert set(reads.pairs_of(plan)[file]) == {held[0], other}
    by_hand = db.session.scalars(select(PlannedReview).where(PlannedReview.by_hand)).one()
    assert (by_hand.application_id, by_hand.reviewer_id) == (file, other)
    workflow.change(board_of(stage), plan, {file: [other]}, plan.version, actor=stage.chair)
    assert plan.short == {str(file): "emptied"}


def test_a_change_against_the_rules_changes_nothing(stage):
    conflict(stage, 0, 0)
    db.session.commit()
    plan = proposed(stage)
    before, file, version = reads.pairs_of(plan), stage.applications[0].id, plan.version
    wrong = [stage.reviewers[0].id, stage.reviewers[1].id, stage.reviewers[2].id]
    with pytest.raises(workflow.Moved, match="conflict of interest"):
        workflow.change(board_of(stage), plan, {file: wrong}, version, actor=stage.chair)
    assert reads.pairs_of(plan) == before


def test_an_older_page_overwrites_nothing(stage):
    plan = proposed(stage)
    with pytest.raises(LostUpdate):
        workflow.change(board_of(stage), plan, {}, plan.version - 1, actor=stage.chair)


def test_a_file_that_left_is_taken_out_by_hand(stage):
    """The page says to change its line: it can be emptied, not given to anybody else."""
    plan = proposed(stage)
    gone, held = stage.applications[0], reads.pairs_of(plan)[stage.applications[0].id]
    db.session.get_one(Application, gone.id).state = ApplicationState.WITHDRAWN
    db.session.commit()
    assert reads.planned_file(stage.chair, plan.id, gone.id)[2].id == gone.id
    other = next(one.id for one in stage.reviewers if one.id not in held)
    with pytest.raises(workflow.Moved, match="no longer waits"):
        workflow.change(board_of(stage), plan, {gone.id: [held[0], other]}, plan.version, actor=stage.chair)
    workflow.change(board_of(stage), plan, {gone.id: []}, plan.version, actor=stage.chair)
    assert gone.id not in reads.files_of(plan)
    workflow.confirm(board_of(stage), plan, plan.version, actor=stage.chair)
    assert asked() == 6


def test_a_load_too_high_is_put_right_step_by_step(stage):
    plan = proposed(stage)
    pairs = reads.pairs_of(plan)
    busy = next(one.id for one in stage.reviewers if sum(one.id in some for some in pairs.values()) == 3)
    given = {"state": SeatState.ACCEPTED, "most": 1, "invited_by_id": stage.chair.id}
    given |= {"invited_at": now(), "answer_by": now(), "answered_at": now()}
    place = {"call_id": stage.call.id, "commission_id": stage.commission.id, "person_id": busy}
    db.session.add(PanelSeat(**place, **given))
    db.session.commit()
    file = stage.applications[0].id
    with pytest.raises(workflow.Moved, match="at most"):
        workflow.confirm(board_of(stage), plan, plan.version, actor=stage.chair)
    less = [one for one in pairs[file] if one != busy]
    workflow.change(board_of(stage), plan, {file: less}, plan.version, actor=stage.chair)
    assert reads.pairs_of(plan)[file] == less


def test_a_file_that_wants_more_than_it_was_given_is_named(stage):
    for reviewer in stage.reviewers[:2]:
        ReviewFactory(application=stage.applications[0], reviewer=reviewer, state=ReviewState.ACCEPTED)
    plan = proposed(stage)
    assert len(reads.pairs_of(plan)[stage.applications[0].id]) == 1
    theirs = Review.application_id == stage.applications[0].id, Review.reviewer_id == stage.reviewers[0].id
    db.session.execute(update(Review).where(*theirs).values(state=ReviewState.REASSIGNED))
    db.session.commit()
    with pytest.raises(workflow.Moved, match="wants more reviewers"):
        workflow.confirm(board_of(stage), plan, plan.version, actor=stage.chair)
    assert asked() == 2


def test_what_is_left_out_of_a_confirmation_is_not_shown_as_asked(stage):
    conflict(stage, 0, 0)
    conflict(stage, 0, 1)
    plan = proposed(stage)
    assert stage.applications[0].id in reads.pairs_of(plan) and plan.short
    workflow.confirm(board_of(stage), plan, plan.version, actor=stage.chair)
    assert set(reads.pairs_of(plan)) == {one.id for one in stage.applications[1:]} and asked() == 6


def test_an_upload_compared_with_an_older_plan_is_not_kept(stage):
    plan = proposed(stage)
    with pytest.raises(LostUpdate):
        workflow.keep_upload(plan, {}, plan.version - 1, actor=stage.chair)
    with pytest.raises(LostUpdate):
        workflow.discard(plan, plan.version - 1, actor=stage.chair)
    assert reads.standing(board_of(stage)).state == PlanState.PROPOSED


def test_a_new_proposal_sets_the_former_aside(stage):
    first = proposed(stage)
    second = workflow.start(board_of(stage), False, (first.id, first.version), actor=stage.chair)
    assert db.session.get_one(AssignmentPlan, first.id).state == PlanState.DISCARDED
    assert reads.standing(board_of(stage)).id == second.id
    with pytest.raises(WrongState):
        workflow.confirm(board_of(stage), first, None, actor=stage.chair)


def test_a_second_press_or_a_stale_tab_computes_nothing_anew(stage):
    """What was changed by hand since the page was read would be lost."""
    stage.call.reviewers_per_application = 2
    db.session.flush()
    first = proposed(stage)
    seen = first.id, first.version
    assert proposed(stage).id == first.id
    file = stage.applications[0].id
    held = reads.pairs_of(first)[file]
    other = next(one.id for one in stage.reviewers if one.id not in held)
    workflow.change(board_of(stage), first, {file: [held[0], other]}, first.version, actor=stage.chair)
    assert first.version > seen[1]
    assert workflow.start(board_of(stage), False, seen, actor=stage.chair).id == first.id
    assert set(reads.pairs_of(first)[file]) == {held[0], other}
    with pytest.raises(LostUpdate):
        workflow.change(board_of(stage), first, {file: held}, seen[1], actor=stage.chair)


def test_a_chair_with_a_conflict_sees_and_does_nothing_of_it(stage):
    plan = proposed(stage)
    board = board_of(stage)
    belongs(stage.chair, stage.applications[2])
    db.session.commit()
    with pytest.raises(Forbidden):
        workflow.start(board, False, None, actor=stage.chair)
    with pytest.raises(Forbidden):
        workflow.confirm(board, plan, None, actor=stage.chair)


def test_many_files_are_computed_and_confirmed_by_the_worker(stage, monkeypatch):
    monkeypatch.setattr(workflow, "DIRECTLY", 2)
    plan = proposed(stage)
    assert plan.state == PlanState.QUEUED
    attempt(plan.promise_id)
    plan = reads.standing(board_of(stage))
    assert plan.state == PlanState.PROPOSED and len(reads.pairs_of(plan)) == 3
    workflow.confirm(board_of(stage), plan, plan.version, actor=stage.chair)
    assert reads.standing(board_of(stage)).state == PlanState.SENDING and asked() == 0
    attempt(plan.promise_id)
    assert reads.standing(board_of(stage)).state == PlanState.CONFIRMED and asked() == 9


def test_the_worker_gives_a_proposal_back_when_facts_moved(stage, monkeypatch):
    monkeypatch.setattr(workflow, "DIRECTLY", 2)
    plan = proposed(stage)
    attempt(plan.promise_id)
    plan = reads.standing(board_of(stage))
    workflow.confirm(board_of(stage), plan, plan.version, actor=stage.chair)
    stage.applications[0].state = ApplicationState.WITHDRAWN
    db.session.commit()
    attempt(plan.promise_id)
    assert reads.standing(board_of(stage)).state == PlanState.PROPOSED and asked() == 0


@pytest.fixture
def book(stage, tmp_path):
    """The workbook of a proposal; `edit(change)` gives its bytes once `change(sheet)` has run."""
    stage.call.reviewers_per_application = 2
    db.session.flush()
    plan = proposed(stage)
    path = tmp_path / "plan.xlsx"

    def edit(change=lambda _: None) -> bytes:
        content = sheet.book(board_of(stage), gather(board_of(stage), stage.chair), reads.pairs_of(plan), Reader("fr"))
        path.write_bytes(content)
        held = openpyxl.load_workbook(path)
        change(held.worksheets[0])
        held.save(path)
        return path.read_bytes()

    return plan, edit


def test_a_workbook_sent_back_as_it_is_changes_nothing(stage, book):
    plan, edit = book
    found = sheet.read(edit(), gather(board_of(stage), stage.chair), reads.pairs_of(plan))
    assert (found.differences, found.errors, found.wanted) == ([], [], {})


def test_an_edited_workbook_lists_differences_and_is_taken_over_as_a_whole(stage, book):
    plan, edit = book
    held = reads.pairs_of(plan)[stage.applications[0].id]
    other = next(one for one in stage.reviewers if one.id not in held)
    reference = stage.applications[0].reference

    def change(page) -> None:
        row = next(row for row in page.iter_rows(min_row=1) if row[0].value == reference)
        row[3].value = other.email.upper()

    found = sheet.read(edit(change), gather(board_of(stage), stage.chair), reads.pairs_of(plan))
    assert found.errors == []
    assert [(one.reference, one.new) for one in found.differences] == [(reference, (other.name,))]
    workflow.keep_upload(plan, found.wanted, plan.version, actor=stage.chair)
    workflow.change(board_of(stage), plan, found.wanted, plan.version, actor=stage.chair)
    assert other.id in reads.pairs_of(plan)[stage.applications[0].id] and plan.edited == {}


def test_errors_of_a_workbook_name_their_cells(stage, book):
    plan, edit = book

    def change(page) -> None:
        first = next(n for n, row in enumerate(page.iter_rows(), 1) if row[0].value == stage.applications[0].reference)
        page.cell(first, 4).value = "nobody@example.org"
        page.cell(first + 1, 1).value = "UNKNOWN-1"
        page.cell(first + 2, 5).value = page.cell(first + 2, 4).value

    errors = sheet.read(edit(change), gather(board_of(stage), stage.chair), reads.pairs_of(plan)).errors
    assert {one.cell[0] for one in errors} == {"A", "D", "E"}
    assert any("nobody@example.org" in str(one.said) for one in errors)


def test_gathering_costs_the_same_however_many(app, queries):
    def cost(applications: int, reviewers: int) -> int:
        stage = set_stage(applications=applications)
        for _ in range(reviewers):
            with_role(Role.REVIEWER, commission=stage.commission)
        board = board_of(stage)
        with queries() as seen:
            pose(gather(board, stage.chair))
        return len(seen)

    assert cost(1, 0) == cost(12, 10)
