"""Organisations that take part in a project beside its lead."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.core.db import Record
from grants.core.i18n import N_
from grants.core.types import MoneyOf, new_id
from grants.people.models import Organisation, Person

if TYPE_CHECKING:
    from grants.applications.models.application import Application


class PartnerState(StrEnum):
    INVITED = "invited"
    ACCEPTED = "accepted"
    ACCEDED = "acceded"
    DECLINED = "declined"
    REMOVED = "removed"
    LEFT = "left"


PARTNER_LABELS = {
    PartnerState.INVITED: N_("Invited"),
    PartnerState.ACCEPTED: N_("To accede"),
    PartnerState.ACCEDED: N_("Has acceded"),
    PartnerState.DECLINED: N_("Declined the invitation"),
    PartnerState.REMOVED: N_("Removed by the lead"),
    PartnerState.LEFT: N_("Left the consortium"),
}
TAKING_PART = frozenset({PartnerState.ACCEPTED, PartnerState.ACCEDED})
EXPECTED = TAKING_PART | {PartnerState.INVITED}  # nobody is asked twice at one address


class Partner(Record):
    """An organisation beside the lead, from the invitation on; `organisation` is known once somebody accepts for it.

    `link_id` is what the link of the last invitation carries: a newer one makes it void. `role` is said by the lead,
    then by the partner, who also writes `tasks` and `papers`, and declares `aid_elsewhere` where the call limits public
    aid. Acceding keeps who signed which text, and in
    `acceded_hash` the SHA-256 of what was acceded to (grants.applications.submitted.accession_hash).
    """

    __tablename__ = "partner"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_in_lower_case"),
        CheckConstraint("aid_elsewhere_minor >= 0", name="aid_elsewhere_not_negative"),
        CheckConstraint(
            "(organisation_id IS NULL) = (accepted_at IS NULL) AND (accepted_at IS NULL) = (accepted_by_id IS NULL)",
            name="accepted_for_an_organisation",
        ),
        CheckConstraint(
            "state NOT IN ('accepted', 'acceded', 'left') OR accepted_at IS NOT NULL", name="accepted_once_taking_part"
        ),
        CheckConstraint(
            "state <> 'acceded' OR (acceded_at IS NOT NULL AND acceded_by_id IS NOT NULL AND acceded_name IS NOT NULL"
            " AND acceded_text IS NOT NULL AND acceded_hash IS NOT NULL)",
            name="signed_once_acceded",
        ),
        CheckConstraint(
            "(state IN ('declined', 'removed', 'left')) = (ended_at IS NOT NULL)", name="ended_at_some_time"
        ),
        Index("ix_partner_application", "application_id"),
        Index("ix_partner_organisation", "organisation_id"),
        Index("ix_partner_email", "email", "sent_at"),
        Index(
            "uq_partner_one_invitation",
            "application_id",
            "email",
            unique=True,
            postgresql_where="state IN ('invited', 'accepted', 'acceded')",
        ),
        Index(
            "uq_partner_one_part",
            "application_id",
            "organisation_id",
            unique=True,
            postgresql_where="state IN ('accepted', 'acceded')",
        ),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    state: Mapped[PartnerState] = mapped_column(default=PartnerState.INVITED)
    name: Mapped[str]
    email: Mapped[str]
    role: Mapped[str]
    tasks: Mapped[str] = mapped_column(default="")
    papers: Mapped[str] = mapped_column(default="")
    aid_elsewhere_minor: Mapped[int | None]
    aid_elsewhere = MoneyOf()
    invited_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    link_id: Mapped[UUID] = mapped_column(unique=True, default=new_id)
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    acceded_at: Mapped[datetime | None]
    acceded_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    acceded_name: Mapped[str | None]
    acceded_text: Mapped[str | None]
    acceded_hash: Mapped[str | None] = mapped_column(String(64))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]

    application: Mapped["Application"] = relationship(back_populates="partners", lazy="raise_on_sql")
    organisation: Mapped[Organisation | None] = relationship(lazy="raise_on_sql")

    @property
    def currency(self) -> str:
        """Of its application, which must be loaded."""
        return self.application.currency

    invited_by: Mapped[Person] = relationship(foreign_keys=[invited_by_id], lazy="raise_on_sql")
