"""Two chairs at one proposal, and a conflict declared while it is confirmed."""

from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from grants.core.db import db
from grants.people.models import Person, Role
from grants.reviews import queries
from grants.reviews.assignment import plan as reads
from grants.reviews.assignment_models import AssignmentPlan, PlanState
from grants.reviews.models import Review
from tests.factories import with_role
from tests.faults.test_members_race import race
from tests.story import set_stage
from workflows import assignment as workflow


def kept() -> tuple[UUID, UUID, UUID, UUID, UUID]:
    """Plan, two chairs, call, commission: committed."""
    stage = set_stage(applications=4)
    other = with_role(Role.CHAIR, commission=stage.commission)
    board = queries.chaired(stage.chair, stage.call.id, stage.commission.id)
    found = stage.chair.id, other.id, stage.call.id, stage.commission.id
    plan = workflow.start(board, False, None, actor=stage.chair)
    id = plan.id
    db.session.commit()
    return (id, *found)


def seen_now(plan_id: UUID) -> tuple[UUID, int]:
    version = db.session.get_one(AssignmentPlan, plan_id).version
    db.session.rollback()
    return plan_id, version


def confirm(plan_id: UUID, person_id: UUID):
    def act() -> object:
        person = db.session.get_one(Person, person_id)
        board, plan = reads.planned(person, plan_id)
        return workflow.confirm(board, plan, None, actor=person)

    return act


def start(person_id: UUID, seen: tuple[UUID, int], call_id: UUID, commission_id: UUID):
    def act() -> object:
        person = db.session.get_one(Person, person_id)
        return workflow.start(queries.chaired(person, call_id, commission_id), False, seen, actor=person)

    return act


def test_two_chairs_confirm_once(own_app: Flask) -> None:
    plan, one, other, *_ = kept()
    assert race(own_app, [confirm(plan, one), confirm(plan, other), confirm(plan, one)]) == {"done": 3}
    db.session.rollback()
    assert db.session.get_one(AssignmentPlan, plan).state == PlanState.CONFIRMED
    assert db.session.scalar(select(func.count(Review.id))) == 12
    twice = select(Review.application_id).group_by(Review.application_id, Review.reviewer_id).having(func.count() > 1)
    assert db.session.scalars(twice).all() == []


def test_two_chairs_compute_and_one_proposal_stands(own_app: Flask) -> None:
    plan, one, other, *place = kept()
    seen = seen_now(plan)
    assert race(own_app, [start(one, seen, *place), start(other, seen, *place)]) == {"done": 2}
    db.session.rollback()
    standing = select(func.count(AssignmentPlan.id)).where(AssignmentPlan.state == PlanState.PROPOSED)
    assert db.session.scalar(standing) == 1


def test_confirming_while_another_computes_anew_asks_everybody_or_nobody(own_app: Flask) -> None:
    plan, one, other, *place = kept()
    race(own_app, [confirm(plan, one), start(other, seen_now(plan), *place)])
    db.session.rollback()
    confirmed = db.session.get_one(AssignmentPlan, plan).state == PlanState.CONFIRMED
    assert db.session.scalar(select(func.count(Review.id))) == (12 if confirmed else 0)
