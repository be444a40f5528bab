"""What an application submits, as plain JSON, and the hashes that its receipt and its partners' accessions carry."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import defer
from sqlalchemy.orm.attributes import set_committed_value

from grants.applications import accession, budgets
from grants.applications.content import outline
from grants.applications.models import Application, Document, Partner, Submission
from grants.core.db import db
from grants.core.shapes import canonical, digest


def content_of(application: Application) -> dict[str, Any]:
    """What is submitted, as plain JSON: ids, texts, amounts in minor units, documents by the hash of their content."""
    asked = {"questionnaire": str(application.questionnaire_id), "answers": answered(application)}
    return {
        "format": 2 if application.questionnaire_id else 1,
        **(asked if application.questionnaire_id else {}),
        "application": str(application.id),
        "call": str(application.call_id),
        "organisation": str(application.organisation_id),
        "commission": str(application.commission_id),
        "title": application.title,
        "summary": application.summary,
        "description": application.description,
        "currency": application.currency,
        "cost": application.cost_minor,
        "requested": application.requested_minor,
        "duration_months": application.duration_months,
        **accession.submitted(application),
        **budgets.content(application),
        "documents": sorted(
            (_said(one, application) for one in application.attached),
            key=lambda one: (one["sha256"], one.get("for", ""), one.get("by", "")),
        ),
    }


def _said(document: Document, application: Application) -> dict[str, Any]:
    """What it answers, its last day and the partner that gave it are named only where there is one: older fingerprints
    hold."""
    partner = next((one for one in application.partners if one.id == document.partner_id), None)
    more = {
        "for": document.question or document.required_id,
        "expires_on": document.expires_on,
        "by": partner.organisation_id if partner else None,
    }
    known = {name: str(value) for name, value in more.items() if value is not None}
    return {"sha256": document.sha256, "filename": document.filename, "size": document.size, **known}


def answered(application: Application) -> dict[str, Any]:
    """The answers to what is asked, without those to questions that other answers have closed since."""
    asked = {one.id for part in outline(application).parts for one in part.asked(application.answers)}
    return {id: given for id, given in sorted(application.answers.items()) if id in asked}


def content_hash(application: Application) -> str:
    """The SHA-256, in hexadecimal, of the canonical JSON of `content_of`, in UTF-8."""
    return digest(content_of(application))


def keep(application: Application, at: datetime) -> None:
    """In a running transaction: the very text that the receipt's fingerprint is of, for whoever has to prove it."""
    text = canonical(content_of(application))
    made = Submission(application_id=application.id, submitted_at=at, sha256=application.content_hash, content=text)
    db.session.add(made)


def submission(application: Application, fingerprint: str) -> Submission:
    """What was submitted with this fingerprint; raises NoResultFound. The application must be allowed to the reader."""
    wanted = select(Submission).where(Submission.application_id == application.id, Submission.sha256 == fingerprint)
    found = db.session.scalars(wanted.order_by(Submission.submitted_at).limit(1)).one()
    set_committed_value(found, "application", application)
    return found


def kept(application: Application) -> dict[str, Submission]:
    """What was submitted, by its fingerprint, oldest first; the text is read when it is asked for."""
    wanted = select(Submission).where(Submission.application_id == application.id).options(defer(Submission.content))
    return {one.sha256: one for one in db.session.scalars(wanted.order_by(Submission.submitted_at, Submission.id))}


def accession_hash(partner: Partner) -> str:
    """What the partner accedes to, the application as it is now; see grants.applications.accession."""
    return accession.fingerprint(partner, answered(partner.application))
