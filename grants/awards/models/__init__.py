"""Every table of awards, by what it is about."""

from grants.awards.models.agreement import (
    AGREEMENT_LABELS,
    CAPACITY_LABELS,
    INSTALMENT_LABELS,
    INTERNAL,
    RUNNING,
    Agreement,
    AgreementState,
    Capacity,
    Instalment,
    InstalmentKind,
    Signature,
)
from grants.awards.models.amendment import (
    AMENDMENT_LABELS,
    COMMITTEE_ABOVE,
    AgreementTemplate,
    Amendment,
    AmendmentState,
)
from grants.awards.models.award import (
    Award,
    Source,
)
from grants.awards.models.award_import import (
    IMPORT_LABELS,
    AwardImport,
    ImportState,
)
from grants.awards.models.claim import (
    CLAIM_LABELS,
    DONE,
    Claim,
    ClaimState,
)
from grants.awards.models.committee import (
    OCCASION_LABELS,
    DecisionDraft,
    LetterTemplate,
    Occasion,
)
from grants.awards.models.decision import (
    DECISION_LABELS,
    OUTCOME_LABELS,
    Decision,
    DecisionState,
    Outcome,
)
from grants.awards.models.in_kind import (
    SUPPORT_LABELS,
    Support,
    SupportRequest,
    SupportState,
)
from grants.awards.models.invoice import (
    MEANS_LABELS,
    PURPOSE_LABELS,
    VERDICT_LABELS,
    Invoice,
    InvoiceFile,
    Means,
    Purpose,
    Verdict,
)
from grants.awards.models.milestone import (
    MILESTONE_LABELS,
    OPENS,
    WRITABLE,
    Milestone,
    MilestoneFile,
    MilestoneQuestion,
    MilestoneState,
)
from grants.calls.transfers import EnvelopeTransfer

__all__ = [
    "AGREEMENT_LABELS",
    "AMENDMENT_LABELS",
    "CAPACITY_LABELS",
    "CLAIM_LABELS",
    "COMMITTEE_ABOVE",
    "DECISION_LABELS",
    "DONE",
    "IMPORT_LABELS",
    "INSTALMENT_LABELS",
    "INTERNAL",
    "MEANS_LABELS",
    "MILESTONE_LABELS",
    "OCCASION_LABELS",
    "OPENS",
    "OUTCOME_LABELS",
    "PURPOSE_LABELS",
    "RUNNING",
    "SUPPORT_LABELS",
    "VERDICT_LABELS",
    "WRITABLE",
    "Agreement",
    "AgreementState",
    "AgreementTemplate",
    "Amendment",
    "AmendmentState",
    "Award",
    "AwardImport",
    "Capacity",
    "Claim",
    "ClaimState",
    "Decision",
    "DecisionDraft",
    "DecisionState",
    "EnvelopeTransfer",
    "ImportState",
    "Instalment",
    "InstalmentKind",
    "Invoice",
    "InvoiceFile",
    "LetterTemplate",
    "Means",
    "Milestone",
    "MilestoneFile",
    "MilestoneQuestion",
    "MilestoneState",
    "Occasion",
    "Outcome",
    "Purpose",
    "Signature",
    "Source",
    "Support",
    "SupportRequest",
    "SupportState",
    "Verdict",
]
