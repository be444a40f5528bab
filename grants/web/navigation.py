"""What the header offers: for each role a person has, the pages that role works in.

A portal adds its items with `offer`; base.html asks for `nav_items()`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request

from grants.core.i18n import Text


@dataclass(frozen=True)
class Item:
    """One entry: where it goes, its words, its lucide icon. Pages whose endpoint starts with `under` belong to it."""

    endpoint: str
    label: Text
    icon: str
    under: str = ""

    @property
    def current(self) -> bool:
        here = request.endpoint or ""
        return here == self.endpoint or bool(self.under and here.startswith(self.under))


Offer = Callable[[Any], Iterable[Item]]
_offers: list[Offer] = []


def offer(items_for: Offer) -> Offer:
    """Register a function from a person (perhaps anonymous) to the items they may open; in order of registration."""
    _offers.append(items_for)
    return items_for


def nav_items() -> list[Item]:
    """The items for whoever asked for this page, only those whose page exists."""
    user = g.get("_login_user")
    items = [item for items_for in _offers for item in items_for(user)] if user is not None else []
    return [item for item in items if item.endpoint in current_app.view_functions]


def account_items() -> list[Item]:
    """The account menu of a signed-in person."""
    return [item for item in ACCOUNT if item.endpoint in current_app.view_functions]


ACCOUNT: list[Item] = []


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(nav_items=nav_items, account_items=account_items)
