"""One's own name, language, password, and the browsers one is signed in with."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from grants.core.i18n import N_
from grants.core.policy import signed_in
from grants.people import passwords, queries, service
from grants.people.models import Person
from grants.web import signin
from grants.web.access import access
from grants.web.account import portal
from grants.web.account.forms import ChangePasswordForm, ProfileForm
from grants.web.language import current_reader
from grants.web.navigation import Item
from grants.web.signin import throttled
from workflows import account as workflow

BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
MENU = [
    Item("account.profile", N_("My profile"), "user-round"),
    Item("account.password", N_("My password"), "key-round"),
    Item("account.calendar", N_("My calendar"), "calendar-days"),
    Item("account.sessions", N_("Where I am signed in"), "monitor-smartphone"),
]


@portal.route("/profile", methods=["GET", "POST"])
@access(signed_in)
def profile(user: Person) -> Any:
    form = ProfileForm(name=user.name, language=user.locale or current_reader().language, version=user.version)
    if form.validate_on_submit():
        form.require_fresh(user)
        service.revise_profile(user, form.name.data or "", form.language.data, actor=user)
        flash(_("Your profile is saved."))
        return redirect(url_for(".profile"), 303)
    return render_template("account/profile.html", form=form, person=user)


@portal.route("/password", methods=["GET", "POST"])
@access(signed_in)
@throttled
def password(user: Person) -> Any:
    form = ChangePasswordForm(about=[user.name, user.email])
    if form.validate_on_submit():
        if passwords.verify(user.password_hash, form.current_password.data or ""):
            workflow.change_password(user, form.password.data or "")
            signin.enter(user)  # a new session here too: what was stolen before is worth nothing now
            flash(_("Your password is changed. Other browsers are signed out."))
            return redirect(url_for(".profile"), 303)
        form.current_password.errors = [_("This is not your current password.")]
    return render_template("account/password.html", form=form)


@portal.get("/sessions")
@access(signed_in)
def sessions(user: Person) -> Any:
    here = queries.digest(signin.token() or "")
    return render_template("account/sessions.html", sign_ins=queries.sign_ins(user), here=here)


@portal.app_template_global()
def browser_name(agent: str) -> str:
    """What a person would call it: Firefox, Linux. An unknown one is shown as it named itself."""
    browsers = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]
    systems = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"]
    browser = next((name for mark, name in browsers if mark in agent), "")
    system = next((name for name in systems if name in agent), "")
    return ", ".join(filter(None, [browser, system])) or agent[:60] or "—"


@portal.post("/sessions/end")
@access(signed_in)
def sign_out_everywhere(user: Person) -> Any:
    """Everywhere else; this browser stays."""
    service.close_sessions(user, but=signin.token())
    flash(_("You are signed out everywhere else."))
    return redirect(url_for(".sessions"), 303)
