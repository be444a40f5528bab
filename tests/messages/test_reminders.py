"""Who is reminded of what, when, how often, and when it stops."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select

from grants.applications.models import ApplicationState
from grants.calls.models import CallState
from grants.core.clock import now
from grants.core.db import db, transaction
from grants.core.types import new_id
from grants.messages.models import Promise, Status
from grants.people.models import Right
from grants.profiles.models import KeptDocument, KeptKind
from grants.reviews.models import ReviewState
from tests.factories import MembershipFactory, PersonFactory
from tests.messages import scene
from workflows.outbox import Due, attempt
from workflows.reminders import RULES, occurrences, promise_due, remind, slot

CLOSES, REVIEW, EXPIRES, *_ = RULES


@pytest.fixture(autouse=True)
def app(own_app):
    return own_app


def due(moment):
    return sorted((one.rule.name, one.owed.slot.split("Z")[1], one.owed.recipient_id) for one in occurrences(moment))


def at(call, days, hours=0.0):
    return call.closes_at + timedelta(days=days, hours=hours)


def test_a_slot_names_the_obligation_never_the_tick():
    assert slot(datetime(2026, 12, 6, 22, 59, 41, tzinfo=UTC), -7) == "2026-12-06T22:59Z-7d"
    assert slot(datetime(2026, 12, 6, 22, 59, tzinfo=UTC), 1) == "2026-12-06T22:59Z+1d"


@pytest.mark.parametrize(("hours", "days"), [(-14 * 24, "-14d"), (-7 * 24, "-7d"), (-48, "-2d"), (-24, "-1d")])
def test_a_closing_call_is_announced_14_7_2_and_1_days_ahead(hours, days):
    call = scene.call(closes_in=timedelta(days=20))
    lead_id = scene.draft(call).lead_id
    assert due(at(call, 0, hours)) == [("call_closes", days, lead_id)]
    assert due(at(call, 0, hours - 0.01)) != [("call_closes", days, lead_id)]


def test_only_people_who_can_still_finish_a_draft_are_reminded():
    call, cancelled = scene.call(), scene.call(state=CallState.CANCELLED)
    draft = scene.draft(call)
    editor = scene.join(draft, Right.EDITOR)
    scene.join(draft, Right.READER)
    scene.draft(call, scene.person(disabled_at=now()))
    scene.draft(call, created_at=now() + timedelta(days=4))  # begun after that reminder was due
    scene.draft(cancelled)
    scene.review(call, scene.person())
    assert {who for _, _, who in due(at(call, -7))} == {draft.lead_id, editor.id}


def test_two_drafts_in_one_call_make_one_reminder():
    call, lead = scene.call(), scene.person()
    scene.draft(call, lead)
    scene.draft(call, lead)
    assert len(due(at(call, -7))) == 1


@pytest.mark.parametrize("days", [-5, -1, 1])
def test_a_review_that_is_not_in_is_asked_for_5_and_1_days_before_and_1_after(days):
    call = scene.call(closes_in=timedelta(days=10))
    late, done = scene.person(), scene.person()
    scene.review(call, late)
    scene.review(call, late, state=ReviewState.DRAFT)
    scene.review(call, done, state=ReviewState.SUBMITTED, submitted_at=now(), total=5000)
    scene.review(call, scene.person(), state=ReviewState.CONFLICT_DECLARED, conflict_reason="my cousin")
    moment = call.reviews_due_at + timedelta(days=days)
    assert due(moment) == [("review_due", f"{days:+d}d", late.id)]


def test_downtime_catches_up_and_says_only_the_last_of_several_slots():
    call = scene.call(closes_in=timedelta(days=10))
    lead_id = scene.draft(call).lead_id
    assert due(at(call, -7, 60)) == [("call_closes", "-7d", lead_id)]
    assert due(at(call, -7, 73)) == []  # past the grace window
    assert due(at(call, -1, 10)) == [("call_closes", "-1d", lead_id)]  # J-2 passed unsaid: J-1 says it all


def test_each_slot_is_promised_once_however_many_ticks_see_it():
    call = scene.call(closes_in=timedelta(days=7))
    for _ in range(3):
        scene.draft(call)
    assert [remind(), remind()] == [3, 0]


def test_a_reminder_from_the_future_goes_out_now():
    call = scene.call(closes_in=timedelta(days=10))
    scene.draft(call)
    assert promise_due(at(call, -2)) == 1
    assert db.session.scalars(select(Promise.next_attempt_at)).one() <= now()
    assert promise_due(at(call, -2, 3)) == 0


def test_when_the_date_moves_the_old_slot_falls_silent_and_the_new_one_speaks(app):
    call = scene.call(closes_in=timedelta(days=7) - timedelta(minutes=1))
    scene.draft(call)
    remind()
    old = db.session.scalars(select(Promise)).one()
    with transaction():
        call.closes_at += timedelta(days=5)
        call.reviews_due_at += timedelta(days=5)
    assert CLOSES.holds(as_due(old)) is False
    assert due(at(call, -7)) != []
    assert promise_due(at(call, -7)) == 1


def test_when_the_reason_goes_the_reminder_is_dropped_and_not_sent(app, monkeypatch):
    from dataclasses import replace

    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], smtp_url="smtp://127.0.0.1:1"))
    call = scene.call(closes_in=timedelta(days=7) - timedelta(minutes=1))
    draft = scene.draft(call)
    remind()
    with transaction():
        draft.state = ApplicationState.WITHDRAWN
    id = db.session.scalars(select(Promise.id)).one()
    attempt(id)
    assert db.session.get(Promise, id, populate_existing=True).status == Status.DROPPED


def test_an_older_reminder_gives_way_to_a_newer_one():
    call = scene.call(closes_in=timedelta(days=7) - timedelta(minutes=1))
    scene.draft(call)
    remind()
    seven = as_due(db.session.scalars(select(Promise)).one())
    assert CLOSES.holds(seven)
    from grants.core import clock

    with clock.stopped(at(call, -2, 1)):
        assert CLOSES.holds(seven) is False


def test_the_rules_cost_the_same_queries_for_one_and_for_fifty(queries):
    call = scene.call(closes_in=timedelta(days=7) - timedelta(minutes=1))
    scene.draft(call)
    with queries() as one:
        occurrences(now())
    for _ in range(50):
        scene.draft(call)
    with queries() as fifty:
        assert len(occurrences(now())) == 51
    assert len(one) == len(fifty)


def as_due(row):
    from uuid import uuid4

    from workflows.outbox import Due

    who = (row.id, row.kind, row.subject_id, row.recipient_id, row.slot)
    return Due(*who, row.args, row.due_at, 1, uuid4())


def test_an_expiring_document_is_announced_60_30_and_7_days_ahead_until_it_is_replaced():
    with transaction():
        owner, reader = MembershipFactory(), PersonFactory()
        MembershipFactory(organisation=owner.organisation, person=reader, right=Right.READER)
        made = KeptDocument(
            organisation_id=owner.organisation_id,
            series_id=new_id(),
            kind=KeptKind.TAX,
            filename="attestation.pdf",
            media_type="application/pdf",
            size=1,
            sha256="a" * 64,
            expires_on=now().date() + timedelta(days=100),
            kept_by_id=owner.person_id,
        )
        db.session.add(made)
    owner_id, end = owner.person_id, datetime.combine(made.expires_on + timedelta(days=1), time(0), UTC)
    for days in EXPIRES.days:
        assert due(end + timedelta(days=days)) == [("document_expires", f"{days:+d}d", owner_id)]
    assert due(end + timedelta(days=-61)) == []
    with transaction():
        [reminder] = occurrences(end - timedelta(days=7))
        owed = reminder.owed
    written = EXPIRES.write(
        Due(new_id(), EXPIRES.name, owed.subject_id, owed.recipient_id, owed.slot, {}, end, 1, None)
    )
    assert written.to.id == owner_id and "attestation.pdf" in str(written.facts)
    with transaction():
        made.ended_at = now()
    assert due(end - timedelta(days=7)) == []
