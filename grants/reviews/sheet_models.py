"""What a reviewer's sheet holds beside its marks: amounts by heading, private notes, a workbook sent back."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from grants.core.db import Record
from grants.core.types import MoneyOf


class ReviewHeading(Record):
    """What a reviewer recommends for one heading of the budget: no amount is the whole share of what is requested.

    `category` is a code of the call's budget rules.
    """

    __tablename__ = "review_heading"
    __table_args__ = (
        UniqueConstraint("review_id", "category"),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
    )

    review_id: Mapped[UUID] = mapped_column(ForeignKey("review.id"))
    category: Mapped[str]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int | None]
    amount = MoneyOf()
    reason: Mapped[str] = mapped_column(default="")


class PrivateNote(Record):
    """What a reviewer writes for nobody else. No relationship leads here: only grants.reviews.notes reads it."""

    __tablename__ = "private_note"
    __table_args__ = (UniqueConstraint("review_id"),)

    review_id: Mapped[UUID] = mapped_column(ForeignKey("review.id"))
    text: Mapped[str] = mapped_column(default="")


class SentSheet(Record):
    """The scoring workbook that a reviewer sent last, read and not yet taken over: the next one replaces it."""

    __tablename__ = "sent_sheet"
    __table_args__ = (UniqueConstraint("reviewer_id"),)

    reviewer_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    filename: Mapped[str]
    rows: Mapped[list[Any]]
