"""One page for everything that goes wrong: what happened, why, what next. Never a lost text, never a bare trace.

Scripts (`Accept: application/json`) get the same as JSON: {"title", "detail"}.
"""

import logging
from typing import Any
from uuid import uuid4

from flask import Flask, current_app, g, jsonify, redirect, render_template, request
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError, generate_csrf
from sqlalchemy.exc import DBAPIError, InvalidRequestError, NoResultFound, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from config.settings import Settings
from grants.core.db import db
from grants.core.errors import LostUpdate, NoRoom, Problem
from grants.core.i18n import N_, Text
from grants.web import parking
from grants.web.access import SignInFirst
from grants.web.conflict import conflict
from grants.web.filters import page_url
from grants.web.language import local_path, say

log = logging.getLogger(__name__)
SECRETS = {"csrf_token", "password", "token", "code", "version"}
RETRY_SECONDS = 15
OPENS_AGAIN = {403, 409}  # the page of a form refused so is still its writer's to see: what was typed waits for them
ICONS = {403: "lock", 404: "search-x", 409: "git-compare", 413: "file-x", 429: "hourglass", 503: "server-off"}

SENTENCES: dict[int, tuple[Text, Text, Text | None]] = {
    400: (
        N_("That did not work"),
        N_("What your browser sent could not be understood."),
        N_("Go back, check what you typed, and send it again."),
    ),
    403: (N_("You may not do this"), N_("This action is reserved to somebody else."), None),
    404: (
        N_("Nothing here"),
        N_("This page does not exist, or it is not yours to see."),
        N_("Check the address, or start again from the home page."),
    ),
    405: (N_("Nothing here"), N_("This address cannot be opened that way."), N_("Start again from the home page.")),
    413: (
        N_("That is too large"),
        N_("What you sent is larger than %(n)s MB."),
        N_("Make the file smaller, for example by lowering the resolution of its images, and send it again."),
    ),
    429: (
        N_("Too many attempts"),
        N_("There were too many attempts in a short time."),
        N_("Wait a minute, then try again."),
    ),
    500: (
        N_("Something broke on our side"),
        N_("Nothing you did caused this, and what was saved before is safe."),
        N_("Try again in a moment. If it happens again, write to us with this number."),
    ),
    503: (
        N_("Back in a moment"),
        N_("The service is restarting. Nothing is lost."),
        N_("Try again in a few seconds."),  # what was typed stands below, to be copied
    ),
}


def init_app(app: Flask) -> None:
    app.register_error_handler(Problem, problem_page)
    app.register_error_handler(LostUpdate, conflict_page)
    app.register_error_handler(StaleDataError, lambda _: conflict_page(_stale()))
    app.register_error_handler(SignInFirst, sign_in_first)
    app.register_error_handler(NoResultFound, lambda _: standard(404))
    app.register_error_handler(CSRFError, expired_page)
    app.register_error_handler(HTTPException, from_http)
    app.register_error_handler(OperationalError, database_page)
    app.register_error_handler(PoolTimeout, database_page)
    app.register_error_handler(500, broken_page)


def problem_page(problem: Problem) -> Any:
    db.session.rollback()
    if _wants_json():
        return jsonify(title=say(problem.title), detail=say(problem.detail)), problem.status
    page = render_template(
        "errors/problem.html",
        title=problem.title,
        detail=problem.detail,
        advice=problem.advice,
        symbol=ICONS.get(problem.status, "circle-alert"),
        back=local_path(request.referrer),
        typed=_to_copy(),
        kept=parking.park() if problem.status in OPENS_AGAIN else None,
    )
    return page, problem.status


def standard(status: int, **headers: str) -> Any:
    title, detail, advice = SENTENCES.get(status, SENTENCES[400])
    if status == 413:
        detail = Text(detail.id, {"n": _settings().upload_limit_mb})
    problem = Problem(detail, advice)
    problem.status, problem.title = status, title
    return *problem_page(problem), headers


def from_http(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error.get_response()
    if error.code in {500, 503}:
        return bare(error.code)
    wait = getattr(error, "retry_after", None)
    return standard(error.code, **({"Retry-After": str(wait)} if wait else {}))


def sign_in_first(_: SignInFirst) -> Any:
    """Signed out: the sign-in page, which comes back here; a form comes back filled in, or to the page it was on."""
    kept = parking.park()
    if _wants_json():
        return jsonify(title=say(N_("Sign in first")), parked=kept), 401
    if kept:
        return parking.come_back(kept)
    if parking.was_typed():  # a form that is not kept, or for which there was no room: shown, to be copied
        return render_template("errors/expired.html", typed=_typed(), back=local_path(request.referrer)), 401
    here = request.full_path.rstrip("?") if request.method == "GET" else local_path(request.referrer)
    sign_in = page_url("account.sign_in", next=here)
    return redirect(sign_in, 303) if sign_in else standard(403)


def conflict_page(problem: LostUpdate) -> Any:
    """Both texts side by side; the person decides, and nothing is overwritten meanwhile."""
    db.session.rollback()
    if _wants_json():
        return jsonify(title=say(problem.title), detail=say(problem.detail)), problem.status
    form = g.get("form")
    try:
        found = conflict(form) if form is not None else None
    except InvalidRequestError:  # what was being changed is no longer there
        form, found = None, None
    page = render_template(
        "errors/conflict.html",
        problem=problem,
        form=form,
        found=found,
        typed=_typed(),
        again=[(k, v) for k, v in request.form.items(multi=True) if k not in {"csrf_token", "version"}],
        here=request.path,
        back=_page_of_the_form(),
    )
    return page, problem.status


def _page_of_the_form() -> str:
    """Where the form stands that was sent: its own address or, where that only takes forms, the page it came from."""
    if request.url_rule is not None and "GET" in (request.url_rule.methods or ()):
        return request.path
    return local_path(request.referrer) or "/"


def expired_page(error: CSRFError) -> Any:
    """The token of a form did not fit: too old, or not from our page. What was typed is kept, or shown to be copied."""
    log.info("Refused a form: %s", error.description)
    kept = parking.park()
    if _wants_json():
        anew = generate_csrf() if parking.from_our_page() else None  # the script of our page goes on with it
        return jsonify(title=say(N_("This page was open for too long")), parked=kept, token=anew), 400
    if kept:
        return parking.come_back(kept)
    return render_template("errors/expired.html", typed=_typed(), back=local_path(request.referrer)), 400


def database_page(error: Exception) -> Any:
    """The database is away or full."""
    _forget_session()
    if isinstance(error, DBAPIError) and "DiskFull" in type(error.orig).__name__:
        log.error("The database's disk is full")
        return problem_page(NoRoom(N_("There is no room left to write.")))
    log.error("The database does not answer: %s", error)
    return bare(503)


def broken_page(error: Exception) -> Any:
    """A mistake of ours. Flask has logged the trace; the number on the page finds it."""
    _forget_session()
    number = uuid4().hex[:8].upper()
    log.error("Error %s on %s %s", number, request.method, request.path)
    return bare(500, number)


def bare(status: int, number: str | None = None) -> Response:
    """A page that asks nothing of the database, not even who is signed in."""
    g._login_user = AnonymousUserMixin()
    title, detail, advice = SENTENCES[status]
    if _wants_json():
        response: Response = jsonify(title=say(title), detail=say(detail))
    else:
        page = render_template(
            "errors/bare.html",
            title=title,
            detail=detail,
            advice=advice,
            number=number,
            here=request.path if request.method == "GET" else local_path(request.referrer) or "/",
            typed=_to_copy(),
            bare=True,
        )
        response = Response(page, mimetype="text/html")
    response.status_code = status
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _stale() -> LostUpdate:
    return LostUpdate(N_("Your text has not been saved, and it is not lost: both are shown here."))


def _typed() -> list[tuple[str, str]]:
    """What the person wrote, without secrets, to be read and copied."""
    return [(k, v) for k, v in request.form.items(multi=True) if v.strip() and not _secret(k)]


def _to_copy() -> list[tuple[str, str]]:
    """The same of a form of ours that was refused; nothing of one with a password, nor of what could not be read."""
    try:
        if not parking.was_typed() or any("password" in name.lower() for name in request.form):
            return []
    except HTTPException:  # larger than we read
        return []
    return [(name, text) for name, text in parking.typed_in(list(request.form.items(multi=True))) if not _secret(name)]


def _secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRETS)


def _forget_session() -> None:
    try:
        db.session.rollback()
    except Exception:  # the connection is gone; there is nothing to roll back
        log.debug("No transaction to roll back", exc_info=True)


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
