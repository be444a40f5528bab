"""Every page of this portal; importing this module declares its routes."""

from grants.web.finance import (
    accounts,
    agreements,
    claims,
    credit,
    dashboard,
    funds,
    journal,
    menu,
    portal,
    publishing,
)

__all__ = [
    "accounts",
    "agreements",
    "claims",
    "credit",
    "dashboard",
    "funds",
    "journal",
    "menu",
    "portal",
    "publishing",
]
