"""Every page of this portal; importing this module declares its routes."""

from collections.abc import Iterator

from grants.core.i18n import N_
from grants.people.models import Person, Role
from grants.web.navigation import Item, offer
from grants.web.reviewer import (
    asking,
    assignment,
    assignment_files,
    bids,
    chair,
    conflicts,
    offline,
    panel,
    portal,
    reviews,
    statistics,
    topics,
)

__all__ = [
    "asking",
    "assignment",
    "assignment_files",
    "bids",
    "chair",
    "conflicts",
    "offline",
    "panel",
    "portal",
    "reviews",
    "statistics",
    "topics",
]


@offer
def items(user: Person) -> Iterator[Item]:
    roles = user.roles if user.is_authenticated else frozenset()
    if Role.REVIEWER in roles:
        yield Item("reviewer.reviews", N_("My reviews"), "scale", "reviewer.review")
        yield Item("reviewer.seats", N_("My panels"), "armchair", "reviewer.seats")
    if Role.CHAIR in roles:
        yield Item("reviewer.commissions", N_("My commissions"), "users-round", "reviewer.")
