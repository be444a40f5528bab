"""In English: the manager of a fund half way brings in what was paid elsewhere, mends what is refused, an accountant
confirms, the auditor finds it in the journal and on the agreement."""

from typing import Any

import pytest

from grants.core.db import db
from grants.people.passwords import hash_password
from tests.journeys.conftest import PICTURES
from tests.journeys.people import NARROW, WIDE, People
from tests.journeys.product import Product
from tests.journeys.test_eligibility import PASSWORD, installation
from tests.payments.outside_ground import Ground, book, lay, paid
from tests.payments.test_outside import ADVANCE, FIRST, SECOND

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def taken_over(product: Product) -> Any:
    """Two past awards, committed, nothing paid; the three people of the story by e-mail."""
    with installation(product):
        ground = lay()
        emails = {}
        for key, name in (("manager", "Nora Berrada"), ("accountant", "Hamid Alaoui"), ("auditor", "Yto Amrani")):
            person = ground.who(key)
            person.email, person.name, person.locale = f"{key}-{person.id.hex}@fonds.example", name, "en"
            person.password_hash = hash_password(PASSWORD)
            emails[key] = person.email
        db.session.commit()
        return {"ground": ground, "fund": str(ground.fund_id), **emails}


def file(*rows: Any) -> Any:
    return {"name": "payments.xlsx", "mimeType": XLSX, "buffer": book(*rows)}


def test_from_the_old_table_to_the_books(chromium, product: Product, taken_over: Any) -> None:
    here = f"/finance/funds/{taken_over['fund']}"
    ground: Ground = taken_over["ground"]
    people = People(chromium, product, "en", PICTURES / "outside")
    good = (paid("A1", FIRST, 400, "VIR-1", ADVANCE, purpose="Avance"), paid("A1", SECOND, 250.5, "VIR-2"))
    try:
        manager = people["manager"].goes("/account/sign-in").types(email=taken_over["manager"], password=PASSWORD)
        manager.presses().goes(f"{here}/outside").looks("empty").follows("/outside/new").looks("new")
        manager.page.set_input_files('input[name="file"]', file(*good, paid("A9", FIRST, "ten", "VIR-3")))
        manager.presses().looks("refused").reads("No award of this fund has the reference")
        manager.goes(f"{here}/outside/new").page.set_input_files('input[name="file"]', file(*good))
        manager.presses().looks("preview").reads("An accountant other than")
        where = manager.page.url.partition("/finance/")[2]

        accountant = people["accountant"].goes("/account/sign-in")
        accountant.types(email=taken_over["accountant"], password=PASSWORD).presses()
        accountant.goes(f"/finance/{where}").confirms("/confirm")
        accountant.page.wait_for_timeout(500)
        for _ in range(60):
            accountant.goes(f"/finance/{where}")
            if "In the books since" in accountant.page.inner_text("main"):
                break
            accountant.page.wait_for_timeout(500)
        accountant.looks("entered").reads("VIR-2")

        auditor = people["auditor"].goes("/account/sign-in").types(email=taken_over["auditor"], password=PASSWORD)
        auditor.presses().goes(f"{here}/journal").looks("journal").reads("Made elsewhere")
        with installation(product):
            agreement = str(ground.agreement("A1").id)
        auditor.goes(f"/finance/agreements/{agreement}").looks("agreement").reads("Paid outside")
        auditor.page.set_viewport_size(NARROW)
        auditor.goes(f"/finance/{where}").looks("entered-phone")
        auditor.page.set_viewport_size(WIDE)

        accountant.goes(f"/finance/{where}").confirms("/undo", reason="The file of another year.")
        accountant.looks("undone").reads("Taken back by contra-entries")
    finally:
        people.leave()
    product.command("doctor")
