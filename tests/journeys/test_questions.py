"""In French, then in Arabic: an officer asks for a table and a file; a founder fills in both by keyboard, pastes rows
from a spreadsheet, is told which cell is wrong, and reads it all before submitting."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from grants.applications.models import Application
from grants.calls import questionnaires
from grants.calls.models import Call, CallState
from grants.core.clock import now
from grants.core.db import db
from grants.people.models import Person
from grants.people.passwords import hash_password
from tests.applications.ground import ground
from tests.files import pdfs
from tests.journeys.conftest import PICTURES
from tests.journeys.people import NARROW, WIDE, People, Somebody
from tests.journeys.product import Product
from tests.journeys.test_files import installation

PASSWORD = "quatre mots bien choisis"
COPIED = "Oscilloscope\t1\t12 000\nCapteur\t40\t250,50\n"


@dataclass(frozen=True)
class World:
    call: str
    organisation: str


def address(who: str, language: str) -> str:
    return f"{who}-questions-{language}@exemple.ma"


def world(product: Product, language: str) -> World:
    """A draft call with its officer, and a founder with an organisation."""
    with installation(product):
        on = ground()
        on.call.state, on.call.published_at = CallState.DRAFT, None
        for person, who, name in ((on.lead, "fondatrice", "Imane Zerouali"), (on.officer, "instruction", "Salma")):
            person.name, person.email, person.locale = name, address(who, language), language
            person.password_hash = hash_password(PASSWORD)
        db.session.commit()
        return World(str(on.call.id), str(on.organisation.id))


def opened(product: Product, made: World, language: str) -> tuple[str, str]:
    """The call takes applications, and the organisation has begun one: its id, and that of the call's section."""
    with installation(product):
        call = db.session.get_one(Call, UUID(made.call))
        call.state, call.published_at = CallState.OPEN, now()
        asked = questionnaires.publish(call)
        assert asked is not None
        lead = db.session.scalars(select(Person).where(Person.email == address("fondatrice", language))).one()
        begun = Application(call=call, organisation_id=UUID(made.organisation), currency=call.currency, lead=lead)
        begun.questionnaire = asked
        db.session.add(begun)
        db.session.commit()
        return str(begun.id), asked.outline.parts[0].id


def asks(officer: Somebody, made: World) -> None:
    """A section with a table of three columns and a file."""
    base = f"/staff/calls/{made.call}/questionnaire"
    officer.goes(f"{base}/sections/new").types(title__fr="Matériel", title__ar="المعدات", title__en="Kit").presses()
    part = officer.page.url.rpartition("#part-")[2]
    officer.goes(f"{base}/{part}/new").types(label__fr="Que faut-il acheter ?", label__ar="ما الذي يجب شراؤه؟")
    officer.chooses(kind="table").types(column__0__fr="Équipement", column__0__ar="الجهاز")
    officer.types(column__1__fr="Nombre", column__1__ar="العدد").chooses(**{"cell-1": "number"})
    officer.types(column__2__fr="Prix", column__2__ar="الثمن").chooses(**{"cell-2": "money"})
    officer.page.locator('main input[name="needed-2"]').uncheck(force=True)
    officer.types(fewest="2", most="6").looks("table-designed").presses()
    officer.goes(f"{base}/{part}/new").types(label__fr="Un devis", label__ar="عرض أثمان").chooses(kind="file")
    officer.looks("file-designed").presses().looks("questions").goes(f"{base}/preview").looks("preview")


def typed(founder: Somebody, *words: str) -> None:
    """By keyboard, from one input to the next."""
    for word in words:
        founder.page.keyboard.type(word)
        founder.page.keyboard.press("Tab")


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_table_and_a_file_by_keyboard(chromium, product: Product, language: str) -> None:
    made = world(product, language)
    people = People(chromium, product, language, PICTURES / f"questions-{language}")
    signed_in: dict[str, Any] = {}
    try:
        for who in ("instruction", "fondatrice"):
            signed_in[who] = people[who].goes("/account/sign-in")
            signed_in[who].types(email=address(who, language), password=PASSWORD).presses()
        asks(signed_in["instruction"], made)
        application, part = opened(product, made, language)
        founder, page = signed_in["fondatrice"], f"/applicant/applications/{application}/answers/{part}"
        founder.goes(f"/calls/{made.call}").looks("public-call").goes(page).looks("empty")
        rows = founder.page.locator("main .grid__r")
        assert rows.count() == 3

        rows.nth(0).locator("input").nth(0).focus()
        typed(founder, "Serveur", "deux", "90 000")
        founder.page.keyboard.press("Tab")  # past the button that removes the row
        typed(founder, "Écran", "3", "")
        assert founder.page.evaluate("document.activeElement.name") == "go"
        add = founder.page.locator('main button[value^="rows-"]')
        add.focus()
        founder.page.keyboard.press("Enter")
        assert rows.count() == 4
        assert founder.page.evaluate("document.activeElement.name").endswith(
            str(rows.nth(3).locator("input").nth(0).get_attribute("name"))
        )
        founder.page.evaluate(
            """text => { const data = new DataTransfer(); data.setData("text/plain", text);
            document.activeElement.dispatchEvent(new ClipboardEvent("paste",
              { clipboardData: data, bubbles: true, cancelable: true })); }""",
            COPIED,
        )
        assert rows.count() == 5
        assert rows.nth(4).locator("input").nth(2).input_value() == "250,50"
        rows.nth(2).locator("button").focus()
        founder.page.keyboard.press("Enter")
        assert rows.count() == 4
        founder.looks("filled-in")

        rows.nth(0).locator("input").nth(0).focus()
        with founder.page.expect_navigation():
            founder.page.keyboard.press("Enter")
        assert founder.page.locator("main .errsum li").count() == 1
        founder.looks("one-cell-wrong")
        founder.page.locator("main .errsum a").focus()
        founder.page.keyboard.press("Enter")
        assert founder.page.evaluate("document.activeElement.value") == "deux"
        founder.page.keyboard.press("Control+A")
        founder.page.keyboard.type("2")
        founder.page.set_viewport_size(NARROW)
        founder.page.screenshot(path=PICTURES / f"questions-{language}" / "phone.png", full_page=True)
        founder.page.set_viewport_size(WIDE)

        letter = {"name": "devis.pdf", "mimeType": "application/pdf", "buffer": pdfs.pages("Devis")}
        founder.page.set_input_files('main input[type="file"]', letter)
        with founder.page.expect_navigation():
            founder.page.locator('main button[value^="attach-"]').press("Enter")
        founder.looks("attached")
        assert founder.page.locator("main .file").count() == 1
        founder.presses()
        assert "/budget" in founder.page.url
        founder.goes(f"/applicant/applications/{application}/check").looks("check").reads("Oscilloscope")
        founder.reads("devis.pdf")
        with installation(product):
            kept = db.session.get_one(Application, UUID(application)).answers
            (table,) = kept.values()
            assert [set(row.values()) for row in table] == [
                {"Serveur", 2, 9_000_000},
                {"Écran", 3},
                {"Oscilloscope", 1, 1_200_000},
                {"Capteur", 40, 25_050},
            ]
    finally:
        people.leave()
