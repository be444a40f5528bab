"""In English: a reviewer marks with the keyboard alone, loses nothing, goes on to the next file, sends a workbook."""

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect
from sqlalchemy import delete, select

from grants.core.db import db
from grants.people.models import Person, SignIn
from grants.people.passwords import hash_password
from grants.reviews import queries
from grants.reviews.models import Review, ReviewState
from tests.journeys.conftest import PICTURES
from tests.journeys.people import People, Somebody
from tests.journeys.product import Product
from tests.journeys.test_eligibility import installation
from tests.story import set_stage
from tests.web.test_scoring_pages import with_lines
from workflows import review as workflow

PASSWORD = "four words well chosen"
REVIEWER = "reviewer@example.org"
NOTE, WHY = "Ask for the letter of the hospital.", "No price is compared with imports."


@pytest.fixture
def files(product: Product) -> list[str]:
    """The reviews asked of one reviewer: three files in hand, the first with a budget by lines."""
    with installation(product):
        stage = set_stage(applications=3)
        reviewer = stage.reviewers[0]
        reviewer.email, reviewer.name, reviewer.locale = REVIEWER, "Leila Berrada", "en"
        reviewer.password_hash = hash_password(PASSWORD)
        with_lines(stage)
        db.session.commit()
        for one in stage.applications:
            application = queries.led_application(stage.chair, one.id)
            workflow.assign(application, stage.reviewers[:3], actor=stage.chair)
        found = []
        for one in stage.applications:
            wanted = select(Review.id).where(Review.application_id == one.id, Review.reviewer_id == reviewer.id)
            id = db.session.scalars(wanted).one()
            workflow.accept(queries.own_review(reviewer, id), actor=reviewer)
            found.append(str(id))
        return found


def signed_in(people: People) -> Somebody:
    return people["reviewer"].goes("/account/sign-in").types(email=REVIEWER, password=PASSWORD).presses()


def saved(who: Somebody) -> None:
    expect(who.page.locator("form[data-dirty]")).to_have_count(0)
    expect(who.page.locator("[data-savetext]")).to_contain_text("saved at")


def session_ends(product: Product) -> None:
    with installation(product):
        reviewer = db.session.scalars(select(Person).where(Person.email == REVIEWER)).one()
        db.session.execute(delete(SignIn).where(SignIn.person_id == reviewer.id))
        db.session.commit()


def test_marking_with_the_keyboard_alone(chromium, product: Product, files: list[str], tmp_path: Path) -> None:
    people = People(chromium, product, "en", PICTURES / "scoring")
    first, second, third = files
    try:
        who = signed_in(people).goes("/commission/reviews").looks("my-reviews")
        who.goes(f"/commission/reviews/{first}#marks").reads("Application 1 of 3")
        keys = who.page.keyboard
        for key in ("4", ".", "j", "2"):
            keys.press(key)
        assert who.page.locator("[data-total]").inner_text() == "70"
        assert who.page.locator("[data-required]").nth(1).is_visible(), "said before it is sent"
        keys.press("c")
        keys.type(WHY)
        keys.press("Escape")
        who.types(note=NOTE)
        who.page.fill('main [name="amount-STAFF"]', "400 000")
        saved(who)
        assert who.page.locator('[data-text="recommended"]').inner_text().replace("\N{NO-BREAK SPACE}", " ") == (
            "550 000 MAD"
        )
        who.looks("sheet")

        closed, who.page = who.page, who.page.context.new_page()
        closed.close()  # the window is closed; another one finds everything
        who.goes(f"/commission/reviews/{first}")
        assert who.page.input_value('[name="note"]') == NOTE
        assert who.page.locator('input[name^="mark-"][value="4"]:checked').count() == 1

        session_ends(product)
        who.types(comment="Typed after the session had ended.")
        expect(who.page.locator("[data-savestate]")).to_have_attribute("data-state", "off")
        who.complaints.clear()  # the browser tells of the refused request
        with who.page.expect_navigation():
            who.page.locator("[data-key-save]").click()
        who.types(email=REVIEWER, password=PASSWORD).presses().reads("Here is what you had typed").looks("parked")
        assert who.page.input_value('[name="comment"]') == "Typed after the session had ended."
        who.complaints.clear()

        who.page.locator('input[name^="mark-"]:checked').first.focus()
        with who.page.expect_navigation():
            keys = who.page.keyboard
            keys.press("n")
        assert second in who.page.url, "save and next"
        who.reads("Application 2 of 3")

        who.goes("/commission/reviews/workbook").looks("workbook")
        with who.page.expect_download() as download:
            who.page.locator('a[href$="workbook.xlsx"]').click()
        book = openpyxl.load_workbook(BytesIO(download.value.path().read_bytes()))
        for row in range(2, 8):
            book["Marks"].cell(row, 5, 4)
        target = BytesIO()
        book.save(target)
        mine = {"name": "mine.xlsx", "mimeType": "application/octet-stream", "buffer": target.getvalue()}
        who.page.set_input_files('main input[type="file"]', mine)
        with who.page.expect_navigation():
            who.page.locator('form[enctype] button[type="submit"]').click()
        who.looks("what-it-changes").presses("/take")
        who.goes(f"/commission/reviews/{third}")
        assert who.page.locator('input[name^="mark-"][value="4"]:checked').count() == 2

        for mark, box in zip(("4", "4"), who.page.locator("fieldset.crit").all(), strict=True):
            box.locator(f'input[value="{mark}"]').check(force=True)
        who.types(comment="A sound project.").ticks("confidence", "2").presses(
            button="button[type=submit]:not([formaction])"
        )
        who.looks("submitted")
    finally:
        people.leave()
    with installation(product):
        states = {str(one.id): one.state for one in db.session.scalars(select(Review))}
        assert [states[one] for one in files] == [ReviewState.DRAFT, ReviewState.DRAFT, ReviewState.SUBMITTED]
    product.command("doctor")
