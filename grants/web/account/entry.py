"""Signing up, in and out."""

from typing import Any
from uuid import UUID

from flask import flash, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_limiter import RateLimitExceeded
from werkzeug.wrappers import Response

from grants.core.policy import anyone
from grants.core.types import new_id
from grants.people import service
from grants.web import signin
from grants.web.access import access
from grants.web.account import portal
from grants.web.account.forms import ReadAddress, SignInForm, SignUpForm
from grants.web.language import current_reader, local_path
from grants.web.signin import same_time, throttled
from workflows import account as workflow

SIGNING_UP = "signing_up"  # in the session: the id of the link this browser is waiting for


@portal.route("/sign-in", methods=["GET", "POST"])
@access(anyone)
@throttled
def sign_in(user: Any) -> Any:
    target = local_path(request.args.get("next"))
    if user.is_authenticated and request.method == "GET":
        return redirect(target or signin.home(user), 303)
    form = SignInForm(email=request.args.get("email"))
    if form.validate_on_submit():
        person = service.authenticate(form.email.data or "", form.password.data or "")
        if person is None:
            form.form_errors.append(_("This address and this password do not go together."))
        elif person.disabled_at is not None:
            form.form_errors.append(_("This account has been closed. Write to us if that is a mistake."))
        elif person.confirmed_at is None:
            await_link(workflow.send_confirmation_again(person.email))
            return redirect(url_for(".check_mail"), 303)
        else:
            signin.enter(person)
            return redirect(target or signin.home(person), 303)
    return private(render_template("account/sign_in.html", form=form, target=target))


@portal.post("/sign-out")
@access(anyone)
def sign_out(user: Any) -> Any:
    signin.leave()
    flash(_("You are signed out."))
    return redirect(url_for(".sign_in"), 303)


@portal.route("/sign-up", methods=["GET", "POST"])
@access(anyone)
@throttled
def sign_up(user: Any) -> Any:
    if user.is_authenticated:
        return redirect(signin.home(user), 303)
    form = SignUpForm(language=current_reader().language)
    if form.validate_on_submit():
        with same_time():
            await_link(workflow.sign_up(form.draft()))
        return redirect(url_for(".check_mail"), 303)
    return private(render_template("account/sign_up.html", form=form))


@portal.route("/check-mail", methods=["GET", "POST"])
@access(anyone)
@throttled
def check_mail(user: Any) -> Any:
    """The same page for everybody who signed up; the form sends the mail again."""
    form = ReadAddress()
    if form.validate_on_submit():
        with same_time():
            await_link(workflow.send_confirmation_again(form.email.data or ""))
        flash(_("If an account at this address awaits its confirmation, a new message is on its way."))
        return redirect(url_for(".check_mail"), 303)
    return private(render_template("account/check_mail.html", form=form))


def await_link(sent: UUID | None) -> None:
    """This browser waits for that link. Its owner can read the cookie: it looks the same when none was sent."""
    session[SIGNING_UP] = str(sent or new_id())


def private(page: str, status: int = 200) -> Response:
    """A page that no cache keeps."""
    answer = make_response(page, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@portal.errorhandler(RateLimitExceeded)
def slow_down(error: RateLimitExceeded) -> Response:
    """Says when to come back; nothing is locked."""
    seconds = signin.retry_after()
    answer = private(render_template("account/slow_down.html", seconds=seconds), 429)
    answer.headers["Retry-After"] = str(seconds)
    return answer
