"""The budget of an application whose call asks for one by lines: read, added up, and what is wrong with it."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from grants.applications.models import Application, BudgetLine, Certainty, Contribution
from grants.applications.reckoning import (
    MOST_YEARS,
    Conditions,
    Funding,
    Line,
    Reckoning,
    Spender,
    divided,
    reckon,
)
from grants.core.db import db
from grants.core.i18n import N_, N_n, Text
from grants.core.types import Money


class Flaw(NamedTuple):
    """What keeps the budget from being submitted: the id of its input, why, whether what is typed is wrong."""

    field: str
    message: Text
    wrong: bool = False


def loaded(applications: Sequence[Application], *, anew: bool = False) -> Sequence[Application]:
    """The same applications with their lines and co-financing: two queries, none when no call asks for them.

    `anew` reads again what this session has read before.
    """
    asked = [one for one in applications if one.call.budget_rules]
    for name, model in (("lines", BudgetLine), ("contributions", Contribution)) if asked else ():
        wanted = select(model).where(model.application_id.in_([one.id for one in asked])).order_by(model.position)
        rows: dict[UUID, list[Any]] = {one.id: [] for one in asked}
        for row in db.session.scalars(wanted.execution_options(populate_existing=anew)):
            rows[row.application_id].append(row)  # type: ignore[attr-defined]
        for one in asked:
            set_committed_value(one, name, rows[one.id])
    return applications


def lines_of(application: Application) -> tuple[Line, ...]:
    lead = application.organisation_id
    return tuple(
        Line(one.category, one.year, one.label, one.net, one.vat, _unless(lead, one.organisation_id))
        for one in application.lines
    )


def funding_of(application: Application) -> tuple[Funding, ...]:
    return tuple(Funding(one.source, one.label, one.amount, one.certainty) for one in application.contributions)


def _unless(lead: UUID, id: UUID) -> UUID | None:
    return None if id == lead else id


def conditions(application: Application) -> Conditions:
    """What fixes the grant of this application; its organisation and partners must be loaded."""
    call, lead = application.call, application.organisation
    assert call.funding_rate is not None  # noqa: S101 - an open call has both (CHECK)
    assert call.ceiling is not None  # noqa: S101
    members = [lead, *(one.organisation for one in application.taking_part if one.organisation is not None)]
    spenders = {one.id: Spender(one.name, one.kind) for one in members}
    return Conditions(call.currency, call.budget_rules, call.funding_rate, call.ceiling, spenders)


def budget_of(application: Application) -> Reckoning | None:
    """Its budget added up; None where the call asks for cost and amount alone."""
    if not application.call.budget_rules:
        return None
    return reckon(lines_of(application), funding_of(application), application.asked, conditions(application))


def read_budget(application: Application) -> Reckoning | None:
    """The same where its lines were not read with it: two queries, none where the call asks for no lines."""
    return budget_of(loaded([application])[0])


def parts(application: Application, amount: Money) -> dict[UUID, Money]:
    """Who receives what of a grant of this amount, in proportion to the most each may be given; the lead it all where
    the call asks for no lines. Its lines must be loaded.
    """
    budget = budget_of(application)
    most = {} if budget is None else dict(zip(conditions(application).spenders, budget.shares, strict=True))
    found = divided(amount, {id: one.most for id, one in most.items()})
    return found or {application.organisation_id: amount}


def years_of(duration_months: int | None) -> int:
    """How many years the lines of a project may speak of."""
    return min(MOST_YEARS, -(-duration_months // 12)) if duration_months else MOST_YEARS


def flaws(application: Application) -> list[Flaw]:
    """Everything that keeps the budget from being submitted, in the order of the page."""
    budget = budget_of(application)
    assert budget is not None  # noqa: S101 - asked only where the call wants lines
    return [
        *_duration(application),
        *_lines(application),
        *_caps(budget),
        *_funding(application, budget),
        *_asked(application, budget),
    ]


def _duration(application: Application) -> list[Flaw]:
    return (
        [] if application.duration_months else [Flaw("duration_months", N_("Say how many months the project lasts."))]
    )


def _lines(application: Application) -> list[Flaw]:
    rules, most = application.call.budget_rules, years_of(application.duration_months)
    members, found = conditions(application).spenders, []
    for n, line in enumerate(lines_of(application)):
        if rules.category(line.category) is None:
            found.append(_at(n, "category", N_("Line %(n)s: choose its category.", n=n + 1)))
        elif line.organisation_id is not None and line.organisation_id not in members:
            gone = N_("Line %(n)s: whoever spends it no longer takes part. Choose somebody else.", n=n + 1)
            found.append(Flaw(f"lines-{n}-who", gone, True))
        elif line.year is None:
            found.append(_at(n, "year", N_("Line %(n)s: choose its year.", n=n + 1)))
        elif line.year > most:
            late = N_("Line %(n)s: the project ends before year %(year)s.", n=n + 1, year=line.year)
            found.append(Flaw(f"lines-{n}-year", late, True))
        elif not line.label:
            found.append(_at(n, "label", N_("Line %(n)s: say what it pays for.", n=n + 1)))
        elif line.net is None:
            found.append(_at(n, "net", N_("Line %(n)s: give its amount.", n=n + 1)))
    return found or ([] if application.lines else [_at(0, "category", N_("Give the budget its first line."))])


def _at(n: int, column: str, message: Text) -> Flaw:
    return Flaw(f"lines-{n}-{column}", message)


def _caps(budget: Reckoning) -> list[Flaw]:
    return [
        Flaw(
            "costs",
            N_(
                "%(category)s: %(amount)s is %(over)s too much. The call accepts at most %(cap)s%% of the eligible "
                "cost for it: %(room)s beside your other lines.",
                category=one.category.name,
                amount=one.amount,
                over=one.over,
                cap=(one.category.cap or 0) / 100,
                room=one.room,
            ),
            True,
        )
        for one in budget.categories
        if one.over
    ]


def _funding(application: Application, budget: Reckoning) -> list[Flaw]:
    found = []
    for n, one in enumerate(funding_of(application)):
        if one.source is None:
            found.append(Flaw(f"funds-{n}-source", N_("Co-financing %(n)s: choose its source.", n=n + 1)))
        elif one.amount is None:
            found.append(Flaw(f"funds-{n}-amount", N_("Co-financing %(n)s: give its amount.", n=n + 1)))
    if budget.cost and budget.short and not found:
        message = N_(
            "Co-financing must pay what the grant does not: %(rest)s. Yours pays %(covered)s; %(short)s is missing.",
            rest=budget.rest,
            covered=budget.covered,
            short=budget.short,
        )
        found.append(Flaw("funding", message, bool(budget.covered)))
    return found


def _asked(application: Application, budget: Reckoning) -> list[Flaw]:
    if budget.cost and not budget.most:
        return [Flaw("asked", N_("The call can give nothing for this budget."), True)]
    if budget.cost and application.asked and budget.most < application.asked:
        return [Flaw("asked", N_("At most %(most)s can be asked for this budget.", most=budget.most), True)]
    if budget.cost and (application.cost, application.requested) != (budget.cost, budget.requested):
        return [
            Flaw("asked", N_("The kind of an organisation of the project has changed. Save the budget again."), True)
        ]
    return []


def warnings(application: Application) -> list[Text]:
    """What the applicant should know, though it keeps nothing from being submitted."""
    budget, found = budget_of(application), []
    if budget is None or not budget.cost:
        return []
    unsure = sum(one.certainty != Certainty.CONFIRMED and one.amount is not None for one in funding_of(application))
    if unsure and not budget.short:
        found.append(
            N_n(
                "%(n)s source of co-financing is not confirmed yet: the fund will ask for proof.",
                "%(n)s sources of co-financing are not confirmed yet: the fund will ask for proof.",
                unsure,
            )
        )
    if budget.beyond and budget.granted:
        found.append(
            N_(
                "Co-financing is %(beyond)s more than what is left to pay: look whether it is right.",
                beyond=budget.beyond,
            )
        )
    if budget.requested and budget.requested < budget.most:
        found.append(N_("You ask for less than the most, which is %(most)s.", most=budget.most))
    return found


def content(application: Application) -> dict[str, Any]:
    """What is submitted of it, as plain JSON; {} where the call asks for no lines."""
    if not application.call.budget_rules:
        return {}
    lines = [
        {
            "category": one.category,
            "year": one.year,
            "label": one.label,
            "net": _minor(one.net),
            "vat": one.vat,
            "organisation": str(one.organisation_id or application.organisation_id),
        }
        for one in lines_of(application)
    ]
    funding = [
        {"source": one.source, "label": one.label, "amount": _minor(one.amount), "certainty": one.certainty}
        for one in funding_of(application)
    ]
    return {"budget": {"lines": lines, "co_financing": funding, **_fixed_by(conditions(application))}}


def _fixed_by(on: Conditions) -> dict[str, Any]:
    """The kind of each member and what the call gives to it, where that depends on the kind: it may change later."""
    rates, ceilings = on.rules.rates, on.rules.ceilings
    if not rates and not ceilings:
        return {}
    members = [
        {
            "organisation": str(id),
            "kind": one.kind,
            "rate": rates.get(one.kind, on.rate),
            "ceiling": ceilings.get(one.kind),
        }
        for id, one in on.spenders.items()
    ]
    return {"members": members}


def _minor(amount: Money | None) -> int | None:
    return None if amount is None else amount.minor
