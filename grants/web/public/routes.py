"""Every page of this portal; importing this module declares its routes."""

from grants.web.public import calls, dates, help, mailbox, portal, questions, verify

__all__ = ["calls", "dates", "help", "mailbox", "portal", "questions", "verify"]
