"""What a beneficiary claims of an instalment, and who checked, verified, ordered and paid it."""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.core.db import Record
from grants.core.i18n import N_
from grants.core.scans import Scanned
from grants.core.types import MoneyOf

if TYPE_CHECKING:
    from grants.awards.models.agreement import Instalment


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
    SETTLED = "settled"
    OUTSIDE = "outside"


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
    ClaimState.SETTLED: N_("Settled without payment"),
    ClaimState.OUTSIDE: N_("Paid outside"),
}
DONE = frozenset({ClaimState.PAID, ClaimState.SETTLED, ClaimState.OUTSIDE})  # the next instalment may be claimed


class Claim(Scanned, Record):
    """A request for an instalment. Nobody holds two of {check, verify, order, pay} on one claim.

    Pre-financing is claimed as an amount; any other instalment by invoices (grants.awards.models.invoice), and then
    `claimed` is what they would pay if all were accepted, `accepted` what they pay. With it go the pre-financing that
    it cleared, what it kept back, what it released, and the steps of the reckoning as they were when it was checked
    (grants.awards.payable).

    One that was paid elsewhere (`outside`) was never claimed nor checked here: a file of outside payments brought it,
    with what it paid, on which day, under which bank reference (none where an opening balance sums up many).
    """

    __tablename__ = "claim"
    __table_args__ = (
        CheckConstraint("claimed_minor >= 0", name="claimed_not_negative"),
        CheckConstraint("accepted_minor BETWEEN 0 AND claimed_minor", name="accepted_within_claimed"),
        CheckConstraint(
            "cleared_minor >= 0 AND retained_minor >= 0 AND released_minor >= 0", name="reckoned_not_negative"
        ),
        CheckConstraint(
            "state NOT IN ('liquidated', 'ordered', 'approved', 'returned', 'remitted', 'paid') OR accepted_minor > 0",
            name="nothing_is_not_paid",
        ),
        CheckConstraint("state <> 'settled' OR accepted_minor = 0", name="settled_pays_nothing"),
        CheckConstraint(
            "accepted_minor IS NULL OR accepted_minor = claimed_minor OR reduction_reason IS NOT NULL"
            " OR jsonb_array_length(steps) > 0",
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
            "state <> 'outside' OR (accepted_minor > 0 AND value_date IS NOT NULL)", name="outside_was_paid_on_a_day"
        ),
        CheckConstraint(
            "state NOT IN ('checked', 'certified', 'liquidated', 'ordered', 'approved', 'remitted', 'paid', 'settled')"
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
    cleared_minor: Mapped[int] = mapped_column(default=0)
    cleared = MoneyOf()
    retained_minor: Mapped[int] = mapped_column(default=0)
    retained = MoneyOf()
    released_minor: Mapped[int] = mapped_column(default=0)
    released = MoneyOf()
    steps: Mapped[list[Any]] = mapped_column(default=list)
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

    instalment: Mapped["Instalment"] = relationship(back_populates="claims", lazy="raise_on_sql")
