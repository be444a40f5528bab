"""What changes in an agreement that is under way, and the wording that agreements are made from."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.awards.models.agreement import Agreement
from grants.calls.models import Instrument
from grants.core.db import Record
from grants.core.i18n import N_
from grants.funds.models import Fund

COMMITTEE_ABOVE = 1_000  # hundredths of a percent of the grant, where the fund has not said


class AgreementTemplate(Record):
    """One version of a fund's wording for one instrument; it never changes, a correction is the next number.

    `clauses` are objects of a `title` and a `body` by language (grants.awards.templates). `committee_above`: an
    amendment that changes the grant by more than this share of it, in hundredths of a percent, is decided on by the
    strategic committee.
    """

    __tablename__ = "agreement_template"
    __table_args__ = (
        UniqueConstraint("fund_id", "instrument", "number"),
        CheckConstraint("number > 0", name="counted_from_one"),
        CheckConstraint("committee_above BETWEEN 0 AND 10000", name="threshold_is_a_share"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    instrument: Mapped[Instrument]
    number: Mapped[int]
    clauses: Mapped[list[Any]]
    committee_above: Mapped[int] = mapped_column(default=COMMITTEE_ABOVE)
    made_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))

    fund: Mapped[Fund] = relationship(lazy="raise_on_sql")


class AmendmentState(StrEnum):
    REQUESTED = "requested"
    ASSESSED = "assessed"
    APPROVED = "approved"
    REFUSED = "refused"
    SIGNED = "signed"
    EFFECTIVE = "effective"


AMENDMENT_LABELS = {
    AmendmentState.REQUESTED: N_("Requested"),
    AmendmentState.ASSESSED: N_("Assessed"),
    AmendmentState.APPROVED: N_("Approved"),
    AmendmentState.REFUSED: N_("Refused"),
    AmendmentState.SIGNED: N_("Signed by the beneficiary"),
    AmendmentState.EFFECTIVE: N_("In effect"),
}


class Amendment(Record):
    """A change of an agreement's end, amount, schedule or budget, whole: `before` and `after` are grants.awards.terms.

    The one who decides neither asked for it nor assessed it, and somebody else makes it effective. One at a time.
    `text_hash` is the SHA-256 of what was approved and signed.
    """

    __tablename__ = "amendment"
    __table_args__ = (
        UniqueConstraint("agreement_id", "number"),
        CheckConstraint("assessed_by_id <> decided_by_id", name="four_eyes"),
        CheckConstraint("requested_by_id <> decided_by_id", name="not_decided_by_whoever_asked"),
        CheckConstraint("decided_by_id <> effective_by_id", name="visa_by_another"),
        CheckConstraint("(state = 'requested') = (assessed_by_id IS NULL)", name="assessed_by_somebody"),
        CheckConstraint("(state IN ('requested', 'assessed')) = (decided_by_id IS NULL)", name="decided_by_somebody"),
        CheckConstraint("(state = 'refused') <= (decision_reason IS NOT NULL)", name="refused_with_a_reason"),
        CheckConstraint(
            "(state IN ('signed', 'effective')) = (signed_by_id IS NOT NULL)"
            " AND (signed_by_id IS NULL) = (signed_at IS NULL)",
            name="signed_by_somebody",
        ),
        CheckConstraint(
            "(state = 'effective') = (effective_by_id IS NOT NULL)"
            " AND (effective_by_id IS NULL) = (effective_at IS NULL)",
            name="effective_by_somebody",
        ),
        Index(
            "uq_amendment_one_in_hand",
            "agreement_id",
            unique=True,
            postgresql_where="state NOT IN ('refused', 'effective')",
        ),
    )

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreement.id"))
    number: Mapped[int]
    state: Mapped[AmendmentState] = mapped_column(default=AmendmentState.REQUESTED)
    reason: Mapped[str]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    opinion: Mapped[str | None]
    for_committee: Mapped[bool] = mapped_column(default=False)
    decision_reason: Mapped[str | None]
    text_hash: Mapped[str | None] = mapped_column(String(64))
    requested_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    assessed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    signed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    signed_at: Mapped[datetime | None]
    effective_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    effective_at: Mapped[datetime | None]

    agreement: Mapped[Agreement] = relationship(lazy="raise_on_sql")
