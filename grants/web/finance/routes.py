"""Every page of this portal; importing this module declares its routes."""

from grants.web.finance import accounts, agreements, claims, dashboard, exports, funds, menu, portal, proof, publishing

__all__ = ["accounts", "agreements", "claims", "dashboard", "exports", "funds", "menu", "portal", "proof", "publishing"]
