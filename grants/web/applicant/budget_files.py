"""The budget as a workbook: fetched, sent back, and given back with what is wrong in red."""

from typing import Any
from uuid import UUID

from flask import Response, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.exceptions import NotFound

from grants.applications import policy, service
from grants.applications.budget_book import Sent, budget_book, given_back, read_book
from grants.applications.models import Application
from grants.applications.plan import Plan
from grants.core.errors import LostUpdate, Refused
from grants.core.i18n import N_
from grants.core.storage import storage
from grants.people.models import Person
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.budget_form import BudgetPlanForm
from grants.web.applicant.budget_page import WorkbookForm, page
from grants.web.applicant.drafts import own_application
from grants.web.downloads import attachment
from grants.web.language import current_reader

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KEPT_FOR = 24 * 3600  # seconds during which a workbook with errors may be fetched


def budgeted(user: Person, application_id: UUID) -> Application:
    """An application whose call asks for lines; any other has no such page."""
    found = own_application(user, application_id)
    if not found.call.budget_rules:
        raise NotFound
    return found


@portal.get("/applications/<uuid:application_id>/budget/workbook")
@access(policy.read_own, budgeted)
def budget_workbook(user: Person, application: Application) -> Response:
    response = Response(budget_book(application, current_reader()), mimetype=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="{_name(application)}"'
    return response


@portal.post("/applications/<uuid:application_id>/budget/workbook")
@access(policy.edit, budgeted)
def send_budget_workbook(user: Person, application: Application) -> Any:
    """All or nothing: it replaces every line and every co-financing, or changes nothing and says why."""
    form, id = WorkbookForm(), application.id
    if not form.validate_on_submit() or form.file.data is None:
        return _again(application, form)
    try:
        sent = read_book(form.file.data.stream.read(), application)
    except Refused as refusal:
        form.file.errors = [refusal.detail]
        return _again(application, form)
    if sent.errors:
        return _again(application, form, sent)
    kept = Plan.of(application)
    plan = Plan(kept.duration_months, kept.asked, tuple(sent.lines), tuple(sent.funding))
    try:
        service.revise(application, plan, seen=form.version.data, actor=user)
    except LostUpdate:
        form.file.errors = [N_("The budget has changed since you opened its page. Look at it, then send this again.")]
        return _again(own_application(user, id), form)
    flash(_("The workbook is in your budget: it replaced what was there. Look it over."))
    return redirect(url_for(".budget", application_id=id) + "#costs", 303)


def _again(application: Application, form: WorkbookForm, sent: Sent | None = None) -> Any:
    saved = BudgetPlanForm(application, saved=True)
    return page(application, saved, form, sent, _marked(application, sent) if sent else None)


def _marked(application: Application, sent: Sent) -> str:
    """Where what was sent can be fetched with its errors in red."""
    content = given_back(sent, application, current_reader())
    digest = storage(current_app.extensions["settings"]).keep(content)
    token = _signer().dumps([str(application.id), digest, len(content)])
    return url_for(".marked_budget_workbook", application_id=application.id, token=token)


def marked(user: Person, application_id: UUID, token: str) -> Application:
    """The application of a workbook given back not long ago; a token that is not its own leads nowhere."""
    if _read(token)[0] != str(application_id):
        raise NotFound
    return budgeted(user, application_id)


@portal.get("/applications/<uuid:application_id>/budget/workbook/<token>")
@access(policy.read_own, marked)
def marked_budget_workbook(user: Person, application: Application) -> Response:
    _, digest, size = _read((request.view_args or {})["token"])
    return attachment(digest, _name(application), XLSX, size)


def _read(token: str) -> tuple[str, str, int]:
    try:
        id, digest, size = _signer().loads(token, max_age=KEPT_FOR)
    except BadSignature:
        raise NotFound from None
    return str(id), str(digest), int(size)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="workbook of a budget")


def _name(application: Application) -> str:
    return f"{application.reference or application.call.code}-budget.xlsx"
