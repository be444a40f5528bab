"""The chair's pages of a proposal: who sees them, what they show, what a press does."""

import io
import re

import openpyxl
import pytest
from sqlalchemy import func, select

from grants.core.db import db
from grants.reviews.assignment import plan as reads
from grants.reviews.assignment_models import AssignmentPlan, PlanState
from grants.reviews.models import Review
from tests.factories import PersonFactory
from tests.reviews.test_assignment import belongs, board_of, proposed
from tests.story import Stage, set_stage

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def stage(app) -> Stage:
    return set_stage(applications=3)


def address(stage: Stage) -> str:
    return f"/commission/calls/{stage.call.id}/{stage.commission.id}/assignment"


def plan_of(stage: Stage) -> AssignmentPlan:
    found = reads.standing(board_of(stage))
    assert found is not None
    return found


def test_from_the_form_to_the_mails(stage, client):
    client.login(stage.chair)
    empty = client.get(address(stage), headers=ENGLISH).text
    assert "Compute a proposal" in empty
    answer = client.post(address(stage), data={"experts": "y"})
    assert (answer.status_code, answer.headers["Location"]) == (303, address(stage))
    text = client.get(address(stage), headers=ENGLISH).text
    assert text.count('class="match"') == 9 and "Confirm and ask everybody" in text
    for one in stage.applications:
        assert one.reference in text
    plan = plan_of(stage)
    answer = client.post(f"/commission/assignments/{plan.id}/confirm", data={"version": plan.version})
    assert answer.status_code == 303
    assert db.session.scalar(select(func.count(Review.id))) == 9
    assert "Confirmed on" in client.get(address(stage), headers=ENGLISH).text


def test_what_moved_is_said_before_and_at_confirmation(stage, client):
    plan = proposed(stage)
    file = stage.applications[0]
    person = next(one for one in stage.reviewers if one.id == reads.pairs_of(plan)[file.id][0])
    belongs(person, file)
    db.session.commit()
    client.login(stage.chair)
    text = client.get(address(stage), headers=ENGLISH).text
    assert f"{person.name} now has a conflict" in text and "Confirm and ask everybody" not in text
    answer = client.post(f"/commission/assignments/{plan.id}/confirm", data={"version": plan.version}, headers=ENGLISH)
    assert answer.status_code == 409 and f"{person.name} now has a conflict" in answer.text
    assert db.session.scalar(select(func.count(Review.id))) == 0


def test_a_refused_confirmation_keeps_the_choice_of_experts(stage, client):
    plan = proposed(stage, experts=True)
    file = stage.applications[0]
    person = next(one for one in stage.reviewers if one.id == reads.pairs_of(plan)[file.id][0])
    belongs(person, file)
    db.session.commit()
    client.login(stage.chair)
    page = client.post(f"/commission/assignments/{plan.id}/confirm", data={"version": plan.version})
    assert page.status_code == 409 and re.search(
        r'<input[^>]*name="experts"[^>]*checked|checked[^>]*name="experts"', page.text
    )


def test_an_application_is_changed_by_hand(stage, client):
    stage.call.reviewers_per_application = 2
    db.session.flush()
    plan = proposed(stage)
    client.login(stage.chair)
    file = stage.applications[0].id
    page = f"/commission/assignments/{plan.id}/applications/{file}"
    text = client.get(page, headers=ENGLISH).text
    assert len(re.findall(r'type="checkbox" id="reviewers-\d+"[^>]* checked', text)) == 2
    held = reads.pairs_of(plan)[file]
    other = next(one.id for one in stage.reviewers if one.id not in held)
    answer = client.post(page, data={"reviewers": [str(held[0]), str(other)], "version": plan.version})
    assert answer.status_code == 303
    assert set(reads.pairs_of(plan_of(stage))[file]) == {held[0], other}


def test_the_workbook_goes_down_and_up(stage, client):
    stage.call.reviewers_per_application = 2
    db.session.flush()
    plan = proposed(stage)
    client.login(stage.chair)
    sent = client.get(f"/commission/assignments/{plan.id}.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(sent.data))
    page, file = book.worksheets[0], stage.applications[1]
    held = reads.pairs_of(plan)[file.id]
    other = next(one for one in stage.reviewers if one.id not in held)
    row = next(row for row in page.iter_rows() if row[0].value == file.reference)
    row[4].value = other.email
    edited = io.BytesIO()
    book.save(edited)
    edited.seek(0)
    upload = f"/commission/assignments/{plan.id}/file"
    shown = client.post(upload, data={"file": (edited, "plan.xlsx")}, headers=ENGLISH)
    assert shown.status_code == 200 and other.name in shown.text and "Take over these changes" in shown.text
    assert set(reads.pairs_of(plan_of(stage))[file.id]) == set(held)
    answer = client.post(f"{upload}/apply", data={"version": plan_of(stage).version})
    assert answer.status_code == 303
    assert other.id in reads.pairs_of(plan_of(stage))[file.id]


def test_set_aside(stage, client):
    plan = proposed(stage)
    client.login(stage.chair)
    assert client.post(f"/commission/assignments/{plan.id}/discard").status_code == 303
    assert db.session.get_one(AssignmentPlan, plan.id).state == PlanState.DISCARDED
    assert "Compute a proposal" in client.get(address(stage), headers=ENGLISH).text


def test_nobody_else_sees_it(stage, client):
    plan = proposed(stage)
    pages = [address(stage), f"/commission/assignments/{plan.id}.xlsx", f"/commission/assignments/{plan.id}/file"]
    belongs(stage.chair, stage.applications[2])
    db.session.commit()
    for person, expected in [(PersonFactory(), {403, 404}), (stage.reviewers[0], {403, 404}), (stage.chair, {403})]:
        client.login(person)
        assert {client.get(one).status_code for one in pages} <= expected


def test_a_page_costs_the_same_however_long(app, client, queries):
    def cost(applications: int) -> int:
        stage = set_stage(applications=applications)
        proposed(stage)
        db.session.commit()
        client.login(stage.chair)
        client.get(address(stage))
        with queries() as seen:
            assert client.get(address(stage)).status_code == 200
        return len(seen)

    assert cost(1) == cost(12)
