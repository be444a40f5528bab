"""The demo's claim by invoices: the second instalment of its first grant, half checked by the programme officer."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import current_app

from grants.awards import invoices
from grants.awards import queries as awards
from grants.awards.claim_basis import basis, invoices_of
from grants.awards.invoices import Judgement, Said, Sent
from grants.awards.models import Claim, Means, Purpose, Verdict
from grants.cli.demo_people import days_ago, met
from grants.cli.demo_words import evidence
from grants.core.clock import now
from grants.core.storage import storage
from grants.core.types import Money
from workflows import claim

BOUGHT = (  # number, supplier, ICE, line, amount excl. VAT, days ago
    ("FA-2026-118", "Atlas Ingénierie", "001561191000066", 0, 240_000, 18),
    ("2026/0457", "Serveurs du Maroc", "", 2, 96_500, 15),
    ("F-7781", "Cabinet Sécurité Rabat", "", 3, 54_000, 13),
    ("2026/0457", "Serveurs du Maroc", "", 2, 96_500, 15),  # sent twice
)


def second_instalment(who: dict[str, Any], agreement_id: UUID) -> None:
    """Four invoices, one of them twice; the officer has looked at two."""
    applicant, officer = who["applicant"], who["officer"]
    with days_ago(6):
        instalment = awards.agreement(met(applicant), agreement_id).instalments[1]
        claim_id = claim.begin(instalment, actor=met(applicant)).id

        def current(person_id: Any) -> Claim:
            return awards.claim(met(person_id), claim_id)

        lines = list(basis(current(applicant)).lines)
        for bought in BOUGHT:
            _enter(applicant, current(applicant), bought, lines)
    with days_ago(5):
        claim.submit_claim(current(applicant), actor=met(applicant))
    with days_ago(2):
        first, second, *_ = [one.id for one in invoices_of(current(officer))]
        half = Money.of(80_000, current(officer).currency)
        why = "Le deuxième serveur sert aussi une autre activité : sa part est retirée."
        given: dict[UUID, Judgement | None] = {
            first: Judgement(Verdict.ACCEPTED, None, "Service fait le jour de la signature."),
            second: Judgement(Verdict.REDUCED, half, why),
        }
        invoices.judge(current(officer), given, actor=met(officer))


def _enter(applicant: Any, mine: Claim, bought: tuple[str, str, str, int, int, int], lines: list[UUID]) -> None:
    number, supplier, ice, line, net, days = bought
    day, currency = now().date() - timedelta(days=days), mine.currency
    said = Said(
        number,
        supplier,
        ice,
        day,
        Money.of(net, currency),
        Money.of(net // 5, currency),
        day + timedelta(days=2),
        Means.TRANSFER,
        lines[line] if lines else None,
    )
    id = invoices.add(mine, actor=met(applicant)).id
    invoices.write(invoices.own_invoice(met(applicant), id), said, None, actor=met(applicant))
    for purpose, title in ((Purpose.INVOICE, "Facture"), (Purpose.PAYMENT, "Avis de débit")):
        content = evidence(f"{title} {number} – {supplier}")
        digest = storage(current_app.extensions["settings"]).keep(content)
        sent = Sent(f"{purpose}-{number.replace('/', '-')}.pdf", "application/pdf", len(content), digest)
        invoices.attach(invoices.own_invoice(met(applicant), id), purpose, sent, actor=met(applicant))
