"""Every page of this portal; importing this module declares its routes."""

from grants.web.public import calls, eligibility, help, mailbox, portal

__all__ = ["calls", "eligibility", "help", "mailbox", "portal"]
