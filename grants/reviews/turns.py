"""In which order a reviewer takes the files."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from grants.applications.models import ApplicationState
from grants.core.db import db
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


def place_of(review: Review, work: Sequence[Review]) -> Place:
    """`work` is this reviewer's worklist; one query more, to count the reviews of each file."""
    mine = [one for one in work if one.state != ReviewState.CONFLICT_DECLARED]
    at = next((n for n, one in enumerate(mine) if one.id == review.id), 0)
    later = mine[at + 1 :] + mine[:at]
    return Place(
        number=at + 1,
        total=len(mine),
        previous=mine[at - 1] if at else None,
        following=mine[at + 1] if at + 1 < len(mine) else None,
        turn=_turn([one for one in later if one.id != review.id and _is_open(one)]),
    )


def next_of(work: Sequence[Review]) -> Review | None:
    """Where a reviewer begins."""
    return _turn([one for one in work if _is_open(one)])


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
