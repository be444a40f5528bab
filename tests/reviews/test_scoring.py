"""The scoring sheet beyond its marks: amounts by heading, private notes, whose turn it is, marking in a workbook."""

from io import BytesIO

import openpyxl
import pytest
from sqlalchemy import func, select

from grants.calls.models import Blindness
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, Refused
from grants.core.i18n import ENGLISH, Words
from grants.core.types import Money
from grants.people.models import Organisation
from grants.reviews import headings, notes, offline, queries, service, turns
from grants.reviews.headings import Advice, Asked
from grants.reviews.models import Review, ReviewState
from grants.reviews.offline_book import read_sheet, scoring_book
from tests.applications.budget_ground import RULES
from tests.reviews.test_review import assigned, review_of, sheet
from tests.story import set_stage
from workflows import review as workflow


@pytest.fixture
def stage(app):
    return set_stage()


def in_hand(stage, n: int = 0, who: int = 0) -> Review:
    application = assigned(stage, n)
    review = review_of(application, stage.reviewers[who])
    workflow.accept(review, actor=stage.reviewers[who])
    return review_of(application, stage.reviewers[who])


def work(person):
    return offline.work_of(queries.in_hand(person))


# --- notes and headings ---------------------------------------------------------------------------------------


def test_notes_are_read_by_their_writer_alone(stage):
    review = in_hand(stage)
    reviewer = stage.reviewers[0]
    workflow.save(review, sheet(stage, 8, 8), review.version, "Ask about the 94 %.", actor=reviewer)
    assert notes.note_of(reviewer, review) == "Ask about the 94 %."
    for other in (stage.chair, stage.reviewers[1], stage.officer, stage.committee):
        with pytest.raises(Forbidden):
            notes.note_of(other, review)
        with pytest.raises(Forbidden):
            notes.keep(review, "Something else", actor=other)


def test_a_note_alone_moves_the_version_on_so_that_two_windows_notice(stage):
    review = in_hand(stage)
    reviewer, seen = stage.reviewers[0], review.version
    kept = service.sheet_of(review)
    workflow.save(review, kept, seen, "First window", actor=reviewer)
    with pytest.raises(LostUpdate):
        workflow.save(review, kept, seen, "Second window", actor=reviewer)


def test_a_mark_alone_moves_the_version_on_and_the_same_sheet_does_not(stage):
    review = in_hand(stage)
    reviewer = stage.reviewers[0]
    workflow.save(review, sheet(stage, 8, 8), review.version, actor=reviewer)
    seen = review.version
    workflow.save(review, sheet(stage, 8, 8), seen, actor=reviewer)
    assert review.version == seen
    workflow.save(review, sheet(stage, 8, 9), seen, actor=reviewer)
    assert review.version > seen


def mad(major: int) -> Money:
    return Money.of(major, "MAD")


ASKED = [Asked(RULES.categories[0], mad(400)), Asked(RULES.categories[1], mad(200))]


def test_the_amount_recommended_is_the_sum_of_the_headings():
    assert headings.recommended(ASKED, {}) is None
    assert headings.recommended(ASKED, {"STAFF": Advice(mad(100))}) == mad(300)
    assert headings.recommended(ASKED, {"STAFF": Advice(mad(100)), "EQUIP": Advice(mad(0))}) == mad(100)


def test_a_cut_wants_its_reason_and_nothing_exceeds_what_is_asked():
    cut = {"STAFF": Advice(mad(100)), "EQUIP": Advice(mad(201), "More is needed")}
    assert [name for name, _ in headings.missing(ASKED, cut)] == ["reason-STAFF", "amount-EQUIP"]
    assert headings.missing(ASKED, {"STAFF": Advice(mad(100), "Two engineers are enough")}) == []
    assert headings.missing(ASKED, {"STAFF": Advice(mad(400))}) == []


# --- turns ----------------------------------------------------------------------------------------------------


def test_the_file_with_the_fewest_reviews_comes_first_then_the_one_begun(app):
    stage = set_stage(applications=3)
    reviewer, other = stage.reviewers[:2]
    for n in range(3):
        assigned(stage, n)
    mine = {one.application_id: one for one in queries.worklist(reviewer)}
    first, second, third = (mine[one.id] for one in stage.applications)
    done = review_of(stage.applications[1], other)
    workflow.accept(done, actor=other)
    done = review_of(stage.applications[1], other)
    workflow.submit_review(done, sheet(stage, 8, 8), done.version, actor=other)

    def place_of(review):
        return turns.place_of(reviewer, review, queries.worklist(reviewer))

    place = place_of(first)
    assert (place.number, place.total) == (1, 3)
    assert place.turn is not None and place.turn.id == third.id, "the second has a review already"
    for one in (second, third):
        workflow.accept(queries.own_review(reviewer, one.id), actor=reviewer)
        begun = queries.own_review(reviewer, one.id)
        workflow.save(begun, sheet(stage, 8, 8), begun.version, actor=reviewer)
    assert place_of(second).turn.id == first.id, "what is not begun comes first"
    assert place_of(first).turn.id == second.id, "then what is begun, in order"


# --- the workbook ---------------------------------------------------------------------------------------------


def changed(content: bytes, **cells: object) -> bytes:
    """The workbook with these cells of its sheets, named like Marks__E2."""
    book = openpyxl.load_workbook(BytesIO(content))
    for name, value in cells.items():
        title, _, address = name.partition("__")
        book[title][address] = value
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def fetched(person) -> bytes:
    return scoring_book(work(person), ENGLISH)


def test_a_workbook_sent_back_as_it_was_changes_nothing(stage):
    review = in_hand(stage)
    reviewer = stage.reviewers[0]
    workflow.save(review, sheet(stage, 8, 5, recommended=mad(1000)), review.version, actor=reviewer)
    sent = read_sheet(fetched(reviewer), work(reviewer))
    assert (sent.cells, sent.errors) == ([], [])


def test_marks_of_a_workbook_are_seen_then_written_all_at_once(stage):
    in_hand(stage)
    reviewer = stage.reviewers[0]
    given = {"Marks__E2": 4.5, "Marks__H3": "No prices.", "Marks__E3": 2}
    columns = [one.value for one in openpyxl.load_workbook(BytesIO(fetched(reviewer)))["Projects"][1]]
    place = {name: "ABCDEFGH"[n] for n, name in enumerate(columns)}
    given |= {f"Projects__{place['About the whole project']}2": "Solid."}
    given |= {f"Projects__{place['How well you know the field']}2": 3}
    sent = read_sheet(changed(fetched(reviewer), **given), work(reviewer))
    assert sent.errors == []
    offline.keep(reviewer, "mine.xlsx", sent.cells)
    plan = offline.plan(sent.cells, work(reviewer))
    assert len(plan) == 5 and not any(one.clash for one in plan)
    assert work(reviewer)[0].sheet.comment == "", "nothing is written before it is confirmed"
    assert workflow.take_over(reviewer, offline.digest(plan), []) == 5
    kept = work(reviewer)[0].sheet
    assert [kept.marks[one.id].halves for one in stage.criteria] == [9, 4]
    assert kept.marks[stage.criteria[1].id].comment == "No prices."
    assert (kept.comment, kept.confidence) == ("Solid.", 3)
    assert offline.kept(reviewer) is None
    with pytest.raises(Refused):
        workflow.take_over(reviewer, offline.digest(plan), [])


def test_wrong_cells_are_named_by_sheet_and_address(stage):
    in_hand(stage)
    reviewer = stage.reviewers[0]
    sent = read_sheet(changed(fetched(reviewer), Marks__E2=3.3, Marks__E3="six", Marks__I2="?"), work(reviewer))
    assert [(one.sheet, one.cell) for one in sent.errors] == [("Marks", "I2"), ("Marks", "E3")]
    sent = read_sheet(changed(fetched(reviewer), Marks__E2=3.3), work(reviewer))
    assert [str(one.message) for one in sent.errors] == ["Choose a mark from 0 to 5, by halves."]


def test_what_changed_on_the_site_since_is_a_clash_and_stays_unless_taken(stage):
    review = in_hand(stage)
    reviewer = stage.reviewers[0]
    book = changed(fetched(reviewer), Marks__E2=1, Marks__E3=2)
    first, second = stage.criteria
    marks = {first.id: service.Mark(10), second.id: service.Mark(None)}
    workflow.save(review, service.Sheet(marks), review.version, actor=reviewer)
    sent = read_sheet(book, work(reviewer))
    plan = offline.plan(sent.cells, work(reviewer))
    assert {one.held.field: one.clash for one in plan} == {f"mark:{first.id}": True, f"mark:{second.id}": False}

    offline.keep(reviewer, "mine.xlsx", sent.cells)
    workflow.take_over(reviewer, offline.digest(plan), [])
    assert [work(reviewer)[0].sheet.marks[one.id].halves for one in (first, second)] == [10, 4]

    offline.keep(reviewer, "mine.xlsx", sent.cells)
    plan = offline.plan(sent.cells, work(reviewer))
    workflow.take_over(reviewer, offline.digest(plan), [one.key for one in plan])
    assert [work(reviewer)[0].sheet.marks[one.id].halves for one in (first, second)] == [2, 4]


def test_a_workbook_of_somebody_else_writes_nothing(stage):
    in_hand(stage)
    book = changed(fetched(stage.reviewers[0]), Marks__E2=5)
    other = in_hand_too(stage)
    sent = read_sheet(book, work(other))
    assert sent.cells == [] and [one.cell for one in sent.errors] == ["E2"]


def in_hand_too(stage):
    other = stage.reviewers[1]
    workflow.accept(review_of(stage.applications[0], other), actor=other)
    return other


def test_text_that_looks_like_a_formula_stays_text(stage):
    review = in_hand(stage)
    reviewer = stage.reviewers[0]
    marks = {stage.criteria[0].id: service.Mark(4, '=HYPERLINK("http://x")')}
    workflow.save(review, service.Sheet(marks), review.version, actor=reviewer)
    cell = openpyxl.load_workbook(BytesIO(fetched(reviewer)))["Marks"]["H2"]
    assert cell.data_type == "s" and cell.value.startswith("=HYPERLINK")


def test_the_workbook_of_a_double_blind_call_names_nobody(stage):
    stage.call.blindness = Blindness.DOUBLE
    db.session.get_one(Organisation, stage.applications[0].organisation_id).name = "Zanzibarine"
    db.session.flush()
    in_hand(stage)
    book = openpyxl.load_workbook(BytesIO(fetched(stage.reviewers[0])))
    text = " ".join(str(one.value) for page in book for row in page for one in row)
    assert "Zanzibarine" not in text and "Lead applicant" not in text


def test_only_what_is_in_hand_is_in_the_workbook(stage):
    assigned(stage)
    assert work(stage.reviewers[0]) == []
    assert db.session.scalar(select(func.count(Review.id)).where(Review.state == ReviewState.ASSIGNED)) == 3


def test_words_in_three_languages_are_read_back(stage):
    stage.criteria[0].label = Words(fr="Innovation", ar="الابتكار", en="Innovation")
    in_hand(stage)
    from grants.core.i18n import Reader

    for language in ("fr", "ar"):
        book = scoring_book(work(stage.reviewers[0]), Reader(language))
        assert read_sheet(book, work(stage.reviewers[0])).errors == []
