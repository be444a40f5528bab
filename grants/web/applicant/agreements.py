"""The beneficiary and its partners: read and sign the agreement, inside or on paper; ask for amendments, sign them."""

from typing import Any

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from config.settings import Settings
from grants.applications import pdf
from grants.awards import agreement_policy, policy, queries, signing, terms
from grants.awards.models import Agreement, AgreementState, Amendment, AmendmentState, Signature
from grants.awards.terms import Terms
from grants.core.errors import Problem, Refused
from grants.core.i18n import N_
from grants.core.storage import storage
from grants.people.models import Person, Right
from grants.web.access import access
from grants.web.agreements import TermsForm, amendment_as_pdf, as_pdf, blame, compared, parts, terms_form
from grants.web.applicant import portal
from grants.web.awards import speak
from grants.web.downloads import attached
from grants.web.forms import Form, UploadField
from workflows import amendment as amending
from workflows import award as workflow
from workflows.award import UNDER_WAY, Scan


class ScanForm(Form):
    """The agreement signed on paper."""

    signatory = StringField(_l("Name of the person who signed"), [InputRequired(), Length(max=200)])
    scan = UploadField(_l("Signed agreement"), [InputRequired()], kinds=("pdf",))


@portal.get("/agreements/<uuid:id>")
@access(policy.view_agreement, queries.agreement)
def agreement(user: Person, agreement: Agreement) -> Any:
    return _page(user, agreement, ScanForm())


@portal.get("/agreements/<uuid:id>/agreement.pdf")
@access(policy.view_agreement, queries.agreement)
def agreement_pdf(user: Person, agreement: Agreement) -> Any:
    return as_pdf(user, agreement)


@portal.post("/agreements/<uuid:id>/sign")
@access(policy.sign, queries.agreement)
def sign(user: Person, agreement: Agreement) -> Any:
    workflow.sign(agreement, actor=user)
    flash(_("You have signed. The authorising officer signs last."), "ok")
    return redirect(url_for(".agreement", id=agreement.id), 303)


@portal.post("/agreements/<uuid:id>/sign-as-partner")
@access(agreement_policy.sign_as_partner, queries.agreement)
def sign_as_partner(user: Person, agreement: Agreement) -> Any:
    workflow.sign_as_partner(agreement, actor=user)
    flash(_("You have signed. The authorising officer signs last."), "ok")
    return redirect(url_for(".agreement", id=agreement.id), 303)


@portal.post("/agreements/<uuid:id>/scan")
@access(agreement_policy.send_scan, queries.agreement)
def send_scan(user: Person, agreement: Agreement) -> Any:
    form = ScanForm()
    if not form.validate_on_submit():
        return _page(user, agreement, form)
    try:
        workflow.send_scan(agreement, _kept(form), actor=user)
    except Problem as problem:
        form.form_errors = [problem.detail]
        return _page(user, queries.agreement(user, agreement.id), form)
    flash(_("Sent. It counts once the fund has compared it with the text."), "ok")
    return redirect(url_for(".agreement", id=agreement.id), 303)


@portal.get("/signatures/<uuid:id>/scan")
@access(agreement_policy.read_scan, queries.signature)
def scan(user: Person, signature: Signature) -> Any:
    return attached(signature)


def _kept(form: ScanForm) -> Scan:
    """The file sent, checked and in the store. Raises Refused with the reason."""
    file = form.scan.data
    if file is None:
        raise Refused(N_("Choose a file to send."))
    settings: Settings = current_app.extensions["settings"]
    content = file.read()
    name = pdf.check(file.filename or "", content, settings.upload_limit_mb)
    return Scan(name, pdf.MEDIA_TYPE, len(content), storage(settings).keep(content), form.signatory.data or "")


def _page(user: Person, agreement: Agreement, form: ScanForm) -> str:
    award = agreement.award
    speak(award)
    found = parts(agreement)
    mine = [one for one in found["places"][:-1] if _owns(user, one)]
    waiting = [one for one in mine if one.signature is None and agreement.state == AgreementState.AWAITING_SIGNATURE]
    lead_done = found["places"][0].done
    return render_template(
        "applicant/agreement.html",
        award=award,
        agreement=agreement,
        form=form,
        waiting=[one for one in waiting if one.capacity == "beneficiary" or lead_done],
        not_yet=bool(waiting) and not lead_done and waiting[0].capacity != "beneficiary",
        leads=policy.speaks_for(user, award, *Right),
        may_claim=policy.speaks_for(user, award, Right.OWNER, Right.EDITOR),
        amending=agreement.state in UNDER_WAY and agreement_policy.request_amendment.allows(user, agreement),
        **found,
    )


def _owns(user: Person, place: signing.Signatory) -> bool:
    members = place.organisation.memberships if place.organisation else []
    return any(one.person_id == user.id and one.right == Right.OWNER for one in members)


# --- amendments -----------------------------------------------------------------------------------------------


@portal.get("/agreements/<uuid:id>/amend")
@access(agreement_policy.request_amendment, queries.agreement)
def new_amendment(user: Person, agreement: Agreement) -> Any:
    return _new(agreement, terms_form(agreement, Terms.now(agreement), version=agreement.version))


@portal.post("/agreements/<uuid:id>/amend")
@access(agreement_policy.request_amendment, queries.agreement)
def request_amendment(user: Person, agreement: Agreement) -> Any:
    before = Terms.now(agreement)
    form = terms_form(agreement, before, version=agreement.version)
    if form.validate_on_submit():
        if found := terms.problems(agreement, before, form.terms()):
            blame(form, found)
        else:
            made = amending.request_amendment(agreement, form.terms(), form.reason.data or "", actor=user)
            flash(_("Your request is with the programme officer."), "ok")
            return redirect(url_for(".amendment", id=made.id), 303)
    return _new(agreement, form)


@portal.get("/amendments/<uuid:id>")
@access(agreement_policy.view_amendment, queries.amendment)
def amendment(user: Person, amendment: Amendment) -> Any:
    speak(amendment.agreement.award)
    moves = portal.serves(amending.lifecycle.open_to(user, amendment))
    signing_now = amendment.state == AmendmentState.APPROVED and agreement_policy.sign_amendment.allows(user, amendment)
    return render_template("applicant/amendment.html", moves=moves, signing=signing_now, **compared(amendment))


@portal.get("/amendments/<uuid:id>/amendment.pdf")
@access(agreement_policy.view_amendment, queries.amendment)
def amendment_pdf(user: Person, amendment: Amendment) -> Any:
    return amendment_as_pdf(amendment)


@portal.post("/amendments/<uuid:id>/sign")
@access(agreement_policy.sign_amendment, queries.amendment)
def sign_amendment(user: Person, amendment: Amendment) -> Any:
    amending.sign_amendment(amendment, actor=user)
    flash(_("You have signed. The accountant makes the amendment effective."), "ok")
    return redirect(url_for(".amendment", id=amendment.id), 303)


def _new(agreement: Agreement, form: TermsForm) -> str:
    speak(agreement.award)
    return render_template("applicant/amendment_new.html", agreement=agreement, award=agreement.award, form=form)
