"""A programme officer's part in amendments: drawing one up, assessing one; and in scans of signed agreements."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from grants.awards import agreement_policy, queries, terms
from grants.awards.models import Agreement, Amendment, AmendmentState, Signature
from grants.awards.terms import Terms
from grants.core.i18n import N_
from grants.people.models import Person
from grants.web.access import access
from grants.web.agreements import TermsForm, amendment_as_pdf, blame, compared, terms_form
from grants.web.awards import speak, stated_reason
from grants.web.downloads import attached
from grants.web.staff import portal
from workflows import amendment as workflow
from workflows import award


@portal.get("/agreements/<uuid:id>/amend")
@access(agreement_policy.prepare_amendment, queries.agreement)
def new_amendment(user: Person, agreement: Agreement) -> Any:
    return _new(agreement, terms_form(agreement, Terms.now(agreement), version=agreement.version))


@portal.post("/agreements/<uuid:id>/amend")
@access(agreement_policy.prepare_amendment, queries.agreement)
def prepare_amendment(user: Person, agreement: Agreement) -> Any:
    before = Terms.now(agreement)
    form = terms_form(agreement, before, version=agreement.version)
    if form.validate_on_submit():
        if found := terms.problems(agreement, before, form.terms()):
            blame(form, found)
        else:
            made = workflow.prepare_amendment(agreement, form.terms(), form.reason.data or "", actor=user)
            flash(_("The amendment is drawn up. Assess it: then it goes to whoever decides."), "ok")
            return redirect(url_for(".amendment", id=made.id), 303)
    return _new(agreement, form)


@portal.get("/amendments/<uuid:id>")
@access(agreement_policy.view_amendment, queries.amendment)
def amendment(user: Person, amendment: Amendment) -> Any:
    return _page(user, amendment, _assessing(amendment))


@portal.post("/amendments/<uuid:id>/assess")
@access(agreement_policy.assess_amendment, queries.amendment)
def assess_amendment(user: Person, amendment: Amendment) -> Any:
    form = _assessing(amendment)
    if not form.validate_on_submit():
        return _page(user, amendment, form)
    before = Terms.of(amendment.before)
    if amendment.state == AmendmentState.REQUESTED and (
        found := terms.problems(amendment.agreement, before, form.terms())
    ):
        blame(form, found)
        return _page(user, amendment, form)
    form.require_fresh(amendment)
    workflow.assess_amendment(amendment, form.terms(), form.reason.data or "", form.version.data, actor=user)
    flash(_("Assessed. The amendment waits for the decision."), "ok")
    return redirect(url_for(".amendment", id=amendment.id), 303)


@portal.get("/amendments/<uuid:id>/amendment.pdf")
@access(agreement_policy.view_amendment, queries.amendment)
def amendment_pdf(user: Person, amendment: Amendment) -> Any:
    return amendment_as_pdf(amendment)


@portal.get("/signatures/<uuid:id>/scan")
@access(agreement_policy.read_scan, queries.signature)
def scan(user: Person, signature: Signature) -> Any:
    return attached(signature)


@portal.post("/signatures/<uuid:id>/check")
@access(agreement_policy.check_scan, queries.signature)
def check_scan(user: Person, signature: Signature) -> Any:
    award.check_scan(signature, actor=user)
    flash(_("Checked: this signature counts."), "ok")
    return redirect(url_for(".agreement", id=signature.agreement_id), 303)


@portal.post("/signatures/<uuid:id>/send-back")
@access(agreement_policy.check_scan, queries.signature)
def send_scan_back(user: Person, signature: Signature) -> Any:
    here = signature.agreement_id
    award.send_scan_back(signature, stated_reason(), actor=user)
    flash(_("Sent back, with your reason."), "ok")
    return redirect(url_for(".agreement", id=here), 303)


def _assessing(amendment: Amendment) -> TermsForm:
    form = terms_form(
        amendment.agreement, Terms.of(amendment.after), version=amendment.version, reason=amendment.opinion or ""
    )
    form.reason.label.text = N_("Your opinion")
    return form


def _new(agreement: Agreement, form: TermsForm) -> str:
    speak(agreement.award)
    return render_template("staff/amendment_new.html", agreement=agreement, award=agreement.award, form=form)


def _page(user: Person, amendment: Amendment, form: TermsForm) -> str:
    speak(amendment.agreement.award)
    may = amendment.state == AmendmentState.REQUESTED and agreement_policy.assess_amendment.allows(user, amendment)
    return render_template("staff/amendment.html", form=form if may else None, **compared(amendment))
