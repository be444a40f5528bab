"""A call from draft to archive, and its money."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from grants.applications.models import ApplicationState
from grants.calls import policy, queries, service
from grants.calls.models import Call, CallState
from grants.core.audit import Event
from grants.core.clock import now, stopped
from grants.core.db import db
from grants.core.errors import Forbidden, NotEnough, Refused, WrongState
from grants.ledger.queries import balances, by_commission
from grants.ledger.service import Stage, verify
from grants.messages.models import Promise
from grants.people.models import Role
from tests.calls.ground import set_ground
from tests.factories import ApplicationFactory, CallFactory, PersonFactory, with_role
from workflows import call as workflow
from workflows.letters import message_for
from workflows.outbox import Due

S = CallState


@pytest.fixture
def ground(app):
    return set_ground()


def approved(ground, **changes) -> Call:
    call = ground.call(**changes)
    ground.do(workflow.propose, call, by=ground.officer)
    return ground.do(workflow.approve, call, by=ground.committee)


def events(call, name):
    return db.session.scalars(select(Event).where(Event.subject_id == call.id, Event.name == name)).all()


def test_the_whole_way(ground):
    call = approved(ground)
    ground.do(workflow.publish, call, by=ground.officer)
    ground.do(workflow.publish, call, by=ground.officer)
    assert (call.state, call.published_at is not None) == (S.PUBLISHED, True)
    workflow.open_due()
    assert call.state == S.PUBLISHED
    with stopped(call.opens_at):
        workflow.open_due()
        assert call.state == S.OPEN
        workflow.close_due()
        assert call.state == S.OPEN
    with stopped(call.closes_at):
        workflow.close_due()
    assert call.state == S.CLOSED
    ground.do(workflow.evaluate, call, by=ground.officer)
    workflow.lifecycle.fire("decide", ground.whole(call), ground.committee)
    ground.do(workflow.archive, call, by=ground.officer)
    assert call.state == S.ARCHIVED
    assert len(events(call, "call.publish")) == 1
    assert [e.actor_id for e in events(call, "call.open")] == [None]


def test_approval_sets_the_envelopes_aside(ground):
    call = approved(ground)
    standing = balances([ground.fund.id])[ground.fund.id]
    assert standing[Stage.AVAILABLE] == ground.money(97_000_000)
    assert standing[Stage.CALL] == ground.money(0)
    first, second = ground.commissions
    shares = by_commission(ground.fund.id, call.id)
    assert (shares[first.id].free, shares[second.id].free) == (ground.money(2_000_000), ground.money(1_000_000))
    ground.do(workflow.approve, call, by=ground.committee)  # pressed twice
    assert balances([ground.fund.id])[ground.fund.id] == standing
    assert verify([ground.fund.id]).broken is None


def test_approval_without_the_credit_is_refused_and_says_what_is_left(app):
    ground = set_ground(credit=2_500_000)
    call = ground.call()
    ground.do(workflow.propose, call, by=ground.officer)
    db.session.commit()
    with pytest.raises(NotEnough) as refusal:
        ground.do(workflow.approve, call, by=ground.committee)
    assert "2\u00a0500\u00a0000" in str(refusal.value).replace(",", "\u00a0")
    assert db.session.get_one(Call, call.id).state == S.PROPOSED


def test_nobody_approves_what_they_proposed(ground):
    both = with_role(Role.COMMITTEE, cluster=ground.fund.cluster, person=ground.officer)
    db.session.refresh(both, ["appointments"])
    call = ground.call()
    ground.do(workflow.propose, call, by=both)
    with pytest.raises(Forbidden, match="another member"):
        ground.do(workflow.approve, call, by=both)


def test_a_returned_call_is_a_draft_again_with_its_reason(ground):
    call = ground.call()
    ground.do(workflow.propose, call, by=ground.officer)
    with pytest.raises(Forbidden):
        ground.do(service.revise, call, ground.draft(), call.version, by=ground.officer)
    ground.do(workflow.return_draft, call, "Lower the second envelope.", by=ground.committee)
    assert call.state == S.DRAFT
    assert events(call, "call.return_draft")[0].reason == "Lower the second envelope."
    ground.do(service.revise, call, ground.draft(), call.version, by=ground.officer)


def test_rules_are_frozen_after_approval(ground):
    call = approved(ground)
    with pytest.raises(Forbidden, match="frozen"):
        ground.do(service.revise, call, ground.draft(), call.version, by=ground.officer)


def test_a_call_whose_closing_is_past_is_neither_proposed_nor_published(ground):
    call = ground.call()
    with stopped(call.closes_at), pytest.raises(Refused, match="closing time is past"):
        ground.do(workflow.propose, call, by=ground.officer)
    call = approved(ground, code="2026-2")
    with stopped(call.closes_at), pytest.raises(Refused, match="extend the call"):
        ground.do(workflow.publish, call, by=ground.officer)


def test_a_call_whose_opening_is_past_opens_when_published(ground):
    call = approved(ground, opens_at=now() - timedelta(days=1))
    ground.do(workflow.publish, call, by=ground.officer)
    assert call.state == S.OPEN
    ground.do(workflow.publish, call, by=ground.officer)
    assert len(events(call, "call.publish")) == 1


def test_an_extension_moves_the_date_later_and_is_announced(ground):
    call = approved(ground)
    ground.do(workflow.publish, call, by=ground.officer)
    later, due = call.closes_at + timedelta(days=7), call.reviews_due_at
    with pytest.raises(Refused, match="later than"):
        ground.do(workflow.extend, call, call.closes_at - timedelta(hours=1), due, "No.", by=ground.officer)
    with pytest.raises(Refused, match="Reviews must be due"):
        ground.do(workflow.extend, call, due, due, "No.", by=ground.officer)
    for _ in range(2):
        ground.do(workflow.extend, call, later, due, "A holiday.", by=ground.officer)
    assert call.closes_at == later
    assert [e.reason for e in events(call, "call.extend")] == ["A holiday."]


def test_an_extension_opens_a_closed_call_again(ground):
    call = approved(ground, opens_at=now() - timedelta(days=1))
    ground.do(workflow.publish, call, by=ground.officer)
    with stopped(call.closes_at + timedelta(hours=1)):
        workflow.close_due()
        assert call.state == S.CLOSED
        later = now() + timedelta(days=3)
        ground.do(workflow.extend, call, later, call.reviews_due_at, "The site was down.", by=ground.officer)
    assert (call.state, call.closes_at) == (S.OPEN, later)


def test_once_evaluated_the_date_no_longer_moves(ground):
    call = CallFactory(fund=ground.fund, state=S.EVALUATING)
    with pytest.raises(Forbidden, match="no longer move"):
        ground.do(workflow.extend, call, now() + timedelta(days=40), now() + timedelta(days=90), "x", by=ground.officer)


def test_a_cancelled_call_gives_its_credit_back(ground):
    call = approved(ground)
    ground.do(workflow.publish, call, by=ground.officer)
    ground.do(workflow.cancel, call, "The budget was cut.", by=ground.committee)
    standing = balances([ground.fund.id])[ground.fund.id]
    assert standing[Stage.AVAILABLE] == ground.money(100_000_000)
    assert (standing[Stage.CALL], standing[Stage.COMMISSION]) == (ground.money(0), ground.money(0))
    assert policy.is_public(ground.whole(call))  # its page says that it was cancelled, and why
    with pytest.raises(WrongState):
        ground.do(workflow.evaluate, call, by=ground.officer)


def test_whoever_works_on_an_application_is_told_that_the_call_was_cancelled(ground):
    call = approved(ground)
    ground.do(workflow.publish, call, by=ground.officer)
    draft, gone = (
        ApplicationFactory(call=call, commission=ground.commissions[0], state=state)
        for state in (ApplicationState.DRAFT, ApplicationState.WITHDRAWN)
    )
    ground.do(workflow.cancel, call, "The budget was cut.", by=ground.committee)
    owed = db.session.scalars(select(Promise).where(Promise.kind == "tell_cancelled")).one()
    assert (owed.subject_id, owed.recipient_id) == (draft.id, draft.lead_id) and owed.subject_id != gone.id
    due = Due(owed.id, owed.kind, owed.subject_id, owed.recipient_id, owed.slot, owed.args, now(), 1, owed.id)
    written = message_for(workflow.tell_cancelled.body.__wrapped__(due), "1").get_body(("plain",)).get_content()
    assert "The budget was cut." in written and draft.title in written


def test_a_cancelled_draft_was_never_public(ground):
    call = ground.call()
    ground.do(workflow.cancel, call, "Not now.", by=ground.committee)
    assert not policy.is_public(ground.whole(call))


def test_each_move_is_for_its_role(ground):
    call = ground.call()
    for somebody in (PersonFactory(), ground.manager, ground.committee):
        with pytest.raises(Forbidden):
            ground.do(workflow.propose, call, by=somebody)
    ground.do(workflow.propose, call, by=ground.officer)
    for somebody in (PersonFactory(), ground.manager):
        with pytest.raises(Forbidden):
            ground.do(workflow.approve, call, by=somebody)


class Nobody:
    is_authenticated = False
    appointments: tuple = ()


def test_policy_and_queries_agree(ground):
    other = CallFactory()
    calls = [CallFactory(fund=ground.fund, code=f"S-{state}", state=state) for state in S]
    calls += [CallFactory(fund=ground.fund, code="NEVER", state=S.CANCELLED, published_at=None), other]
    calls += [CallFactory(fund=ground.fund, code="PAST", state=S.DECIDED, imported=True)]
    people = [Nobody(), PersonFactory(), ground.officer, ground.committee, with_role(Role.AUDITOR, fund=ground.fund)]
    people += [with_role(Role.OFFICER, fund=other.fund)]
    for person in people:
        listed = set(db.session.scalars(queries.visible_to(person)))
        assert listed == {one for one in calls if policy.view.allows(person, one)}
        if person.is_authenticated:
            followed = set(db.session.scalars(queries.followed_by(person)))
            assert followed == {one for one in calls if policy.follow.allows(person, one)}
            may = {one.fund for one in calls if policy.draft.allows(person, one.fund)}
            assert set(queries.funds_to_draft_in(person)) == may
