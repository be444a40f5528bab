"""Every page of this portal; importing this module declares its routes."""

from grants.web.board import appeals, calls, decisions, menu, minutes, portal

__all__ = ["appeals", "calls", "decisions", "menu", "minutes", "portal"]
