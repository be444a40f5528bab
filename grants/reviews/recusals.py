"""Stepping aside from a file in the commission's session: from then on it is a conflict like any other."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from grants.core.db import Record


class Recusal(Record):
    """Somebody stepped aside from an application while the commission sat; a conflict declared before needs none."""

    __tablename__ = "recusal"
    __table_args__ = (
        UniqueConstraint("application_id", "person_id"),
        CheckConstraint("reason <> ''", name="has_its_reason"),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    reason: Mapped[str]
