"""In English: a seat is declined, another reviewer takes it with one press, says what they know, bids by the keyboard
and declares a conflict of interest."""

import re
from datetime import timedelta

import pytest

from grants.applications.models import ApplicationState
from grants.calls.models import CallState
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import Words
from grants.people.models import Role
from grants.people.passwords import hash_password
from grants.reviews.panel_models import Topic
from tests.factories import (
    ApplicationFactory,
    CallFactory,
    CommissionFactory,
    FundFactory,
    PersonFactory,
    submitted,
    with_role,
)
from tests.journeys.conftest import PICTURES
from tests.journeys.people import People, Somebody
from tests.journeys.product import Product
from tests.journeys.test_eligibility import installation

PASSWORD = "four words well chosen"
CHAIR, GUEST, SECOND = "chair@panel.example", "guest@panel.example", "second@panel.example"
TITLES = ("Remote care in the mountains", "A market for olive oil")


@pytest.fixture
def panel(product: Product) -> str:
    """The panel's address, in a call that has closed: two eligible files, a chair, a reviewer of another commission."""
    with installation(product):
        fund = FundFactory(code="PANEL")
        here, other = CommissionFactory(cluster=fund.cluster), CommissionFactory(cluster=fund.cluster)
        call = CallFactory(
            fund=fund,
            code="2026-PANEL",
            state=CallState.CLOSED,
            closes_at=now() - timedelta(days=2),
            reviews_due_at=now() + timedelta(days=20),
        )
        for n, title in enumerate(TITLES, 1):
            ApplicationFactory(
                call=call, commission=here, state=ApplicationState.ELIGIBLE, **submitted(n) | {"title": title}
            )
        db.session.add(Topic(commission_id=here.id, position=1, name=Words(en="Health", fr="Santé"), words=["care"]))
        hashed = hash_password(PASSWORD)
        for email, name, role, place in (
            (CHAIR, "Omar Fassi", Role.CHAIR, here),
            (SECOND, "Anas Berrechid", Role.REVIEWER, other),
        ):
            who = PersonFactory(email=email, name=name, locale="en", password_hash=hashed)
            with_role(role, commission=place, person=who)
        db.session.commit()
        return f"/commission/calls/{call.id}/{here.id}/panel"


def signed_in(people: People, name: str, email: str) -> Somebody:
    return people[name].goes("/account/sign-in").types(email=email, password=PASSWORD).presses()


def link(product: Product, address: str, which: str) -> str:
    found = re.search(rf"{re.escape(product.url)}\S+/{which}\b", product.letter_to(address, containing=f"/{which}"))
    assert found
    return found.group()


def test_from_an_invitation_to_bids(chromium, product: Product, panel: str) -> None:
    people = People(chromium, product, "en", PICTURES / "panel")
    try:
        chair = signed_in(people, "chair", CHAIR).goes(panel).looks("panel-of-nobody")
        chair.types(name="Nawal Cherkaoui", email=GUEST, most="6").presses("/panel").looks("invited")

        guest = people["guest"].goes(link(product, GUEST, "accept")).looks("a-seat").follows("/decline")
        guest.types(reason="I am abroad.").looks("decline").presses().looks("declined").reads("You have declined")

        product.letter_to(CHAIR, containing="I am abroad.")
        chair.goes(panel).looks("somebody-to-find").reads("Proposed instead: Anas Berrechid")
        replace = chair.page.locator('main form[action*="/replace/"] button').first
        with chair.page.expect_navigation():
            replace.click()
        chair.reads("Anas Berrechid is invited instead")

        second = people["second"].goes(link(product, SECOND, "accept")).presses().looks("accepted")
        second.reads("the seat is yours")
        signed_in(people, "second", SECOND).goes("/commission/expertise").looks("expertise")
        second.page.locator('main input[name="topics"]').first.check(force=True)
        second.types(keywords="USSD, sensors").presses("/expertise")
        day = f"{now().date() + timedelta(days=3)}"
        second.types(starts_on=day, ends_on=day).presses("/away").looks("expertise-kept")

        second.goes("/commission/seats").looks("seats").follows("/bids").looks("bids")
        second.page.locator('main input[type="radio"]').first.focus()
        with second.page.expect_response(lambda answer: answer.request.method == "POST"):
            second.page.keyboard.press("2")
        second.page.locator("[data-saidtext]", has_text="1").wait_for()
        second.goes(second.page.url)
        assert second.page.locator('main input[type="radio"][value="willing"]').first.is_checked(), (
            "kept as it was said"
        )

        second.page.locator("main fieldset", has_text=TITLES[1]).get_by_role("link").click()
        second.looks("conflict").types(reason="My cousin owns it.").presses().looks("bids-without-it")
        assert TITLES[1] not in second.page.locator("main").inner_text()
        chair.goes(panel).looks("panel-covered").reads("USSD")
    finally:
        people.leave()
