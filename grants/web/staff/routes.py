"""Every page of this portal; importing this module declares its routes."""

from grants.web.staff import portal

__all__ = ["portal"]
