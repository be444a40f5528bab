"""Calls for proposals: window, envelopes by commission, rubric, ceiling and funding rate."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.calls.budget_rules import BudgetRules
from grants.calls.eligibility import Rule, RuleKind, Terms
from grants.calls.follow_up import FollowUp
from grants.calls.questionnaire import Outline, Part, Question
from grants.calls.rules import rule_of
from grants.clusters.models import Commission
from grants.core.db import Record
from grants.core.i18n import N_, Words
from grants.core.scans import Scanned
from grants.core.types import MoneyOf
from grants.funds.models import Fund
from grants.people.models import Person


class CallState(StrEnum):
    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    PUBLISHED = "published"
    OPEN = "open"
    CLOSED = "closed"
    EVALUATING = "evaluating"
    DECIDED = "decided"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"


STATE_LABELS = {
    CallState.DRAFT: N_("Draft"),
    CallState.PROPOSED: N_("Before the committee"),
    CallState.APPROVED: N_("Approved"),
    CallState.PUBLISHED: N_("Published"),
    CallState.OPEN: N_("Open"),
    CallState.CLOSED: N_("Closed"),
    CallState.EVALUATING: N_("Being evaluated"),
    CallState.DECIDED: N_("Decided"),
    CallState.ARCHIVED: N_("Archived"),
    CallState.CANCELLED: N_("Cancelled"),
}
PUBLIC_STATES = frozenset(
    {CallState.PUBLISHED, CallState.OPEN, CallState.CLOSED, CallState.EVALUATING, CallState.DECIDED}
)
PLANNED = "state NOT IN ('draft', 'cancelled', 'archived')"


class Feedback(StrEnum):
    """Which marks applicants are told with the decision on their project."""

    NONE = "none"
    TOTAL = "total"
    CRITERIA = "criteria"


FEEDBACK_LABELS = {
    Feedback.NONE: N_("No mark: the decision and its reasons"),
    Feedback.TOTAL: N_("The overall mark"),
    Feedback.CRITERIA: N_("The mark of each criterion, with the reviewers’ comments"),
}
APPEAL_DAYS = 15  # proposed for a new call


class Blindness(StrEnum):
    """Who knows whom while projects are marked. Chairs and programme officers always know both."""

    OPEN = "open"
    SINGLE = "single"
    DOUBLE = "double"


BLINDNESS_LABELS = {
    Blindness.OPEN: N_("Open: applicants are told who reviewed them"),
    Blindness.SINGLE: N_("Single-blind: applicants do not know who reviews them"),
    Blindness.DOUBLE: N_("Double-blind: reviewers do not know who applies either"),
}


class Instrument(StrEnum):
    """What a call gives."""

    GRANT = "grant"
    REPAYABLE_ADVANCE = "repayable_advance"
    IN_KIND = "in_kind"


INSTRUMENT_LABELS = {
    Instrument.GRANT: N_("Grant"),
    Instrument.REPAYABLE_ADVANCE: N_("Repayable advance"),
    Instrument.IN_KIND: N_("Support in kind"),
}


class Call(Record):
    """A call for proposals of one fund. `funding_rate` is in hundredths of a percent: 5 000 is 50 %.

    `instalments` are whole percentages that add up to 100; with `prefinancing` the first one is paid in advance, before
    any cost is shown. `retention`, in hundredths of a percent, is kept back from each interim payment until the
    balance.
    Questions are taken until `questions_until`; without it, until the call closes. A refusal may be appealed within
    `appeal_days` of the day the applicant is told; 0: there is no appeal.
    """

    __tablename__ = "call"
    __table_args__ = (
        UniqueConstraint("fund_id", "code"),
        CheckConstraint("closes_at > opens_at", name="closes_after_opening"),
        CheckConstraint("reviews_due_at > closes_at", name="reviews_due_after_closing"),
        CheckConstraint("questions_until <= closes_at", name="questions_end_by_the_closing"),
        CheckConstraint("ceiling_minor > 0", name="ceiling_positive"),
        CheckConstraint("funding_rate BETWEEN 1 AND 10000", name="funding_rate_is_a_share"),
        CheckConstraint("reviewers_per_application BETWEEN 1 AND 9", name="reviewers_plausible"),
        CheckConstraint("appeal_days BETWEEN 0 AND 90", name="appeal_days_plausible"),
        CheckConstraint("retention BETWEEN 0 AND 5000", name="retention_is_a_share"),
        CheckConstraint(
            f"NOT ({PLANNED}) OR (opens_at IS NOT NULL AND closes_at IS NOT NULL AND reviews_due_at IS NOT NULL"
            " AND ceiling_minor IS NOT NULL AND funding_rate IS NOT NULL)",
            name="complete_once_proposed",
        ),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    code: Mapped[str]
    title: Mapped[Words]
    summary: Mapped[Words]
    state: Mapped[CallState] = mapped_column(default=CallState.DRAFT, index=True)
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    reviews_due_at: Mapped[datetime | None]
    questions_until: Mapped[datetime | None]
    currency: Mapped[str] = mapped_column(String(3))
    ceiling_minor: Mapped[int | None]
    ceiling = MoneyOf()
    funding_rate: Mapped[int | None]
    reviewers_per_application: Mapped[int] = mapped_column(default=3)
    instrument: Mapped[Instrument] = mapped_column(default=Instrument.GRANT)
    instalments: Mapped[list[int]] = mapped_column(default=lambda: [40, 40, 20])
    prefinancing: Mapped[bool] = mapped_column(default=True)
    retention: Mapped[int] = mapped_column(default=0)
    last_reference: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[datetime | None]
    imported: Mapped[bool] = mapped_column(default=False)
    budget: Mapped[dict[str, Any]] = mapped_column(default=dict)
    follow_up: Mapped[dict[str, Any]] = mapped_column(default=dict)
    appeal_days: Mapped[int] = mapped_column(default=APPEAL_DAYS)
    feedback: Mapped[Feedback] = mapped_column(default=Feedback.CRITERIA)
    blindness: Mapped[Blindness] = mapped_column(default=Blindness.SINGLE)

    fund: Mapped[Fund] = relationship(lazy="raise_on_sql")
    envelopes: Mapped[list["Envelope"]] = relationship(
        back_populates="call", cascade="all, delete-orphan", lazy="raise_on_sql"
    )
    criteria: Mapped[list["Criterion"]] = relationship(
        back_populates="call", cascade="all, delete-orphan", order_by="Criterion.position", lazy="raise_on_sql"
    )
    required: Mapped[list["RequiredDocument"]] = relationship(
        cascade="all, delete-orphan", order_by="RequiredDocument.position", lazy="raise_on_sql"
    )
    rules: Mapped[list["EligibilityRule"]] = relationship(
        cascade="all, delete-orphan", order_by="EligibilityRule.position", lazy="raise_on_sql"
    )

    @property
    def budget_rules(self) -> BudgetRules:
        return BudgetRules.of(self.budget)

    @property
    def following(self) -> FollowUp:
        return FollowUp.of(self.follow_up)

    @property
    def terms(self) -> Terms:
        """What rules look at; the fund and its cluster must be loaded."""
        cluster = self.fund.cluster
        closes_on = self.closes_at.astimezone(cluster.zone).date() if self.closes_at else None
        return Terms(cluster.name, self.currency, closes_on)


class Questionnaire(Record):
    """One version of what a call asks (grants.calls.questionnaire); once published it never changes.

    A call has at most one version that is not published: the first until the call is, later the correction in hand.
    `change` tells applicants what a correction changed.
    """

    __tablename__ = "questionnaire"
    __table_args__ = (
        UniqueConstraint("call_id", "number"),
        CheckConstraint("number > 0", name="counted_from_one"),
        Index("uq_questionnaire_in_hand", "call_id", unique=True, postgresql_where="published_at IS NULL"),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    number: Mapped[int] = mapped_column(default=1)
    definition: Mapped[list[Any]] = mapped_column(default=list)
    change: Mapped[Words] = mapped_column(default=Words)
    published_at: Mapped[datetime | None]

    @property
    def outline(self) -> Outline:
        return Outline.of(self.definition)


@dataclass(frozen=True)
class Place:
    """What a call asks, seen from one section or question of it. `version` is the record's, 0 when none is in hand."""

    call: Call
    version: int
    outline: Outline
    part: Part | None = None
    question: Question | None = None


class Envelope(Record):
    """What a call may spend in one commission's theme."""

    __tablename__ = "envelope"
    __table_args__ = (
        UniqueConstraint("call_id", "commission_id"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    commission_id: Mapped[UUID] = mapped_column(ForeignKey("commission.id"), index=True)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    amount = MoneyOf()

    call: Mapped[Call] = relationship(back_populates="envelopes", lazy="raise_on_sql")
    commission: Mapped[Commission] = relationship(lazy="raise_on_sql")


class Criterion(Record):
    """One line of the rubric: marked 0 to 5 by halves; the weights of a call add up to 100."""

    __tablename__ = "criterion"
    __table_args__ = (
        UniqueConstraint("call_id", "position", deferrable=True, initially="DEFERRED"),
        CheckConstraint("weight BETWEEN 1 AND 100", name="weight_is_a_share"),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    position: Mapped[int]
    label: Mapped[Words]
    guidance: Mapped[Words]
    weight: Mapped[int]

    call: Mapped[Call] = relationship(back_populates="criteria", lazy="raise_on_sql")


class QuestionState(StrEnum):
    WAITING = "waiting"
    ANSWERED = "answered"
    SET_ASIDE = "set_aside"


QUESTION_LABELS = {
    QuestionState.WAITING: N_("Waiting for an answer"),
    QuestionState.ANSWERED: N_("Answered"),
    QuestionState.SET_ASIDE: N_("Set aside"),
}


class CallQuestion(Record):
    """A question about a call. `text` is what was typed and only its author reads; `wording` is what is published.

    `language` is the one the page spoke when it was asked. Nothing published names who asked.
    """

    __tablename__ = "call_question"
    __table_args__ = (
        CheckConstraint("text <> ''", name="not_empty"),
        CheckConstraint(
            "(state = 'answered') = (answered_at IS NOT NULL) AND (state = 'answered') = (answer <> '{}')"
            " AND (state = 'answered') = (wording <> '{}')",
            name="answered_has_its_answer",
        ),
        CheckConstraint("(state = 'set_aside') = (reason IS NOT NULL)", name="set_aside_has_its_reason"),
        CheckConstraint("corrected_at >= answered_at", name="corrected_after_it_was_answered"),
        Index("ix_call_question_call_state", "call_id", "state"),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    asker_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    language: Mapped[str] = mapped_column(String(2))
    text: Mapped[str]
    state: Mapped[QuestionState] = mapped_column(default=QuestionState.WAITING)
    wording: Mapped[Words] = mapped_column(default=Words)
    answer: Mapped[Words] = mapped_column(default=Words)
    answered_at: Mapped[datetime | None]
    corrected_at: Mapped[datetime | None]
    reason: Mapped[str | None]

    call: Mapped[Call] = relationship(lazy="raise_on_sql")
    asker: Mapped[Person] = relationship(lazy="raise_on_sql")


class FileKind(StrEnum):
    PDF = "pdf"
    XLSX = "xlsx"
    DOCX = "docx"
    PNG = "png"
    JPEG = "jpeg"


KIND_LABELS = {
    FileKind.PDF: N_("PDF"),
    FileKind.XLSX: N_("Excel workbook (.xlsx)"),
    FileKind.DOCX: N_("Word document (.docx)"),
    FileKind.PNG: N_("Image (.png)"),
    FileKind.JPEG: N_("Image (.jpeg)"),
}


class Owed(StrEnum):
    """Who attaches a document that the call asks for."""

    LEAD = "lead"
    PARTNERS = "partners"
    MEMBERS = "members"


OWED_LABELS = {
    Owed.LEAD: N_("The lead, for the whole project"),
    Owed.PARTNERS: N_("Each partner, for itself"),
    Owed.MEMBERS: N_("Each member for itself: the lead and every partner"),
}
MOST_FILES = 10
LONGEST_VALIDITY = 120  # months


class RequiredDocument(Scanned, Record):
    """A document that applicants are asked for: at most `most` files, each of one of these `kinds`.

    `owed_by` says who attaches it; whoever applies alone is the lead. With `valid_months` it must have been issued
    within so many months. `filename` and the rest are the template to download and fill in, if there is one. One that
    `anonymises` another is its version for reviewers in a double-blind call (grants.calls.blindness).
    """

    __tablename__ = "required_document"
    __table_args__ = (
        UniqueConstraint("call_id", "position", deferrable=True, initially="DEFERRED"),
        CheckConstraint("most BETWEEN 1 AND 10", name="most_plausible"),
        CheckConstraint("valid_months BETWEEN 1 AND 120", name="validity_plausible"),
        CheckConstraint("jsonb_array_length(kinds) > 0", name="of_some_kind"),
        CheckConstraint(
            "(sha256 IS NULL) = (filename IS NULL) AND (sha256 IS NULL) = (media_type IS NULL)"
            " AND (sha256 IS NULL) = (size IS NULL)",
            name="template_whole",
        ),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    position: Mapped[int]
    name: Mapped[Words]
    guidance: Mapped[Words]
    mandatory: Mapped[bool]
    owed_by: Mapped[Owed] = mapped_column(default=Owed.LEAD)
    kinds: Mapped[list[Any]]
    most: Mapped[int]
    valid_months: Mapped[int | None]
    filename: Mapped[str | None]
    media_type: Mapped[str | None]
    size: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    anonymises_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("required_document.id", deferrable=True, initially="DEFERRED"), unique=True
    )

    @property
    def of_lead(self) -> bool:
        return self.owed_by != Owed.PARTNERS

    @property
    def of_partners(self) -> bool:
        return self.owed_by != Owed.LEAD

    @property
    def file_kinds(self) -> list[FileKind]:
        """In the order in which they are offered everywhere."""
        return [one for one in FileKind if one in self.kinds]


class EligibilityRule(Record):
    """One rule of a call, at most one of each kind. `parameters` are those of its class in grants.calls.rules."""

    __tablename__ = "eligibility_rule"
    __table_args__ = (
        UniqueConstraint("call_id", "kind"),
        UniqueConstraint("call_id", "position", deferrable=True, initially="DEFERRED"),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    position: Mapped[int]
    kind: Mapped[RuleKind]
    parameters: Mapped[dict[str, Any]]
    blocks: Mapped[bool] = mapped_column(default=True)

    @property
    def rule(self) -> Rule:
        return rule_of(self.kind, self.parameters)
