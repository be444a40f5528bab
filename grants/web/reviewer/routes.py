"""Every page of this portal; importing this module declares its routes."""

from collections.abc import Iterator

from flask import request

from grants.core.i18n import N_
from grants.people.models import Person, Role
from grants.web.navigation import Item, offer
from grants.web.reviewer import (
    agenda,
    asking,
    assignment,
    assignment_files,
    bids,
    chair,
    conflicts,
    minutes,
    offline,
    panel,
    portal,
    reviews,
    sessions,
    statistics,
    topics,
)

__all__ = [
    "agenda",
    "asking",
    "assignment",
    "assignment_files",
    "bids",
    "chair",
    "conflicts",
    "minutes",
    "offline",
    "panel",
    "portal",
    "reviews",
    "sessions",
    "statistics",
    "topics",
]

SITTING = {f"reviewer.{name}" for name in ("sessions", "session", "plan_session", "change_session_plan", "minutes")}


@offer
def items(user: Person) -> Iterator[Item]:
    roles = user.roles if user.is_authenticated else frozenset()
    sits = (request.endpoint or "") in SITTING
    if Role.REVIEWER in roles:
        yield Item("reviewer.reviews", N_("My reviews"), "scale", "reviewer.review")
        yield Item("reviewer.seats", N_("My panels"), "armchair", "reviewer.seats")
    if Role.CHAIR in roles:
        yield Item("reviewer.commissions", N_("My commissions"), "users-round", "" if sits else "reviewer.")
    if roles & {Role.CHAIR, Role.REVIEWER}:
        yield Item("reviewer.sessions", N_("Sessions"), "landmark", "reviewer." if sits else "")
