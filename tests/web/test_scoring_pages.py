"""The scoring screen through its pages: autosave, turns, headings, notes, the workbook."""

import re
from io import BytesIO

import openpyxl
import pytest
from sqlalchemy import select

from grants.applications.models import BudgetLine
from grants.core.db import db
from grants.people.models import Role
from grants.profiles.models import Stakeholder
from grants.reviews.models import Review, ReviewHeading, ReviewState, Score
from tests.applications.budget_ground import RULES
from tests.factories import with_role
from tests.story import set_stage
from tests.web.contents import everything
from tests.web.test_commission_pages import assign, marks

JSON = {"Accept": "application/json"}
SECRET = "Zanzibarine, seen at the fair"


@pytest.fixture
def stage(app):
    return set_stage()


def of(reviewer, application) -> Review:
    wanted = select(Review).where(Review.reviewer_id == reviewer.id, Review.application_id == application.id)
    return db.session.scalars(wanted.execution_options(populate_existing=True)).one()


def begun(client, stage, n=0):
    """A file in the hands of the first reviewer, who is signed in; the address of the review."""
    assign(client, stage, n)
    reviewer = stage.reviewers[0]
    url = f"/commission/reviews/{of(reviewer, stage.applications[n]).id}"
    client.login(reviewer).post(f"{url}/accept")
    return url


def version(stage, n=0):
    return of(stage.reviewers[0], stage.applications[n]).version


def with_lines(stage):
    """The call asks for lines: each project requests 600 000 for 750 000 of staff and 250 000 of equipment."""
    stage.call.budget = RULES.as_json()
    for application in stage.applications:
        application.requested_minor, application.cost_minor = 60_000_000, 100_000_000
        for n, (code, net) in enumerate([("STAFF", 75_000_000), ("EQUIP", 25_000_000)]):
            line = BudgetLine(position=n, category=code, year=1, label=code, currency="MAD", net_minor=net)
            line.application_id, line.organisation_id = application.id, application.organisation_id
            db.session.add(line)
    db.session.flush()


def changed(content: bytes, **cells: object) -> BytesIO:
    """The workbook with these cells of its marks."""
    book = openpyxl.load_workbook(BytesIO(content))
    for address, value in cells.items():
        book["Marks"][address] = value
    target = BytesIO()
    book.save(target)
    target.seek(0)
    return target


def test_autosave_keeps_what_can_be_read_and_says_when(client, stage):
    url = begun(client, stage)
    sent = {**marks(stage, 4, 2), "note": SECRET, "recommended": "abc", "version": version(stage)}
    saved = client.post(f"{url}/autosave", data=sent, headers=JSON)
    assert saved.status_code == 200 and saved.json["saved_at"]
    assert saved.json["version"] == version(stage) and of(stage.reviewers[0], stage.applications[0]).recommended is None
    assert of(stage.reviewers[0], stage.applications[0]).state == ReviewState.DRAFT
    assert SECRET in client.get(url).text
    stale = client.post(f"{url}/autosave", data={**sent, "comment": "Other", "version": 1}, headers=JSON)
    assert stale.status_code == 409


def test_saving_leads_on_to_the_file_with_the_fewest_reviews(client, stage):
    url = begun(client, stage)
    assign(client, stage, 1)
    client.login(stage.reviewers[0])
    page = client.get(url)
    assert "Application 1 of 2" in page.text and "Save and next" in page.text
    there = client.post(f"{url}/save", data={**marks(stage, 4, 4), "version": version(stage), "go": "next"})
    other = of(stage.reviewers[0], stage.applications[1])
    assert there.status_code == 303 and there.location == f"/commission/reviews/{other.id}#marks"


def test_amounts_by_heading_add_up_and_a_cut_wants_its_reason(client, stage):
    with_lines(stage)
    url = begun(client, stage)
    page = client.get(url).text
    assert 'name="amount-STAFF"' in page and 'name="recommended"' not in page
    whole = {**marks(stage, 4, 4), "comment": "Good.", "confidence": "2", "amount-STAFF": "400 000"}
    saved = client.post(f"{url}/autosave", data={**whole, "version": version(stage)}, headers=JSON)
    assert saved.json["texts"]["recommended"].replace("\N{NO-BREAK SPACE}", " ") == "550 000 MAD"
    refused = client.post(f"{url}/submit", data={**whole, "version": version(stage)})
    assert refused.status_code == 200 and 'id="reason-STAFF-error"' in refused.text
    reason = {"reason-STAFF": "One engineer less."}
    assert client.post(f"{url}/submit", data={**whole, **reason, "version": version(stage)}).status_code == 303
    review = of(stage.reviewers[0], stage.applications[0])
    assert review.recommended.minor == 55_000_000
    kept = db.session.scalars(select(ReviewHeading).where(ReviewHeading.review_id == review.id)).all()
    assert [(one.category, one.amount_minor, one.reason) for one in kept] == [
        ("STAFF", 40_000_000, "One engineer less.")
    ]
    client.login(stage.chair)
    assert "One engineer less." in client.get(f"/commission/applications/{stage.applications[0].id}").text


def test_problems_are_told_in_the_order_of_the_page(client, stage):
    url = begun(client, stage)
    refused = client.post(f"{url}/submit", data={"version": version(stage)})
    first, second = stage.criteria
    told = [f"mark-{first.id}", f"mark-{second.id}", "comment", "confidence"]
    summary = refused.text.partition('id="error-summary"')[2].partition("</ul>")[0]
    assert [one.removesuffix("-0") for one in re.findall(r'href="#([^"]+)"', summary)] == told


def test_private_notes_are_on_no_page_of_anybody_else(client, stage):
    url = begun(client, stage)
    whole = {**marks(stage, 4, 4), "comment": "Good.", "confidence": "2", "note": SECRET}
    assert client.post(f"{url}/submit", data={**whole, "version": version(stage)}).status_code == 303
    assert SECRET in client.get(url).text
    application = stage.applications[0]
    board = f"/commission/calls/{stage.call.id}/{stage.commission.id}"
    pages = {
        stage.chair: [f"/commission/applications/{application.id}", board, f"{board}/ranking", f"{board}/statistics"],
        stage.officer: [f"/staff/applications/{application.id}"],
        stage.committee: ["/board/"],
        stage.reviewers[1]: [f"/commission/reviews/{of(stage.reviewers[1], application).id}", "/commission/reviews"],
        with_role(Role.ADMIN): ["/admin/"],
    }
    for person, addresses in pages.items():
        client.login(person)
        for address in addresses:
            assert SECRET not in client.get(address).text, address


def test_the_workbook_is_seen_before_it_is_written(client, stage):
    begun(client, stage)
    fetched = client.get("/commission/reviews/workbook.xlsx")
    assert fetched.status_code == 200 and fetched.data[:2] == b"PK"
    page = "/commission/reviews/workbook"
    sent = client.post(page, data={"file": (changed(fetched.data, E2=2, H2="Too vague."), "mine.xlsx")})
    assert sent.status_code == 303
    shown = client.get(page).text
    assert "Too vague." in shown and "mine.xlsx" in shown
    digest = re.search(r'name="shown" value="([0-9a-f]+)"', shown)
    assert digest
    stale = client.post(f"{page}/take", data={"shown": "0" * 64})
    assert stale.status_code == 303 and "Nothing was written" in client.get(page).text
    assert client.post(f"{page}/take", data={"shown": digest[1]}).status_code == 303
    assert "Too vague." in client.get(f"/commission/reviews/{of(stage.reviewers[0], stage.applications[0]).id}").text


def test_wrong_cells_of_a_workbook_are_said_by_address(client, stage):
    begun(client, stage)
    book = changed(client.get("/commission/reviews/workbook.xlsx").data, E2=7)
    page = client.post("/commission/reviews/workbook", data={"file": (book, "mine.xlsx")})
    assert page.status_code == 200 and "E2" in page.text and "nothing was changed" in page.text


def test_a_conflict_found_later_closes_the_sheet_the_workbook_and_the_turn(client, stage):
    """The reviewer turns out to be a director of the applicant while the file is in their hands."""
    reviewer, first, second = stage.reviewers[0], *stage.applications
    first.title, second.title = "Zanhidden", "Zanopen"
    page, url, there = "/commission/reviews/workbook", begun(client, stage), begun(client, stage, 1)
    client.post(f"{url}/autosave", data={**marks(stage, 4, 4), "version": version(stage)}, headers=JSON)
    own = changed(client.get(f"{page}.xlsx").data, E2=1, E3=1).getvalue()
    assert client.post(page, data={"file": (BytesIO(own), "mine.xlsx")}).status_code == 303
    shown = re.search(r'name="shown" value="([0-9a-f]+)"', client.get(page).text)
    assert shown
    share = Stakeholder(organisation_id=first.organisation_id, position=1, name=reviewer.name, role="Director")
    db.session.add(share)
    db.session.flush()

    closed = client.get(url)
    assert "it is closed to you" in closed.text and "data-score" not in closed.text
    for verb in ("save", "autosave", "submit", "accept"):
        sent = {**marks(stage, 5, 5), "version": version(stage)}
        assert client.post(f"{url}/{verb}", data=sent, headers=JSON).status_code == 403, verb
    book = everything(client.get(f"{page}.xlsx").data)
    assert "Zanopen" in book and "Zanhidden" not in book
    assert "Zanhidden" not in client.get(page).text
    client.post(f"{page}/take", data={"shown": shown[1]})
    refused = client.post(page, data={"file": (BytesIO(own), "mine.xlsx")})
    assert refused.status_code == 200 and "E2" in refused.text and "Zanhidden" not in refused.text
    kept = db.session.scalars(select(Score.halves).where(Score.review_id == of(reviewer, first).id))
    assert list(kept) == [8, 8], "as it was before the conflict was found"

    assert re.search(rf'href="{there}#marks"', client.get("/commission/reviews").text)
    sheet = client.get(there).text
    assert "Application 1 of 1" in sheet and url not in sheet
    leads = client.post(f"{there}/save", data={**marks(stage, 4, 4), "version": version(stage, 1), "go": "next"})
    assert leads.location == "/commission/reviews", "no other file waits"
