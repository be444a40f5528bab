"""Every page of this portal; importing this module declares its routes."""

from grants.applications.deadline import allow_grace
from grants.web.applicant import (
    accounts,
    awards,
    documents,
    drafts,
    eligibility,
    home,
    kept,
    members,
    organisations,
    portal,
    profile,
    receipt,
    receipt_pdf,
    required,
    stakeholders,
)

__all__ = [
    "accounts",
    "awards",
    "documents",
    "drafts",
    "eligibility",
    "home",
    "kept",
    "members",
    "organisations",
    "portal",
    "profile",
    "receipt",
    "receipt_pdf",
    "required",
    "stakeholders",
]

portal.record(lambda setup: allow_grace(setup.app.extensions["settings"].grace_minutes))
