"""What a reviewer sees of the applications of a commission before any is given to them, and where they sit."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import contains_eager, joinedload, load_only

from grants.applications.models import Application, ApplicationState
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.db import db
from grants.core.types import Money
from grants.funds.models import Fund
from grants.people.models import Organisation, Person, Role
from grants.people.scope import covered
from grants.reviews.conflict_queries import UNDER_WAY
from grants.reviews.conflicts import conflicts_of
from grants.reviews.models import Review
from grants.reviews.panel_models import Absence, Bid, Expertise, PanelSeat, Topic
from grants.reviews.panels import kept_out
from grants.reviews.queries import Chaired
from grants.reviews.topics import topics_of

PER_PAGE = 25
OPEN = [ApplicationState.ELIGIBLE, ApplicationState.IN_REVIEW]


@dataclass(frozen=True)
class Sitting:
    """A commission in a call, as a reviewer comes to it; `seat` is None for somebody who was never invited."""

    board: Chaired
    seat: PanelSeat | None


@dataclass(frozen=True)
class Choice:
    """An application and this reviewer's bid for it."""

    application: Application
    bid: Bid | None


@dataclass(frozen=True)
class Choices:
    """One page of what may be bid for; `said` of `total` have a bid. `page` counts from 1."""

    rows: Sequence[Choice]
    page: int
    pages: int
    total: int
    said: int

    @property
    def first(self) -> int:
        return (self.page - 1) * PER_PAGE + 1


def sitting(user: Person, call_id: UUID, commission_id: UUID) -> Sitting:
    """Raises NoResultFound for a commission they do not review in, or a call that is not being reviewed."""
    mine = covered(user, Role.REVIEWER, commission=Commission.id)
    commission = db.session.scalars(select(Commission).where(Commission.id == commission_id, mine)).one()
    call = db.session.scalars(
        select(Call)
        .join(Fund, Fund.id == Call.fund_id)
        .where(Call.id == call_id, Call.state.in_(UNDER_WAY), Fund.cluster_id == commission.cluster_id)
        .options(joinedload(Call.fund).joinedload(Fund.cluster))
    ).one()
    theirs = select(PanelSeat).where(
        PanelSeat.call_id == call_id, PanelSeat.commission_id == commission_id, PanelSeat.person_id == user.id
    )
    seat = db.session.scalars(theirs).one_or_none()
    return Sitting(Chaired(call, commission, Money(0, call.currency)), seat)


def open_applications(user: Person, board: Chaired) -> Select[Application]:
    """What may be bid for in this commission and call."""
    return select(Application).where(
        Application.call_id == board.call.id, Application.commission_id == board.commission.id, *_open_to(user)
    )


def _open_to(user: Person) -> list[ColumnElement[bool]]:
    """Eligible and not decided, not given to this person, and without a conflict of interest of theirs."""
    return [
        Application.state.in_(OPEN),
        Application.id.not_in(conflicts_of(user)),
        Application.id.not_in(select(Review.application_id).where(Review.reviewer_id == user.id)),
    ]


def choices(user: Person, board: Chaired, page: int) -> Choices:
    """By reference; two queries."""
    mine = and_(Bid.application_id == Application.id, Bid.person_id == user.id)
    open = open_applications(user, board)
    total, said = db.session.execute(
        open.outerjoin(Bid, mine).with_only_columns(func.count(Application.id), func.count(Bid.id))
    ).one()
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, page), pages)
    rows = db.session.execute(
        open.join(Organisation, Organisation.id == Application.organisation_id)
        .outerjoin(Bid, mine)
        .add_columns(Bid)
        .options(
            load_only(Application.reference, Application.title, Application.summary),
            contains_eager(Application.organisation),
        )
        .order_by(Application.reference, Application.id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    ).all()
    return Choices([Choice(one, bid) for one, bid in rows], page, pages, total, said)


@dataclass(frozen=True)
class Place:
    """A commission in a call where bids are taken: how many applications, how many bids said."""

    call: Call
    commission: Commission
    total: int
    said: int


def places(user: Person) -> list[Place]:
    """Where this person may bid; one query. What they have a conflict with is counted nowhere."""
    rows = db.session.execute(
        select(Call, Commission, func.count(Application.id), func.count(Bid.id))
        .join(Application, Application.call_id == Call.id)
        .join(Commission, Commission.id == Application.commission_id)
        .outerjoin(Bid, and_(Bid.application_id == Application.id, Bid.person_id == user.id))
        .where(
            Call.state.in_(UNDER_WAY),
            covered(user, Role.REVIEWER, commission=Application.commission_id),
            *_open_to(user),
            ~kept_out(user.id, Application.call_id, Application.commission_id),
        )
        .group_by(Call.id, Commission.id)
        .order_by(Call.code, Commission.position)
    )
    return [Place(*row) for row in rows]


# --- what they know -------------------------------------------------------------------------------------------


def offered_topics(user: Person) -> list[tuple[Commission, list[Topic]]]:
    """The topics of the commissions of every cluster this person reviews in, their own commissions first."""
    clusters = {one.cluster_id for one in user.appointments if one.role == Role.REVIEWER}
    own = {one.commission_id for one in user.appointments if one.role == Role.REVIEWER}
    commissions = db.session.scalars(
        select(Commission).where(Commission.cluster_id.in_(clusters), ~Commission.archive)
    ).all()
    topics = topics_of([one.id for one in commissions])
    listed = sorted(commissions, key=lambda one: (one.id not in own, one.cluster_id, one.position))
    by_commission = [(one, [topic for topic in topics if topic.commission_id == one.id]) for one in listed]
    return [(one, theirs) for one, theirs in by_commission if theirs]


def expertise_of(user: Person) -> Expertise | None:
    return db.session.scalars(select(Expertise).where(Expertise.person_id == user.id)).one_or_none()


def own_absence(user: Person, id: UUID) -> Absence:
    """Raises NoResultFound."""
    return db.session.scalars(select(Absence).where(Absence.id == id, Absence.person_id == user.id)).one()
