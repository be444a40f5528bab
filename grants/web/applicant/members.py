"""Who speaks for an organisation: invite, renew, withdraw, change a right, remove, leave."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from grants.core.clock import now
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.people import members, policy, queries
from grants.people.models import RIGHT_LABELS, RIGHT_MEANINGS, Invitation, Membership, Organisation, Person, Right
from grants.web.access import access
from grants.web.account.forms import LONGEST_EMAIL, LONGEST_NAME, real_address
from grants.web.applicant import portal
from grants.web.applicant.organisations import own_organisation
from grants.web.applicant.profile import RIGHTS
from grants.web.forms import Form
from workflows import invitation as workflow
from workflows.invitation import Asked


class InvitationForm(Form):
    name = StringField(_l("Name"), [InputRequired(), Length(max=LONGEST_NAME)])
    email = EmailField(
        _l("E-mail address"),
        [InputRequired(), Length(max=LONGEST_EMAIL), real_address],
        description=_l("The invitation is for whoever reads this address. An account can be made on the way."),
    )
    right = RadioField(
        _l("Right"),
        [InputRequired()],
        coerce=lambda value: Right(value) if value in RIGHT_LABELS else None,
        choices=[SelectChoice(str(right), label) for right, label in RIGHT_LABELS.items()],
    )


def own_membership(user: Person, membership_id: UUID) -> Membership:
    return queries.membership(user, membership_id)


def own_invitation(user: Person, invitation_id: UUID) -> Invitation:
    return queries.invitation(user, invitation_id)


@portal.get("/organisations/<uuid:organisation_id>/people")
@access(policy.view_organisation, own_organisation)
def organisation_people(user: Person, organisation: Organisation) -> Any:
    return _page(user, organisation, InvitationForm(formdata=None, right=Right.EDITOR))


@portal.post("/organisations/<uuid:organisation_id>/people")
@access(policy.manage_members, own_organisation)
def invite_member(user: Person, organisation: Organisation) -> Any:
    form, id = InvitationForm(), organisation.id
    if form.validate_on_submit():
        asked = Asked(form.name.data or "", form.email.data or "", form.right.data)
        try:
            workflow.invite_member(organisation, asked, actor=user)
        except Refused as refusal:
            form.email.errors = [refusal.detail]
            organisation = own_organisation(user, id)
        else:
            flash(_("The invitation is on its way to %(email)s.", email=asked.email))
            return _back(id)
    return _page(user, organisation, form)


@portal.post("/invitations/<uuid:invitation_id>/renew")
@access(policy.manage_invitation, own_invitation)
def renew_invitation(user: Person, invitation: Invitation) -> Any:
    email, id = invitation.email, invitation.organisation_id
    workflow.renew_invitation(invitation, actor=user)
    flash(_("A new invitation is on its way to %(email)s; the older link no longer works.", email=email))
    return _back(id)


@portal.post("/invitations/<uuid:invitation_id>/withdraw")
@access(policy.manage_invitation, own_invitation)
def withdraw_invitation(user: Person, invitation: Invitation) -> Any:
    email, id = invitation.email, invitation.organisation_id
    members.withdraw(invitation, actor=user)
    flash(_("The invitation of %(email)s is withdrawn.", email=email))
    return _back(id)


@portal.post("/memberships/<uuid:membership_id>/right")
@access(policy.manage_member, own_membership)
def change_member_right(user: Person, membership: Membership) -> Any:
    chosen, id, name = request.form.get("right", ""), membership.organisation_id, membership.person.name
    if chosen not in set(Right):
        raise Refused(N_("Choose one of the rights: owner, editor or reader."))
    members.change_right(membership, Right(chosen), actor=user)
    flash(_("The right of %(name)s is changed.", name=name))
    return _back(id)


@portal.post("/memberships/<uuid:membership_id>/remove")
@access(policy.manage_member, own_membership)
def remove_member(user: Person, membership: Membership) -> Any:
    id, name, mine = membership.organisation_id, membership.person.name, membership.person_id == user.id
    members.remove(membership, actor=user)
    flash(_("%(name)s no longer speaks for the organisation.", name=name))
    return redirect(url_for(".organisations"), 303) if mine else _back(id)


@portal.post("/organisations/<uuid:organisation_id>/leave")
@access(policy.leave_organisation, own_organisation)
def leave_organisation(user: Person, organisation: Organisation) -> Any:
    name = organisation.name
    members.leave(organisation, actor=user)
    flash(_("You no longer speak for %(name)s.", name=name))
    return redirect(url_for(".organisations"), 303)


def _back(id: UUID) -> Any:
    return redirect(url_for(".organisation_people", organisation_id=id), 303)


def _page(user: Person, organisation: Organisation, form: InvitationForm) -> str:
    owners = [one for one in organisation.memberships if one.right == Right.OWNER]
    return render_template(
        "applicant/people.html",
        organisation=organisation,
        members=sorted(organisation.memberships, key=lambda one: (one.person.sort_key, one.id)),
        invitations=queries.invitations(organisation),
        form=form,
        rights=RIGHTS,
        labels=RIGHT_LABELS,
        meanings=RIGHT_MEANINGS,
        may_manage=policy.manage_members.allows(user, organisation),
        may_not_leave=policy.leave_organisation.why_not(user, organisation),
        last_owner=owners[0] if len(owners) == 1 else None,
        me=user.id,
        now=now(),
    )
