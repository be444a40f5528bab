"""One export, made once: two workers at the same moment, and a worker or the server killed in the middle of it."""

import hashlib
import random
import subprocess
import sys
from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select

from config.settings import ROOT
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import Reader
from grants.core.storage import storage
from grants.messages.models import Promise, Status
from grants.people.models import Role
from grants.reports.filters import Filters
from grants.reports.models import Export, ExportState
from tests.factories import with_role
from tests.faults.test_batch_kill import time_passes, worked
from tests.faults.test_members_race import race
from tests.ledger.test_workbook import Story
from workflows import export as exports
from workflows.outbox import Due, attempt

KILLS = 8


@pytest.fixture
def asked(own_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Export:
    """A ledger that a worker has to make."""
    monkeypatch.setattr(exports, "AT_ONCE", 0)
    return ask()


@pytest.fixture(scope="module")
def workers() -> Iterator[subprocess.Popen[str]]:
    """The process that forks the workers and kills them."""
    command = [sys.executable, "-m", "tests.faults.batch_worker"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as made:
        yield made
        assert made.stdin is not None
        made.stdin.close()


def ask() -> Export:
    story = Story("MAD", 100)
    manager = with_role(Role.FUND_MANAGER, cluster=story.fund.cluster)
    db.session.commit()
    reader = Reader("fr", story.fund.cluster.country, story.fund.cluster.timezone)
    one = exports.ask_ledger(story.fund, Filters(), actor=manager, reader=reader)
    db.session.commit()
    return one


def kept(one: Export) -> bytes | None:
    return storage(current_app.extensions["settings"]).made(exports.name_of(one))


def offered_once(id: UUID) -> None:
    """One file, whose fingerprint is the one that was said, and said once."""
    db.session.rollback()
    one = db.session.get_one(Export, id, populate_existing=True)
    content = kept(one)
    assert one.state == ExportState.READY and content is not None
    assert hashlib.sha256(content).hexdigest() == one.sha256 and len(content) == one.size
    said = select(func.count(Event.id)).where(Event.subject_id == id, Event.name == "export.finish_export")
    assert db.session.scalar(said) == 1


def test_two_workers_at_once_take_it_once(own_app: Flask, asked: Export) -> None:
    id, promise_id = asked.id, asked.promise_id
    assert promise_id is not None
    assert race(own_app, [lambda: attempt(promise_id)] * 2) == {"done": 2}
    offered_once(id)
    promise = db.session.get_one(Promise, promise_id, populate_existing=True)
    assert (promise.status, promise.attempts) == (Status.DONE, 1)


def test_two_who_both_made_it_keep_the_first(own_app: Flask, asked: Export) -> None:
    """A lease that ran out while its worker was still writing."""
    id = asked.id
    due = Due(asked.promise_id or id, "make_export", id, None, "once", {}, now(), 1, id)
    assert race(own_app, [lambda: exports.make_export.body(due)] * 4) == {"done": 4}
    offered_once(id)


def test_killed_at_any_point_no_half_file_is_offered(own_app: Flask, asked: Export, workers) -> None:
    id, promise_id, chance = asked.id, asked.promise_id, random.Random(5)
    assert promise_id is not None
    for _ in range(KILLS):
        worked(workers, promise_id, chance.uniform(0, 0.5))
        db.session.rollback()
        if db.session.get_one(Export, id, populate_existing=True).state == ExportState.READY:
            offered_once(id)
        time_passes(promise_id)
    worked(workers, promise_id, None)
    worked(workers, promise_id, None)  # rung again: nothing is left to do
    offered_once(id)


def test_what_the_server_died_of_a_worker_makes(own_app: Flask, monkeypatch: pytest.MonkeyPatch, workers) -> None:
    def dies(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(exports, "_make", dies)
    with pytest.raises(SystemExit):
        ask()
    monkeypatch.undo()
    db.session.rollback()
    one = db.session.scalars(select(Export)).one()
    id, promise_id = one.id, one.promise_id
    assert one.state == ExportState.WAITING and promise_id is not None
    time_passes(promise_id)
    worked(workers, promise_id, None)
    offered_once(id)
