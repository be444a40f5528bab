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
)

__all__ = [
    "calendar",
    "entry",
    "joining",
    "links",
    "parked",
    "portal",
    "profile",
]

navigation.ACCOUNT[:] = profile.MENU
