"""Seats offered, accepted, declined, left without an answer; substitutes; what is bid and known."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from grants.clusters.models import Cluster
from grants.core import clock
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, Refused, WrongState
from grants.core.i18n import Words
from grants.people.models import Appointment, Organisation, Person, Role
from grants.reviews import bidding, conflict_queries, panel_service, panels, queries
from grants.reviews import panel_queries as reads
from grants.reviews.panel_models import BidLevel, ExpertiseTopic, PanelSeat, SeatState, Topic
from tests.factories import (
    ApplicationFactory,
    CommissionFactory,
    MembershipFactory,
    ReviewFactory,
    submitted,
    with_role,
)
from tests.people.test_letters import letters
from tests.reviews.test_panels import seat_of
from tests.story import set_stage
from workflows import conflict
from workflows import panel as workflow
from workflows import review as reviewing
from workflows.panel import Terms
from workflows.reminders import occurrences


@pytest.fixture
def stage(app):
    made = set_stage()
    db.session.commit()
    return made


@pytest.fixture
def board(stage):
    return reads.panel_of(stage.chair, stage.call.id, stage.commission.id)


def invited(stage, board, email="new@example.org", **terms) -> PanelSeat:
    return workflow.invite_member(board, "Nawal", email, Terms(**terms), actor=stage.chair)


def seat(id) -> PanelSeat:
    return db.session.scalars(reads.whole_seats().where(PanelSeat.id == id)).one()


def accept(made, *, link: object = True) -> None:
    """Read anew, as a request does: by the letter, by an older one (`link` its id), or signed in (None)."""
    found = seat(made.id)
    workflow.accept_seat(found, actor=found.person, link_id=found.link_id if link is True else link)


def decline(made, reason: str = "", *, link: object = True) -> None:
    found = seat(made.id)
    workflow.decline_seat(found, reason, actor=found.person, link_id=found.link_id if link is True else link)


def subjects() -> list[str]:
    return [subject for _, subject, _ in letters()]


def test_a_stranger_is_invited_accepts_and_becomes_a_reviewer(stage, board):
    made = invited(stage, board, most=4, least=1)
    assert (made.state, made.most, made.least, seat(made.id).person.confirmed_at) == (SeatState.INVITED, 4, 1, None)
    [(to, _, text)] = letters()
    assert "new@example.org" in to and text.count("/account/seat/") == 2
    assert not db.session.scalars(select(Appointment).where(Appointment.person_id == made.person_id)).all()
    accept(made)
    accept(made)  # pressed twice
    assert seat(made.id).person.holds(Role.REVIEWER, commission_id=stage.commission.id)
    assert "new@example.org" in {one.person.email for one in panels.panel(stage.call, stage.commission)}
    events = select(Event.name).where(Event.subject_id == made.id).order_by(Event.at, Event.id)
    assert list(db.session.scalars(events)) == ["seat.invite", "seat.accept_seat"]
    told = [to for to, _, _ in letters()]
    assert any(stage.chair.email in one for one in told)
    assert sum("new@example.org" in one for one in told) == 1  # the offer fell silent; the link to choose a password


def test_inviting_twice_is_inviting_once(stage, board):
    first = invited(stage, board)
    again = invited(stage, board, email="NEW@example.org ")
    assert first.id == again.id and len(letters()) == 1
    accept(first, link=None)
    with pytest.raises(Refused, match="sits in this panel already"):
        invited(stage, board)


def test_only_the_chair_and_only_before_the_decision(stage, board):
    other = with_role(
        Role.CHAIR, commission=CommissionFactory(cluster=db.session.get_one(Cluster, stage.fund.cluster_id))
    )
    db.session.commit()
    with pytest.raises(Forbidden):
        workflow.invite_member(board, "N", "n@example.org", Terms(), actor=other)
    made = invited(stage, board)
    with pytest.raises(Forbidden):
        workflow.withdraw_seat(seat(made.id), actor=other)
    with pytest.raises(Forbidden):
        workflow.accept_seat(seat(made.id), actor=stage.chair)


def test_declining_says_why_and_proposes_who_knows_the_same(stage, board):
    topic = Topic(commission_id=stage.commission.id, position=1, name=Words(fr="Santé"), words=["sante"])
    other = CommissionFactory(cluster=db.session.get_one(Cluster, stage.fund.cluster_id))
    near, far = (with_role(Role.REVIEWER, commission=other) for _ in range(2))
    made = invited(stage, board, email=with_role(Role.REVIEWER, commission=stage.commission).email, most=7)
    db.session.add(topic)
    db.session.flush()
    db.session.add_all(ExpertiseTopic(person_id=one, topic_id=topic.id) for one in (made.person_id, near.id))
    db.session.flush()
    decline(made, "I am abroad.")
    assert (seat(made.id).state, made.reason) == (SeatState.DECLINED, "I am abroad.")
    [line] = reads.chairs_panel(stage.chair, board).proposals
    assert line.substitute.person.id == near.id and line.substitute.topics == (topic,)
    assert far.id != near.id
    chairs = [text for to, _, text in letters() if stage.chair.email in to]
    assert near.name in chairs[-1] and "I am abroad." in chairs[-1]
    instead = workflow.replace_member(seat(made.id), near, actor=stage.chair)
    assert (instead.most, instead.in_place_of_id) == (7, made.id)
    found = reads.chairs_panel(stage.chair, board)
    assert found.proposals == []
    assert next(one.stands_in.id for one in found.lines if one.one.seat and one.one.seat.id == made.id) == near.id
    with pytest.raises(Refused, match="in this place meanwhile"):
        workflow.replace_member(seat(made.id), far, actor=stage.chair)


def test_a_substitute_withdrawn_leaves_the_place_to_another(stage, board):
    other = CommissionFactory(cluster=db.session.get_one(Cluster, stage.fund.cluster_id))
    first, second = (with_role(Role.REVIEWER, commission=other) for _ in range(2))
    made = invited(stage, board)
    decline(made)
    instead = workflow.replace_member(seat(made.id), first, actor=stage.chair)
    workflow.withdraw_seat(seat(instead.id), actor=stage.chair)
    found = reads.chairs_panel(stage.chair, board)
    [line] = found.proposals
    assert line.one.seat.id == made.id and line.substitute.person.id == second.id
    assert all(one.stands_in is None for one in found.lines)
    assert workflow.replace_member(seat(made.id), second, actor=stage.chair).in_place_of_id == made.id


def test_silence_ends_the_offer_and_the_links(stage, board):
    made = invited(stage, board, days=3)
    with clock.stopped(now() + timedelta(days=2, minutes=1)):
        due = [one for one in occurrences(now()) if one.rule.name == "seat_unanswered"]
        assert [(one.owed.subject_id, one.owed.recipient_id) for one in due] == [(made.id, made.person_id)]
    with clock.stopped(now() + timedelta(days=4)):
        with pytest.raises(WrongState):
            accept(made)
        workflow.end_unanswered()
        workflow.end_unanswered()
        assert seat(made.id).state == SeatState.SILENT
        assert [one for one in occurrences(now()) if one.rule.name == "seat_unanswered"] == []
        assert len(subjects()) == 1  # the offer fell silent; the chair is told
        old = made.link_id
        workflow.invite_again(seat(made.id), actor=stage.chair)
        workflow.invite_again(seat(made.id), actor=stage.chair)
        assert made.state == SeatState.INVITED and made.link_id != old
        with pytest.raises(WrongState):
            accept(made, link=old)
        accept(made)


def test_withdrawn_before_the_answer(stage, board):
    made = invited(stage, board)
    workflow.withdraw_seat(seat(made.id), actor=stage.chair)
    workflow.withdraw_seat(seat(made.id), actor=stage.chair)
    with pytest.raises(WrongState, match="no longer counts"):
        accept(made)
    with pytest.raises(WrongState):
        decline(made, "")
    assert len(letters()) == 1  # the offer fell silent, the withdrawal is told


def test_a_reminder_by_hand_is_one_a_day(stage, board):
    made = invited(stage, board)
    workflow.remind_member(seat(made.id), actor=stage.chair)
    workflow.remind_member(seat(made.id), actor=stage.chair)
    assert len(letters()) == 2
    decline(made, "", link=None)
    with pytest.raises(WrongState):
        workflow.remind_member(seat(made.id), actor=stage.chair)
    assert len(letters()) == 1


def test_a_letter_does_not_give_back_a_seat(stage, board):
    made = invited(stage, board)
    accept(made)
    with pytest.raises(WrongState, match="Sign in"):
        decline(made, "")
    decline(made, "Illness.", link=None)
    assert made.state == SeatState.DECLINED


def test_gaps_and_loads_count_nothing_the_chair_is_conflicted_with(stage, board):
    topic = Topic(commission_id=stage.commission.id, position=1, name=Words(fr="Santé"), words=["sante"])
    db.session.add(topic)
    for one in stage.applications:
        one.title = "Santé"
    db.session.flush()
    [coverage] = reads.chairs_panel(stage.chair, board).coverage
    assert (coverage.applications, coverage.experts, coverage.is_gap) == (2, 0, True)
    with_role(Role.REVIEWER, commission=stage.commission, person=stage.chair)
    db.session.refresh(stage.chair, ["appointments"])
    application = queries.led_application(stage.chair, stage.applications[0].id)
    reviewing.assign(application, [stage.chair, *stage.reviewers[:2]], actor=stage.chair)
    loads = {one.one.person.id: one.one.load for one in reads.chairs_panel(stage.chair, board).lines}
    assert loads[stage.reviewers[0].id] == 1
    mine = queries.on_file(stage.chair, application)
    own = next(one for one in mine if one.reviewer_id == stage.chair.id)
    reviewing.declare_conflict(queries.own_review(stage.chair, own.id), "Mine.", actor=stage.chair)
    found = reads.chairs_panel(stage.chair, board)
    assert found.coverage[0].applications == found.applications == 1
    assert {one.one.load for one in found.lines} == {0}


def test_a_substitutes_load_leaves_out_what_is_hidden_from_the_chair(stage, board):
    other = CommissionFactory(cluster=db.session.get_one(Cluster, stage.fund.cluster_id))
    near = with_role(Role.REVIEWER, commission=other)
    file = ApplicationFactory(call=stage.call, commission=other, state=stage.applications[0].state, **submitted(9))
    ReviewFactory(application=file, reviewer=near)
    seat_of(stage, stage.reviewers[0], SeatState.DECLINED)

    def load() -> int:
        [line] = reads.chairs_panel(stage.chair, board).proposals
        assert line.substitute.person.id == near.id
        return line.substitute.load

    assert load() == 1
    MembershipFactory(organisation=db.session.get_one(Organisation, file.organisation_id), person=stage.chair)
    assert load() == 0


# --- bids and expertise ---------------------------------------------------------------------------------------


def place(stage, who) -> bidding.Sitting:
    return bidding.sitting(who, stage.call.id, stage.commission.id)


def test_bids_are_kept_and_changed(stage):
    who, (one, two) = stage.reviewers[0], stage.applications
    assert panel_service.keep_bids(place(stage, who), {one.id: BidLevel.EAGER}, actor=who) == 1
    assert (
        panel_service.keep_bids(place(stage, who), {one.id: BidLevel.UNABLE, two.id: BidLevel.NEUTRAL}, actor=who) == 2
    )
    assert panels.bids(stage.call, stage.commission) == {
        (one.id, who.id): BidLevel.UNABLE,
        (two.id, who.id): BidLevel.NEUTRAL,
    }
    [found] = bidding.places(who)
    assert (found.total, found.said) == (2, 2)


def test_what_is_conflicted_ours_or_given_is_not_offered(stage):
    who, (one, two) = stage.reviewers[0], stage.applications
    MembershipFactory(organisation=db.session.get_one(Organisation, one.organisation_id), person=who)
    assert [row.application.id for row in bidding.choices(who, place(stage, who).board, 1).rows] == [two.id]
    assert panel_service.keep_bids(place(stage, who), {one.id: BidLevel.EAGER}, actor=who) == 0
    for _ in range(2):
        conflict.declare(conflict_queries.own_declarable(who, two.id), "My cousin.", actor=who)
    assert queries.conflicted(who, two)
    assert bidding.choices(who, place(stage, who).board, 1).total == 0 and bidding.places(who) == []
    application = queries.led_application(stage.chair, two.id)
    reviewing.assign(application, stage.reviewers[1:4], actor=stage.chair)  # nobody waits for the declaration


def test_who_does_not_sit_does_not_bid(stage):
    who = stage.reviewers[0]
    seat_of(stage, who, SeatState.INVITED)
    db.session.commit()
    with pytest.raises(Forbidden, match="do not sit"):
        panel_service.keep_bids(place(stage, who), {}, actor=who)
    assert bidding.places(who) == []


def test_a_seat_that_is_over_takes_no_bid_and_no_review(stage):
    who, yesterday = stage.reviewers[0], now().date() - timedelta(days=1)
    made = seat_of(stage, who, ends_on=now().date())
    assert who.id in {one.person.id for one in queries.candidates(stage.call, stage.commission.id)}
    made.ends_on = yesterday
    db.session.commit()
    assert who.id not in {one.person.id for one in queries.candidates(stage.call, stage.commission.id)}
    assert who.id not in {one.person.id for one in panels.panel(stage.call, stage.commission)}
    with pytest.raises(Forbidden, match="has ended"):
        panel_service.keep_bids(place(stage, who), {}, actor=who)
    application = queries.led_application(stage.chair, stage.applications[0].id)
    with pytest.raises(Refused, match="does not sit"):
        reviewing.assign(application, stage.reviewers[:3], actor=stage.chair)


def test_expertise_is_kept_and_two_tabs_do_not_overwrite(stage):
    who = stage.reviewers[0]
    topics = [Topic(commission_id=stage.commission.id, position=n, name=Words(fr=f"T{n}"), words=[]) for n in (1, 2)]
    db.session.add_all(topics)
    db.session.flush()
    ids = [one.id for one in topics]
    panel_service.say_expertise(ids[:1], ids, ["USSD"], 0, actor=who)
    seen = bidding.expertise_of(who).version
    panel_service.say_expertise(ids, ids, ["USSD"], seen, actor=who)
    assert panels.knowledge([who.id])[who.id].topics == set(ids)
    for version in (0, seen):  # 0: a tab that was opened before anything was kept
        with pytest.raises(LostUpdate):
            panel_service.say_expertise([], ids, [], version, actor=who)
        panel_service.say_expertise(ids, ids, ["USSD"], version, actor=who)  # the same again
    panel_service.remove_topic(topics[0], actor=stage.chair)
    assert panels.knowledge([who.id])[who.id].topics == {ids[1]}


def test_days_away(stage):
    who, day = stage.reviewers[0], now().date()
    panel_service.be_away(day, day + timedelta(days=2), actor=who)
    panel_service.be_away(day, day + timedelta(days=2), actor=who)
    [away] = panels.knowledge([who.id])[who.id].away
    with pytest.raises(Forbidden):
        panel_service.be_back(away, actor=stage.reviewers[1])
    panel_service.be_back(away, actor=who)
    assert panels.knowledge([who.id])[who.id].away == ()
    with pytest.raises(Refused):
        panel_service.be_away(day - timedelta(days=9), day - timedelta(days=1), actor=who)
    assert db.session.get_one(Person, who.id).id == who.id
