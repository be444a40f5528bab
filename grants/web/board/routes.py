"""Every page of this portal; importing this module declares its routes."""

from grants.web.board import calls, decisions, menu, portal

__all__ = ["calls", "decisions", "menu", "portal"]
