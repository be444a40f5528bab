"""Every page of this portal; importing this module declares its routes."""

from collections.abc import Iterator

from grants.core.i18n import N_
from grants.people.models import Person, Role
from grants.web.navigation import Item, offer
from grants.web.reviewer import agenda, chair, minutes, portal, reviews, sessions, statistics

__all__ = ["agenda", "chair", "minutes", "portal", "reviews", "sessions", "statistics"]


@offer
def items(user: Person) -> Iterator[Item]:
    roles = user.roles if user.is_authenticated else frozenset()
    if Role.REVIEWER in roles:
        yield Item("reviewer.reviews", N_("My reviews"), "scale", "reviewer.review")
    if Role.CHAIR in roles:
        yield Item("reviewer.commissions", N_("My commissions"), "users-round", "reviewer.")
    if roles & {Role.CHAIR, Role.REVIEWER}:
        yield Item("reviewer.sessions", N_("Sessions"), "landmark", "reviewer.session")
