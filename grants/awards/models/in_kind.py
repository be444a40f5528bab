"""Support given in kind: so many months of hosting, so many training seats. No money, so no ledger entry, ever."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.awards.models.agreement import Agreement
from grants.core.db import Record
from grants.core.i18n import N_


class SupportState(StrEnum):
    REQUESTED = "requested"
    CHECKED = "checked"
    REFUSED = "refused"
    CERTIFIED = "certified"
    DELIVERED = "delivered"


SUPPORT_LABELS = {
    SupportState.REQUESTED: N_("Requested"),
    SupportState.CHECKED: N_("Checked"),
    SupportState.REFUSED: N_("Refused"),
    SupportState.CERTIFIED: N_("Certified"),
    SupportState.DELIVERED: N_("Delivered"),
}


class Support(Record):
    """What an agreement gives of one kind: `planned` units of it."""

    __tablename__ = "support"
    __table_args__ = (
        UniqueConstraint("agreement_id", "position"),
        CheckConstraint("planned > 0", name="planned_positive"),
    )

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreement.id"))
    position: Mapped[int]
    name: Mapped[str]
    unit: Mapped[str]
    planned: Mapped[int]

    agreement: Mapped[Agreement] = relationship(back_populates="supports", lazy="raise_on_sql")
    requests: Mapped[list["SupportRequest"]] = relationship(
        back_populates="support", order_by="SupportRequest.created_at", lazy="raise_on_sql"
    )

    @property
    def taken(self) -> int:
        """Units asked for and not refused."""
        return sum(one.quantity for one in self.requests if one.state != SupportState.REFUSED)

    @property
    def delivered(self) -> int:
        return sum(one.quantity for one in self.requests if one.state == SupportState.DELIVERED)

    @property
    def left(self) -> int:
        """Units that may still be asked for."""
        return self.planned - self.taken


class SupportRequest(Record):
    """So many units, asked for by the beneficiary; checked, certified and delivered by three people."""

    __tablename__ = "support_request"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("(state = 'refused') <= (reason IS NOT NULL)", name="refusal_has_reason"),
        CheckConstraint("(state = 'requested') = (checked_by_id IS NULL)", name="checked_by_somebody"),
        CheckConstraint(
            "(state IN ('certified', 'delivered')) = (certified_by_id IS NOT NULL)", name="certified_by_somebody"
        ),
        CheckConstraint(
            "(state = 'delivered') = (delivered_on IS NOT NULL)"
            " AND (state = 'delivered') = (delivered_by_id IS NOT NULL)",
            name="delivered_some_day",
        ),
        CheckConstraint(
            "checked_by_id <> certified_by_id AND checked_by_id <> delivered_by_id"
            " AND certified_by_id <> delivered_by_id",
            name="three_people",
        ),
    )

    support_id: Mapped[UUID] = mapped_column(ForeignKey("support.id"), index=True)
    quantity: Mapped[int]
    note: Mapped[str] = mapped_column(default="")
    state: Mapped[SupportState] = mapped_column(default=SupportState.REQUESTED)
    requested_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    checked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    certified_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    delivered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    delivered_on: Mapped[date | None]
    reason: Mapped[str | None]

    support: Mapped[Support] = relationship(back_populates="requests", lazy="raise_on_sql")
