"""Two commissions of a call with their rankings proposed: the ground of what the committee does."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from grants.applications.models import ApplicationState
from grants.awards.models import Decision, Outcome
from grants.clusters.models import Commission
from grants.core.types import Money, new_id
from grants.ledger.service import Kind, Line, Place, post
from grants.people.models import Person, Role
from tests.factories import (
    ApplicationFactory,
    CommissionFactory,
    DecisionFactory,
    EnvelopeFactory,
    PersonFactory,
    submitted,
    with_role,
)
from tests.story import Stage, set_stage

MILLION = 100_000_000  # minor units


@dataclass
class Ground:
    """`first` has 2 millions for A and B (0.6 each, proposed), C (0.6, reserve); `second` has 1 for D (0.6)."""

    stage: Stage
    first: Commission
    second: Commission
    rows: dict[str, UUID]
    member: Person
    other: Person

    @property
    def call_id(self) -> UUID:
        return self.stage.call.id


def proposed(stage: Stage, commission: Commission, n: int, outcome: Outcome, rank: int, **more: Any) -> Decision:
    application = ApplicationFactory(
        call=stage.call, commission=commission, state=ApplicationState.RANKED, **submitted(n)
    )
    return DecisionFactory(
        application=application,
        rank=rank,
        proposal=outcome,
        amount_minor=60_000_000,
        proposed_by_id=stage.chair.id,
        **more,
    )


def ground() -> Ground:
    stage = set_stage(applications=0, envelope=2 * MILLION)
    second = CommissionFactory(cluster=stage.fund.cluster)
    EnvelopeFactory(call=stage.call, commission=second, amount_minor=MILLION)
    giver, amount = PersonFactory(), Money(MILLION, stage.fund.currency)
    place = Place.commission(stage.call.id, second.id)
    for kind, line in [
        (Kind.ENDOW, Line(Place.source(), Place.available(), amount)),
        (Kind.ALLOCATE_CALL, Line(Place.available(), Place.call(stage.call.id), amount)),
        (Kind.ALLOCATE_COMMISSION, Line(Place.call(stage.call.id), place, amount)),
    ]:
        post(stage.fund.id, kind, [line], actor=giver, key=new_id(), document=f"E-{kind}")
    plan = [
        ("A", stage.commission, Outcome.FUNDED, 1),
        ("B", stage.commission, Outcome.FUNDED, 2),
        ("C", stage.commission, Outcome.RESERVE, 3),
        ("D", second, Outcome.FUNDED, 1),
    ]
    rows = {
        name: proposed(stage, commission, n, outcome, rank).id
        for n, (name, commission, outcome, rank) in enumerate(plan, 1)
    }
    other = with_role(Role.COMMITTEE, cluster=stage.fund.cluster)
    return Ground(stage, stage.commission, second, rows, stage.committee, other)
