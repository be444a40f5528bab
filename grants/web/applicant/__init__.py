"""Start-ups and consortia: organisations, drafts, submissions, agreements, claims."""

from grants.web.access import Portal

portal = Portal("applicant", __name__, url_prefix="/applicant")
