"""Every page of this portal; importing this module declares its routes."""

from grants.web.public import calls, help, mailbox, portal, questions, verify

__all__ = ["calls", "help", "mailbox", "portal", "questions", "verify"]
