"""In French: a beneficiary enters two invoices, one claimed before in another project and one half private; an officer
checks them line by line, by keys and by hand, leaves and comes back; both read how the amount is found."""

from typing import Any

import pytest

from grants.cli.demo_words import evidence
from grants.core.db import db
from grants.people.passwords import hash_password
from tests.awards.claim_ground import TODAY, begun, ground, said
from tests.journeys.conftest import PICTURES
from tests.journeys.people import NARROW, WIDE, People
from tests.journeys.product import Product
from tests.journeys.test_eligibility import PASSWORD, installation
from workflows import claim as claims

OWNER, OFFICER = "porteuse@claims.example", "instruction@claims.example"


@pytest.fixture
def claim(product: Product) -> Any:
    """A claim of the second instalment, begun; in another project the invoice FA-2026/001 is claimed already."""
    with installation(product):
        on = ground()
        other = ground(stage=on.stage, n=1)
        begun(other, 2, said(other, 1))
        for person, email, name in ((on.owner, OWNER, "Nadia Alami"), (on.stage.officer, OFFICER, "Salma Tazi")):
            person.email, person.name, person.locale = email, name, "fr"
            person.password_hash = hash_password(PASSWORD)
        id = str(claims.begin(on.instalments[1], actor=on.owner).id)
        db.session.commit()
        return id


def pdf(name: str, text: str) -> Any:
    return {"name": name, "mimeType": "application/pdf", "buffer": evidence(text)}


def test_a_claim_line_by_line(chromium, product: Product, claim: str) -> None:
    people = People(chromium, product, "fr", PICTURES / "claim")
    try:
        owner = people["owner"].goes("/account/sign-in").types(email=OWNER, password=PASSWORD).presses()
        owner.goes(f"/applicant/claims/{claim}").looks("empty").presses("/invoices")
        for n, (number, net, vat) in enumerate((("FA 2026-001", "100 000", "20 000"), ("B-77", "80 000", "0"))):
            owner.types(number=number, supplier="Atelier numerique", dated=str(TODAY), net=net, vat=vat)
            owner.types(paid_on=str(TODAY))
            with owner.page.expect_response("**/autosave") as saved:
                owner.chooses(
                    means="transfer",
                    budget_line_id=owner.page.eval_on_selector_all(
                        'select[name="budget_line_id"] option', "all => all[1].value"
                    ),
                )
            assert saved.value.ok
            owner.page.set_input_files('input[name="invoice_file"]', pdf(f"facture-{n}.pdf", f"Facture {number}"))
            owner.page.set_input_files('input[name="payment_file"]', pdf(f"avis-{n}.pdf", f"Avis {number}"))
            owner.looks("invoice")
            if n == 0:
                owner.presses(button='button[value="next"]')
        owner.page.set_viewport_size(NARROW)
        owner.looks("invoice-phone").page.set_viewport_size(WIDE)
        owner.presses(button='button[type="submit"]:not([aria-hidden]):not([name])')
        owner.looks("ready").reads("B-77")
        owner.presses("/submit").looks("submitted")

        officer = people["officer"].goes("/account/sign-in").types(email=OFFICER, password=PASSWORD).presses()
        officer.goes("/staff/claims").goes(f"/staff/claims/{claim}").looks("check")
        first = officer.page.locator("[data-judge]").first
        first.locator('input[value="accepted"]').focus()
        with officer.page.expect_response("**/verdicts/autosave"):
            officer.page.keyboard.press("a")
        officer.presses("/verdicts", button='button[formaction$="/check"]').looks("duplicate-refused")
        officer.page.locator("[data-judge] input[name^=reason]").first.fill("Deux projets se partagent la facture.")
        second = officer.page.locator("[data-judge]").nth(1)
        second.locator('input[value="reduced"]').focus()
        officer.page.keyboard.press("r")
        officer.page.locator("[data-judge] input[name^=accepted]").nth(1).fill("50 000")
        with officer.page.expect_response("**/verdicts/autosave"):
            officer.page.locator("[data-judge] input[name^=reason]").nth(1).fill("Trente mille sont privés.")
        officer.page.wait_for_function("document.querySelector('[data-done]').value === 2")
        officer.goes("/staff/claims").goes(f"/staff/claims/{claim}").looks("resumed")
        assert officer.page.locator("[data-judge] input[name^=accepted]").nth(1).input_value()
        officer.presses("/verdicts", button='button[formaction$="/check"]').looks("checked").reads("privés")
        owner.goes(f"/applicant/claims/{claim}").looks("explained").reads("Trente mille sont privés.")
        owner.page.set_viewport_size(NARROW)
        owner.looks("explained-phone").page.set_viewport_size(WIDE)
        for one in (owner, officer):
            one.reads("81\u00a0000")
    finally:
        people.leave()
    product.command("doctor")
