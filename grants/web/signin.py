"""Who is asking: the session cookie, the person behind it, and the throttle on guessing.

The browser holds one signed cookie; in it `_user_id` is a random token whose hash is a row of `sign_in`. Deleting the
row signs the browser out wherever it is.
"""

import hashlib
from datetime import timedelta
from typing import Any

from flask import Flask, current_app, g, request, session
from flask_limiter import Limiter
from flask_login import LoginManager

from config.settings import Settings
from grants.people import queries, service
from grants.people.models import Person
from grants.web import language

TOKEN = "_user_id"  # noqa: S105 where Flask-Login looks


def account_and_address() -> str:
    """One account tried from one address: a whole technology park may share an address, so never that alone."""
    account = request.form.get("email", "").strip().lower()
    return hashlib.sha256(f"{account} {request.remote_addr}".encode()).hexdigest()


def settings() -> Settings:
    return current_app.extensions["settings"]  # type: ignore[no-any-return]


limiter = Limiter(account_and_address, in_memory_fallback_enabled=True, strategy="moving-window")
throttled = limiter.limit(
    lambda: f"{settings().sign_in_per_minute}/minute",
    methods=["POST"],
    exempt_when=lambda: not current_app.config.get("RATELIMIT_ENABLED", True),
)


def lasts() -> timedelta:
    return timedelta(hours=settings().session_hours)


def enter(person: Person) -> None:
    """Sign this person in here, with a new token; nothing of the session before is kept, so a planted one is void."""
    leave()
    session[TOKEN] = service.open_session(
        person, browser=request.user_agent.string, address=request.remote_addr or "", lasts=lasts()
    )
    g._login_user = person


def leave() -> None:
    """Sign out here."""
    if token := session.get(TOKEN):
        service.close_session(token)
    session.clear()


def token() -> str | None:
    """The token of this browser."""
    return session.get(TOKEN)


def load(token: str) -> Person | None:
    """Whose browser this is: one query, with appointments, and at most once a minute the note that it was seen."""
    sign_in = queries.sign_in_of(token)
    if sign_in is None:
        return None
    service.keep_alive(sign_in, lasts())
    return sign_in.person


def storage_of(redis_url: str) -> tuple[str, dict[str, Any]]:
    """Where the throttle counts; a Redis that does not answer is given up at once, and memory counts instead."""
    patience = {"socket_connect_timeout": 1, "socket_timeout": 1}
    return ("redis+" + redis_url if redis_url.startswith("unix:") else redis_url), patience


def init_app(app: Flask) -> None:
    login = LoginManager(app)
    login.session_protection = None  # the row decides, not the browser's name and address
    login.user_loader(load)
    language.remember_with(service.speak)
    uri, patience = storage_of(app.extensions["settings"].redis_url)
    app.config.setdefault("RATELIMIT_STORAGE_URI", uri)
    app.config.setdefault("RATELIMIT_STORAGE_OPTIONS", patience)
    limiter.init_app(app)
