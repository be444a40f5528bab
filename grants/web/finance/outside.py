"""Opening balances and payments made elsewhere: the model to fill in, the file, what it says, confirmed by another."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from grants.awards.import_kept import MOST, unpack_remark
from grants.core.clock import now
from grants.core.sheets.reading import UnreadableFile
from grants.core.types import Money
from grants.funds import queries as funds
from grants.funds.models import Fund
from grants.messages.models import Status
from grants.messages.queries import find, progress_of
from grants.payments import outside_queries as queries
from grants.payments import policy
from grants.payments.models import OutsideImport, OutsideKind, OutsideState
from grants.payments.outside_book import model
from grants.people.models import Person
from grants.web.access import access
from grants.web.awards import stated_reason
from grants.web.downloads import attachment
from grants.web.finance import portal
from grants.web.forms import Form
from grants.web.language import current_reader, speak_for
from grants.web.sheet_field import SheetField
from workflows import outside as workflow

PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class OutsideForm(Form):
    """The file."""

    file = SheetField(_l("Workbook or CSV file"), [InputRequired()])


@dataclass(frozen=True)
class Shown:
    """A line of the file as it was understood."""

    row: int
    number: str
    kind: OutsideKind
    on: date
    amount: Money
    reference: str
    purpose: str


def shown_outside(user: Person, id: UUID) -> OutsideImport:
    one = queries.find(user, id)
    speak_for(one.fund.cluster.country, one.fund.cluster.timezone)
    return one


@portal.get("/funds/<uuid:id>/outside")
@access(policy.see_outside, funds.fund)
def outside_list(user: Person, fund: Fund) -> Any:
    """What was brought in, by whom, confirmed by whom."""
    speak_for(fund.cluster.country, fund.cluster.timezone)
    may = policy.bring_outside.allows(user, fund)
    return render_template("finance/outside_list.html", fund=fund, files=queries.recent(user, fund), may=may)


@portal.get("/funds/<uuid:id>/outside/model.xlsx")
@access(policy.see_outside, funds.fund)
def outside_model(user: Person, fund: Fund) -> Any:
    """The workbook to fill in, in the reader's language."""
    today = now().astimezone(fund.cluster.zone).date()
    response = Response(model(fund, current_reader(), today), mimetype=XLSX)
    response.headers.set("Content-Disposition", "attachment", filename=f"{fund.code}-outside.xlsx")
    return response


@portal.route("/funds/<uuid:id>/outside/new", methods=["GET", "POST"])
@access(policy.bring_outside, funds.fund)
def outside_new(user: Person, fund: Fund) -> Any:
    """Choose the file; it is read and tried at once."""
    speak_for(fund.cluster.country, fund.cluster.timezone)
    form = OutsideForm()
    if form.validate_on_submit():
        sent, limit = form.file.data, current_app.extensions["settings"].upload_limit_mb * 1_000_000
        assert sent is not None  # noqa: S101  (the field is required)
        try:
            one, before = workflow.receive(fund, sent.filename or "", sent.stream.read(limit + 1), actor=user)
        except UnreadableFile as refusal:
            form.file.errors = [refusal.detail]
        else:
            if before:
                flash(_("This very file was brought in before. Nothing was added; here is what it entered."), "info")
            return redirect(url_for(".outside", id=one.id), 303)
    return render_template("finance/outside_new.html", form=form, fund=fund)


@portal.get("/outside/<uuid:id>")
@access(policy.view_outside, shown_outside)
def outside(user: Person, one: OutsideImport) -> Any:
    """What the file says, what is wrong with it, what it entered."""
    kept = [unpack_remark(remark) for remark in one.remarks]
    done = one.state in {OutsideState.DONE, OutsideState.UNDONE}
    lines = [] if done else [_shown(line, one.currency) for line in one.lines]
    total = one.rows - one.known_rows if done else len(lines)
    pages = max(-(-max(total, len(kept)) // PAGE), 1)
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    start = (page - 1) * PAGE
    mine = policy.confirm_outside.allows(user, one)
    new = one.rows - one.known_rows
    return render_template(
        "finance/outside.html",
        one=one,
        remarks=kept[start : start + PAGE],
        cut=len(kept) >= MOST,
        lines=lines[start : start + PAGE],
        entries=queries.entries(one, limit=PAGE, offset=start) if done else [],
        may_confirm=mine and one.state is OutsideState.CHECKED and not one.refused_rows and new > 0,
        awaits_another=one.state is OutsideState.CHECKED and not mine and not one.refused_rows and new > 0,
        may_undo=one.state is OutsideState.DONE and policy.undo_outside.allows(user, one),
        new=new,
        page=page,
        pages=pages,
        standing=standing(one),
    )


def _shown(line: list[Any], currency: str) -> Shown:
    row, number, kind, on, minor, reference, purpose = line
    return Shown(row, number, OutsideKind(kind), date.fromisoformat(on), Money(minor, currency), reference, purpose)


@portal.post("/outside/<uuid:id>/confirm")
@access(policy.confirm_outside, shown_outside)
def confirm_outside(user: Person, one: OutsideImport) -> Any:
    workflow.confirm(one, actor=user)
    return _back(one)


@portal.post("/outside/<uuid:id>/undo")
@access(policy.undo_outside, shown_outside)
def undo_outside(user: Person, one: OutsideImport) -> Any:
    workflow.undo(one, stated_reason(), actor=user)
    flash(_("Taken back: each operation has its contra-entry."), "ok")
    return _back(one)


@portal.get("/outside/<uuid:id>/progress")
@access(policy.view_outside, shown_outside)
def outside_progress(user: Person, one: OutsideImport) -> Any:
    """For the page that waits: `{"percent", "rows", "done", "failed", "message"}`."""
    return standing(one)


@portal.get("/outside/<uuid:id>/file")
@access(policy.view_outside, shown_outside)
def outside_file(user: Person, one: OutsideImport) -> Any:
    kind = XLSX if one.filename.lower().endswith((".xlsx", ".xlsm")) else "text/csv"
    return attachment(one.sha256, one.filename, kind, one.size)


def standing(one: OutsideImport) -> dict[str, Any]:
    """How far the job of this file has come."""
    waiting = one.state is OutsideState.QUEUED
    done, total = progress_of(one.promise_id) if one.promise_id else (0, 0)
    promise = find(one.promise_id) if one.promise_id and waiting else None
    lost = promise is not None and promise.status in {Status.DEAD, Status.DROPPED}
    refused = one.state is OutsideState.REFUSED
    message = _("Nothing was entered: lines were refused.") if refused else _("It stopped; nothing was entered.")
    return {
        "percent": 100 * done // total if total else 0,
        "rows": done,
        "done": not waiting and not refused,
        "failed": lost or refused,
        "message": message if lost or refused else "",
    }


def _back(one: OutsideImport) -> Any:
    return redirect(url_for(".outside", id=one.id), 303)
