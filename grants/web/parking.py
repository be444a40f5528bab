"""A form of ours that arrives signed out is kept, and shown again filled in once its writer has signed in.

    @portal.route("/applications/<uuid:application_id>/project", methods=["GET", "POST"])
    @parks()                                  the page itself shows the form; autosave names the page: @parks("…")
    @access(policy.edit, own_application)

Only a form sent from a page of ours is kept, so nobody else's page can plant one; nothing is done with it by itself:
the page comes back with what was typed, and the person presses its button. Never passwords; of a file its name alone.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask_login import current_user
from limits import RateLimitItemPerDay
from redis.exceptions import RedisError
from sqlalchemy.exc import NoResultFound
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from grants.core.db import db
from grants.people import parking
from grants.people.models import ParkedForm, Person

WHO = "who"  # in the session: whose it is, still known when the row that let them in is gone
FIELD = "parked"  # in the address of a page that shows what was kept, and in its form
LONGEST_NAME = 200
NAMELESS_OF_AN_ADDRESS = RateLimitItemPerDay(100)
SECRETS = ("password", "csrf_token")
NOT_KEPT = "file_not_kept"  # among the kept pairs: the name of a file that was sent with them
CONTROLS = {"version", "go", NOT_KEPT}  # sent by our forms, written by nobody
KEY = re.compile(r"[0-9a-f-]{36}|[0-9a-f]{64}")  # hidden in our forms: an id, a fingerprint
View = TypeVar("View", bound=Callable[..., Any])


class TakenUp(NamedTuple):
    """What this page shows again."""

    row: ParkedForm
    typed: MultiDict[str, str]

    @property
    def files(self) -> list[str]:
        """The names of the files that have to be chosen again."""
        return self.typed.getlist(NOT_KEPT)


def parks(page: str | None = None) -> Callable[[View], View]:
    """Mark a view whose form is kept; `page` is the endpoint that shows the form, when it is another one."""

    def declare(view: View) -> View:
        view.parks = page or ""  # type: ignore[attr-defined]
        return view

    return declare


def typed_in(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What the person wrote, without secrets, to be read and copied."""
    own = [(name, text) for name, text in pairs if name not in CONTROLS and not _secret(name)]
    return [(name, text) for name, text in own if text.strip() and not KEY.fullmatch(text)]


# --- keeping --------------------------------------------------------------------------------------------------


def park() -> UUID | None:
    """Keep the form of this request; its id, or None when it is not one that is kept or there is no room."""
    page = _page()
    if page is None or not was_typed():
        return None
    sent = _sent()
    db.session.rollback()
    token, person = _token() or parking.new_token(), _whose()
    if person is None and not has_room():
        return None
    g.parked = parking.park(page, sent, token=token, person=person)
    g.parked_with = token
    kept: UUID | None = g.parked
    return kept


def has_room() -> bool:
    """Whether this address has not used up what is kept of people unknown: one address cannot fill it for all others.

    While the counting itself is down, the limit on all of them together has to do.
    """
    if not current_app.config.get("RATELIMIT_ENABLED", True):
        return True
    [counts] = current_app.extensions["limiter"]
    try:
        return bool(counts.limiter.hit(NAMELESS_OF_AN_ADDRESS, "parked", request.remote_addr or ""))
    except (RedisError, OSError):
        return True


def was_typed() -> bool:
    """Whether this request is a form sent from a page of ours, with something that somebody wrote."""
    return request.method == "POST" and from_our_page() and bool(typed_in(_sent()))


def _sent() -> list[tuple[str, str]]:
    ours = {FIELD, NOT_KEPT}
    typed = [(name, text) for name, text in request.form.items(multi=True) if name not in ours and not _secret(name)]
    files = [one.filename for _, one in request.files.items(multi=True) if one.filename]
    return typed + [(NOT_KEPT, name[:LONGEST_NAME]) for name in files]


def come_back(id: UUID) -> Response:
    """To what was kept: at once, or after signing in."""
    there = url_for("account.parked", parked_id=id)
    return redirect(there if current_user.is_authenticated else url_for("account.sign_in", next=there), 303)


def _page() -> str | None:
    """The address of the page whose form this is."""
    endpoint = getattr(current_app.view_functions.get(request.endpoint or ""), "parks", None)
    if endpoint is None:
        return None
    return url_for(endpoint, **(request.view_args or {})) if endpoint else request.path


def from_our_page() -> bool:
    """Whether the browser itself says that a page of this host sent the form."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    sender = request.headers.get("Origin") or request.referrer or ""
    return urlsplit(sender).netloc == request.host


def _whose() -> Person | None:
    """Whose form it is: who is signed in, else whose session it was as far as the signed cookie knows."""
    if current_user.is_authenticated:
        return db.session.get(Person, current_user.id)
    try:
        return db.session.get(Person, UUID(str(session.get(WHO))))
    except ValueError:
        return None


def _secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRETS)


# --- the browser's key ----------------------------------------------------------------------------------------


def _cookie() -> str:
    return "__Host-parked" if current_app.config["SESSION_COOKIE_SECURE"] else "parked"


def _token() -> str | None:
    """This browser's key, if it has one of ours."""
    sent = request.cookies.get(_cookie(), "")
    return sent if sent and parking.is_token(sent) else None


def waiting(user: Person) -> list[TakenUp]:
    """Everything this person may take up here, oldest first."""
    token = _token()
    return [_open(one, token) for one in parking.waiting(user, token)] if token else []


def one(user: Person, id: UUID) -> TakenUp:
    """One of them; raises NoResultFound."""
    token = _token()
    if token is None:
        raise NoResultFound
    return _open(parking.parked(user, token, id), token)


def forget(id: UUID) -> None:
    """It is not wanted any more."""
    if token := _token():
        parking.forget(id, token=token)


def _open(row: ParkedForm, token: str) -> TakenUp:
    return TakenUp(row, MultiDict(parking.opened(row, token)))


# --- taking up ------------------------------------------------------------------------------------------------


def taken_up() -> TakenUp | None:
    """What the address of this page asks to show again, if it is this person's and this page's."""
    if "taken_up" not in g:
        g.taken_up = _asked_for()
    found: TakenUp | None = g.taken_up
    return found


def _asked_for() -> TakenUp | None:
    if request.method != "GET" or FIELD not in request.args or _page() is None or not current_user.is_authenticated:
        return None
    try:
        found = one(current_user, UUID(request.args[FIELD]))
    except (NoResultFound, ValueError):
        return None
    return found if found.row.path == request.path else None


def init_app(app: Flask) -> None:
    @app.after_request
    def settle(response: Response) -> Response:
        """A form that was saved, or kept anew, is forgotten as it was kept before; the browser gets its key."""
        kept: UUID | None = g.get("parked")
        if kept is not None:
            _hand_key(response, g.parked_with)
        saved = 300 <= response.status_code < 400 or (response.is_json and response.status_code < 300)
        if request.method == "POST" and (kept or saved):
            _supersede(request.form.get(FIELD), kept)
        return response


def _supersede(sent: str | None, kept: UUID | None) -> None:
    """Forget the form this one came from."""
    if not sent or _page() is None or not (kept or current_user.is_authenticated):
        return
    try:
        before = UUID(sent)
    except ValueError:
        return
    if before != kept:
        forget(before)


def _hand_key(response: Response, token: str) -> None:
    response.set_cookie(
        _cookie(),
        token,
        max_age=int(parking.LASTS.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
