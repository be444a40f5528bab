"""A fund with credit, two commissions and the people a call needs; and a form filled with a sound call."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from grants.calls import queries
from grants.calls.models import Call
from grants.calls.service import CallDraft, CriterionDraft, draft_call
from grants.clusters.models import Commission
from grants.core.clock import now
from grants.core.i18n import Words
from grants.core.types import Money
from grants.funds.models import Fund
from grants.people.models import Person, Role
from tests.factories import ClusterFactory, CommissionFactory, with_role
from workflows.fund import Credit, open_fund


@dataclass
class Ground:
    fund: Fund
    commissions: list[Commission]
    manager: Person
    officer: Person
    committee: Person

    def money(self, major: int) -> Money:
        return Money.of(major, self.fund.currency)

    def draft(self, **changes: object) -> CallDraft:
        """A sound call of 3 000 000 in two envelopes."""
        values = {
            "code": "2026-1",
            "title": Words(fr="Santé numérique", en="Digital health"),
            "summary": Words(fr="Pour les projets de santé.", en="For health projects."),
            "opens_at": now() + timedelta(days=2),
            "closes_at": now() + timedelta(days=30),
            "reviews_due_at": now() + timedelta(days=60),
            "ceiling": self.money(1_000_000),
            "funding_rate": 9_000,
            "instalments": [40, 40, 20],
            "reviewers_per_application": 3,
            "envelopes": {self.commissions[0].id: self.money(2_000_000), self.commissions[1].id: self.money(1_000_000)},
            "criteria": [
                CriterionDraft(Words(fr="Innovation", en="Innovation"), Words(), 60),
                CriterionDraft(Words(fr="Marché", en="Market"), Words(), 40),
            ],
        }
        return CallDraft(**{**values, **changes})  # type: ignore[arg-type]

    def call(self, **changes: object) -> Call:
        return self.whole(draft_call(self.fund, self.draft(**changes), actor=self.officer))

    def whole(self, call: Call) -> Call:
        """The call as a page loads it: a commit has let go of everything."""
        return queries.followed_call(self.officer, call.id)

    def do(self, verb: Any, call: Call, *args: object, by: Person) -> Call:
        """What one request does: load the call, make the move."""
        verb(self.whole(call), *args, actor=by)
        return self.whole(call)

    def form(self, **changes: str) -> dict[str, str]:
        """The same call as the page sends it."""
        first, second = self.commissions
        typed = {
            "code": "2026-1",
            "title-fr": "Santé numérique",
            "title-en": "Digital health",
            "summary-fr": "Pour les projets de santé.",
            "opens_at": "2027-01-10T09:00",
            "closes_at": "2027-02-10T23:59",
            "reviews_due_at": "2027-03-20T12:00",
            "ceiling": "1 000 000",
            "funding_rate": "90",
            "instalments": "40 40 20",
            "reviewers_per_application": "3",
            "blindness": "single",
            "feedback": "total",
            "appeal_days": "10",
            f"envelope-{first.id}": "2 000 000",
            f"envelope-{second.id}": "1 000 000",
            "lines": "2",
            "label-0-fr": "Innovation",
            "weight-0": "60",
            "label-1-fr": "Marché",
            "weight-1": "40",
        }
        return {**typed, **changes}


THEN = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def set_ground(credit: int = 100_000_000) -> Ground:
    """A fund in dirhams with `credit` in it."""
    cluster = ClusterFactory()
    commissions = [CommissionFactory(cluster=cluster) for _ in range(2)]
    manager = with_role(Role.FUND_MANAGER, cluster=cluster)
    opened = Credit(Money.of(credit, "MAD"), 2026, "DEC-1", date(2026, 1, 5))
    fund = open_fund(cluster, f"{cluster.code}F", "Innovation fund", "MAD", opened, actor=manager)
    people = [with_role(role, cluster=cluster) for role in (Role.OFFICER, Role.COMMITTEE)]
    return Ground(fund, commissions, manager, *people)
