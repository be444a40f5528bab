"""Every page of this portal; importing this module declares its routes."""

from grants.web.reviewer import portal

__all__ = ["portal"]
