"""What the parties sign, as plain values in three languages; the page and the PDF show exactly this.

Drawn up from the award, its plan and the fund's wording; frozen when it is sent for signature.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from grants.applications.models import BudgetLine
from grants.awards import signing, templates
from grants.awards.letters import filled
from grants.awards.models import Agreement, Award, Milestone
from grants.calls.models import INSTRUMENT_LABELS
from grants.core.db import db
from grants.core.i18n import LANGUAGES, Reader, Words, percent, plain, render
from grants.core.types import Money
from grants.profiles.models import BankAccount
from grants.profiles.queries import verified_accounts

ISOLATE, END = "\u2068", "\u2069"  # what stands between takes the direction of its own first letter


def text_of(agreement: Agreement) -> dict[str, Any]:
    """The frozen text; before it is frozen, the one that would be. Three queries at most."""
    return agreement.text or drafted(agreement)


def drafted(agreement: Agreement) -> dict[str, Any]:
    """The text as it stands today. The award must be whole, its application's partners loaded."""
    award = agreement.award
    wording = templates.current(award.fund, award.call.instrument)
    account = payee(award)
    partners = signing.partners(award)
    return {
        "number": award.number,
        "fund": award.fund.name,
        "call": {"code": award.call.code, "title": dict(award.call.title)},
        "commission": dict(award.commission.name),
        "instrument": str(award.call.instrument),
        "beneficiary": award.organisation.name,
        "partners": [one.name for one in partners],
        "title": award.title,
        "amount": award.amount_minor,
        "currency": award.currency,
        "starts_on": agreement.starts_on and agreement.starts_on.isoformat(),
        "ends_on": agreement.ends_on and agreement.ends_on.isoformat(),
        "template": wording.number,
        "clauses": [{"title": dict(one.title), "body": _said(one.body, agreement)} for one in wording.clauses],
        "budget": agreement.budget or asked_budget(award),
        "instalments": [
            {
                "position": one.position,
                "kind": str(one.kind),
                "percent": one.percent,
                "amount": one.amount_minor,
                "due_on": one.due_on.isoformat(),
            }
            for one in agreement.instalments
        ],
        "milestones": [_milestone(one) for one in agreement.milestones],
        "supports": [{"name": one.name, "unit": one.unit, "planned": one.planned} for one in agreement.supports],
        "account": account
        and {"id": str(account.id), "holder": account.holder, "bank": account.bank, "ending": account.ending},
    }


def _milestone(milestone: Milestone) -> dict[str, Any]:
    return {
        "position": milestone.position,
        "title": milestone.title,
        "due_on": milestone.due_on.isoformat(),
        "deliverables": milestone.deliverables,
        "technical": milestone.technical,
        "financial": milestone.financial,
        "instalment": milestone.instalment,
    }


def hash_of(text: Mapping[str, Any]) -> str:
    """SHA-256 of the text as canonical JSON (sorted keys, no spaces, UTF-8)."""
    canonical = json.dumps(text, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def payee(award: Award) -> BankAccount | None:
    """The lead's account verified last in the grant's currency."""
    found = verified_accounts([award.organisation_id], award.currency)
    return found[0] if found else None


def asked_budget(award: Award) -> list[dict[str, Any]]:
    """The cost applied for, by category of the call, without VAT; [] where the call asks for no lines."""
    rules = award.call.budget_rules
    if award.application_id is None or not rules:
        return []
    total = func.sum(BudgetLine.net_minor)
    asked = select(BudgetLine.category, total).where(BudgetLine.application_id == award.application_id)
    found = {row[0]: int(row[1] or 0) for row in db.session.execute(asked.group_by(BudgetLine.category))}
    return [
        {"category": one.code, "name": dict(one.name), "amount": found[one.code]}
        for one in rules.categories
        if found.get(one.code)
    ]


def _said(body: Words, agreement: Agreement) -> dict[str, list[str]]:
    """The paragraphs in every language, places filled; a language without a wording has that of another."""
    cluster = agreement.award.fund.cluster
    said = {}
    for language in LANGUAGES:
        reader = Reader(language, cluster.country, cluster.timezone)
        values = _values(agreement, reader)
        said[language] = [render(one, reader) for one in filled(body.in_(language), values)]
    return said


def _values(agreement: Agreement, reader: Reader) -> dict[str, Any]:
    """What each place of templates.PLACES says."""
    award = agreement.award
    comma = "، " if reader.language == "ar" else ", "
    values: dict[str, Any] = {
        "number": award.number,
        "cluster": award.fund.cluster.name,
        "fund": award.fund.name,
        "call": award.call.title,
        "commission": award.commission.name,
        "instrument": INSTRUMENT_LABELS[award.call.instrument],
        "beneficiary": award.organisation.name,
        "partners": comma.join(one.name for one in signing.partners(award)),
        "title": award.title,
        "amount": award.amount,
        "starts": agreement.starts_on,
        "ends": agreement.ends_on,
        "instalments": len(agreement.instalments) or len(award.call.instalments),
        "retention": percent(award.call.retention / 100, reader) if award.call.retention else None,
    }
    return {
        name: f"{ISOLATE}{plain(value, reader)}{END}" if value and reader.language == "ar" else value
        for name, value in values.items()
    }


def money(text: Mapping[str, Any], minor: int) -> Money:
    """An amount of the text."""
    return Money(minor, text["currency"])
