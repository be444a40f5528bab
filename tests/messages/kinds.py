"""Kinds of promise that only tests make. Importing this registers them, here and in the processes the tests start."""

import os
import time
from typing import Any
from uuid import UUID, uuid4

from grants.core.audit import record
from grants.people.models import Person
from workflows.letters import Letter, letter
from workflows.outbox import Due, Gone, job, report_progress


class Subject:
    def __init__(self, id: UUID | None = None) -> None:
        self.id = id or uuid4()


@job(queue="work")
def note(due: Due) -> dict[str, Any]:
    """Leaves one event for each time it took effect; fails, or finds its reason gone, when told to."""
    record("noted", Subject(due.subject_id), None, after=due.args)
    if due.args.get("fail_until", 0) >= due.attempt:
        raise RuntimeError("not yet")
    if due.args.get("gone"):
        raise Gone("nobody asks for it any more")
    return {"attempt": due.attempt}


@job(queue="work", timeout=60)
def slow_note(due: Due) -> None:
    """Takes effect, then takes its time; `seconds` on the first attempt only."""
    record("noted", Subject(due.subject_id), None)
    report_progress(due.id, 1, 2)
    if due.attempt == 1:
        time.sleep(due.args["seconds"])


@job(queue="work", timeout=2, outside=True)
def outside(due: Due) -> None:
    """An effect outside the database: a line in a file. On its first attempt it never returns."""
    with open(due.args["file"], "a") as file:
        file.write(f"{due.id} {due.attempt} {os.getpid()}\n")
    if due.attempt == 1:
        time.sleep(due.args["seconds"])


@letter
def hello(due: Due) -> Letter:
    from grants.core.db import db
    from grants.core.i18n import N_

    to = db.session.get_one(Person, due.recipient_id)
    return Letter(to=to, subject=N_("Hello %(name)s", name=to.name), paragraphs=[N_("Good to see you.")])
