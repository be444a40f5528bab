"""Every page of this portal; importing this module declares its routes."""

from grants.web.staff import agreements, claims, menu, portal

__all__ = ["agreements", "claims", "menu", "portal"]
