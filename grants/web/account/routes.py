"""Every page of this portal; importing this module declares its routes."""

from grants.web.account import portal

__all__ = ["portal"]
