"""A consortium of three: a start-up that writes French, a university in French, a laboratory that works in Arabic.

Invited by mail, both make an account on the way, write their part, accede, attach their letter; the project changes and
one confirms again; the lead submits and has the receipt.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from grants.applications import queries
from grants.applications.models import ApplicationState
from grants.applications.submitted import content_of
from grants.calls.consortia import Composition
from grants.calls.models import EligibilityRule, Owed, RequiredDocument
from grants.cli.demo_words import evidence
from grants.core.db import db
from grants.core.i18n import Words
from grants.people.models import OrganisationKind, Right, Role
from grants.people.passwords import hash_password
from grants.people.queries import by_email
from tests.factories import (
    CallFactory,
    ClusterFactory,
    CommissionFactory,
    EnvelopeFactory,
    FundFactory,
    MembershipFactory,
    OrganisationFactory,
    PersonFactory,
    with_role,
)
from tests.journeys.conftest import PICTURES
from tests.journeys.people import SUBMIT, People, Somebody
from tests.journeys.product import Product
from tests.journeys.test_drafting import TEXT, presses_save, state_of
from tests.journeys.test_eligibility import installation

PASSWORD = "quatre mots bien choisis"
LEAD, COLLEAGUE, OFFICER = "chef.de.file@exemple.ma", "zamil@exemple.ma", "instruction.groupement@exemple.ma"
UNIVERSITY, LABORATORY = "universite@exemple.ma", "mukhtabar@exemple.ma"


@dataclass(frozen=True)
class World:
    call: str


@pytest.fixture
def world(product: Product) -> World:
    """An open call for consortia of two to five, a company and a research organisation; its officer; a start-up."""
    with installation(product):
        cluster = ClusterFactory(code="GROUPE", name="Grappe des groupements")
        call = CallFactory(fund=FundFactory(cluster=cluster, code="GROUPEMENT"), code="2026-GROUPE")
        EnvelopeFactory(call=call, commission=CommissionFactory(cluster=cluster))
        companies = (OrganisationKind.STARTUP, OrganisationKind.COMPANY)
        research = (OrganisationKind.UNIVERSITY, OrganisationKind.LABORATORY)
        rule = Composition(2, 5, companies, research, companies)
        db.session.add(EligibilityRule(call_id=call.id, position=1, kind=rule.kind, parameters=rule.as_json()))
        letter = Words(fr="Lettre d’engagement", ar="رسالة التزام", en="Letter of commitment")
        asked = {"mandatory": True, "owed_by": Owed.PARTNERS, "kinds": ["pdf"], "most": 1, "guidance": Words()}
        db.session.add(RequiredDocument(call_id=call.id, position=1, name=letter, **asked))
        known = {"locale": "fr", "password_hash": hash_password(PASSWORD)}
        with_role(Role.OFFICER, cluster=cluster, person=PersonFactory(name="Salma Idrissi", email=OFFICER, **known))
        lead = PersonFactory(name="Imane Zerouali", email=LEAD, **known)
        company = OrganisationFactory(name="Sahel Capteurs", city="Rabat")
        MembershipFactory(organisation=company, person=lead)
        other = PersonFactory(name="يوسف العلمي", email=COLLEAGUE, **{**known, "locale": "ar"})
        MembershipFactory(organisation=company, person=other, right=Right.EDITOR)
        db.session.commit()
        return World(str(call.id))


@pytest.fixture
def french(chromium, product: Product) -> Iterator[People]:
    people = People(chromium, product, "fr", PICTURES / "groupement-fr")
    yield people
    people.leave()


@pytest.fixture
def arabic(chromium, product: Product) -> Iterator[People]:
    people = People(chromium, product, "ar", PICTURES / "groupement-ar")
    yield people
    people.leave()


def test_a_consortium_of_three(product: Product, world: World, french: People, arabic: People) -> None:
    lead = signs_in(french["lead"], LEAD)
    lead.goes(f"/applicant/calls/{world.call}/begin").presses()
    base = f"/applicant/applications/{lead.number_of('/applications/')}"
    write(lead, base, "Capteurs d’irrigation")
    lead.goes(f"{base}/consortium").looks("consortium-alone")
    assert lead.page.locator("main .row .tag--bad").count() == 1, "the call asks for a partner"
    both_write(lead, signs_in(arabic["colleague"], COLLEAGUE), f"{base}/project")
    invite(lead, base, "Yasmine Alami", UNIVERSITY, "Mesures au champ")
    invite(lead, base, "سعاد البقالي", LABORATORY, "تحليل المياه")
    lead.goes(f"{base}/consortium").looks("consortium-invited")

    university = joins(product, french["university"], UNIVERSITY, "fr", "Université des Oasis", "university")
    laboratory = joins(product, arabic["laboratory"], LABORATORY, "ar", "مختبر المياه", "laboratory")
    accedes(university, "Yasmine Alami", "Deux doctorants, dix parcelles.", "Lettre d’engagement.")
    accedes(laboratory, "سعاد البقالي", "تحليل مائة عينة.", "رسالة التزام.")
    lead.goes(f"{base}/consortium").looks("consortium-letters-missing")
    assert lead.page.locator("main .over__why").count() == 2, "each partner owes its letter"
    for one in (university, laboratory):
        attaches(one, "lettre.pdf")
    lead.goes(f"{base}/consortium").looks("consortium-acceded")
    assert lead.page.locator("main .over__why").count() == 0
    assert lead.page.locator("main .row .tag--ok").count() == 3, "the rule and both partners"

    write(lead, base, "Capteurs d’irrigation sobres")
    lead.goes(f"{base}/check").looks("check-to-be-confirmed")
    assert lead.page.locator('main .errsum a[href*="/consortium"]').count() == 2
    for one, name in ((university, "Yasmine Alami"), (laboratory, "سعاد البقالي")):
        one.goes(one.page.url.partition("#")[0]).looks("confirm-again")
        signs(one, name)
    lead.goes(f"{base}/check").looks("check-with-partners").presses("/submit")
    lead.looks("receipt-of-a-consortium").reads("2026-GROUPE-0001")
    assert "2026-GROUPE-0001" in product.letter_to(UNIVERSITY, containing="2026-GROUPE-0001")
    laboratory.goes(laboratory.page.url).looks("with-the-fund")

    officer = signs_in(french["officer"], OFFICER)
    officer.goes(base.replace("applicant", "staff")).looks("file-of-a-consortium").reads("Deux doctorants")
    with installation(product):
        person = by_email(LEAD)
        application = queries.own_application(person, UUID(base.rpartition("/")[2]))
        assert application.state == ApplicationState.SUBMITTED
        assert len(content_of(application)["partners"]) == 2
    product.command("doctor")


def signs_in(one: Somebody, email: str) -> Somebody:
    return one.goes("/account/sign-in").types(email=email, password=PASSWORD).presses()


def both_write(lead: Somebody, colleague: Somebody, project: str) -> None:
    """One section at once, one in French and one in Arabic: the second is shown both texts, and neither is lost."""
    lead.goes(project).types(description=TEXT).presses()
    lead.goes(project)
    colleague.goes(project)
    lead.types(description=TEXT.replace("grand", "immense")).presses()
    colleague.types(description=TEXT.replace("prête", "complète"))
    state_of(colleague, "off")
    colleague.complaints.clear()  # the browser reports the refused autosave, then the page of both texts
    presses_save(colleague)
    colleague.complaints.clear()
    colleague.looks("both-texts").reads("Imane Zerouali")
    both = TEXT.replace("grand", "immense").replace("prête", "complète")
    assert colleague.page.input_value('main [name="description"]') == both
    with colleague.page.expect_navigation():
        colleague.page.locator("main form.both .actions button").first.click()
    for one in (lead, colleague):
        one.goes(project)
        assert one.page.input_value('main [name="description"]') == both
        assert not one.page.locator("main [data-unsaved]").is_visible(), "nothing waits to be saved"


def write(lead: Somebody, base: str, title: str) -> None:
    """The lead's own sections, complete."""
    lead.goes(f"{base}/project").types(
        title=title, summary="Des capteurs sobres.", description="Le problème, l’équipe."
    )
    lead.page.locator('main input[name="commission_id"]').first.check(force=True)
    lead.presses().goes(f"{base}/budget")
    lead.types(cost="800 000", requested="600 000", duration_months="12").presses().goes(f"{base}/documents")
    if not lead.page.locator("main .file").count():
        pdf = {"name": "dossier.pdf", "mimeType": "application/pdf", "buffer": evidence(title)}
        lead.page.set_input_files('main input[type="file"]', pdf)
        lead.presses(button='button[type="submit"]:not(.ibtn)')


def invite(lead: Somebody, base: str, name: str, email: str, role: str) -> None:
    lead.goes(f"{base}/consortium").types(name=name, email=email, role=role)
    lead.presses("/consortium", button=SUBMIT)


def joins(product: Product, one: Somebody, email: str, language: str, name: str, kind: str) -> Somebody:
    """From the mail to a partner: an account, an organisation, the answer."""
    one.goes(product.link_in(product.letter_to(email))).looks("invitation-newcomer")
    one.types(password=PASSWORD).ticks("language", language).presses().looks("invitation-without-organisation")
    one.follows("/organisations/new").types(name=name, city="Errachidia").chooses(kind=kind).presses()
    one.looks("invitation").presses("/accept").looks("partner-to-write")
    return one


def accedes(one: Somebody, name: str, tasks: str, papers: str) -> None:
    one.goes(f"{one.page.url}/part").types(tasks=tasks, papers=papers).looks("own-part").presses()
    signs(one, name)


def signs(one: Somebody, name: str) -> None:
    one.follows("/accession").looks("accession")
    one.page.locator('main input[name="agrees"]').check(force=True)
    one.types(name=name).presses().looks("partner-acceded")


def attaches(one: Somebody, name: str) -> None:
    """The document that the call asks of every partner."""
    one.follows("/documents/").looks("own-document")
    pdf = {"name": name, "mimeType": "application/pdf", "buffer": evidence(name)}
    one.page.set_input_files('main input[type="file"]', pdf)
    one.presses(button='button[type="submit"]:not(.ibtn)').looks("own-document-attached")
