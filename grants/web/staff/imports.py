"""A programme officer brings in past awards: file, columns, preview, one job with its progress."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, ValidationError

from grants.awards import import_queries as queries
from grants.awards import policy
from grants.awards.import_kept import MOST, unpack, unpack_remark
from grants.awards.imports import LIKELY, REQUIRED, SURE, Mapping
from grants.awards.imports import Field as Part
from grants.awards.models import AwardImport, ImportState
from grants.core.errors import Refused
from grants.core.i18n import N_, Text
from grants.core.sheets.reading import UnreadableFile
from grants.messages.models import Status
from grants.messages.queries import find, progress_of
from grants.people.models import Person, Role
from grants.web.access import access
from grants.web.downloads import attachment
from grants.web.filters import plain
from grants.web.forms import Form, Versioned
from grants.web.language import speak_for
from grants.web.navigation import Item, offer
from grants.web.sheet_field import SheetField
from grants.web.staff import portal
from workflows import imports as workflow

PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@offer
def items(user: Person) -> Iterator[Item]:
    if user.is_authenticated and Role.OFFICER in user.roles:
        yield Item("staff.imports", N_("Past awards"), "file-up", "staff.import")


class FileForm(Form):
    """Which file, for which fund."""

    fund = SelectField(_l("Fund"), [InputRequired()])
    file = SheetField(_l("Workbook or CSV file"), [InputRequired()])


class ColumnsForm(Form, Versioned):
    """Which column holds what; a select for each part of an award is added by `columns_form`."""

    order = RadioField(
        _l("A date such as 03/04/2020 is"),
        choices=[
            SelectChoice("", _l("as the column tells")),
            SelectChoice("day", _l("day, then month: 3 April")),
            SelectChoice("month", _l("month, then day: 4 March")),
        ],
        default="",
    )

    def chosen(self) -> dict[Part, int]:
        return {one: int(self[one.value].data) for one in Part if self[one.value].data}

    def validate_order(self, field: Any) -> None:
        taken: dict[int, Part] = {}
        for one, at in self.chosen().items():
            if at in taken:
                raise ValidationError(
                    N_("One column cannot hold both “%(one)s” and “%(other)s”.", one=taken[at].label, other=one.label)
                )
            taken[at] = one


def columns_form(one: AwardImport) -> ColumnsForm:
    """The form filled with the mapping kept, its choices the columns of this file with an example each."""
    mapping, shape = Mapping.from_json(one.mapping), one.shape
    choices = [SelectChoice("", _("not in this file"))]
    for at, heading in enumerate(shape["headings"]):
        examples = ", ".join(shape["examples"][at][:2])
        choices.append(
            SelectChoice(str(at), f"{_letter(at)} · {heading or '—'}" + (f" ({examples})" if examples else ""))
        )

    class Form(ColumnsForm):
        pass

    for part in Part:
        hint = _sureness(mapping, part)
        setattr(Form, part.value, SelectField(part.label, choices=choices, description=hint))
    held = {part.value: str(at) for part, at in mapping.columns.items()}
    order = {True: "day", False: "month", None: ""}[mapping.day_first]
    return Form(data={**{part.value: "" for part in Part}, **held, "order": order, "version": one.version})


def _letter(at: int) -> str:
    return (chr(64 + at // 26) if at >= 26 else "") + chr(65 + at % 26)


def _sureness(mapping: Mapping, part: Part) -> Text | str:
    share = mapping.confidence.get(part)
    if share is None:
        return N_("Required.") if part in REQUIRED else ""
    if share >= SURE:
        return ""
    return N_("Probably this column: please look.") if share >= LIKELY else N_("A guess: please look.")


def shown_import(user: Person, id: UUID) -> AwardImport:
    one = queries.find(user, id)
    speak_for(one.fund.cluster.country, one.fund.cluster.timezone)
    return one


@portal.get("/imports")
@access(policy.see_imports)
def imports(user: Person) -> Any:
    """What was brought in, and by whom."""
    return render_template("staff/import_list.html", imports=queries.recent(user), may=bool(queries.funds_of(user)))


@portal.route("/imports/new", methods=["GET", "POST"])
@access(policy.start_import)
def import_new(user: Person) -> Any:
    """Choose the file; it is read at once and the columns are proposed."""
    form, funds = FileForm(), queries.funds_of(user)
    form.fund.choices = [SelectChoice(str(one.id), f"{one.code} · {one.name} ({one.currency})") for one in funds]
    if not form.is_submitted() and len(funds) == 1:
        form.fund.data = str(funds[0].id)
    if form.validate_on_submit():
        fund = next(fund for fund in funds if str(fund.id) == form.fund.data)
        sent, limit = form.file.data, current_app.extensions["settings"].upload_limit_mb * 1_000_000
        assert sent is not None  # noqa: S101  (the field is required)
        try:
            one, before = workflow.receive(fund, sent.filename or "", sent.stream.read(limit + 1), actor=user)
        except UnreadableFile as refusal:
            form.file.errors = [refusal.detail]
        else:
            if before:
                flash(_("This very file was imported before. Nothing was added; here is what it brought."), "info")
            return redirect(url_for(".import_", id=one.id), 303)
    return render_template("staff/import_new.html", form=form, funds=funds)


@portal.get("/imports/<uuid:id>")
@access(policy.view_import, shown_import)
def import_(user: Person, one: AwardImport) -> Any:
    return _page(user, one, None)


@portal.post("/imports/<uuid:id>/columns")
@access(policy.run_import, shown_import)
def examine_import(user: Person, one: AwardImport) -> Any:
    """Read the file again with the columns chosen."""
    if not one.shape:
        raise Refused(N_("This file has not been read."))
    form = columns_form(one)
    if not form.validate_on_submit():
        return _page(user, one, form)
    form.require_fresh(one)
    day_first = {"day": True, "month": False}.get(form.order.data or "")
    mapping = Mapping.from_json(one.mapping).changed(form.chosen(), day_first)
    workflow.examine(one, mapping, actor=user)
    flash(_("The file was checked with these columns."), "ok")
    return _back(one)


@portal.post("/imports/<uuid:id>/confirm")
@access(policy.run_import, shown_import)
def confirm_import(user: Person, one: AwardImport) -> Any:
    workflow.confirm(one, actor=user)
    return _back(one)


@portal.get("/imports/<uuid:id>/progress")
@access(policy.view_import, shown_import)
def import_progress(user: Person, one: AwardImport) -> Any:
    """For the page that waits: `{"percent", "rows", "done", "failed", "message"}`."""
    return standing(one)


@portal.get("/imports/<uuid:id>/file")
@access(policy.view_import, shown_import)
def import_file(user: Person, one: AwardImport) -> Any:
    kind = XLSX if one.filename.lower().endswith((".xlsx", ".xlsm")) else "text/csv"
    return attachment(one.sha256, one.filename, kind, one.size)


def standing(one: AwardImport) -> dict[str, Any]:
    """How far the job of this import has come."""
    waiting = one.state in {ImportState.QUEUED, ImportState.UPLOADED}
    done, total = progress_of(one.promise_id) if one.promise_id else (0, 0)
    promise = find(one.promise_id) if one.promise_id and waiting else None
    lost = promise is not None and promise.status in {Status.DEAD, Status.DROPPED}
    refused = one.state == ImportState.REFUSED
    message = (
        _("Nothing was imported: rows were refused.") if refused else _("The import stopped; nothing was imported.")
    )
    return {
        "percent": 100 * done // total if total else 0,
        "rows": done,
        "done": not waiting and not refused,
        "failed": lost or refused,
        "message": message if lost or refused else "",
    }


def _back(one: AwardImport) -> Any:
    return redirect(url_for(".import_", id=one.id), 303)


def _page(user: Person, one: AwardImport, form: ColumnsForm | None) -> Any:
    kept = [unpack_remark(remark) for remark in one.remarks]
    only = request.args.get("show", "")
    remarks = [
        remark for remark in kept if only not in {"refused", "warnings"} or remark.refused == (only == "refused")
    ]
    pages = max(-(-len(remarks) // PAGE), 1)
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    mine = policy.run_import.allows(user, one)
    editable = mine and one.state in workflow.OPEN and bool(one.shape)
    count, total = queries.imported_total(one)
    awards = queries.awards_of(one, limit=PAGE, offset=(page - 1) * PAGE) if count else []
    return render_template(
        "staff/import_show.html",
        one=one,
        columns=form or (columns_form(one) if editable else None),
        parts=[part.value for part in Part],
        remarks=remarks[(page - 1) * PAGE : page * PAGE],
        found=len(remarks),
        cut=one.refused_rows + one.warnings > MOST,
        only=only,
        notes=[plain(unpack(note)) for note in one.notes],
        page=page,
        pages=pages if not count else max(-(-count // PAGE), 1),
        may_confirm=mine
        and one.state == ImportState.CHECKED
        and bool(one.rows)
        and not one.refused_rows
        and one.known_rows < one.rows,
        waiting=one.state in {ImportState.QUEUED, ImportState.UPLOADED},
        standing=standing(one),
        count=count,
        total=total,
        awards=awards,
    ), (422 if form is not None else 200)
