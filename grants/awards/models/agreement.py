"""The grant agreement with its signatures and its planned payments."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.awards.models.award import Award
from grants.awards.models.claim import DONE, Claim
from grants.core.db import Record
from grants.core.i18n import N_
from grants.core.scans import Scanned
from grants.core.types import MoneyOf
from grants.people.models import Organisation, Person

if TYPE_CHECKING:
    from grants.awards.models.in_kind import Support
    from grants.awards.models.milestone import Milestone


class AgreementState(StrEnum):
    PREPARATION = "preparation"
    COMMITMENT_PROPOSED = "commitment_proposed"
    VISA_GRANTED = "visa_granted"
    VISA_REFUSED = "visa_refused"
    AWAITING_SIGNATURE = "awaiting_signature"
    SIGNED = "signed"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    CLOSING = "closing"
    CLOSED = "closed"
    TERMINATED = "terminated"


AGREEMENT_LABELS = {
    AgreementState.PREPARATION: N_("In preparation"),
    AgreementState.COMMITMENT_PROPOSED: N_("Commitment proposed"),
    AgreementState.VISA_GRANTED: N_("Visa granted"),
    AgreementState.VISA_REFUSED: N_("Visa refused"),
    AgreementState.AWAITING_SIGNATURE: N_("Awaiting signature"),
    AgreementState.SIGNED: N_("Signed by the beneficiary"),
    AgreementState.ACTIVE: N_("Active"),
    AgreementState.SUSPENDED: N_("Suspended"),
    AgreementState.COMPLETED: N_("Completed"),
    AgreementState.CLOSING: N_("Closeout proposed"),
    AgreementState.CLOSED: N_("Closed out"),
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


RUNNING = frozenset({AgreementState.ACTIVE, AgreementState.COMPLETED})  # money is verified and ordered under it


class Agreement(Record):
    """The grant agreement. Its visa commits the credit; the beneficiary signs, the authorising officer last.

    `text` is what is signed, frozen when it is sent for signature (grants.awards.agreement_text), and `text_hash` the
    SHA-256 of its canonical JSON. `visa_checks` are the items of the last visa with their figures
    (grants.awards.visa). `budget` is the agreed cost by category, as JSON; empty where the call asks for none.
    `standstill_reason` says why it is suspended or was terminated. `imported`: it was signed elsewhere; its schedule is
    what was paid elsewhere, then what is left to claim here.
    """

    __tablename__ = "agreement"
    __table_args__ = (
        CheckConstraint("(state = 'visa_refused') <= (visa_reason IS NOT NULL)", name="refusal_has_reason"),
        CheckConstraint(
            "(state IN ('signed', 'active')) <= (visa_by_id IS NOT NULL OR imported)", name="no_signature_before_visa"
        ),
        CheckConstraint("proposed_by_id <> visa_by_id", name="four_eyes"),
        CheckConstraint("(text IS NULL) = (text_hash IS NULL)", name="text_has_a_hash"),
        CheckConstraint("(state = 'suspended') <= (standstill_reason IS NOT NULL)", name="suspended_with_a_reason"),
        CheckConstraint("closing_by_id <> closed_by_id", name="closed_by_two"),
        CheckConstraint("(state IN ('closing', 'closed')) <= (closing_by_id IS NOT NULL)", name="closing_by_somebody"),
        CheckConstraint("(state = 'closed') = (closed_by_id IS NOT NULL)", name="closed_by_somebody"),
    )

    award_id: Mapped[UUID] = mapped_column(ForeignKey("award.id"), unique=True)
    state: Mapped[AgreementState] = mapped_column(default=AgreementState.PREPARATION)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    proposed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    visa_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    visa_reason: Mapped[str | None]
    visa_checks: Mapped[list[Any]] = mapped_column(default=list)
    text: Mapped[dict[str, Any] | None]
    text_hash: Mapped[str | None] = mapped_column(String(64))
    budget: Mapped[list[Any]] = mapped_column(default=list)
    standstill_reason: Mapped[str | None]
    imported: Mapped[bool] = mapped_column(default=False)
    closing_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    closed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    award: Mapped[Award] = relationship(back_populates="agreement", lazy="raise_on_sql")
    instalments: Mapped[list["Instalment"]] = relationship(
        back_populates="agreement", order_by="Instalment.position", lazy="raise_on_sql"
    )
    milestones: Mapped[list["Milestone"]] = relationship(
        back_populates="agreement", order_by="Milestone.position", lazy="raise_on_sql"
    )
    supports: Mapped[list["Support"]] = relationship(
        back_populates="agreement", order_by="Support.position", lazy="raise_on_sql"
    )
    signatures: Mapped[list["Signature"]] = relationship(
        back_populates="agreement", order_by="Signature.created_at", lazy="raise_on_sql"
    )

    @property
    def next_to_claim(self) -> "Instalment | None":
        """The first instalment not paid yet: instalments are claimed in their order. Their claims must be loaded."""
        unpaid = (one for one in self.instalments if not any(claim.state in DONE for claim in one.claims))
        return next(unpaid, None)

    def held_up(self, instalment: "Instalment") -> "Milestone | None":
        """The first milestone this instalment still waits for. The milestones must be loaded."""
        waits = (one for one in self.milestones if one.instalment == instalment.position and not one.opens)
        return next(waits, None)


class Capacity(StrEnum):
    BENEFICIARY = "beneficiary"
    PARTNER = "partner"
    AUTHORISING_OFFICER = "authorising_officer"


CAPACITY_LABELS = {
    Capacity.BENEFICIARY: N_("Lead beneficiary"),
    Capacity.PARTNER: N_("Partner"),
    Capacity.AUTHORISING_OFFICER: N_("Authorising officer"),
}


class Signature(Scanned, Record):
    """Who signed the agreement, for which organisation, in what capacity, over which text.

    Signed inside by a click, or on paper: then `person` sent the scan, `signatory` is the name on the paper, and the
    signature counts once somebody of the fund has checked it. A scan that is sent back leaves no row, only its event.
    """

    __tablename__ = "signature"
    __table_args__ = (
        UniqueConstraint(
            "agreement_id",
            "organisation_id",
            name="uq_signature_once_for_each",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint(
            "(capacity = 'authorising_officer') = (organisation_id IS NULL)", name="parties_sign_for_an_organisation"
        ),
        CheckConstraint(
            "(sha256 IS NULL) = (filename IS NULL) AND (sha256 IS NULL) = (media_type IS NULL)"
            " AND (sha256 IS NULL) = (size IS NULL) AND (sha256 IS NULL) = (signatory IS NULL)",
            name="scan_is_whole",
        ),
        CheckConstraint("checked_by_id IS NULL OR sha256 IS NOT NULL", name="only_scans_are_checked"),
        CheckConstraint("checked_by_id <> person_id", name="four_eyes"),
    )

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreement.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    capacity: Mapped[Capacity]
    signed_at: Mapped[datetime]
    text_hash: Mapped[str] = mapped_column(String(64))
    filename: Mapped[str | None]
    media_type: Mapped[str | None]
    size: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    signatory: Mapped[str | None]
    checked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    agreement: Mapped[Agreement] = relationship(back_populates="signatures", lazy="raise_on_sql")
    organisation: Mapped[Organisation | None] = relationship(lazy="raise_on_sql")
    person: Mapped[Person] = relationship(foreign_keys=[person_id], lazy="raise_on_sql")
    checked_by: Mapped[Person | None] = relationship(foreign_keys=[checked_by_id], lazy="raise_on_sql")

    @property
    def counts(self) -> bool:
        return self.sha256 is None or self.checked_by_id is not None


class InstalmentKind(StrEnum):
    PREFINANCING = "prefinancing"
    INTERIM = "interim"
    BALANCE = "balance"


INSTALMENT_LABELS = {
    InstalmentKind.PREFINANCING: N_("Pre-financing"),
    InstalmentKind.INTERIM: N_("Interim payment"),
    InstalmentKind.BALANCE: N_("Balance payment"),
}


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
    kind: Mapped[InstalmentKind]
    percent: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int]
    amount = MoneyOf()
    due_on: Mapped[date]

    agreement: Mapped[Agreement] = relationship(back_populates="instalments", lazy="raise_on_sql")
    claims: Mapped[list[Claim]] = relationship(back_populates="instalment", lazy="raise_on_sql")
