"""Invoices that were claimed before: looked for across the whole fund, by what they say and by their file."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from grants.awards.models import (
    Agreement,
    Award,
    Claim,
    ClaimState,
    Instalment,
    Invoice,
    InvoiceFile,
    Purpose,
    Verdict,
)
from grants.core.db import db
from grants.core.types import sort_key
from grants.people.models import Organisation


def key(text: str) -> str:
    """A number or a name as it is compared: “FA-2026 / 001” and “fa2026001” are the same."""
    return re.sub(r"[\W_]", "", sort_key(text))


@dataclass(frozen=True)
class Twin:
    """Another invoice that looks like this one. `file`: the same file; otherwise supplier, number and amount."""

    file: bool
    invoice_id: UUID
    claim_id: UUID
    award: str
    instalment: int
    position: int
    organisation: str

    @property
    def reference(self) -> str:
        return f"{self.award}-{self.instalment}"


def duplicates(claim: Claim, *, own: bool = False) -> dict[UUID, list[Twin]]:
    """By invoice of this claim, the others of the whole fund that look like it; two queries.

    The same supplier (by name or identifier), number and amount, or the same file; but the parts of one invoice in one
    claim may share their file. What was rejected may be claimed again and counts nowhere. With `own` only those of the
    claim's own organisation, drafts included: nobody learns what others claim.
    """
    award: Award = claim.instalment.agreement.award
    found: dict[UUID, dict[UUID, Twin]] = {}
    for statement, file in ((_by_file(), True), (_by_number(), False)):
        for row in db.session.execute(_within(statement, claim, award, own)):
            mine, *other = row
            twin = Twin(file, *other)
            found.setdefault(mine, {})[twin.invoice_id] = twin
    return {id: list(twins.values()) for id, twins in found.items()}


MINE, OTHER = aliased(Invoice), aliased(Invoice)
FILE, SAME = aliased(InvoiceFile), aliased(InvoiceFile)
COLUMNS = (MINE.id, OTHER.id, OTHER.claim_id, Award.number, Instalment.position, OTHER.position, Organisation.name)


def _by_number() -> Any:
    supplier = or_(
        and_(MINE.supplier_key == OTHER.supplier_key, MINE.supplier_key != ""),
        and_(MINE.identifier_key == OTHER.identifier_key, MINE.identifier_key != ""),
    )
    same = and_(OTHER.number_key == MINE.number_key, OTHER.net_minor == MINE.net_minor, MINE.number_key != "", supplier)
    return select(*COLUMNS).select_from(MINE).join(OTHER, same)


def _by_file() -> Any:
    parts = and_(OTHER.claim_id == MINE.claim_id, OTHER.number_key == MINE.number_key, MINE.number_key != "")
    return (
        select(*COLUMNS)
        .select_from(MINE)
        .join(FILE, and_(FILE.invoice_id == MINE.id, FILE.purpose == Purpose.INVOICE))
        .join(SAME, and_(SAME.sha256 == FILE.sha256, SAME.purpose == Purpose.INVOICE))
        .join(OTHER, OTHER.id == SAME.invoice_id)
        .where(~parts)
    )


def _within(statement: Any, claim: Claim, award: Award, own: bool) -> Any:
    """In the same fund, in claims that stand."""
    handed_in = or_(Claim.state != ClaimState.DRAFT, Claim.id == claim.id)
    seen = Award.organisation_id == award.organisation_id if own else handed_in
    return (
        statement.join(Claim, Claim.id == OTHER.claim_id)
        .join(Instalment, Instalment.id == Claim.instalment_id)
        .join(Agreement, Agreement.id == Instalment.agreement_id)
        .join(Award, Award.id == Agreement.award_id)
        .join(Organisation, Organisation.id == Award.organisation_id)
        .where(
            MINE.claim_id == claim.id,
            OTHER.id != MINE.id,
            Award.fund_id == award.fund_id,
            Claim.state != ClaimState.REJECTED,
            OTHER.verdict.is_(None) | (OTHER.verdict != Verdict.REJECTED),
            seen,
        )
        .order_by(Award.number, Instalment.position, OTHER.position)
    )
