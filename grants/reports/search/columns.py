"""The columns of the list: what each shows, how it sorts, how it is written into a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import case

from grants.applications.models import Application, ApplicationState
from grants.awards.models import Decision, DecisionState
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.i18n import N_, Text
from grants.people.models import Organisation
from grants.reports.search.keys import Audience


@dataclass(frozen=True)
class Row:
    """An application of the list; its marks (hundredths of a point of 100) and its decision, where these are read."""

    application: Application
    asked: int = 0
    submitted: int = 0
    conflicts: int = 0
    mean: int | None = None
    spread: int | None = None
    rank: int | None = None
    decision: DecisionState | None = None


Order = Callable[[Any], Any]


@dataclass(frozen=True)
class Column:
    """`order` gives the expression it sorts by from the marks of each application; `cell` says how it is drawn."""

    name: str
    label: Text
    cell: str
    value: Callable[[Row], Any]
    order: Order
    number: bool = False
    chair: bool = False
    width: int = 16

    @property
    def of_reviews(self) -> bool:
        return self.chair

    @property
    def is_mark(self) -> bool:
        return self.name in {"score", "spread"}

    @property
    def of_decision(self) -> bool:
        return self.name in {"rank", "decision"}


def _points(hundredths: int | None) -> Decimal | None:
    return None if hundredths is None else Decimal(hundredths) / 100


def _lifecycle(states: Any, column: Any) -> Any:
    """States in the order in which they follow each other."""
    return case({str(state): place for place, state in enumerate(states)}, value=column)


_ALL = [
    Column(
        "reference", N_("Reference"), "link", lambda row: row.application.reference, lambda _: Application.reference
    ),
    Column(
        "title", N_("Project"), "title", lambda row: row.application.title, lambda _: Application.sort_key, width=44
    ),
    Column(
        "organisation",
        N_("Organisation"),
        "organisation",
        lambda row: row.application.organisation.name,
        lambda _: Organisation.sort_key,
        width=30,
    ),
    Column(
        "kind",
        N_("Kind of organisation"),
        "words",
        lambda row: row.application.organisation.kind,
        lambda _: Organisation.kind,
        width=20,
    ),
    Column("call", N_("Call"), "code", lambda row: row.application.call.code, lambda _: Call.code),
    Column(
        "commission",
        N_("Commission"),
        "words",
        lambda row: row.application.commission and row.application.commission.name,
        lambda _: Commission.position,
        width=30,
    ),
    Column(
        "amount",
        N_("Amount requested"),
        "money",
        lambda row: row.application.requested,
        lambda _: Application.requested_minor,
        number=True,
        width=18,
    ),
    Column(
        "submitted",
        N_("Submitted"),
        "moment",
        lambda row: row.application.submitted_at,
        lambda _: Application.submitted_at,
    ),
    Column(
        "state",
        N_("State"),
        "tag",
        lambda row: row.application.state,
        lambda _: _lifecycle(ApplicationState, Application.state),
    ),
    Column(
        "decision", N_("Decision"), "tag", lambda row: row.decision, lambda _: _lifecycle(DecisionState, Decision.state)
    ),
    Column("rank", N_("Rank"), "number", lambda row: row.rank, lambda _: Decision.rank, number=True, width=8),
    Column(
        "score",
        N_("Mean mark"),
        "points",
        lambda row: _points(row.mean),
        lambda marks: marks.c.mean,
        number=True,
        chair=True,
        width=12,
    ),
    Column(
        "spread",
        N_("Spread"),
        "points",
        lambda row: _points(row.spread),
        lambda marks: marks.c.highest - marks.c.lowest,
        number=True,
        chair=True,
        width=12,
    ),
    Column(
        "reviews",
        N_("Reviews submitted"),
        "number",
        lambda row: row.submitted,
        lambda marks: marks.c.submitted,
        number=True,
        chair=True,
        width=12,
    ),
    Column(
        "asked",
        N_("Reviewers asked"),
        "number",
        lambda row: row.asked,
        lambda marks: marks.c.asked,
        number=True,
        chair=True,
        width=12,
    ),
    Column(
        "conflict",
        N_("Conflicts to replace"),
        "number",
        lambda row: row.conflicts,
        lambda marks: marks.c.conflicts,
        number=True,
        chair=True,
        width=12,
    ),
]
COLUMNS: Mapping[str, Column] = {column.name: column for column in _ALL}
ALWAYS = ("reference", "title")  # a line of the list is known by these
FIRST = {
    Audience.FUND: ("reference", "title", "organisation", "commission", "amount", "submitted", "state"),
    Audience.CHAIR: ("reference", "title", "organisation", "amount", "reviews", "score", "spread", "state"),
}


def offered(audience: Audience) -> list[Column]:
    return [column for column in _ALL if audience is Audience.CHAIR or not column.chair]


def chosen(names: str, audience: Audience) -> list[Column]:
    """The columns that an address names, in its order, with those that always stand; what is unknown is left out."""
    known = {column.name: column for column in offered(audience)}
    wanted = [one for one in dict.fromkeys(names.split(",")) if one in known] or list(FIRST[audience])
    return [known[one] for one in dict.fromkeys((*ALWAYS, *wanted))]
