"""In French: an officer searches, sorts, chooses columns, keeps a search, screens several files after a preview, reads
the exported file back and leafs through files by key; a chair does the same with marks."""

import csv
import re
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from grants.applications.models import ApplicationState as State
from grants.core.clock import now
from grants.core.db import db
from grants.people.models import Role
from grants.people.passwords import hash_password
from grants.reviews.models import ReviewState
from tests.factories import PersonFactory, ReviewFactory, with_role
from tests.journeys.conftest import PICTURES
from tests.journeys.people import NARROW, WIDE, People, Somebody
from tests.journeys.product import Product
from tests.journeys.test_eligibility import installation
from tests.story import set_stage

PASSWORD = "four words well chosen"
OFFICER, CHAIR = "list-officer@example.org", "list-chair@example.org"
TITLES = ["Paiement mobile au souk", "Irrigation connectée", "Télésurveillance cardiaque", "Traduction de l’amazighe"]


@pytest.fixture
def place(product: Product) -> str:
    """Twelve files of one call, half of them marked; answers with the call's id."""
    with installation(product):
        stage = set_stage(applications=12)
        stage.call.code = "LISTE-2026"
        hashed = hash_password(PASSWORD)
        for role, email, name in ((Role.OFFICER, OFFICER, "Salma Idrissi"), (Role.CHAIR, CHAIR, "Nadia Alaoui")):
            person = PersonFactory(name=name, email=email, locale="fr", password_hash=hashed)
            where = {"cluster": stage.fund.cluster} if role is Role.OFFICER else {"commission": stage.commission}
            with_role(role, person=person, **where)
        for n, one in enumerate(stage.applications):
            one.title, one.reference = f"{TITLES[n % 4]} {n + 1}", f"LISTE-2026-{n + 1:04}"
            one.requested_minor, one.submitted_at = (30 + n * 5) * 1_000_000, now() - timedelta(days=30 - n)
            one.state = State.SUBMITTED if n < 6 else State.IN_REVIEW
            for at, reviewer in enumerate(stage.reviewers[:2] if n >= 6 else ()):
                sent = at == 0 or n % 2
                ReviewFactory(
                    application=one,
                    reviewer=reviewer,
                    state=ReviewState.SUBMITTED if sent else ReviewState.ASSIGNED,
                    total=(5_000 + n * 350 - at * 2_500) if sent else None,
                    submitted_at=now() if sent else None,
                )
        db.session.commit()
        return str(stage.call.id)


def signed_in(people: People, name: str, email: str) -> Somebody:
    return people[name].goes("/account/sign-in").types(email=email, password=PASSWORD).presses()


def asks(who: Somebody, query: str) -> Somebody:
    who.types(q=query).page.locator("main [name=q]").first.press("Enter")
    who.page.wait_for_load_state()
    return who


def references(who: Somebody) -> list[str]:
    return who.page.locator("main tbody td.nowrap:nth-of-type(2) a").all_inner_texts()


def place_in_list(who: Somebody) -> list[str]:
    return re.findall(r"\d+", who.page.locator(".near__n").inner_text())


def test_a_list_is_searched_sorted_kept_acted_on_and_exported(chromium, product: Product, place: str) -> None:
    people = People(chromium, product, "fr", PICTURES / "list")
    try:
        officer = signed_in(people, "officer", OFFICER).goes(f"/staff/calls/{place}/applications").looks("officer")
        assert len(references(officer)) == 12
        asks(officer, "comission:mobile").looks("a-word-that-is-not-a-key")
        assert officer.page.locator("main [name=q]").first.input_value() == "comission:mobile"
        asks(officer, "etat:submitted amount>=350000 -irrigation").looks("officer-searched")
        with officer.page.expect_navigation():
            officer.page.locator('main thead a[href*="sort=amount"]').click()
        with officer.page.expect_navigation():
            officer.page.locator('main thead a[href*="sort=-amount"]').click()
        order = references(officer)
        assert [one[-2:] for one in order] == ["05", "04", "03"]

        officer.types(name="À voir").presses("/list/saved").reads("À voir")
        officer.goes("/staff/list").looks("all-calls")
        with officer.page.expect_navigation():
            officer.page.get_by_role("link", name="À voir").click()
        assert references(officer) == order

        with officer.page.expect_download() as saved:
            officer.page.locator('main a[href*="/list.csv"]').click()
        rows = list(csv.reader(StringIO(saved.value.path().read_text("utf-8-sig"))))
        assert [row[0] for row in rows[1:]] == order
        with officer.page.expect_download() as saved:
            officer.page.locator('main a[href*="/list.xlsx"]').click()
        sheet = load_workbook(BytesIO(saved.value.path().read_bytes())).active
        assert [row[0].value for row in sheet.iter_rows(min_row=3)] == order

        officer.page.locator("main tbody a").first.click()
        officer.page.wait_for_selector(".near")
        officer.looks("opened-from-the-list")
        assert place_in_list(officer) == ["1", "3"]
        with officer.page.expect_navigation():
            officer.page.keyboard.press("Alt+KeyJ")
        assert place_in_list(officer) == ["2", "3"]
        with officer.page.expect_navigation():
            officer.page.locator(".near > a").click()

        officer.page.locator("main thead [data-all]").check()
        with officer.page.expect_navigation():
            officer.page.locator('main button[name=move][value="both"]').click()
        assert officer.looks("preview").page.locator('main form [name="id"]').count() == 3
        officer.presses("/list/screen").looks("screened")
        assert references(officer) == []
        asks(officer, "state:eligible")
        assert sorted(references(officer)) == sorted(order)

        chair = signed_in(people, "chair", CHAIR).goes("/commission/").follows("/calls/").looks("chair")
        asks(chair, "score>70 spread>20").looks("chair-searched")
        assert len(references(chair)) > 0
        chair.page.set_viewport_size(NARROW)
        chair.looks("chair-narrow").page.set_viewport_size(WIDE)
        chair.goes("/commission/list?q=state:in_review+reviews<2")
        chair.page.locator("main thead [data-all]").check()
        with chair.page.expect_navigation():
            chair.page.locator('main button[formaction$="/remind"]').click()
        chair.looks("remind").presses("/list/remind").looks("reminded")
        chair.goes("/help/search").looks("help")
    finally:
        people.leave()
