"""A call that asks for a budget by lines, and a draft with one that may be submitted."""

from typing import Any

from grants.applications import queries, service
from grants.applications.models import Application, Certainty, Source
from grants.applications.plan import Plan
from grants.applications.reckoning import Funding, Line
from grants.calls.budget_rules import BudgetRules, Category
from grants.core.db import db
from grants.core.i18n import Words
from grants.core.types import Money
from grants.people.models import OrganisationKind
from tests.applications.ground import Ground, draft, ground

RULES = BudgetRules(
    (
        Category("STAFF", Words(fr="Personnel", ar="الموظفون", en="Staff")),
        Category("EQUIP", Words(fr="Équipement", ar="المعدات", en="Equipment")),
        Category("SUB", Words(fr="Sous-traitance", ar="المناولة", en="Subcontracting"), 3_000),
    ),
    {OrganisationKind.UNIVERSITY: 10_000},
)


def mad(major: int | str) -> Money:
    return Money.of(major, "MAD")


LINES = (
    Line("STAFF", 1, "Two engineers", mad(400_000)),
    Line("EQUIP", 1, "Sensors", mad(100_000), 2_000),
    Line("SUB", 2, "Field tests", mad(100_000), 2_000),
)
FUNDING = (Funding(Source.OWN, "Own cash", mad(60_000), Certainty.CONFIRMED),)


def budget_ground(rules: BudgetRules = RULES, **call: Any) -> Ground:
    """An open call that pays 90 % of the lines of its categories, 1 000 000 at most."""
    return ground(budget=rules.as_json(), **call)


def budgeted(
    on: Ground, lines: tuple[Line, ...] = LINES, funding: tuple[Funding, ...] = FUNDING, **values: Any
) -> Application:
    """A draft of 24 months with these lines, as a page loads it."""
    made = draft(on, **{"cost_minor": None, "requested_minor": None, "duration_months": 24, **values})
    db.session.commit()
    whole = queries.own_application(on.lead, made.id)
    service.revise(whole, Plan(24, None, lines, funding), seen=None, actor=on.lead)
    return queries.own_application(on.lead, made.id)
