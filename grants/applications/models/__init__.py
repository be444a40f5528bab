"""Every table of applications, by what it is about."""

from grants.applications.models.application import (
    EDITABLE,
    PRIVATE,
    REVIEWABLE,
    STATE_LABELS,
    Application,
    ApplicationState,
    Document,
    Evidence,
    Submission,
)
from grants.applications.models.budget import (
    CERTAINTY_LABELS,
    SOURCE_LABELS,
    BudgetLine,
    Certainty,
    Contribution,
    Source,
)
from grants.applications.models.clarification import (
    CLARIFICATION_LABELS,
    Clarification,
    ClarificationFile,
    ClarificationState,
)
from grants.applications.models.drafting import Comment, Revision
from grants.applications.models.partner import EXPECTED, PARTNER_LABELS, TAKING_PART, Partner, PartnerState

__all__ = [
    "CERTAINTY_LABELS",
    "CLARIFICATION_LABELS",
    "EDITABLE",
    "EXPECTED",
    "PARTNER_LABELS",
    "PRIVATE",
    "REVIEWABLE",
    "SOURCE_LABELS",
    "STATE_LABELS",
    "TAKING_PART",
    "Application",
    "ApplicationState",
    "BudgetLine",
    "Certainty",
    "Clarification",
    "ClarificationFile",
    "ClarificationState",
    "Comment",
    "Contribution",
    "Document",
    "Evidence",
    "Partner",
    "PartnerState",
    "Revision",
    "Source",
    "Submission",
]
