"""One page of what a chair ranks: the database orders, sums and counts, so that a page costs the same in any call."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select, true

from grants.applications.models import Application, ApplicationState
from grants.core.db import db
from grants.core.types import Money
from grants.people.models import Person
from grants.reviews.queries import LINE_PARTS, MARKS, Chaired, Line, best_first, led_applications, line, marks_of_each

PER_PAGE = 50
PENDING = frozenset({ApplicationState.ELIGIBLE, ApplicationState.IN_REVIEW})


@dataclass(frozen=True)
class Counted:
    """How many applications a commission ranks in a call, and how many of them still wait for a review."""

    total: int
    pending: int

    @property
    def is_long(self) -> bool:
        """Whether they need more than one page."""
        return self.total > PER_PAGE


@dataclass(frozen=True)
class Listed:
    """One page of a commission's applications, best mean first; `page` counts from 1.

    `spent[n]` is what funding from the top would have spent down to line n, and None from where the envelope is
    exceeded: those are the reserve list.
    """

    lines: Sequence[Line]
    spent: Sequence[Money | None]
    total: int
    page: int
    complete: bool

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))

    @property
    def first(self) -> int:
        return (self.page - 1) * PER_PAGE + 1


def counted(user: Person, board: Chaired) -> Counted:
    """One query."""
    both = func.count(), func.count().filter(Application.state.in_(PENDING))
    return Counted(*db.session.execute(_within(user, board).with_only_columns(*both)).one())


def listed(user: Person, board: Chaired, page: int, counted: Counted) -> Listed:
    """One query however many applications the commission has: all are ordered by the two marks that say where each
    stands, and only those of the page are read.
    """
    page = min(max(1, page), max(1, -(-counted.total // PER_PAGE)))
    marks = marks_of_each(("mean", "recommended"))
    advised = func.least(func.coalesce(marks.c.recommended, Application.requested_minor), Application.requested_minor)
    order = best_first(marks)
    ordered = (
        _within(user, board)
        .outerjoin(marks, true())
        .with_only_columns(
            Application.id.label("id"),
            func.sum(advised).over(order_by=order, rows=(None, 0)).label("spent"),
            func.row_number().over(order_by=order).label("place"),
        )
        .subquery()
    )
    first = (page - 1) * PER_PAGE
    shown = select(ordered).where(ordered.c.place > first, ordered.c.place <= first + PER_PAGE).subquery()
    every = marks_of_each()
    rows = db.session.execute(
        select(Application, *[every.c[name] for name in MARKS], shown.c.spent)
        .join(shown, shown.c.id == Application.id)
        .outerjoin(every, true())
        .options(*LINE_PARTS)
        .order_by(shown.c.place)
    ).all()
    spent = [Money(int(row.spent), board.envelope.currency) for row in rows]
    return Listed(
        lines=[line(*row[:-1]) for row in rows],
        spent=[None if board.envelope < one else one for one in spent],
        total=counted.total,
        page=page,
        complete=bool(counted.total) and not counted.pending,
    )


def _within(user: Person, board: Chaired) -> Select[Application]:
    return led_applications(user).where(
        Application.call_id == board.call.id, Application.commission_id == board.commission.id
    )
