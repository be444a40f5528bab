"""Every page of this portal; importing this module declares its routes."""

from grants.applications.deadline import allow_grace
from grants.web.applicant import awards, documents, drafts, eligibility, home, organisations, portal, receipt

__all__ = ["awards", "documents", "drafts", "eligibility", "home", "organisations", "portal", "receipt"]

portal.record(lambda setup: allow_grace(setup.app.extensions["settings"].grace_minutes))
