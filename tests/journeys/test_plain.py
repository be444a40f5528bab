"""A browser without JavaScript: from the beginning to the receipt, on a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from grants.applications.models import Application, ApplicationState
from grants.core.db import db
from grants.people.passwords import hash_password
from tests.factories import (
    CallFactory,
    ClusterFactory,
    CommissionFactory,
    EnvelopeFactory,
    FundFactory,
    MembershipFactory,
    OrganisationFactory,
    PersonFactory,
)
from tests.files import pdfs
from tests.journeys.conftest import PICTURES
from tests.journeys.people import NARROW
from tests.journeys.product import Product
from tests.journeys.test_drafting import PASSWORD, SAVE
from tests.journeys.test_eligibility import installation

PROPOSAL = {"name": "dossier.pdf", "mimeType": "application/pdf", "buffer": pdfs.pages("Le projet")}


@pytest.fixture
def page(chromium: Browser, product: Product) -> Iterator[Page]:
    context = chromium.new_context(viewport=NARROW, locale="fr-FR", java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_from_the_beginning_to_the_receipt(page: Page, product: Product) -> None:
    pictures = PICTURES / "sans-script"
    pictures.mkdir(parents=True, exist_ok=True)
    with installation(product):
        cluster = ClusterFactory()
        call = CallFactory(fund=FundFactory(cluster=cluster))
        commission = CommissionFactory(cluster=cluster)
        EnvelopeFactory(call=call, commission=commission)
        person = PersonFactory(password_hash=hash_password(PASSWORD))
        MembershipFactory(organisation=OrganisationFactory(name="Oasis Sobres"), person=person)
        db.session.commit()
        call_id, commission_id, email = str(call.id), str(commission.id), person.email

    def press(button: str, picture: str) -> None:
        with page.expect_navigation():
            page.locator(button).first.click()
        page.screenshot(path=pictures / f"{picture}.png", full_page=True)

    page.goto(f"{product.url}/account/sign-in")
    page.fill('main [name="email"]', email)
    page.fill('main [name="password"]', PASSWORD)
    press('main form button[type="submit"]', "signed-in")

    page.goto(f"{product.url}/applicant/calls/{call_id}/begin")
    press(SAVE, "begun")
    base = page.url
    page.goto(f"{base}/project")
    page.fill('main [name="title"]', "Capteurs d’irrigation")
    page.check(f'main [name="commission_id"][value="{commission_id}"]', force=True)
    page.fill('main [name="summary"]', "Des capteurs sobres, pour les oasis.")
    page.fill('main [name="description"]', "Le problème, la solution, l’équipe.")
    press(SAVE, "budget")
    assert page.url == f"{base}/budget"
    page.fill('main [name="cost"]', "beaucoup")
    press(SAVE, "budget-refused")
    assert page.locator("main .errsum").count() == 1 and page.input_value('main [name="cost"]') == "beaucoup"
    page.fill('main [name="cost"]', "800 000")
    page.fill('main [name="requested"]', "600 000")
    page.fill('main [name="duration_months"]', "12")
    press(SAVE, "documents")
    assert page.url == f"{base}/documents"
    page.set_input_files('main input[type="file"]', PROPOSAL)
    press(SAVE, "attached")
    assert "dossier.pdf" in page.locator("main").inner_text()
    page.goto(f"{base}/check")
    page.screenshot(path=pictures / "check.png", full_page=True)
    press('main form[action$="/submit"] button[type="submit"]', "receipt")
    assert page.url == f"{base}/receipt"

    with installation(product):
        made = db.session.scalars(select(Application).where(Application.call_id == call_id)).one()
        assert made.state == ApplicationState.SUBMITTED and made.reference
        reference = made.reference
    assert reference in page.locator("main").inner_text()
