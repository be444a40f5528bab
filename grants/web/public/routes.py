"""Every page of this portal; importing this module declares its routes."""

from grants.web.public import mailbox, portal

__all__ = ["mailbox", "portal"]
