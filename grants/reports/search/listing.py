"""The list itself: counts, one page of rows, the neighbours of a row. The same few statements whatever is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, select, true
from sqlalchemy.orm import joinedload, load_only

from grants.applications.models import Application, ApplicationState
from grants.awards.models import Decision
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.db import db
from grants.people.models import Organisation
from grants.reports.search.columns import COLUMNS, Column, Row, chosen
from grants.reports.search.conditions import condition
from grants.reports.search.ground import Ground
from grants.reports.search.keys import Audience
from grants.reports.search.language import Query
from grants.reviews.queries import marks_of_each

PER_PAGE = 50
MOST = 500  # rows that one action takes
MARKS = ("asked", "submitted", "conflicts", "mean", "lowest", "highest")
_PARTS = (
    load_only(
        Application.reference,
        Application.title,
        Application.state,
        Application.currency,
        Application.requested_minor,
        Application.submitted_at,
        Application.completion_due_at,
        Application.call_id,
        Application.commission_id,
    ),
    joinedload(Application.organisation).load_only(Organisation.name, Organisation.city, Organisation.kind),
    joinedload(Application.commission).load_only(Commission.name, Commission.code),
    joinedload(Application.call).load_only(Call.code),
)


@dataclass(frozen=True)
class Sort:
    """By which column, and which way. What has no value comes last either way; then the reference decides."""

    column: Column
    descending: bool = False

    def __str__(self) -> str:
        return f"-{self.column.name}" if self.descending else self.column.name


@dataclass(frozen=True)
class Wanted:
    """What the address asks of a list, read."""

    query: Query
    sort: Sort
    columns: Sequence[Column]
    page: int = 1


@dataclass(frozen=True)
class Page:
    """One page of the list; `by_state` counts all that the query finds, `page` counts from 1."""

    rows: Sequence[Row]
    by_state: dict[ApplicationState, int]
    page: int

    @property
    def total(self) -> int:
        return sum(self.by_state.values())

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))

    @property
    def first(self) -> int:
        return (self.page - 1) * PER_PAGE + 1


@dataclass(frozen=True)
class Neighbours:
    """Where a row stands in the list, from 1, and the ids before and after it."""

    place: int
    total: int
    before: UUID | None
    after: UUID | None


def sort_of(text: str, audience: Audience) -> Sort:
    """From the address: a column's name, with a minus the other way round; by reference when it says nothing."""
    name = text.removeprefix("-")
    known = name in COLUMNS and (audience is Audience.CHAIR or not COLUMNS[name].chair)
    return Sort(COLUMNS[name], text.startswith("-")) if known else Sort(COLUMNS["reference"])


def wanted(query: Query, sort: str, columns: str, page: int, audience: Audience) -> Wanted:
    return Wanted(query, sort_of(sort, audience), chosen(columns, audience), min(max(1, page), 1_000_000))


def listed(ground: Ground, wanted: Wanted) -> Page:
    """Two queries: the counts by state, then a page of rows."""
    found = _found(ground, wanted.query)
    counts = found.with_only_columns(Application.state, func.count()).group_by(Application.state)
    by_state: dict[ApplicationState, int] = {row[0]: row[1] for row in db.session.execute(counts)}
    last = max(1, -(-sum(by_state.values()) // PER_PAGE))
    page = min(wanted.page, last)
    return Page(_rows(ground, found, wanted, PER_PAGE, (page - 1) * PER_PAGE), by_state, page)


def every(ground: Ground, wanted: Wanted, limit: int) -> Sequence[Row]:
    """All that the query finds, in order, up to a limit; one query."""
    return _rows(ground, _found(ground, wanted.query), wanted, limit, 0)


def ids(ground: Ground, query: Query, limit: int = MOST) -> Sequence[UUID]:
    """The applications that a query finds, by reference; one query."""
    found = _found(ground, query).with_only_columns(Application.id).order_by(Application.reference, Application.id)
    return db.session.scalars(found.limit(limit)).all()


def neighbours(ground: Ground, wanted: Wanted, id: UUID) -> Neighbours | None:
    """The row before and the row after one of the list; None when the list does not hold it. One query."""
    ordered, order = _ordered(ground, _found(ground, wanted.query), wanted.sort)
    placed = ordered.with_only_columns(
        Application.id,
        func.row_number().over(order_by=order).label("place"),
        func.count().over().label("total"),
        func.lag(Application.id).over(order_by=order).label("before"),
        func.lead(Application.id).over(order_by=order).label("after"),
    ).subquery()
    row = db.session.execute(select(placed).where(placed.c.id == id)).one_or_none()
    return None if row is None else Neighbours(row.place, row.total, row.before, row.after)


def _found(ground: Ground, query: Query) -> Select[Application]:
    return ground.applications.where(condition(query, ground))


def _ordered(ground: Ground, found: Select[Any], sort: Sort) -> tuple[Select[Any], list[ColumnElement[Any]]]:
    """The statement joined with what it sorts by, and the order."""
    marks = marks_of_each(MARKS)
    if sort.column.of_reviews:
        found = found.outerjoin(marks, true())
    elif sort.column.of_decision:
        found = found.outerjoin(Decision, _decision_of(ground))
    elif sort.column.name in {"organisation", "kind"}:
        found = found.join(Application.organisation)
    elif sort.column.name == "call":
        found = found.join(Application.call)
    elif sort.column.name == "commission":
        found = found.outerjoin(Application.commission)
    by = sort.column.order(marks)
    if sort.column.is_mark and ground.unranked:
        by = case((ground.known_marks, by))
    first = (by.desc() if sort.descending else by.asc()).nulls_last()
    return found, [first, Application.reference.asc(), Application.id.asc()]


def _rows(ground: Ground, found: Select[Any], wanted: Wanted, limit: int, offset: int) -> Sequence[Row]:
    """First the places of the page, from narrow rows, then what it shows of them."""
    ordered, order = _ordered(ground, found, wanted.sort)
    place = func.row_number().over(order_by=order).label("place")
    narrow = ordered.with_only_columns(Application.id.label("id"), place).order_by(place)
    shown = narrow.limit(limit).offset(offset).subquery()
    marks = marks_of_each(MARKS)
    wide: Select[Any] = select(Application).join(shown, shown.c.id == Application.id).options(*_PARTS)
    has_marks = any(column.of_reviews for column in wanted.columns)
    has_decision = any(column.of_decision for column in wanted.columns)
    if has_marks:
        wide = wide.outerjoin(marks, true()).add_columns(*[marks.c[name] for name in MARKS])
    if has_decision:
        wide = wide.outerjoin(Decision, _decision_of(ground)).add_columns(
            Decision.rank, Decision.state.label("decision")
        )
    return [_row(ground, *row) for row in _split(db.session.execute(wide.order_by(shown.c.place)).all(), has_marks)]


def _split(rows: Sequence[Any], has_marks: bool) -> list[tuple[Application, Sequence[Any], Sequence[Any]]]:
    after = 1 + (len(MARKS) if has_marks else 0)
    return [(row[0], row[1:after], row[after:]) for row in rows]


def _row(ground: Ground, application: Application, marks: Sequence[Any], decided: Sequence[Any]) -> Row:
    asked, sent, conflicts, mean, lowest, highest = marks or (0, 0, 0, None, None, None)
    if (application.call_id, application.commission_id) in ground.unranked:
        mean = lowest = highest = None
    rank, decision = decided or (None, None)
    spread = None if highest is None else int(highest - lowest)
    average = None if mean is None else int(mean)
    return Row(application, asked or 0, sent or 0, conflicts or 0, average, spread, rank, decision)


def _decision_of(ground: Ground) -> ColumnElement[bool]:
    return and_(Decision.application_id == Application.id, ground.known_decision)
