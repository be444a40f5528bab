"""A partner's own pages: the invitation, the common part it reads, the part it writes, the accession it signs."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from grants.applications import accession, partner_policy, partner_service, policy
from grants.applications import partner_queries as queries
from grants.applications.accession import OwnPart
from grants.applications.blockers import is_confirmed
from grants.applications.budgets import conditions, read_budget
from grants.applications.models import EDITABLE, TAKING_PART, Application, BudgetLine, Partner, PartnerState
from grants.applications.reckoning import Share, explained
from grants.applications.slots import Fill, slots_of
from grants.applications.submitted import accession_hash
from grants.awards import milestone_queries as milestones
from grants.awards import queries as awards
from grants.core.clock import now
from grants.core.errors import LostUpdate, Refused
from grants.core.i18n import Text
from grants.core.types import Money
from grants.people import queries as people
from grants.people.models import Person, Right
from grants.web.access import access
from grants.web.account.forms import LONGEST_NAME
from grants.web.answers import sheets
from grants.web.applicant import portal
from grants.web.applicant.consortium import look, own_partner
from grants.web.applicant.required import owed
from grants.web.applicant.status import look as look_of
from grants.web.eligibility import AID_HINT
from grants.web.fields import tidy
from grants.web.filters import Tag
from grants.web.forms import Form, MoneyField, Versioned
from grants.web.history import PARTNERSHIP
from grants.web.language import current_reader, say
from grants.web.parking import parks
from workflows import eligibility
from workflows import partnership as workflow


class AcceptForm(Form):
    organisation_id = RadioField(
        _l("Which organisation takes part?"),
        [InputRequired()],
        coerce=lambda value: UUID(str(value)),
        description=_l("Its owners accede for it; all its people read the project."),
    )


class PartForm(Form, Versioned):
    role = StringField(_l("Role in the project"), [InputRequired(), Length(max=accession.LONGEST_ROLE)])
    tasks = TextAreaField(
        _l("What your organisation does"),
        [Length(max=accession.LONGEST_TASKS)],
        description=_l("The tasks, who works on them, with which means. The lead and the fund read this."),
    )
    papers = TextAreaField(
        _l("Documents you bring"),
        [Length(max=accession.LONGEST_TASKS)],
        description=_l(
            "Name and describe them in a few words: letters of commitment, certificates, earlier results. What the call"
            " asks of you as a file is attached on the page of your partnership."
        ),
    )
    aid_elsewhere = MoneyField(_l("Public aid received elsewhere"))

    def part(self) -> OwnPart:
        aid = self.aid_elsewhere.data if "aid_elsewhere" in self else None
        return OwnPart(self.role.data or "", self.tasks.data or "", self.papers.data or "", aid)


class AccessionForm(Form):
    """`seen` is the fingerprint of what was read, so that nothing else is signed."""

    agrees = BooleanField(
        _l("I have read the project and this declaration, and I may bind the organisation."), [InputRequired()]
    )
    name = StringField(
        _l("Your first and last name"),
        [InputRequired(), Length(max=LONGEST_NAME)],
        description=_l("Typed here, it is your signature."),
        render_kw={"autocomplete": "name"},
    )
    seen = HiddenField()


@portal.get("/partners/<uuid:partner_id>")
@access(partner_policy.view_partner, own_partner)
def partnership(user: Person, partner: Partner) -> Any:
    return _page(user, partner, _accept_form(user, partner, formdata=None))


@portal.post("/partners/<uuid:partner_id>/accept")
@access(partner_policy.answer_partnership, own_partner)
def accept_partnership(user: Person, partner: Partner) -> Any:
    id = partner.id
    if partner.state != PartnerState.INVITED:  # a second press answers as the first
        return _back(id)
    form = _accept_form(user, partner)
    if form.validate_on_submit():
        chosen = next(one for one in _organisations(user) if one.id == form.organisation_id.data)
        name = chosen.name
        try:
            workflow.accept_partnership(partner, chosen, actor=user)
        except Refused as refusal:
            form.organisation_id.errors = [refusal.detail]
            partner = own_partner(user, id)
        else:
            flash(_("%(name)s takes part. Now write its part; then one of its owners accedes.", name=name))
            return _back(id)
    return _page(user, partner, form)


@portal.post("/partners/<uuid:partner_id>/decline")
@access(partner_policy.answer_partnership, own_partner)
def decline_partnership(user: Person, partner: Partner) -> Any:
    id = partner.id
    workflow.decline_partnership(partner, tidy(request.form.get("reason", ""))[:2_000], actor=user)
    flash(_("You have declined the invitation. The lead is told."))
    return _back(id)


@portal.route("/partners/<uuid:partner_id>/part", methods=["GET", "POST"])
@parks()
@access(partner_policy.write_part, own_partner)
def part(user: Person, partner: Partner) -> Any:
    """What the partner says of itself."""
    form, id = _part_form(partner), partner.id
    if form.validate_on_submit():
        partner_service.revise_part(partner, form.part(), seen=form.version.data, actor=user)
        flash(_("Your part is saved."))
        return _back(id)
    return render_template("applicant/part.html", partner=partner, application=partner.application, form=form)


@portal.post("/partners/<uuid:partner_id>/part/autosave")
@parks("applicant.part")
@access(partner_policy.write_part, own_partner)
def autosave_part(user: Person, partner: Partner) -> Any:
    """Keep what is readable; what is not stays on the page, where the button that saves will ask about it."""
    form = _part_form(partner)
    form.validate()
    saved, typed = OwnPart.of(partner), form.part()
    good = {name: getattr(typed if name in form and not form[name].errors else saved, name) for name in vars(typed)}
    version = partner_service.revise_part(partner, OwnPart(**good), seen=form.version.data, actor=user)
    return jsonify(saved_at=now().isoformat(), version=version)


@portal.route("/partners/<uuid:partner_id>/accession", methods=["GET", "POST"])
@access(partner_policy.accede, own_partner)
def accede(user: Person, partner: Partner) -> Any:
    """The declaration, beside what it is about; an owner signs it."""
    form, id = AccessionForm(), partner.id
    if form.validate_on_submit():
        try:
            seen = form.seen.data or None
            workflow.accede(partner, form.name.data or "", current_reader(), seen=seen, actor=user)
        except LostUpdate as refusal:
            flash(say(refusal.detail), "warning")
            return redirect(url_for(".accede", partner_id=id), 303)
        flash(_("Your organisation has acceded. The lead is told."))
        return _back(id)
    if is_confirmed(partner):
        return _back(id)
    form.seen.data = accession_hash(partner)
    return render_template(
        "applicant/accession.html",
        partner=partner,
        application=partner.application,
        declaration=accession.declaration(partner),
        sheets=sheets(partner.application),
        form=form,
    )


@portal.post("/partners/<uuid:partner_id>/leave")
@access(partner_policy.leave_consortium, own_partner)
def leave_consortium(user: Person, partner: Partner) -> Any:
    name = accession.said(partner)
    workflow.leave_consortium(partner, tidy(request.form.get("reason", ""))[:2_000], actor=user)
    flash(_("%(name)s no longer takes part. The lead is told.", name=name))
    return redirect(url_for(".home"), 303)


def _part_form(partner: Partner) -> PartForm:
    """Asks for public aid only where the call limits it."""
    call = partner.application.call
    form = PartForm(obj=partner, currency=call.currency)
    if not eligibility.limits_aid(call.id):
        del form.aid_elsewhere
    else:
        form.aid_elsewhere.minimum = Money(0, call.currency)
        form.aid_elsewhere.description = AID_HINT
    return form


def _back(id: UUID) -> Any:
    return redirect(url_for(".partnership", partner_id=id), 303)


def _organisations(user: Person) -> Any:
    return people.organisations_of(user, Right.OWNER, Right.EDITOR)


def _accept_form(user: Person, partner: Partner, **given: Any) -> AcceptForm:
    """Whoever is asked chooses among the organisations it may write for."""
    asked = partner.state == PartnerState.INVITED and user.email == partner.email
    offered = _organisations(user) if asked else []
    form = AcceptForm(organisation_id=offered[0].id if len(offered) == 1 else None, **given)
    form.organisation_id.choices = [SelectChoice(str(one.id), one.name) for one in offered]
    return form


def _page(user: Person, partner: Partner, form: AcceptForm) -> str:
    application = partner.application
    reads, taking_part = partner_policy.read_common.allows(user, partner), partner.state in TAKING_PART
    leads = any(one.person_id == user.id for one in application.organisation.memberships)
    asked = partner.state == PartnerState.INVITED and user.email == partner.email
    may_attach = reads and taking_part and not leads and application.state in EDITABLE
    return render_template(
        "applicant/partnership.html",
        partner=partner,
        application=application,
        milestones=milestones.of_project(application.id) if reads and taking_part and not leads else [],
        call=application.call,
        tag=look(partner),
        form=form,
        leads=leads,
        asked=asked,
        refusal=partner_policy.answer_partnership.why_not(user, partner) if asked else None,
        may_read=reads and taking_part,
        named=reads or asked,
        may_write=partner_policy.write_part.allows(user, partner),
        may_sign=partner_policy.accede.allows(user, partner),
        confirmed=is_confirmed(partner),
        stage=_stage(application),
        lacking=[one for one in slots_of(partner) if one.fill in {Fill.MISSING, Fill.WRONG}] if may_attach else [],
        owed=_owed(user, partner, leads) if reads and taking_part else [],
        budget=_own_budget(partner) if reads and taking_part else None,
        sheets=sheets(application) if reads and not leads else [],
        history=[(PARTNERSHIP[event.name], event, name) for event, name in queries.history(partner)],
    )


def _owed(user: Person, partner: Partner, leads: bool) -> Any:
    """What it attaches for itself, for its own people and for the lead's, who may remove it too."""
    if leads:
        may_remove = policy.edit.allows(user, partner.application)
        return owed(partner, "applicant.document", "applicant.remove_document" if may_remove else None)
    removable = partner.application.state in EDITABLE
    return owed(partner, "applicant.part_document", "applicant.remove_part_document" if removable else None)


class OwnBudget(NamedTuple):
    """A partner's part of the budget: its lines, what they come to, how the most for it is found."""

    lines: Sequence[BudgetLine]
    share: Share
    why: Sequence[Text]


def _own_budget(partner: Partner) -> OwnBudget | None:
    """None where the call asks for no lines."""
    application = partner.application
    budget = read_budget(application)
    if budget is None or partner.organisation_id is None:
        return None
    place = list(conditions(application).spenders).index(partner.organisation_id)
    share = budget.shares[place]
    lines = [one for one in application.lines if one.organisation_id == partner.organisation_id]
    return OwnBudget(lines, share, explained(share))


def _stage(application: Application) -> Tag | None:
    """How it stands with the fund, in the words its lead reads; None while it may be changed."""
    if application.state in EDITABLE:
        return None
    return look_of(application, awards.notified([application]).get(application.id))
