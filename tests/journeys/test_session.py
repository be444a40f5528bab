"""A whole session in two windows: quorum lost and regained, a recusal, a tie broken, a file moved by
consensus, minutes signed."""

from typing import Any

import pytest
from playwright.sync_api import expect

from grants.core.db import db
from grants.people.passwords import hash_password
from grants.sessions import queries
from tests.journeys.conftest import PICTURES
from tests.journeys.people import People, Somebody
from tests.journeys.product import Product
from tests.journeys.test_eligibility import installation
from tests.sessions.ground import ground

PASSWORD = "quatre mots bien choisis"
TITLES = ("Paiement mobile hors ligne", "Capteurs d’irrigation", "Covoiturage inter-villes", "Traduction du darija")
SOON = 20_000  # milliseconds: a screen asks every second, and the machine may be busy


@pytest.fixture
def sitting(product: Product) -> dict[str, Any]:
    """Four reviewed files, two of them with equal marks; a chair and members who can sign in."""
    with installation(product):
        at = ground((8_000, 7_000, 7_000, 6_000), envelope=120_000_000)
        hashed = hash_password(PASSWORD)
        names = ("Omar Fassi", "Leila Berrada", "Hicham Lahlou", "Driss Amrani", "Mehdi Ouazzani")
        for person, name in zip([at.chair, *at.members], names, strict=True):
            person.name, person.locale, person.password_hash = name, "en", hashed
            person.email = f"{name.split()[0].lower()}.seance@exemple.ma"
        for application, title in zip(at.stage.applications, TITLES, strict=True):
            application.title = title
        who = {name.split()[0].lower(): one for name, one in zip(names, [at.chair, *at.members], strict=True)}
        found = {
            "id": str(at.id),
            "items": [str(at.item(n).id) for n in range(4)],
            "people": {name: one.email for name, one in who.items()},
            "ids": {name: str(one.id) for name, one in who.items()},
        }
        assert len(queries.members(at.session())) == 5
        db.session.commit()
        return found


def signed_in(people: People, name: str, email: str) -> Somebody:
    return people[name].goes("/account/sign-in").types(email=email, password=PASSWORD).presses()


def sees(one: Somebody, text: str) -> None:
    """Without touching the page: it follows by itself."""
    expect(one.page.locator("main")).to_contain_text(text, timeout=SOON)


def does(one: Somebody, part: str, person: str = "") -> None:
    """Press the button of the form whose action ends so; for this person where several have one."""
    form = f'main form[action$="{part}"]'
    if person:
        form += f':has(input[name="person"][value="{person}"])'
    elif part in {"/enter", "/leave"}:
        form += ':not(:has(input[name="person"]))'
    with one.page.expect_navigation():
        one.page.locator(f'{form} button[type="submit"]').first.click()


def unfolds(one: Somebody, id: str) -> None:
    box = one.page.locator(f"#{id}")
    if box.get_attribute("open") is None:
        box.locator("summary").click()


def ranks(one: Somebody) -> list[str]:
    return one.page.locator("#ranking tr.rank th > bdi").all_inner_texts()


def test_a_whole_session_in_two_windows(chromium, product: Product, sitting: dict[str, Any]) -> None:
    people = People(chromium, product, "en", PICTURES / "session")
    page, items, ids = f"/commission/sessions/{sitting['id']}", sitting["items"], sitting["ids"]
    try:
        chair = signed_in(people, "chair", sitting["people"]["omar"]).goes("/commission/sessions").looks("sessions")
        chair.goes(page).looks("planned")
        member = signed_in(people, "member", sitting["people"]["leila"]).goes(page)
        does(chair, "/open")
        sees(member, "I am here")
        does(member, "/enter")
        sees(chair, "No quorum: 2 of 5 present, 3 needed")
        does(chair, "/enter", ids["hicham"])
        sees(member, "Quorum reached: 3 of 5 present, 3 needed")

        # a file moved by consensus, seen on the other screen
        assert ranks(chair) == [TITLES[0], TITLES[1], TITLES[2], TITLES[3]]
        does(chair, f"/items/{items[3]}/open")
        sees(member, "Under discussion")
        chair.looks("under-discussion")
        unfolds(chair, "consensus")
        chair.types(mark="85", reason="Douze lettres d’intention signées.", dissent="M. Lahlou maintient 60.")
        does(chair, "/consensus")
        sees(member, "M. Lahlou maintient 60.")
        assert ranks(chair)[0] == ranks(member)[0] == TITLES[3]

        # the quorum is lost, nothing is agreed; it is regained
        does(member, "/leave")
        sees(chair, "No quorum: 2 of 5 present, 3 needed")
        unfolds(chair, "amount-box")
        chair.types(amount="500000")
        does(chair, "/amount")
        chair.looks("no-quorum").reads("There is no quorum on this file")
        assert chair.page.input_value('main [name="amount"]') == "500000"
        does(member, "/enter")
        chair.goes(page)
        sees(chair, "Quorum reached")
        does(chair, f"/items/{items[3]}/settle")

        # somebody steps aside: nothing of the file is left on their screen
        does(chair, f"/items/{items[0]}/open")
        sees(member, "I have a conflict of interest")
        unfolds(member, "aside-box")
        member.types(aside__reason="Mon frère y travaille.")
        does(member, "/step-aside")
        member.looks("stepped-aside").reads("You step aside from the file under discussion")
        assert TITLES[0] not in member.page.locator("main").inner_text()
        sees(chair, "steps aside from this file")
        does(chair, f"/items/{items[0]}/settle")
        for item in items[1:3]:
            does(chair, f"/items/{item}/open")
            does(chair, f"/items/{item}/settle")
        assert TITLES[0] not in member.page.locator("main").inner_text()

        # equal marks, and the line of the envelope
        chair.looks("settled").reads("equal marks: the earlier submission").reads("Line of the envelope")
        assert ranks(chair) == [TITLES[3], TITLES[0], TITLES[1], TITLES[2]]
        unfolds(chair, "close-it")
        does(chair, "/close")
        chair.looks("minutes").reads("M. Lahlou maintient 60.")
        does(chair, "/minutes/1/sign")
        sees(member, "Minutes to sign")

        other = signed_in(people, "other", sitting["people"]["hicham"]).goes(f"{page}/minutes")
        does(other, "/minutes/1/sign")
        other.looks("signed").reads("Minutes signed").reads("Everybody who sat")
        with chair.page.expect_download() as download:
            chair.page.locator('main a[href$="1.pdf"]').first.click()
        assert download.value.suggested_filename.startswith("PV-")
    finally:
        people.leave()
    product.command("doctor")
