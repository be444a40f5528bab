"""Who may see and set up clusters and their commissions."""

from typing import Any

from grants.clusters.models import Cluster
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.people.models import Role


@policy("anyone")
def view(user: Any, cluster: Cluster) -> Claims:
    """A cluster's name and its commissions: public, since its calls are."""
    yield True, N_("Public.")


@policy(Role.ADMIN)
def configure(user: Any, _: Any) -> Claims:
    """Setting up clusters and commissions: administrators."""
    yield user.is_authenticated and Role.ADMIN in user.roles, N_("Only an administrator may do this.")
