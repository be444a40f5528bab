"""The beneficiary reports on milestones and asks for support in kind; partners read."""

from typing import Any
from uuid import UUID

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from grants.awards import milestone_policy as policy
from grants.awards import milestone_queries as queries
from grants.awards.models import WRITABLE, Milestone, MilestoneFile, Support
from grants.calls.models import FileKind
from grants.calls.questionnaire import missing
from grants.core.clock import now
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.people.models import Person
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.downloads import attached
from grants.web.milestones import ReportForm, files, report_form, shared
from grants.web.parking import parks
from grants.web.uploads import keep_file
from workflows import in_kind
from workflows import milestone as workflow


@portal.get("/milestones/<uuid:id>")
@parks()
@access(policy.view_milestone, queries.milestone)
def milestone(user: Person, milestone: Milestone) -> Any:
    """What was agreed, the report, what the fund said of it."""
    return _page(user, milestone, report_form(milestone))


@portal.post("/milestones/<uuid:id>")
@parks("applicant.milestone")
@access(policy.report_milestone, queries.milestone)
def submit_report(user: Person, milestone: Milestone) -> Any:
    """Keep what is written and add the file; the button says whether the report is submitted too."""
    form, id, go = report_form(milestone), milestone.id, request.form.get("go", "send")
    if not form.validate_on_submit():
        return _page(user, milestone, form)
    workflow.write(milestone, form.part().answers, form.reply.data or "", form.version.data, actor=user)
    try:
        if form.file.data:
            workflow.attach(queries.milestone(user, id), [keep_file(form.file, list(FileKind))], actor=user)
            form.file.data = None
        if go == "send":
            _show_gaps(form, queries.milestone(user, id))
            if not form.errors:
                workflow.submit_report(queries.milestone(user, id), actor=user)
    except Refused as refusal:
        form.blame("file", refusal.detail)
    if form.errors:
        again = queries.milestone(user, id)
        form.version.data, form.version.raw_data = again.version, None
        return _page(user, again, form)
    if go == "send":
        flash(_("Your report is with the fund."), "ok")
    else:
        flash(_("Your report is saved. It is not submitted yet."))
    return redirect(url_for(".milestone", id=id), 303)


def _show_gaps(form: ReportForm, milestone: Milestone) -> None:
    """Beside its field, what keeps the report from being submitted."""
    for gap in missing(milestone.form, milestone.answers):
        form.blame(gap.field, gap.message)
    if milestone.asked is not None and not milestone.asked.answer:
        form.blame("reply", N_("Answer the officer’s question."))


@portal.post("/milestones/<uuid:id>/autosave")
@parks("applicant.milestone")
@access(policy.report_milestone, queries.milestone)
def autosave_report(user: Person, milestone: Milestone) -> Any:
    """Keep what is readable; what is not stays on the page, where the button that saves will ask about it."""
    form, id = report_form(milestone), milestone.id
    form.validate()
    typed = form.part().answers
    wrong = {one.id for one in milestone.form.questions if form[one.id].errors}
    good = {name: given for name, given in typed.items() if name not in wrong}
    good |= {name: given for name, given in milestone.answers.items() if name in wrong}
    workflow.write(milestone, good, form.reply.data or "", form.version.data, actor=user)
    return jsonify(saved_at=now().isoformat(), version=queries.milestone(user, id).version, unread=sorted(wrong))


@portal.get("/milestone-files/<uuid:id>")
@access(policy.view_milestone_file, queries.milestone_file)
def milestone_file(user: Person, file: MilestoneFile) -> Any:
    return attached(file)


@portal.post("/milestone-files/<uuid:id>/remove")
@access(policy.remove_milestone_file, queries.milestone_file)
def remove_milestone_file(user: Person, file: MilestoneFile) -> Any:
    id, name = file.milestone_id, file.filename
    workflow.detach(file, actor=user)
    flash(_("%(name)s is removed.", name=name))
    return redirect(url_for(".milestone", id=id), 303)


@portal.post("/supports/<uuid:id>/ask")
@access(policy.ask_support, queries.support)
def ask_support(user: Person, support: Support) -> Any:
    """So many units of what the agreement gives in kind."""
    agreement_id: UUID = support.agreement_id
    try:
        quantity = int(request.form.get("quantity", ""))
    except ValueError:
        raise Refused(N_("Write how many you ask for, as a whole number.")) from None
    in_kind.ask_support(support, quantity, request.form.get("note", "")[:1000], actor=user)
    flash(_("Your request is with the fund."), "ok")
    return redirect(url_for(".agreement", id=agreement_id, _anchor="supports"), 303)


def _page(user: Person, milestone: Milestone, form: ReportForm) -> str:
    awaited = milestone.state in WRITABLE
    refusal = policy.report_milestone.why_not(user, milestone) if awaited else None
    writable = awaited and refusal is None
    parts = shared(portal, user, milestone) | {"files": files(milestone, removable=writable)}
    reads_agreement = any(one.person_id == user.id for one in milestone.agreement.award.organisation.memberships)
    return render_template(
        "applicant/milestone.html",
        form=form if writable else None,
        asked=milestone.asked,
        refusal=refusal if awaited else None,
        most=workflow.MOST_FILES,
        home=url_for(".agreement", id=milestone.agreement_id) if reads_agreement else url_for(".home"),
        **parts,
    )
