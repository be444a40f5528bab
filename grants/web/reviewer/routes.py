"""Every page of this portal; importing this module declares its routes."""

from collections.abc import Iterator

from grants.core.i18n import N_
from grants.people.models import Person, Role
from grants.web.navigation import Item, offer
from grants.web.reviewer import assignment, assignment_files, chair, portal, reviews, statistics

__all__ = ["assignment", "assignment_files", "chair", "portal", "reviews", "statistics"]


@offer
def items(user: Person) -> Iterator[Item]:
    roles = user.roles if user.is_authenticated else frozenset()
    if Role.REVIEWER in roles:
        yield Item("reviewer.reviews", N_("My reviews"), "scale", "reviewer.review")
    if Role.CHAIR in roles:
        yield Item("reviewer.commissions", N_("My commissions"), "users-round", "reviewer.")
