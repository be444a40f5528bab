"""What a person's list may draw on: their applications, their calls and commissions, the decisions they may know of.

Everything a list shows, counts, sorts by or exports starts here, so that a query can find nothing its page hides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, false, select, true, tuple_

from grants.applications.models import Application
from grants.applications.policy import FOLLOWERS
from grants.applications.queries import followed_by
from grants.awards.models import Decision
from grants.awards.queries import visible_decisions
from grants.calls.models import Call, Envelope
from grants.clusters.models import Cluster, Commission
from grants.core.db import db
from grants.core.i18n import LANGUAGES, Words
from grants.core.types import sort_key
from grants.funds.models import Fund
from grants.people.models import Person, Role
from grants.people.scope import covered
from grants.reports.search.keys import Audience
from grants.reviews.queries import conflicts_of, led_applications


@dataclass(frozen=True)
class Place:
    """A call or a commission that a query may name: `code`, its name, and both as they are searched."""

    id: UUID
    code: str
    name: Words
    position: int = 0

    def is_meant_by(self, typed: str) -> bool:
        key = sort_key(typed)
        return key == sort_key(self.code) or (
            bool(key) and any(key in sort_key(self.name.in_(one)) for one in LANGUAGES)
        )


@dataclass(frozen=True)
class Ground:
    """The list of one person, narrowed to a call and a commission when these are given; `zone` says when a day begins,
    and `country` how its months are called. `conflicts`: the files closed to a chair, with their call and commission.
    """

    user: Person
    audience: Audience
    zone: ZoneInfo
    calls: Sequence[Place]
    commissions: Sequence[Place]
    country: str = "MA"
    call_id: UUID | None = None
    commission_id: UUID | None = None
    conflicts: Mapping[UUID, tuple[UUID, UUID | None]] = field(default_factory=dict)

    @cached_property
    def applications(self) -> Select[Application]:
        """Those this person sees, before any query."""
        seen = (
            followed_by(self.user)
            if self.audience is Audience.FUND
            else led_applications(self.user, list(self.conflicts))
        )
        if self.call_id:
            seen = seen.where(Application.call_id == self.call_id)
        if self.commission_id:
            seen = seen.where(Application.commission_id == self.commission_id)
        return seen

    @cached_property
    def unranked(self) -> frozenset[tuple[UUID, UUID | None]]:
        """The calls and commissions of which a chair with a conflict sees no order: the places and the marks of the
        others would tell those of the hidden one."""
        return frozenset(
            (call, commission)
            for call, commission in self.conflicts.values()
            if self.call_id in {None, call} and self.commission_id in {None, commission}
        )

    @cached_property
    def known_decision(self) -> ColumnElement[bool]:
        """Whether the person may know of a row of Decision."""
        if self.audience is Audience.FUND:
            return Decision.id.in_(visible_decisions(self.user).with_only_columns(Decision.id))
        return self._ranked(Decision)

    @cached_property
    def known_marks(self) -> ColumnElement[bool]:
        """Whether the person may know the marks of an application of the list."""
        return self._ranked(Application)

    def _ranked(self, table: type[Application] | type[Decision]) -> ColumnElement[bool]:
        if not self.unranked:
            return true()
        return tuple_(table.call_id, table.commission_id).not_in(sorted(self.unranked, key=str))

    def begins(self, day: date) -> datetime:
        """The moment at which a day begins here."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)


def ground(user: Person, audience: Audience, call_id: UUID | None = None, commission_id: UUID | None = None) -> Ground:
    """The calls with their clusters, the commissions, and the conflicts of a chair; one query each."""
    calls = db.session.execute(_calls(user, audience)).all()
    within = covered(user, Role.CHAIR, commission=Commission.id)
    if audience is Audience.FUND:
        ids = [row.id for row in calls]
        with_envelope = select(Envelope.commission_id).where(Envelope.call_id.in_(ids))
        within = Commission.id.in_(with_envelope) if ids else false()
    commissions = db.session.execute(
        select(Commission.id, Commission.code, Commission.name, Commission.position)
        .where(within)
        .order_by(Commission.position, Commission.id)
    )
    nearest = [(row.timezone, row.country) for row in calls if call_id in {None, row.id}] or [("UTC", "MA")]
    return Ground(
        user,
        audience,
        ZoneInfo(nearest[0][0]),
        [Place(row.id, row.code, row.title) for row in calls],
        [Place(*row) for row in commissions],
        nearest[0][1],
        call_id,
        commission_id,
        {} if audience is Audience.FUND else _conflicts(user),
    )


def _conflicts(user: Person) -> dict[UUID, tuple[UUID, UUID | None]]:
    found = select(Application.id, Application.call_id, Application.commission_id).where(
        covered(user, Role.CHAIR, commission=Application.commission_id), Application.id.in_(conflicts_of(user))
    )
    rows = db.session.execute(found)
    return {row.id: (row.call_id, row.commission_id) for row in rows}


def _calls(user: Person, audience: Audience) -> Select[UUID, str, Words, str, str]:
    """Those whose applications may be in the list, newest first."""
    found = (
        select(Call.id, Call.code, Call.title, Cluster.timezone, Cluster.country)
        .join(Call.fund)
        .join(Fund.cluster)
        .where(Call.published_at.is_not(None))
        .order_by(Call.closes_at.desc(), Call.id)
    )
    if audience is Audience.FUND:
        return found.where(covered(user, *FOLLOWERS, cluster=Fund.cluster_id, fund=Fund.id), Call.imported.is_(False))
    of_mine = select(Envelope.call_id).join(Commission, Commission.id == Envelope.commission_id)
    return found.where(Call.id.in_(of_mine.where(covered(user, Role.CHAIR, commission=Commission.id))))
