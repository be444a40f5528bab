"""Every route says who may use it, or the program does not start."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Blueprint, Flask, current_app
from flask_login import current_user

from grants.core.policy import REGISTRY, Policy, signed_in
from workflows.machine import Move

View = Callable[..., Any]


class SignInFirst(Exception):
    """A private page asked for by somebody signed out; web/errors.py answers with the sign-in page."""


def access(policy: Policy, load: View | None = None) -> Callable[[View], View]:
    """Sign in, load (404 if invisible), permit (403 with a reason), then view.

    The view receives `user`, then what `load(user, **route arguments)` returned; without `load`, the route arguments.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(**args: Any) -> Any:
            user = current_user._get_current_object()
            if "anyone" not in policy.who and not signed_in.allows(user):
                raise SignInFirst
            if load is None:
                policy.require(user)
                return view(user, **args)
            subject = load(user, **args)
            policy.require(user, subject)
            return view(user, subject)

        guarded.policy, guarded.load = policy, load  # type: ignore[attr-defined]
        return guarded

    return declare


class Portal(Blueprint):
    """A blueprint for one audience that refuses an undeclared route."""

    def add_url_rule(self, rule: str, endpoint: Any = None, view_func: Any = None, *args: Any, **options: Any) -> None:
        if not isinstance(getattr(view_func, "policy", None), Policy):
            raise TypeError(f"{self.name}: {rule} declares no @access")
        super().add_url_rule(rule, endpoint, view_func, *args, **options)

    def serves(self, moves: list[Move]) -> list[Move]:
        """Of these moves, the ones this audience has a route for."""
        return [move for move in moves if f"{self.name}.{move.name}" in current_app.view_functions]


@dataclass(frozen=True)
class Permission:
    """One line of the access matrix: who may reach a route with a method, and in which words the policy says so.

    A policy that guards no route by itself, but moves or other policies, has neither route nor method.
    """

    route: str
    method: str
    endpoint: str
    policy: str
    who: tuple[str, ...]
    meaning: str


def matrix(app: Flask) -> list[Permission]:
    """Every route and method with its policy, by address; then the policies that stand behind them."""
    found = []
    for rule in app.url_map.iter_rules():
        policy = getattr(app.view_functions[rule.endpoint], "policy", None)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            found.append(_line(rule.rule, method, rule.endpoint, policy))
    found.sort(key=lambda one: (one.route, one.method))
    named = {one.policy for one in found}
    return found + [_line("", "", "", REGISTRY[name]) for name in sorted(REGISTRY.keys() - named)]


def _line(route: str, method: str, endpoint: str, policy: Policy | None) -> Permission:
    if policy is None:  # files of the interface
        return Permission(route, method, endpoint, "core.anyone", ("anyone",), "Files of the interface.")
    return Permission(route, method, endpoint, policy.name, policy.who, policy.meaning)
