"""Every table of awards, by what it is about."""

from grants.awards.models.agreement import (
    AGREEMENT_LABELS,
    INSTALMENT_LABELS,
    INTERNAL,
    Agreement,
    AgreementState,
    Capacity,
    Instalment,
    InstalmentKind,
    Signature,
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
from grants.calls.transfers import EnvelopeTransfer

__all__ = [
    "AGREEMENT_LABELS",
    "CLAIM_LABELS",
    "DECISION_LABELS",
    "DONE",
    "IMPORT_LABELS",
    "INSTALMENT_LABELS",
    "INTERNAL",
    "MEANS_LABELS",
    "OCCASION_LABELS",
    "OUTCOME_LABELS",
    "PURPOSE_LABELS",
    "VERDICT_LABELS",
    "Agreement",
    "AgreementState",
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
    "Occasion",
    "Outcome",
    "Purpose",
    "Signature",
    "Source",
    "Verdict",
]
