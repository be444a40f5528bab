"""Writing an application: begin it, fill its sections, check the answers, submit."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from grants.applications import policy, queries, service
from grants.applications.blockers import Blocker, most
from grants.applications.budgets import budget_of, warnings
from grants.applications.content import (
    LONGEST_DESCRIPTION,
    LONGEST_SUMMARY,
    Answered,
    Budget,
    Project,
    Section,
    Sheet,
    outline,
)
from grants.applications.models import Application
from grants.applications.submitted import content_hash
from grants.calls.eligibility import Finding
from grants.calls.models import Call
from grants.calls.questionnaire import Part, cell_name
from grants.core.clock import now
from grants.core.errors import LostUpdate
from grants.core.i18n import Text
from grants.people import queries as people
from grants.people.identifiers import ice_warning
from grants.people.models import Person, Right
from grants.web.access import access
from grants.web.answers import AnswersForm, answers_form, sheets
from grants.web.applicant import answer_files, budget_page, portal
from grants.web.applicant.drafting import look_back, together
from grants.web.applicant.forms import BeginForm, BudgetForm, ProjectForm, SubmitForm
from grants.web.applicant.status import files, section_url, standing
from grants.web.eligibility import answers as tested_answers
from grants.web.eligibility import look
from grants.web.language import say, speak_for
from grants.web.parking import parks
from grants.web.table import TableField
from workflows import application as workflow
from workflows import eligibility


def own_application(user: Person, application_id: UUID) -> Application:
    found = queries.own_application(user, application_id)
    cluster = found.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
    return found


def own_part(user: Person, application_id: UUID, part: str) -> Sheet:
    """Raises NoResultFound for a section that the application's version does not have."""
    application = own_application(user, application_id)
    found = next((one for one in outline(application).parts if one.id == part and one.questions), None)
    if found is None:
        raise NoResultFound
    return Sheet(application, found)


def public_call(user: Person, call_id: UUID) -> Call:
    found = queries.public_call(user, call_id)
    speak_for(found.fund.cluster.country, found.fund.cluster.timezone)
    return found


# --- begin ----------------------------------------------------------------------------------------------------


@portal.route("/calls/<uuid:call_id>/begin", methods=["GET", "POST"])
@access(policy.begin, public_call)
def begin(user: Person, call: Call) -> Any:
    """Choose who applies. However often it is pressed, an organisation has one draft in a call."""
    organisations = people.organisations_of(user, Right.OWNER, Right.EDITOR)
    if not organisations:
        flash(_("First say which organisation applies. You will come back here."), "info")
        return redirect(url_for(".create_organisation", next=url_for(".begin", call_id=call.id)), 303)
    form = BeginForm(organisation_id=organisations[0].id if len(organisations) == 1 else None)
    form.organisation_id.choices = [SelectChoice(str(one.id), one.name) for one in organisations]
    if form.validate_on_submit():
        chosen = next(one for one in organisations if one.id == form.organisation_id.data)
        name = chosen.name
        application, made = service.begin(call, chosen, actor=user)
        if made and tested_answers():
            flash(_("Your draft is ready. First check what you answered in the self-test."))
            return redirect(url_for(".eligibility", application_id=application.id), 303)
        if made:
            flash(_("Your draft is ready. Everything you write in it is kept; nobody but you reads it."))
        else:
            flash(_("%(name)s already has a draft in this call: here it is.", name=name), "info")
        return redirect(url_for(".application", application_id=application.id), 303)
    return render_template("applicant/begin.html", call=call, form=form)


# --- sections -------------------------------------------------------------------------------------------------


@portal.route("/applications/<uuid:application_id>/project", methods=["GET", "POST"])
@parks()
@access(policy.edit, own_application)
def project(user: Person, application: Application) -> Any:
    form = _project_form(application)
    if form.validate_on_submit():
        return _save(application, Section.PROJECT, form, user)
    _show_blockers(form, application, Section.PROJECT)
    counts = {"summary": LONGEST_SUMMARY, "description": LONGEST_DESCRIPTION}
    return _section_page("applicant/project.html", application, Section.PROJECT, form=form, counts=counts)


@portal.post("/applications/<uuid:application_id>/project/autosave")
@parks("applicant.project")
@access(policy.edit, own_application)
def autosave_project(user: Person, application: Application) -> Any:
    return _autosave(application, _project_form(application), Project.of(application), user)


@portal.route("/applications/<uuid:application_id>/budget", methods=["GET", "POST"])
@parks()
@access(policy.edit, own_application)
def budget(user: Person, application: Application) -> Any:
    if application.call.budget_rules:
        return budget_page.answer(user, application)
    form = _budget_form(application)
    if form.validate_on_submit():
        return _save(application, Section.BUDGET, form, user)
    _show_blockers(form, application, Section.BUDGET)
    call = application.call
    limit = most(call, application.cost)[1] if application.cost and not form.requested.errors else None
    return _section_page("applicant/budget.html", application, Section.BUDGET, form=form, limit=limit)


@portal.post("/applications/<uuid:application_id>/budget/autosave")
@parks("applicant.budget")
@access(policy.edit, own_application)
def autosave_budget(user: Person, application: Application) -> Any:
    if application.call.budget_rules:
        return budget_page.autosave(user, application)
    return _autosave(application, _budget_form(application), Budget.of(application), user)


@portal.route("/applications/<uuid:application_id>/answers/<part>", methods=["GET", "POST"])
@parks()
@access(policy.answer, own_part)
def answers(user: Person, sheet: Sheet) -> Any:
    """A section of the call's own questions."""
    application, part = sheet.application, sheet.part
    form, id = _answers_form(application, part), application.id
    form.arrange(request.form.get("go", ""))
    if form.validate_on_submit():
        answer_files.drop(application, form, request.form.get("go", ""), user)
        if answer_files.attach(application, form, user):
            return _save(own_application(user, id), part.id, form, user)
        application = own_application(user, id)
        form.slots = answer_files.slots(application, part)
    form.invite(request.args.get("more"))
    _show_blockers(form, application, part.id)
    return _section_page("applicant/answers.html", application, part.id, form=form, part=part)


@portal.post("/applications/<uuid:application_id>/answers/<part>/autosave")
@parks("applicant.answers")
@access(policy.answer, own_part)
def autosave_answers(user: Person, sheet: Sheet) -> Any:
    application, part = sheet.application, sheet.part
    form, saved = _answers_form(application, part), Answered.to(application, part)
    form.validate()
    typed = form.part().answers
    wrong = {one.id for one in part.questions if form[one.id].errors or getattr(form[one.id], "wrong", ())}
    good = {id: given for id, given in typed.items() if id not in wrong}
    good |= {id: given for id, given in saved.answers.items() if id in wrong}
    version = service.revise(application, Answered(part, good), seen=form.version.data, actor=user)
    return jsonify(saved_at=now().isoformat(), version=version, unread=sorted(wrong))


def _answers_form(application: Application, part: Part) -> AnswersForm:
    saved = Answered.to(application, part)
    form = answers_form(part, saved.answers, saved.version, application.currency)
    form.slots = answer_files.slots(application, part)
    return form


def _project_form(application: Application) -> ProjectForm:
    form = ProjectForm(obj=Project.of(application))
    offered = (one.commission for one in application.call.envelopes)
    form.offer(sorted(offered, key=lambda one: one.position))
    if application.submitted_at:
        form.commission_id.validators = [InputRequired(), *form.commission_id.validators]
    return form


def _budget_form(application: Application) -> BudgetForm:
    form = BudgetForm(obj=Budget.of(application), currency=application.currency)
    if application.submitted_at:
        form.requested.validators = [InputRequired(), *form.requested.validators]
    return form


def _save(application: Application, section: str, form: Any, user: Person) -> Any:
    """Keep it; then the next section, or this one again when something typed cannot be submitted as it is."""
    id = application.id
    form.before = look_back(application, str(section), form.version.data)
    service.revise(application, form.part(), seen=form.version.data, actor=user)
    if request.form.get("go") == "later":
        flash(_("Your draft is saved."))
        return redirect(url_for(".application", application_id=id), 303)
    if place := _inside(section, form, request.form.get("go", "")):
        return redirect(section_url(id, section, **place), 303)
    application = own_application(user, id)
    if any(one.wrong and one.section == section for one in standing(application).blockers):
        flash(_("Your draft is saved. Something in it must still be put right."), "warning")
        return redirect(section_url(id, section), 303)
    return redirect(standing(application).after(section), 303)


def _inside(section: str, form: Any, go: str) -> dict[str, str] | None:
    """Where on the same page a button inside a table leads: an empty row more, or the table."""
    verb, _, rest = go.partition("-")
    tables = {one.name: one for one in form if isinstance(one, TableField)}
    if verb == "rows" and rest in tables:
        return {"more": rest, "_anchor": cell_name(rest, len(tables[rest].data), tables[rest].grid.columns[0].id)}
    if verb == "paste" and rest in tables:
        return {"_anchor": rest}
    if verb == "attach" and rest in form:
        return {"_anchor": f"files-{rest}"}
    if verb == "drop":
        return {"_anchor": f"files-{rest[:-37]}"}
    if verb == "cut" and rest.rpartition("-")[0] in tables:
        return {"_anchor": rest.rpartition("-")[0]}
    return None


def _autosave(application: Application, form: Any, saved: Project | Budget, user: Person) -> Any:
    """Keep what is readable; what is not stays on the page, where the button that saves will ask about it."""
    form.validate()
    typed = form.part()
    good = {name: getattr(saved if form[name].errors else typed, name) for name in type(typed).__dataclass_fields__}
    version = service.revise(application, type(typed)(**good), seen=form.version.data, actor=user)
    return jsonify(saved_at=now().isoformat(), version=version, unread=[one.name for one in form if one.errors])


def _show_blockers(form: Any, application: Application, section: str) -> None:
    """Beside its field: what is wrong; and once the answers were checked, what is missing too."""
    if form.is_submitted():
        return
    for one in standing(application).blockers:
        if one.section == section and (one.wrong or "check" in request.args):
            form.blame(one.field, one.message)


def _section_page(template: str, application: Application, section: str, **values: Any) -> Any:
    now_at = standing(application)
    return render_template(
        template,
        application=application,
        call=application.call,
        standing=now_at,
        section=str(section),
        steps=now_at.steps(section),
        together=together(application, str(section)),
        **values,
    )


# --- check and submit -----------------------------------------------------------------------------------------


@portal.get("/applications/<uuid:application_id>/check")
@access(policy.edit, own_application)
def check(user: Person, application: Application) -> Any:
    return _check_page(user, application, standing(application).blockers)


def _check_page(user: Person, application: Application, found: Sequence[Blocker], status: int = 200) -> Any:
    form = SubmitForm(formdata=None, seen=content_hash(application))
    judged = eligibility.findings(application)
    problems: list[tuple[str, Blocker | Finding]] = [
        (section_url(application.id, one.section, check=1) + f"#{one.field}", one) for one in found
    ]
    problems += [(url_for(".eligibility", application_id=application.id), one) for one in judged if one.stops]
    page = render_template(
        "applicant/check.html",
        application=application,
        call=application.call,
        form=form,
        problems=problems,
        findings=[(one, look(one)) for one in judged],
        budget=budget_of(application),
        warnings=_warnings(application),
        standing=standing(application),
        steps=standing(application).steps("check"),
        files=files(application, "applicant.document"),
        sheets=sheets(application),
        refusal=policy.submit.why_not(user, application),
    )
    return page, status


def _warnings(application: Application) -> list[tuple[str, Text]]:
    """What to look at again, and where; none of it keeps the application from being submitted."""
    ice, who = application.organisation.ice, application.organisation_id
    doubt = ice_warning(ice) if ice else None
    found = [(section_url(application.id, Section.BUDGET), one) for one in warnings(application)]
    return [*found, (url_for(".organisation", organisation_id=who), doubt)] if doubt else found


@portal.post("/applications/<uuid:application_id>/submit")
@access(policy.submit, own_application)
def submit(user: Person, application: Application) -> Any:
    form = SubmitForm()
    id = application.id
    try:
        workflow.submit(application, seen=form.seen.data or None, actor=user)
    except workflow.NotReady as refusal:
        return _check_page(user, own_application(user, id), refusal.blockers, refusal.status)
    except LostUpdate as refusal:
        flash(say(refusal.detail), "warning")
        return redirect(url_for(".check", application_id=id), 303)
    return redirect(url_for(".receipt", application_id=id), 303)
