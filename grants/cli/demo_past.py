"""The demo's older fund: awards from before the product, what was paid for them elsewhere, and a file that waits."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from grants.awards import import_queries
from grants.cli.demo_people import MAD, days_ago, met
from grants.clusters.models import Cluster
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import plain
from grants.core.sheets.writing import Column, Kind, Workbook
from grants.core.types import Money
from grants.funds.models import Fund
from grants.payments import outside_queries
from grants.payments.models import OutsideKind
from grants.payments.outside_rows import COLUMNS
from workflows import fund as opening
from workflows import imports, outbox, outside

AWARDED = ("Référence", "Bénéficiaire", "Montant attribué", "Date d’attribution", "Projet")
PAST = (
    ("AM-2024-01", "Oasis Capteurs", 900_000, 640, "Irrigation pilotée par capteurs"),
    ("AM-2024-02", "Medina Mobilité", 600_000, 600, "Navettes partagées à la demande"),
    ("AM-2025-01", "Atlas Santé", 750_000, 420, "Téléconsultation en zone rurale"),
    ("AM-2025-02", "Tamazight Apprendre", 400_000, 380, "Cours du soir en tamazight"),
)
PAID = (  # the days count back from today
    ("AM-2024-01", "committed", 200, 900_000, "", ""),
    ("AM-2024-01", "advance", 610, 360_000, "VIR-24-0117", "Avance de 40 %"),
    ("AM-2024-01", "payment", 400, 310_000, "VIR-24-0388", "Première tranche, factures acceptées"),
    ("AM-2024-02", "opening_paid", 200, 600_000, "", "Versé selon l’ancien tableau"),
    ("AM-2024-02", "recovery", 150, 45_000, "ENC-25-0031", "Dépense non éligible reversée"),
    ("AM-2025-01", "advance", 390, 300_000, "VIR-25-0042", "Avance de 40 %"),
)
WAITING = (
    ("AM-2025-02", "advance", 350, 160_000, "VIR-25-0057", "Avance de 40 %"),
    ("AM-2025-01", "payment", 120, 225_000, "VIR-25-0203", "Première tranche"),
)


def keep_past(who: dict[str, Any], cluster_id: UUID) -> None:
    """Two people bring in each file, as the product asks."""
    with days_ago(5):
        cluster = db.session.get_one(Cluster, cluster_id)
        name = "Fonds d’amorçage (repris)"
        fund_id = opening.open_fund(cluster, "AMORCE", name, MAD, None, actor=met(who["manager"])).id

        def older() -> Fund:
            wanted = select(Fund).where(Fund.id == fund_id).options(joinedload(Fund.cluster))
            return db.session.scalars(wanted, execution_options={"populate_existing": True}).one()

        today = now().date()
        rows = [[ref, name, Money.of(amount, MAD), today - timedelta(days=days), title]
                for ref, name, amount, days, title in PAST]  # fmt: skip
        columns = [Column(str(n), one, Kind.MONEY if n == 2 else Kind.DATE if n == 3 else Kind.TEXT,
                          currency=MAD * (n == 2)) for n, one in enumerate(AWARDED)]  # fmt: skip
        one, _ = imports.receive(older(), "amorcage.xlsx", _book(columns, rows), actor=met(who["officer"]))
        id = one.id
        imports.confirm(_again(lambda: import_queries.whole(id)), actor=met(who["officer"]))
        outbox.attempt(_again(lambda: import_queries.whole(id)).promise_id)
        paid_id = outside.receive(older(), "paiements-2024-2025.xlsx", _lines(PAID, today), actor=met(who["manager"]))[
            0
        ].id
        outside.confirm(_again(lambda: outside_queries.whole(paid_id)), actor=met(who["accountant"]))
        outbox.attempt(_again(lambda: outside_queries.whole(paid_id)).promise_id)
    with days_ago(1):
        outside.receive(older(), "paiements-fin.xlsx", _lines(WAITING, now().date()), actor=met(who["manager"]))


def _again(whole: Callable[[], Any]) -> Any:
    return db.session.scalars(whole(), execution_options={"populate_existing": True}).unique().one()


def _lines(lines: Sequence[tuple[str, str, int, int, str, str]], today: date) -> bytes:
    kinds = {"on": Kind.DATE, "amount": Kind.MONEY}
    columns = [
        Column(key, plain(COLUMNS[key], "fr"), kinds.get(key, Kind.TEXT), currency=MAD * (key == "amount"))
        for key in COLUMNS
    ]
    return _book(
        columns,
        [
            [
                award,
                plain(OutsideKind(kind).label, "fr"),
                today - timedelta(days=days),
                Money.of(amount, MAD),
                MAD,
                reference,
                purpose,
            ]
            for award, kind, days, amount, reference, purpose in lines
        ],
    )


def _book(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> bytes:
    with Workbook(title="", zone=ZoneInfo("Africa/Casablanca")) as book:
        book.sheet("Lignes", columns).extend(rows)
        target = BytesIO()
        book.save(target)
        return target.getvalue()
