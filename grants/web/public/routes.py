"""Every page of this portal; importing this module declares its routes."""

from grants.web.public import (
    calls,
    dates,
    eligibility,
    help,
    mailbox,
    open_data,
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
    "open_data",
    "portal",
    "questions",
    "verify",
]
