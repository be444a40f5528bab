"""Every page of this portal; importing this module declares its routes."""

from grants.web.staff import (
    agreements,
    applications,
    budgets,
    calls,
    claims,
    clarifications,
    imports,
    members,
    menu,
    organisations,
    portal,
    questionnaire,
    questions,
    required,
    rules,
    screening,
)

__all__ = [
    "agreements",
    "applications",
    "budgets",
    "calls",
    "claims",
    "clarifications",
    "imports",
    "members",
    "menu",
    "organisations",
    "portal",
    "questionnaire",
    "questions",
    "required",
    "rules",
    "screening",
]
