"""Facts change while an application is being handed in: what is judged, what is kept and what is saved are one."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep
from uuid import UUID

import pytest
from flask import Flask

from grants.applications import queries
from grants.applications.evidence import evidence
from grants.calls.models import EligibilityRule
from grants.calls.rules import Staff
from grants.calls.ties import OneApplication
from grants.core.db import db, lock, transaction
from grants.people.models import Organisation, Person
from tests.applications.ground import draft, ground
from workflows import application as workflow


def hand_in(app: Flask, person_id: UUID, application_id: UUID) -> str:
    """One request: load, submit; how it ended."""
    with app.app_context():
        try:
            person = db.session.get_one(Person, person_id)
            workflow.submit(queries.own_application(person, application_id), actor=person)
            return "submitted"
        except workflow.NotReady as refusal:
            return str(refusal.detail)
        finally:
            db.session.remove()


def prepared(*rules) -> tuple[UUID, UUID, UUID]:
    on = ground()
    on.organisation.staff = 10
    for n, rule in enumerate(rules, 1):
        kept = {"kind": rule.kind, "parameters": rule.as_json()}
        db.session.add(EligibilityRule(call_id=on.call.id, position=n, **kept))
    ids = on.lead.id, on.organisation.id, draft(on).id
    db.session.commit()
    return ids


def test_a_fact_being_changed_is_waited_for(own_app: Flask) -> None:
    lead, organisation, application = prepared(Staff(most=50))
    taken = Event()

    def grow() -> None:
        with own_app.app_context(), transaction():
            one = db.session.get_one(Organisation, organisation)
            lock(one)
            taken.set()
            sleep(0.5)  # the other request has begun and waits
            one.staff = 5_000

    with ThreadPoolExecutor(2) as pool:
        growing = pool.submit(grow)
        taken.wait(5)
        ended = pool.submit(hand_in, own_app, lead, application).result(20)
        growing.result(20)
    assert "People employed: 5" in ended, "it was judged on what is saved, not on what was read before"


@pytest.mark.parametrize("presses", [8])
def test_pressed_by_everybody_at_once_it_leaves_one_piece_of_evidence(own_app: Flask, presses: int) -> None:
    lead, _, application = prepared(Staff(most=50), OneApplication())
    with ThreadPoolExecutor(presses) as pool:
        ended = list(pool.map(lambda _: hand_in(own_app, lead, application), range(presses)))
    assert ended == ["submitted"] * presses
    db.session.rollback()
    (kept,) = db.session.execute(db.text("SELECT count(*) FROM eligibility_evidence")).one()
    assert kept == 1 and [one.answer for one in evidence([application])[application]] == ["passes", "passes"]
