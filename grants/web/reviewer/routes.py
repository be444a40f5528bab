"""Every page of this portal; importing this module declares its routes."""

from collections.abc import Iterator

from flask import request

from grants.core.i18n import N_
from grants.people.models import Person, Role
from grants.web.navigation import Item, offer
from grants.web.reviewer import agenda, chair, minutes, portal, reviews, sessions, statistics

__all__ = ["agenda", "chair", "minutes", "portal", "reviews", "sessions", "statistics"]

SITTING = {f"reviewer.{name}" for name in ("sessions", "session", "plan_session", "change_session_plan", "minutes")}


@offer
def items(user: Person) -> Iterator[Item]:
    roles = user.roles if user.is_authenticated else frozenset()
    sits = (request.endpoint or "") in SITTING
    if Role.REVIEWER in roles:
        yield Item("reviewer.reviews", N_("My reviews"), "scale", "reviewer.review")
    if Role.CHAIR in roles:
        yield Item("reviewer.commissions", N_("My commissions"), "users-round", "" if sits else "reviewer.")
    if roles & {Role.CHAIR, Role.REVIEWER}:
        yield Item("reviewer.sessions", N_("Sessions"), "landmark", "reviewer." if sits else "")
