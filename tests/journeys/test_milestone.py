"""In French: a milestone is planned, reported on, asked about, answered and accepted; then the instalment opens."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from grants.applications.queries import own_application
from grants.applications.submitted import content_hash
from grants.awards import queries, visa
from grants.awards.service import Plan
from grants.cli.demo_words import evidence
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import Words
from grants.people.models import Person
from grants.people.passwords import hash_password
from tests.awards.test_award_story import act, funded
from tests.journeys.conftest import PICTURES
from tests.journeys.people import People, Somebody
from tests.journeys.product import Product
from tests.journeys.test_eligibility import installation
from tests.story import set_stage
from workflows import award as agreements

PASSWORD = "quatre mots bien choisis"
SEND = 'form[data-autosave] .actions button[type="submit"]:not([name])'
FOLLOWED = {
    "milestones": [],
    "questions": [
        {"label": {"fr": "Ce qui a été livré"}, "kind": "text", "financial": False, "required": True},
        {"label": {"fr": "Sites équipés"}, "kind": "number", "financial": False, "required": False},
    ],
    "supports": [],
}


@pytest.fixture
def case(product: Product) -> dict[str, str]:
    """An agreement that the officer prepared, its people by e-mail."""
    with installation(product):
        stage = set_stage(applications=2)
        stage.call.follow_up, stage.call.prefinancing = FOLLOWED, False
        stage.call.retention, stage.call.title = 1_000, Words(fr="Tatwir des jalons", en="Tatwir of milestones")
        stage.commission.name = Words(fr="Services mobiles", en="Mobile services")
        for one in stage.applications:
            one.submitted_at, one.title = now() - timedelta(days=30), "Capteurs du littoral"
        db.session.flush()
        for one in stage.applications:
            lead = db.session.get_one(Person, one.lead_id)
            one.content_hash = content_hash(own_application(lead, one.id))
        agreement = funded(stage).agreement
        today = now().date()
        days = today + timedelta(days=10), today + timedelta(days=200), today + timedelta(days=360)
        plan = Plan(today, today + timedelta(days=365), days)
        act(agreements.prepare, agreement, plan, None, actor=stage.officer)
        made = {"agreement": str(agreement.id), "due": (today + timedelta(days=5)).isoformat()}
        people = {
            "officer": ("Salma Idrissi", stage.officer),
            "owner": ("Imane Zerouali", stage.owner()),
            "authorising": ("Rachid Kettani", stage.authorising),
            "accountant": ("Houda Sefrioui", stage.accountant),
        }
        for key, (name, person) in people.items():
            person.name, person.locale, person.password_hash = name, "fr", hash_password(PASSWORD)
            person.email = f"jalon-{key}-{person.id.hex[:8]}@fonds.example"
            made[key] = person.email
        db.session.commit()
        return made


def signed_in(people: People, name: str, email: str) -> Somebody:
    return people[name].goes("/account/sign-in").types(email=email, password=PASSWORD).presses()


def in_force(case: dict[str, str], product: Product) -> None:
    """What other journeys show: commitment, visa, signatures."""
    with installation(product):

        def person(key: str) -> Person:
            return db.session.scalars(select(Person).where(Person.email == case[key])).one()

        for verb, key in (
            (agreements.propose_commitment, "authorising"),
            (partial(agreements.grant_visa, ticked=visa.ALL), "accountant"),
            (agreements.open_signature, "officer"),
            (agreements.sign, "owner"),
            (agreements.countersign, "authorising"),
        ):
            verb(queries.agreement(person(key), case["agreement"]), actor=person(key))


def test_from_the_plan_to_the_instalment_that_opens(chromium, product: Product, case: dict[str, str]) -> None:
    people = People(chromium, product, "fr", PICTURES / "milestone")
    staff, mine = f"/staff/agreements/{case['agreement']}", f"/applicant/agreements/{case['agreement']}"
    try:
        officer = signed_in(people, "officer", case["officer"]).goes(staff).follows("/plan").looks("plan")
        officer.types(title__0="Pilote installé", due__0=case["due"], deliverables__0="Deux sites équipés.")
        officer.page.select_option('main select[name="waits-0"]', value="1")
        officer.presses("/plan/milestones").looks("planned").reads("Pilote installé")
        in_force(case, product)

        owner = signed_in(people, "owner", case["owner"]).goes("/applicant/").looks("home").goes(mine)
        owner.looks("instalment-waits")
        assert owner.page.locator('form[action$="/claim"]').count() == 0, "it waits"
        owner.follows("/milestones/").looks("report-to-write")
        owner.page.locator("main textarea").first.fill("Deux sites équipés à Agadir et à Essaouira.")
        file = {"name": "photos.pdf", "mimeType": "application/pdf", "buffer": evidence("Les deux sites")}
        owner.page.set_input_files('main input[type="file"]', file)
        owner.page.locator(SEND).click()
        owner.page.wait_for_selector("#report")
        owner.looks("reported").reads("photos.pdf")

        officer.goes("/finance/schedule").looks("schedule").follows("/staff/milestones/").looks("to-examine")
        officer.confirms("/ask-about-report", reason="Depuis quelle date ?").looks("asked")
        letter = product.letter_to(case["owner"], containing="Depuis quelle date ?")
        owner.goes(product.link_in(letter)).looks("clarification-to-answer")
        owner.types(reply="Depuis le 3 du mois.")
        owner.page.locator(SEND).click()
        owner.page.wait_for_selector("#report")
        officer.goes(officer.page.url).reads("Depuis le 3 du mois.").presses("/accept-report").looks("accepted")

        owner.goes(mine).looks("instalment-open")
        assert owner.page.locator('form[action$="/claim"]').count() == 1
    finally:
        people.leave()
