"""In French: an officer says what the budgets of a call may hold. In another call a founder writes hers line by line,
breaks a cap, sees it named, mends it; fetches the workbook, edits it, sends it back with a mistake, then right; and
submits."""

import io

import openpyxl
import pytest

from grants.applications.reckoning import MOST_LINES
from grants.calls.models import CallState
from grants.cli.demo_words import evidence
from grants.core.db import db
from grants.people.models import Right, Role
from grants.people.passwords import hash_password
from tests.applications.budget_ground import RULES
from tests.factories import (
    CallFactory,
    ClusterFactory,
    CommissionFactory,
    EnvelopeFactory,
    FundFactory,
    MembershipFactory,
    OrganisationFactory,
    PersonFactory,
    with_role,
)
from tests.journeys.conftest import PICTURES
from tests.journeys.people import NARROW, WIDE, People
from tests.journeys.product import Product
from tests.journeys.test_eligibility import PASSWORD, installation

FOUNDER, OFFICER = "budget@exemple.ma", "budgets@exemple.ma"


@pytest.fixture
def calls(product: Product) -> tuple[str, str]:
    """A draft and its officer; an open call that asks for lines, and a founder with her organisation."""
    with installation(product):
        cluster = ClusterFactory(code="BUDGET", name="Grappe des budgets")
        made = CallFactory(fund=FundFactory(cluster=cluster, code="BUDG"), code="2026-BUD", budget=RULES.as_json())
        EnvelopeFactory(call=made, commission=CommissionFactory(cluster=cluster))
        founder = PersonFactory(name="Nadia Alami", email=FOUNDER, locale="fr", password_hash=hash_password(PASSWORD))
        MembershipFactory(organisation=OrganisationFactory(name="Atlas Capteurs"), person=founder, right=Right.OWNER)
        drafted = CallFactory(fund=made.fund, code="2027-BUD", state=CallState.DRAFT, published_at=None)
        officer = PersonFactory(name="Salma Tazi", email=OFFICER, locale="fr", password_hash=hash_password(PASSWORD))
        with_role(Role.OFFICER, cluster=cluster, person=officer)
        db.session.commit()
        return str(drafted.id), str(made.id)


def edited(content: bytes, **cells: object) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    for address, value in cells.items():
        book.worksheets[1][address] = value
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_budget_line_by_line(chromium, product: Product, calls: tuple[str, str]) -> None:
    people = People(chromium, product, "fr", PICTURES / "budget")
    drafted, call = calls
    try:
        officer = people["officer"].goes("/account/sign-in").types(email=OFFICER, password=PASSWORD).presses()
        officer.goes(f"/staff/calls/{drafted}").follows("/budget")
        officer.types(code__0="STAFF", name__0__fr="Personnel").presses(button='button[value="add"]')
        officer.types(code__1="SUB", name__1__fr="Sous-traitance", cap__1="30", rate__university="100").looks("rules")
        officer.presses().looks("rules-kept").reads("Sous-traitance")

        founder = people["founder"].goes("/account/sign-in").types(email=FOUNDER, password=PASSWORD).presses()
        founder.goes(f"/calls/{call}").looks("call").follows("/begin").presses()
        base = f"/applicant/applications/{founder.number_of('/applications/')}"
        founder.goes(f"{base}/project").types(title="Capteurs d’irrigation", summary="Des capteurs sobres.")
        founder.types(description="Le problème, la solution, l’équipe.")
        founder.page.locator('main input[name="commission_id"]').first.check(force=True)
        founder.presses().goes(f"{base}/budget").looks("empty")

        founder.types(duration_months="24", lines__0__label="Deux ingénieures", lines__0__net="400 000")
        founder.chooses(**{"lines-0-category": "STAFF", "lines-0-year": "1"})
        founder.types(lines__1__label="Essais au champ", lines__1__net="300 000,00", lines__1__vat="20")
        with founder.page.expect_response("**/budget/autosave") as saved:
            founder.chooses(**{"lines-1-category": "SUB", "lines-1-year": "2"})
        assert saved.value.ok
        founder.page.wait_for_function("document.querySelector('[data-box=wrong]').hidden === false")
        assert "90" in founder.page.locator("[data-text=over-SUB]").inner_text(), "the cap is named while one writes"
        founder.looks("cap-broken")
        founder.presses().looks("cap-broken-saved")
        founder.types(lines__1__net="150 000").presses(button='button[value="add-lines"]')
        assert founder.page.locator("main .lines--lines .lines__r").count() == 3 < MOST_LINES
        founder.types(lines__2__label="Serveurs", lines__2__net="50 000")
        founder.chooses(**{"lines-2-category": "EQUIP", "lines-2-year": "1", "funds-0-source": "own"})
        founder.types(funds__0__label="Trésorerie", funds__0__amount="60 000").looks("mended")
        founder.page.set_viewport_size(NARROW)
        founder.looks("mended-phone").page.set_viewport_size(WIDE)
        founder.presses()
        assert founder.page.url.endswith("/documents")

        founder.goes(f"{base}/budget")
        with founder.page.expect_download() as fetched:
            founder.page.locator('main a[href$="/budget/workbook"]').click()
        content = fetched.value.path().read_bytes()
        sent = {"name": "budget.xlsx", "mimeType": "application/vnd.ms-excel"}
        founder.page.set_input_files('main input[type="file"]', {**sent, "buffer": edited(content, D4="beaucoup")})
        founder.presses("/budget/workbook").looks("workbook-refused").reads("D4")
        with founder.page.expect_download() as marked:
            founder.page.locator('main a[href*="/budget/workbook/"]').click()
        back = marked.value.path().read_bytes()
        assert openpyxl.load_workbook(io.BytesIO(back)).worksheets[0]["D4"].comment is not None
        right = {**sent, "buffer": edited(content, D4=390_000, D6=60_000)}
        founder.page.set_input_files('main input[type="file"]', right)
        founder.presses("/budget/workbook").looks("workbook-taken").reads("540")

        founder.goes(f"{base}/documents")
        pdf = {"name": "dossier.pdf", "mimeType": "application/pdf", "buffer": evidence("Capteurs d’irrigation")}
        founder.page.set_input_files('main input[type="file"]', pdf)
        founder.presses(button='button[type="submit"]:not(.ibtn)')
        founder.goes(f"{base}/check").looks("check").presses("/submit").reads("2026-BUD-0001")
        founder.goes(base).looks("submitted").reads("Essais au champ")
    finally:
        people.leave()
    product.command("doctor")
