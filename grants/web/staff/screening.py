"""A programme officer's moves on an application: admissible or not, eligible or not, to be completed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from grants.appeals import policy as appeal_policy
from grants.applications import policy, queries
from grants.applications.evidence import evidence
from grants.applications.models import Application
from grants.calls.eligibility import Answer
from grants.core.clock import now
from grants.core.i18n import N_, Text
from grants.people.models import Person
from grants.reports.search.keys import Audience
from grants.reports.search.listing import MOST
from grants.reports.search.policy import search_files
from grants.web.access import access
from grants.web.forms import Form, LocalDateTimeField
from grants.web.listing import back_to, picked
from grants.web.staff import portal
from grants.web.staff.applications import file, judged
from workflows import application as workflow

DAYS_TO_COMPLETE = 7  # proposed to the officer, who may choose another date
CONSEQUENCES: dict[str, Text] = {
    "declare_incomplete": N_(
        "The applicant receives your reason by e-mail and may change and submit the file again until the date you "
        "give, although the call is closed."
    ),
    "refuse_admission": N_(
        "The application will not be examined further. The applicant receives your reason by e-mail."
    ),
    "find_ineligible": N_(
        "The application will not be examined further. The applicant receives your reason by e-mail."
    ),
}


class ReasonForm(Form):
    reason = TextAreaField(
        _l("Reason"),
        [DataRequired(), Length(max=4_000)],
        description=_l("The applicant reads it: say what is missing or against which rule it is."),
    )


class CompletionForm(ReasonForm):
    due_at = LocalDateTimeField(_l("To be completed by"), [InputRequired()])


@portal.post("/applications/<uuid:application_id>/admit")
@access(policy.screen, file)
def admit(user: Person, application: Application) -> Any:
    return _moved(workflow.admit, application, user, _("The application is admissible."))


@portal.post("/applications/<uuid:application_id>/find-eligible")
@access(policy.screen, file)
def find_eligible(user: Person, application: Application) -> Any:
    return _moved(workflow.find_eligible, application, user, _("The application is eligible."))


def _moved(verb: Any, application: Application, user: Person, said: str) -> Any:
    id = application.id
    verb(application, actor=user)
    flash(said)
    return redirect(url_for(".application", application_id=id), 303)


@portal.route("/applications/<uuid:application_id>/declare-incomplete", methods=["GET", "POST"])
@access(policy.screen, file)
def declare_incomplete(user: Person, application: Application) -> Any:
    zone = application.call.fund.cluster.timezone
    proposed = (now() + timedelta(days=DAYS_TO_COMPLETE)).astimezone(ZoneInfo(zone)).replace(hour=23, minute=59)
    form, id = CompletionForm(due_at=proposed, zone=zone), application.id
    form.due_at.minimum = now()
    if form.validate_on_submit() and form.due_at.data:
        workflow.declare_incomplete(application, form.due_at.data, form.reason.data or "", actor=user)
        flash(_("The applicant is asked to complete the file."))
        return redirect(url_for(".application", application_id=id), 303)
    return _page(application, "declare_incomplete", form)


@portal.route("/applications/<uuid:application_id>/refuse-admission", methods=["GET", "POST"])
@access(appeal_policy.declare_inadmissible, file)
def refuse_admission(user: Person, application: Application) -> Any:
    return _refuse("refuse_admission", workflow.refuse_admission, application, user)


@portal.route("/applications/<uuid:application_id>/find-ineligible", methods=["GET", "POST"])
@access(appeal_policy.declare_ineligible, file)
def find_ineligible(user: Person, application: Application) -> Any:
    return _refuse("find_ineligible", workflow.find_ineligible, application, user)


def _refuse(name: str, verb: Any, application: Application, user: Person) -> Any:
    form, id = ReasonForm(), application.id
    if form.validate_on_submit():
        verb(application, form.reason.data or "", actor=user)
        flash(_("The reason goes to the applicant."))
        return redirect(url_for(".application", application_id=id), 303)
    return _page(application, name, form)


def _page(application: Application, name: str, form: Form) -> str:
    move = workflow.lifecycle.moves[name]
    return render_template(
        "staff/application_reason.html",
        application=application,
        call=application.call,
        move=move,
        form=form,
        consequence=CONSEQUENCES[name],
        evidence=judged(application),
    )


# --- several at once ------------------------------------------------------------------------------------------

MOVES: dict[str, tuple[str, ...]] = {
    "both": ("admit", "find_eligible"),
    "admit": ("admit",),
    "find_eligible": ("find_eligible",),
}


@portal.get("/list/screen")
@access(search_files)
def screen_found(user: Person) -> Any:
    """What will happen to the chosen files, before it happens, and which stay as they are."""
    name = request.args.get("move", "")
    moves = MOVES.get(name) or MOVES["both"]
    chosen = queries.chosen(user, picked(user, Audience.FUND))
    ready = [one for one in chosen if _can(one, moves) and policy.screen.allows(user, one)]
    left = [(one, _why_left(user, one, moves)) for one in chosen if one not in ready]
    found = evidence([one.id for one in ready])
    return render_template(
        "staff/screen_found.html",
        move=name if name in MOVES else "both",
        label=_LABELS[moves],
        ready=ready,
        left=left,
        doubts={id: sum(one.answer != Answer.PASSES for one in rules) for id, rules in found.items()},
        back=back_to(url_for(".search")),
        limit=MOST,
    )


_LABELS = {
    MOVES["both"]: N_("Declare admissible and eligible"),
    MOVES["admit"]: workflow.lifecycle.moves["admit"].label,
    MOVES["find_eligible"]: workflow.lifecycle.moves["find_eligible"].label,
}


def _can(application: Application, moves: Sequence[str]) -> bool:
    """Whether one of the moves begins where the file stands."""
    return any(application.state in workflow.lifecycle.moves[name].sources for name in moves)


def _why_left(user: Person, application: Application, moves: Sequence[str]) -> Text:
    if not _can(application, moves):
        return N_("It is “%(state)s”.", state=workflow.lifecycle.labels[application.state])
    return policy.screen.why_not(user, application) or N_("It has already moved on")


@portal.post("/list/screen")
@access(search_files)
def screen_all(user: Person) -> Any:
    """The same for all of them, or for none."""
    moves = MOVES.get(request.form.get("move", "")) or MOVES["both"]
    moved = workflow.screen_all(queries.chosen(user, picked(user, Audience.FUND)), moves, actor=user)
    state = workflow.lifecycle.labels[workflow.lifecycle.moves[moves[-1]].target]
    flash(
        ngettext(
            "%(num)d application is now “%(state)s”.", "%(num)d applications are now “%(state)s”.", moved, state=state
        )
        if moved
        else _("Nothing had to be moved."),
        "ok",
    )
    return redirect(back_to(url_for(".search")), 303)
