"""What a reviewer writes. Moves are in workflows/review.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from grants.calls.models import Criterion, Feedback
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.reviews.models import LOWEST_WITHOUT_COMMENT, Review, Score


@dataclass(frozen=True)
class Mark:
    """One criterion's mark, in half marks (None: not yet given), and its comment."""

    halves: int | None
    comment: str = ""


@dataclass(frozen=True)
class Sheet:
    """What the scoring form holds: marks by criterion id, and the words about the whole."""

    marks: Mapping[UUID, Mark] = field(default_factory=dict)
    comment: str = ""
    confidence: int | None = None
    recommended: Money | None = None


def write(review: Review, sheet: Sheet) -> None:
    """Keep the sheet as far as it is filled in; inside a transaction."""
    review.comment, review.confidence, review.recommended = sheet.comment, sheet.confidence, sheet.recommended
    known = {score.criterion_id: score for score in review.scores}
    for criterion in review.application.call.criteria:
        mark = sheet.marks.get(criterion.id, Mark(None))
        score = known.get(criterion.id)
        if score is None:
            score = Score(criterion_id=criterion.id)
            review.scores.append(score)
        score.halves, score.comment = mark.halves, mark.comment


def weighted_total(criteria: Sequence[Criterion], marks: Mapping[UUID, Mark]) -> int:
    """The mark of 100 in hundredths: Σ weight × mark / 5, exact because weights are whole and marks are halves."""
    return sum(one.weight * (marks[one.id].halves or 0) * 10 for one in criteria)


def sheet_of(review: Review) -> Sheet:
    """The sheet as it is kept."""
    marks = {score.criterion_id: Mark(score.halves, score.comment) for score in review.scores}
    return Sheet(marks, review.comment, review.confidence, review.recommended)


def missing(review: Review, sheet: Sheet) -> list[tuple[str, Text]]:
    """What keeps this sheet from being submitted: (field name, sentence), in the order of the form."""
    found: list[tuple[str, Text]] = []
    for criterion in review.application.call.criteria:
        mark = sheet.marks.get(criterion.id, Mark(None))
        if mark.halves is None:
            found.append((f"mark-{criterion.id}", N_("Give a mark for “%(criterion)s”.", criterion=criterion.label)))
        elif mark.halves <= LOWEST_WITHOUT_COMMENT and not mark.comment.strip():
            found.append(
                (
                    f"comment-{criterion.id}",
                    N_("Say why “%(criterion)s” gets 3 or less: a comment is compulsory.", criterion=criterion.label),
                )
            )
    if not sheet.comment.strip():
        told = review.application.call.feedback == Feedback.CRITERIA
        found.append(
            (
                "comment",
                N_("Write a few words about the whole project: the applicant will read them.")
                if told
                else N_("Write a few words about the whole project."),
            )
        )
    if sheet.confidence is None:
        found.append(("confidence", N_("Say how well you know this field.")))
    requested: Money = review.application.requested
    if sheet.recommended is not None and sheet.recommended.minor > requested.minor:
        found.append(("recommended", N_("You cannot recommend more than the %(amount)s requested.", amount=requested)))
    return found
