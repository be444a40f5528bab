"""The invoices of a claim as a workbook: fetched, sent back, looked at before anything changes, then taken."""

from dataclasses import replace
from typing import Any

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.exceptions import NotFound

from grants.awards import invoices, policy, queries
from grants.awards.claim_basis import basis, by_invoices, invoices_of
from grants.awards.duplicates import key
from grants.awards.invoice_book import invoice_book, read_book
from grants.awards.models import Claim
from grants.core.errors import Refused
from grants.core.storage import storage
from grants.people.models import Person
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.claims import WorkbookForm, page
from grants.web.awards import award_of, speak
from grants.web.language import current_reader

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KEPT_FOR = 24 * 3600  # seconds between the preview and the press that takes it


def own_claim(user: Person, id: Any) -> Claim:
    """A claim made of invoices; any other has no such page."""
    found = queries.claim(user, id)
    if not by_invoices(found):
        raise NotFound
    return found


@portal.get("/claims/<uuid:id>/invoices/workbook")
@access(policy.claim_money, own_claim)
def invoice_workbook(user: Person, claim: Claim) -> Response:
    content = invoice_book(claim, list(invoices_of(claim)), basis(claim), current_reader())
    name = f"{award_of(claim).number}-{claim.instalment.position}-invoices.xlsx"
    response = Response(content, mimetype=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@portal.post("/claims/<uuid:id>/invoices/workbook")
@access(policy.claim_money, own_claim)
def read_invoice_workbook(user: Person, claim: Claim) -> Any:
    """What it would change, or what is wrong with it; nothing is changed yet."""
    speak(award_of(claim))
    form, known = WorkbookForm(), basis(claim)
    if not form.validate_on_submit() or form.file.data is None:
        return page(user, claim, workbook=form)
    content = form.file.data.stream.read()
    try:
        sent = read_book(content, claim, known)
        digest = storage(current_app.extensions["settings"]).keep(content)
    except Refused as refusal:
        form.file.errors = [refusal.detail]
        return page(user, claim, workbook=form)
    if sent.errors:
        return page(user, claim, workbook=form, book_errors=sent.errors)
    before = {(one.supplier_key, one.number_key): one for one in invoices_of(claim)}
    rows = [(said, before.pop((key(said.supplier), key(said.number)), None)) for said in sent.rows]
    return render_template(
        "applicant/invoice_preview.html",
        claim=claim,
        award=award_of(claim),
        known=known,
        rows=[(said, _state(said, old, next(iter(known.members)))) for said, old in rows],
        gone=list(before.values()),
        token=_signer().dumps([str(claim.id), digest]),
    )


def _state(said: invoices.Said, old: Any, lead: Any) -> str:
    if old is None:
        return "new"
    whole = replace(said, organisation_id=said.organisation_id or lead)
    return "same" if invoices.Said.of(old) == whole else "changed"


@portal.post("/claims/<uuid:id>/invoices/workbook/take")
@access(policy.claim_money, own_claim)
def take_invoice_workbook(user: Person, claim: Claim) -> Any:
    try:
        claim_id, digest = _signer().loads(request.form.get("token", ""), max_age=KEPT_FOR)
    except BadSignature:
        raise NotFound from None
    if claim_id != str(claim.id):
        raise NotFound
    content = b"".join(storage(current_app.extensions["settings"]).read(digest))
    sent = read_book(content, claim, basis(claim))
    invoices.replace(claim, sent.rows, actor=user)
    flash(_("The workbook is in your claim: it replaced what was there. Attach the files that are missing."), "ok")
    return redirect(url_for(".claim", id=claim.id), 303)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="workbook of invoices")
