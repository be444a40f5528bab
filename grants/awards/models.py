"""Decisions, the grants they award, their agreements, instalments and claims."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.applications.models import Application
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.db import Record
from grants.core.i18n import N_, Text
from grants.core.scans import Scanned
from grants.core.types import MoneyOf
from grants.funds.models import Fund
from grants.people.models import Organisation, Person


class Outcome(StrEnum):
    FUNDED = "funded"
    RESERVE = "reserve"
    REJECTED = "rejected"

    @property
    def label(self) -> Text:
        return OUTCOME_LABELS[self]


OUTCOME_LABELS = {
    Outcome.FUNDED: N_("Fund the project"),
    Outcome.RESERVE: N_("Reserve list"),
    Outcome.REJECTED: N_("Do not select"),
}


class DecisionState(StrEnum):
    PROPOSED = "proposed"
    FUNDED = "funded"
    RESERVE = "reserve"
    REJECTED = "rejected"


DECISION_LABELS = {
    DecisionState.PROPOSED: N_("Proposed"),
    DecisionState.FUNDED: N_("Funded"),
    DecisionState.RESERVE: N_("Reserve list"),
    DecisionState.REJECTED: N_("Not selected"),
}


class Decision(Record):
    """What the commission proposed for one application and what the strategic committee decided.

    `score` is the mean of the reviews' totals, in hundredths of a point of 100. `reopened_at`: an appeal against it was
    upheld then, so it is taken again.
    """

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("call_id", "commission_id", "rank"),
        CheckConstraint("rank > 0", name="rank_positive"),
        CheckConstraint("(proposal = 'rejected') OR amount_minor > 0", name="amount_positive"),
        CheckConstraint("reopened_at IS NULL OR amount_minor > 0", name="reopened_with_an_amount"),
        CheckConstraint(
            "(state = 'proposed') = (decided_at IS NULL) AND (state = 'proposed') = (decided_by_id IS NULL)",
            name="decided_by_somebody",
        ),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), unique=True)
    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    commission_id: Mapped[UUID] = mapped_column(ForeignKey("commission.id"))
    rank: Mapped[int]
    score: Mapped[int]
    proposal: Mapped[Outcome]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    amount = MoneyOf()
    note: Mapped[str] = mapped_column(default="")
    state: Mapped[DecisionState] = mapped_column(default=DecisionState.PROPOSED)
    proposed_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    notified_at: Mapped[datetime | None]
    reopened_at: Mapped[datetime | None]

    application: Mapped[Application] = relationship(lazy="raise_on_sql")
    call: Mapped[Call] = relationship(lazy="raise_on_sql")
    commission: Mapped[Commission] = relationship(lazy="raise_on_sql")


class Source(StrEnum):
    DECISION = "decision"
    IMPORT = "import"


class Award(Record):
    """A grant: made by a funded decision, or imported with its history. The ledger's `grant_id` is this id."""

    __tablename__ = "award"
    __table_args__ = (
        UniqueConstraint("fund_id", "number"),
        UniqueConstraint("fund_id", "external_id"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("requested_minor > 0", name="requested_positive"),
        CheckConstraint("(source = 'decision') = (application_id IS NOT NULL)", name="decision_has_application"),
        CheckConstraint("(source = 'import') = (external_id IS NOT NULL)", name="import_has_identifier"),
        CheckConstraint("(source = 'import') = (import_id IS NOT NULL)", name="import_has_its_file"),
        CheckConstraint("duration_months > 0", name="duration_positive"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        Index("ix_award_call_commission", "call_id", "commission_id"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    commission_id: Mapped[UUID] = mapped_column(ForeignKey("commission.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    application_id: Mapped[UUID | None] = mapped_column(ForeignKey("application.id"), unique=True)
    source: Mapped[Source] = mapped_column(default=Source.DECISION)
    number: Mapped[str]
    title: Mapped[str]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    amount = MoneyOf()
    requested_minor: Mapped[int | None]
    requested = MoneyOf()
    awarded_on: Mapped[date]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    duration_months: Mapped[int | None]
    external_id: Mapped[str | None]
    import_id: Mapped[UUID | None] = mapped_column(ForeignKey("award_import.id"), index=True)
    programme: Mapped[str | None]
    description: Mapped[str | None]

    fund: Mapped[Fund] = relationship(lazy="raise_on_sql")
    call: Mapped[Call] = relationship(lazy="raise_on_sql")
    commission: Mapped[Commission] = relationship(lazy="raise_on_sql")
    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    application: Mapped[Application | None] = relationship(lazy="raise_on_sql")
    agreement: Mapped["Agreement | None"] = relationship(back_populates="award", lazy="raise_on_sql")


class ImportState(StrEnum):
    UPLOADED = "uploaded"
    CHECKED = "checked"
    QUEUED = "queued"
    DONE = "done"
    REFUSED = "refused"


IMPORT_LABELS = {
    ImportState.UPLOADED: N_("Being read"),
    ImportState.CHECKED: N_("To be confirmed"),
    ImportState.QUEUED: N_("Being imported"),
    ImportState.DONE: N_("Imported"),
    ImportState.REFUSED: N_("Refused"),
}


class AwardImport(Record):
    """One file of past awards for one fund: all of its rows become awards, or none.

    `shape` is what the file looks like (sheet, headings, examples), `mapping` which column holds what, `remarks` the
    problems by row and column (the first of them; `refused_rows` and `warnings` count all).
    """

    __tablename__ = "award_import"
    __table_args__ = (
        CheckConstraint("(state = 'done') = (finished_at IS NOT NULL)", name="done_has_a_time"),
        CheckConstraint("state NOT IN ('queued', 'done') OR promise_id IS NOT NULL", name="queued_has_a_promise"),
        CheckConstraint("state <> 'done' OR refused_rows = 0", name="all_or_nothing"),
        Index("ix_award_import_fund_sha256", "fund_id", "sha256"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    state: Mapped[ImportState] = mapped_column(default=ImportState.UPLOADED)
    filename: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    shape: Mapped[dict[str, Any]] = mapped_column(default=dict)
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    remarks: Mapped[list[Any]] = mapped_column(default=list)
    notes: Mapped[list[Any]] = mapped_column(default=list)
    rows: Mapped[int] = mapped_column(default=0)
    known_rows: Mapped[int] = mapped_column(default=0)
    refused_rows: Mapped[int] = mapped_column(default=0)
    warnings: Mapped[int] = mapped_column(default=0)
    recipients: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3))
    awarded_minor: Mapped[int] = mapped_column(default=0)
    awarded = MoneyOf()
    requested_minor: Mapped[int] = mapped_column(default=0)
    requested = MoneyOf()
    tries: Mapped[int] = mapped_column(default=0)
    promise_id: Mapped[UUID | None]
    finished_at: Mapped[datetime | None]

    fund: Mapped[Fund] = relationship(lazy="raise_on_sql")
    officer: Mapped[Person] = relationship(lazy="raise_on_sql")


class AgreementState(StrEnum):
    PREPARATION = "preparation"
    COMMITMENT_PROPOSED = "commitment_proposed"
    VISA_GRANTED = "visa_granted"
    VISA_REFUSED = "visa_refused"
    AWAITING_SIGNATURE = "awaiting_signature"
    SIGNED = "signed"
    ACTIVE = "active"
    COMPLETED = "completed"
    TERMINATED = "terminated"


AGREEMENT_LABELS = {
    AgreementState.PREPARATION: N_("In preparation"),
    AgreementState.COMMITMENT_PROPOSED: N_("Commitment proposed"),
    AgreementState.VISA_GRANTED: N_("Visa granted"),
    AgreementState.VISA_REFUSED: N_("Visa refused"),
    AgreementState.AWAITING_SIGNATURE: N_("Awaiting signature"),
    AgreementState.SIGNED: N_("Signed by the beneficiary"),
    AgreementState.ACTIVE: N_("Active"),
    AgreementState.COMPLETED: N_("Completed"),
    AgreementState.TERMINATED: N_("Terminated"),
}
INTERNAL = frozenset(  # the beneficiary sees the agreement once it is sent for signature
    {
        AgreementState.PREPARATION,
        AgreementState.COMMITMENT_PROPOSED,
        AgreementState.VISA_GRANTED,
        AgreementState.VISA_REFUSED,
    }
)


class Agreement(Record):
    """The grant agreement. Its visa commits the credit; the beneficiary signs, the authorising officer last."""

    __tablename__ = "agreement"
    __table_args__ = (
        CheckConstraint("(state = 'visa_refused') <= (visa_reason IS NOT NULL)", name="refusal_has_reason"),
        CheckConstraint("(state IN ('signed', 'active')) <= (visa_by_id IS NOT NULL)", name="no_signature_before_visa"),
        CheckConstraint("proposed_by_id <> visa_by_id", name="four_eyes"),
    )

    award_id: Mapped[UUID] = mapped_column(ForeignKey("award.id"), unique=True)
    state: Mapped[AgreementState] = mapped_column(default=AgreementState.PREPARATION)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    proposed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    visa_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    visa_reason: Mapped[str | None]
    text_hash: Mapped[str | None] = mapped_column(String(64))

    award: Mapped[Award] = relationship(back_populates="agreement", lazy="raise_on_sql")
    instalments: Mapped[list["Instalment"]] = relationship(
        back_populates="agreement", order_by="Instalment.position", lazy="raise_on_sql"
    )
    signatures: Mapped[list["Signature"]] = relationship(
        back_populates="agreement", order_by="Signature.created_at", lazy="raise_on_sql"
    )

    @property
    def next_to_claim(self) -> "Instalment | None":
        """The first instalment not paid yet: instalments are claimed in their order. Their claims must be loaded."""
        unpaid = (one for one in self.instalments if all(claim.state != ClaimState.PAID for claim in one.claims))
        return next(unpaid, None)


class Capacity(StrEnum):
    BENEFICIARY = "beneficiary"
    AUTHORISING_OFFICER = "authorising_officer"


class Signature(Record):
    """Who signed the agreement, in what capacity, over which text."""

    __tablename__ = "signature"
    __table_args__ = (UniqueConstraint("agreement_id", "capacity"),)

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreement.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    capacity: Mapped[Capacity]
    signed_at: Mapped[datetime]
    text_hash: Mapped[str] = mapped_column(String(64))

    agreement: Mapped[Agreement] = relationship(back_populates="signatures", lazy="raise_on_sql")
    person: Mapped[Person] = relationship(lazy="raise_on_sql")


class Instalment(Record):
    """A planned payment of an agreement: pre-financing, interim, balance. The ledger's `tranche_id` is this id."""

    __tablename__ = "instalment"
    __table_args__ = (
        UniqueConstraint("agreement_id", "position"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("percent BETWEEN 1 AND 100", name="percent_is_a_share"),
    )

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreement.id"))
    position: Mapped[int]
    percent: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    amount = MoneyOf()
    due_on: Mapped[date]

    agreement: Mapped[Agreement] = relationship(back_populates="instalments", lazy="raise_on_sql")
    claims: Mapped[list["Claim"]] = relationship(back_populates="instalment", lazy="raise_on_sql")


class ClaimState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHECKED = "checked"
    REJECTED = "rejected"
    CERTIFIED = "certified"
    LIQUIDATED = "liquidated"
    ORDERED = "ordered"
    APPROVED = "approved"
    RETURNED = "returned"
    REMITTED = "remitted"
    PAID = "paid"


CLAIM_LABELS = {
    ClaimState.DRAFT: N_("Draft"),
    ClaimState.SUBMITTED: N_("Submitted"),
    ClaimState.CHECKED: N_("Checked"),
    ClaimState.REJECTED: N_("Rejected"),
    ClaimState.CERTIFIED: N_("Delivery certified"),
    ClaimState.LIQUIDATED: N_("Verified"),
    ClaimState.ORDERED: N_("Payment ordered"),
    ClaimState.APPROVED: N_("Order approved"),
    ClaimState.RETURNED: N_("Order returned"),
    ClaimState.REMITTED: N_("Sent to the bank"),
    ClaimState.PAID: N_("Paid"),
}


class Claim(Scanned, Record):
    """A request for an instalment. Nobody holds two of {check, verify, order, pay} on one claim."""

    __tablename__ = "claim"
    __table_args__ = (
        CheckConstraint("claimed_minor > 0", name="claimed_positive"),
        CheckConstraint("accepted_minor BETWEEN 1 AND claimed_minor", name="accepted_within_claimed"),
        CheckConstraint(
            "accepted_minor IS NULL OR accepted_minor = claimed_minor OR reduction_reason IS NOT NULL",
            name="reduction_has_reason",
        ),
        CheckConstraint(
            "checked_by_id <> liquidated_by_id AND checked_by_id <> ordered_by_id AND checked_by_id <> paid_by_id"
            " AND liquidated_by_id <> ordered_by_id AND liquidated_by_id <> paid_by_id"
            " AND ordered_by_id <> paid_by_id",
            name="four_eyes",
        ),
        CheckConstraint(
            "state <> 'paid' OR (bank_reference IS NOT NULL AND value_date IS NOT NULL AND paid_by_id IS NOT NULL)",
            name="paid_has_bank_reference",
        ),
        CheckConstraint(
            "state NOT IN ('checked', 'certified', 'liquidated', 'ordered', 'approved', 'remitted', 'paid')"
            " OR (accepted_minor IS NOT NULL AND checked_by_id IS NOT NULL)",
            name="checked_has_amount",
        ),
        Index("uq_claim_one_alive", "instalment_id", unique=True, postgresql_where=text("state <> 'rejected'")),
        Index("ix_claim_state", "state"),
    )

    instalment_id: Mapped[UUID] = mapped_column(ForeignKey("instalment.id"))
    state: Mapped[ClaimState] = mapped_column(default=ClaimState.DRAFT)
    currency: Mapped[str] = mapped_column(String(3))
    claimed_minor: Mapped[int]
    claimed = MoneyOf()
    statement: Mapped[str] = mapped_column(default="")
    accepted_minor: Mapped[int | None]
    accepted = MoneyOf()
    reduction_reason: Mapped[str | None]
    filename: Mapped[str | None]
    media_type: Mapped[str | None]
    size: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    submitted_at: Mapped[datetime | None]
    submitted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    checked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    certified_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    liquidated_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    ordered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    approved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    remitted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    paid_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    order_number: Mapped[str | None]
    return_reason: Mapped[str | None]
    bank_reference: Mapped[str | None]
    value_date: Mapped[date | None]

    instalment: Mapped[Instalment] = relationship(back_populates="claims", lazy="raise_on_sql")
