"""What a reviewer writes. Moves are in workflows/review.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm.attributes import flag_modified

from grants.calls.models import Criterion, Feedback
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.reviews import headings
from grants.reviews.headings import Advice, Asked
from grants.reviews.models import LOWEST_WITHOUT_COMMENT, Review, ReviewHeading, Score

ANCHORS = {
    0: N_("Absent"),
    1: N_("Poor"),
    2: N_("Fair"),
    3: N_("Good"),
    4: N_("Very good"),
    5: N_("Excellent"),
}
CONFIDENCE = {1: N_("Little"), 2: N_("Well"), 3: N_("Very well, it is my field")}
LONGEST_MARK_COMMENT, LONGEST_COMMENT, LONGEST_REASON = 3000, 5000, 500  # characters


@dataclass(frozen=True)
class Mark:
    """One criterion's mark, in half marks (None: not yet given), and its comment."""

    halves: int | None
    comment: str = ""


@dataclass(frozen=True)
class Sheet:
    """What the scoring form holds: marks by criterion id, and the words about the whole.

    `advice` is by heading of the budget, where the call asks for lines; `recommended` then is its sum.
    """

    marks: Mapping[UUID, Mark] = field(default_factory=dict)
    comment: str = ""
    confidence: int | None = None
    recommended: Money | None = None
    advice: Mapping[str, Advice] = field(default_factory=dict)


def write(review: Review, sheet: Sheet) -> bool:
    """Keep the sheet as far as it is filled in; inside a transaction. Whether anything changed: the same sheet again
    leaves the version of the review as it is, any change of it moves it on.
    """
    if same(sheet, sheet_of(review)):
        return False
    review.comment, review.confidence, review.recommended = sheet.comment, sheet.confidence, sheet.recommended
    known = {score.criterion_id: score for score in review.scores}
    for criterion in review.application.call.criteria:
        mark = sheet.marks.get(criterion.id, Mark(None))
        score = known.get(criterion.id)
        if score is None:
            score = Score(criterion_id=criterion.id)
            review.scores.append(score)
        score.halves, score.comment = mark.halves, mark.comment
    advised = {one.category: one for one in review.headings}
    for code, said in sheet.advice.items():
        kept = advised.get(code)
        if kept is None and said:
            kept = ReviewHeading(category=code, currency=review.currency)
            review.headings.append(kept)
        if kept is not None:
            kept.amount, kept.reason = said.amount, said.reason
    flag_modified(review, "comment")  # a change of a mark alone is a change of the review: its version counts
    return True


def same(one: Sheet, other: Sheet) -> bool:
    """Whether both say the same; what is not marked and what is missing are alike."""

    def said(sheet: Sheet) -> tuple[object, ...]:
        marks = {id: mark for id, mark in sheet.marks.items() if mark != Mark(None)}
        advice = {code: advice for code, advice in sheet.advice.items() if advice}
        return marks, advice, sheet.comment, sheet.confidence, sheet.recommended

    return said(one) == said(other)


def weighted_total(criteria: Sequence[Criterion], marks: Mapping[UUID, Mark]) -> int:
    """The mark of 100 in hundredths: Σ weight × mark / 5, exact because weights are whole and marks are halves."""
    return sum(one.weight * (marks[one.id].halves or 0) * 10 for one in criteria)


def sheet_of(review: Review) -> Sheet:
    """The sheet as it is kept."""
    marks = {score.criterion_id: Mark(score.halves, score.comment) for score in review.scores}
    advice = {one.category: Advice(one.amount, one.reason) for one in review.headings}
    return Sheet(marks, review.comment, review.confidence, review.recommended, advice)


def missing(review: Review, sheet: Sheet, asked: Sequence[Asked] = ()) -> list[tuple[str, Text]]:
    """What keeps this sheet from being submitted: (field name, sentence), in the order of the form.

    `asked` are the headings of the budget, where the call asks for lines.
    """
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
    if asked:
        return found + headings.missing(asked, sheet.advice)
    requested: Money = review.application.requested
    if sheet.recommended is not None and sheet.recommended.minor > requested.minor:
        found.append(("recommended", N_("You cannot recommend more than the %(amount)s requested.", amount=requested)))
    return found
