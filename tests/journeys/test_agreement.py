"""In French: a grant's agreement from its preparation to its closeout, in five people's hands."""

from typing import Any

import pytest
from sqlalchemy import select

from grants.awards.models import Agreement
from grants.core.db import db
from grants.core.i18n import Words
from grants.core.types import new_id
from grants.people.models import Person
from grants.people.passwords import hash_password
from tests.awards.test_agreements import with_partner
from tests.awards.test_award_story import funded
from tests.journeys.conftest import PICTURES
from tests.journeys.people import People
from tests.journeys.product import Product
from tests.journeys.test_eligibility import installation
from tests.story import set_stage

PASSWORD = "quatre mots bien choisis"
NAMES = {
    "officer": "Karim Idrissi",
    "authorising": "Nadia Berrada",
    "accountant": "Omar Tazi",
    "lead": "Salma Bennis",
    "partner": "Youssef Amrani",
}


@pytest.fixture
def case(product: Product) -> dict[str, Any]:
    with installation(product):
        stage = set_stage()
        stage.call.title = Words(fr="Tatwir de la convention", en="Tatwir of the agreement")
        stage.commission.name = Words(fr="Services mobiles", en="Mobile services")
        stage.fund.name = "Fonds d’innovation"
        award = funded(stage)
        partner = with_partner(award)
        agreement = db.session.scalars(select(Agreement).where(Agreement.award_id == award.id)).one()
        held = {"officer": stage.officer, "authorising": stage.authorising, "accountant": stage.accountant}
        held |= {"lead": stage.owner(), "partner": partner}
        emails = {}
        for key, person in held.items():
            found = db.session.get_one(Person, person.id)
            found.email = emails[key] = f"{key}-{new_id().hex[-8:]}@convention.example"
            found.name, found.locale, found.password_hash = NAMES[key], "fr", hash_password(PASSWORD)
        db.session.commit()
        return {"agreement": str(agreement.id), "fund": str(stage.fund.id), "emails": emails}


def test_from_the_award_to_the_closeout(chromium, product: Product, case) -> None:
    people = People(chromium, product, "fr", PICTURES / "agreement")
    staff, finance, own = (f"/{portal}/agreements/{case['agreement']}" for portal in ("staff", "finance", "applicant"))

    def enters(key: str):
        typed = people[key].goes("/account/sign-in").types(email=case["emails"][key], password=PASSWORD)
        return typed.presses()

    try:
        officer = enters("officer")
        officer.goes("/staff/agreement-texts").looks("texts")
        officer.goes(f"/staff/agreement-texts/{case['fund']}?instrument=grant").looks("clauses")
        officer.follows("clause=2").types(body__fr="Au plus {montant}.").presses().looks("unknown-place")
        officer.types(body__fr="L’aide est d’au plus {amount}, en {instalments} tranches.").presses().looks("worded")
        officer.goes(staff).types(starts_on="2027-01-01", ends_on="2027-12-31")
        officer.types(due__1="2027-01-15", due__2="2027-06-15", due__3="2027-12-31").presses("/prepare")

        authorising = enters("authorising")
        authorising.goes(finance).presses("/propose-commitment")
        accountant = enters("accountant")
        accountant.goes(finance).looks("checklist")
        for item in ("calculation", "credit", "documents", "authority"):
            accountant.ticks("item", item)
        accountant.presses("/grant-visa").looks("visa")

        officer.goes(staff).presses("/open-signature").looks("sent")
        with officer.page.expect_download() as download:
            officer.page.locator('a[href$="/agreement.pdf"]').click()
        assert download.value.path().read_bytes().startswith(b"%PDF")

        lead = enters("lead")
        lead.goes(own).looks("to-sign").presses("/sign")
        partner = enters("partner")
        partner.goes(own).looks("partner").presses("/sign-as-partner")
        authorising.goes(finance).presses("/countersign").looks("active")

        lead.goes(own).follows("/amend").looks("amendment-new")
        lead.types(reason="Le prototype prend deux mois de plus.", ends_on="2028-02-29").presses("/amend")
        lead.looks("requested").reads("31 décembre 2027")
        amendment = lead.number_of("/amendments/")
        officer.goes(f"/staff/amendments/{amendment}").looks("assess").types(reason="Fondé.").presses("/assess")
        authorising.goes(f"/finance/amendments/{amendment}").presses("/approve")
        lead.goes(f"/applicant/amendments/{amendment}").looks("amendment-sign").presses("/sign")
        accountant.goes(f"/finance/amendments/{amendment}").presses("/make-effective").looks("in-effect")
        accountant.goes(finance).reads("29 février 2028")

        officer.goes(staff).presses("/complete")
        authorising.goes(finance).presses("/propose-closeout").looks("closing")
        accountant.goes(finance).presses("/close").looks("closed")
    finally:
        people.leave()
    product.command("doctor")
