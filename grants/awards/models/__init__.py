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
from grants.calls.transfers import EnvelopeTransfer

__all__ = [
    "AGREEMENT_LABELS",
    "AMENDMENT_LABELS",
    "CAPACITY_LABELS",
    "CLAIM_LABELS",
    "COMMITTEE_ABOVE",
    "DECISION_LABELS",
    "IMPORT_LABELS",
    "INSTALMENT_LABELS",
    "INTERNAL",
    "OCCASION_LABELS",
    "OUTCOME_LABELS",
    "RUNNING",
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
    "LetterTemplate",
    "Occasion",
    "Outcome",
    "Signature",
    "Source",
]
