"""Every page of this portal; importing this module declares its routes."""

from collections.abc import Iterator
from typing import Any

from grants.core.i18n import N_
from grants.people.policy import administer
from grants.web.admin import clusters, people, portal
from grants.web.navigation import Item, offer

__all__ = ["clusters", "people", "portal"]


@offer
def items(user: Any) -> Iterator[Item]:
    if user.is_authenticated and administer.allows(user):
        yield Item("admin.people", N_("People and roles"), "users-round", under="admin.p")
        yield Item("admin.clusters", N_("Clusters"), "network", under="admin.c")
