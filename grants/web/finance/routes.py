"""Every page of this portal; importing this module declares its routes."""

from grants.web.finance import (
    accounts,
    agreements,
    claims,
    dashboard,
    funds,
    menu,
    payments,
    portal,
    recoveries,
    statements,
)

__all__ = [
    "accounts",
    "agreements",
    "claims",
    "dashboard",
    "funds",
    "menu",
    "payments",
    "portal",
    "recoveries",
    "statements",
]
