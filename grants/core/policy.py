"""A policy is a list of claims that must all hold, each with its reason."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from grants.core.errors import Forbidden
from grants.core.i18n import N_, Text

Claims = Iterator[tuple[bool, Text]]
REGISTRY: dict[str, "Policy"] = {}


@dataclass(frozen=True)
class Policy:
    """Who may (`who`, for the access matrix) and under which claims; `claims(user, subject)` yields them in order."""

    name: str
    who: tuple[str, ...]
    meaning: str
    claims: Callable[[Any, Any], Claims]

    def why_not(self, user: Any, subject: Any = None) -> Text | None:
        return next((reason for holds, reason in self.claims(user, subject) if not holds), None)

    def allows(self, user: Any, subject: Any = None) -> bool:
        return self.why_not(user, subject) is None

    def require(self, user: Any, subject: Any = None) -> None:
        """Raises Forbidden with the first claim that does not hold."""
        if reason := self.why_not(user, subject):
            raise Forbidden(reason)


def policy(*who: str) -> Callable[[Callable[[Any, Any], Claims]], Policy]:
    """Declare a policy for these audiences: roles, or `applicant`, `anyone`, `signed in`, `clock`."""

    def declare(claims: Callable[[Any, Any], Claims]) -> Policy:
        name = f"{claims.__module__.split('.')[-2]}.{claims.__name__}"
        made = Policy(name, tuple(str(one) for one in who), (claims.__doc__ or "").strip(), claims)
        if name in REGISTRY:
            raise ValueError(f"two policies are called {name}")
        REGISTRY[name] = made
        return made

    return declare


@policy("anyone")
def anyone(user: Any, _: Any) -> Claims:
    """Public by decision, never by omission."""
    yield True, N_("Public.")


@policy("signed in")
def signed_in(user: Any, _: Any) -> Claims:
    """Anybody who has signed in."""
    yield user.is_authenticated, N_("Please sign in.")


@policy("clock")
def clock_only(user: Any, _: Any) -> Claims:
    """Only the clock: no person presses this."""
    yield user is None, N_("The clock does this by itself.")
