"""Every page of this portal; importing this module declares its routes."""

from grants.web.board import amendments, appeals, calls, decisions, letters, menu, minutes, picture, plan, portal

__all__ = ["amendments", "appeals", "calls", "decisions", "letters", "menu", "minutes", "picture", "plan", "portal"]
