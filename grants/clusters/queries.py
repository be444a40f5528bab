"""Reads about clusters and commissions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from grants.clusters.models import Cluster, Commission
from grants.core.db import db


def visible_to(user: Any) -> Select[Cluster]:
    """The SQL twin of policy.view: clusters are public."""
    return select(Cluster)


def clusters(user: Any) -> Sequence[Cluster]:
    """By code, with their commissions in order."""
    found = visible_to(user).options(selectinload(Cluster.commissions)).order_by(Cluster.code)
    return db.session.scalars(found).all()


def cluster(user: Any, id: UUID) -> Cluster:
    """With its commissions in order; raises NoResultFound."""
    found = visible_to(user).where(Cluster.id == id).options(selectinload(Cluster.commissions))
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


def commission(user: Any, id: UUID) -> Commission:
    """With its cluster; raises NoResultFound."""
    seen = visible_to(user).with_only_columns(Cluster.id)
    found = select(Commission).where(Commission.id == id, Commission.cluster_id.in_(seen))
    return db.session.scalars(found.options(joinedload(Commission.cluster))).one()
