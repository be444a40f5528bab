"""How each state looks: colour, words, icon. One place for the whole product; `tag_of(x.state)` in templates."""

from enum import StrEnum
from typing import Any

from flask import Flask

from grants.appeals.models import APPEAL_LABELS, AppealState
from grants.applications.models import (
    CLARIFICATION_LABELS,
    PARTNER_LABELS,
    ApplicationState,
    ClarificationState,
    PartnerState,
)
from grants.applications.models import STATE_LABELS as APPLICATION_LABELS
from grants.awards.models import (
    AGREEMENT_LABELS,
    AMENDMENT_LABELS,
    CLAIM_LABELS,
    DECISION_LABELS,
    IMPORT_LABELS,
    INSTALMENT_LABELS,
    MILESTONE_LABELS,
    SUPPORT_LABELS,
    VERDICT_LABELS,
    AgreementState,
    AmendmentState,
    ClaimState,
    DecisionState,
    ImportState,
    MilestoneState,
    SupportState,
    Verdict,
)
from grants.awards.service import kept_back
from grants.calls.models import INSTRUMENT_LABELS, QUESTION_LABELS, CallState, QuestionState
from grants.calls.models import STATE_LABELS as CALL_LABELS
from grants.core.i18n import Text
from grants.payments.models import (
    BATCH_LABELS,
    OUTSIDE_LABELS,
    RECOVERY_LABELS,
    REVERSAL_LABELS,
    USE_LABELS,
    BatchState,
    OutsideState,
    RecoveryState,
    ReversalState,
    Use,
)
from grants.people.models import ORGANISATION_LABELS
from grants.profiles.models import ACCOUNT_LABELS, AccountState
from grants.reports.models import EXPORT_LABELS, ExportState
from grants.reviews.assignment_models import PLAN_LABELS, PlanState
from grants.reviews.models import STATE_LABELS as REVIEW_LABELS
from grants.reviews.models import ReviewState
from grants.reviews.panel_models import SEAT_LABELS, SeatState
from grants.sessions.models import ITEM_LABELS, SESSION_LABELS, ItemState, SessionState
from grants.web.filters import Tag

Look = tuple[str, str | None]

CALLS: dict[Any, Look] = {
    CallState.DRAFT: ("none", "pencil"),
    CallState.PROPOSED: ("warn", "gavel"),
    CallState.APPROVED: ("info", "circle-check"),
    CallState.PUBLISHED: ("info", "megaphone"),
    CallState.OPEN: ("ok", "door-open"),
    CallState.CLOSED: ("none", "lock"),
    CallState.EVALUATING: ("violet", "scale"),
    CallState.DECIDED: ("ok", "check"),
    CallState.ARCHIVED: ("ghost", "archive"),
    CallState.CANCELLED: ("bad", "ban"),
}
QUESTIONS: dict[Any, Look] = {
    QuestionState.WAITING: ("warn", "hourglass"),
    QuestionState.ANSWERED: ("ok", "check"),
    QuestionState.SET_ASIDE: ("none", "archive"),
}
CLARIFICATIONS: dict[Any, Look] = {
    ClarificationState.ASKED: ("warn", "hourglass"),
    ClarificationState.ANSWERED: ("ok", "check"),
    ClarificationState.TAKEN_BACK: ("none", "undo-2"),
}
APPLICATIONS: dict[Any, Look] = {
    ApplicationState.DRAFT: ("none", "pencil"),
    ApplicationState.SUBMITTED: ("info", "send"),
    ApplicationState.INCOMPLETE: ("warn", "file-clock"),
    ApplicationState.ADMISSIBLE: ("info", "circle-check"),
    ApplicationState.INADMISSIBLE: ("bad", "circle-x"),
    ApplicationState.ELIGIBLE: ("info", "badge-check"),
    ApplicationState.INELIGIBLE: ("bad", "circle-x"),
    ApplicationState.IN_REVIEW: ("violet", "scale"),
    ApplicationState.REVIEWED: ("violet", "check"),
    ApplicationState.RANKED: ("violet", "list-ordered"),
    ApplicationState.DECIDED: ("ok", "gavel"),
    ApplicationState.WITHDRAWN: ("ghost", "undo-2"),
}
PARTNERS: dict[Any, Look] = {
    PartnerState.INVITED: ("warn", "mail"),
    PartnerState.ACCEPTED: ("warn", "signature"),
    PartnerState.ACCEDED: ("ok", "circle-check"),
    PartnerState.DECLINED: ("bad", "circle-x"),
    PartnerState.REMOVED: ("ghost", "user-round-x"),
    PartnerState.LEFT: ("ghost", "log-out"),
}
REVIEWS: dict[Any, Look] = {
    ReviewState.ASSIGNED: ("warn", "mail"),
    ReviewState.CONFLICT_DECLARED: ("bad", "user-round-x"),
    ReviewState.REASSIGNED: ("ghost", "repeat"),
    ReviewState.ACCEPTED: ("info", "shield-check"),
    ReviewState.DRAFT: ("info", "pencil"),
    ReviewState.SUBMITTED: ("ok", "check"),
}
SEATS: dict[Any, Look] = {
    SeatState.INVITED: ("warn", "mail"),
    SeatState.ACCEPTED: ("ok", "check"),
    SeatState.DECLINED: ("bad", "circle-x"),
    SeatState.SILENT: ("bad", "bell-off"),
    SeatState.WITHDRAWN: ("ghost", "undo-2"),
}
DECISIONS: dict[Any, Look] = {
    DecisionState.PROPOSED: ("warn", "gavel"),
    DecisionState.FUNDED: ("ok", "check"),
    DecisionState.RESERVE: ("info", "hourglass"),
    DecisionState.REJECTED: ("none", "x"),
}
AGREEMENTS: dict[Any, Look] = {
    AgreementState.PREPARATION: ("none", "pencil"),
    AgreementState.COMMITMENT_PROPOSED: ("warn", "stamp"),
    AgreementState.VISA_GRANTED: ("info", "stamp"),
    AgreementState.VISA_REFUSED: ("bad", "ban"),
    AgreementState.AWAITING_SIGNATURE: ("warn", "signature"),
    AgreementState.SIGNED: ("info", "signature"),
    AgreementState.ACTIVE: ("ok", "check"),
    AgreementState.SUSPENDED: ("bad", "pause"),
    AgreementState.COMPLETED: ("info", "check"),
    AgreementState.CLOSING: ("warn", "archive"),
    AgreementState.CLOSED: ("ghost", "archive"),
    AgreementState.TERMINATED: ("none", "x"),
}
AMENDMENTS: dict[Any, Look] = {
    AmendmentState.REQUESTED: ("warn", "pencil"),
    AmendmentState.ASSESSED: ("info", "list-checks"),
    AmendmentState.APPROVED: ("warn", "signature"),
    AmendmentState.REFUSED: ("bad", "circle-x"),
    AmendmentState.SIGNED: ("info", "signature"),
    AmendmentState.EFFECTIVE: ("ok", "check"),
}
CLAIMS: dict[Any, Look] = {
    ClaimState.DRAFT: ("none", "pencil"),
    ClaimState.SUBMITTED: ("info", "send"),
    ClaimState.CHECKED: ("info", "list-checks"),
    ClaimState.REJECTED: ("bad", "circle-x"),
    ClaimState.CERTIFIED: ("info", "badge-check"),
    ClaimState.LIQUIDATED: ("info", "calculator"),
    ClaimState.ORDERED: ("warn", "stamp"),
    ClaimState.APPROVED: ("info", "circle-check"),
    ClaimState.RETURNED: ("bad", "undo-2"),
    ClaimState.REMITTED: ("violet", "landmark"),
    ClaimState.PAID: ("ok", "banknote"),
    ClaimState.SETTLED: ("ok", "scale"),
    ClaimState.OUTSIDE: ("ghost", "file-up"),
}
VERDICTS: dict[Any, Look] = {
    Verdict.ACCEPTED: ("ok", "check"),
    Verdict.REDUCED: ("warn", "scissors"),
    Verdict.REJECTED: ("bad", "circle-x"),
}


MILESTONES: dict[Any, Look] = {
    MilestoneState.PLANNED: ("none", "flag"),
    MilestoneState.DUE: ("warn", "hourglass"),
    MilestoneState.SUBMITTED: ("info", "send"),
    MilestoneState.CLARIFICATION: ("warn", "message-circle-question-mark"),
    MilestoneState.ACCEPTED: ("ok", "check"),
    MilestoneState.PARTLY: ("ok", "circle-check"),
    MilestoneState.REJECTED: ("bad", "circle-x"),
    MilestoneState.WAIVED: ("ghost", "undo-2"),
}
SUPPORTS: dict[Any, Look] = {
    SupportState.REQUESTED: ("info", "send"),
    SupportState.CHECKED: ("info", "list-checks"),
    SupportState.REFUSED: ("bad", "circle-x"),
    SupportState.CERTIFIED: ("info", "badge-check"),
    SupportState.DELIVERED: ("ok", "check"),
}
APPEALS: dict[Any, Look] = {
    AppealState.FILED: ("warn", "hourglass"),
    AppealState.UPHELD: ("ok", "circle-check"),
    AppealState.DISMISSED: ("none", "circle-x"),
    AppealState.WITHDRAWN: ("ghost", "undo-2"),
}
EXPORTS: dict[Any, Look] = {
    ExportState.WAITING: ("info", "loader"),
    ExportState.READY: ("ok", "check"),
    ExportState.EXPIRED: ("ghost", "archive"),
}
OUTSIDE: dict[Any, Look] = {
    OutsideState.CHECKED: ("warn", "list-checks"),
    OutsideState.QUEUED: ("info", "loader"),
    OutsideState.DONE: ("ok", "check"),
    OutsideState.REFUSED: ("bad", "circle-x"),
    OutsideState.UNDONE: ("none", "undo-2"),
}
IMPORTS: dict[Any, Look] = {
    ImportState.UPLOADED: ("none", "file-search"),
    ImportState.CHECKED: ("warn", "list-checks"),
    ImportState.QUEUED: ("info", "loader"),
    ImportState.DONE: ("ok", "check"),
    ImportState.REFUSED: ("bad", "circle-x"),
}
ACCOUNTS: dict[Any, Look] = {
    AccountState.WAITING: ("warn", "hourglass"),
    AccountState.VERIFIED: ("ok", "badge-check"),
    AccountState.REFUSED: ("bad", "circle-x"),
    AccountState.REPLACED: ("ghost", "repeat"),
    AccountState.WITHDRAWN: ("ghost", "undo-2"),
}
PLANS: dict[Any, Look] = {
    PlanState.QUEUED: ("info", "loader"),
    PlanState.PROPOSED: ("warn", "list-checks"),
    PlanState.SENDING: ("info", "loader"),
    PlanState.CONFIRMED: ("ok", "check"),
    PlanState.DISCARDED: ("ghost", "undo-2"),
}
SESSIONS: dict[Any, Look] = {
    SessionState.PLANNED: ("info", "calendar-clock"),
    SessionState.OPEN: ("ok", "door-open"),
    SessionState.CLOSED: ("warn", "signature"),
    SessionState.SIGNED: ("ok", "check"),
}
ITEMS: dict[Any, Look] = {
    ItemState.WAITING: ("none", "hourglass"),
    ItemState.OPEN: ("violet", "message-square"),
    ItemState.SETTLED: ("ok", "check"),
}
BATCHES: dict[Any, Look] = {
    BatchState.OPEN: ("warn", "layers"),
    BatchState.SENDING: ("info", "loader"),
    BatchState.WRITTEN: ("ok", "check"),
    BatchState.ABANDONED: ("ghost", "undo-2"),
}
REVERSALS: dict[Any, Look] = {
    ReversalState.ASKED: ("warn", "hourglass"),
    ReversalState.CONFIRMED: ("bad", "undo-2"),
    ReversalState.REFUSED: ("ghost", "circle-x"),
}
USES: dict[Any, Look] = {
    Use.PAYMENT: ("ok", "banknote"),
    Use.RETURN: ("bad", "undo-2"),
    Use.OTHER: ("ghost", "minus"),
}
RECOVERIES: dict[Any, Look] = {
    RecoveryState.ESTABLISHED: ("none", "stamp"),
    RecoveryState.NOTIFIED: ("warn", "mail"),
    RecoveryState.INSTALMENTS: ("info", "calendar-range"),
    RecoveryState.OFFSET: ("info", "scissors"),
    RecoveryState.COLLECTED: ("ok", "check"),
    RecoveryState.WRITTEN_OFF: ("ghost", "eraser"),
}


def _tags(looks: dict[Any, Look], labels: dict[Any, Text]) -> dict[Any, Tag]:
    return {state: Tag(kind, labels[state], icon) for state, (kind, icon) in looks.items()}


TAGS: dict[type[StrEnum], dict[Any, Tag]] = {
    CallState: _tags(CALLS, CALL_LABELS),
    QuestionState: _tags(QUESTIONS, QUESTION_LABELS),
    ClarificationState: _tags(CLARIFICATIONS, CLARIFICATION_LABELS),
    ApplicationState: _tags(APPLICATIONS, APPLICATION_LABELS),
    PartnerState: _tags(PARTNERS, PARTNER_LABELS),
    ReviewState: _tags(REVIEWS, REVIEW_LABELS),
    PlanState: _tags(PLANS, PLAN_LABELS),
    SeatState: _tags(SEATS, SEAT_LABELS),
    DecisionState: _tags(DECISIONS, DECISION_LABELS),
    AgreementState: _tags(AGREEMENTS, AGREEMENT_LABELS),
    AmendmentState: _tags(AMENDMENTS, AMENDMENT_LABELS),
    ClaimState: _tags(CLAIMS, CLAIM_LABELS),
    MilestoneState: _tags(MILESTONES, MILESTONE_LABELS),
    SupportState: _tags(SUPPORTS, SUPPORT_LABELS),
    Verdict: _tags(VERDICTS, VERDICT_LABELS),
    AppealState: _tags(APPEALS, APPEAL_LABELS),
    ImportState: _tags(IMPORTS, IMPORT_LABELS),
    OutsideState: _tags(OUTSIDE, OUTSIDE_LABELS),
    ExportState: _tags(EXPORTS, EXPORT_LABELS),
    AccountState: _tags(ACCOUNTS, ACCOUNT_LABELS),
    SessionState: _tags(SESSIONS, SESSION_LABELS),
    ItemState: _tags(ITEMS, ITEM_LABELS),
    BatchState: _tags(BATCHES, BATCH_LABELS),
    ReversalState: _tags(REVERSALS, REVERSAL_LABELS),
    Use: _tags(USES, USE_LABELS),
    RecoveryState: _tags(RECOVERIES, RECOVERY_LABELS),
}


def tag_of(state: StrEnum) -> Tag:
    """How this state looks."""
    return TAGS[type(state)][state]


def init_app(app: Flask) -> None:
    app.jinja_env.globals["tag_of"] = tag_of
    app.jinja_env.globals["organisation_kinds"] = ORGANISATION_LABELS
    app.jinja_env.globals["instrument_labels"] = INSTRUMENT_LABELS
    app.jinja_env.globals["instalment_labels"] = INSTALMENT_LABELS
    app.jinja_env.globals["kept_back"] = kept_back
