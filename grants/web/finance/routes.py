"""Every page of this portal; importing this module declares its routes."""

from grants.web.finance import agreements, claims, dashboard, funds, menu, portal

__all__ = ["agreements", "claims", "dashboard", "funds", "menu", "portal"]
