"""Every page of this portal; importing this module declares its routes."""

from grants.web.finance import accounts, agreements, claims, dashboard, funds, menu, portal, publishing

__all__ = ["accounts", "agreements", "claims", "dashboard", "funds", "menu", "portal", "publishing"]
