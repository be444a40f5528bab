"""The marks an applicant is told: as much as the call says, once the decision is told, never whose they are."""

from decimal import Decimal

import pytest

from grants.appeals.models import Against
from grants.awards.feedback import marks_told
from grants.awards.models import DecisionState
from grants.calls.models import Feedback
from grants.core.clock import now
from grants.core.db import db
from grants.reviews.models import ReviewState, Score
from tests.appeals.ground import decision_of, refused
from tests.factories import CallFactory, CriterionFactory, ReviewFactory

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def case(app):
    """A project not selected; two reviews are in, a third was reopened, and another file has marks of its own."""
    made = refused(Against.DECISION, feedback=Feedback.CRITERIA)
    criteria = [CriterionFactory(call=made.on.call, position=n) for n in (1, 2)]
    for halves, words, state in (
        ((6, 9), "Le marché reste à montrer.", ReviewState.SUBMITTED),
        ((7, 8), "Une équipe solide.", ReviewState.SUBMITTED),
        ((0, 0), "Un brouillon.", ReviewState.DRAFT),
    ):
        sent = {"submitted_at": now(), "total": 7000} if state == ReviewState.SUBMITTED else {}
        review = ReviewFactory(application=made.application, state=state, comment=f"En tout : {words}", **sent)
        review.reviewer.name = f"Évaluateur {halves[0]}"
        for criterion, one in zip(criteria, halves, strict=True):
            db.session.add(Score(review_id=review.id, criterion_id=criterion.id, halves=one, comment=words))
    other = ReviewFactory(state=ReviewState.SUBMITTED, submitted_at=now(), total=100, comment="D’un autre dossier.")
    db.session.add(Score(review_id=other.id, criterion_id=criteria[0].id, halves=1, comment="Ailleurs."))
    db.session.flush()
    return made


def test_by_criterion_with_what_the_reviewers_wrote(case):
    marks = marks_told(decision_of(case), case.application.call)
    assert marks.total == Decimal(75)
    assert [one.mean for one in marks.criteria] == [Decimal("3.25"), Decimal("4.25")]
    assert list(marks.criteria[0].comments) == ["Le marché reste à montrer.", "Une équipe solide."]
    assert len(marks.comments) == 2 and not any("brouillon" in one for one in marks.comments)


def test_only_what_the_call_says(case):
    decision, call = decision_of(case), case.application.call
    call.feedback = Feedback.TOTAL
    assert (marks_told(decision, call).criteria, marks_told(decision, call).comments) == ((), ())
    call.feedback = Feedback.NONE
    assert marks_told(decision, call) is None


def test_nothing_before_it_is_told_nor_while_it_is_taken_again(case):
    decision, call = decision_of(case), case.application.call
    decision.notified_at = None
    assert marks_told(decision, call) is None
    decision.notified_at, decision.state = now(), DecisionState.PROPOSED
    assert marks_told(decision, call) is None
    assert marks_told(None, call) is None
    db.session.rollback()


def test_the_page_shows_them_without_a_name(client, case):
    client.login(case.on.lead)
    page = client.get(f"/applicant/applications/{case.id}", headers=ENGLISH).text
    assert "How your project was marked" in page and "Une équipe solide." in page
    assert "Évaluateur" not in page and "Ailleurs" not in page and "Un brouillon" not in page


@pytest.mark.parametrize(
    ("feedback", "words"),
    [("criteria", "the mark of each criterion"), ("total", "the overall mark"), ("none", "Marks are not told")],
)
@pytest.mark.parametrize(("days", "said"), [(15, "within 15 days"), (0, "no appeal")])
def test_the_page_of_the_call_says_it_beforehand(client, app, feedback, words, days, said):
    call = CallFactory(feedback=Feedback(feedback), appeal_days=days)
    page = client.get(f"/calls/{call.id}", headers=ENGLISH).text
    assert words in page and said in page
