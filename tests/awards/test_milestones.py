"""Milestones by the verbs: planned, due, reported, clarified, settled; the instalment that waits; support in kind."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from grants.awards import milestone_policy as policy
from grants.awards import milestone_queries as queries
from grants.awards import queries as awards
from grants.awards import visa
from grants.awards.agreement_text import drafted, hash_of
from grants.awards.models import Agreement, Award, Milestone, MilestoneState, SupportRequest, SupportState
from grants.awards.service import kept_back
from grants.core import clock
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, Refused, WrongState
from grants.ledger.queries import by_grant
from grants.people.models import Right, Role
from tests.awards.test_award_story import EVIDENCE, PLAN, act, funded
from tests.factories import MembershipFactory, PersonFactory, with_role
from tests.story import set_stage
from workflows import award as agreements
from workflows import claim as claims
from workflows import in_kind, milestone
from workflows.in_kind import SupportDraft
from workflows.milestone import MilestoneDraft

DRAFTS = [
    MilestoneDraft("Prototype", date(2027, 3, 1), "A working prototype", instalment=2),
    MilestoneDraft("Accounts", date(2027, 6, 1), technical=False, financial=True),
]
FOLLOWED = {
    "milestones": [
        {
            "title": {"fr": "Prototype", "en": "Prototype"},
            "months": 3,
            "deliverables": {"fr": "Un prototype"},
            "technical": True,
            "financial": False,
            "instalment": 2,
        }
    ],
    "questions": [
        {"label": {"fr": "Résultats"}, "kind": "text", "financial": False, "required": True},
        {"label": {"fr": "Essais"}, "kind": "number", "financial": False, "required": False},
    ],
    "supports": [],
}


@pytest.fixture
def stage(app):
    stage = set_stage()
    stage.call.follow_up = FOLLOWED
    stage.call.retention = 1_000
    db.session.flush()
    return stage


def planned(stage, drafts=DRAFTS, supports=()):
    """The agreement, prepared and planned, as the officer reads it."""
    agreement = funded(stage).agreement
    act(agreements.prepare, agreement, PLAN, None, actor=stage.officer)
    act(milestone.plan_milestones, agreement, drafts, None, actor=stage.officer)
    if supports:
        act(in_kind.plan_supports, agreement, supports, None, actor=stage.officer)
    return awards.agreement(stage.officer, agreement.id)


def signed(stage, agreement):
    act(agreements.propose_commitment, agreement, actor=stage.authorising)
    act(agreements.grant_visa, agreement, visa.ALL, actor=stage.accountant)
    act(agreements.open_signature, agreement, actor=stage.officer)
    act(agreements.sign, agreement, actor=stage.owner())
    act(agreements.countersign, agreement, actor=stage.authorising)
    return awards.agreement(stage.owner(), agreement.id)


def seen(person, n: int = 0) -> Milestone:
    id = db.session.scalars(select(Milestone.id).order_by(Milestone.position)).all()[n]
    return queries.milestone(person, id)


def reported(stage, n: int = 0) -> None:
    owner = stage.owner()
    answers = {"q-0": "It works."} if n == 0 else {"q-spent": "As planned."}
    milestone.write(seen(owner, n), answers, "", None, actor=owner)
    milestone.submit_report(seen(owner, n), actor=owner)


def test_the_call_proposes_counted_from_the_start(stage):
    agreement = awards.award(stage.officer, funded(stage).id).agreement
    assert milestone.proposed(agreement) == []
    act(agreements.prepare, agreement, PLAN, None, actor=stage.officer)
    agreement = awards.agreement(stage.officer, agreement.id)
    assert milestone.proposed(agreement) == [
        MilestoneDraft("Prototype", date(2027, 3, 1), "Un prototype", True, False, 2)
    ]


def test_a_plan_is_sound_and_frozen_once_proposed(stage):
    agreement = planned(stage)
    assert [(one.position, one.title, one.instalment) for one in agreement.milestones] == [
        (1, "Prototype", 2),
        (2, "Accounts", None),
    ]
    assert kept_back(agreement) == {2: agreement.instalments[1].amount.share(1_000)}
    db.session.commit()
    for wrong, why in (
        (MilestoneDraft("Late", date(2030, 1, 1)), "falls outside the project"),
        (MilestoneDraft("Held", date(2027, 3, 1), instalment=9), "does not have"),
        (MilestoneDraft("None", date(2027, 3, 1), technical=False), "which report"),
    ):
        with pytest.raises(Refused, match=why):
            act(milestone.plan_milestones, agreement, [wrong], None, actor=stage.officer)
    with pytest.raises(LostUpdate):
        act(milestone.plan_milestones, agreement, DRAFTS, 1, actor=stage.officer)
    act(agreements.propose_commitment, agreement, actor=stage.authorising)
    db.session.commit()
    with pytest.raises(Forbidden, match="no longer be changed"):
        act(milestone.plan_milestones, agreement, DRAFTS, None, actor=stage.officer)


def test_preparing_again_keeps_the_milestones(stage):
    agreement = planned(stage)
    act(agreements.prepare, agreement, PLAN, None, actor=stage.officer)
    assert len(awards.agreement(stage.officer, agreement.id).milestones) == 2


def test_the_clock_makes_due_what_is_due_where_the_fund_is(stage):
    agreement = planned(stage)
    with clock.stopped(now().replace(year=2027, month=3, day=1, hour=6)):
        assert milestone.fall_due() == 0, "the agreement is not active"
    signed(stage, agreement)
    with clock.stopped(now().replace(year=2027, month=2, day=28, hour=22)):
        assert milestone.fall_due() == 0
    with clock.stopped(now().replace(year=2027, month=3, day=1, hour=6)):
        assert (milestone.fall_due(), milestone.fall_due()) == (1, 0)
    assert [one.state for one in queries.planned(agreement)] == [MilestoneState.DUE, MilestoneState.PLANNED]


def test_a_report_is_written_asked_about_answered_and_accepted(stage):
    signed(stage, planned(stage))
    owner = stage.owner()
    with pytest.raises(Refused, match="Answer"):
        milestone.submit_report(seen(owner), actor=owner)
    milestone.write(seen(owner), {"q-0": "It works."}, "", None, actor=owner)
    milestone.attach(seen(owner), [EVIDENCE, EVIDENCE], actor=owner)
    milestone.submit_report(seen(owner), actor=owner)
    milestone.submit_report(seen(owner), actor=owner)  # a double click
    assert len(seen(owner).files) == 1
    db.session.commit()
    with pytest.raises(WrongState):
        milestone.write(seen(owner), {}, "", None, actor=owner)
    milestone.ask_about_report(seen(stage.officer), "On which sites?", actor=stage.officer)
    db.session.commit()
    with pytest.raises(Refused, match="question"):
        milestone.submit_report(seen(owner), actor=owner)
    milestone.write(seen(owner), {"q-0": "It works on two sites."}, "Rabat and Fès.", None, actor=owner)
    milestone.submit_report(seen(owner), actor=owner)
    found = seen(stage.officer)
    assert (found.state, found.asked, found.questions[0].answer) == (MilestoneState.SUBMITTED, None, "Rabat and Fès.")
    milestone.accept_report(found, actor=stage.officer)
    assert seen(owner).opens


def test_two_colleagues_do_not_overwrite_each_other(stage):
    signed(stage, planned(stage))
    owner = stage.owner()
    version = seen(owner).version
    milestone.write(seen(owner), {"q-0": "Mine."}, "", version, actor=owner)
    db.session.commit()
    with pytest.raises(LostUpdate):
        milestone.write(seen(owner), {"q-0": "Theirs."}, "", version, actor=owner)


def test_an_instalment_waits_for_its_milestone(stage):
    agreement = signed(stage, planned(stage, [MilestoneDraft("Kick-off", date(2026, 12, 20), instalment=1)]))
    owner, first = stage.owner(), agreement.instalments[0].id
    db.session.commit()
    with pytest.raises(Refused, match="waits for the milestone “Kick-off”"):
        claims.begin(awards.instalment(owner, first), actor=owner)
    reported(stage)
    milestone.reject_report(seen(stage.officer), "Nothing is shown.", actor=stage.officer)
    db.session.commit()
    with pytest.raises(Refused, match="waits for"):
        claims.begin(awards.instalment(owner, first), actor=owner)
    reported(stage)  # again
    assert (seen(owner).reason, seen(owner).settled_at) == (None, None)
    milestone.accept_partly(seen(stage.officer), "One part is missing.", actor=stage.officer)
    assert claims.begin(awards.instalment(owner, first), actor=owner)


def test_the_authorising_officer_waives(stage):
    agreement = signed(stage, planned(stage, [MilestoneDraft("Kick-off", date(2026, 12, 20), instalment=1)]))
    db.session.commit()
    with pytest.raises(Forbidden):
        milestone.waive_milestone(seen(stage.officer), "Out of scope.", actor=stage.officer)
    milestone.waive_milestone(seen(stage.authorising), "Out of scope.", actor=stage.authorising)
    assert claims.begin(awards.instalment(stage.owner(), agreement.instalments[0].id), actor=stage.owner())


def test_who_sees_a_milestone_and_the_query_agrees(stage):
    agreement = planned(stage)
    partner, stranger = PersonFactory(), PersonFactory()
    people = [stage.owner(), stage.officer, stage.accountant, stage.authorising, partner, stranger]
    from grants.applications.models import Partner, PartnerState

    theirs = MembershipFactory(person=partner, right=Right.READER).organisation
    db.session.add(
        Partner(
            application_id=stage.applications[0].id,
            organisation_id=theirs.id,
            state=PartnerState.ACCEPTED,
            name="Lab",
            email="lab@lab.example",
            role="Tests",
            invited_by_id=stage.owner().id,
            sent_at=now(),
            expires_at=now() + timedelta(days=5),
            accepted_at=now(),
            accepted_by_id=partner.id,
        )
    )
    db.session.flush()

    def who():
        db.session.expire_all()
        whole = seen(stage.officer)
        by_query = [bool(db.session.scalars(queries.visible_milestones(one)).unique().all()) for one in people]
        assert by_query == [policy.view_milestone.allows(one, whole) for one in people]
        return by_query

    assert who() == [False, True, True, True, False, False]
    signed(stage, agreement)
    assert who() == [True, True, True, True, True, False]


# --- support in kind ------------------------------------------------------------------------------------------

SEATS = [SupportDraft("Training seats", "seat", 10)]


def support_of(person, agreement):
    return queries.support(person, awards.agreement(person, agreement.id).supports[0].id)


def step(verb, person, *values):
    id = db.session.scalars(select(SupportRequest.id).order_by(SupportRequest.created_at.desc())).first()
    verb(queries.support_request(person, id), *values, actor=person)


def test_support_is_asked_checked_certified_and_delivered_by_different_people(stage):
    agreement = signed(stage, planned(stage, supports=SEATS))
    before = by_grant(stage.fund.id)
    owner = stage.owner()
    in_kind.ask_support(support_of(owner, agreement), 4, "The spring session.", actor=owner)
    db.session.commit()
    with pytest.raises(Refused, match="at most 6"):
        in_kind.ask_support(support_of(owner, agreement), 7, "", actor=owner)
    step(in_kind.check_support, stage.officer)
    step(in_kind.certify_support, stage.authorising)
    db.session.commit()
    with pytest.raises(Forbidden, match="You checked"):
        step(in_kind.deliver_support, stage.officer, date(2027, 4, 1))
    step(in_kind.deliver_support, stage.second_officer, date(2027, 4, 1))
    found = support_of(owner, agreement)
    assert (found.planned, found.delivered, found.left) == (10, 4, 6)
    assert by_grant(stage.fund.id) == before, "no ledger entry, ever"


def test_what_is_refused_may_be_asked_again(stage):
    agreement = signed(stage, planned(stage, supports=SEATS))
    owner = stage.owner()
    in_kind.ask_support(support_of(owner, agreement), 10, "", actor=owner)
    step(in_kind.refuse_support, stage.officer, "Not this year.")
    assert support_of(owner, agreement).left == 10
    in_kind.ask_support(support_of(owner, agreement), 10, "", actor=owner)


def test_the_table_itself_wants_three_people(stage):
    agreement = signed(stage, planned(stage, supports=SEATS))
    made = in_kind.ask_support(support_of(stage.owner(), agreement), 1, "", actor=stage.owner())
    db.session.commit()
    both = with_role(Role.AUTHORISING_OFFICER, fund=stage.fund, person=PersonFactory()).id
    with pytest.raises(IntegrityError, match="three_people"), db.session.begin_nested():
        db.session.execute(
            SupportRequest.__table__.update()
            .where(SupportRequest.__table__.c.id == made.id)
            .values({"checked_by_id": both, "certified_by_id": both, "state": str(SupportState.CERTIFIED)})
        )


def test_the_milestones_are_part_of_what_is_signed(stage):
    agreement = planned(stage)
    before = hash_of(drafted(agreement))
    act(milestone.plan_milestones, agreement, DRAFTS[:1], None, actor=stage.officer)
    assert hash_of(drafted(awards.agreement(stage.officer, agreement.id))) != before
    assert db.session.scalars(select(Award.number).join(Agreement)).one()
