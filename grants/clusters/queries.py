"""Reads about clusters and commissions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from grants.clusters.models import Cluster, ClusterMembership, Commission, MembershipState
from grants.core.db import db
from grants.people.models import Organisation, Person, Role
from grants.people.scope import covered

PER_PAGE = 50


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


# --- members --------------------------------------------------------------------------------------------------


def memberships_of(organisation_id: UUID) -> dict[UUID, ClusterMembership]:
    """What an organisation has said, by cluster; one query."""
    found = select(ClusterMembership).where(ClusterMembership.organisation_id == organisation_id)
    return {one.cluster_id: one for one in db.session.scalars(found)}


def membership_state(organisation_id: UUID, cluster_id: UUID) -> MembershipState | None:
    """None: the organisation has said nothing."""
    found = select(ClusterMembership.state).where(
        ClusterMembership.organisation_id == organisation_id, ClusterMembership.cluster_id == cluster_id
    )
    return db.session.scalar(found)


def memberships_visible_to(user: Person) -> Select[ClusterMembership]:
    """Those of the clusters in which the person is a programme officer."""
    return select(ClusterMembership).where(covered(user, Role.OFFICER, cluster=ClusterMembership.cluster_id))


def membership(user: Person, id: UUID) -> ClusterMembership:
    """One of them, with its cluster, its organisation and that one's people; raises NoResultFound."""
    organisation = joinedload(ClusterMembership.organisation).selectinload(Organisation.memberships)
    found = memberships_visible_to(user).where(ClusterMembership.id == id)
    return db.session.scalars(found.options(organisation, joinedload(ClusterMembership.cluster))).one()


def members(user: Person, state: MembershipState, page: int) -> tuple[Sequence[ClusterMembership], int]:
    """One page of those in this state, oldest declaration first, and how many there are; a constant few queries."""
    found = memberships_visible_to(user).where(ClusterMembership.state == state)
    total = db.session.scalar(found.with_only_columns(func.count())) or 0
    page = min(max(1, page), max(1, -(-total // PER_PAGE)))
    organisation = contains_eager(ClusterMembership.organisation)
    rows = (
        found.join(ClusterMembership.organisation)
        .options(organisation.selectinload(Organisation.memberships), joinedload(ClusterMembership.cluster))
        .order_by(ClusterMembership.declared_at, ClusterMembership.id)
    )
    return db.session.scalars(rows.limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all(), total
