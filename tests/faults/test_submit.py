"""Submitting under pressure: two at once, a retry, the last second, the storm at closing time."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from grants.applications import deadline, queries, service
from grants.applications.models import Application
from grants.applications.models import ApplicationState as State
from grants.calls.models import Call, CallState
from grants.core import clock
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Forbidden, WrongState
from grants.messages.models import Promise
from grants.people.models import Person
from grants.people.queries import organisations_of
from tests.applications.ground import draft, ground
from tests.factories import MembershipFactory, OrganisationFactory
from workflows import application as workflow


def at_once(app: Flask, acts) -> list:
    """Every act in a thread and connection of its own, started together; answers or exceptions, in order."""
    gate, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(n, act):
        with app.app_context():
            gate.wait()
            try:
                answers[n] = act()
            except Exception as refusal:
                answers[n] = refusal
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    return answers


def submit(application_id, person_id):
    person = db.session.get_one(Person, person_id)
    done = workflow.submit(queries.own_application(person, application_id), actor=person)
    return done.reference, done.content_hash, done.submitted_at


def test_eight_clicks_are_one_receipt(own_app):
    on = ground(code="RACE")
    application = draft(on)
    db.session.commit()
    id, lead = application.id, on.lead.id

    receipts = at_once(own_app, [lambda: submit(id, lead)] * 8)

    assert len(set(receipts)) == 1 and receipts[0][0] == "RACE-0001"
    assert db.session.scalar(select(func.count(Promise.id)).where(Promise.kind == "send_receipt")) == 1
    submitted = select(func.count(Event.id)).where(Event.name == "application.submit")
    assert db.session.scalar(submitted) == 1


def test_references_have_neither_gaps_nor_doubles(own_app):
    on = ground(code="RACE")
    pairs = []
    for _ in range(8):
        organisation = MembershipFactory(organisation=OrganisationFactory(), person=on.lead).organisation
        pairs.append((draft(on._replace(organisation=organisation)).id, on.lead.id))
    db.session.commit()

    receipts = at_once(own_app, [lambda pair=pair: submit(*pair) for pair in pairs])

    assert sorted(one[0] for one in receipts) == [f"RACE-{n:04}" for n in range(1, 9)]
    assert db.session.scalar(select(Call.last_reference)) == 8


def test_two_begin_one_draft(own_app):
    on = ground()
    call_id, lead_id = on.call.id, on.lead.id
    db.session.commit()

    def begin():
        person = db.session.get_one(Person, lead_id)
        application, made = service.begin(
            queries.public_call(person, call_id), organisations_of(person)[0], actor=person
        )
        return application.id, made

    answers = at_once(own_app, [begin] * 6)

    assert len({id for id, _ in answers}) == 1
    assert sum(made for _, made in answers) == 1


def test_submitting_and_withdrawing_at_once(own_app):
    on = ground()
    application = draft(on)
    db.session.commit()
    id, lead = application.id, on.lead.id

    def withdraw():
        person = db.session.get_one(Person, lead)
        workflow.withdraw(queries.own_application(person, id), "No more", actor=person)

    answers = at_once(own_app, [lambda: submit(id, lead), withdraw])

    assert all(one is None or isinstance(one, tuple | WrongState) for one in answers), answers
    db.session.expire_all()
    assert db.session.get_one(Application, id).state == State.WITHDRAWN


@pytest.mark.parametrize(("late", "taken"), [(0, True), (1, False), (-1, True)])
def test_the_last_second(app, late, taken):
    on = ground()
    application = draft(on)
    closes_at = on.call.closes_at.replace(microsecond=0)
    on.call.closes_at = closes_at
    db.session.flush()
    application = queries.own_application(on.lead, application.id)
    with clock.stopped(closes_at + timedelta(seconds=late)):
        if taken:
            assert workflow.submit(application, actor=on.lead).submitted_at == closes_at + timedelta(seconds=late)
        else:
            with pytest.raises(Forbidden, match="closed on"):
                workflow.submit(application, actor=on.lead)


def test_what_arrived_in_time_counts_though_answered_late(app):
    """The request entered in time; meanwhile the clock has closed the call."""
    on = ground(closes_at=now() - timedelta(seconds=5), state=CallState.CLOSED)
    id = draft(on).id
    db.session.commit()
    with pytest.raises(Forbidden, match="closed on"):
        workflow.submit(queries.own_application(on.lead, id), actor=on.lead)
    application = queries.own_application(on.lead, id)
    with clock.arrived(now() - timedelta(seconds=6)):
        done = workflow.submit(application, actor=on.lead)
    assert done.submitted_at <= on.call.closes_at


def test_grace(app, monkeypatch):
    on = ground(closes_at=now() - timedelta(minutes=4))
    id = draft(on).id
    db.session.commit()
    monkeypatch.setattr(deadline, "_grace", timedelta())
    with pytest.raises(Forbidden):
        workflow.submit(queries.own_application(on.lead, id), actor=on.lead)
    deadline.allow_grace(5)
    application = queries.own_application(on.lead, id)
    assert workflow.submit(application, actor=on.lead).state == State.SUBMITTED


def test_a_retry_after_closing_gets_the_first_receipt(app):
    on = ground()
    application = queries.own_application(on.lead, draft(on).id)
    first = workflow.submit(application, actor=on.lead)
    receipt = (first.reference, first.content_hash, first.submitted_at)
    with clock.stopped(now() + timedelta(days=90)):
        again = workflow.submit(queries.own_application(on.lead, application.id), actor=on.lead)
    assert (again.reference, again.content_hash, again.submitted_at) == receipt


def test_the_sentence_names_moment_and_zone(app):
    on = ground(closes_at=now() - timedelta(days=1))
    application = queries.own_application(on.lead, draft(on).id)
    with pytest.raises(Forbidden, match=r"closed on .*\(Casablanca time\)"):
        workflow.submit(application, actor=on.lead)


def test_a_cancelled_call_takes_nothing(app):
    on = ground(state=CallState.CANCELLED)
    application = queries.own_application(on.lead, draft(on).id)
    with pytest.raises(Forbidden, match="was cancelled"):
        workflow.submit(application, actor=on.lead)
