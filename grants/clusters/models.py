"""Clusters and their thematic commissions."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.core.db import Record
from grants.core.i18n import N_, Text, Words
from grants.people.models import Organisation


class Cluster(Record):
    """An association that runs funds; its country decides month names, its zone every deadline."""

    __tablename__ = "cluster"
    __table_args__ = (CheckConstraint("code = upper(code)", name="code_in_capitals"),)

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    country: Mapped[str] = mapped_column(String(2))
    currency: Mapped[str] = mapped_column(String(3))
    timezone: Mapped[str]

    commissions: Mapped[list["Commission"]] = relationship(  # the living ones
        primaryjoin="and_(Cluster.id == Commission.cluster_id, Commission.archive.is_(False))",
        back_populates="cluster",
        order_by="Commission.position",
        lazy="raise_on_sql",
    )

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Commission(Record):
    """A thematic commission of a cluster: its chair and reviewers score the applications of its theme.

    An `archive` holds awards imported from before: nobody sits in it, and it is offered for nothing.
    """

    __tablename__ = "commission"
    __table_args__ = (UniqueConstraint("cluster_id", "code"), UniqueConstraint("cluster_id", "position"))

    cluster_id: Mapped[UUID] = mapped_column(ForeignKey("cluster.id"))
    code: Mapped[str]
    name: Mapped[Words]
    position: Mapped[int]
    archive: Mapped[bool] = mapped_column(default=False)

    cluster: Mapped[Cluster] = relationship(back_populates="commissions", lazy="raise_on_sql")


class MembershipState(StrEnum):
    DECLARED = "declared"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    ABSENT = "absent"

    @property
    def label(self) -> Text:
        return MEMBERSHIP_LABELS[self]


MEMBERSHIP_LABELS = {
    MembershipState.DECLARED: N_("Declared, to be confirmed"),
    MembershipState.CONFIRMED: N_("Confirmed member"),
    MembershipState.REFUSED: N_("Not confirmed"),
    MembershipState.ABSENT: N_("Not a member"),
}


class ClusterMembership(Record):
    """What an organisation says about its membership of a cluster, and what the cluster answers.

    Without a row the organisation has said nothing; `absent` is its own "no".
    """

    __tablename__ = "cluster_membership"
    __table_args__ = (
        UniqueConstraint("organisation_id", "cluster_id"),
        CheckConstraint("(state IN ('confirmed', 'refused')) = (decided_at IS NOT NULL)", name="answered_at_some_time"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    cluster_id: Mapped[UUID] = mapped_column(ForeignKey("cluster.id"), index=True)
    state: Mapped[MembershipState]
    declared_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]

    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    cluster: Mapped[Cluster] = relationship(lazy="raise_on_sql")
