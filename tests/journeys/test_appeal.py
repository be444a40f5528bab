"""In French: a file is declared inadmissible, its founder appeals, another officer upholds it, the file is admitted."""

from datetime import timedelta

import pytest

from grants.applications.models import ApplicationState
from grants.applications.queries import own_application
from grants.applications.submitted import content_hash
from grants.calls.models import CallState
from grants.cli.demo_words import evidence
from grants.core.clock import now
from grants.core.db import db
from grants.people.models import Role
from grants.people.passwords import hash_password
from tests.applications.ground import draft, ground
from tests.factories import (
    CallFactory,
    ClusterFactory,
    FundFactory,
    PersonFactory,
    submitted,
    with_role,
)
from tests.journeys.conftest import PICTURES
from tests.journeys.people import People, Somebody
from tests.journeys.product import Product
from tests.journeys.test_eligibility import installation

PASSWORD = "quatre mots bien choisis"
FOUNDER, REFUSER, JUDGE = "recours@exemple.ma", "refuse@fonds.exemple.ma", "entend@fonds.exemple.ma"
REASON = "La lettre de la banque manque."
GROUNDS = "La lettre de la banque était jointe à la page 3 du dossier."
OUTCOME = "La lettre est bien à la page 3."


@pytest.fixture
def application(product: Product) -> str:
    """A file submitted to a call that closed an hour ago; its founder and two programme officers."""
    with installation(product):
        cluster = ClusterFactory(code="RECOURS", name="Grappe du recours")
        call = CallFactory(fund=FundFactory(cluster=cluster, code="RECOURS"), code="2026-REC")
        on = ground(fund=call.fund, code="2026-RECOURS")
        hashed = hash_password(PASSWORD)
        on.lead.email, on.lead.name, on.lead.locale, on.lead.password_hash = FOUNDER, "Amina Benali", "fr", hashed
        on.organisation.name = "Sahel Capteurs"
        for email, name in ((REFUSER, "Salma Idrissi"), (JUDGE, "Youssef Amrani")):
            person = PersonFactory(name=name, email=email, locale="fr", password_hash=hashed)
            with_role(Role.OFFICER, cluster=cluster, person=person)
        made = draft(on, state=ApplicationState.SUBMITTED, **submitted(1) | {"reference": "2026-RECOURS-0001"})
        made.submitted_at = now() - timedelta(hours=2)
        on.call.last_reference = 1
        on.call.state, on.call.closes_at = CallState.CLOSED, now() - timedelta(hours=1)
        made.content_hash = content_hash(own_application(on.lead, made.id))
        db.session.commit()
        return str(made.id)


def signed_in(people: People, name: str, email: str) -> Somebody:
    return people[name].goes("/account/sign-in").types(email=email, password=PASSWORD).presses()


def test_from_a_refused_admissibility_to_an_upheld_appeal(chromium, product: Product, application: str) -> None:
    people = People(chromium, product, "fr", PICTURES / "appeal")
    file, mine = f"/staff/applications/{application}", f"/applicant/applications/{application}"
    try:
        refuser = signed_in(people, "refuser", REFUSER).goes(file).follows("/refuse-admission")
        refuser.types(reason=REASON).presses()

        letter = product.letter_to(FOUNDER, containing=REASON)
        founder = signed_in(people, "founder", FOUNDER).goes(product.link_in(letter)).looks("refused")
        founder.reads(REASON).follows("/appeal").looks("appeal-form")

        founder.types(grounds=GROUNDS)
        founder.page.context.clear_cookies(name="session")  # the session ends while she writes
        founder.presses()
        founder.types(email=FOUNDER, password=PASSWORD).presses()
        assert founder.page.input_value('main [name="grounds"]') == GROUNDS, "what was typed came back"
        bank = {"name": "banque.pdf", "mimeType": "application/pdf", "buffer": evidence("Lettre de la banque")}
        founder.page.set_input_files('main input[type="file"]', bank)
        founder.page.locator('main form.form .actions button[type="submit"]').first.click()
        founder.page.wait_for_url(f"**{mine}*")
        founder.looks("appeal-filed").reads(GROUNDS).reads("banque.pdf")
        product.letter_to(FOUNDER, containing=GROUNDS)
        founder.goes("/applicant/").looks("home-with-appeal")

        refuser.goes("/staff/applications").follows("/appeals").looks("appeals-of-the-refuser")
        refuser.follows("/staff/appeals/").looks("not-for-the-refuser")
        assert refuser.page.locator('main [name="reasons"]').count() == 0

        letter = product.letter_to(JUDGE, containing=REASON)
        judge = signed_in(people, "judge", JUDGE).goes(product.link_in(letter)).looks("appeal-to-hear")
        judge.reads(GROUNDS).reads("Salma Idrissi").reads("banque.pdf")
        judge.presses("/uphold").looks("reasons-missing")
        judge.types(reasons=OUTCOME).presses("/uphold").looks("appeals-heard")

        letter = product.letter_to(FOUNDER, containing=OUTCOME)
        founder.goes(product.link_in(letter)).looks("appeal-upheld").reads(OUTCOME)
        judge.goes(file).looks("file-with-appeal").presses("/admit").looks("admissible")
        founder.goes(mine).looks("admissible-for-the-founder")
    finally:
        people.leave()
    product.command("doctor")
