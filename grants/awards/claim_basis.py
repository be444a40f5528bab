"""What a claim is reckoned on: the budget in force of its award, the terms of its call, the claims before it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from grants.applications.budgets import conditions, loaded
from grants.applications.models import Application, BudgetLine, Partner
from grants.awards.models import (
    Award,
    Claim,
    ClaimState,
    Instalment,
    InstalmentKind,
    Invoice,
    Verdict,
)
from grants.awards.payable import Before, Cost, Limit, Payable, Place, Spender, Terms, reckon
from grants.calls.budget_rules import WHOLE, BudgetRules
from grants.core.db import db

STANDING = frozenset(ClaimState) - {ClaimState.DRAFT, ClaimState.SUBMITTED, ClaimState.REJECTED}


def by_invoices(claim: Claim) -> bool:
    """Whether costs must be shown for it: pre-financing comes before them."""
    return claim.instalment.kind != InstalmentKind.PREFINANCING


@dataclass(frozen=True)
class Basis:
    """`lines` and `members` are the accepted budget's and the project's; no lines where the call asks for none."""

    terms: Terms
    before: Before
    place: Place
    rules: BudgetRules
    lines: Mapping[UUID, BudgetLine]
    members: Mapping[UUID, str]

    def cost(self, invoice: Invoice, *, whole: bool = False) -> Cost | None:
        """What of it counts: what was accepted, or with `whole` all of it; None while that is nothing."""
        return _cost(invoice, self.lines, whole=whole)

    def payable(self, invoices: Iterable[Invoice], *, claimed: int | None = None, whole: bool = False) -> Payable:
        costs = [one for one in (self.cost(invoice, whole=whole) for invoice in invoices) if one is not None]
        place = Place(self.place.planned, self.place.final, self.place.retention, claimed)
        return reckon(self.terms, costs, self.before, place)


def _cost(invoice: Invoice, lines: Mapping[UUID, BudgetLine], *, whole: bool) -> Cost | None:
    net = invoice.net_minor if whole else invoice.accepted_minor
    vat = (invoice.vat_minor or 0) if whole else invoice.accepted_vat.minor
    if not net:
        return None
    line = lines.get(invoice.budget_line_id) if invoice.budget_line_id else None
    return Cost(invoice.organisation_id, net, vat, line.id if line else None, line.category if line else "")


def basis(claim: Claim) -> Basis:
    """Read anew: a handful of queries, however many invoices there are. Its award, call and instalment are loaded."""
    award: Award = claim.instalment.agreement.award
    application = _project(award)
    rules = award.call.budget_rules
    lines = {one.id: one for one in application.lines} if application is not None and rules else {}
    members = application.members if application else {award.organisation_id: award.organisation.name}
    return Basis(
        terms=_terms(award, application, rules, lines, claim.instalment.agreement.budget),
        before=_before(claim, lines),
        place=_place(claim),
        rules=rules,
        lines=lines,
        members=members,
    )


def _project(award: Award) -> Application | None:
    if award.application_id is None:
        return None
    found = select(Application).where(Application.id == award.application_id)
    parts = [
        joinedload(Application.call),
        joinedload(Application.organisation),
        selectinload(Application.partners).joinedload(Partner.organisation),
    ]
    return loaded([db.session.scalars(found.options(*parts)).unique().one()])[0]


def _terms(
    award: Award,
    application: Application | None,
    rules: BudgetRules,
    lines: Mapping[UUID, BudgetLine],
    agreed: Sequence[Mapping[str, Any]],
) -> Terms:
    call = award.call
    rate = call.funding_rate or WHOLE
    if application is None:
        spenders = {award.organisation_id: Spender(award.organisation.name, rate)}
        return Terms(award.amount_minor, rules.vat, spenders)
    on = conditions(application)
    spenders = {
        id: Spender(one.name, rules.rates.get(one.kind, rate), rules.ceilings.get(one.kind))
        for id, one in on.spenders.items()
    }
    amended = _amended(lines, rules, agreed)
    cost = sum(one["amount"] for one in agreed) if amended else application.cost_minor or 0
    return Terms(
        award=award.amount_minor,
        vat=rules.vat,
        spenders=spenders,
        lines={id: Limit(one.label, one_most(one, rules)) for id, one in lines.items() if one.category not in amended},
        categories=_categories(rules, cost, amended) if lines else {},
    )


def _amended(
    lines: Mapping[UUID, BudgetLine], rules: BudgetRules, agreed: Sequence[Mapping[str, Any]]
) -> dict[str, int]:
    """What each category that an amendment changed may take, by its code: the agreed cost stands for all its lines,
    which share it, eligible VAT in the proportion of the lines and the call's overrun included."""
    net: Counter[str] = Counter()
    base: Counter[str] = Counter()
    for one in lines.values():
        net[one.category] += one.net_minor or 0
        base[one.category] += _base(one, rules)
    found = {}
    for item in agreed:
        code, amount = item["category"], item["amount"]
        if net[code] and amount != net[code]:
            whole = amount * base[code] // net[code]
            found[code] = whole + whole * rules.overrun // WHOLE
    return found


def _categories(rules: BudgetRules, cost: int, amended: Mapping[str, int]) -> dict[str, Limit]:
    """The caps of the call on the whole cost of the project, and the amended categories."""
    found = {}
    for one in rules.categories:
        most = [cost * one.cap // WHOLE] if one.cap is not None and one.cap < WHOLE else []
        most += [amended[one.code]] if one.code in amended else []
        if most:
            found[one.code] = Limit(one.name, min(most))
    return found


def one_most(line: BudgetLine, rules: BudgetRules) -> int:
    """What may be spent on a line without an amendment: the line, and what the call lets it be exceeded by."""
    base = _base(line, rules)
    return base + base * rules.overrun // WHOLE


def _base(line: BudgetLine, rules: BudgetRules) -> int:
    net = line.net_minor or 0
    return net + (net * line.vat + WHOLE // 2) // WHOLE if rules.vat else net


def _before(claim: Claim, lines: Mapping[UUID, BudgetLine]) -> Before:
    others = [one for one in others_of(claim) if one.state in STANDING]
    advance = {one.id for one in others if one.instalment.kind == InstalmentKind.PREFINANCING}
    costs = select(Invoice).where(
        Invoice.claim_id.in_([one.id for one in others if one.id not in advance]), Invoice.verdict != Verdict.REJECTED
    )
    order = {one.id: (one.instalment.position, n) for n, one in enumerate(others)}
    accepted = sorted(db.session.scalars(costs), key=lambda one: (order[one.claim_id], one.position))
    counted = [cost for cost in (_cost(one, lines, whole=False) for one in accepted) if cost is not None]
    return Before(
        costs=tuple(counted),
        advance=sum(one.accepted_minor or 0 for one in others if one.id in advance),
        paid=sum(one.accepted_minor or 0 for one in others if one.id not in advance),
        cleared=sum(one.cleared_minor for one in others),
        retained=sum(one.retained_minor for one in others),
        released=sum(one.released_minor for one in others),
        outside=sum(
            one.accepted_minor or 0 for one in others if one.state == ClaimState.OUTSIDE and one.id not in advance
        ),
    )


def others_of(claim: Claim) -> Sequence[Claim]:
    """Every other claim of the same agreement, in the order of its instalments; one query."""
    agreement_id = claim.instalment.agreement_id
    found = select(Claim).join(Claim.instalment).where(Instalment.agreement_id == agreement_id, Claim.id != claim.id)
    ordered = found.order_by(Instalment.position, Claim.created_at).options(joinedload(Claim.instalment))
    return db.session.scalars(ordered.execution_options(populate_existing=True)).unique().all()


def _place(claim: Claim) -> Place:
    one = claim.instalment
    planned = select(Instalment.amount_minor).where(
        Instalment.agreement_id == one.agreement_id, Instalment.position <= one.position
    )
    final = one.kind == InstalmentKind.BALANCE
    return Place(sum(db.session.scalars(planned)), final, one.agreement.award.call.retention)


def invoices_of(claim: Claim) -> Sequence[Invoice]:
    """Its invoices with their files, in order, as they stand now; two queries."""
    found = select(Invoice).where(Invoice.claim_id == claim.id).order_by(Invoice.position)
    whole = found.options(selectinload(Invoice.files)).execution_options(populate_existing=True)
    return db.session.scalars(whole).all()
