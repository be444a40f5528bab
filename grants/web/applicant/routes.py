"""Every page of this portal; importing this module declares its routes."""

from grants.applications.deadline import allow_grace
from grants.web.applicant import (
    accounts,
    awards,
    budget_files,
    clarifications,
    comments,
    consortium,
    documents,
    drafts,
    eligibility,
    home,
    kept,
    members,
    organisations,
    part_documents,
    partnership,
    portal,
    profile,
    receipt,
    receipt_pdf,
    required,
    stakeholders,
    versions,
)

__all__ = [
    "accounts",
    "awards",
    "budget_files",
    "clarifications",
    "comments",
    "consortium",
    "documents",
    "drafts",
    "eligibility",
    "home",
    "kept",
    "members",
    "organisations",
    "part_documents",
    "partnership",
    "portal",
    "profile",
    "receipt",
    "receipt_pdf",
    "required",
    "stakeholders",
    "versions",
]

portal.record(lambda setup: allow_grace(setup.app.extensions["settings"].grace_minutes))
