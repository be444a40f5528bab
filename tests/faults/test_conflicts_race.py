"""A conflict is settled while somebody assigns: nobody with a confirmed conflict ends with a review to write."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from grants.core.audit import Event
from grants.core.db import db
from grants.people.models import Organisation, Person
from grants.reviews import conflict_queries, queries
from grants.reviews.conflict_models import Conflict, ConflictKind, Verdict
from grants.reviews.conflict_policy import Concern
from grants.reviews.findings import of
from grants.reviews.models import COUNTED, Review
from grants.reviews.service import Mark, Sheet
from tests.factories import MembershipFactory, with_role
from tests.faults.test_members_race import race
from tests.story import set_stage
from workflows import conflict as workflow
from workflows import review as reviews

Act = Callable[[], object]


class Scene:
    """A file, a reviewer who belongs to its applicant, two free chairs; ids alone, committed."""

    def __init__(self) -> None:
        stage = set_stage(applications=1)
        second = with_role(stage.chair.appointments[0].role, commission=stage.commission)
        (file,) = stage.applications
        MembershipFactory(
            organisation=db.session.get_one(Organisation, file.organisation_id), person=stage.reviewers[0]
        )
        self.file, self.chair, self.second = file.id, stage.chair.id, second.id
        self.reviewers = [one.id for one in stage.reviewers[:3]]
        db.session.commit()

    def settle(self, verdict: Verdict, by: Any, seen: int | None = None) -> Act:
        def act() -> object:
            chair = db.session.get_one(Person, by)
            concern = Concern(*conflict_queries.led_concern(chair, self.file, self.reviewers[0]))
            (one,) = of(concern.person, concern.application)
            return workflow.settle(concern, one.kind, one.fact, verdict, "Because.", seen, actor=chair)

        return act

    def assign(self) -> object:
        chair = db.session.get_one(Person, self.second)
        asked = queries.reviewers(self.reviewers)
        return reviews.assign(queries.led_application(chair, self.file), asked, actor=chair)

    def declare(self) -> object:
        reviewer = db.session.get_one(Person, self.reviewers[1])
        return workflow.declare(conflict_queries.own_declarable(reviewer, self.file), "My sister.", actor=reviewer)

    def counted(self, reviewer: int) -> int:
        db.session.rollback()
        mine = select(func.count(Review.id)).where(
            Review.application_id == self.file,
            Review.reviewer_id == self.reviewers[reviewer],
            Review.state.in_(COUNTED),
        )
        return db.session.scalar(mine) or 0


@pytest.fixture
def scene(own_app: Flask) -> Scene:
    return Scene()


def test_confirmed_while_it_is_assigned(own_app: Flask, scene: Scene) -> None:
    scene.settle(Verdict.DISMISSED, scene.chair)()
    done = race(own_app, [scene.settle(Verdict.CONFIRMED, scene.chair), scene.assign])
    assert done in ({"done": 2}, {"done": 1, "Refused": 1})
    assert scene.counted(0) == 0


def test_dismissed_while_it_is_assigned(own_app: Flask, scene: Scene) -> None:
    """Assigned if the dismissal came first, refused if not; never half."""
    done = race(own_app, [scene.settle(Verdict.DISMISSED, scene.chair), scene.assign])
    assert (done["done"], scene.counted(0), scene.counted(1)) in ((2, 1, 1), (1, 0, 0))


def test_declared_while_it_is_assigned(own_app: Flask, scene: Scene) -> None:
    scene.settle(Verdict.DISMISSED, scene.chair)()
    done = race(own_app, [scene.declare, scene.assign])
    assert done in ({"done": 2}, {"done": 1, "Refused": 1})
    assert scene.counted(1) == 0


def test_confirmed_while_the_review_is_sent(own_app: Flask, scene: Scene) -> None:
    """Both take the file first: neither waits for the other for ever, and the review counts no more."""
    scene.settle(Verdict.DISMISSED, scene.chair)()
    scene.assign()

    def mine() -> tuple[Person, Review]:
        reviewer = db.session.get_one(Person, scene.reviewers[0])
        (review,) = queries.worklist(reviewer)
        return reviewer, queries.own_review(reviewer, review.id)

    reviewer, review = mine()
    reviews.accept(review, actor=reviewer)

    def send() -> object:
        reviewer, review = mine()
        marks = {one.id: Mark(8) for one in review.application.call.criteria}
        return reviews.submit_review(review, Sheet(marks, "Good.", 2), None, actor=reviewer)

    done = race(own_app, [scene.settle(Verdict.CONFIRMED, scene.chair), send])
    assert done["done"] >= 1 and done["done"] + done["Forbidden"] == 2
    assert scene.counted(0) == 0


def test_two_chairs_at_once_give_one_verdict(own_app: Flask, scene: Scene) -> None:
    acts = [
        scene.settle(Verdict.DISMISSED, scene.chair, 0),
        scene.settle(Verdict.CONFIRMED, scene.second, 0),
    ]
    assert race(own_app, acts) == {"done": 1, "LostUpdate": 1}
    db.session.rollback()
    assert db.session.scalar(select(func.count(Conflict.id))) == 1


def test_six_presses_settle_once(own_app: Flask, scene: Scene) -> None:
    assert race(own_app, [scene.settle(Verdict.CONFIRMED, scene.chair, 0)] * 6) == {"done": 6}
    kept = db.session.scalars(select(Conflict)).one()
    assert (kept.kind, kept.verdict) == (ConflictKind.MEMBER, Verdict.CONFIRMED)
    events = select(func.count(Event.id)).where(Event.subject_id == kept.id, Event.name == "conflict.confirm")
    assert db.session.scalar(events) == 1
