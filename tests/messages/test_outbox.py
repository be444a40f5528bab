"""One row for one promise; kept once inside the database, at least once outside it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Interval, func, literal, select, text, update
from sqlalchemy.exc import IntegrityError

from grants.core import clock
from grants.core.audit import Event
from grants.core.db import db, transaction
from grants.messages.models import Promise, Queue, Status
from grants.messages.queries import count_by_status, find, progress_of
from tests.messages import scene
from tests.messages.kinds import Subject, hello, note, slow_note
from tests.messages.postbox import postbox
from workflows import outbox
from workflows.bell import line
from workflows.outbox import attempt, claim, promise, release, run, sweep


@pytest.fixture(autouse=True)
def app(own_app):
    for queue in Queue:
        line(queue).empty()
    return own_app


def promised(job=note, subject=None, recipient=None, slot="once", **args) -> UUID:
    with transaction():
        return promise(job, subject or Subject(), recipient, slot, **args)


def noted() -> int:
    return db.session.scalar(select(func.count()).where(Event.name == "noted"))


def status(id: UUID) -> Status:
    db.session.rollback()
    return find(id).status


def later(id: UUID, **shift: timedelta) -> None:
    """Move its times, as if it had been promised earlier."""
    with transaction():
        values = {name: getattr(Promise, name) - literal(ago, Interval) for name, ago in shift.items()}
        db.session.execute(update(Promise).where(Promise.id == id).values(values))


def test_a_promise_is_kept_once_however_often_the_bell_rings():
    id = promised()
    run(str(id), str(id))
    run(str(id))
    assert noted() == 1
    assert find(id).status == Status.DONE and find(id).result == {"attempt": 1}


def test_promising_twice_is_promising_once_even_without_a_recipient():
    subject = Subject()
    assert promised(subject=subject) == promised(subject=subject)
    assert promised(subject=subject, slot="another") != promised(subject=subject)
    assert count_by_status() == {Status.WAITING: 2}


def test_the_database_itself_refuses_a_second_row_for_the_same_key():
    promised(subject=Subject(UUID(int=1)))
    copy = text(
        "INSERT INTO promise (id, created_at, kind, subject_id, slot, queue, args, due_at, status, attempts,"
        " next_attempt_at) SELECT gen_random_uuid(), created_at, kind, subject_id, slot, queue, args, due_at, status,"
        " attempts, next_attempt_at FROM promise"
    )
    with pytest.raises(IntegrityError, match="uq_promise"), transaction():
        db.session.execute(copy)


@pytest.mark.parametrize(
    "lie",
    ["status = 'done'", "status = 'leased'", "status = 'dead'", "done_at = now()", "attempts = -1", "args = '[]'"],
)
def test_a_status_needs_its_columns(lie):
    promised()
    with pytest.raises(IntegrityError, match="ck_promise"), transaction():
        db.session.execute(text(f"UPDATE promise SET {lie}"))  # noqa: S608


def test_what_was_rolled_back_was_never_promised():
    def verb():
        with transaction():
            promise(note, Subject())
            raise ValueError

    with pytest.raises(ValueError):
        verb()
    assert count_by_status() == {}
    assert line(Queue.WORK).count == 0


def test_arguments_are_primitives():
    with pytest.raises(TypeError, match="must be a primitive"), transaction():
        promise(note, Subject(), when=clock.now())


def test_the_bell_rings_after_the_commit():
    promised()
    assert line(Queue.WORK).count == 1


def test_a_failure_leaves_no_trace_and_waits_longer_each_time():
    id = promised(fail_until=2)
    waits = []
    for _ in range(2):
        attempt(id)
        row = find(id)
        waits.append((row.next_attempt_at - clock.now()).total_seconds())
        assert row.status == Status.WAITING and row.last_error == "RuntimeError: not yet"
        attempt(id)  # not due yet: left alone
        assert find(id).attempts == len(waits)
        later(id, next_attempt_at=timedelta(hours=1))
    assert noted() == 0
    assert waits == [pytest.approx(10, abs=2), pytest.approx(30, abs=2)]
    attempt(id)
    assert noted() == 1 and status(id) == Status.DONE


def test_after_the_last_attempt_it_is_dead_and_an_administrator_hears_of_it(app, monkeypatch):
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], outbox_attempts=2))
    admin = scene.administrator()
    ids = [promised(fail_until=99) for _ in range(2)]
    for id in ids * 2:
        attempt(id)
        if status(id) == Status.WAITING:
            later(id, next_attempt_at=timedelta(hours=1))
    assert [find(id).status for id in ids] == [Status.DEAD, Status.DEAD]
    assert db.session.scalar(select(func.count()).where(Event.name == "promise.dead")) == 2
    alarms = db.session.scalars(select(Promise).where(Promise.kind == "promise_died")).all()
    assert [(one.recipient_id, one.args["kind"]) for one in alarms] == [(admin.id, "note")]  # one a day for each kind
    assert release([find(id) for id in ids], actor=admin) == 2
    assert status(ids[0]) == Status.WAITING


def test_a_worker_that_dies_of_it_each_time_does_not_go_on_for_ever(app, monkeypatch):
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], outbox_attempts=2))
    id = promised()
    for _ in range(2):
        assert claim(id) is not None
        later(id, lease_until=timedelta(hours=1))
    assert claim(id) is None
    assert status(id) == Status.DEAD and "worker ended" in find(id).last_error


def test_when_the_reason_is_gone_it_is_dropped_with_its_words():
    id = promised(gone=True)
    attempt(id)
    assert status(id) == Status.DROPPED and find(id).last_error == "nobody asks for it any more"
    assert noted() == 0


def test_a_lease_keeps_others_away_until_it_runs_out():
    id = promised()
    first = claim(id)
    assert claim(id) is None
    later(id, lease_until=timedelta(hours=1))
    second = claim(id)
    assert second.attempt == 2 and second.token != first.token
    assert outbox.settle(first, Status.DONE) is False  # it woke up too late
    db.session.rollback()
    with transaction():
        assert outbox.settle(second, Status.DONE)


def test_what_comes_too_late_waits_for_a_person(app):
    """As after restoring an old dump."""
    old, new = promised(), promised()
    later(old, due_at=timedelta(hours=73), next_attempt_at=timedelta(hours=73))
    assert sweep().held == 1
    assert (status(old), status(new)) == (Status.HELD, Status.WAITING)
    attempt(old)
    assert noted() == 0
    release([find(old)], actor=scene.administrator())
    attempt(old)
    assert noted() == 1


def test_a_bell_from_before_the_restore_does_not_wake_what_is_too_late():
    old = promised()
    later(old, due_at=timedelta(hours=73))
    run(str(old))
    assert status(old) == Status.HELD


def test_the_sweep_finds_what_redis_lost_and_does_not_double_what_it_has():
    ids = [promised() for _ in range(3)]
    assert sweep().hurried == 0  # three bells are waiting
    line(Queue.WORK).empty()
    assert sweep().hurried == 3
    assert line(Queue.WORK).count == 3
    line(Queue.WORK).empty()
    for id in ids:
        attempt(id)
    assert sweep().hurried == 0


def test_mails_ring_in_batches_of_25(app, monkeypatch):
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], smtp_url="smtp://localhost:1"))
    with transaction():
        to = scene.person()
        for number in range(60):
            promise(hello, to, to, slot=str(number))
    line(Queue.MAIL).empty()
    assert sweep().hurried == 60
    assert [len(bell.args) for bell in line(Queue.MAIL).jobs] == [25, 25, 10]


def test_without_a_mail_server_mails_wait_unattempted(app):
    with transaction():
        to = scene.person()
        id = promise(hello, to, to)
    run(str(id))
    assert sweep().hurried == 0
    assert status(id) == Status.WAITING and find(id).attempts == 0


def test_progress_is_seen_while_the_job_still_runs_and_after_it_failed(app, monkeypatch):
    id = promised(slow_note, seconds=0)
    seen = []

    def look(_):
        with app.app_context():
            seen.append((progress_of(id), find(id).status, noted()))

    monkeypatch.setattr("tests.messages.kinds.time.sleep", look)
    attempt(id)
    assert seen == [((1, 2), Status.LEASED, 0)]
    assert noted() == 1


def test_a_mail_leaves_with_the_promise_as_its_message_id(app, monkeypatch):
    with postbox() as box:
        monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], smtp_url=box.url))
        with transaction():
            to = scene.person("Amina")
            id = promise(hello, to, to)
        run(str(id), str(id))
    assert list(box.ids) == [f"<{id}@example.org>"]
    assert box.messages[0]["Subject"] == "Hello Amina"
    assert status(id) == Status.DONE


def test_a_mail_server_that_is_away_is_tried_again(app, monkeypatch):
    with postbox() as box:
        monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], smtp_url=box.url))
        with transaction():
            to = scene.person()
            id = promise(hello, to, to)
        box.answer = "451 come back later"
        run(str(id))
        assert status(id) == Status.WAITING and "451" in find(id).last_error
        box.answer = "250 OK"
        later(id, next_attempt_at=timedelta(hours=1))
        run(str(id))
    assert list(box.ids.values()) == [1]
    assert status(id) == Status.DONE


def test_a_name_in_two_modules_is_refused():
    def note(due):
        pass

    note.__module__ = "elsewhere"
    with pytest.raises(ValueError, match="two jobs"):
        outbox.job(queue="work")(note)


def test_a_bell_rung_by_a_clock_a_little_before_ours_is_heard():
    with clock.stopped(clock.now() + timedelta(seconds=0.9)), transaction():
        id = promise(note, Subject())
    assert claim(id) is not None


def test_what_is_due_later_is_left_alone():
    with clock.stopped(clock.now() + timedelta(seconds=20)), transaction():
        id = promise(note, Subject())
    assert claim(id) is None
