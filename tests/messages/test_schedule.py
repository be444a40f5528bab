"""The clock: what fails does not hold up the rest, and any number of clocks may tick at once."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from grants.core.audit import Event, Seal
from grants.core.clock import now
from grants.core.db import db, transaction
from grants.messages.models import Promise
from grants.messages.queries import count_by_status
from tests.messages import scene
from tests.messages.kinds import Subject, note
from workflows import schedule
from workflows.outbox import promise, run
from workflows.schedule import EVERY_TICK, tick


@pytest.fixture(autouse=True)
def app(own_app):
    return own_app


def test_many_clocks_at_once_promise_each_slot_once(app):
    call = scene.call(closes_in=timedelta(days=7) - timedelta(minutes=1))
    for _ in range(40):
        scene.draft(call)
    start, failures = threading.Barrier(6), []

    def clock():
        with app.app_context():
            start.wait()
            try:
                for _ in range(3):
                    tick()
            except Exception as error:
                failures.append(error)
            finally:
                db.session.remove()

    clocks = [threading.Thread(target=clock) for _ in range(6)]
    for one in clocks:
        one.start()
    for one in clocks:
        one.join()
    assert failures == []
    db.session.rollback()
    assert db.session.scalar(select(func.count(Promise.id))) == 40
    assert sum(count_by_status().values()) == 40


def test_what_fails_is_told_and_does_not_hold_up_the_rest(monkeypatch, caplog):
    done = []

    def broken():
        db.session.execute(select(Promise)).all()
        raise RuntimeError("no paper")

    monkeypatch.setattr(schedule, "EVERY_TICK", [broken, lambda: done.append(1)])
    with transaction():
        promise(note, Subject())
    tick()
    assert done == [1]
    assert "broken failed" in caplog.text


def test_a_tick_seals_what_happened_and_reminds():
    with transaction():
        id = promise(note, Subject())
    run(str(id))
    tick()
    assert db.session.scalar(select(func.count()).select_from(Seal)) == db.session.scalar(
        select(func.count()).select_from(Event)
    )
    assert {"seal", "remind"} <= {act.__name__ for act in EVERY_TICK}
    assert now().tzinfo is not None
