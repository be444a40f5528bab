"""Writing together, and what goes wrong meanwhile: a session that ends, two people in one section, a cut network."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import delete

from grants.applications.models import Application
from grants.core.db import db
from grants.people.models import Person, Right, SignIn
from grants.people.passwords import hash_password
from tests.factories import (
    ApplicationFactory,
    CallFactory,
    ClusterFactory,
    CommissionFactory,
    EnvelopeFactory,
    FundFactory,
    MembershipFactory,
    OrganisationFactory,
    PersonFactory,
)
from tests.journeys.conftest import PICTURES
from tests.journeys.people import People, Somebody
from tests.journeys.product import Product
from tests.journeys.test_eligibility import installation

PASSWORD = "quatre mots bien choisis"
TEXT = "Le problème est grand.\n\nLa solution est simple.\n\nL’équipe est prête."
SAVE = "main form.form .actions button:not([name])"


@dataclass(frozen=True)
class World:
    """A draft, and the addresses of the two who write it."""

    application: str
    owner: str
    editor: str

    @property
    def project(self) -> str:
        return f"/applicant/applications/{self.application}/project"


@pytest.fixture
def world(product: Product) -> World:
    with installation(product):
        cluster = ClusterFactory()
        call = CallFactory(fund=FundFactory(cluster=cluster))
        commission = CommissionFactory(cluster=cluster)
        EnvelopeFactory(call=call, commission=commission)
        organisation, hashed = OrganisationFactory(name="Sahel Capteurs"), hash_password(PASSWORD)
        people = [PersonFactory(name=name, password_hash=hashed) for name in ("Imane Zerouali", "Youssef Alami")]
        MembershipFactory(organisation=organisation, person=people[1], right=Right.EDITOR)
        draft = ApplicationFactory(
            call=call,
            organisation=organisation,
            lead=people[0],
            commission=commission,
            currency=call.currency,
            title="Capteurs",
            summary="",
            description=TEXT,
        )
        db.session.commit()
        return World(str(draft.id), people[0].email, people[1].email)


def signs_in(somebody: Somebody, address: str) -> Somebody:
    return somebody.goes("/account/sign-in").types(email=address, password=PASSWORD).presses()


def presses_save(somebody: Somebody) -> Somebody:
    with somebody.page.expect_navigation():
        somebody.page.locator(SAVE).first.click()
    return somebody


def state_of(somebody: Somebody, state: str) -> None:
    """Waits until the line under the form says so: ok or off."""
    somebody.page.locator(f'[data-savestate][data-state="{state}"]').wait_for()


def kept(product: Product, world: World) -> tuple[str, str, str]:
    """Title, summary and description as they are saved."""
    with installation(product):
        found = db.session.get_one(Application, UUID(world.application))
        return found.title, found.summary, found.description


def session_ends(product: Product, address: str) -> None:
    with installation(product):
        whose = db.session.query(Person.id).filter(Person.email == address).scalar_subquery()
        db.session.execute(delete(SignIn).where(SignIn.person_id == whose))
        db.session.commit()


def test_the_session_ends_in_the_middle(chromium, product: Product, world: World) -> None:
    people = People(chromium, product, "fr", PICTURES / "redaction-session")
    try:
        imane = signs_in(people["imane"], world.owner).goes(world.project)
        imane.types(title="Capteurs d’irrigation")
        state_of(imane, "ok")
        session_ends(product, world.owner)
        imane.types(summary="Des capteurs sobres, pour les oasis.")
        state_of(imane, "off")
        imane.types(description="Une page entière, écrite sans session.")
        assert kept(product, world)[1] == "", "nothing is saved for somebody signed out"
        presses_save(imane)
        assert "/account/sign-in" in imane.page.url
        imane.complaints.clear()  # the browser reports each refused autosave
        imane.looks("sign-in-again").types(email=world.owner, password=PASSWORD).presses()
        imane.looks("what-was-typed")
        assert world.project in imane.page.url
        assert imane.page.input_value('main [name="summary"]') == "Des capteurs sobres, pour les oasis."
        assert imane.page.input_value('main [name="description"]') == "Une page entière, écrite sans session."
        presses_save(imane)
        assert kept(product, world) == (
            "Capteurs d’irrigation",
            "Des capteurs sobres, pour les oasis.",
            "Une page entière, écrite sans session.",
        )
    finally:
        people.leave()


def test_signing_in_again_in_another_tab(chromium, product: Product, world: World) -> None:
    """The first tab goes on saving by itself: it gets the token of the new session."""
    people = People(chromium, product, "fr", PICTURES / "redaction-onglet")
    try:
        imane = signs_in(people["imane"], world.owner).goes(world.project)
        session_ends(product, world.owner)
        imane.types(summary="Écrit sans session.")
        state_of(imane, "off")
        other = imane.page.context.new_page()
        other.goto(f"{product.url}/account/sign-in")
        other.fill('main [name="email"]', world.owner)
        other.fill('main [name="password"]', PASSWORD)
        with other.expect_navigation():
            other.locator('main form button[type="submit"]').first.click()
        assert "parked=" in other.url, "what waits is offered first"
        imane.types(summary="Écrit sans session, puis avec.")
        state_of(imane, "ok")
        assert kept(product, world)[1] == "Écrit sans session, puis avec."
        other.goto(f"{product.url}/account/parked")
        assert other.locator("main textarea").count() == 0, "what is saved waits no more"
    finally:
        people.leave()


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_two_people_in_one_section(chromium, product: Product, world: World, language: str) -> None:
    people = People(chromium, product, language, PICTURES / f"redaction-a-deux-{language}")
    try:
        imane, youssef = signs_in(people["imane"], world.owner), signs_in(people["youssef"], world.editor)
        imane.goes(world.project).types(title="Capteurs d’irrigation")
        state_of(imane, "ok")
        youssef.goes(world.project)
        presses_save(imane.goes(world.project).types(description=TEXT.replace("grand", "immense")))
        youssef.types(description=TEXT.replace("prête", "complète"))
        state_of(youssef, "off")
        youssef.complaints.clear()
        presses_save(youssef)
        youssef.complaints.clear()  # 409 is what the page answers
        youssef.looks("both-texts").reads("Imane Zerouali")
        both = TEXT.replace("grand", "immense").replace("prête", "complète")
        assert youssef.page.input_value('main [name="description"]') == both
        with youssef.page.expect_navigation():
            youssef.page.locator("main form.both .actions button").first.click()
        assert kept(product, world)[2] == both

        history = f"/applicant/applications/{world.application}/history"
        youssef.goes(history).looks("versions").reads("immense")
        youssef.follows(f"{history}/").looks("one-version")
        comments = f"/applicant/applications/{world.application}/comments/project"
        youssef.goes(comments).types(text="« immense », vraiment ?").presses().looks("comment")
        imane.goes(world.project).looks("section-with-comment").goes(comments).presses("/settle").looks("settled")
    finally:
        people.leave()


def test_the_network_is_cut_in_the_middle(chromium, product: Product, world: World) -> None:
    people = People(chromium, product, "fr", PICTURES / "redaction-coupure")
    try:
        imane = signs_in(people["imane"], world.owner).goes(world.project)
        imane.page.context.set_offline(True)
        imane.types(summary="Écrit dans le train, sans réseau.")
        state_of(imane, "off")
        assert imane.page.input_value('main [name="summary"]') == "Écrit dans le train, sans réseau."
        assert kept(product, world)[1] == ""
        imane.page.context.set_offline(False)
        state_of(imane, "ok")
        assert kept(product, world)[1] == "Écrit dans le train, sans réseau."
        imane.complaints.clear()
        imane.looks("saved-again")
    finally:
        people.leave()
