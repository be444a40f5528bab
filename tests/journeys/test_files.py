"""In French, then in Arabic: an officer lists the documents of a call; a founder attaches them, the connection cut in
the middle of a large one; a reviewer reads the proposal page by page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from grants.applications.models import Application, ApplicationState, Document
from grants.calls.models import Call, CallState
from grants.core.clock import now
from grants.core.db import db
from grants.people.models import Membership, Role
from grants.people.passwords import hash_password
from grants.reviews.models import ReviewState
from tests.applications.ground import draft, ground
from tests.applications.test_attachments import workbook
from tests.conftest import make_app
from tests.factories import PersonFactory, ReviewFactory, submitted, with_role
from tests.files import pdfs
from tests.journeys.conftest import PICTURES
from tests.journeys.people import NARROW, WIDE, People
from tests.journeys.product import Product

PASSWORD = "quatre mots bien choisis"
PROPOSAL = pdfs.pages("Le probleme et la solution", "Le marche", "Le budget")
LARGE = pdfs.with_body(b"", {10: pdfs.stream(b"x" * 3_500_000)})


@dataclass(frozen=True)
class World:
    call: str
    organisation: str
    review: str
    document: str


@contextmanager
def installation(product: Product) -> Iterator[None]:
    """Our hands in the database of the running product."""
    app = make_app(product.settings)
    with app.app_context():
        db.session.configure(join_transaction_mode="conditional_savepoint")
        yield
        db.session.remove()
        db.engine.dispose()


def address(who: str, language: str) -> str:
    return f"fichiers-{language}@{who}.exemple.ma"  # a shared domain is a conflict of interest


def somebody(person: Any, who: str, name: str, language: str) -> None:
    person.name, person.email, person.locale = name, address(who, language), language
    person.password_hash = hash_password(PASSWORD)


def world(product: Product, language: str) -> World:
    """A draft call with its officer, a founder with an organisation, an application under review and its reviewer."""
    from grants.core.storage import storage

    with installation(product):
        on = ground()
        call = on.call
        call.state, call.published_at = CallState.DRAFT, None
        somebody(on.lead, "fondatrice", "Imane Zerouali", language)
        somebody(on.officer, "instruction", "Salma Idrissi", language)
        under_review = draft(ground(), documents=0, state=ApplicationState.IN_REVIEW, **submitted())
        reviewer = with_role(Role.REVIEWER, commission=under_review.commission, person=PersonFactory())
        somebody(reviewer, "evaluation", "Nadia Tazi", language)
        proposal = Document(
            application=under_review,
            filename="dossier complet.pdf",
            media_type="application/pdf",
            size=len(PROPOSAL),
            sha256=storage(product.settings).keep(PROPOSAL),
            uploaded_by_id=under_review.lead_id,
        )
        db.session.add(proposal)
        review = ReviewFactory(application=under_review, reviewer=reviewer, state=ReviewState.DRAFT)
        db.session.commit()
        return World(str(call.id), str(on.organisation.id), str(review.id), str(proposal.id))


def opened(product: Product, call_id: str, organisation_id: str) -> str:
    """The call takes applications, and the organisation has begun one: its id."""
    with installation(product):
        call = db.session.get_one(Call, UUID(call_id))
        call.state, call.published_at = CallState.OPEN, now()
        made = Application(call=call, organisation_id=UUID(organisation_id), currency=call.currency, title="Capteurs")
        made.lead_id = db.session.scalars(
            select(Membership.person_id).where(Membership.organisation_id == UUID(organisation_id))
        ).one()
        db.session.add(made)
        db.session.commit()
        return str(made.id)


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_from_the_list_to_the_reading(chromium, product: Product, language: str) -> None:
    made = world(product, language)
    people = People(chromium, product, language, PICTURES / f"fichiers-{language}")
    signed_in: dict[str, Any] = {}
    try:
        for who in ("instruction", "fondatrice", "evaluation"):
            signed_in[who] = people[who].goes("/account/sign-in")
            signed_in[who].types(email=address(who, language), password=PASSWORD).presses()

        officer, base = signed_in["instruction"], f"/staff/calls/{made.call}/documents"
        officer.goes(base).looks("no-list").goes(f"{base}/new").looks("new-document")
        officer.types(name__fr="Plan d’affaires", name__ar="مخطط الأعمال", name__en="Business plan")
        officer.types(guidance__fr="Trente pages au plus.", guidance__ar="ثلاثون صفحة على الأكثر.").presses()
        officer.goes(f"{base}/new")
        officer.types(name__fr="Attestation fiscale", name__ar="شهادة الوضعية الجبائية", valid_months="3").presses()
        officer.goes(f"{base}/new").types(name__fr="Budget détaillé", name__ar="الميزانية المفصلة")
        officer.ticks("mandatory", "no").ticks("kinds", "xlsx")
        officer.page.locator('main input[name="kinds"][value="pdf"]').uncheck(force=True)
        template = {"name": "modèle.xlsx", "mimeType": "application/octet-stream", "buffer": workbook()}
        officer.page.set_input_files('main input[type="file"]', template)
        officer.presses().looks("list")
        assert officer.page.locator("main .rows > .row").count() == 3

        application = opened(product, made.call, made.organisation)
        founder, base = signed_in["fondatrice"], f"/applicant/applications/{application}"
        founder.goes(f"/calls/{made.call}").looks("public-call").goes(f"{base}/documents").looks("documents")
        assert founder.page.locator("main .slots > .row").count() == 3
        first, second = (str(founder.page.locator("main .slots .row__a").nth(n).get_attribute("href")) for n in (0, 1))
        founder.goes(second).looks("certificate").presses()
        founder.looks("certificate-refused")
        assert founder.page.locator("main .errsum li").count() == 2, "the file and its day of issue"
        pdf = {"name": "attestation.pdf", "mimeType": "application/pdf", "buffer": PROPOSAL}
        founder.page.set_input_files('main input[type="file"]', pdf)
        founder.types(issued_on=now().date().isoformat())
        founder.presses(button='button[type="submit"]:not(.ibtn)').looks("documents-one")

        founder.page.set_viewport_size(NARROW)
        founder.goes(f"{base}/documents").looks("documents-on-a-phone")
        founder.page.set_viewport_size(NARROW)
        founder.goes(first).looks("plan-on-a-phone")
        founder.page.set_viewport_size(WIDE)

        founder.goes(first)
        sent: list[int] = []

        def cut(route: Any) -> None:
            """The second piece never arrives, the first time."""
            sent.append(int(route.request.headers["upload-offset"]))
            route.abort("internetdisconnected") if len(sent) == 2 else route.continue_()

        founder.page.route("**/account/uploads/*", cut)
        plan = {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": LARGE}
        founder.page.set_input_files('main input[type="file"]', plan)
        founder.page.locator('main form[data-upload] button[type="submit"]').click()
        founder.page.locator("main [data-uploadstate]:not([hidden])").wait_for()
        founder.page.wait_for_url("**/documents#*")
        assert sent == [0, 1_000_000, 1_000_000, 2_000_000, 3_000_000], "what had arrived is not sent again"
        founder.complaints.clear()  # the browser reports the piece that was cut
        founder.looks("documents-two")
        founder.goes(f"{base}/check").looks("check")
        assert founder.page.locator('main .errsum a[href*="/documents"]').count() == 0

        reviewer = signed_in["evaluation"].goes(f"/commission/reviews/{made.review}").looks("sheet")
        reviewer.follows("?document=").looks("beside-the-sheet")
        assert reviewer.page.evaluate("document.querySelector('.reader__p img').naturalWidth") > 0
        reviewer.goes(f"/commission/reviews/{made.review}/documents/{made.document}/pages").looks("page-1").reads("1")
        shown = "document.querySelector('.reader__p img').naturalWidth"
        assert reviewer.page.evaluate(shown) == 1100
        reviewer.page.locator('main a[rel="next"]').first.click()
        reviewer.page.wait_for_url("**page=2**")
        reviewer.page.locator("main .reader__t summary").click()
        reviewer.reads("Le marche")
        reviewer.types(page="3").presses().looks("page-3")
        reviewer.page.set_viewport_size(NARROW)
        reviewer.goes(reviewer.page.url.replace("width=1100", "width=800")).looks("page-on-a-phone")
        assert reviewer.page.evaluate(shown) == 800
        reviewer.page.set_viewport_size(WIDE)
    finally:
        for name, one in people.known.items():
            one.page.screenshot(path=PICTURES / f"fichiers-{language}-{name}-last.png")
        people.leave()
    with installation(product):
        kept = db.session.scalars(select(Document).where(Document.application_id == UUID(application))).all()
        assert sorted(one.size for one in kept) == sorted([len(PROPOSAL), len(LARGE)])
    product.command("doctor")
