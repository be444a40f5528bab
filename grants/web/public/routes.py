"""Every page of this portal; importing this module declares its routes."""

from grants.web.public import (
    calls,
    dates,
    eligibility,
    help,
    mailbox,
    portal,
    questions,
    verify,
)

__all__ = [
    "calls",
    "dates",
    "eligibility",
    "help",
    "mailbox",
    "portal",
    "questions",
    "verify",
]
