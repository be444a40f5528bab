"""Funds and the appropriations that endow them. Balances live in the ledger, never here."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grants.clusters.models import Cluster
from grants.core.db import Record
from grants.core.types import MoneyOf


class Fund(Record):
    """Money set aside by a cluster for a purpose, in one currency for ever."""

    __tablename__ = "fund"
    __table_args__ = (CheckConstraint("code = upper(code)", name="code_in_capitals"),)

    cluster_id: Mapped[UUID] = mapped_column(ForeignKey("cluster.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    currency: Mapped[str] = mapped_column(String(3))

    cluster: Mapped[Cluster] = relationship(lazy="raise_on_sql")
    appropriations: Mapped[list["Appropriation"]] = relationship(back_populates="fund", lazy="raise_on_sql")


class Appropriation(Record):
    """Credit opened for a fiscal year; posted to the ledger as `endow` under its document number."""

    __tablename__ = "appropriation"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("fiscal_year BETWEEN 1990 AND 2200", name="fiscal_year_plausible"),
        UniqueConstraint("fund_id", "document"),
    )

    fund_id: Mapped[UUID] = mapped_column(ForeignKey("fund.id"))
    fiscal_year: Mapped[int]
    document: Mapped[str]
    value_date: Mapped[date]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    amount = MoneyOf()

    fund: Mapped[Fund] = relationship(back_populates="appropriations", lazy="raise_on_sql")
