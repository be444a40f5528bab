"""Every page of this portal; importing this module declares its routes."""

from grants.web import navigation
from grants.web.account import (
    calendar,
    entry,
    joining,
    links,
    parked,
    portal,
    profile,
    seats,
    uploads,
)

__all__ = [
    "calendar",
    "entry",
    "joining",
    "links",
    "parked",
    "portal",
    "profile",
    "seats",
    "uploads",
]

navigation.ACCOUNT[:] = profile.MENU
