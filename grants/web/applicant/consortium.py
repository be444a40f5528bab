"""The consortium of an application as its lead sees it: who is in, what is awaited, whom to invite."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, StringField
from wtforms.validators import InputRequired, Length

from grants.applications import accession, partner_policy, policy
from grants.applications import partner_queries as queries
from grants.applications.blockers import blockers, is_awaited, is_confirmed, papers
from grants.applications.content import CONSORTIUM
from grants.applications.models import EXPECTED, TAKING_PART, Application, Partner, PartnerState
from grants.core.clock import now
from grants.core.errors import Refused
from grants.core.i18n import N_, N_n, Text
from grants.people.models import Person
from grants.web.access import access
from grants.web.account.forms import LONGEST_EMAIL, LONGEST_NAME, real_address
from grants.web.applicant import portal
from grants.web.applicant.drafts import own_application
from grants.web.applicant.status import DONE
from grants.web.eligibility import look as look_of
from grants.web.fields import tidy
from grants.web.filters import Tag
from grants.web.forms import Form
from grants.web.language import speak_for
from grants.web.parking import parks
from grants.web.tags import tag_of
from workflows import eligibility
from workflows import partnership as workflow
from workflows.partnership import Wanted

AGAIN = Tag("warn", N_("To be confirmed again"), "rotate-ccw")
TOO_OLD = Tag("bad", N_("Invitation too old"), "clock-3")


class PartnerForm(Form):
    name = StringField(_l("Name of the person"), [InputRequired(), Length(max=LONGEST_NAME)])
    email = EmailField(
        _l("E-mail address"),
        [InputRequired(), Length(max=LONGEST_EMAIL), real_address],
        description=_l("Whoever reads this address answers, and says which organisation takes part."),
    )
    role = StringField(
        _l("Role in the project"),
        [InputRequired(), Length(max=accession.LONGEST_ROLE)],
        description=_l("In a line: what this partner does. It may say it in its own words later."),
    )


class Line(NamedTuple):
    """A partner in the lead's list; `ask`: what the button says that asks it again, None where nothing is expected.

    `papers`: the documents it must still attach or put right.
    """

    partner: Partner
    tag: Tag
    ask: Text | None
    papers: Sequence[Text]


class Summary(NamedTuple):
    """The consortium in a line of a draft's page."""

    sub: Text
    tag: Tag | None


def look(partner: Partner) -> Tag:
    """How a partnership stands at a glance."""
    if partner.state == PartnerState.INVITED and partner.expires_at <= now():
        return TOO_OLD
    return AGAIN if partner.state == PartnerState.ACCEDED and not is_confirmed(partner) else tag_of(partner.state)


def summary(application: Application) -> Summary:
    expected = [one for one in application.partners if one.state in EXPECTED]
    if not expected:
        return Summary(N_("You apply alone. Partners are invited here."), None)
    sub = N_n("%(n)s partner", "%(n)s partners", len(expected))
    waiting = len({one.field for one in blockers(application) if one.section == CONSORTIUM})
    if not waiting:
        return Summary(sub, DONE)
    return Summary(sub, Tag("warn", N_n("%(n)s is awaited", "%(n)s are awaited", waiting), "hourglass"))


def own_partner(user: Person, partner_id: UUID) -> Partner:
    found = queries.partner(user, partner_id)
    cluster = found.application.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
    return found


@portal.get("/applications/<uuid:application_id>/consortium")
@parks()
@access(policy.read_own, own_application)
def consortium(user: Person, application: Application) -> Any:
    return _page(user, application, PartnerForm())


@portal.post("/applications/<uuid:application_id>/consortium")
@parks("applicant.consortium")
@access(policy.edit, own_application)
def invite_partner(user: Person, application: Application) -> Any:
    form, id = PartnerForm(), application.id
    if form.validate_on_submit():
        wanted = Wanted(form.name.data or "", form.email.data or "", form.role.data or "")
        try:
            workflow.invite_partner(application, wanted, actor=user)
        except Refused as refusal:
            form.email.errors = [refusal.detail]
            application = own_application(user, id)
        else:
            flash(_("The invitation is on its way to %(email)s.", email=wanted.email))
            return _back(id)
    return _page(user, application, form)


@portal.post("/partners/<uuid:partner_id>/remind")
@access(partner_policy.manage_partner, own_partner)
def remind_partner(user: Person, partner: Partner) -> Any:
    invited, email, id = partner.state == PartnerState.INVITED, partner.email, partner.application_id
    name, signed = accession.said(partner), is_confirmed(partner)
    workflow.remind_partner(partner, actor=user)
    if invited:
        flash(_("A new invitation is on its way to %(email)s; the older link no longer works.", email=email))
    elif signed:
        flash(_("The owners of %(name)s are asked for the missing documents.", name=name))
    else:
        flash(_("The owners of %(name)s are asked to accede.", name=name))
    return _back(id)


@portal.post("/partners/<uuid:partner_id>/remove")
@access(partner_policy.manage_partner, own_partner)
def remove_partner(user: Person, partner: Partner) -> Any:
    name, id = accession.said(partner), partner.application_id
    workflow.remove_partner(partner, tidy(request.form.get("reason", ""))[:2_000], actor=user)
    flash(_("%(name)s is no longer part of the consortium.", name=name))
    return _back(id)


def _back(id: UUID) -> Any:
    return redirect(url_for(".consortium", application_id=id), 303)


def _page(user: Person, application: Application, form: PartnerForm) -> str:
    refusal = policy.edit.why_not(user, application)
    return render_template(
        "applicant/consortium.html",
        application=application,
        call=application.call,
        lines=_lines(application),
        findings=[(one, look_of(one)) for one in eligibility.composition(application)],
        form=form,
        may_manage=refusal is None,
        refusal=refusal,
    )


def _lines(application: Application) -> Sequence[Line]:
    """Who is expected first, in the order they were invited; then who was and is not any more."""
    taking_part = application.taking_part
    found = [
        Line(
            one,
            look(one),
            _ask(one),
            papers(one) if one in taking_part else (),
        )
        for one in application.partners
    ]
    return sorted(found, key=lambda one: (one.partner.state not in TAKING_PART, one.partner.state not in EXPECTED))


def _ask(partner: Partner) -> Text | None:
    if not is_awaited(partner):
        return None
    if partner.state == PartnerState.INVITED:
        return N_("Send again")
    return N_("Ask for the documents") if is_confirmed(partner) else N_("Ask to accede")
