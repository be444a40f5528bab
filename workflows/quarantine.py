"""Telling whoever sent a file that a virus was found in it later, for every file beside an application's documents."""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from grants.appeals.models import Appeal
from grants.applications.models import Application, Clarification, ClarificationFile
from grants.awards.models import (
    Agreement,
    Award,
    Claim,
    Instalment,
    Invoice,
    InvoiceFile,
    Milestone,
    MilestoneFile,
    Signature,
)
from grants.calls.models import RequiredDocument
from grants.core.audit import Event, record
from grants.core.db import db
from grants.core.i18n import N_, Text
from grants.people.models import Person
from grants.profiles.models import BankAccount, KeptDocument
from workflows.letters import Letter, address, letter
from workflows.outbox import Due, promise


class Kind(NamedTuple):
    """One kind of file: what it is called, who sent it, where it is looked at, to which application it belongs."""

    model: type[Any]
    what: Text
    sender: Callable[[Any], UUID | None]
    page: Callable[[Any], str]
    application: Callable[[Any], UUID | None] = lambda file: None


def _last(subject_id: UUID, *names: str) -> UUID | None:
    """Who did one of these things to it last."""
    found = select(Event.actor_id).where(Event.subject_id == subject_id, Event.name.in_(names))
    return db.session.scalar(found.order_by(Event.at.desc(), Event.id.desc()).limit(1))


def _asked_in(file: ClarificationFile) -> UUID | None:
    return db.session.scalar(select(Clarification.application_id).where(Clarification.id == file.clarification_id))


def _paid_for(claim: Claim) -> UUID | None:
    """The application of the award; None for one that was imported."""
    awarded = select(Award.application_id).join(Agreement, Agreement.award_id == Award.id)
    found = awarded.join(Instalment, Instalment.agreement_id == Agreement.id)
    return db.session.scalar(found.where(Instalment.id == claim.instalment_id))


def _reported_in(file: MilestoneFile) -> UUID | None:
    """As for a claim."""
    found = select(Award.application_id).join(Agreement, Agreement.award_id == Award.id)
    milestone = found.join(Milestone, Milestone.agreement_id == Agreement.id)
    return db.session.scalar(milestone.where(Milestone.id == file.milestone_id))


def _claim_of(file: InvoiceFile) -> Claim:
    return db.session.scalars(
        select(Claim).join(Invoice, Invoice.claim_id == Claim.id).where(Invoice.id == file.invoice_id)
    ).one()


KINDS = {
    "appeal": Kind(
        Appeal,
        N_("Your appeal"),
        lambda one: one.filed_by_id,
        lambda one: address("applicant.appeal", application_id=one.application_id),
        lambda one: one.application_id,
    ),
    "clarification": Kind(
        ClarificationFile,
        N_("Your answer to a question of the fund"),
        lambda one: one.uploaded_by_id,
        lambda one: address("applicant.clarification", id=one.clarification_id),
        _asked_in,
    ),
    "claim": Kind(
        Claim,
        N_("Your claim for an instalment"),
        lambda one: _last(one.id, "claim.written") or one.submitted_by_id,
        lambda one: address("applicant.claim", id=one.id),
        _paid_for,
    ),
    "milestone": Kind(
        MilestoneFile,
        N_("Your report on a milestone"),
        lambda one: one.uploaded_by_id,
        lambda one: address("applicant.milestone", id=one.milestone_id),
        _reported_in,
    ),
    "invoice": Kind(
        InvoiceFile,
        N_("An invoice of your claim"),
        lambda one: one.sent_by_id,
        lambda one: address("applicant.invoice", id=one.invoice_id),
        lambda one: _paid_for(_claim_of(one)),
    ),
    "signature": Kind(
        Signature,
        N_("The signed agreement"),
        lambda one: one.person_id,
        lambda one: address("applicant.agreement", id=one.agreement_id),
    ),
    "kept": Kind(
        KeptDocument,
        N_("The documents of your organisation"),
        lambda one: one.kept_by_id if one.ended_at is None else None,
        lambda one: address("applicant.organisation_documents", organisation_id=one.organisation_id),
    ),
    "account": Kind(
        BankAccount,
        N_("The certificate of a bank account"),
        lambda one: one.given_by_id,
        lambda one: address("applicant.organisation_accounts", organisation_id=one.organisation_id),
    ),
    "template": Kind(
        RequiredDocument,
        N_("A template that your call offers"),
        lambda one: _last(one.call_id, "call.document_required", "call.documents_copied"),
        lambda one: address("staff.call_document", id=one.call_id, required_id=one.id),
    ),
}


def tell_senders(digest: str, threat: str) -> None:
    """In a running transaction: a letter for each file with this content, and a line in its application's history."""
    for name, kind in KINDS.items():
        for one in db.session.scalars(select(kind.model).where(kind.model.sha256 == digest)):
            if (id := kind.application(one)) is not None:
                after = {"filename": one.filename, "sha256": digest, "threat": threat}
                record("application.quarantine", db.session.get_one(Application, id), None, after=after)
            if (sender := kind.sender(one)) is not None:
                promise(tell_sender, one, sender, file=name)


@letter
def tell_sender(due: Due) -> Letter | None:
    """Which file is in quarantine, and where to look at it; nothing when it was removed or replaced."""
    kind = KINDS[due.args["file"]]
    wanted = select(kind.model).where(kind.model.id == due.subject_id)
    found = db.session.scalars(wanted.execution_options(populate_existing=True)).first()
    if found is None or found.scan is None or not found.quarantined:
        return None
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("A virus was found in “%(name)s”", name=found.filename),
        paragraphs=[
            N_(
                "The scanner found it after the file had been sent. Nobody can open the file any more; where it can"
                " still be replaced, send a clean copy, otherwise write to the fund."
            )
        ],
        facts=[(N_("Sent with"), kind.what), (N_("File"), found.filename), (N_("Threat"), found.scan.threat)],
        action=(N_("Open the page"), kind.page(found)),
    )
