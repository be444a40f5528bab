"""What a session reckons with: the marks of each file, the envelope, and the ranking as it stands."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, true

from grants.applications.models import Application
from grants.calls.blindness import is_double
from grants.calls.models import Call
from grants.calls.transfers import envelope_of
from grants.core.db import db
from grants.core.types import Money
from grants.reviews.models import Review, ReviewState, Score
from grants.reviews.queries import marks_of_each
from grants.sessions import queries
from grants.sessions.models import (
    Item,
    Session,
    SessionRules,
)
from grants.sessions.rules import Place, Standing, ranked


@dataclass(frozen=True)
class Marked:
    """What the reviews say of one file: marks in hundredths of a point of 100, `best` as in rules.Standing."""

    reviews: int
    mean: int | None
    lowest: int | None
    highest: int | None
    recommended: int | None
    best: int | None

    @property
    def spread(self) -> int:
        return (self.highest or 0) - (self.lowest or 0)


def _heaviest(call: Call) -> UUID | None:
    first = min(call.criteria, key=lambda one: (-one.weight, one.position), default=None)
    return first.id if first else None


def marks(session: Session) -> dict[UUID, Marked]:
    """For each application of the agenda, from the submitted reviews; one query. Ask `agenda` whose may be shown."""
    counted = marks_of_each(("submitted", "mean", "lowest", "highest", "recommended"))
    best = (
        select(func.round(func.avg(Score.halves) * 100))
        .join(Review, Review.id == Score.review_id)
        .where(
            Review.application_id == Application.id,
            Review.state == ReviewState.SUBMITTED,
            Score.criterion_id == _heaviest(session.call),
        )
        .correlate(Application)
        .scalar_subquery()
    )
    names = ("submitted", "mean", "lowest", "highest", "recommended")
    rows = db.session.execute(
        select(Application.id, *(counted.c[name] for name in names), best)
        .join(Item, Item.application_id == Application.id)
        .outerjoin(counted, true())
        .where(Item.session_id == session.id)
    )
    return {id: Marked(*(None if one is None else int(one) for one in figures)) for id, *figures in rows}  # type: ignore[arg-type]


def envelope(session: Session) -> Money:
    return envelope_of(session.call, session.commission_id)


def proposed_for(item: Item, marked: Marked | None) -> int:
    """Minor units: what the commission agreed, else what the reviewers recommend, never more than was requested."""
    requested: int = item.application.requested_minor or 0
    if item.amount_minor is not None:
        return min(item.amount_minor, requested)
    advised = marked.recommended if marked else None
    return requested if advised is None else min(advised, requested)


def standings(session: Session, found: dict[UUID, Marked]) -> list[Standing]:
    """Every file still in the running, as it stands now. No query."""
    made = []
    for one in session.items:
        application, marked = one.application, found.get(one.application_id)
        if application.state not in queries.STILL_IN:
            continue
        made.append(
            Standing(
                item_id=one.id,
                application_id=application.id,
                reference=application.reference or "",
                title=application.title,
                organisation="" if is_double(session.call) else application.organisation.name,
                raw=marked.mean if marked else None,
                consensus=one.consensus,
                requested=application.requested_minor or 0,
                amount=proposed_for(one, marked),
                best=marked.best if marked else None,
                submitted_at=application.submitted_at,
                chance=one.chance,
                rejected=one.rejected,
            )
        )
    return made


def ranking(session: Session, rules: SessionRules, found: dict[UUID, Marked] | None = None) -> list[Place]:
    """The ranking as it stands: for those who step aside from no file of the session."""
    drawn = {frozenset(map(str, one.among)): list(map(str, one.order)) for one in queries.lots(session) if one.drawn_at}
    return ranked(
        standings(session, marks(session) if found is None else found),
        envelope(session).minor,
        ties=[str(one) for one in rules.ties],
        threshold=rules.threshold,
        lots=drawn,
    )
