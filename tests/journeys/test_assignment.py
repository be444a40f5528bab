"""In French: a chair asks for a proposal, reads who has how much and why, changes one pair by hand and another in the
workbook, sees what the file would change, and confirms the whole."""

from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from grants.applications.models import Application, ApplicationState
from grants.core.db import db
from grants.core.i18n import Words
from grants.people.models import Organisation, Person
from grants.people.passwords import hash_password
from grants.reviews.models import Review
from grants.reviews.panel_models import Bid, BidLevel, Expertise, ExpertiseTopic, Topic
from tests.factories import MembershipFactory
from tests.journeys.conftest import PICTURES
from tests.journeys.people import People, Somebody
from tests.journeys.product import Product
from tests.journeys.test_eligibility import installation
from tests.story import set_stage

PASSWORD = "four words well chosen"
CHAIR = "presidence@attribution.example"
REVIEWERS = ("Hicham Lahlou", "Leila Berrada", "Nawal Cherkaoui", "Omar Fassi")
TITLES = ("Soins à distance en montagne", "Un marché pour l’huile d’olive", "Capteurs d’eau", "Bus à la demande")


@pytest.fixture
def commission(product: Product) -> dict[str, Any]:
    """Four eligible files that want two reviewers each; the third of four reviewers speaks for the first applicant."""
    with installation(product):
        stage = set_stage(applications=len(TITLES))
        stage.call.reviewers_per_application = 2
        chair = stage.chair
        chair.email, chair.name, chair.locale, chair.password_hash = (
            CHAIR,
            "Salma Idrissi",
            "fr",
            hash_password(PASSWORD),
        )
        for n, (person, name) in enumerate(zip(stage.reviewers, REVIEWERS, strict=True)):
            person.name, person.email, person.locale = name, f"r{n}@attribution.example", "fr"
        for file, title in zip(stage.applications, TITLES, strict=True):
            file.title = title
        first = stage.applications[0]
        applicant = db.session.get_one(Organisation, first.organisation_id)
        MembershipFactory(organisation=applicant, person=stage.reviewers[2])
        care = Topic(commission_id=stage.commission.id, position=1, name=Words(fr="Santé"), words=["soins"])
        db.session.add_all([care, Expertise(person_id=stage.reviewers[1].id, keywords=["olive"])])
        db.session.flush()
        db.session.add(ExpertiseTopic(person_id=stage.reviewers[0].id, topic_id=care.id))
        db.session.add(Bid(application_id=first.id, person_id=stage.reviewers[0].id, level=BidLevel.EAGER))
        db.session.commit()
        return {
            "board": f"/commission/calls/{stage.call.id}/{stage.commission.id}",
            "references": [one.reference for one in stage.applications],
            "emails": {one.name: one.email for one in stage.reviewers},
        }


def held(who: Somebody, title: str) -> list[str]:
    """Whom the proposal gives this file to."""
    row = who.page.locator("main tr", has_text=title).first
    return [one.strip() for one in row.locator(".match summary bdi").all_inner_texts()]


def other_than(names: list[str], *but: str) -> str:
    return next(one for one in REVIEWERS if one not in names and one not in but)


def asked(product: Product, title: str) -> set[str]:
    with installation(product):
        wanted = select(Person.name).join(Review, Review.reviewer_id == Person.id)
        return set(db.session.scalars(wanted.join(Review.application).where(Application.title == title)))


def test_from_a_proposal_to_its_confirmation(chromium, product: Product, commission: dict[str, Any]) -> None:
    people = People(chromium, product, "fr", PICTURES / "assignment")
    try:
        chair = people["chair"].goes("/account/sign-in").types(email=CHAIR, password=PASSWORD).presses()
        chair.goes(commission["board"]).follows("/assignment").looks("nothing-yet")
        chair.presses("/assignment").looks("proposal")
        assert all(len(held(chair, title)) == 2 for title in TITLES)
        assert "Nawal Cherkaoui" not in held(chair, TITLES[0]), "she speaks for the applicant"
        loads = chair.page.locator("figure svg").first
        assert loads.is_visible() and all(name in str(loads.text_content()) for name in REVIEWERS)

        assert "Hicham Lahlou" in held(chair, TITLES[0]), "he knows the subject and asked for it"
        row = chair.page.locator("tr", has_text=TITLES[0]).first
        row.locator("summary", has_text="Hicham Lahlou").click()
        assert "Santé" in row.locator("details[open] .why").inner_text()
        chair.looks("why")

        by_hand = other_than(held(chair, TITLES[1]))
        row = chair.page.locator("tr", has_text=TITLES[1]).first
        chair.goes(str(row.locator('a[href*="/applications/"]').get_attribute("href"))).looks("one-application")
        chair.page.locator('main input[name="reviewers"]:checked').first.uncheck(force=True)
        chair.page.locator("main label.opt", has_text=by_hand).locator("input").check(force=True)
        chair.presses().looks("changed-by-hand")
        assert by_hand in held(chair, TITLES[1])

        with chair.page.expect_download() as download:
            chair.page.locator('main a[href$=".xlsx"]').click()
        came = held(chair, TITLES[2])
        instead = other_than(came)
        book = _edited(download.value.path(), commission["references"][2], commission["emails"][instead])
        chair.follows("/file").looks("send-it-back")
        chair.page.set_input_files('main input[type="file"]', book)
        chair.presses("/file").looks("dry-run").reads(instead)
        chair.goes(f"{commission['board']}/assignment")
        assert held(chair, TITLES[2]) == came, "a dry run changes nothing"
        chair.follows("/file").page.set_input_files('main input[type="file"]', book)
        chair.presses("/file").presses("/apply")
        assert instead in held(chair, TITLES[2])

        planned = {title: set(held(chair, title)) for title in TITLES}
        assert not any(asked(product, title) for title in TITLES), "nobody is asked before the chair confirms"
        chair.confirms("/confirm").looks("confirmed")
        assert {title: asked(product, title) for title in TITLES} == planned
        with installation(product):
            states = db.session.scalars(select(Application.state).where(Application.title.in_(TITLES)))
            assert set(states) == {ApplicationState.IN_REVIEW}
        product.letter_to(commission["emails"][instead], containing=TITLES[2])
    finally:
        people.leave()


def _edited(path: Path, reference: str, email: str) -> dict[str, Any]:
    """The workbook with another first reviewer for this file."""
    book = openpyxl.load_workbook(BytesIO(path.read_bytes()))
    row = next(row for row in book.worksheets[0].iter_rows() if row[0].value == reference)
    row[3].value = email
    target = BytesIO()
    book.save(target)
    return {"name": "attribution.xlsx", "mimeType": "application/octet-stream", "buffer": target.getvalue()}
