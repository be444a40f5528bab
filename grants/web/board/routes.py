"""Every page of this portal; importing this module declares its routes."""

from grants.web.board import portal

__all__ = ["portal"]
