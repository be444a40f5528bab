"""Every page of this portal; importing this module declares its routes."""

from grants.web.board import decisions, portal

__all__ = ["decisions", "portal"]
