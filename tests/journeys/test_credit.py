"""In English: credit from a donor goes to a call, a figure leads to its lines, a year closes."""

from datetime import date
from typing import Any

import pytest

from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import Words
from grants.people.models import Role
from grants.people.passwords import hash_password
from tests.factories import with_role
from tests.journeys.conftest import PICTURES
from tests.journeys.people import People
from tests.journeys.product import Product
from tests.journeys.test_eligibility import installation
from tests.story import set_stage

PASSWORD = "quatre mots bien choisis"
LAST = now().year - 1


@pytest.fixture
def case(product: Product) -> dict[str, Any]:
    """A call being evaluated, the fund's manager, and a member of the committee."""
    with installation(product):
        stage = set_stage()
        stage.fund.name, stage.call.title = "Fund of the coast", Words(fr="Tatwir du littoral", en="Coastal Tatwir")
        stage.commission.name = Words(fr="Services mobiles", en="Mobile services")
        found = {"manager": with_role(Role.FUND_MANAGER, fund=stage.fund), "member": stage.committee}
        emails = {}
        for name, one in found.items():
            one.email, one.locale = f"{name}-{one.id.hex}@fonds.example", "en"
            one.name, one.password_hash = f"The {name}", hash_password(PASSWORD)
            emails[name] = one.email
        db.session.commit()
        return {"fund": str(stage.fund.id), "end": f"{stage.call.id}/{stage.commission.id}", **emails}


def test_from_the_donor_to_the_closed_year(chromium, product: Product, case) -> None:
    here = f"/finance/funds/{case['fund']}"
    people = People(chromium, product, "en", PICTURES / "credit")
    try:
        manager = people["manager"].goes("/account/sign-in").types(email=case["manager"], password=PASSWORD).presses()
        manager.goes(f"{here}/credit").looks("credit")
        manager.types(amount="500 000", fiscal_year=LAST, document="DEC-77", donor="Coast Bank", convention="CV-9")
        manager.page.fill('main [name="value_date"]', date(LAST, 6, 1).isoformat())
        manager.presses("/credit" if manager.page.locator('main form[action$="/credit"]').count() else "")
        manager.goes(f"{here}/moves").looks("moves-empty")
        manager.chooses(source="/", target=case["end"]).types(amount="200 000", reason="The call needs it.")
        manager.presses().looks("proposed").reads("Before the committee")

        member = people["member"].goes("/account/sign-in").types(email=case["member"], password=PASSWORD).presses()
        member.goes(f"{here}/moves").reads("The call needs it.").presses("/confirm").looks("confirmed").reads(
            "Confirmed"
        )

        manager.goes(here).looks("dashboard").follows("figure=credit").looks("journal").reads("DEC-77")
        assert "2\xa0500\xa0000" in manager.page.locator("main .facts").first.inner_text()
        manager.page.locator("main tbody th a").first.click()
        manager.looks("operation").reads("DEC-77")
        manager.goes(f"{here}/proof").looks("proof").reads("Everything holds")
        manager.goes(f"{here}/balances?level=call").looks("balances").reads("Coastal Tatwir")
        manager.goes(f"{here}/forecast").looks("forecast")
        manager.goes(f"{here}/rates").looks("rates")

        manager.goes(f"{here}/years/{LAST}").chooses(uncommitted="lapse").presses().looks("rules")
        manager.confirms("/close").looks("closed").reads("Coast Bank")
        manager.goes(f"{here}/years").looks("years").reads("Closed")
        manager.chooses(stage="lapsed").types(document="REP-1").presses("/recycle").looks("back")
    finally:
        people.leave()
    product.command("doctor")


def test_the_same_pages_in_arabic(chromium, product: Product, case) -> None:
    here = f"/finance/funds/{case['fund']}"
    people = People(chromium, product, "ar", PICTURES / "credit-ar")
    try:
        manager = people["manager"].goes("/account/sign-in").types(email=case["manager"], password=PASSWORD).presses()
        manager.page.locator('button[value="ar"]').first.click()
        for name in ("journal", "balances", "forecast", "years"):
            manager.goes(f"{here}/{name}").looks(name)
    finally:
        people.leave()
