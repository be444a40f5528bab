"""The commissions' portal through its pages."""

import re

import pytest
from sqlalchemy import select

from grants.core.db import db
from grants.reviews.models import Review, ReviewState
from tests.story import set_stage


@pytest.fixture
def stage(app):
    return set_stage()


def assign(client, stage, n=0):
    application = stage.applications[n]
    client.login(stage.chair)
    chosen = {"reviewers": [str(one.id) for one in stage.reviewers[:3]]}
    return client.post(f"/commission/applications/{application.id}/assign", data=chosen)


def asked(reviewer) -> Review:
    return db.session.scalars(select(Review).where(Review.reviewer_id == reviewer.id)).one()


def marks(stage, *values):
    return {f"mark-{one.id}": str(value) for one, value in zip(stage.criteria, values, strict=True)}


def test_the_chair_assigns_and_follows(client, stage):
    page = client.login(stage.chair).get("/commission/")
    assert page.status_code == 200 and "2 applications" in page.text
    board = client.get(f"/commission/calls/{stage.call.id}/{stage.commission.id}")
    assert stage.applications[0].title in board.text
    assert assign(client, stage).status_code == 303
    page = client.get(f"/commission/applications/{stage.applications[0].id}")
    assert page.status_code == 200 and stage.reviewers[0].name in page.text


def test_too_few_reviewers_are_refused_beside_the_boxes(client, stage):
    client.login(stage.chair)
    chosen = {"reviewers": [str(stage.reviewers[0].id)]}
    page = client.post(f"/commission/applications/{stage.applications[0].id}/assign", data=chosen)
    assert page.status_code == 200
    assert "asks for 3 reviewers" in page.text and 'id="reviewers-error"' in page.text


def test_a_reviewer_declares_then_marks_then_submits(client, stage):
    assign(client, stage)
    reviewer = stage.reviewers[0]
    review = asked(reviewer)
    url = f"/commission/reviews/{review.id}"
    client.login(reviewer)
    assert "conflict of interest" in client.get("/commission/reviews").text
    declaration = client.get(url)
    assert "Before you read the file" in declaration.text
    assert stage.applications[0].description not in declaration.text
    assert client.post(f"{url}/accept").status_code == 303
    sheet = client.get(url)
    assert stage.applications[0].description in sheet.text and "data-score" in sheet.text
    version = asked(reviewer).version
    kept = client.post(f"{url}/save", data={**marks(stage, 4, 3), "version": version})
    assert kept.status_code == 303 and asked(reviewer).state == ReviewState.DRAFT
    version = asked(reviewer).version
    short = client.post(f"{url}/submit", data={**marks(stage, 4, 2), "version": version, "comment": "Solid team."})
    assert short.status_code == 200
    assert "a comment is compulsory" in short.text and "Solid team." in short.text
    low = {f"comment-{stage.criteria[1].id}": "No prices given.", "confidence": "2", "comment": "Solid team."}
    sent = client.post(
        f"{url}/submit", data={**marks(stage, 4, 2), **low, "version": version, "recommended": "500 000"}
    )
    assert sent.status_code == 303
    assert asked(reviewer).state == ReviewState.SUBMITTED
    assert asked(reviewer).recommended.minor == 50_000_000
    assert "Solid team." in client.get(url).text
    assert client.post(f"{url}/submit", data={"version": version}).status_code == 303


def test_a_stale_tab_gets_both_texts(client, stage):
    assign(client, stage)
    reviewer = stage.reviewers[0]
    url = f"/commission/reviews/{asked(reviewer).id}"
    client.login(reviewer).post(f"{url}/accept")
    version = asked(reviewer).version
    client.post(f"{url}/save", data={"version": version, "comment": "From the first tab."})
    second = {"version": version, "comment": "From the second tab."}
    late = client.post(f"{url}/save", data=second, headers={"Referer": f"http://localhost{url}"})
    assert late.status_code == 409
    words = re.sub("<[^>]+>", "", re.sub('<bdi class="vh">.*?</bdi>', "", late.text))
    assert "From the first tab." in words and "From the second tab." in words
    assert f'href="/commission/reviews/{asked(reviewer).id}"' in late.text, "keeping what is saved leads to the review"


def test_a_conflict_closes_the_file(client, stage):
    assign(client, stage)
    reviewer = stage.reviewers[0]
    url = f"/commission/reviews/{asked(reviewer).id}"
    client.login(reviewer)
    assert client.post(f"{url}/conflict", data={"reason": ""}).status_code == 200
    assert client.post(f"{url}/conflict", data={"reason": "My cousin runs it."}).status_code == 303
    page = client.get(url)
    assert page.status_code == 200 and stage.applications[0].description not in page.text
    assert client.post(f"{url}/accept").status_code == 403  # a conflict stands: closed to them


def test_what_is_not_yours_does_not_exist(client, stage):
    assign(client, stage)
    url = f"/commission/reviews/{asked(stage.reviewers[0]).id}"
    client.login(stage.reviewers[3])
    assert client.get(url).status_code == 404
    assert client.post(f"{url}/accept").status_code == 404
    assert client.get(f"/commission/applications/{stage.applications[0].id}").status_code == 404
    assert client.get(f"/commission/calls/{stage.call.id}/{stage.commission.id}/ranking").status_code == 404
