"""The marks that an applicant is told with the decision, as far as the call allows: never whose they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select

from grants.awards.models import Decision, DecisionState
from grants.calls.models import Blindness, Call, Criterion, Feedback
from grants.core.db import db
from grants.people.models import Person
from grants.reviews.models import Review, ReviewState, Score


@dataclass(frozen=True)
class Marked:
    """One criterion: the mean of its marks (0 to 5, None when nobody marked it) and what the reviewers wrote."""

    criterion: Criterion
    mean: Decimal | None
    comments: Sequence[str]


@dataclass(frozen=True)
class Marks:
    """`total` of 100 as the committee had it before it; by criterion and with comments only where the call says so.

    `reviewers` are named in an open call only, and never beside what one of them wrote.
    """

    total: Decimal
    criteria: Sequence[Marked] = ()
    comments: Sequence[str] = ()
    reviewers: Sequence[str] = ()


def marks_told(decision: Decision | None, call: Call) -> Marks | None:
    """What the applicant reads of the marks: nothing before the decision is told, nor while it is taken again.

    Only reviews that are submitted count: a draft, or a review that was reopened, shows in nothing. Comments come in
    the order of their letters, so that no two of them can be known for the same reviewer's. At most five queries.
    """
    if decision is None or decision.notified_at is None or decision.state == DecisionState.PROPOSED:
        return None
    return marks_of(decision, call)


def marks_of(decision: Decision, call: Call) -> Marks | None:
    """As much of the marks as the call tells its applicants, whether they are told yet or not; at most four queries."""
    if call.feedback == Feedback.NONE:
        return None
    total = Decimal(decision.score) / 100
    sent = (Review.application_id == decision.application_id, Review.state == ReviewState.SUBMITTED)
    named = select(Person.name).join(Review, Review.reviewer_id == Person.id).where(*sent).order_by(Person.sort_key)
    reviewers = db.session.scalars(named).all() if call.blindness == Blindness.OPEN else ()
    if call.feedback == Feedback.TOTAL:
        return Marks(total, reviewers=reviewers)
    marks = select(Score).join(Score.review).where(*sent)
    averages = marks.with_only_columns(Score.criterion_id, func.avg(Score.halves)).group_by(Score.criterion_id)
    means = {id: mean / 2 for id, mean in db.session.execute(averages) if mean is not None}
    written = marks.with_only_columns(Score.criterion_id, Score.comment).where(Score.comment != "")
    said = db.session.execute(written.distinct().order_by(Score.comment)).all()
    criteria = select(Criterion).where(Criterion.call_id == call.id).order_by(Criterion.position)
    about = select(Review.comment).where(*sent, Review.comment != "").distinct().order_by(Review.comment)
    return Marks(
        total,
        [
            Marked(one, means.get(one.id), [text for id, text in said if id == one.id])
            for one in db.session.scalars(criteria)
        ],
        db.session.scalars(about).all(),
        reviewers,
    )
