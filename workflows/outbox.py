"""The database remembers the promise; Redis only rings the bell.

    @job(queue="work", timeout=600)
    def import_awards(due: Due) -> dict[str, Any] | None:      the effect and `done` commit together, once
        report_progress(due.id, 10, 475)                       seen at once, whatever becomes of the job

    @job(queue="mail")
    def send_receipt(due: Due) -> None: ...                    an effect outside the database: at least once

    promise(import_awards, batch, file="…")                    inside a transaction

A job takes primitives, reads everything anew and raises Gone when its reason is gone (so does any Problem).
"""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from flask import Flask, current_app
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from config.settings import Settings
from grants.core import clock
from grants.core.audit import record
from grants.core.db import after_commit, db, transaction
from grants.core.errors import Problem
from grants.messages.models import Progress, Promise, Queue, Status
from grants.messages.queries import may_start
from workflows.alarm import limit
from workflows.bell import connect, is_silent, is_worked, ring

log = logging.getLogger(__name__)

PROMISES = UUID("6f0c3a52-8a0e-4b57-9d0b-5a8f3f1f7d11")  # the namespace in which a promise's key becomes its id
SWEPT_AT_ONCE = 2_000
LEASE_MARGIN = timedelta(seconds=5)  # between the claim and the start of the work
EARLY = 2 * clock.NOISE  # by how much the clocks of two machines may differ
LONGEST_WAIT = timedelta(hours=6)
Primitive = str | int | bool | None
stopping = threading.Event()  # set in a worker that was asked to end: it finishes the promise in hand


class Gone(Exception):
    """The reason for the promise is gone: it is dropped, with these words."""


@dataclass(frozen=True)
class Due:
    """A promise as its job sees it. `token` proves that the lease is still ours."""

    id: UUID
    kind: str
    subject_id: UUID
    recipient_id: UUID | None
    slot: str
    args: dict[str, Any]
    due_at: datetime
    attempt: int
    token: UUID


Body = Callable[[Due], dict[str, Any] | None]


@dataclass(frozen=True)
class Job:
    """A kind of promise. `timeout` in seconds; `outside`: its effect is not in the database."""

    kind: str
    body: Body
    queue: Queue
    timeout: int
    outside: bool


@dataclass(frozen=True)
class Owed:
    """One promise to make: about whom or what, to whom, for which slot; `due_at` None is now."""

    subject_id: UUID
    recipient_id: UUID | None = None
    slot: str = "once"
    due_at: datetime | None = None
    args: dict[str, Primitive] = field(default_factory=dict)


JOBS: dict[str, Job] = {}  # every module that registers one is imported with the application
ON_DEAD: list[Callable[[Due, str], None]] = []  # called in the transaction that gives a promise up


def job(*, queue: str, timeout: int = 30, outside: bool | None = None) -> Callable[[Body], Job]:
    """Register a kind of promise under the function's name. Mail is outside the database, work inside, unless said."""

    def declare(body: Body) -> Job:
        return register(
            Job(body.__name__, body, Queue(queue), timeout, queue == "mail" if outside is None else outside)
        )

    return declare


def register(made: Job) -> Job:
    if made.kind in JOBS and JOBS[made.kind].body.__module__ != made.body.__module__:
        raise ValueError(f"two jobs are called {made.kind}")
    JOBS[made.kind] = made
    return made


# --- promising ------------------------------------------------------------------------------------------------


def promise(job: Job, subject: Any, recipient: Any = None, slot: str = "once", **args: Primitive) -> UUID:
    """Inside a transaction: this job will run if we commit, once for this subject, recipient and slot.

    `subject` and `recipient` are records or ids. Answers with the id of the promise, which was perhaps made before.
    """
    db.session.flush()
    owed = Owed(_id(subject), None if recipient is None else _id(recipient), slot, None, args)
    promise_all(job, [owed])
    made = key_id(job.kind, owed)
    after_commit(lambda: ring(job.queue, [(made, job.timeout)]))
    return made


def promise_all(job: Job, owed: Iterable[Owed]) -> int:
    """Inside a transaction, without ringing: all of these. Answers how many were new."""
    moment = clock.now()
    rows = sorted((_row(job, one, moment) for one in owed), key=lambda row: row["id"])  # one order: no deadlock
    new = 0
    for start in range(0, len(rows), 500):
        made = insert(Promise).values(rows[start : start + 500]).on_conflict_do_nothing().returning(Promise.id)
        new += len(db.session.execute(made).all())
    return new


def key_id(kind: str, owed: Owed) -> UUID:
    """The id a promise has in every copy of the database."""
    return uuid5(PROMISES, f"{kind} {owed.subject_id} {owed.recipient_id or '-'} {owed.slot}")


def _row(job: Job, owed: Owed, moment: datetime) -> dict[str, Any]:
    for name, value in owed.args.items():
        if not isinstance(value, str | int | bool | None):
            raise TypeError(f"{job.kind}: {name} must be a primitive, not {type(value).__name__}")
    due_at = owed.due_at or moment
    return {
        "id": key_id(job.kind, owed),
        "created_at": moment,
        "kind": job.kind,
        "subject_id": owed.subject_id,
        "recipient_id": owed.recipient_id,
        "slot": owed.slot,
        "queue": job.queue,
        "args": owed.args,
        "status": Status.WAITING,
        "attempts": 0,
        "due_at": due_at,
        "next_attempt_at": due_at,
    }


def _id(thing: Any) -> UUID:
    return thing if isinstance(thing, UUID) else UUID(str(thing.id))


# --- hurrying -------------------------------------------------------------------------------------------------


def _ring(queue: Queue, promises: Iterable[tuple[UUID, str]]) -> int:
    """Ring for these (id, kind)."""
    return ring(queue, [(id, JOBS[kind].timeout) for id, kind in promises if kind in JOBS])


@dataclass(frozen=True)
class Swept:
    hurried: int
    held: int


def sweep() -> Swept:
    """Ring for everything that is due where no bell is left; hold what is too late."""
    follow_database_clock()
    moment = clock.now()
    with transaction():
        held = _hold_the_overdue(moment)
    hurried = 0
    for queue in filter(is_silent, Queue):
        due = select(Promise.id, Promise.kind).where(Promise.queue == queue, may_start(moment))
        with transaction():
            found = db.session.execute(due.order_by(Promise.next_attempt_at).limit(SWEPT_AT_ONCE)).all()
        hurried += _ring(queue, [(id, kind) for id, kind in found])
    return Swept(hurried, held)


def _hold_the_overdue(moment: datetime) -> int:
    late = select(Promise.id).where(may_start(moment), Promise.due_at < moment - grace())
    held = (
        update(Promise)
        .where(Promise.id.in_(late.with_for_update(skip_locked=True)))
        .values(status=Status.HELD, lease_token=None, lease_until=None)
        .returning(Promise.id)
    )
    return len(db.session.execute(held, execution_options={"synchronize_session": False}).all())


def grace() -> timedelta:
    return timedelta(hours=_settings().outbox_grace_hours)


def release(promises: Iterable[Promise], *, actor: Any) -> int:
    """A person confirms what was held, or wants the dead tried again: from now on it is due."""
    released = 0
    with transaction():
        for one in promises:
            db.session.refresh(one, with_for_update=True)
            if one.status not in {Status.HELD, Status.DEAD}:
                continue
            record("promise.release", one, actor, before={"status": one.status}, after={"status": Status.WAITING})
            one.status, one.attempts = Status.WAITING, 0
            one.due_at = one.next_attempt_at = clock.now()
            released += 1
    return released


def init_app(app: Flask) -> None:
    app.extensions["bell"] = connect(app.extensions["settings"], patient=False)


def _settings() -> Settings:
    return current_app.extensions["settings"]  # type: ignore[no-any-return]


# --- keeping --------------------------------------------------------------------------------------------------


def run(*promise_ids: str) -> None:
    """The one function RQ calls. What is done, busy or not yet due is left alone, so doubled bells are harmless."""
    follow_database_clock()
    for one in promise_ids:
        if stopping.is_set():
            return
        attempt(UUID(one))


def attempt(promise_id: UUID) -> None:
    """Claim it, do it, say what became of it."""
    due = claim(promise_id)
    if due is None:
        return
    job = JOBS[due.kind]
    try:
        with limit(job.timeout):
            (_do_outside if job.outside else _do_inside)(job, due)
    except (Gone, Problem) as reason:
        db.session.rollback()
        with transaction():
            settle(due, Status.DROPPED, last_error=str(reason) or "its reason is gone")
    except Exception as error:
        db.session.rollback()
        log.exception("%s %s failed, attempt %s", due.kind, due.id, due.attempt)
        postpone(due, f"{type(error).__name__}: {error}"[:1000])


def claim(promise_id: UUID) -> Due | None:
    """Take a lease on it, in a short transaction of its own; None when it is not there to be taken.

    A promise inside the database keeps its row locked while it runs, so its lease only has to bridge the gap. Whoever
    rang the bell found it due by a clock that may be a little before ours.
    """
    moment = clock.now()
    with transaction():
        free = (
            select(Promise)
            .where(Promise.id == promise_id, may_start(moment, early=EARLY))
            .with_for_update(skip_locked=True)
        )
        row = db.session.scalars(free, execution_options={"populate_existing": True}).first()
        if row is None or row.kind not in JOBS or not is_worked(row.queue):
            return None
        if row.due_at < moment - grace():
            row.status, row.lease_token, row.lease_until = Status.HELD, None, None
            return None
        job, token = JOBS[row.kind], uuid4()
        row.attempts += 1
        row.status, row.lease_token = Status.LEASED, token
        row.lease_until = moment + timedelta(seconds=job.timeout if job.outside else 15) + LEASE_MARGIN
        who = (row.id, row.kind, row.subject_id, row.recipient_id, row.slot)
        due = Due(*who, dict(row.args), row.due_at, row.attempts, token)
    if due.attempt > _settings().outbox_attempts:  # the worker died of it each time
        postpone(due, "the worker ended at each attempt")
        return None
    return due


def _do_inside(job: Job, due: Due) -> None:
    """Row lock, effect and `done` in one transaction."""
    with transaction():
        mine = select(Promise.id).where(Promise.id == due.id, Promise.lease_token == due.token)
        if db.session.scalars(mine.with_for_update(key_share=True)).first() is not None:
            settle(due, Status.DONE, result=job.body(due))


def _do_outside(job: Job, due: Due) -> None:
    """The effect, then `done` where the token is still ours; whoever took it over says so instead."""
    result = job.body(due)
    with transaction():
        settle(due, Status.DONE, result=result)


def settle(due: Due, status: Status, **values: Any) -> bool:
    """Write how it stands now, if the lease is still ours; answers whether it was."""
    said = {name: value for name, value in values.items() if value is not None}
    ended = {"status": status, "lease_token": None, "lease_until": None}
    done_at = clock.now() if status == Status.DONE else None
    ours = update(Promise).where(Promise.id == due.id, Promise.lease_token == due.token).returning(Promise.id)
    changed = db.session.execute(
        ours.values(**ended, done_at=done_at, **said), execution_options={"synchronize_session": False}
    )
    return changed.first() is not None


def postpone(due: Due, error: str) -> None:
    """Wait longer each time; after the last attempt give up and tell an administrator."""
    settings = _settings()
    with transaction():
        if due.attempt < settings.outbox_attempts:
            wait = min(timedelta(seconds=settings.outbox_wait_seconds * 3 ** (due.attempt - 1)), LONGEST_WAIT)
            settle(due, Status.WAITING, last_error=error, next_attempt_at=clock.now() + wait)
        elif settle(due, Status.DEAD, last_error=error):
            record("promise.dead", db.session.get_one(Promise, due.id), None, reason=error)
            for tell in ON_DEAD:
                tell(due, error)


def report_progress(promise_id: UUID, done: int, total: int) -> None:
    """So many of so many, committed at once on a connection of its own, whatever becomes of the job."""
    row = insert(Progress).values(promise_id=promise_id, done=done, total=total)
    row = row.on_conflict_do_update(index_elements=["promise_id"], set_={"done": done, "total": total})
    with Session(db.engine, join_transaction_mode="create_savepoint") as other, other.begin():
        other.execute(row)


def follow_database_clock() -> None:
    with transaction():
        clock.synchronise(lambda: db.session.execute(select(func.clock_timestamp())).scalar_one())
