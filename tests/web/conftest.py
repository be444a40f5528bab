"""A small application with the pages' machinery and no database: every component on one page."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort, flash, redirect, render_template, request
from flask_login import LoginManager, UserMixin
from flask_wtf.csrf import CSRFProtect
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from sqlalchemy.exc import OperationalError
from wtforms import BooleanField, EmailField, PasswordField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Email, InputRequired, Length

from config.settings import ROOT, Settings
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import NoRoom, WrongState
from grants.core.i18n import N_, N_n, Words
from grants.core.types import Money
from grants.web import assets, charts, errors, filters, forms, language, navigation, security
from grants.web.access import SignInFirst
from grants.web.filters import Tag
from grants.web.forms import (
    CheckboxesField,
    DayField,
    Form,
    LocalDateTimeField,
    MoneyField,
    NumberField,
    PercentField,
    ScoreField,
    UploadField,
    Versioned,
    WordsField,
)
from grants.web.navigation import Item

HERE = Path(__file__).parent
ANCHORS = {0: N_("Absent"), 1: N_("Weak"), 2: N_("Fair"), 3: N_("Good"), 4: N_("Very good"), 5: N_("Excellent")}


class Somebody(UserMixin):
    id = "1"
    name = "Amina Benali"
    locale = None


class Sample(Form, Versioned):
    amount = MoneyField(
        "Montant demandé au fonds", [InputRequired()], description="Plafond de l’appel : 15 000 000 MAD"
    )
    rate = PercentField("Taux d’aide", [InputRequired()])
    months = NumberField("Durée", [InputRequired()], suffix="mois", minimum=1, maximum=36)
    nature = SelectField(
        "Nature de la dépense",
        [InputRequired()],
        choices={"": "Choisir", "rd": "Recherche", "proto": "Prototype"},
    )
    other = RadioField("Avez-vous un autre financement ?", [InputRequired()], choices={"yes": "Oui", "no": "Non"})
    whom = StringField("Auprès de qui ?", [Length(max=120)])
    themes = CheckboxesField("Thèmes", choices={"sante": "Santé numérique", "agri": "AgriTech"})
    why = TextAreaField(
        "À quoi servira le financement ?",
        [InputRequired(), Length(min=80, max=600)],
        description="Entre 80 et 600 caractères.",
    )
    name = WordsField("Nom de l’appel", description="Le français est obligatoire.")
    closes = LocalDateTimeField("Clôture", [InputRequired()])
    day = DayField("Date de la décision", [InputRequired()])
    email = EmailField("Adresse électronique", [InputRequired(), Email()])
    password = PasswordField("Mot de passe", [InputRequired()])
    plan = UploadField("Plan d’affaires", kinds=("pdf",))
    agree = BooleanField("J’ai lu le règlement", [InputRequired()], description="Il reste consultable à tout moment.")


class Marks(Form):
    innovation = ScoreField(
        "Caractère innovant",
        [InputRequired()],
        anchors=ANCHORS,
        weight=60,
        description="Nouveauté face à l’état de l’art.",
    )
    innovation_comment = TextAreaField("Commentaire")
    team = ScoreField("Équipe", [InputRequired()], anchors=ANCHORS, weight=40)
    team_comment = TextAreaField("Commentaire")


class Saved:
    """What is in the base meanwhile."""

    version = 3
    whom = "La banque"


def milliers(n: int) -> Money:
    return Money(n * 100_000, "MAD")


def gallery() -> dict[str, Any]:
    months = [date(2026, m, 1) for m in range(1, 13)]
    planned = [milliers(n * 1000) for n in (22, 30, 28, 41, 38, 45, 30, 12, 44, 52, 48, 40)]
    paid = [milliers(n * 1000) for n in (20, 27, 29, 33, 40, 37, 31, 9, 38, 47, 21, 0)]
    commissions = [
        (Words(fr="Santé numérique", ar="الصحة الرقمية"), [milliers(96_000), milliers(29_000)]),
        (Words(fr="AgriTech", ar="التكنولوجيا الزراعية"), [milliers(82_000), milliers(36_000)]),
        (Words(fr="Énergie et climat"), [milliers(0), milliers(3_000)]),
    ]
    stages = [
        (N_("Paid"), milliers(33_200), "paid"),
        (N_("Ordered"), milliers(2_000), "ordered"),
        (N_("Committed"), milliers(14_800), "committed"),
        (N_("Reserved"), milliers(12_000), "reserved"),
        (N_("Available"), milliers(38_000), "available"),
    ]
    return {
        "deadline": now() + timedelta(days=15),
        "months": months,
        "planned": planned,
        "paid": paid,
        "commissions": commissions,
        "stages": stages,
        "m": Money(1_400_000_050, "MAD"),
        "title": Words(
            fr="Télésurveillance cardiaque pour zones rurales", ar="المراقبة القلبية عن بعد في المناطق الريفية"
        ),
        "text": N_(
            "“%(call)s” closed on %(when)s.",
            call=Words(fr="Santé numérique", ar="الصحة الرقمية"),
            when=datetime(2026, 12, 6, 22, 59, tzinfo=UTC),
        ),
        "count": N_n("%(n)s file is missing.", "%(n)s files are missing.", 3),
        "tags": [
            Tag("ok", N_("Funded"), "check"),
            Tag("info", N_("Draft"), "pencil"),
            Tag("violet", N_("In review"), "scale"),
            Tag("warn", N_("Waiting for a document"), "file-clock"),
            Tag("bad", N_("Late"), "circle-alert"),
            Tag("none", N_("To do")),
            Tag("ghost", N_("Not yet possible"), "lock"),
        ],
    }


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where fonts are prepared once for all these tests."""
    return tmp_path_factory.mktemp("instance")


@pytest.fixture
def pages(instance: Path) -> Flask:
    return make_pages(Settings(instance=instance, secret_key="s", base_url="http://localhost"))


def make_pages(settings: Settings) -> Flask:
    app = Flask("pages", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "grants" / "static"))
    app.jinja_loader = ChoiceLoader([FileSystemLoader(ROOT / "templates"), FileSystemLoader(HERE / "templates")])
    app.extensions["settings"] = settings
    app.config.update(
        SECRET_KEY="s", SQLALCHEMY_DATABASE_URI="sqlite://", WTF_CSRF_TIME_LIMIT=None, MAX_CONTENT_LENGTH=3_000_000
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    db.init_app(app)
    CSRFProtect(app)
    LoginManager(app).user_loader(lambda _: Somebody())
    for part in (language, security, assets, navigation, filters, forms, charts, errors):
        part.init_app(app)
    app.jinja_env.globals["nav_items"] = lambda: [
        Item("home", N_("My applications"), "folder"),
        Item("marks", N_("Reviews"), "scale"),
        Item("form", N_("The fund"), "landmark"),
    ]
    routes(app)
    return app


def routes(app: Flask) -> None:
    @app.get("/")
    def home() -> str:
        return render_template("gallery.html", **gallery())

    @app.get("/signed-in")
    def signed_in() -> str:
        from flask_login import login_user

        login_user(Somebody())
        flash("Le dossier a été déposé.")
        return render_template("gallery.html", **gallery())

    @app.route("/form", methods=["GET", "POST"])
    def form() -> Any:
        asked = Sample(currency="MAD", zone="Africa/Casablanca")
        if asked.validate_on_submit():
            return redirect("/", 303)
        return render_template("sample.html", form=asked)

    @app.route("/marks", methods=["GET", "POST"])
    def marks() -> Any:
        asked = Marks(data={"innovation": Decimal("3.5")})
        asked.validate_on_submit()
        return render_template("marks.html", form=asked)

    @app.route("/stale", methods=["POST"])
    def stale() -> Any:
        asked = Sample(obj=Saved(), currency="MAD")
        asked.validate()
        asked.require_fresh(Saved())
        return "saved"

    @app.get("/problem")
    def problem() -> Any:
        raise WrongState(
            N_("This application was submitted on %(when)s.", when=datetime(2026, 12, 6, 22, 59, tzinfo=UTC))
        )

    @app.get("/private")
    def private() -> Any:
        raise SignInFirst

    @app.route("/status/<int:code>", methods=["GET", "POST"])
    def status(code: int) -> Any:
        if code == 507:
            raise NoRoom(N_("There is no room left to write."))
        abort(code)

    @app.get("/broken")
    def broken() -> Any:
        raise RuntimeError("a mistake of ours")

    @app.get("/away")
    def away() -> Any:
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    @app.get("/echo")
    def echo() -> str:
        return request.full_path


@pytest.fixture
def browser(pages: Flask) -> Iterator[Any]:
    with pages.test_client() as client:
        yield client
