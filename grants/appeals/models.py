"""Appeals: an applicant asks once that a refusal be looked at again, by somebody who did not decide it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.applications.models import Application
from grants.core.db import Record
from grants.core.i18n import N_
from grants.core.scans import Scanned
from grants.people.models import Person


class Against(StrEnum):
    """The refusal an appeal answers."""

    ADMISSIBILITY = "admissibility"
    ELIGIBILITY = "eligibility"
    DECISION = "decision"


AGAINST_LABELS = {
    Against.ADMISSIBILITY: N_("Declared inadmissible"),
    Against.ELIGIBILITY: N_("Declared ineligible"),
    Against.DECISION: N_("Not selected by the strategic committee"),
}


class AppealState(StrEnum):
    FILED = "filed"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"


APPEAL_LABELS = {
    AppealState.FILED: N_("Waiting to be heard"),
    AppealState.UPHELD: N_("Upheld"),
    AppealState.DISMISSED: N_("Dismissed"),
    AppealState.WITHDRAWN: N_("Withdrawn"),
}


class Appeal(Scanned, Record):
    """The one appeal of an application, with the refusal it answers as it stood: its words, its author, its moment.

    `filename` and the rest are the file that supports it, if there is one.
    """

    __tablename__ = "appeal"
    __table_args__ = (
        CheckConstraint("grounds <> ''", name="has_its_grounds"),
        CheckConstraint(
            "(state IN ('upheld', 'dismissed')) = (heard_at IS NOT NULL)"
            " AND (heard_at IS NULL) = (heard_by_id IS NULL) AND (heard_at IS NULL) = (reasons IS NULL)",
            name="heard_with_reasons",
        ),
        CheckConstraint("heard_by_id <> refused_by_id", name="heard_by_another"),
        CheckConstraint(
            "(sha256 IS NULL) = (filename IS NULL) AND (sha256 IS NULL) = (media_type IS NULL)"
            " AND (sha256 IS NULL) = (size IS NULL)",
            name="file_whole",
        ),
        Index("ix_appeal_waiting", "created_at", postgresql_where="state = 'filed'"),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), unique=True)
    against: Mapped[Against]
    refusal: Mapped[str]
    refused_at: Mapped[datetime]
    refused_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    grounds: Mapped[str]
    filed_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    filename: Mapped[str | None]
    media_type: Mapped[str | None]
    size: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[AppealState] = mapped_column(default=AppealState.FILED)
    reasons: Mapped[str | None]
    heard_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    heard_at: Mapped[datetime | None]

    application: Mapped[Application] = relationship(lazy="raise_on_sql")
    refused_by: Mapped[Person] = relationship(foreign_keys=[refused_by_id], lazy="raise_on_sql")
    filed_by: Mapped[Person] = relationship(foreign_keys=[filed_by_id], lazy="raise_on_sql")
    heard_by: Mapped[Person | None] = relationship(foreign_keys=[heard_by_id], lazy="raise_on_sql")
