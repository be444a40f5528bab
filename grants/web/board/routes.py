"""Every page of this portal; importing this module declares its routes."""

from grants.web.board import appeals, calls, decisions, letters, menu, minutes, picture, plan, portal

__all__ = ["appeals", "calls", "decisions", "letters", "menu", "minutes", "picture", "plan", "portal"]
