"""In English: a file misses a document, is completed after the call has closed, then a clarification is answered."""

from datetime import timedelta

import pytest

from grants.applications.models import ApplicationState
from grants.calls.models import CallState
from grants.cli.demo_words import evidence
from grants.core.clock import now
from grants.core.db import db
from grants.people.models import Role
from grants.people.passwords import hash_password
from tests.applications.ground import draft, ground
from tests.factories import PersonFactory, submitted, with_role
from tests.journeys.conftest import PICTURES
from tests.journeys.people import People, Somebody
from tests.journeys.product import Product
from tests.journeys.test_eligibility import installation

PASSWORD = "four words well chosen"
FOUNDER, OFFICER = "founder@example.org", "officer@example.org"
MISSING, QUESTION = "The letter of the bank is missing.", "How many merchants will test the prototype?"


@pytest.fixture
def application(product: Product) -> str:
    """A file submitted to a call that closed an hour ago; its founder and a programme officer have passwords."""
    with installation(product):
        on = ground(code="2026-LATE")
        hashed = hash_password(PASSWORD)
        on.lead.email, on.lead.name, on.lead.locale, on.lead.password_hash = FOUNDER, "Amina Benali", "en", hashed
        officer = PersonFactory(name="Salma Idrissi", email=OFFICER, locale="en", password_hash=hashed)
        with_role(Role.OFFICER, cluster=on.call.fund.cluster, person=officer)
        made = draft(on, state=ApplicationState.SUBMITTED, **submitted(1) | {"reference": "2026-LATE-0001"})
        made.submitted_at = now() - timedelta(hours=2)
        on.call.last_reference = 1
        on.call.state, on.call.closes_at = CallState.CLOSED, now() - timedelta(hours=1)
        db.session.commit()
        return str(made.id)


def signed_in(people: People, name: str, email: str) -> Somebody:
    return people[name].goes("/account/sign-in").types(email=email, password=PASSWORD).presses()


def test_completed_after_the_closing_and_a_question_answered(chromium, product: Product, application: str) -> None:
    people = People(chromium, product, "en", PICTURES / "incomplete")
    file, mine = f"/staff/applications/{application}", f"/applicant/applications/{application}"
    try:
        officer = signed_in(people, "officer", OFFICER).goes(file).follows("/declare-incomplete")
        officer.types(reason=MISSING).looks("ask-for-completion").presses()

        letter = product.letter_to(FOUNDER, containing=MISSING)
        founder = signed_in(people, "founder", FOUNDER).goes(product.link_in(letter)).looks("to-be-completed")
        founder.reads(MISSING).goes(f"{mine}/documents")
        bank = {"name": "bank.pdf", "mimeType": "application/pdf", "buffer": evidence("Letter of the bank")}
        founder.page.set_input_files('main input[type="file"]', bank)
        founder.presses(button='button[type="submit"]:not(.ibtn)')
        founder.goes(f"{mine}/check").looks("check-again").presses("/submit").looks("receipt-again")
        founder.reads("2026-LATE-0001")

        officer.goes(file).reads("bank.pdf").presses("/admit").follows("/clarifications/new")
        officer.types(question=QUESTION).looks("ask-for-a-clarification").presses().looks("file-with-question")

        letter = product.letter_to(FOUNDER, containing=QUESTION)
        founder.goes(product.link_in(letter)).looks("clarification").types(answer="Twelve, in Fez and Salé.")
        founder.page.set_input_files('main input[type="file"]', bank | {"name": "merchants.pdf"})
        founder.presses(button='button[name="go"]').reads("merchants.pdf").looks("clarification-saved")
        assert "Twelve" not in officer.goes(file).page.locator("main").inner_text(), "not sent yet"
        founder.presses("", button='button[type="submit"]:not([name]):not(.ibtn)').looks("answered")

        letter = product.letter_to(OFFICER, containing="Twelve")
        officer.goes(product.link_in(letter)).reads("Twelve, in Fez and Salé.").looks("file-with-answer")
        officer.reads("merchants.pdf").presses("/find-eligible").looks("eligible")
        founder.goes(mine).looks("eligible-for-the-founder")
    finally:
        people.leave()
    product.command("doctor")
