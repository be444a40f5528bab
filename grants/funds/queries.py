"""Funds as far as the reader may see them. Balances come from the ledger."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from grants.clusters.models import Cluster
from grants.core.db import db
from grants.funds.models import Fund
from grants.funds.policy import READERS
from grants.people.models import Person, Role
from grants.people.scope import covered


def visible_to(user: Person) -> Select[Fund]:
    """The SQL twin of policy.view."""
    return select(Fund).where(covered(user, *READERS, cluster=Fund.cluster_id, fund=Fund.id))


def fund(user: Person, id: UUID) -> Fund:
    """One visible fund with its cluster and appropriations; raises NoResultFound."""
    wanted = visible_to(user).where(Fund.id == id)
    return db.session.scalars(
        wanted.options(joinedload(Fund.cluster).selectinload(Cluster.commissions), selectinload(Fund.appropriations))
    ).one()


def funds(user: Person) -> Sequence[Fund]:
    """Every visible fund, by cluster and code; one query."""
    wanted = visible_to(user).join(Fund.cluster).options(joinedload(Fund.cluster))
    return db.session.scalars(wanted.order_by(Cluster.code, Fund.code)).all()


def _managed(user: Person) -> Select[Cluster]:
    whole = [one.cluster_id for one in user.appointments if one.role == Role.FUND_MANAGER and one.fund_id is None]
    return select(Cluster).where(Cluster.id.in_(whole))


def managed_clusters(user: Person) -> Sequence[Cluster]:
    """The clusters in which this person may open a fund."""
    return db.session.scalars(_managed(user).order_by(Cluster.name)).all()


def managed_cluster(user: Person, id: UUID) -> Cluster:
    """One of them; raises NoResultFound."""
    return db.session.scalars(_managed(user).where(Cluster.id == id)).one()
