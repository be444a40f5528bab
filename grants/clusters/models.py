"""Clusters and their thematic commissions."""

from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.core.db import Record
from grants.core.i18n import Words


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
