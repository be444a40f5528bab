"""What an application submits, as plain JSON, and the hashes that its receipt and its partners' accessions carry."""

from typing import Any

from grants.applications import accession, budgets
from grants.applications.content import outline
from grants.applications.models import Application, Document, Partner
from grants.core.shapes import digest as _digest


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
    """The SHA-256, in hexadecimal, of the canonical JSON of `content_of`.

    Canonical: UTF-8, keys sorted, no space between tokens, characters beyond ASCII as they are (RFC 8785 for these
    values: no floating-point number occurs).
    """
    return _digest(content_of(application))


def accession_hash(partner: Partner) -> str:
    """What the partner accedes to, the application as it is now; see grants.applications.accession."""
    return accession.fingerprint(partner, answered(partner.application))
