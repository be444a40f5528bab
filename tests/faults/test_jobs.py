"""Kill -9, empty Redis, start again: nothing promised is lost, nothing is doubled."""

import random
import re
import signal
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from config.settings import ROOT
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db, transaction
from grants.messages.models import Promise, Queue, Status
from grants.messages.queries import count_by_status, find, progress_of
from tests.faults.processes import Processes, alive, descendants, kill, processes, wait_until
from tests.messages import scene
from tests.messages.kinds import Subject, hello, note, outside, slow_note
from tests.messages.postbox import Postbox, postbox
from workflows.bell import line, ring
from workflows.outbox import promise, sweep
from workflows.reminders import promise_due
from workflows.worker import OneQueueWorker


@pytest.fixture
def box():
    with postbox() as box:
        yield box


@pytest.fixture(autouse=True)
def app(own_app, box, monkeypatch):
    settings = replace(own_app.extensions["settings"], smtp_url=box.url, tick_seconds=1, outbox_wait_seconds=1)
    monkeypatch.setitem(own_app.extensions, "settings", settings)
    forget_redis()
    return own_app


@pytest.fixture
def run(app, tmp_path):
    with processes(app.extensions["settings"], tmp_path / "log") as running:
        yield running


def forget_redis() -> None:
    line(Queue.MAIL).connection.flushdb()


def counts() -> dict[Status, int]:
    db.session.rollback()
    return count_by_status()


def all_done(number: int) -> bool:
    return counts() == {Status.DONE: number}


def leases_run_out() -> None:
    """As if half a minute had passed."""
    with transaction():
        db.session.execute(text("UPDATE promise SET lease_until = now() WHERE status = 'leased'"))


def noted() -> Counter:
    db.session.rollback()
    return Counter(db.session.scalars(select(Event.subject_id).where(Event.name == "noted")))


def reminders_for(number: int) -> None:
    """So many people are due a reminder, and it is promised to them."""
    call = scene.call(closes_in=timedelta(days=7) - timedelta(minutes=1))
    for _ in range(number):
        scene.draft(call)
    assert promise_due(now()) == number
    sweep()


def assert_each_got_it_once(box: Postbox, number: int, kills: int = 0) -> None:
    """Counted by distinct Message-ID; a repeat only where a process died between the server's 250 and the commit."""
    assert len(box.ids) == number
    assert set(box.recipients.values()) == {1} and len(box.recipients) == number
    assert sum(box.ids.values()) - number <= kills


def test_a_worker_killed_in_the_middle_of_a_reminder_run_and_redis_emptied(run: Processes, box: Postbox):
    kills = 2
    reminders_for(200)
    box.pause = 0.01
    run.start("clock")
    for death in range(1, kills + 1):
        worker = run.start("worker", "mail")
        goal = death * 160 // kills - random.randrange(10)
        wait_until(lambda goal=goal: len(box.messages) >= goal, said=run.log)
        horses = descendants(worker.pid)
        kill(worker)
        forget_redis()
        wait_until(lambda horses=horses: not any(map(alive, horses)), 5, run.log)
        assert counts()[Status.WAITING] > 0  # it was the middle
        leases_run_out()
    run.start("worker", "mail")
    wait_until(lambda: all_done(200), said=run.log)
    assert_each_got_it_once(box, 200, kills)


def test_a_killed_worker_leaves_no_horse_and_its_lease_runs_out(run: Processes, tmp_path: Path):
    file = tmp_path / "effects"
    with transaction():
        id = promise(outside, Subject(), file=str(file), seconds=60)
    worker = run.start("worker", "work")
    wait_until(file.exists, said=run.log)
    horse = int(file.read_text().split()[2])
    assert horse in descendants(worker.pid)
    kill(worker)
    wait_until(lambda: not alive(horse), 5, run.log)
    db.session.rollback()
    assert find(id).status == Status.LEASED
    run.start("clock")
    run.start("worker", "work")
    wait_until(lambda: all_done(1), said=run.log)  # 2 s of work and 5 s of margin, in truth
    assert [row.split()[:2] for row in file.read_text().splitlines()] == [[str(id), "1"], [str(id), "2"]]


def test_a_worker_killed_inside_the_database_leaves_nothing_half_done(run: Processes):
    subject = Subject()
    with transaction():
        id = promise(slow_note, subject, seconds=60)
    worker = run.start("worker", "work")
    wait_until(lambda: progress_of(id) == (1, 2) or db.session.rollback(), said=run.log)
    assert noted() == {}
    kill(worker)
    leases_run_out()
    run.start("clock")
    run.start("worker", "work")
    wait_until(lambda: all_done(1), said=run.log)
    assert noted() == {subject.id: 1}
    assert find(id).attempts == 2


def test_a_job_inside_the_database_is_never_run_beside_itself_though_its_lease_is_over(run: Processes):
    with transaction():
        id = promise(slow_note, Subject(), seconds=4)
    run.start("worker", "work")
    wait_until(lambda: progress_of(id) == (1, 2) or db.session.rollback(), said=run.log)
    run.start("worker", "work")
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        with db.engine.begin() as other:  # whoever holds the row is left alone
            other.execute(
                text(
                    "UPDATE promise SET lease_until = now() WHERE id IN"
                    " (SELECT id FROM promise WHERE status = 'leased' FOR UPDATE SKIP LOCKED)"
                )
            )
        ring(Queue.WORK, [(id, 60)])
        time.sleep(0.2)
    wait_until(lambda: all_done(1), said=run.log)
    assert find(id).attempts == 1
    assert list(noted().values()) == [1]


def test_two_clocks_and_two_workers_at_once(run: Processes, box: Postbox):
    call = scene.call(closes_in=timedelta(days=7) - timedelta(minutes=1))
    for _ in range(40):
        scene.draft(call)
    for _ in range(2):
        run.start("clock")
        run.start("worker", "mail")
    wait_until(lambda: all_done(40), said=run.log)
    time.sleep(2.5)  # a few more ticks
    assert counts() == {Status.DONE: 40}
    assert_each_got_it_once(box, 40)
    assert sum(box.ids.values()) == 40


def test_a_mail_server_that_is_down_makes_mail_late_and_loses_none(run: Processes, box: Postbox):
    box.answer = "451 later"
    reminders_for(30)
    run.start("clock")
    run.start("worker", "mail")
    tried = select(func.count()).where(Promise.attempts > 0, Promise.status == Status.WAITING)
    wait_until(lambda: db.session.rollback() or db.session.scalar(tried) == 30, said=run.log)
    assert box.messages == []
    box.answer = "250 OK"
    wait_until(lambda: all_done(30), said=run.log)
    assert_each_got_it_once(box, 30)


def test_what_is_given_up_is_told_to_an_administrator(run: Processes, box: Postbox):
    admin = scene.administrator()
    to = scene.person()
    box.refused.add(to.email)
    with transaction():
        id = promise(hello, to, to)
    run.start("clock", outbox_attempts=2)
    run.start("worker", "mail", outbox_attempts=2)
    wait_until(lambda: len(box.messages) == 1, said=run.log)
    assert box.messages[0]["To"].addresses[0].addr_spec == admin.email
    db.session.rollback()
    assert (find(id).status, find(id).attempts) == (Status.DEAD, 2)


def test_asked_to_end_a_worker_finishes_the_mail_in_hand_and_leaves_the_others(run: Processes, box: Postbox):
    box.pause = 0.3
    reminders_for(25)
    worker = run.start("worker", "mail")
    wait_until(lambda: len(box.messages) >= 3, said=run.log)
    asked = len(box.messages)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert len(box.messages) <= asked + 2
    assert counts().keys() == {Status.DONE, Status.WAITING}
    assert counts()[Status.DONE] == len(box.messages)
    box.pause = 0
    forget_redis()
    run.start("clock")
    run.start("worker", "mail")
    wait_until(lambda: all_done(25), said=run.log)
    assert sum(box.ids.values()) == 25


# --- what was measured of RQ 3.0, and what keeps us from it ---------------------------------------------------


@pytest.mark.parametrize("queues", [["mail", "work"], [], ["default"], ["mail", "mail"]])
def test_a_worker_for_anything_but_one_of_our_queues_is_refused(app, queues):
    with pytest.raises(ValueError):
        OneQueueWorker(app, queues)


def test_a_job_popped_and_lost_is_found_again_by_the_sweep(run: Processes):
    with transaction():
        promise(note, Subject())
    assert line(Queue.WORK).pop_job_id() is not None  # a worker died between the pop and the start
    assert line(Queue.WORK).count == 0
    run.start("worker", "work")
    run.start("clock")
    wait_until(lambda: all_done(1), said=run.log)


def test_bells_that_ring_twice_are_harmless(run: Processes):
    subjects = [Subject() for _ in range(8)]
    with transaction():
        ids = [promise(note, subject) for subject in subjects]
    for _ in range(3):
        ring(Queue.WORK, [(id, 30) for id in ids])
    run.start("worker", "work")
    run.start("worker", "work")
    wait_until(lambda: all_done(8) and line(Queue.WORK).count == 0, said=run.log)
    assert noted() == {subject.id: 1 for subject in subjects}


def test_a_failed_bell_blocks_nothing_and_is_forgotten_soon():
    with transaction():
        promise(note, Subject())
    (bell,) = line(Queue.WORK).jobs
    assert (bell.ttl, bell.result_ttl, bell.failure_ttl) == (600, 0, 600)
    assert bell.func_name == "workflows.outbox.run"
    assert line(Queue.WORK).connection.hget(bell.key, "data")[:1] != b"\x80"  # JSON, no pickle


def test_nothing_of_rq_that_was_measured_to_lose_jobs_is_used():
    refused = re.compile(
        r"with_scheduler|WorkerPool|enqueue_(in|at)\b|\bRepeat\b|unique=|rq import .*\bRetry\b|rq\.cron|CronScheduler"
    )
    sources = [*ROOT.glob("workflows/**/*.py"), *ROOT.glob("grants/**/*.py")]
    using_rq = [path for path in sources if re.search(r"^\s*(from|import) rq\b", path.read_text(), re.M)]
    assert {path.name for path in using_rq} == {"bell.py", "worker.py"}
    assert [path for path in using_rq if refused.search(path.read_text())] == []
