"""In French: the committee looks at the whole picture, tries, confirms, decides on several, transfers, announces."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from grants.applications.models import Application
from grants.applications.queries import own_application
from grants.applications.submitted import content_hash
from grants.awards.models import Decision
from grants.calls.models import Feedback
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import Words
from grants.people.models import Person
from grants.people.passwords import hash_password
from tests.awards.committee import Ground, ground
from tests.journeys.conftest import PICTURES
from tests.journeys.people import People
from tests.journeys.product import Product
from tests.journeys.test_eligibility import installation

PASSWORD = "quatre mots bien choisis"
NAMES = {"A": "Capteurs du littoral", "B": "Paiement mobile rural", "C": "Archives vocales", "D": "Atelier de l’IA"}
PREVIEW = 'button[value="preview"]'


def _file(decision_id: UUID) -> Application:
    found = select(Application).join(Decision, Decision.application_id == Application.id)
    return db.session.scalars(found.where(Decision.id == decision_id)).one()


@pytest.fixture
def case(product: Product) -> dict[str, Any]:
    """Two rankings proposed; the member's account; the call's id, the decisions' and the commissions' ids."""
    with installation(product):
        made: Ground = ground()
        lead_of = _file(made.rows["A"]).lead_id
        emails = f"comite-{lead_of.hex}@fonds.example", f"porteuse-{lead_of.hex}@capteurs.example"
        made.member.email, made.member.name, made.member.locale = emails[0], "Amina Chraibi", "fr"
        made.member.password_hash = hash_password(PASSWORD)
        made.stage.call.title = Words(fr="Tatwir du comité", en="The committee’s Tatwir")
        made.stage.call.feedback = Feedback.TOTAL
        made.first.name, made.second.name = Words(fr="Services mobiles"), Words(fr="Intelligence artificielle")
        for name, id in made.rows.items():
            application = _file(id)
            application.title, application.submitted_at = NAMES[name], now() - timedelta(days=30)
        db.session.flush()
        for id in made.rows.values():
            application = _file(id)
            whole = own_application(db.session.get_one(Person, application.lead_id), application.id)
            application.content_hash = content_hash(whole)
        lead = db.session.get_one(Person, lead_of)
        lead.email, lead.name, lead.locale = emails[1], "Imane Zerouali", "fr"
        db.session.commit()
        rows = {name: str(id) for name, id in made.rows.items()}
        themes = {"first": str(made.first.id), "second": str(made.second.id)}
        return {"call": str(made.call_id), "rows": rows, "themes": themes, "member": emails[0], "lead": emails[1]}


def test_from_the_picture_to_the_letters(chromium, product: Product, case) -> None:
    rows, themes, who = case["rows"], case["themes"], case["member"]
    here = f"/board/calls/{case['call']}"
    people = People(chromium, product, "fr", PICTURES / "committee")
    try:
        member = people["member"].goes("/account/sign-in").types(email=who, password=PASSWORD).presses()
        member.goes(f"{here}/picture").looks("picture").reads("Capteurs du littoral")

        member.follows("/plan").looks("what-if-empty")
        member.page.fill(f'[name="line-{themes["first"]}"]', "1")
        member.page.wait_for_function(
            "id => document.querySelector(`[data-text='row-${id}']`).textContent.includes('Sort')", arg=rows["B"]
        )
        member.page.context.clear_cookies(name="session")
        member.goes(f"{here}/plan").types(email=who, password=PASSWORD).presses()
        member.goes(f"{here}/plan").looks("what-if-kept")
        assert member.page.input_value(f'[name="line-{themes["first"]}"]') == "1", "it survived the sign-out"
        member.page.fill(f'[name="amount-{rows["A"]}"]', "500 000")
        member.page.fill(f'[name="reason-{rows["A"]}"]', "Le lot 3 est retiré.")
        member.presses(button=PREVIEW)
        member.looks("preview").reads("Le lot 3 est retiré.").presses("/plan/confirm").looks("confirmed")

        member.page.select_option('[name="source"]', themes["first"])
        member.page.select_option('[name="target"]', themes["second"])
        member.types(amount="300 000", reason="Plus de dossiers en intelligence artificielle.")
        member.presses("/transfers").looks("transferred").reads("Plus de dossiers")

        member.goes(f"{here}/decisions").looks("decisions").ticks("chosen", rows["D"])
        member.page.select_option("#together-outcome", "funded")
        member.presses("/plan/choose").looks("several").presses("/plan/confirm")

        member.goes(f"{here}/letters?occasion=funded&project={rows['A']}").looks("letters")
        member.types(body__fr="Bravo {name} : {amount} pour {titre}.").presses().looks("unknown-place")
        member.types(body__fr="Bravo {name} : {amount} pour {title}.\n\n{scores}").presses().looks("worded")
        member.reads("Bravo Imane Zerouali")

        member.goes(f"{here}/decisions").confirms("/decide").looks("announced")
        letter = product.letter_to(case["lead"], containing="Bravo Imane Zerouali")
        assert letter
    finally:
        people.leave()
    product.command("doctor")


def test_the_same_pages_in_arabic(chromium, product: Product, case) -> None:
    themes, who = case["themes"], case["member"]
    here = f"/board/calls/{case['call']}"
    people = People(chromium, product, "ar", PICTURES / "committee-ar")
    try:
        member = people["member"].goes("/account/sign-in").types(email=who, password=PASSWORD).presses()
        member.page.locator('button[value="ar"]').first.click()
        member.goes(f"{here}/picture").looks("picture")
        member.goes(f"{here}/plan")
        member.page.fill(f'[name="line-{themes["first"]}"]', "1")
        member.presses(button=PREVIEW).looks("preview")
        member.goes(f"{here}/letters").looks("letters")
    finally:
        people.leave()
