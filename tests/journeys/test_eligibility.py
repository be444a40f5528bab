"""In French: a founder tests the company, fails, corrects a date, signs up, finds the answers again, submits; the
officer sees the evidence."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from grants.applications.models import Evidence
from grants.calls.models import EligibilityRule
from grants.calls.rules import Age, Kinds
from grants.calls.ties import AidCeiling, Membership, OneApplication
from grants.cli.demo_words import evidence
from grants.core.clock import now
from grants.core.db import db
from grants.core.types import Money
from grants.people.models import OrganisationKind, Role
from grants.people.passwords import hash_password
from tests.conftest import make_app
from tests.factories import (
    CallFactory,
    ClusterFactory,
    CommissionFactory,
    EnvelopeFactory,
    FundFactory,
    PersonFactory,
    with_role,
)
from tests.journeys.conftest import PICTURES
from tests.journeys.people import People
from tests.journeys.product import Product

PASSWORD = "quatre mots bien choisis"
FOUNDER, OFFICER = "fondatrice@exemple.ma", "instruction@exemple.ma"


@dataclass(frozen=True)
class World:
    call: str


@contextmanager
def installation(product: Product) -> Iterator[None]:
    """Our hands in the database of the running product."""
    app = make_app(product.settings)
    with app.app_context():
        db.session.configure(join_transaction_mode="conditional_savepoint")
        yield
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def world(product: Product) -> World:
    """An open call for companies under two years, with a ceiling of aid, and its programme officer."""
    with installation(product):
        cluster = ClusterFactory(code="AUTO", name="Grappe de l’autotest")
        call = CallFactory(fund=FundFactory(cluster=cluster, code="AUTOTEST"), code="2026-AUTO")
        EnvelopeFactory(call=call, commission=CommissionFactory(cluster=cluster))
        kinds = (OrganisationKind.STARTUP, OrganisationKind.COMPANY)
        rules = (Kinds(kinds), Age(most=24), Membership(), AidCeiling(Money.of(2_000_000, "MAD")), OneApplication())
        for n, rule in enumerate(rules, 1):
            db.session.add(EligibilityRule(call_id=call.id, position=n, kind=rule.kind, parameters=rule.as_json()))
        officer = PersonFactory(name="Salma Idrissi", email=OFFICER, locale="fr", password_hash=hash_password(PASSWORD))
        with_role(Role.OFFICER, cluster=cluster, person=officer)
        db.session.commit()
        return World(str(call.id))


def test_from_the_self_test_to_the_evidence(chromium, product: Product, world: World) -> None:
    people = People(chromium, product, "fr", PICTURES / "eligibilite")
    try:
        founder = people["founder"].goes(f"/calls/{world.call}").looks("call")
        founder.follows("/eligibility").looks("self-test")
        young, old = now().date() - timedelta(days=300), now().date() - timedelta(days=2_000)
        founder.chooses(kind="startup").types(founded_on=old.isoformat(), aid_elsewhere="0")
        founder.ticks("membership", "yes").presses().looks("result-fails")
        assert founder.page.locator("main .note--bad").count() == 1
        assert founder.page.locator("main .row .tag--bad").count() == 1
        founder.reads(str(old.year))
        founder.goes(f"/calls/{world.call}/eligibility")
        assert founder.page.input_value('main [name="kind"]') == "startup", "the answers stay in the browser"
        founder.types(founded_on=young.isoformat()).presses().looks("result-passes")
        assert founder.page.locator("main .note--ok").count() == 1

        founder.follows("/begin")  # signing in comes first; she has no account yet
        founder.goes("/account/sign-up").types(name="Imane Zerouali", email=FOUNDER, password=PASSWORD)
        founder.ticks("language", "fr").presses()
        founder.goes(product.link_in(product.letter_to(FOUNDER))).presses()
        founder.goes("/applicant/").looks("home-with-test").follows("/begin").looks("organisation-filled-in")
        assert founder.page.input_value('main [name="founded_on"]') == young.isoformat()
        assert founder.page.input_value('main [name="kind"]') == "startup"
        assert founder.page.locator('main [name="members"]:checked').count() == 1
        founder.types(name="Sahel Capteurs", city="Rabat").presses()
        founder.presses()  # the one organisation is chosen already
        application = founder.number_of("/applications/")
        founder.looks("eligibility-filled-in")
        assert founder.page.url.endswith("/eligibility")
        assert founder.page.input_value('main [name="aid_elsewhere"]') == "0"

        base = f"/applicant/applications/{application}"
        founder.goes(f"{base}/check")
        assert founder.page.locator('main .errsum a[href$="/eligibility"]').count() == 1, "an unknown fact blocks"
        founder.goes(f"{base}/eligibility").presses().looks("eligibility-met")
        assert founder.page.locator("main .row .tag--ok").count() == 5

        founder.goes(f"{base}/project").types(title="Capteurs d’irrigation", summary="Des capteurs sobres.")
        founder.types(description="Le problème, la solution, l’équipe.")
        founder.page.locator('main input[name="commission_id"]').first.check(force=True)
        founder.presses().goes(f"{base}/budget")
        founder.types(cost="800 000", requested="600 000", duration_months="12").presses()
        founder.goes(f"{base}/documents")
        pdf = {"name": "dossier.pdf", "mimeType": "application/pdf", "buffer": evidence("Capteurs d’irrigation")}
        founder.page.set_input_files('main input[type="file"]', pdf)
        founder.presses(button='button[type="submit"]:not(.ibtn)')
        founder.goes(f"{base}/check").looks("check-with-rules").presses("/submit").reads("2026-AUTO-0001")

        officer = people["officer"].goes("/account/sign-in").types(email=OFFICER, password=PASSWORD).presses()
        officer.goes("/staff/members").looks("members").presses("/confirm")
        officer.goes(f"/staff/applications/{application}").looks("file-with-evidence").reads("600")
        assert officer.page.locator("main .judged__one").count() == 5
        officer.goes(f"/staff/applications/{application}/refuse-admission").looks("screening-with-evidence")
    finally:
        people.leave()
    with installation(product):
        (kept,) = db.session.scalars(select(Evidence).where(Evidence.application_id == UUID(application))).all()
        assert [one["answer"] for one in kept.findings] == ["passes"] * 5
    product.command("doctor")
