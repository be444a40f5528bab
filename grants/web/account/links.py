"""What a link in a mail opens. Programs that follow links change nothing: a person has to press the button."""

from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from grants.core.policy import anyone
from grants.people import links, passwords, queries, service
from grants.people.models import EmailLink, Purpose
from grants.web import signin
from grants.web.access import access
from grants.web.account import portal
from grants.web.account.entry import SIGNING_UP, private
from grants.web.account.forms import ChoosePasswordForm, ConfirmForm, ReadAddress
from grants.web.signin import same_time, throttled
from workflows import account as workflow


@portal.route("/confirm/<token>", methods=["GET", "POST"])
@access(anyone)
@throttled
def confirm(user: Any, token: str) -> Any:
    link = _link(token, Purpose.CONFIRM)
    if link is None:
        return _too_old("account/confirm_again.html", ReadAddress())
    same_browser = session.get(SIGNING_UP) == str(link.id)
    form = ConfirmForm(ask=not same_browser)
    if form.validate_on_submit():
        if same_browser or passwords.verify(queries.owner(link).password_hash, form.password.data or ""):
            signin.enter(service.confirm(link))
            flash(_("Your address is confirmed. Welcome."))
            return redirect(signin.home(queries.owner(link)), 303)
        form.password.errors = [_("This is not the password chosen for this account.")]
    return private(render_template("account/confirm.html", form=form, person=queries.owner(link), ask=not same_browser))


@portal.route("/forgot", methods=["GET", "POST"])
@access(anyone)
@throttled
def forgot(user: Any) -> Any:
    form = ReadAddress()
    if form.validate_on_submit():
        with same_time():
            workflow.forgot_password(form.email.data or "")
        return redirect(url_for(".forgot_sent"), 303)
    return private(render_template("account/forgot.html", form=form, too_old=False))


@portal.get("/forgot/sent")
@access(anyone)
def forgot_sent(user: Any) -> Any:
    return render_template("account/forgot_sent.html")


@portal.route("/password/<token>", methods=["GET", "POST"])
@access(anyone)
@throttled
def reset(user: Any, token: str) -> Any:
    """Choosing a password after an invitation, or because it was forgotten."""
    link = _link(token, Purpose.RESET, Purpose.INVITE)
    if link is None:
        return _too_old("account/forgot.html", ReadAddress())
    person = queries.owner(link)
    form = ChoosePasswordForm(about=[person.name, person.email])
    if form.validate_on_submit():
        signin.enter(workflow.choose_password(link, form.password.data or ""))
        flash(_("Your password is kept. You are signed in."))
        return redirect(signin.home(queries.owner(link)), 303)
    invited = link.purpose == Purpose.INVITE
    return private(render_template("account/choose_password.html", form=form, person=person, invited=invited))


def _link(token: str, *purposes: Purpose) -> EmailLink | None:
    id: UUID | None = links.read(token, str(current_app.secret_key))
    return queries.link(id, *purposes)


def _too_old(template: str, form: ReadAddress) -> Response:
    """The link has been used, is too old, or is not ours: say so and offer another."""
    return private(render_template(template, form=form, too_old=True), 410)
