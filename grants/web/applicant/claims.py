"""The beneficiary claims the instalments of an agreement and follows what becomes of them."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from grants.awards import invoices, policy, queries
from grants.awards.claim_basis import basis, by_invoices, invoices_of
from grants.awards.duplicates import duplicates
from grants.awards.models import Claim, ClaimState, Instalment
from grants.calls.models import FileKind
from grants.core.errors import Problem
from grants.core.types import Money
from grants.people.models import Person
from grants.web import reckoning
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.awards import award_of, speak
from grants.web.downloads import attached
from grants.web.forms import Form, MoneyField, UploadField, Versioned
from grants.web.uploads import keep_file
from workflows import claim as workflow
from workflows.claim import Evidence

MAX_MB = 2


class ClaimForm(Form, Versioned):
    """Pre-financing: how much, and what for."""

    claimed = MoneyField(_l("Amount claimed"), [InputRequired()])
    statement = TextAreaField(_l("What this instalment pays for"), [InputRequired(), Length(max=3000)])
    evidence = UploadField(_l("Supporting evidence"), kinds=("pdf",))


class WorkbookForm(Form):
    file = UploadField(_l("Workbook of the invoices"), [InputRequired()], kinds=("xlsx",), max_mb=MAX_MB)


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
    return page(user, claim)


@portal.post("/claims/<uuid:id>/write")
@access(policy.claim_money, queries.claim)
def write_claim(user: Person, claim: Claim) -> Any:
    form = claim_form(claim)
    if not form.validate_on_submit():
        return page(user, claim, form)
    form.require_fresh(claim)
    try:
        claimed: Any = form.claimed.data
        workflow.write(claim, claimed, form.statement.data or "", _kept(form), form.version.data, actor=user)
    except Problem as problem:
        form.form_errors = [problem.detail]
        return page(user, queries.claim(user, claim.id), form)
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
    if claim.sha256 is None:
        raise NotFound
    return attached(claim)


def _kept(form: ClaimForm) -> Evidence | None:
    """The file sent, checked and in the store; None when none was sent. Raises Refused with the reason."""
    if form.evidence.data is None:
        return None
    return Evidence(*keep_file(form.evidence, [FileKind.PDF]))


def page(
    user: Person, claim: Claim, form: ClaimForm | None = None, workbook: WorkbookForm | None = None, **more: Any
) -> str:
    award = award_of(claim)
    speak(award)
    moves = portal.serves(workflow.lifecycle.open_to(user, claim))
    writing = claim.state == ClaimState.DRAFT and policy.claim_money.allows(user, claim)
    values: dict[str, Any] = {"claim": claim, "award": award, "moves": moves, "writing": writing, **more}
    if not by_invoices(claim):
        return render_template("applicant/claim.html", form=(form or claim_form(claim)) if writing else None, **values)
    known, rows = basis(claim), invoices_of(claim)
    foreseen = known.payable(rows, whole=True)
    return render_template(
        "applicant/claim_invoices.html",
        invoices=rows,
        known=known,
        flaws=invoices.flaws(claim, rows, known) if writing else [],
        missing={one.id: invoices.missing(one, known) for one in rows} if writing else {},
        twins=duplicates(claim, own=True),
        reckoning=reckoning.kept(claim) or reckoning.foreseen(foreseen, claim.currency),
        workbook=workbook or WorkbookForm(formdata=None),
        **values,
    )
