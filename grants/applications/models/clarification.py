"""What the fund asks about a submitted file, and the answers."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.applications.models.application import Application
from grants.core.db import Record
from grants.core.i18n import N_
from grants.core.scans import Scanned
from grants.people.models import Person


class ClarificationState(StrEnum):
    ASKED = "asked"
    ANSWERED = "answered"
    TAKEN_BACK = "taken_back"


CLARIFICATION_LABELS = {
    ClarificationState.ASKED: N_("Answer awaited"),
    ClarificationState.ANSWERED: N_("Answered"),
    ClarificationState.TAKEN_BACK: N_("Taken back by the fund"),
}


class Clarification(Record):
    """A question of the fund on a submitted file, and the applicant's answer: a draft until it is sent."""

    __tablename__ = "clarification"
    __table_args__ = (
        CheckConstraint("question <> ''", name="not_empty"),
        CheckConstraint(
            "(state = 'answered') = (answered_at IS NOT NULL) AND (state = 'answered') = (answered_by_id IS NOT NULL)",
            name="answered_by_somebody",
        ),
        CheckConstraint("state <> 'answered' OR answer <> ''", name="answered_has_its_answer"),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"), index=True)
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    question: Mapped[str]
    due_at: Mapped[datetime]
    state: Mapped[ClarificationState] = mapped_column(default=ClarificationState.ASKED)
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    application: Mapped[Application] = relationship(lazy="raise_on_sql")
    asked_by: Mapped[Person] = relationship(foreign_keys=[asked_by_id], lazy="raise_on_sql")
    files: Mapped[list["ClarificationFile"]] = relationship(
        back_populates="clarification", order_by="ClarificationFile.created_at", lazy="raise_on_sql"
    )

    @property
    def is_answered(self) -> bool:
        return self.state == ClarificationState.ANSWERED

    @property
    def due_here(self) -> datetime:
        """The last moment, on the clock of the application's cluster."""
        return self.due_at.astimezone(self.application.call.fund.cluster.zone)


class ClarificationFile(Scanned, Record):
    """A file that goes with an answer; its bytes are kept once, under their SHA-256."""

    __tablename__ = "clarification_file"
    __table_args__ = (
        UniqueConstraint("clarification_id", "sha256"),
        CheckConstraint("size > 0", name="not_empty"),
    )

    clarification_id: Mapped[UUID] = mapped_column(ForeignKey("clarification.id"))
    filename: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    uploaded_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))

    clarification: Mapped[Clarification] = relationship(back_populates="files", lazy="raise_on_sql")
