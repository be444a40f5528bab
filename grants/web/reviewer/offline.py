"""Marking away from the product: the workbook fetched, sent back, looked at, taken over."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms.validators import InputRequired

from grants.core.errors import Refused
from grants.core.i18n import number
from grants.core.policy import signed_in
from grants.core.types import Money
from grants.people.models import Person
from grants.reviews import offline, policy, queries
from grants.reviews.offline import Change, Work
from grants.reviews.offline_book import Sent, read_sheet, scoring_book
from grants.reviews.service import CONFIDENCE
from grants.web.access import access
from grants.web.fields import UploadField
from grants.web.forms import Form
from grants.web.language import current_reader, say
from grants.web.reviewer import portal
from workflows import review as workflow

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NAME = "scoring-sheet.xlsx"
LONGEST_NAME = 200


class SheetFileForm(Form):
    file = UploadField(_l("Scoring workbook"), [InputRequired()], kinds=("xlsx",), max_mb=4)


@portal.get("/reviews/workbook")
@access(signed_in)
def workbook(user: Person) -> Any:
    """Where it is fetched and sent; and what the one sent last would change."""
    return _page(user, SheetFileForm())


def work_of(user: Person) -> list[Work]:
    """What is in this reviewer's hands."""
    return offline.work_of(queries.in_hand(user))


@portal.get("/reviews/workbook.xlsx")
@access(policy.mark_away, work_of)
def fetch_workbook(user: Person, work: list[Work]) -> Any:
    response = Response(scoring_book(work, current_reader()), mimetype=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="{NAME}"'
    return response


@portal.post("/reviews/workbook")
@access(signed_in)
def send_workbook(user: Person) -> Any:
    """Read it; nothing is written before its reviewer has seen what changes."""
    form = SheetFileForm()
    if not form.validate_on_submit() or form.file.data is None:
        return _page(user, form)
    try:
        sent = read_sheet(form.file.data.stream.read(), work_of(user))
    except Refused as refusal:
        form.file.errors = [refusal.detail]
        return _page(user, form)
    if sent.errors:
        return _page(user, form, sent)
    offline.keep(user, (form.file.data.filename or NAME)[:LONGEST_NAME], sent.cells)
    return redirect(url_for(".workbook") + "#changes", 303)


@portal.post("/reviews/workbook/take")
@access(signed_in)
def take_workbook(user: Person) -> Any:
    taken = [name.removeprefix("take-") for name in request.form if name.startswith("take-")]
    try:
        written = workflow.take_over(user, request.form.get("shown", ""), taken)
    except Refused as refusal:
        flash(say(refusal.detail), "warn")
        return redirect(url_for(".workbook"), 303)
    flash(
        ngettext(
            "One cell of your workbook is taken over.",
            "%(n)s cells of your workbook are taken over.",
            written,
            n=written,
        )
    )
    return redirect(url_for(".reviews"), 303)


@portal.post("/reviews/workbook/forget")
@access(signed_in)
def forget_workbook(user: Person) -> Any:
    offline.forget(user)
    flash(_("The workbook is set aside. Nothing was written."), "info")
    return redirect(url_for(".workbook"), 303)


def _page(user: Person, form: SheetFileForm, sent: Sent | None = None) -> str:
    work = work_of(user)
    kept = None if sent else offline.kept(user)
    changes = offline.plan(kept[1], work) if kept else []
    files: dict[Any, list[Change]] = {}
    for one in changes:
        files.setdefault(one.review, []).append(one)
    return render_template(
        "reviewer/workbook.html",
        form=form,
        sent=sent,
        work=work,
        kept=kept[0] if kept else None,
        files=files,
        shown=offline.digest(changes),
        clashes=sum(one.clash for one in changes),
        count=len(changes),
        printed=_printed,
    )


def _printed(change: Change, value: offline.Value) -> Any:
    """What a cell holds, as the page prints it; None when it is empty."""
    kind = change.held.field.partition(":")[0]
    if value is None or value == "":
        return None
    if kind == "mark" and isinstance(value, int):
        return number(value / 2, current_reader(), value % 2)
    if kind == "confidence" and isinstance(value, int):
        return CONFIDENCE[value]
    return Money(value, change.review.currency) if kind == "amount" and isinstance(value, int) else value
