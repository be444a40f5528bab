"""From an empty installation to a paid instalment and an Excel ledger that equals the screen, in three languages."""

import io
import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest
from python_calamine import CalamineWorkbook

from grants.cli.demo_words import evidence
from tests.journeys.conftest import PICTURES
from tests.journeys.people import People, Somebody
from tests.journeys.product import Product
from tests.servers import plain
from tests.story import rib

CASABLANCA = ZoneInfo("Africa/Casablanca")
PASSWORD = "quatre mots bien choisis"
COMMISSIONS = [
    ("MOB", "Services mobiles", "الخدمات المتنقلة", "Mobile services"),
    (
        "SEC",
        "Sécurité, monétique et droits numériques",
        "الأمن والأداء الإلكتروني والحقوق الرقمية",
        "Security, electronic payment and digital rights",
    ),
    ("MUL", "Multimédia", "الوسائط المتعددة", "Multimedia"),
    ("LOG", "Progiciels", "البرمجيات الجاهزة", "Software packages"),
]
ROLES = {  # who, and the role held in the whole cluster
    "manager": "fund_manager",
    "officer": "officer",
    "officer2": "officer",
    "committee": "committee",
    "authorising": "authorising_officer",
    "accountant": "accountant",
}
SEATS = {"chair": "chair", "reviewer1": "reviewer", "reviewer2": "reviewer", "reviewer3": "reviewer"}


def wall(moment: datetime) -> str:
    return f"{moment.astimezone(CASABLANCA):%Y-%m-%dT%H:%M}"


def day(moment: datetime) -> str:
    return f"{moment.astimezone(CASABLANCA):%Y-%m-%d}"


class Story:
    """One run of the story; `n` keeps the runs of one installation apart."""

    def __init__(self, product: Product, people: People, language: str, n: int) -> None:
        self.product, self.people, self.language, self.n = product, people, language, n
        self.now = datetime.now(CASABLANCA)
        self.cluster = f"MNC{n}"
        self.fund = f"FIN{n}"
        self.name = "Maroc Numeric Cluster" if n == 1 else f"Maroc Numeric Cluster {n}"

    def address(self, name: str) -> str:
        return f"{self.language}@{name}.exemple.ma"  # colleagues share a domain, and a conflict of interest

    # --- people -----------------------------------------------------------------------------------------------

    def administrator(self) -> None:
        address = self.address("admin")
        said = self.product.command("admin", "create", address, "--name", "Nadia Alaoui")
        admin = self.people["admin"]
        admin.goes(self.product.link_in(said)).looks("choose-password")
        self.choose_password(admin, address)
        admin.goes("/admin/clusters/new").types(code=self.cluster, name=self.name)
        admin.chooses(country="MA", currency="MAD", timezone="Africa/Casablanca").looks("new-cluster").presses()
        cluster = admin.number_of("/clusters/")
        for code, fr, ar, en in COMMISSIONS:
            admin.goes(f"/admin/clusters/{cluster}/commissions/new")
            admin.types(code=code, name__fr=fr, name__ar=ar, name__en=en).presses()
        admin.goes(f"/admin/clusters/{cluster}").looks("cluster").reads(
            COMMISSIONS[1][{"fr": 1, "ar": 2, "en": 3}[self.language]]
        )
        for name, role in ROLES.items():
            self.invite(name, [(role, f"cluster:{cluster}")])
        admin.goes("/admin/people/invite").looks("invite")
        commission = self.place_of(COMMISSIONS[0][{"fr": 1, "ar": 2, "en": 3}[self.language]])
        for name, role in SEATS.items():
            self.invite(name, [(role, commission)])

    def place_of(self, commission: str) -> str:
        """The choice that names this commission of this story's cluster."""
        group = f'main select[name="place_1"] optgroup[label^="{self.cluster} "] option'
        for option in self.people["admin"].page.locator(group).all():
            if commission in option.inner_text():
                return str(option.get_attribute("value"))
        raise AssertionError(commission)

    def invite(self, name: str, roles: list[tuple[str, str]]) -> None:
        admin = self.people["admin"].goes("/admin/people/invite")
        admin.types(name=name.capitalize(), email=self.address(name)).ticks("language", self.language)
        for n, (role, place) in enumerate(roles, 1):
            admin.chooses(**{f"role_{n}": role, f"place_{n}": place})
        admin.presses()
        letter = self.product.letter_to(self.address(name))
        invited = self.people[name].goes(self.product.link_in(letter))
        self.choose_password(invited, self.address(name))

    def choose_password(self, somebody: Somebody, address: str) -> None:
        somebody.types(password=PASSWORD).presses()
        if somebody.page.locator('main input[name="email"]').count():
            somebody.types(email=address, password=PASSWORD).presses()

    # --- fund and call ----------------------------------------------------------------------------------------

    def open_the_fund(self) -> None:
        manager = self.people["manager"].goes("/finance/funds").looks("no-fund").follows("/funds/new")
        manager.types(code=self.fund, name="Fonds d’innovation numérique", amount="100 000 000", document="LF-2026-1")
        manager.types(fiscal_year=self.now.year, value_date=day(self.now)).looks("new-fund").presses()
        manager.looks("empty-fund").reads("100")

    def draft_the_call(self) -> None:
        officer = self.people["officer"].goes("/staff/calls").looks("officer-calls").follows("example=tatwir")
        officer.types(
            code=f"2026-{self.n}",
            title__fr="Tatwir 2026",
            title__ar="تطوير 2026",
            title__en="Tatwir 2026",
            summary__fr="Pour les entreprises qui passent à l’échelle.",
            instalments="40 40 20",
            opens_at=wall(self.now - timedelta(days=2)),
            closes_at=wall(self.now + timedelta(days=20)),
            reviews_due_at=wall(self.now + timedelta(days=60)),
        )
        for field in officer.page.locator('main input[name^="envelope-"]').all():
            field.fill("10 000 000")
        officer.looks("call-designer").presses()
        self.call = officer.number_of("/calls/")
        self.ask(officer)
        officer.goes(f"/staff/calls/{self.call}").looks("call-draft").presses("/propose")
        committee = self.people["committee"].goes("/board/calls").looks("board-calls").follows("/board/calls/")
        committee.looks("board-call").presses("/approve")
        officer.goes(f"/staff/calls/{self.call}").presses("/publish")
        officer.looks("call-published")

    def ask(self, officer: Somebody) -> None:
        """A section of this call's own: a choice, and a question that opens under it."""
        questions = f"/staff/calls/{self.call}/questionnaire"
        officer.goes(f"{questions}/sections/new")
        officer.types(title__fr="L’équipe", title__ar="الفريق", title__en="The team").looks(
            "question-section"
        ).presses()
        part = officer.page.url.rpartition("#part-")[2]
        officer.goes(f"{questions}/{part}/new").chooses(kind="choice")
        officer.types(
            label__fr="Avez-vous un partenaire ?", label__ar="هل لديكم شريك؟", label__en="Have you a partner?"
        )
        officer.types(choice__0__fr="Oui", choice__0__ar="نعم", choice__0__en="Yes")
        officer.types(choice__1__fr="Non", choice__1__ar="لا", choice__1__en="No").looks("question").presses()
        officer.goes(f"{questions}/{part}/new").chooses(kind="line")
        officer.types(label__fr="Lequel ?", label__ar="من هو؟", label__en="Which one?")
        officer.page.locator('main select[name="shown_if"]').select_option(index=1)
        officer.presses().looks("questions").goes(f"{questions}/preview").looks("questions-preview")

    # --- the start-up -----------------------------------------------------------------------------------------

    def apply(self) -> None:
        startup = self.people["startup"].goes("/").looks("home").goes(f"/calls/{self.call}").looks("public-call")
        startup.goes("/account/sign-up").types(name="Imane Zerouali", email=self.address("startup"), password=PASSWORD)
        startup.ticks("language", self.language).looks("sign-up").presses()
        startup.looks("check-mail")
        startup.goes(self.product.link_in(self.product.letter_to(self.address("startup")))).looks("confirm").presses()
        startup.goes(f"/applicant/calls/{self.call}/begin").looks("new-organisation")
        startup.types(name=f"Sahel Mobile {self.n}", city="Casablanca", ice=f"{self.ice():015}")
        startup.types(rc_number=str(12345 + self.n), rc_court="Casablanca", founded_on="2021-03-15").chooses(
            kind="startup", country="MA"
        ).presses()
        startup.looks("begin").presses()
        self.application = startup.number_of("/applications/")
        startup.looks("draft").goes(f"/applicant/applications/{self.application}/project")
        startup.types(title="Télésurveillance cardiaque", summary="Suivre les patients à distance.")
        startup.types(description="Le problème, la solution, le marché, l’équipe.")
        startup.page.locator('main input[name="commission_id"]').first.check(force=True)
        startup.looks("project").presses()
        self.answer_the_example(startup)
        startup.page.locator('main input[type="radio"]').first.check(force=True)  # the question under it opens
        startup.page.locator('main input[type="text"]:visible').fill("Université de Fès")
        startup.looks("answers").presses()
        assert startup.page.url.endswith("/budget")
        startup.types(cost="3 000 000", requested="9 000 000", duration_months="18").presses()
        startup.goes(f"/applicant/applications/{self.application}/check").looks("not-ready")
        startup.goes(f"/applicant/applications/{self.application}/budget").types(requested="1 500 000").looks(
            "budget"
        ).presses()
        startup.goes(f"/applicant/applications/{self.application}/documents")
        startup.page.set_input_files(
            'main input[type="file"]',
            {"name": "dossier.pdf", "mimeType": "application/pdf", "buffer": evidence("Télésurveillance cardiaque")},
        )
        startup.presses(button='button[type="submit"]:not(.ibtn)').looks("documents")
        startup.goes(f"/applicant/applications/{self.application}/check").looks("check").presses("/submit")
        startup.looks("receipt").reads(f"2026-{self.n}-0001")
        assert f"2026-{self.n}-0001" in self.product.letter_to(
            self.address("startup"), containing=f"2026-{self.n}-0001"
        )

    def answer_the_example(self, startup: Somebody) -> None:
        """The sections of Tatwir, which the officer's draft began with."""
        startup.types(obstacle="Mesurer le rythme sans contact, en mouvement.")
        startup.types(steps__0__step="Prototype", steps__0__result="Dix patients suivis", steps__0__ends="2027-06-30")
        startup.types(steps__1__step="Essai", steps__1__result="Rapport de l’hôpital", steps__1__ends="2027-12-31")
        startup.types(steps__1__cost="800 000").ticks("property", "patent").looks("answers-table").presses()
        startup.ticks("laboratory", "yes").types(its_part="Il valide les mesures.").presses()
        startup.page.locator('main input[type="checkbox"][name="true"]').check(force=True)
        startup.looks("answers-consent").presses()

    def ice(self) -> int:
        """A made-up ICE whose check holds."""
        base = (910_000_000_000 + self.n * 7_000_003) * 1000
        return base + (-base) % 97

    # --- the evaluation ---------------------------------------------------------------------------------------

    def weeks_pass(self) -> None:
        """The closing time comes; the clock closes the call by itself."""
        with psycopg.connect(plain(self.product.settings.database_owner_url), autocommit=True) as database:
            database.execute("UPDATE call SET closes_at = now() - interval '1 second' WHERE id = %s", [self.call])
            for _ in range(100):
                state = database.execute("SELECT state FROM call WHERE id = %s", [self.call]).fetchone()
                if state == ("closed",):
                    return
                database.execute("SELECT pg_sleep(0.3)")
        raise AssertionError("the clock did not close the call")

    def screen(self) -> None:
        officer = self.people["officer"].goes(f"/staff/calls/{self.call}/applications").looks("officer-list")
        officer.goes(f"/staff/applications/{self.application}").looks("officer-file").presses("/admit")
        officer.goes(f"/staff/applications/{self.application}").presses("/find-eligible")
        self.weeks_pass()
        officer.goes(f"/staff/calls/{self.call}").presses("/evaluate")

    def review(self) -> None:
        chair = self.people["chair"].goes("/commission/").looks("seats").follows("/commission/calls/").looks("board")
        self.commission = re.findall(r"[0-9a-f-]{36}", chair.page.url)[1]
        chair.goes(f"/commission/applications/{self.application}").looks("assign")
        for box in chair.page.locator('main input[name="reviewers"]').all():
            box.check(force=True)
        chair.presses("/assign")
        for n, name in enumerate(("reviewer1", "reviewer2", "reviewer3")):
            reviewer = self.people[name].goes("/commission/reviews").looks("reviews").follows("/commission/reviews/")
            reviewer.looks("declaration").presses("/accept")
            for line, mark in zip(reviewer.page.locator("main .crit").all(), (4, 5, 3 + n % 2, 4, 4), strict=False):
                line.locator(f'input[type="radio"][value="{mark}"]').check(force=True)
                if mark <= 3:
                    line.locator("textarea").fill("Le calendrier est serré.")  # the page opened it by itself
            reviewer.types(comment="Projet solide, équipe crédible.").ticks("confidence", "2").looks("sheet")
            reviewer.presses("/submit", button='button[type="submit"]:not([formaction])')
            reviewer.looks("review-submitted")

    def decide(self) -> None:
        chair = self.people["chair"].goes(f"/commission/calls/{self.call}/{self.commission}/ranking").looks("ranking")
        chair.presses().looks("ranking-sent")
        committee = self.people["committee"].goes(f"/board/calls/{self.call}/decisions").looks("decisions")
        committee.presses("/fund").looks("decided")
        committee.confirms("/decide")
        assert self.product.letter_to(self.address("startup"), seen=2)

    # --- agreement and money ----------------------------------------------------------------------------------

    def agree(self) -> None:
        officer = self.people["officer"].goes("/staff/agreements").looks("agreements").follows("/staff/agreements/")
        self.agreement = officer.number_of("/agreements/")
        officer.looks("agreement-plan").presses("/prepare")
        authorising = self.people["authorising"].goes(f"/finance/agreements/{self.agreement}").looks("commitment")
        authorising.presses("/propose-commitment")
        accountant = self.people["accountant"].goes(f"/finance/agreements/{self.agreement}").looks("visa")
        for item in ("calculation", "credit", "documents", "authority"):
            accountant.ticks("item", item)
        accountant.presses("/grant-visa").looks("committed")
        officer.goes(f"/staff/agreements/{self.agreement}").presses("/open-signature")
        startup = self.people["startup"]
        asked = self.product.letter_to(self.address("startup"), containing=self.agreement)
        startup.goes(self.product.link_in(asked)).looks("sign").presses("/sign")
        authorising.goes(f"/finance/agreements/{self.agreement}").presses("/countersign")

    def pay(self) -> None:
        startup = self.people["startup"].goes(f"/applicant/agreements/{self.agreement}").looks("active-agreement")
        startup.presses("/claim")
        claim = startup.number_of("/claims/")
        startup.types(statement="Avance : équipe et prototype.")
        startup.page.set_input_files(
            'main input[type="file"]',
            {"name": "facture.pdf", "mimeType": "application/pdf", "buffer": evidence("Facture")},
        )
        startup.looks("claim").presses("/write")
        startup.looks("claim-ready").presses("/submit")
        officer = self.people["officer"].goes("/staff/claims").looks("claims").goes(f"/staff/claims/{claim}")
        officer.looks("claim-check").presses("/check").presses("/certify")
        self.people["officer2"].goes(f"/staff/claims/{claim}").looks("claim-verify").presses("/liquidate")
        self.verify_account()
        self.people["authorising"].goes(f"/finance/claims/{claim}").looks("order")
        choice = self.people["authorising"].page.locator('main select[name="account"] option').last
        self.people["authorising"].chooses(account=choice.get_attribute("value")).presses("/order")
        accountant = self.people["accountant"].goes(f"/finance/claims/{claim}").presses("/approve-order")
        self.send(accountant)
        accountant.goes(f"/finance/claims/{claim}")
        accountant.types(bank_reference=f"VIR-{self.n}", value_date=day(self.now)).looks("record-payment").presses(
            "/pay"
        )
        accountant.looks("paid")
        startup.goes(f"/applicant/claims/{claim}").looks("claim-paid")

    def verify_account(self) -> None:
        """The beneficiary's account, given by its owner, verified by the accountant."""
        startup = self.people["startup"].goes("/applicant/organisations")
        startup.goes(str(startup.page.locator("main .rows a").first.get_attribute("href")))
        organisation = startup.number_of("/organisations/")
        startup.goes(f"/applicant/organisations/{organisation}/accounts/new")
        startup.types(holder="Ma société", bank="Banque d’essai", number=rib(self.n))
        startup.chooses(country="MA", currency_code="MAD")
        startup.page.set_input_files(
            'main input[type="file"]',
            {"name": "rib.pdf", "mimeType": "application/pdf", "buffer": evidence("RIB")},
        )
        startup.presses()
        self.people["accountant"].goes("/finance/accounts").follows("/finance/accounts/").presses("/verify")

    def send(self, accountant: Somebody) -> None:
        """The fund's own account, a batch of one, and its transfer list."""
        accountant.goes("/finance/payments").looks("batches").follows("/paying-account")
        accountant.types(bank="Banque d’essai", number=rib(900 + self.n)).looks("paying-account").presses()
        accountant.looks("transfer-columns").goes("/finance/payments").follows("/payments/new").looks("gather")
        accountant.presses().looks("batch").confirms("/remit")
        written = accountant.page.locator('main a[href$="transfers.csv"]')
        for _ in range(60):
            if written.count():
                break
            accountant.page.wait_for_timeout(500)
            accountant.page.reload()
        accountant.looks("transfer-list")
        with accountant.page.expect_download() as download:
            written.click()
        assert rib(self.n).encode() in Path(download.value.path()).read_bytes()

    def check_the_books(self) -> None:
        manager = (
            self.people["manager"].goes("/finance/funds").looks("funds").follows("/finance/funds/").looks("dashboard")
        )
        shown = manager.page.locator("main").inner_text()
        manager.follows("/ledger").looks("ledger-filters")
        manager.page.locator("main form button[type=submit]").last.click()
        manager.page.locator('main a[href$="/file"]').first.wait_for()
        manager.looks("export")
        with manager.page.expect_download() as download:
            manager.page.locator('main a[href$="/file"]').first.click()
        content = Path(download.value.path()).read_bytes()
        sheets = CalamineWorkbook.from_filelike(io.BytesIO(content))
        cells = [
            cell for name in sheets.sheet_names for row in sheets.get_sheet_by_name(name).to_python() for cell in row
        ]
        for figure in (100_000_000, 1_500_000, 600_000):  # endowed, committed, paid: as on the screen
            assert f"{figure:,}".replace(",", "\u00a0") in shown
            assert figure in cells
        self.product.command("ledger", "verify")
        self.product.command("audit", "verify")
        self.product.command("doctor")


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_the_whole_story(chromium, product: Product, language: str) -> None:
    people = People(chromium, product, language, PICTURES / language)
    story = Story(product, people, language, ["fr", "ar", "en"].index(language) + 1)
    try:
        for chapter in (
            story.administrator,
            story.open_the_fund,
            story.draft_the_call,
            story.apply,
            story.screen,
            story.review,
            story.decide,
            story.agree,
            story.pay,
            story.check_the_books,
        ):
            chapter()
    except BaseException:
        for name, one in people.known.items():
            one.page.screenshot(path=PICTURES / f"failed-{language}-{name}.png", full_page=True)
        raise
    finally:
        people.leave()
