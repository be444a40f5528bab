"""Who is asking: the session cookie, the person behind it, and the throttle on guessing.

The browser holds one signed cookie; in it `_user_id` is a random token whose hash is a row of `sign_in`. Deleting the
row signs the browser out wherever it is.
"""

import hashlib
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask import Flask, current_app, g, request, session, url_for
from flask_limiter import Limiter
from flask_login import LoginManager

from config.settings import Settings
from grants.people import queries, service
from grants.people.models import Person
from grants.web import language, parking
from grants.web.navigation import nav_items

TOKEN = "_user_id"  # noqa: S105 where Flask-Login looks


def account_and_address() -> str:
    """One account tried from one address: a whole technology park may share an address, so never that alone."""
    named = request.form.get("email", "").strip().lower(), (request.view_args or {}).get("token"), session.get(TOKEN)
    account = next((one for one in named if one), "")
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
    session[parking.WHO] = str(person.id)
    g._login_user = load(session[TOKEN])


def leave() -> None:
    """Sign out here."""
    if token := session.get(TOKEN):
        service.close_session(token)
    who = session.get(parking.WHO)
    session.clear()
    if who:
        session[parking.WHO] = who  # what still arrives from an open page is theirs, whoever comes next


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


def home(person: Person) -> str:
    """Where somebody who just came in starts: what they had sent signed out, else the first page of theirs."""
    if parking.waiting(person):
        return url_for("account.parked_forms")
    theirs = [item for item in nav_items() if not item.endpoint.startswith("public.")]
    return url_for(theirs[0].endpoint) if theirs else "/"


def retry_after() -> int:
    """Seconds until the throttle lets this request through; at least one."""
    limit = limiter.current_limit
    return max(1, math.ceil(limit.reset_at - time.time())) if limit else 60


@contextmanager
def same_time(seconds: float = 0.3) -> Iterator[None]:
    """However little there was to do, it takes this long: the clock does not tell who has an account."""
    started = time.monotonic()
    yield
    time.sleep(max(0.0, started + seconds - time.monotonic()))


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
