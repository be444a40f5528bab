"""A commission about to sit: reviewed files, a chair, four reviewers, a session planned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from grants.applications.models import ApplicationState
from grants.core.clock import now
from grants.core.db import db
from grants.people.models import Person
from grants.reviews.models import ReviewState, Score
from grants.reviews.queries import chaired
from grants.sessions import queries
from grants.sessions.models import Item, Session
from tests.factories import ReviewFactory
from tests.story import Stage, set_stage
from workflows import agenda, session

MEANS = (8_000, 7_000, 6_000)


@dataclass
class Ground:
    """The stage and its session; persons and session are read anew by whoever acts."""

    stage: Stage
    id: object

    @property
    def chair(self) -> Person:
        return self.stage.chair

    @property
    def members(self) -> list[Person]:
        return self.stage.reviewers

    def session(self, user: Person | None = None) -> Session:
        return queries.session(user or self.chair, self.id)  # type: ignore[arg-type]

    def item(self, n: int, user: Person | None = None) -> Item:
        """The n-th file of the stage, from 0."""
        wanted = self.stage.applications[n].id
        found = next(one for one in self.session(user).items if one.application_id == wanted)
        return queries.item(user or self.chair, found.id)

    def open(self, sitting: int = 2) -> None:
        """The session opens; the chair and so many reviewers sit."""
        session.open_session(self.session(), actor=self.chair)
        for one in self.members[:sitting]:
            session.enter(self.session(one), one, actor=one)

    def settle(self, *numbers: int) -> None:
        for n in numbers:
            agenda.open_item(self.item(n), actor=self.chair)
            agenda.settle_item(self.item(n), actor=self.chair)


def ground(means: Sequence[int] = MEANS, envelope: int = 120_000_000, halves: Sequence[int] = ()) -> Ground:
    """As many files as means; each asks 60 000 000, which is also what its three reviews recommend."""
    stage = set_stage(len(means), envelope)
    for n, (application, mean) in enumerate(zip(stage.applications, means, strict=True)):
        for reviewer in stage.reviewers[:3]:
            review = ReviewFactory(
                application=application,
                reviewer=reviewer,
                state=ReviewState.SUBMITTED,
                total=mean,
                confidence=2,
                recommended_minor=60_000_000,
                submitted_at=now() - timedelta(days=1),
            )
            for criterion in stage.criteria:
                mark = halves[n] if halves else 6
                db.session.add(Score(review_id=review.id, criterion_id=criterion.id, halves=mark))
        application.state = ApplicationState.REVIEWED
        application.submitted_at = now() - timedelta(days=30 - n)
    db.session.flush()
    made = session.plan(
        chaired(stage.chair, stage.call.id, stage.commission.id),
        now() + timedelta(days=1),
        "Salle 2",
        actor=stage.chair,
    )
    return Ground(stage, made.id)
