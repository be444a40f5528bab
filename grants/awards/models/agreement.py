"""The grant agreement with its signatures and its planned payments."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.awards.models.award import Award
from grants.awards.models.claim import DONE, Claim
from grants.core.db import Record
from grants.core.i18n import N_
from grants.core.types import MoneyOf
from grants.people.models import Person

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
