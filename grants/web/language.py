"""Which language, country and clock a page speaks; the switch in the header.

Language: the person's profile, else the cookie, else Accept-Language, else French. Country (names of months) and
zone come from the cluster the page is about: a view or a loader calls `speak_for(cluster.country, cluster.zone)`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import urlsplit

import flask_babel
from flask import Flask, g, has_request_context, make_response, redirect, request
from werkzeug.wrappers import Response

from grants.core.i18n import ENGLISH, LANGUAGES, NATIVE_NAMES, Reader, Text, catalogue, render
from grants.core.policy import anyone
from grants.web.access import Portal, access

COOKIE = "language"
A_YEAR = 365 * 24 * 3600

portal = Portal("language", __name__)


def current_reader() -> Reader:
    """Who reads this page; outside a request an English reader, unless `speaking` says otherwise."""
    try:
        return cast(Reader, g.reader)  # asked hundreds of times a page
    except (AttributeError, RuntimeError):  # not chosen yet, or nobody asks
        if not has_request_context():
            return ENGLISH
    g.reader = reader = Reader(_chosen())
    return reader


@contextmanager
def speaking(reader: Reader) -> Iterator[None]:
    """Templates rendered inside speak to this reader (mails and documents made by a worker)."""
    before = g.get("reader")
    g.reader = reader
    try:
        yield
    finally:
        if before is None:
            del g.reader
        else:
            g.reader = before


def speak_for(country: str, zone: str) -> None:
    """From here on, this page names months and tells the time as this cluster does."""
    g.reader = Reader(current_reader().language, country, zone)


def say(text: Text | str) -> str:
    """A sentence as plain text for the person who reads this page (flash messages, mails written at once)."""
    return render(text, current_reader())


def _chosen() -> str:
    user = g.get("_login_user")  # loaded by every private page; asking for it here would query on public ones
    for language in (getattr(user, "locale", None), request.cookies.get(COOKIE)):
        if language in LANGUAGES:
            return str(language)
    return request.accept_languages.best_match(LANGUAGES) or "fr"


def local_path(target: str | None) -> str | None:
    """The path and query of an address on this host, else None: never send a person to another site."""
    if not target:
        return None
    parts = urlsplit(target.replace("\\", "/"))
    if parts.netloc and parts.netloc != request.host:
        return None
    if parts.scheme not in {"", "http", "https"} or not parts.path.startswith("/") or parts.path.startswith("//"):
        return None
    return parts.path + (f"?{parts.query}" if parts.query else "")


@portal.post("/language")
@access(anyone)
def switch(user: Any) -> Response:
    """Speak this language from now on, and stay on the page."""
    language = request.form.get("language", "")
    back = local_path(request.form.get("next")) or local_path(request.referrer) or "/"
    response = make_response(redirect(back, 303))
    if language in LANGUAGES:
        response.set_cookie(COOKIE, language, max_age=A_YEAR, httponly=True, samesite="Lax", secure=request.is_secure)
        if user.is_authenticated and (remember := _remember.get("profile")):
            remember(user, language)
    return response


def _here() -> str:
    """Where the switch comes back to: this page with its query, if it can be asked for again."""
    if not has_request_context() or request.url_rule is None or "GET" not in (request.url_rule.methods or ()):
        return "/"
    return request.full_path.rstrip("?")


_remember: dict[str, Callable[[Any, str], None]] = {}


def remember_with(save: Callable[[Any, str], None]) -> None:
    """How a signed-in person's choice is written to the profile: `save(person, language)`."""
    _remember["profile"] = save


class Catalogues(flask_babel.Domain):
    """Flask-Babel reads the same catalogues as `grants.core.i18n`: one compiled copy, no .mo files."""

    def get_translations(self) -> Any:
        return catalogue(current_reader().language)


class OwnBabel(flask_babel.Babel):
    domain_instance = Catalogues()


def init_app(app: Flask) -> None:
    OwnBabel(app, default_locale="fr", locale_selector=lambda: current_reader().language)
    app.register_blueprint(portal)

    @app.context_processor
    def speech() -> dict[str, Any]:
        reader = current_reader()
        return {
            "lang": reader.language,
            "dir": reader.direction,
            "zone": reader.zone,
            "languages": NATIVE_NAMES,
            "here": _here(),
        }
