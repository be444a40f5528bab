"""What the marks of a commission say about its projects, its reviewers and its rubric: read by its chair.

    statistics(user, board)        two queries, however many reviews; everything else is arithmetic

Every figure is made of the applications and reviews that this person may see. Who may ask at all is `policy.rank`: a
chair conflicted with one application of the commission sees none of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import func, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by

from grants.applications.models import Application
from grants.calls.models import Criterion
from grants.core.db import db
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.people.models import Organisation, Person
from grants.reviews.agreement import Agreement, agreement
from grants.reviews.calibration import Z90, Calibration, Marks, calibrate
from grants.reviews.models import COUNTED, Review, ReviewState, Score
from grants.reviews.queries import Chaired, best_first, led_applications, marks_of_each, visible_to

SPREAD_ALERT = 25  # points of 100 between the lowest and the highest mark of a project, unless the chair says otherwise
BINS = 10  # of the distribution of totals, ten points each
HALVES = 11  # marks a criterion can be given: 0 to 5 by halves
MIDDLE = 2  # the confidence that stands for one not declared
BAND = 0.2, 0.8  # P(funded) between these is for the session to discuss
WORTH = N_(
    "Calibration takes out how severe or generous each reviewer is. It is worth little, and we say how much: in"
    " simulations where assignment follows quality it brings the ranking about 3 points of Kendall’s τ closer to the"
    " truth, and a project’s place is still uncertain by about half the list. Use it to choose what to discuss."
    " Thresholds and decisions rest on raw or consensus marks only."
)


@dataclass(frozen=True)
class Standing:
    """A project, raw beside calibrated. Raw marks in hundredths of a point of 100, calibrated in points.

    `place` is its raw rank, None without a mark; `group` numbers the set of reviewers it belongs to, from 1; the rest
    is None where it was not calibrated, `funded` (0…1) also where nothing can be said of the envelope.
    """

    id: UUID
    reference: str
    title: str
    organisation: str
    recommended: Money
    asked: int
    submitted: int
    mean: int | None
    lowest: int | None
    highest: int | None
    place: int | None = None
    group: int | None = None
    calibrated: float | None = None
    low: int | None = None
    high: int | None = None
    expected: float | None = None
    funded: float | None = None

    @property
    def spread(self) -> int:
        return (self.highest or 0) - (self.lowest or 0)

    @property
    def in_band(self) -> bool:
        return self.funded is not None and BAND[0] <= self.funded <= BAND[1]


@dataclass(frozen=True)
class Marker:
    """A reviewer of the commission: how far, and how severe. `mean` and severities in points of 100.

    `severity` below zero is severe, above it generous; `low` and `high` are its 90 % interval.
    """

    id: UUID
    name: str
    unanswered: int
    in_hand: int
    submitted: int
    mean: float | None
    severity: float | None = None
    error: float | None = None

    @property
    def asked(self) -> int:
        return self.unanswered + self.in_hand + self.submitted

    @property
    def low(self) -> float:
        return (self.severity or 0) - Z90 * (self.error or 0)

    @property
    def high(self) -> float:
        return (self.severity or 0) + Z90 * (self.error or 0)

    @property
    def stands_out(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.severity is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True)
class Marked:
    """A criterion: how often each mark was given (HALVES counts), their mean of 5, and how far reviewers agree."""

    criterion: Criterion
    counts: Sequence[int]
    mean: float | None
    agreement: Agreement


@dataclass(frozen=True)
class Statistics:
    """Everything the page and the workbook show; `totals` counts marks of 100 by BINS."""

    standings: Sequence[Standing]
    markers: Sequence[Marker]
    criteria: Sequence[Marked]
    totals: Sequence[int]
    groups: int
    refusal: Text | None

    @property
    def asked(self) -> int:
        return sum(one.asked for one in self.markers)

    @property
    def submitted(self) -> int:
        return sum(one.submitted for one in self.markers)

    @cached_property
    def calibrated(self) -> int:
        return sum(one.calibrated is not None for one in self.standings)

    @cached_property
    def unmarked(self) -> int:
        return sum(one.mean is None for one in self.standings)

    @cached_property
    def in_band(self) -> int:
        return sum(one.in_band for one in self.standings)

    @cached_property
    def has_funding(self) -> bool:
        return any(one.funded is not None for one in self.standings)

    def alerts(self, over: int) -> list[Standing]:
        """Projects whose marks lie more than `over` points apart, the widest first."""
        wide = [one for one in self.standings if one.spread > over * 100]
        return sorted(wide, key=lambda one: (-one.spread, one.reference))


def statistics(user: Person, board: Chaired) -> Statistics:
    standings = _standings(user, board)
    rows = _reviews(user, board)
    sent = [row for row in rows if row.state == ReviewState.SUBMITTED]
    people = sorted({row.reviewer_id: row.name for row in rows}.items(), key=lambda one: (one[1].casefold(), one[0]))
    found = _calibrated(standings, sent, board)
    by_person: dict[UUID, list[Any]] = {id: [] for id, _ in people}
    for row in rows:
        by_person[row.reviewer_id].append(row)
    markers = [_marker(id, name, by_person[id], found) for id, name in people]
    totals = np.minimum(np.array([row.total for row in sent], dtype=np.int64) // (10_000 // BINS), BINS - 1)
    return Statistics(
        standings=[_placed(one, found) for one in standings],
        markers=markers,
        criteria=_marked(board.call.criteria, sent),
        totals=np.bincount(totals, minlength=BINS).tolist(),
        groups=found.of.groups,
        refusal=found.of.refusal,
    )


# --- what is read ---------------------------------------------------------------------------------------------


def _standings(user: Person, board: Chaired) -> list[Standing]:
    """The applications of the commission, best mean first as in the ranking; one query."""
    marks = marks_of_each(("asked", "submitted", "mean", "lowest", "highest", "recommended"))
    rows = db.session.execute(
        led_applications(user)
        .where(Application.call_id == board.call.id, Application.commission_id == board.commission.id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .outerjoin(marks, true())
        .with_only_columns(
            Application.id,
            Application.reference,
            Application.title,
            Organisation.name,
            Application.requested_minor,
            marks.c.recommended,
            *(marks.c[name] for name in ("asked", "submitted", "mean", "lowest", "highest")),
        )
        .order_by(*best_first(marks))
    )
    found = []
    for at, (id, reference, title, name, requested, recommended, asked, submitted, *figures) in enumerate(rows, 1):
        amount = requested if recommended is None else min(int(recommended), requested)
        mean, lowest, highest = (None if one is None else int(one) for one in figures)
        place = None if mean is None else at
        money = Money(amount, board.envelope.currency)
        found.append(
            Standing(id, reference, title, name, money, asked or 0, submitted or 0, mean, lowest, highest, place)
        )
    return found


def _reviews(user: Person, board: Chaired) -> Sequence[Any]:
    """The reviews of those applications that count, each with its marks in the order of the rubric; one query.

    In the order of references and names, so that the same marks are drawn the same way.
    """
    led = led_applications(user).where(
        Application.call_id == board.call.id, Application.commission_id == board.commission.id
    )
    halves = (
        select(func.array_agg(aggregate_order_by(Score.halves, Criterion.position)))
        .join(Criterion, Criterion.id == Score.criterion_id)
        .where(Score.review_id == Review.id)
        .correlate(Review)
        .scalar_subquery()
    )
    return db.session.execute(
        visible_to(user)
        .where(Review.application_id.in_(led.with_only_columns(Application.id)), Review.state.in_(COUNTED))
        .join(Person, Person.id == Review.reviewer_id)
        .with_only_columns(
            Review.application_id,
            Review.reviewer_id,
            Person.name,
            Review.state,
            Review.total,
            Review.confidence,
            halves.label("halves"),
        )
        .order_by(Application.reference, Person.sort_key, Person.id)
    ).all()


# --- what is made of it ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    """A calibration and where each project and reviewer stands in its arrays."""

    of: Calibration
    project: dict[UUID, int]
    reviewer: dict[UUID, int]


def _calibrated(standings: Sequence[Standing], sent: Sequence[Any], board: Chaired) -> _Found:
    projects: dict[UUID, int] = {}
    reviewers: dict[UUID, int] = {}
    for row in sent:
        projects.setdefault(row.application_id, len(projects))
        reviewers.setdefault(row.reviewer_id, len(reviewers))
    marks = Marks(
        mark=np.array([row.total / 100 for row in sent]),
        project=np.array([projects[row.application_id] for row in sent], dtype=np.int64),
        reviewer=np.array([reviewers[row.reviewer_id] for row in sent], dtype=np.int64),
        weight=np.array([float(row.confidence or MIDDLE) for row in sent]),
    )
    advised = {one.id: one.recommended.minor for one in standings}
    amounts = np.array([advised[id] for id in projects], dtype=np.int64)
    return _Found(calibrate(marks, amounts, board.envelope.minor), projects, reviewers)


def _placed(one: Standing, found: _Found) -> Standing:
    at, of = found.project.get(one.id), found.of
    if at is None:
        return one
    kept: dict[str, Any] = {**vars(one), "group": int(of.group[at]) + 1}
    if of.known[at]:
        kept |= {
            "calibrated": float(of.theta[at]),
            "low": int(of.low[at]),
            "high": int(of.high[at]),
            "expected": float(of.expected[at]),
            "funded": None if of.funded is None else float(of.funded[at]),
        }
    return Standing(**kept)


def _marker(id: UUID, name: str, rows: Sequence[Any], found: _Found) -> Marker:
    marks = [row.total / 100 for row in rows if row.state == ReviewState.SUBMITTED]
    unanswered = sum(row.state == ReviewState.ASSIGNED for row in rows)
    in_hand = len(rows) - unanswered - len(marks)
    mean = sum(marks) / len(marks) if marks else None
    at = found.reviewer.get(id)
    if at is None or np.isnan(found.of.severity[at]):
        return Marker(id, name, unanswered, in_hand, len(marks), mean)
    severity, error = float(found.of.severity[at]), float(found.of.severity_error[at])
    return Marker(id, name, unanswered, in_hand, len(marks), mean, severity, error)


def _marked(criteria: Sequence[Criterion], sent: Sequence[Any]) -> list[Marked]:
    """Reviews that do not mark every criterion of the rubric as it stands are left out."""
    whole = [row for row in sent if row.halves and len(row.halves) == len(criteria) and None not in row.halves]
    units = np.unique([str(row.application_id) for row in whole], return_inverse=True)[1].astype(np.int64)
    table = np.array([row.halves for row in whole], dtype=np.int64).reshape(len(whole), len(criteria))
    return [
        Marked(
            criterion,
            np.bincount(marks, minlength=HALVES).tolist(),
            float(marks.mean()) / 2 if len(whole) else None,
            agreement(marks, units),
        )
        for criterion, marks in zip(criteria, table.T, strict=True)
    ]
