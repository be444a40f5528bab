"""What the demo's open call asks for as files, and what its applicants attached: one of them is too old by today."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app

from config.settings import Settings
from grants.applications import service
from grants.applications.attachments import MEDIA_TYPES
from grants.applications.models import Application
from grants.applications.slots import Slot, slots, slots_of
from grants.calls import required
from grants.calls.models import Call, FileKind, Owed, RequiredDocument
from grants.calls.months import birthday
from grants.calls.required import Demand, Template
from grants.cli.demo_words import evidence
from grants.core.clock import now
from grants.core.i18n import Words
from grants.core.sheets.writing import Column, Kind, Workbook
from grants.core.storage import storage
from grants.people.models import Person

RECENT = 3  # months
PLAN = Demand(
    Words(fr="Plan de financement", ar="مخطط التمويل", en="Financing plan"),
    Words(
        fr="Remplissez le modèle : une ligne par année.",
        ar="املؤوا النموذج: سطر لكل سنة.",
        en="Fill in the template: one row for each year.",
    ),
    mandatory=True,
    kinds=[FileKind.XLSX, FileKind.PDF],
)
TAX = Demand(
    Words(fr="Attestation de régularité fiscale", ar="شهادة الوضعية الجبائية", en="Tax clearance certificate"),
    Words(
        fr="Délivrée par la Direction générale des impôts.",
        ar="تسلمها المديرية العامة للضرائب.",
        en="Issued by the tax administration.",
    ),
    mandatory=True,
    kinds=[FileKind.PDF],
    valid_months=RECENT,
)
LETTER = Demand(
    Words(fr="Lettre d’engagement", ar="رسالة التزام", en="Letter of commitment"),
    Words(
        fr="Sur papier à en-tête, signée par qui engage l’organisme.",
        ar="على ورق المؤسسة، موقعة ممن يلزمها.",
        en="On headed paper, signed by whoever binds the organisation.",
    ),
    mandatory=True,
    kinds=[FileKind.PDF],
    owed_by=Owed.PARTNERS,
)
CURRICULA = Demand(
    Words(fr="CV de l’équipe", ar="السير الذاتية للفريق", en="Team’s curricula vitae"),
    Words(),
    mandatory=False,
    kinds=[FileKind.PDF],
    most=5,
)


def ask_for_papers(call: Callable[[], Call], officer: Callable[[], Person]) -> None:
    """The list of a draft call, its first document with a template."""
    content = _template()
    settings: Settings = current_app.extensions["settings"]
    digest = storage(settings).keep(content)
    template = Template("plan-de-financement.xlsx", MEDIA_TYPES[FileKind.XLSX], len(content), digest)
    for demand in (replace(PLAN, template=template), TAX, LETTER, CURRICULA):
        required.require(call(), demand, None, actor=officer())


def _template() -> bytes:
    """A table to fill in, a row for each year."""
    book = Workbook(title="Plan de financement", zone=ZoneInfo("Africa/Casablanca"))
    money = [
        Column(key, heading, Kind.MONEY, width=24, currency="MAD")
        for key, heading in (("own", "Fonds propres (MAD)"), ("bank", "Banque (MAD)"), ("grant", "Subvention (MAD)"))
    ]
    sheet = book.sheet("Plan", [Column("year", "Année", Kind.INTEGER, width=12), *money], protected=False)
    for year in range(1, 4):
        sheet.append([year, None, None, None])
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def give_papers(mine: Callable[[], Application], owner: Callable[[], Person], *, late: bool = False) -> None:
    """Everything mandatory of the lead. `late`: the certificate, right when attached, is too old by today."""
    for n, one in enumerate(slots(mine())):
        if not one.required.mandatory:
            continue
        old = _just_valid(now().date()) if late else now().date() - timedelta(days=20)
        _give(slots(mine())[n], owner(), old)


def give_letter(partner: Callable[[], Any], person: Callable[[], Person]) -> None:
    """A partner's own letter."""
    for n in range(len(slots_of(partner()))):
        _give(slots_of(partner())[n], person(), None)


def _give(slot: Slot[RequiredDocument], actor: Person, issued_on: date | None) -> None:
    settings: Settings = current_app.extensions["settings"]
    name = slot.required.name["fr"]
    service.fill(
        slot,
        f"{name}.pdf",
        evidence(name),
        issued_on if slot.required.valid_months else None,
        storage=storage(settings),
        limit_mb=settings.upload_limit_mb,
        actor=actor,
    )


def _just_valid(day: date) -> date:
    """Issued so that it counts on that day and the next, and no longer."""
    return next(
        issued for n in range(60, 110) if birthday(issued := day - timedelta(days=n), RECENT) == day + timedelta(days=1)
    )
