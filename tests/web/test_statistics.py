"""The chair's statistics: what the page and the workbook show, and to whom they show nothing."""

import io
import re

import openpyxl
import pytest
from sqlalchemy import select

from grants.core.clock import now
from grants.core.db import db
from grants.people.models import Role
from grants.reviews import policy, queries
from grants.reviews.models import Review, ReviewState, Score
from grants.reviews.statistics import statistics
from tests.factories import PersonFactory, ReviewFactory, with_role
from tests.story import Stage, set_stage

HALVES = (10, 8, 6, 4, 9, 7, 5, 3, 8, 6, 10, 4)


def marked(applications: int = 8, reviewers: int = 4, envelope: int = 180_000_000) -> Stage:
    """Every application marked by three of the reviewers in turn, the first of whom is two half marks severe."""
    stage = set_stage(applications=applications, envelope=envelope)
    for _ in range(reviewers - 4):
        stage.reviewers.append(with_role(Role.REVIEWER, commission=stage.commission))
    for n in range(applications):
        for k in range(3):
            at = (n + k) % len(stage.reviewers)
            give(stage, n, at, HALVES[n % len(HALVES)] - (2 if at == 0 else 0) + (n + k) % 2)
    return stage


def give(stage: Stage, n: int, reviewer: int, halves: int) -> Review:
    """One submitted review, with the same mark for every criterion."""
    halves = min(max(halves, 0), 10)
    made = ReviewFactory(
        application=stage.applications[n],
        reviewer=stage.reviewers[reviewer],
        state=ReviewState.SUBMITTED,
        submitted_at=now(),
        total=halves * 1000,
        confidence=2,
    )
    db.session.add_all(Score(review_id=made.id, criterion_id=one.id, halves=halves) for one in stage.criteria)
    db.session.flush()
    return made


@pytest.fixture
def stage(app) -> Stage:
    return marked()


def address(stage: Stage, more: str = "") -> str:
    return f"/commission/calls/{stage.call.id}/{stage.commission.id}/statistics{more}"


def found_by(person, stage: Stage):
    return statistics(person, queries.chaired(person, stage.call.id, stage.commission.id))


def words(page) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.text))


def test_raw_stands_beside_calibrated(client, stage) -> None:
    page = client.login(stage.chair).get(address(stage))
    assert page.status_code == 200
    said = words(page)
    assert "8 of 8" in said and "24 of 24" in said
    assert "about 3 points of Kendall’s τ" in said and "raw or consensus marks only" in said
    assert all(one.title in said for one in stage.applications)
    assert stage.reviewers[0].name in said and "Innovation" in said
    assert page.text.count('<svg class="chart"') == 4 and "style=" not in page.text
    assert f'href="/commission/applications/{stage.applications[0].id}"' in page.text


def test_the_figures_are_those_of_the_marks(stage) -> None:
    found = found_by(stage.chair, stage)
    best = found.standings[0]
    assert [one.place for one in found.standings] == list(range(1, 9))
    assert best.reference == stage.applications[0].reference and best.low == 1
    assert sum(one.funded for one in found.standings) == pytest.approx(3)  # three of sixty fit in a hundred and eighty
    severe = min(found.markers, key=lambda one: one.severity)
    assert severe.name == stage.reviewers[0].name and severe.high < 0 and severe.stands_out
    assert sum(found.totals) == 24 and [sum(one.counts) for one in found.criteria] == [24, 24]
    assert found.criteria[0].agreement.alpha > 0.5
    assert found_by(stage.chair, stage) == found, "asked again, the same to the last digit"


def test_spreads_over_what_the_chair_sets(client, stage) -> None:
    narrow = found_by(stage.chair, stage)
    assert all(one.spread > 2000 for one in narrow.alerts(20))
    client.login(stage.chair)
    assert "No project’s marks are further apart" in words(client.get(address(stage, "?over=99")))
    give(stage, 1, 0, 0)
    page = words(client.get(address(stage, "?over=60")))
    assert "marks from 0.0 to" in page and "more than 60 points apart" in page
    for nonsense in ("?over=x", "?over=-5", "?over=100000", "?page=-1", "?page=99999999999999999999", "?page=7"):
        assert client.get(address(stage, nonsense)).status_code == 200


def test_the_workbook_holds_what_is_shown(client, stage) -> None:
    answer = client.login(stage.chair).get(address(stage, ".xlsx?over=10"))
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["Projects", "Reviewers", "Rubric", "Distribution", "Notice"]
    found = found_by(stage.chair, stage)
    rows = list(book["Projects"].iter_rows(min_row=2, values_only=True))
    assert [(row[0], row[1]) for row in rows] == [(one.place, one.reference) for one in found.standings]
    assert [row[11] for row in rows] == pytest.approx([one.calibrated for one in found.standings], abs=0.01)
    assert [row[15] for row in rows] == pytest.approx([one.funded for one in found.standings], abs=1e-4)
    assert {row[10] for row in rows} == {None, "More than 10 points apart"}
    assert len(list(book["Reviewers"].iter_rows(min_row=2))) == 4
    for language in ("fr", "ar"):
        again = client.get(address(stage, ".xlsx"), headers={"Accept-Language": language})
        assert len(openpyxl.load_workbook(io.BytesIO(again.data)).sheetnames) == 5


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_it_reads_in_every_language(client, stage, language: str) -> None:
    page = client.login(stage.chair).get(address(stage), headers={"Accept-Language": language})
    assert page.status_code == 200 and f'lang="{language}"' in page.text


# --- nothing to show, or not enough ---------------------------------------------------------------------------


def test_before_any_review_it_says_so(client) -> None:
    stage = set_stage()
    page = client.login(stage.chair).get(address(stage))
    assert page.status_code == 200
    assert "too few marks to calibrate" in words(page) and "Nobody has been asked yet" in words(page)
    assert client.get(address(stage, ".xlsx")).status_code == 200


def test_reviewers_apart_are_not_compared(client, app) -> None:
    stage = set_stage(applications=14)
    for _ in range(4):
        stage.reviewers.append(with_role(Role.REVIEWER, commission=stage.commission))
    for n in range(14):
        for k in range(3):
            give(stage, n, (n % 2) * 4 + (n // 2 + k) % 4, HALVES[n % 12])
    page = words(client.login(stage.chair).get(address(stage)))
    found = found_by(stage.chair, stage)
    assert found.groups == 2 and not found.has_funding and found.calibrated == 14
    assert "form 2 groups that have no project in common" in page and "Where each project may stand" not in page
    assert "To discuss" in page and max(one.high for one in found.standings) == 7


def test_other_commissions_and_calls_do_not_count(stage) -> None:
    before = found_by(stage.chair, stage)
    other = marked()
    with_role(Role.CHAIR, commission=other.commission, person=stage.chair)
    assert found_by(stage.chair, stage) == before


# --- who sees it ----------------------------------------------------------------------------------------------


def conflict(stage: Stage, person, n: int = 0) -> None:
    ReviewFactory(
        application=stage.applications[n],
        reviewer=person,
        state=ReviewState.CONFLICT_DECLARED,
        conflict_reason="My sister works there.",
    )


@pytest.mark.parametrize("what", ["", ".xlsx", "?over=10"])
def test_a_conflicted_chair_sees_none_of_it(client, stage, what: str) -> None:
    conflict(stage, stage.chair)
    answer = client.login(stage.chair).get(address(stage, what))
    assert answer.status_code == 403
    assert "another chair ranks it" in answer.text and stage.applications[1].title not in answer.text
    board = client.get(f"/commission/calls/{stage.call.id}/{stage.commission.id}")
    assert "statistics" not in board.text


def test_one_reassigned_since_is_conflicted_still(client, stage) -> None:
    conflict(stage, stage.chair)
    for one in db.session.scalars(select(Review).where(Review.reviewer_id == stage.chair.id)):
        one.state = ReviewState.REASSIGNED
    db.session.flush()
    assert client.login(stage.chair).get(address(stage)).status_code == 403


def test_another_chair_without_a_conflict_sees_all(client, stage) -> None:
    conflict(stage, stage.chair)
    second = with_role(Role.CHAIR, commission=stage.commission)
    page = client.login(second).get(address(stage))
    assert page.status_code == 200 and stage.applications[0].title in page.text


def test_even_past_the_policy_nothing_hidden_is_counted(stage) -> None:
    """The second net: asked directly, the figures of a conflicted chair are made of the other files only."""
    whole = found_by(stage.chair, stage)
    conflict(stage, stage.chair)
    chair = stage.chair
    found = found_by(chair, stage)
    hidden = stage.applications[0]
    assert hidden.id not in {one.id for one in found.standings} and len(found.standings) == 7
    assert (found.submitted, sum(found.totals)) == (whole.submitted - 3, 21)
    assert not policy.rank.allows(chair, queries.chaired(chair, stage.call.id, stage.commission.id))


def test_nobody_else_finds_it(client, stage) -> None:
    elsewhere = with_role(Role.CHAIR, commission=set_stage().commission)
    for person in (stage.reviewers[0], stage.officer, stage.committee, stage.owner(), elsewhere, PersonFactory()):
        client.login(person)
        for what in ("", ".xlsx"):
            assert client.get(address(stage, what)).status_code in {403, 404}
    assert client.application.test_client().get(address(stage)).status_code == 303


# --- what it costs --------------------------------------------------------------------------------------------


def test_it_costs_the_same_queries_however_many(app, client, queries) -> None:
    counts = []
    for applications, reviewers in ((1, 4), (60, 12)):
        stage = marked(applications, reviewers)
        client.login(stage.chair).get(address(stage))
        with queries() as seen:
            assert client.get(address(stage)).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12


def test_a_long_list_is_read_page_by_page(client) -> None:
    stage = marked(55, 8)
    client.login(stage.chair)
    first, second = client.get(address(stage)).text, client.get(address(stage, "?page=2")).text
    rows = [len(re.findall(r'<th scope="row"><a href="/commission/applications/', one)) for one in (first, second)]
    assert rows == [50, 5] and "51 to 55 of 55" in re.sub("<[^>]+>", "", second)
