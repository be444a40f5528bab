"""What a committee member prepares before deciding, and how applicants are told."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from grants.core.db import Record
from grants.core.i18n import N_, Text, Words


class DecisionDraft(Record):
    """One person's own scratch for a call: it decides nothing. `content` is read by grants.awards.drafts."""

    __tablename__ = "decision_draft"
    __table_args__ = (UniqueConstraint("call_id", "person_id"),)

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    content: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Occasion(StrEnum):
    """What a letter tells; `promoted` is funded after a time on the reserve list."""

    FUNDED = "funded"
    PROMOTED = "promoted"
    RESERVE = "reserve"
    REJECTED = "rejected"

    @property
    def label(self) -> Text:
        return OCCASION_LABELS[self]


OCCASION_LABELS = {
    Occasion.FUNDED: N_("Funded"),
    Occasion.PROMOTED: N_("Funded from the reserve list"),
    Occasion.RESERVE: N_("Reserve list"),
    Occasion.REJECTED: N_("Not selected"),
}


class LetterTemplate(Record):
    """A call's own wording of one letter, by language; a language without one is written in our words."""

    __tablename__ = "letter_template"
    __table_args__ = (
        UniqueConstraint("call_id", "occasion"),
        CheckConstraint("body <> '{}'", name="says_something"),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    occasion: Mapped[Occasion]
    body: Mapped[Words]
