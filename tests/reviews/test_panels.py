"""Who sits in a commission for a call, what they know, when they are away, what they bid."""

from datetime import timedelta

import pytest

from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Refused
from grants.core.i18n import Words
from grants.people.models import Role
from grants.reviews import panels, queries
from grants.reviews.panel_models import (
    USUAL_LOAD,
    Absence,
    Bid,
    BidLevel,
    Expertise,
    ExpertiseTopic,
    PanelSeat,
    SeatState,
    Topic,
)
from grants.reviews.topics import about, topics_by_application
from tests.factories import with_role
from tests.story import set_stage
from workflows import review as workflow


@pytest.fixture
def stage(app):
    return set_stage()


def seat_of(stage, person, state=SeatState.ACCEPTED, **values) -> PanelSeat:
    made = PanelSeat(
        call_id=stage.call.id,
        commission_id=stage.commission.id,
        person_id=person.id,
        state=state,
        invited_by_id=stage.chair.id,
        invited_at=now(),
        answer_by=now() + timedelta(days=7),
        answered_at=now(),
        **values,
    )
    db.session.add(made)
    db.session.flush()
    return made


def found(stage, person) -> panels.Panellist:
    return next(one for one in panels.roster(stage.call, stage.commission) if one.person.id == person.id)


def test_a_reviewer_without_a_seat_sits_as_before(stage):
    sitting = panels.panel(stage.call, stage.commission)
    assert {one.person.id for one in sitting} == {one.id for one in stage.reviewers}
    first = sitting[0]
    assert (first.seat, first.cap, first.least, first.load) == (None, USUAL_LOAD, 0, 0)
    assert (first.topics, first.keywords, first.available) == (frozenset(), (), True)
    assert (first.starts_on, first.ends_on) == (None, None)


@pytest.mark.parametrize("state", [one for one in SeatState if one != SeatState.ACCEPTED])
def test_a_seat_that_is_not_accepted_keeps_out_of_the_call(stage, state):
    out = stage.reviewers[0]
    seat_of(stage, out, state)
    assert out.id not in {one.person.id for one in panels.panel(stage.call, stage.commission)}
    assert not found(stage, out).sits
    assert out.id not in {one.person.id for one in queries.candidates(stage.call, stage.commission.id)}
    application = queries.led_application(stage.chair, stage.applications[0].id)
    with pytest.raises(Refused, match="does not sit in this call"):
        workflow.assign(application, stage.reviewers[:3], actor=stage.chair)


def test_an_accepted_seat_gives_its_limits_and_dates(stage):
    day = now().date()
    seat_of(stage, stage.reviewers[0], most=4, least=2, starts_on=day, ends_on=day + timedelta(days=9))
    one = found(stage, stage.reviewers[0])
    assert (one.sits, one.cap, one.least) == (True, 4, 2)
    assert (one.starts_on, one.ends_on) == (day, day + timedelta(days=9))
    application = queries.led_application(stage.chair, stage.applications[0].id)
    workflow.assign(application, stage.reviewers[:3], actor=stage.chair)
    assert found(stage, stage.reviewers[0]).load == 1
    assert found(stage, stage.reviewers[3]).load == 0


def test_available_while_a_day_is_left(stage):
    who, today, due = stage.reviewers[0], now().date(), stage.call.reviews_due_at.date()
    db.session.add(Absence(person_id=who.id, starts_on=today, ends_on=due - timedelta(days=1)))
    db.session.flush()
    assert found(stage, who).available
    db.session.add(Absence(person_id=who.id, starts_on=due, ends_on=due))
    db.session.flush()
    assert not found(stage, who).available
    assert [one.starts_on for one in found(stage, who).away] == [today, due]
    seat_of(stage, stage.reviewers[1], ends_on=today - timedelta(days=1))
    assert not found(stage, stage.reviewers[1]).available


def test_what_a_person_knows_and_bids(stage):
    who, application = stage.reviewers[0], stage.applications[0]
    topic = Topic(commission_id=stage.commission.id, position=1, name=Words(fr="Santé"), words=["sante"])
    db.session.add(topic)
    db.session.flush()
    db.session.add_all(
        [
            Expertise(person_id=who.id, keywords=["paiement", "USSD"]),
            ExpertiseTopic(person_id=who.id, topic_id=topic.id),
            Bid(application_id=application.id, person_id=who.id, level=BidLevel.EAGER),
        ]
    )
    db.session.flush()
    one = found(stage, who)
    assert (one.topics, one.keywords) == ({topic.id}, ("paiement", "USSD"))
    assert panels.bids(stage.call, stage.commission) == {(application.id, who.id): BidLevel.EAGER}


def test_an_application_is_about_the_topics_its_words_betray(stage):
    health = Topic(commission_id=stage.commission.id, position=1, name=Words(fr="Santé"), words=["sante", "صح"])
    farming = Topic(commission_id=stage.commission.id, position=2, name=Words(fr="Agriculture"), words=["agri"])
    nothing = Topic(commission_id=stage.commission.id, position=3, name=Words(fr="Autre"), words=[])
    every = [health, farming, nothing]
    db.session.add_all(every)
    db.session.flush()
    assert about("La SANTÉ numérique", every) == {health.id}
    assert about("التطبيب عن بعد والصحة", every) == {health.id}
    assert about("Télé-agriculture", every) == {farming.id}
    assert about("Un bâtiment", every) == frozenset()
    stage.applications[0].title = "Agri-santé"
    db.session.flush()
    found = topics_by_application(stage.call, stage.commission)
    assert found == {stage.applications[0].id: {health.id, farming.id}, stage.applications[1].id: frozenset()}


def test_the_panel_costs_the_same_however_large(stage, request):
    seen = request.getfixturevalue("queries")
    with seen() as few:
        panels.panel(stage.call, stage.commission)
    for _ in range(20):
        seat_of(stage, with_role(Role.REVIEWER, commission=stage.commission), most=3)
    with seen() as many:
        assert len(panels.panel(stage.call, stage.commission)) == 24
    assert len(few) == len(many) == 4
