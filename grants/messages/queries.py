"""Reads about promises."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select

from grants.core.db import db
from grants.messages.models import Progress, Promise, Status


def may_start(moment: datetime, early: timedelta = timedelta()) -> ColumnElement[bool]:
    """Promises a worker may take at this moment: waiting and due, or left behind by a worker whose lease ran out.

    `early`: waiting ones that will be due so soon are due.
    """
    return or_(
        and_(Promise.status == Status.WAITING, Promise.next_attempt_at <= moment + early),
        and_(Promise.status == Status.LEASED, Promise.lease_until <= moment),
    )


def find(promise_id: UUID) -> Promise | None:
    return db.session.get(Promise, promise_id, populate_existing=True)


def progress_of(promise_id: UUID) -> tuple[int, int]:
    """How many of how many; (0, 0) until the job has said something."""
    found = db.session.execute(select(Progress.done, Progress.total).where(Progress.promise_id == promise_id)).first()
    return (found.done, found.total) if found else (0, 0)


def count_by_status() -> dict[Status, int]:
    """How many promises stand where; statuses without any are left out."""
    counted = db.session.execute(select(Promise.status, func.count()).group_by(Promise.status))
    return {status: n for status, n in counted}  # noqa: C416 - a Row is a tuple only at run time
