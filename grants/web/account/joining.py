"""What the link of an invitation to an organisation opens. A person has to press the button: links are followed."""

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired, Length

from grants.core.i18n import NATIVE_NAMES
from grants.core.policy import anyone
from grants.people import links, members, queries
from grants.people.models import RIGHT_LABELS, RIGHT_MEANINGS, Invitation
from grants.web import signin
from grants.web.access import access
from grants.web.account import portal
from grants.web.account.entry import private
from grants.web.account.forms import LONGEST_NAME, ChoosePasswordForm, NewPasswordField
from grants.web.forms import Form
from grants.web.language import current_reader
from grants.web.signin import throttled


class JoinForm(Form):
    """Nothing to fill in: the press is the answer."""


class NewcomerForm(ChoosePasswordForm):
    """An account made on the way; the address is the one the invitation was sent to."""

    name = StringField(_l("Your name"), [InputRequired(), Length(max=LONGEST_NAME)], render_kw={"autocomplete": "name"})
    password = NewPasswordField(_l("Password"))
    language = RadioField(_l("Language of our messages"), [InputRequired()], choices=NATIVE_NAMES)


@portal.route("/join/<token>", methods=["GET", "POST"])
@access(anyone)
@throttled
def join(user: Any, token: str) -> Any:
    invitation = queries.invited(links.read(token, str(current_app.secret_key)))
    if invitation is None:
        return private(render_template("account/join_too_old.html"), 410)
    here = url_for(".join", token=token)
    if user.is_authenticated and user.email != invitation.email:
        if request.method == "POST":  # the press says: it is me, with my other account
            signin.leave()
            return redirect(here, 303)
        return _page("account/join_other.html", invitation, JoinForm(), 403)
    if user.is_authenticated:
        form = JoinForm()
        if form.validate_on_submit():
            organisation = members.accept(invitation, actor=user)
            return _welcome(organisation)
        return _page("account/join.html", invitation, form)
    person = queries.by_email(invitation.email)
    if person is not None and (person.confirmed_at or person.disabled_at):
        return redirect(url_for(".sign_in", next=here, email=invitation.email), 303)
    about = [invitation.name, invitation.email]
    newcomer = NewcomerForm(about=about, name=invitation.name, language=current_reader().language)
    if newcomer.validate_on_submit():
        organisation = invitation.organisation
        made = members.join_anew(
            invitation, newcomer.name.data or "", newcomer.password.data or "", newcomer.language.data
        )
        signin.enter(made)
        return _welcome(organisation)
    return _page("account/join_anew.html", invitation, newcomer)


def _welcome(organisation: Any) -> Any:
    flash(_("You now speak for %(name)s.", name=organisation.name))
    return redirect(url_for("applicant.organisation_profile", organisation_id=organisation.id), 303)


def _page(template: str, invitation: Invitation, form: Any, status: int = 200) -> Any:
    right = invitation.right
    values = {"right": RIGHT_LABELS[right], "meaning": RIGHT_MEANINGS[right]}
    return private(render_template(template, form=form, invitation=invitation, **values), status)
