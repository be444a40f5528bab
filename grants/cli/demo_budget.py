"""The demo's budgets by lines: what its open call asks for, a budget handed in, and one still being written."""

from collections.abc import Sequence
from uuid import UUID

from grants.applications.models import Certainty, Source
from grants.applications.plan import Plan
from grants.applications.reckoning import Funding, Line
from grants.calls.budget_rules import BudgetRules, Category
from grants.core.i18n import Words
from grants.core.types import Money

RULES = BudgetRules(
    (
        Category("STAFF", Words(fr="Personnel", ar="الموارد البشرية", en="Staff")),
        Category("EQUIP", Words(fr="Équipement", ar="المعدات", en="Equipment")),
        Category("SUB", Words(fr="Sous-traitance", ar="المناولة", en="Subcontracting"), 3_000),
        Category("OVER", Words(fr="Frais généraux", ar="المصاريف العامة", en="Overhead"), 1_000),
    )
)
SHARES = (
    ("STAFF", 1, "Équipe de développement", 45, 0),
    ("STAFF", 2, "Équipe de déploiement", 20, 0),
    ("EQUIP", 1, "Serveurs et postes", 20, 2_000),
    ("SUB", 1, "Essais d’intrusion", 10, 2_000),
    ("OVER", 2, "Loyer et télécommunications", 5, 2_000),
)

OF_PARTNERS = (("Une doctorante, six mois", 90_000), ("تكييف نموذج اللغة", 110_000))


def plan(cost: Money, requested: Money, months: int) -> Plan:
    """A whole budget of this eligible cost, for this amount; what is left is the company's own."""
    lines = tuple(Line(code, year, label, cost.share(part * 100), vat) for code, year, label, part, vat in SHARES)
    own = Funding(Source.OWN, "Capital et résultats", cost - requested, Certainty.CONFIRMED)
    return Plan(months, requested, lines, (own,))


def begun(currency: str, partners: Sequence[UUID] = ()) -> Plan:
    """Too much subcontracting, co-financing still to be found, and a line for each of these partners."""
    amounts = (("STAFF", 1, "Deux ingénieures", 420_000, 0), ("SUB", 1, "Application mobile", 260_000, 2_000))
    lines = tuple(Line(code, year, label, Money.of(n, currency), vat) for code, year, label, n, vat in amounts)
    lines += tuple(
        Line("STAFF", 1, label, Money.of(n, currency), 0, id)
        for id, (label, n) in zip(partners, OF_PARTNERS, strict=False)
    )
    bank = Funding(Source.BANK, "Crédit d’investissement", Money.of(40_000, currency), Certainty.APPLIED)
    return Plan(18, None, lines, (bank,))
