"""What the link of an invitation opens, to an organisation or to a consortium.

A person has to press a button: links are followed.
"""

from typing import Any, Protocol
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired, Length

from grants.applications import partner_queries as partners
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

    def typed(self) -> tuple[str, str, str]:
        """Name, password, language."""
        return self.name.data or "", self.password.data or "", self.language.data


class Invited(Protocol):
    """What both kinds of invitation say of whom they ask, and who asks."""

    name: Any
    email: Any
    invited_by: Any


@portal.route("/join/<token>", methods=["GET", "POST"])
@access(anyone)
@throttled
def join(user: Any, token: str) -> Any:
    """To speak for an organisation."""
    invitation = queries.invited(link_of(token))
    if invitation is None:
        return private(render_template("account/join_too_old.html"), 410)
    if (elsewhere := _somebody_else(user, invitation, url_for(".join", token=token))) is not None:
        return elsewhere
    if user.is_authenticated:
        form = JoinForm()
        if form.validate_on_submit():
            organisation = members.accept(invitation, actor=user)
            return _welcome(organisation)
        return _page("account/join.html", invitation, form)
    newcomer = _newcomer(invitation)
    if newcomer.validate_on_submit():
        organisation = invitation.organisation
        made = members.join_anew(invitation, *newcomer.typed())
        signin.enter(made)
        return _welcome(organisation)
    return _page("account/join_anew.html", invitation, newcomer)


@portal.route("/partner/<token>", methods=["GET", "POST"])
@access(anyone)
@throttled
def join_consortium(user: Any, token: str) -> Any:
    """To take part in an application: whoever is asked arrives on its page, with an account made on the way."""
    partner = partners.invited(link_of(token))
    if partner is None:
        return private(render_template("account/partner_too_old.html"), 410)
    if (elsewhere := _somebody_else(user, partner, url_for(".join_consortium", token=token))) is not None:
        return elsewhere
    there = redirect(url_for("applicant.partnership", partner_id=partner.id), 303)
    if user.is_authenticated:
        return there
    newcomer = _newcomer(partner)
    if newcomer.validate_on_submit():
        signin.enter(members.open_account(partner.email, *newcomer.typed()))
        return there
    return private(render_template("account/partner_anew.html", form=newcomer, partner=partner))


def link_of(token: str) -> UUID | None:
    return links.read(token, str(current_app.secret_key))


def _somebody_else(user: Any, invited: Invited, here: str) -> Any:
    """What is answered when whoever is asked is not the one who looks, or has to sign in; else None."""
    if user.is_authenticated and user.email != invited.email:
        if request.method == "POST":  # the press says: it is me, with my other account
            signin.leave()
            return redirect(here, 303)
        return private(render_template("account/join_other.html", form=JoinForm(), invitation=invited), 403)
    person = None if user.is_authenticated else queries.by_email(invited.email)
    if person is not None and (person.confirmed_at or person.disabled_at):
        return redirect(url_for(".sign_in", next=here, email=invited.email), 303)
    return None


def _newcomer(invited: Invited) -> NewcomerForm:
    about = [invited.name, invited.email]
    return NewcomerForm(about=about, name=invited.name, language=current_reader().language)


def _welcome(organisation: Any) -> Any:
    flash(_("You now speak for %(name)s.", name=organisation.name))
    return redirect(url_for("applicant.organisation_profile", organisation_id=organisation.id), 303)


def _page(template: str, invitation: Invitation, form: Any, status: int = 200) -> Any:
    right = invitation.right
    values = {"right": RIGHT_LABELS[right], "meaning": RIGHT_MEANINGS[right]}
    return private(render_template(template, form=form, invitation=invitation, **values), status)
