"""A double-blind call: every identifying field holds a word of its own, and no reviewer ever meets one of them."""

import re
from collections import deque
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from sqlalchemy import select

from grants.applications.models import BudgetLine, Certainty, Contribution, Document, PartnerState, Source
from grants.calls import blindness
from grants.calls.models import Blindness, Questionnaire, RequiredDocument
from grants.calls.questionnaire import Files, Kind, Outline, Part, Question
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import Words
from grants.core.storage import storage
from grants.people.models import Organisation, OrganisationKind, Person
from grants.reviews.models import Review
from tests.applications.budget_ground import RULES
from tests.applications.consortium import organisation_of, somebody
from tests.applications.samples import pdf
from tests.applications.test_partner_policy import partner_in
from tests.messages.test_letters import write
from tests.story import set_stage
from tests.web.contents import everything
from tests.web.test_commission_pages import assign
from workflows.letters import message_for
from workflows.review import review_asked

WORDS = ["zanlead", "zanowner", "zanmail", "zanpartner", "zancontact", "zanfile", "zanpaper", "zananswer", "zanbank"]
SEEN = "THE-ANONYMISED-VERSION"
ASKS = Outline(
    (
        Part(
            "team",
            Words(fr="Équipe", en="Team"),
            questions=(
                Question("leader", Kind.LINE, Words(fr="Responsable", en="Leader"), names=True),
                Question("method", Kind.LINE, Words(fr="Méthode", en="Method")),
                Question("cv", Kind.FILE, Words(fr="CV", en="CV"), files=Files(("pdf",)), names=True),
                Question("plan", Kind.FILE, Words(fr="Plan", en="Plan"), files=Files(("pdf",))),
            ),
        ),
    )
)


@pytest.fixture
def stage(app):
    """Named by its words wherever a field of ours names somebody."""
    made = set_stage(applications=1)
    call, application = made.call, made.applications[0]
    call.blindness, call.budget = Blindness.DOUBLE, RULES.as_json()
    db.session.get_one(Organisation, application.organisation_id).name = "Zanlead SARL"
    owner = db.session.get_one(Person, application.lead_id)
    owner.name, owner.email = "Zanowner", "zanmail@example.org"
    person = somebody(OrganisationKind.UNIVERSITY)
    organisation_of(person).name, person.name = "Zanpartner", "Zancontact"
    partner_in(application, PartnerState.ACCEDED, person, 1)
    asked = Questionnaire(call_id=call.id, number=1, definition=ASKS.json(), published_at=now())
    db.session.add(asked)
    line = BudgetLine(application_id=application.id, organisation_id=application.organisation_id, position=0)
    line.category, line.year, line.label, line.currency, line.net_minor = "STAFF", 1, "Work", "MAD", 80_000_000
    bank = Contribution(application_id=application.id, position=0, source=Source.BANK, label="Zanbank", currency="MAD")
    bank.amount_minor, bank.certainty = 20_000_000, Certainty.CONFIRMED
    usual = {"guidance": Words(), "mandatory": True, "kinds": ["pdf"], "most": 1}
    required = RequiredDocument(call_id=call.id, position=1, name=Words(fr="Dossier", en="Proposal"), **usual)
    db.session.add_all([line, bank, required])
    db.session.flush()
    db.session.refresh(call, ["required"])
    blindness.align(call)
    db.session.flush()
    version = next(one for one in call.required if one.anonymises_id)
    application.questionnaire_id = asked.id
    application.answers = {"leader": "Zananswer", "method": "We measure."}
    for n, (what, name, text) in enumerate(
        [
            ({"required_id": required.id}, "zanfile-named.pdf", "Zanpaper"),
            ({"required_id": version.id}, "zanfile-anonymous.pdf", SEEN),
            ({"question": "cv"}, "zanfile-cv.pdf", "Zanpaper"),
            ({"question": "plan"}, "zanfile-plan.pdf", "A plan"),
            ({}, "zanfile-loose.pdf", "Zanpaper"),
        ]
    ):
        kept(application, pdf(f"{text} {n}"), name, **what)
    db.session.flush()
    db.session.expire_all()
    return made


def kept(application, content, name, **what):
    from flask import current_app

    digest = storage(current_app.extensions["settings"]).keep(content)
    one = Document(application_id=application.id, filename=name, media_type="application/pdf", **what)
    one.size, one.sha256, one.uploaded_by_id = len(content), digest, application.lead_id
    db.session.add(one)


def named_in(text: str) -> list[str]:
    return [one for one in WORDS if one in unescape(text).casefold()]


def crawled(client, *starts: str) -> dict[str, str]:
    """Every page that links lead to from these, with its headers and what it holds."""
    found: dict[str, str] = {}
    waiting = deque(starts)
    while waiting:
        address = waiting.popleft()
        key = address.partition("#")[0]
        if key in found or len(found) > 150:
            continue
        answer = client.get(key, headers={"Accept-Language": "en"})
        found[key] = f"{answer.headers} {everything(answer.data)}"
        answer.close()
        if answer.mimetype != "text/html":
            continue
        for link in re.findall(r'(?:href|src)="([^"#]+)', answer.text):
            there = urljoin(f"http://localhost{key}", unescape(link))
            parts = urlsplit(there)
            if parts.netloc == "localhost" and not parts.path.startswith(("/assets", "/language")):
                waiting.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return found


def review_of(reviewer, application) -> Review:
    return db.session.scalars(select(Review).where(Review.reviewer_id == reviewer.id)).one()


def test_no_page_download_or_letter_of_a_reviewer_names_who_applies(client, stage):
    application, reviewer = stage.applications[0], stage.reviewers[0]
    bids = f"/commission/calls/{stage.call.id}/{stage.commission.id}/bids"
    before = client.login(reviewer).get(bids, headers={"Accept-Language": "en"}).text
    assert application.title in before and named_in(before) == []
    assert assign(client, stage).status_code == 303
    review = review_of(reviewer, application)
    url = f"/commission/reviews/{review.id}"
    letter = write(review_asked, review.id, reviewer.id)
    assert letter is not None and named_in(message_for(letter, "1").as_string()) == []
    body = message_for(letter, "1").get_body(("plain",))
    assert body is not None and named_in(body.get_content()) == []

    client.login(reviewer)
    assert "double-blind" in client.get(url, headers={"Accept-Language": "en"}).text
    pages = crawled(client, "/commission/reviews", "/commission/conflicts", bids, url)
    assert application.title in pages["/commission/conflicts"]
    client.post(f"{url}/accept")
    pages |= {f"{at} (open)": text for at, text in crawled(client, "/commission/reviews", url).items()}
    sheet = pages[f"{url} (open)"]
    assert "We measure." in sheet and "Consortium" not in sheet
    version = review_of(reviewer, application).version
    marks = {f"mark-{one.id}": "4" for one in stage.criteria}
    whole = {**marks, "comment": "Good.", "confidence": "2", "version": version}
    sent = client.post(f"{url}/submit", data=whole)
    assert sent.status_code == 303
    pages |= {f"{at} (sent)": text for at, text in crawled(client, url).items()}
    assert {at: words for at, text in pages.items() if (words := named_in(text))} == {}
    downloads = [text for at, text in pages.items() if "/documents/" in at and "application/pdf" in text]
    assert any(SEEN in text for text in downloads) and all("Zanpaper" not in text for text in downloads)
    assert len([at for at in pages if at.endswith("workbook.xlsx (open)")]) == 1


def test_the_named_documents_are_not_there_for_a_reviewer(client, stage):
    assign(client, stage)
    review = review_of(stage.reviewers[0], stage.applications[0])
    url = f"/commission/reviews/{review.id}"
    client.login(stage.reviewers[0]).post(f"{url}/accept")
    names = {}
    for one in db.session.scalars(select(Document).where(Document.application_id == stage.applications[0].id)):
        names[one.filename] = client.get(f"{url}/documents/{one.id}").status_code
        assert client.get(f"{url}/documents/{one.id}/page.png").status_code == names[one.filename]
    assert {name for name, status in names.items() if status == 200} == {"zanfile-anonymous.pdf", "zanfile-plan.pdf"}
    assert {status for name, status in names.items() if status != 200} == {404}


def test_the_chair_sees_who_applies(client, stage):
    assign(client, stage)
    page = client.get(f"/commission/applications/{stage.applications[0].id}").text
    assert {"zanlead", "zanpartner", "zanfile", "zananswer", "zanbank"} <= set(named_in(page))


def test_the_list_of_documents_follows_the_setting(app):
    call = set_stage(applications=1).call
    usual = {"guidance": Words(), "mandatory": True, "kinds": ["pdf"], "most": 1}
    for n in (1, 2):
        db.session.add(RequiredDocument(call_id=call.id, position=n, name=Words(fr=f"Pièce {n}"), **usual))
    db.session.flush()
    db.session.refresh(call, ["required"])
    call.blindness = Blindness.DOUBLE
    blindness.align(call)
    db.session.flush()
    blindness.align(call)
    assert [one.anonymises_id is not None for one in call.required] == [False, True, False, True]
    assert [one.position for one in call.required] == [1, 2, 3, 4]
    call.blindness = Blindness.SINGLE
    blindness.align(call)
    db.session.flush()
    assert [one.anonymises_id for one in call.required] == [None, None]


def test_in_an_open_call_reviewers_of_a_file_read_each_others_names(client):
    stage = set_stage(applications=1)
    stage.call.blindness = Blindness.OPEN
    db.session.flush()
    assign(client, stage)
    whole = {f"mark-{one.id}": "4" for one in stage.criteria} | {"comment": "Good.", "confidence": "2"}
    for reviewer in stage.reviewers[:2]:
        url = f"/commission/reviews/{review_of(reviewer, stage.applications[0]).id}"
        client.login(reviewer).post(f"{url}/accept")
        version = review_of(reviewer, stage.applications[0]).version
        assert client.post(f"{url}/submit", data={**whole, "version": version}).status_code == 303
    assert stage.reviewers[0].name in client.get(url).text
