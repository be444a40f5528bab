"""The whole picture of a call: every commission beside its envelope, and what a draft would change in it.

Nothing of a commission is in it, not even in a sum, while the reader is linked to one of its applicants.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from grants.applications.models import Application, ApplicationState
from grants.awards import queries
from grants.awards.interests import hidden_commissions
from grants.awards.models import Decision, DecisionState, Outcome
from grants.calls.models import Call
from grants.calls.transfers import EnvelopeTransfer, transfers_of
from grants.clusters.models import Commission
from grants.core.db import db
from grants.core.types import Money
from grants.ledger.queries import Standing, balances, by_commission
from grants.ledger.stages import Stage
from grants.people.models import Organisation, Person

OPEN = frozenset({DecisionState.PROPOSED, DecisionState.RESERVE})


def withdrawn(decision: Decision) -> bool:
    return decision.application.state == ApplicationState.WITHDRAWN


def is_open(decision: Decision) -> bool:
    """Whether the committee may still take a decision on it."""
    return decision.state in OPEN and not withdrawn(decision)


@dataclass(frozen=True)
class Theme:
    """One commission of the call: where its money stands and its ranking, best first."""

    commission: Commission
    standing: Standing
    rows: Sequence[Decision]

    def _sum(self, rows: Sequence[Decision]) -> Money:
        return Money(sum(one.amount_minor for one in rows), self.standing.currency)

    @property
    def envelope(self) -> Money:
        return self.standing.envelope

    @property
    def decided(self) -> Money:
        """Reserved, committed or paid: what grants hold of the envelope."""
        return self.standing.envelope - self.standing.free - self.standing[Stage.CALL]

    @property
    def free(self) -> Money:
        return self.standing.free

    @cached_property
    def to_fund(self) -> Sequence[Decision]:
        """Proposed for funding and not decided yet: the free credit must still pay for them."""
        return [one for one in self.rows if awaits_funding(one)]

    @property
    def proposed(self) -> Money:
        return self._sum(self.to_fund)

    @property
    def left(self) -> Money:
        """Free once every pending proposal is funded; below zero where they are more than there is."""
        return self.free - self.proposed

    @cached_property
    def waiting(self) -> Sequence[Decision]:
        return [one for one in self.rows if one.state == DecisionState.PROPOSED and not withdrawn(one)]

    @cached_property
    def reserve(self) -> Sequence[Decision]:
        """The reserve list, in the order in which it is served."""
        return [one for one in self.rows if one.state == DecisionState.RESERVE and not withdrawn(one)]

    @cached_property
    def cut(self) -> int:
        """How many of the ranking the envelope pays for, the best first: the line comes after the last of them."""
        spent = 0
        place = 0
        for at, one in enumerate(self.rows, 1):
            if one.state == DecisionState.REJECTED or one.proposal == Outcome.REJECTED or withdrawn(one):
                continue
            spent += one.amount_minor
            if spent > self.envelope.minor:
                break
            place = at
        return place

    def count(self, state: DecisionState) -> int:
        return sum(one.state == state for one in self.rows)


def awaits_funding(decision: Decision) -> bool:
    if decision.state != DecisionState.PROPOSED or withdrawn(decision):
        return False
    return decision.proposal == Outcome.FUNDED or decision.reopened_at is not None


@dataclass(frozen=True)
class Picture:
    """A call's commissions in the cluster's order; those hidden from the reader are named and nothing more.

    `available` is what the fund has given to no call.
    """

    call: Call
    themes: Sequence[Theme]
    hidden: Sequence[Commission]
    available: Money
    transfers: Sequence[EnvelopeTransfer]

    def total(self, name: str) -> Money:
        """The sum of a figure over the commissions that are shown."""
        return Money(sum(getattr(one, name).minor for one in self.themes), self.call.currency)

    @property
    def waiting(self) -> int:
        return sum(len(one.waiting) for one in self.themes)

    @cached_property
    def rows(self) -> Mapping[UUID, Decision]:
        return {row.id: row for theme in self.themes for row in theme.rows}

    @cached_property
    def seal(self) -> str:
        """Changes whenever a decision, a withdrawal or an envelope does: what a preview was drawn from."""
        facts = [f"{id}:{row.version}:{row.application.state}" for id, row in sorted(self.rows.items())]
        money = [f"{one.commission.id}:{one.free.minor}:{one.envelope.minor}" for one in self.themes]
        return sha256("|".join([*facts, *money]).encode()).hexdigest()[:32]


def picture(user: Person, call: Call, *, anew: bool = False) -> Picture:
    """Six queries, however many projects. `call` comes from queries.decided_call; `anew` reads rows over again."""
    hidden = hidden_commissions(user, call)
    standings = by_commission(call.fund_id, call.id)
    rows: dict[UUID, list[Decision]] = {}
    for one in _rows(user, call, anew):
        set_committed_value(one, "call", call)
        rows.setdefault(one.commission_id, []).append(one)
    nothing = Standing(call.currency, {})
    shown = [one for one in call.fund.cluster.commissions if one.id in standings or one.id in rows]
    return Picture(
        call,
        [Theme(one, standings.get(one.id, nothing), rows.get(one.id, [])) for one in shown if one.id not in hidden],
        [one for one in shown if one.id in hidden],
        balances([call.fund_id]).get(call.fund_id, nothing)[Stage.AVAILABLE],
        [one for one in transfers_of(call.id) if not {one.source_id, one.target_id} & hidden],
    )


def _rows(user: Person, call: Call, anew: bool) -> Sequence[Decision]:
    application = joinedload(Decision.application)
    parts: list[Any] = [
        joinedload(Decision.commission),
        application.load_only(
            Application.reference,
            Application.title,
            Application.state,
            Application.requested_minor,
            Application.currency,
            Application.call_id,
            Application.organisation_id,
            Application.lead_id,
        ),
        application.joinedload(Application.organisation).load_only(Organisation.name),
    ]
    found = queries.visible_decisions(user).where(Decision.call_id == call.id).options(*parts)
    if anew:
        found = found.execution_options(populate_existing=True)
    return db.session.scalars(found.order_by(Decision.rank)).unique().all()
