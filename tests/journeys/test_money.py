"""In French: a grant from the award to the closeout, with a payment that comes back, an amendment, a claim reduced line
by line and a recovery; and what one person reads who tries two of the steps."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from grants.awards.models import Agreement
from grants.cli.demo_words import evidence
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import Words
from grants.core.types import new_id
from grants.people.models import Person, Role
from grants.people.passwords import hash_password
from tests.awards.claim_ground import budgeted
from tests.awards.test_award_story import funded
from tests.factories import with_role
from tests.journeys.conftest import PICTURES
from tests.journeys.people import People, Somebody
from tests.journeys.product import Product
from tests.journeys.test_eligibility import installation
from tests.story import rib, set_stage

PASSWORD = "quatre mots bien choisis"
TODAY = now().date()
NAMES = {
    "officer": "Karim Idrissi",
    "verifier": "Salma Tazi",
    "authorising": "Nadia Berrada",
    "accountant": "Omar Cherkaoui",
    "owner": "Imane Zerouali",
}
VISA = ("calculation", "credit", "documents", "authority")


@pytest.fixture
def case(product: Product) -> dict[str, Any]:
    """A grant of 540 000 MAD just decided, 90 % of a budget of three lines; the authorising officer is accountant and
    programme officer too, as in small funds."""
    with installation(product):
        stage = set_stage()
        stage.call.title = Words(fr="Tatwir des trois mains", en="Tatwir of the three hands")
        stage.call.retention = 1_000
        stage.commission.name = Words(fr="Services mobiles", en="Mobile services")
        stage.fund.name = "Fonds d’innovation"
        for n, one in enumerate(stage.applications):
            budgeted(stage, n=n)
            one.requested_minor = 54_000_000
        db.session.flush()
        award = funded(stage)
        agreement = db.session.scalars(select(Agreement).where(Agreement.award_id == award.id)).one()
        for role in (Role.ACCOUNTANT, Role.OFFICER):
            with_role(role, fund=stage.fund, person=stage.authorising)
        held = {
            "officer": stage.officer,
            "verifier": stage.second_officer,
            "authorising": stage.authorising,
            "accountant": stage.accountant,
            "owner": stage.owner(),
        }
        emails = {}
        for key, person in held.items():
            found = db.session.get_one(Person, person.id)
            found.email = emails[key] = f"{key}-{new_id().hex[-8:]}@mains.example"
            found.name, found.locale, found.password_hash = NAMES[key], "fr", hash_password(PASSWORD)
        db.session.commit()
        return {"agreement": str(agreement.id), "fund": str(stage.fund.id), "emails": emails}


def tries(somebody: Somebody, path: str, why: str) -> None:
    """Sends the form that the page does not offer, as a tab left open would; reads the refusal, and nothing moves."""
    with somebody.page.expect_navigation():
        somebody.page.evaluate(
            """path => { const form = document.createElement("form");
                form.method = "post"; form.action = path;
                form.append(document.querySelector('input[name="csrf_token"]').cloneNode());
                document.body.append(form); form.submit(); }""",
            path,
        )
    somebody.complaints.clear()  # the browser writes every 403 in its console
    somebody.reads(why)


def pdf(name: str, text: str) -> Any:
    return {"name": name, "mimeType": "application/pdf", "buffer": evidence(text)}


class Grant:
    """One grant in the hands of five people."""

    def __init__(self, people: People, case: dict[str, Any]) -> None:
        self.people, self.case, self.sent = people, case, 0
        id = case["agreement"]
        self.staff, self.finance, self.own = (f"/{one}/agreements/{id}" for one in ("staff", "finance", "applicant"))

    def __getitem__(self, key: str) -> Somebody:
        if key not in self.people.known:
            who = self.people[key].goes("/account/sign-in")
            who.types(email=self.case["emails"][key], password=PASSWORD).presses()
        return self.people[key]

    # --- the agreement ----------------------------------------------------------------------------------------

    def signed(self) -> None:
        officer = self["officer"].goes(self.staff)
        officer.types(starts_on=TODAY - timedelta(days=30), ends_on=TODAY + timedelta(days=200))
        for n, days in enumerate((0, 90, 200), 1):
            officer.types(**{f"due__{n}": TODAY + timedelta(days=days)})
        officer.presses("/prepare")
        authorising = self["authorising"].goes(self.finance).presses("/propose-commitment")
        tries(authorising, f"{self.finance}/grant-visa", "Vous avez proposé cet engagement")
        authorising.looks("visa-refused")
        accountant = self["accountant"].goes(self.finance)
        for item in VISA:
            accountant.ticks("item", item)
        accountant.presses("/grant-visa")
        officer.goes(self.staff).presses("/open-signature")
        self["owner"].goes(self.own).presses("/sign")
        authorising.goes(self.finance).presses("/countersign").looks("in-force")

    def amended(self) -> None:
        """Three months more."""
        owner = self["owner"].goes(self.own).follows("/amend")
        owner.types(reason="Les essais demandent trois mois de plus.", ends_on=TODAY + timedelta(days=290))
        owner.presses("/amend").looks("amendment")
        amendment = owner.number_of("/amendments/")
        self["officer"].goes(f"/staff/amendments/{amendment}").types(reason="Fondé.").presses("/assess")
        self["authorising"].goes(f"/finance/amendments/{amendment}").presses("/approve")
        tries(self["authorising"], f"/finance/amendments/{amendment}/make-effective", "Vous avez approuvé cet avenant")
        owner.goes(f"/applicant/amendments/{amendment}").presses("/sign")
        self["accountant"].goes(f"/finance/amendments/{amendment}").presses("/make-effective").looks("amended")

    # --- claims -----------------------------------------------------------------------------------------------

    def prefinancing_claimed(self) -> str:
        owner = self["owner"].goes(self.own).presses("/claim")
        claim = owner.number_of("/claims/")
        owner.types(statement="Avance : équipe et capteurs.").presses("/write").presses("/submit")
        self["officer"].goes(f"/staff/claims/{claim}").presses("/check").presses("/certify")
        return claim

    def costs_claimed(self) -> str:
        """Two invoices; the officer takes one as it is and half of the other."""
        owner = self["owner"].goes(self.own).presses("/claim")
        claim = owner.number_of("/claims/")
        owner.presses("/invoices")
        for n, (number, net) in enumerate((("FA-2026/01", "300 000"), ("FA-2026/02", "80 000"))):
            owner.types(number=number, supplier="Atelier numérique", dated=TODAY, net=net, vat="0", paid_on=TODAY)
            lines = owner.page.eval_on_selector_all(
                'select[name="budget_line_id"] option', "all => all.map(one => one.value)"
            )
            with owner.page.expect_response("**/autosave"):
                owner.chooses(means="transfer", budget_line_id=lines[1 + n])
            owner.page.set_input_files('input[name="invoice_file"]', pdf(f"facture-{n}.pdf", f"Facture {number}"))
            owner.page.set_input_files('input[name="payment_file"]', pdf(f"avis-{n}.pdf", f"Avis {number}"))
            owner.presses(button='button[value="next"]' if n == 0 else 'button[type="submit"]:not([name])')
        owner.presses("/submit").looks("costs-claimed")
        officer = self["officer"].goes(f"/staff/claims/{claim}")
        rows = officer.page.locator("[data-judge]")
        rows.nth(0).locator('input[value="accepted"]').check(force=True)
        rows.nth(1).locator('input[value="reduced"]').check(force=True)
        officer.page.locator("[data-judge] input[name^=accepted]").nth(1).fill("40 000")
        officer.page.locator("[data-judge] input[name^=reason]").nth(1).fill("La moitié sert un autre projet.")
        officer.presses("/verdicts", button='button[formaction$="/check"]').looks("reduced")
        officer.reads("La moitié sert un autre projet.").presses("/certify")
        return claim

    def verified(self, claim: str) -> None:
        """By another officer: whoever checked may not, and whoever verified does not order."""
        tries(self["officer"].goes(f"/staff/claims/{claim}"), f"/staff/claims/{claim}/liquidate", "Vous avez contrôlé")
        self["verifier"].goes(f"/staff/claims/{claim}").presses("/liquidate")

    # --- payments ---------------------------------------------------------------------------------------------

    def ordered(self, claim: str) -> None:
        here = f"/finance/claims/{claim}"
        authorising = self["authorising"].goes(here)
        account = authorising.page.locator('main select[name="account"] option').last.get_attribute("value")
        authorising.chooses(account=account).presses("/order")
        tries(authorising, f"{here}/approve-order", "Vous avez ordonné ce paiement")
        authorising.looks("approval-refused")
        self["accountant"].goes(here).presses("/approve-order")

    def at_the_bank(self) -> None:
        accountant = self["accountant"].goes("/finance/payments")
        if not self.sent:
            accountant.follows("/paying-account").types(bank="Banque d’essai", number=rib(900)).presses()
        accountant.goes(f"/finance/funds/{self.case['fund']}/payments/new").presses().confirms("/remit")
        self.sent += 1
        for _ in range(120):
            if accountant.page.locator('main a[href$="transfers.csv"]').count():
                break
            accountant.page.wait_for_timeout(500)
            accountant.page.reload()
        with accountant.page.expect_download() as download:
            accountant.page.locator('main a[href$="transfers.csv"]').click()
        assert rib(1).encode() in Path(download.value.path()).read_bytes()

    def paid(self, claim: str) -> None:
        accountant = self["accountant"].goes(f"/finance/claims/{claim}")
        accountant.types(bank_reference=f"VIR-{self.sent}", value_date=TODAY).presses("/pay")

    def returned(self, claim: str) -> None:
        """The bank sends it back; it is ordered and paid again, under another order."""
        accountant = self["accountant"].goes(f"/finance/claims/{claim}")
        accountant.page.locator("details:has(form[action$='/return-payment']) > summary").click()
        accountant.types(**{"return__returned_on": TODAY, "return__reason": "Compte clos."}).presses("/return-payment")
        accountant.looks("returned").reads("Compte clos.")

    # --- the end ----------------------------------------------------------------------------------------------

    def recovered(self) -> None:
        authorising = self["authorising"].goes(f"{self.finance}/recovery")
        authorising.types(amount="30 000", reason="Un capteur a été revendu.").presses().looks("established")
        recovery = authorising.number_of("/recoveries/")
        authorising.types(notify__due_on=TODAY + timedelta(days=30)).presses("/notify")
        tries(authorising, f"/finance/recoveries/{recovery}/collect", "Vous avez établi cet ordre")
        self["owner"].goes(f"/applicant/recoveries/{recovery}").looks("asked-back").reads("Un capteur a été revendu.")
        accountant = self["accountant"]
        for n, part in enumerate(("10 000", "20 000"), 1):
            accountant.goes(f"/finance/recoveries/{recovery}")
            accountant.types(receipt__amount=part, receipt__bank_reference=f"REC-{n}", receipt__value_date=TODAY)
            accountant.presses("/collect")
        accountant.looks("recovered")

    def closed(self) -> None:
        self["officer"].goes(self.staff).presses("/complete")
        authorising = self["authorising"].goes(self.finance).presses("/propose-closeout").looks("closing")
        tries(authorising, f"{self.finance}/close", "Vous avez proposé")
        self["accountant"].goes(self.finance).presses("/close").looks("closed")


def test_from_the_award_to_the_closeout_in_several_hands(chromium, product: Product, case: dict[str, Any]) -> None:
    people = People(chromium, product, "fr", PICTURES / "money")
    grant = Grant(people, case)
    try:
        grant.signed()
        first = grant.prefinancing_claimed()
        grant.verified(first)
        grant.ordered(first)
        grant.at_the_bank()
        grant.paid(first)
        grant.returned(first)
        grant.ordered(first)
        grant.at_the_bank()
        grant.paid(first)
        grant.amended()
        second = grant.costs_claimed()
        grant.verified(second)
        grant.ordered(second)
        grant.at_the_bank()
        grant.paid(second)
        grant.recovered()
        grant.closed()
        figures = grant["accountant"].page.locator("main").inner_text()
        assert "216\u00a0000" in figures, figures
    except BaseException:
        for name, one in people.known.items():
            one.page.screenshot(path=PICTURES / "money" / f"failed-{name}.png", full_page=True)
        raise
    finally:
        people.leave()
    for words in (("ledger", "verify"), ("audit", "verify"), ("doctor",)):
        product.command(*words)
