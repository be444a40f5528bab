"""The proposal as a workbook, down and up again: what an edited file would change is shown before anything changes."""

import re
from typing import Any
from uuid import UUID

from flask import Response, flash, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from grants.core.sheets.reading import UnreadableFile
from grants.people.models import Person
from grants.reviews import policy
from grants.reviews.assignment import plan as reads
from grants.reviews.assignment import sheet
from grants.reviews.assignment.facts import gather
from grants.reviews.assignment.sheet import Reading
from grants.web.access import access
from grants.web.forms import Form
from grants.web.language import current_reader
from grants.web.reviewer import portal
from grants.web.reviewer.assignment import Planned, VersionForm, home, speak
from grants.web.sheet_field import SheetField
from workflows import assignment as workflow

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class UploadForm(Form):
    """The edited file."""

    file = SheetField(_l("Workbook or CSV file"), [InputRequired()], max_mb=5)


@portal.get("/assignments/<uuid:id>.xlsx")
@access(policy.see_plan, reads.planned)
def assignment_workbook(user: Person, found: Planned) -> Response:
    """Who reviews what, to edit in a spreadsheet."""
    board, plan = found
    speak(board)
    content = sheet.book(board, gather(board, user), reads.pairs_of(plan), current_reader())
    response = Response(content, mimetype=XLSX)
    name = re.sub(r"[^\w-]", "-", f"{board.call.code}-{board.commission.code}", flags=re.ASCII)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-assignment.xlsx"'
    return response


@portal.route("/assignments/<uuid:id>/file", methods=["GET", "POST"])
@access(policy.see_plan, reads.planned)
def assignment_file(user: Person, found: Planned) -> Any:
    """Send the edited file; what it would change is shown, and errors by cell. Nothing changes yet."""
    board, plan = found
    speak(board)
    form = UploadForm()
    reading: Reading | None = None
    problems: list[Any] = []
    if form.validate_on_submit():
        sent = form.file.data
        assert sent is not None  # noqa: S101 - the field is required
        version, facts, pairs = plan.version, gather(board, user), reads.pairs_of(plan)
        try:
            reading = sheet.read(sent.stream.read(), facts, pairs)
        except UnreadableFile as refusal:
            form.file.errors = [refusal.detail]
        else:
            after = pairs | dict(reading.wanted)
            problems = reads.fresh(facts, pairs, after, workflow.names_of(pairs, after))
            if reading.wanted and not reading.errors and not problems:
                workflow.keep_upload(plan, reading.wanted, version, actor=user)
                board, plan = reads.planned(user, found[1].id)
    failed = form.is_submitted() and (reading is None or bool(reading.errors) or bool(problems))
    return render_template(
        "reviewer/assignment_file.html",
        board=board,
        plan=plan,
        form=form,
        reading=reading,
        problems=problems,
    ), (422 if failed else 200)


@portal.post("/assignments/<uuid:id>/file/apply")
@access(policy.see_plan, reads.planned)
def apply_assignment_file(user: Person, found: Planned) -> Any:
    """Take over every change of the file that was just shown, or none."""
    board, plan = found
    form = VersionForm()
    wanted = {UUID(file): [UUID(one) for one in some] for file, some in plan.edited.items()}
    if not form.validate_on_submit() or not wanted:  # a second press: they are taken over already
        return home(board)
    workflow.change(board, plan, wanted, form.version.data, actor=user)
    flash(_("The changes of the file are in the proposal."), "ok")
    return home(board)
