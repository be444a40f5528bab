"""Reading a proposal in the product: reviewers, chairs and the fund's people, each as far as they may read the file."""

import re

import pytest

from grants.applications.models import ApplicationState, Document
from grants.core.db import db
from grants.core.storage import storage
from grants.people.models import Role
from grants.reviews.models import ReviewState
from tests.applications.ground import draft, ground
from tests.factories import PersonFactory, ReviewFactory, submitted, with_role
from tests.files import pdfs


class Scene:
    def __init__(self, app, content: bytes, media_type: str = "application/pdf") -> None:
        self.on = ground()
        values = {"state": ApplicationState.IN_REVIEW, **submitted()}
        self.application = draft(self.on, documents=0, **values)
        self.document = Document(
            application=self.application,
            filename="dossier complet.pdf",
            media_type=media_type,
            size=len(content),
            sha256=storage(app.extensions["settings"]).keep(content),
            uploaded_by_id=self.on.lead.id,
        )
        db.session.add(self.document)
        self.reviewer = with_role(Role.REVIEWER, commission=self.on.commission)
        self.chair = with_role(Role.CHAIR, commission=self.on.commission)
        self.review = ReviewFactory(application=self.application, reviewer=self.reviewer, state=ReviewState.DRAFT)
        db.session.commit()
        self.places = {
            "reviewer": f"/commission/reviews/{self.review.id}/documents/{self.document.id}",
            "chair": f"/commission/applications/{self.application.id}/documents/{self.document.id}",
            "officer": f"/staff/documents/{self.document.id}",
        }
        self.people = {"reviewer": self.reviewer, "chair": self.chair, "officer": self.on.officer}


@pytest.fixture
def scene(app):
    return Scene(app, pdfs.pages("Our plan", "Our budget", "Our team"))


@pytest.mark.parametrize("who", ["reviewer", "chair", "officer"])
def test_read_page_by_page(client, scene, who):
    client.login(scene.people[who])
    place = scene.places[who]
    text = client.get(f"{place}/pages").text
    assert "Our plan" in text and "Page 1 of 3" in text.replace("\u00a0", " ")
    assert 'rel="next"' in text and 'rel="prev"' not in text
    source = re.search(r'<img src="([^"]+)"', text)[1].replace("&amp;", "&")
    assert source == f"{place}/page.png?page=1&width=1100"
    answer = client.get(source)
    assert answer.mimetype == "image/png" and answer.data.startswith(b"\x89PNG")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    text = client.get(f"{place}/pages?page=3&width=800").text
    assert "Our team" in text and 'rel="next"' not in text and "width=800" in text
    assert f'href="{place}"' in text, "the download stays offered"


@pytest.mark.parametrize("query", ["page=0", "page=-5", "page=x", "width=99999", "width=x&page=", "page=1e9"])
def test_what_cannot_be_read_is_the_usual(client, scene, query):
    client.login(scene.reviewer)
    assert "Page 1 of 3" in client.get(f"{scene.places['reviewer']}/pages?{query}").text.replace("\u00a0", " ")


@pytest.mark.parametrize("query", ["page=4", "page=99999999999999999999"])
def test_a_page_it_does_not_have(client, scene, query):
    client.login(scene.reviewer)
    answer = client.get(f"{scene.places['reviewer']}/pages?{query}")
    assert answer.status_code == 200 and "no such page" in answer.text and "Download the file" in answer.text
    assert client.get(f"{scene.places['reviewer']}/page.png?{query}").status_code == 422


def test_only_who_may_read_the_file(client, scene):
    undeclared = ReviewFactory(
        application=scene.application,
        reviewer=with_role(Role.REVIEWER, commission=scene.on.commission),
        state=ReviewState.ASSIGNED,
    )
    db.session.commit()
    client.login(undeclared.reviewer)
    for page in ("pages", "page.png"):
        mine = f"/commission/reviews/{undeclared.id}/documents/{scene.document.id}/{page}"
        assert client.get(mine).status_code == 403
        assert client.get(f"{scene.places['reviewer']}/{page}").status_code == 404
    client.login(PersonFactory())
    for place in scene.places.values():
        for page in ("pages", "page.png"):
            assert client.get(f"{place}/{page}").status_code in {403, 404}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.4 nothing at all", "damaged"),
        (pdfs.many(10_000), "more than 500 pages"),
    ],
)
def test_a_sentence_and_the_download_instead(app, client, content, sentence):
    scene = Scene(app, content)
    client.login(scene.reviewer)
    for _ in range(2):
        answer = client.get(f"{scene.places['reviewer']}/pages")
        assert answer.status_code == 200
        assert sentence in re.sub(r"<[^>]+>", "", answer.text)
        assert "Download the file" in answer.text and "<img" not in answer.text
    assert client.get(f"{scene.places['reviewer']}/page.png").status_code == 422


def test_what_is_no_pdf_is_downloaded(app, client):
    scene = Scene(app, b"\x89PNG and so on", "image/png")
    client.login(scene.reviewer)
    assert "Only the pages of PDF files" in client.get(f"{scene.places['reviewer']}/pages").text
    assert client.get(f"{scene.places['reviewer']}/page.png").status_code == 422
    assert "/pages" not in client.get(f"/commission/reviews/{scene.review.id}").text


def test_the_file_offers_it(client, scene):
    sheet = f"/commission/reviews/{scene.review.id}"
    client.login(scene.reviewer)
    beside = f"{sheet}?document={scene.places['reviewer'].rpartition('/')[2]}"
    assert f"{beside}#file" in client.get(sheet).text and "page.png" in client.get(beside).text
    for who, page in (
        ("chair", f"/commission/applications/{scene.application.id}"),
        ("officer", f"/staff/applications/{scene.application.id}"),
    ):
        client.login(scene.people[who])
        assert f"{scene.places[who]}/pages" in client.get(page).text
