"""Who may see and set up clusters and their commissions."""

from typing import Any

from grants.clusters.models import Cluster, ClusterMembership
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.people import policy as people
from grants.people.models import Person, Role


@policy("anyone")
def view(user: Any, cluster: Cluster) -> Claims:
    """A cluster's name and its commissions: public, since its calls are."""
    yield True, N_("Public.")


@policy(Role.ADMIN)
def configure(user: Any, _: Any) -> Claims:
    """Setting up clusters and commissions: administrators."""
    yield user.is_authenticated and Role.ADMIN in user.roles, N_("Only an administrator may do this.")


@policy("owner or editor of the organisation")
def declare_membership(user: Person, membership: ClusterMembership) -> Claims:
    """What an organisation says about its membership of a cluster: its owners and editors."""
    yield from people.edit_organisation.claims(user, membership.organisation)


@policy(Role.OFFICER)
def list_members(user: Person, _: object) -> Claims:
    """Programme officers, for the clusters they serve."""
    yield Role.OFFICER in user.roles, N_("Only a programme officer of the cluster may do this.")


@policy(Role.OFFICER)
def answer_membership(user: Person, membership: ClusterMembership) -> Claims:
    """Programme officers of the cluster who do not belong to the organisation."""
    yield (
        user.holds(Role.OFFICER, cluster_id=membership.cluster_id),
        N_("Only a programme officer of the cluster may do this."),
    )
    yield (
        all(one.person_id != user.id for one in membership.organisation.memberships),
        N_("You belong to this organisation. Another programme officer answers."),
    )
