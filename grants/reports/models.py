"""Searches kept by name."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.core.db import Record
from grants.people.models import Person
from grants.reports.search.keys import Audience


class SavedSearch(Record):
    """A query with its order and columns, as an address holds them, kept by one person under a name.

    With a `cluster_id` it is also offered to everybody else who follows a fund of that cluster.
    """

    __tablename__ = "saved_search"
    __table_args__ = (
        UniqueConstraint("owner_id", "audience", "name"),
        CheckConstraint("cluster_id IS NULL OR audience = 'fund'", name="shared_among_followers"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    audience: Mapped[Audience]
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[str]
    sort: Mapped[str] = mapped_column(String(40), default="")
    columns: Mapped[str] = mapped_column(String(400), default="")
    cluster_id: Mapped[UUID | None] = mapped_column(ForeignKey("cluster.id"), index=True)

    owner: Mapped[Person] = relationship(lazy="raise_on_sql")
