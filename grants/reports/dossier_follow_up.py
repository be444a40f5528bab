"""What followed an award, for its dossier: agreement, amendments, milestones, support, claims, payments, recoveries."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from grants.awards import queries as awards
from grants.awards.models import (
    AGREEMENT_LABELS,
    CLAIM_LABELS,
    Agreement,
    Amendment,
    Award,
    Claim,
    Instalment,
    Invoice,
    InvoiceFile,
    Milestone,
    MilestoneFile,
    Support,
    SupportRequest,
)
from grants.core.db import Record, db
from grants.core.i18n import N_, Text
from grants.payments.models import PaymentOrder, Receipt, Recovery, RecoveryTerm, Repayment
from grants.reports.packing import Packing, columns, facts

Kept = TypeVar("Kept", bound=Record)
WHAT = (N_("What"), N_("Value"))


def follow_up(job: Packing, award: Award) -> list[UUID]:
    """Everything after the decision; answers with the ids of what was found."""
    agreement = db.session.scalars(
        select(Agreement)
        .where(Agreement.award_id == award.id)
        .options(selectinload(Agreement.signatures), selectinload(Agreement.instalments))
    ).one_or_none()
    if agreement is None:
        return []
    amendments = _all(Amendment, Amendment.agreement_id == agreement.id)
    milestones = _all(Milestone, Milestone.agreement_id == agreement.id)
    supports = _all(Support, Support.agreement_id == agreement.id)
    requests = _all(SupportRequest, SupportRequest.support_id.in_(_ids(supports)))
    claims = _claims(agreement)
    invoices = _all(Invoice, Invoice.claim_id.in_(_ids(claims)))
    orders = _all(PaymentOrder, PaymentOrder.claim_id.in_(_ids(claims)))
    recoveries = _all(Recovery, Recovery.award_id == award.id)
    repayments = _all(Repayment, Repayment.award_id == award.id)
    terms = _all(RecoveryTerm, RecoveryTerm.recovery_id.in_(_ids(recoveries)))
    receipts = _all(Receipt, Receipt.recovery_id.in_(_ids(recoveries)))
    everything: list[Record] = [agreement, *agreement.instalments, *agreement.signatures, *amendments, *milestones]
    everything += [*supports, *requests, *claims, *invoices, *orders, *recoveries, *repayments]
    names = _names([*everything, *receipts])
    _agreement(job, agreement, names)
    for one in amendments:
        job.json(f"amendments/{one.number}.json", N_("Amendment"), dict(facts(one, names)))
    _milestones(job, milestones, names)
    _list(job, "support.csv", N_("Support in kind"), [*supports, *requests], names)
    for claim in claims:
        _claim(job, claim, [one for one in invoices if one.claim_id == claim.id], names)
    _list(job, "payment-orders.csv", N_("Payment orders"), orders, names)
    _list(job, "recoveries.csv", N_("Recoveries"), [*recoveries, *terms, *receipts], names)
    _list(job, "repayments.csv", N_("Repayments"), repayments, names)
    return _ids(everything)


def _claims(agreement: Agreement) -> Sequence[Claim]:
    found = select(Claim).join(Claim.instalment).where(Instalment.agreement_id == agreement.id)
    return db.session.scalars(found.options(joinedload(Claim.instalment)).order_by(Claim.created_at)).all()


def _agreement(job: Packing, agreement: Agreement, names: dict[UUID, str]) -> None:
    said = [*facts(agreement, names, "text"), ("state", job.say(AGREEMENT_LABELS[agreement.state]))]
    job.table("agreement/agreement.csv", N_("The agreement"), WHAT, said)
    if agreement.text:
        job.json("agreement/text.json", N_("The text that was signed"), agreement.text)
    signed = [(one.capacity, names.get(one.person_id), one.signed_at, one.text_hash) for one in agreement.signatures]
    head = [N_("Capacity"), N_("Name"), N_("Signed on"), N_("Text signed (SHA-256)")]
    job.table("agreement/signatures.csv", N_("Signatures"), head, signed)
    for one in agreement.signatures:
        if one.sha256:
            job.kept("agreement", N_("The signed agreement"), one)
    parts = [(one.position, one.kind, one.due_on, one.amount.major, one.currency) for one in agreement.instalments]
    head = [N_("Instalment"), N_("Kind of instalment"), N_("Planned on"), N_("Amount"), N_("Currency")]
    job.table("agreement/instalments.csv", N_("Instalments"), head, parts)


def _milestones(job: Packing, milestones: Sequence[Milestone], names: dict[UUID, str]) -> None:
    files = _all(MilestoneFile, MilestoneFile.milestone_id.in_(_ids(milestones)))
    for one in milestones:
        folder = f"milestones/{one.position}"
        job.json(f"{folder}/report.json", N_("Milestone"), dict(facts(one, names)))
        for file in (file for file in files if file.milestone_id == one.id):
            job.kept(folder, N_("File of a report"), file)


def _claim(job: Packing, claim: Claim, invoices: Sequence[Invoice], names: dict[UUID, str]) -> None:
    folder = f"claims/{claim.instalment.position}-{str(claim.id)[:8]}"
    said = [*facts(claim, names), ("state", job.say(CLAIM_LABELS[claim.state]))]
    job.table(f"{folder}/claim.csv", N_("Claim"), WHAT, said)
    if claim.sha256:
        job.kept(folder, N_("Evidence of a claim"), claim)
    _list(job, f"{folder}/invoices.csv", N_("Invoices"), invoices, names)
    for file in _all(InvoiceFile, InvoiceFile.invoice_id.in_(_ids(invoices))):
        job.kept(folder, N_("File of an invoice"), file)


def _list(job: Packing, path: str, what: Text, records: Sequence[Record], names: dict[UUID, str]) -> None:
    """One line for each value of each record; no file when there is none."""
    if records:
        rows = ((n, type(one).__name__, *pair) for n, one in enumerate(records, 1) for pair in facts(one, names))
        job.table(path, what, [N_("No."), N_("Kind"), *WHAT], rows)


def _all(kind: type[Kept], condition: Any) -> Sequence[Kept]:
    return db.session.scalars(select(kind).where(condition).order_by(kind.created_at, kind.id)).all()


def _ids(records: Iterable[Record]) -> list[UUID]:
    return [one.id for one in records]


def _names(records: Iterable[Record]) -> dict[UUID, str]:
    """Of everybody whom these records name."""
    return awards.names(
        who for one in records for column, who in columns(one) if column.endswith(("person_id", "_by_id"))
    )
