"""Conflicts of interest that are kept: what somebody declared, and what a chair said of what was found.

What can be found is never stored: it is read from the facts each time (grants.reviews.detection). A row here of a found
kind is the verdict on it.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.applications.models import Application
from grants.core.db import Record
from grants.core.i18n import N_
from grants.people.models import Person


class ConflictKind(StrEnum):
    """How a conflict is known. Organisations are those of the file: the applicant and its partners."""

    DECLARED = "declared"
    MEMBER = "member"  # speaks for one
    FORMER = "former"  # spoke for one not long ago
    GROUP = "group"  # speaks for a company of the group that one declares
    DOMAIN = "domain"  # an address at the domain of its people
    STAKEHOLDER = "stakeholder"  # has the name of a director, shareholder, relative or associate it declares
    ACTED = "acted"  # led a project of one, or signed for it
    TOGETHER = "together"  # speaks for one that shared a project with it


KIND_LABELS = {
    ConflictKind.DECLARED: N_("Declared"),
    ConflictKind.MEMBER: N_("Same organisation"),
    ConflictKind.FORMER: N_("Former member"),
    ConflictKind.GROUP: N_("Same group of companies"),
    ConflictKind.DOMAIN: N_("Same e-mail domain"),
    ConflictKind.STAKEHOLDER: N_("Same name as somebody declared"),
    ConflictKind.ACTED: N_("Earlier project"),
    ConflictKind.TOGETHER: N_("Earlier project together"),
}


class Verdict(StrEnum):
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class Conflict(Record):
    """One conflict of one person with one application: it stands unless `verdict` dismisses it.

    `fact` says which of a kind it is (the organisation, the domain, the name), so that a verdict on one leaves the
    others open; empty for a declaration. `facts` and `since` are what was found when the verdict was given.
    """

    __tablename__ = "conflict"
    __table_args__ = (
        UniqueConstraint("application_id", "person_id", "kind", "fact"),
        CheckConstraint("(kind = 'declared') = (fact = '')", name="found_has_its_fact"),
        CheckConstraint("(kind = 'declared') = (reason IS NOT NULL)", name="declared_with_a_reason"),
        CheckConstraint("kind = 'declared' OR verdict IS NOT NULL", name="found_is_kept_with_its_verdict"),
        CheckConstraint(
            "(verdict IS NULL) = (settled_at IS NULL) AND (verdict IS NULL) = (settled_by_id IS NULL)",
            name="settled_by_somebody",
        ),
        CheckConstraint("verdict <> 'dismissed' OR settled_reason <> ''", name="dismissed_with_a_reason"),
        CheckConstraint("settled_by_id <> person_id", name="settled_by_another"),
        Index("ix_conflict_person", "person_id", "application_id"),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[ConflictKind]
    fact: Mapped[str] = mapped_column(default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    since: Mapped[datetime | None]
    reason: Mapped[str | None]
    verdict: Mapped[Verdict | None]
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    settled_reason: Mapped[str] = mapped_column(default="")

    application: Mapped[Application] = relationship(lazy="raise_on_sql")
    person: Mapped[Person] = relationship(foreign_keys=[person_id], lazy="raise_on_sql")
    settled_by: Mapped[Person | None] = relationship(foreign_keys=[settled_by_id], lazy="raise_on_sql")
