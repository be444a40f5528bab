"""In which order a reviewer takes the files."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from grants.applications.models import ApplicationState
from grants.core.db import db
from grants.people.models import Person
from grants.reviews.conflicts import conflicts_of
from grants.reviews.models import IN_HAND, Review, ReviewState

TO_DO = IN_HAND | {ReviewState.ASSIGNED}


@dataclass(frozen=True)
class Place:
    """Where a file stands among those asked of its reviewer, from 1, and what lies before and after it.

    `turn` is the file to take next: not begun, the one with the fewest reviews first; else the next that is begun.
    """

    number: int
    total: int
    previous: Review | None
    following: Review | None
    turn: Review | None


def place_of(user: Person, review: Review, work: Sequence[Review]) -> Place:
    """`work` is this reviewer's worklist; two queries more, for what is closed and for the reviews of each file."""
    mine = _without_conflict(user, work)
    at = next((n for n, one in enumerate(mine) if one.id == review.id), 0)
    later = mine[at + 1 :] + mine[:at]
    return Place(
        number=at + 1,
        total=len(mine),
        previous=mine[at - 1] if at else None,
        following=mine[at + 1] if at + 1 < len(mine) else None,
        turn=_turn([one for one in later if one.id != review.id and _is_open(one)]),
    )


def next_of(user: Person, work: Sequence[Review]) -> Review | None:
    """Where a reviewer begins."""
    return _turn([one for one in _without_conflict(user, work) if _is_open(one)])


def _without_conflict(user: Person, work: Sequence[Review]) -> list[Review]:
    closed = set(db.session.scalars(conflicts_of(user)))
    return [one for one in work if one.application_id not in closed]


def _turn(waiting: Sequence[Review]) -> Review | None:
    fresh = [one for one in waiting if one.state != ReviewState.DRAFT]
    if not fresh:
        return waiting[0] if waiting else None
    sent = _submitted([one.application_id for one in fresh])
    return min(fresh, key=lambda one: sent.get(one.application_id, 0))  # the first of equals: the one due first


def _is_open(review: Review) -> bool:
    return review.state in TO_DO and review.application.state == ApplicationState.IN_REVIEW


def _submitted(applications: Sequence[UUID]) -> dict[UUID, int]:
    counts = (
        select(Review.application_id, func.count())
        .where(Review.application_id.in_(applications), Review.state == ReviewState.SUBMITTED)
        .group_by(Review.application_id)
    )
    return {row[0]: row[1] for row in db.session.execute(counts)}
