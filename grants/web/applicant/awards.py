"""The beneficiary claims the instalments of its agreement and follows the payments."""

from typing import Any

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from config.settings import Settings
from grants.applications import pdf
from grants.awards import policy, queries
from grants.awards.models import Claim, ClaimState, Instalment
from grants.core.errors import Problem
from grants.core.storage import storage
from grants.core.types import Money
from grants.people.models import Person
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.awards import award_of, speak
from grants.web.downloads import attached
from grants.web.forms import Form, MoneyField, UploadField, Versioned
from workflows import claim as workflow
from workflows.claim import Evidence


class ClaimForm(Form, Versioned):
    """What is claimed, and what supports it."""

    claimed = MoneyField(_l("Amount claimed"), [InputRequired()])
    statement = TextAreaField(_l("What this instalment pays for"), [InputRequired(), Length(max=3000)])
    evidence = UploadField(_l("Supporting evidence"), kinds=("pdf",))


def claim_form(claim: Claim) -> ClaimForm:
    form = ClaimForm(
        data={"claimed": claim.claimed, "statement": claim.statement, "version": claim.version},
        currency=claim.currency,
    )
    form.claimed.minimum, form.claimed.maximum = Money(1, claim.currency), claim.instalment.amount
    return form


@portal.post("/instalments/<uuid:id>/claim")
@access(policy.claim_instalment, queries.instalment)
def begin_claim(user: Person, instalment: Instalment) -> Any:
    claim = workflow.begin(instalment, actor=user)
    return redirect(url_for(".claim", id=claim.id), 303)


@portal.get("/claims/<uuid:id>")
@access(policy.view_claim, queries.claim)
def claim(user: Person, claim: Claim) -> Any:
    return _page(user, claim, claim_form(claim))


@portal.post("/claims/<uuid:id>/write")
@access(policy.claim_money, queries.claim)
def write_claim(user: Person, claim: Claim) -> Any:
    form = claim_form(claim)
    if not form.validate_on_submit():
        return _page(user, claim, form)
    form.require_fresh(claim)
    try:
        claimed: Any = form.claimed.data
        workflow.write(claim, claimed, form.statement.data or "", _kept(form), form.version.data, actor=user)
    except Problem as problem:
        form.form_errors = [problem.detail]
        return _page(user, queries.claim(user, claim.id), form)
    flash(_("Your claim is saved. Read it once more, then submit it."), "ok")
    return redirect(url_for(".claim", id=claim.id), 303)


@portal.post("/claims/<uuid:id>/submit")
@access(policy.claim_money, queries.claim)
def submit_claim(user: Person, claim: Claim) -> Any:
    workflow.submit_claim(claim, actor=user)
    flash(_("Your claim is submitted. A programme officer checks it."), "ok")
    return redirect(url_for(".claim", id=claim.id), 303)


@portal.get("/claims/<uuid:id>/evidence")
@access(policy.view_claim, queries.claim)
def evidence(user: Person, claim: Claim) -> Any:
    return attached(claim)


def _kept(form: ClaimForm) -> Evidence | None:
    """The file sent, checked and in the store; None when none was sent. Raises Refused with the reason."""
    file = form.evidence.data
    if file is None:
        return None
    settings: Settings = current_app.extensions["settings"]
    content = file.read()
    name = pdf.check(file.filename or "", content, settings.upload_limit_mb)
    return Evidence(name, pdf.MEDIA_TYPE, len(content), storage(settings).keep(content))


def _page(user: Person, claim: Claim, form: ClaimForm) -> str:
    speak(award_of(claim))
    moves = portal.serves(workflow.lifecycle.open_to(user, claim))
    writing = claim.state == ClaimState.DRAFT and policy.claim_money.allows(user, claim)
    return render_template(
        "applicant/claim.html", claim=claim, award=award_of(claim), form=form if writing else None, moves=moves
    )
