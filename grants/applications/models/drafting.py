"""What people who draft together leave behind: versions of sections, comments."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.applications.models.application import Application
from grants.core.db import Base, Record
from grants.core.types import new_id
from grants.people.models import Person


class Revision(Base):
    """How one section stood once it was saved. What one person saves within minutes is one version.

    `content` is the whole section as `grants.applications.versions` writes it, `part_version` the number its form
    carried; `steps` lead back through the saves that were folded into it. `person_id` is None for what was there before
    versions were kept, or was not written in a form.
    """

    __tablename__ = "application_revision"
    __table_args__ = (
        Index(None, "application_id", "section", "saved_at"),
        Index("ix_application_revision_application_saved", "application_id", "saved_at"),
        CheckConstraint("begun_at <= saved_at", name="begun_before_saved"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    section: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    begun_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    part_version: Mapped[int]
    content: Mapped[dict[str, Any]]
    steps: Mapped[list[Any]] = mapped_column(default=list)
    restored_id: Mapped[UUID | None] = mapped_column(ForeignKey("application_revision.id"))

    person: Mapped[Person | None] = relationship(lazy="raise_on_sql")
    restored: Mapped["Revision | None"] = relationship(remote_side=[id], lazy="raise_on_sql")


class Comment(Record):
    """What a colleague says about a section, to colleagues alone: never part of what is submitted."""

    __tablename__ = "application_comment"
    __table_args__ = (
        Index(None, "application_id", "section"),
        CheckConstraint("text <> ''", name="not_empty"),
        CheckConstraint("(resolved_at IS NULL) = (resolved_by_id IS NULL)", name="resolved_by_somebody"),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    section: Mapped[str]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str]
    resolved_at: Mapped[datetime | None]
    resolved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    application: Mapped[Application] = relationship(lazy="raise_on_sql")
    author: Mapped[Person] = relationship(foreign_keys=[author_id], lazy="raise_on_sql")
    resolved_by: Mapped[Person | None] = relationship(foreign_keys=[resolved_by_id], lazy="raise_on_sql")
