"""Every page of this portal; importing this module declares its routes."""

from grants.web.public import portal

__all__ = ["portal"]
