"""The question designer: sections and questions of a call, arranged, previewed, corrected after publication."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound

from grants.calls import policy, queries, questionnaires
from grants.calls.models import CallState, Place, Questionnaire
from grants.calls.questionnaire import KIND_LABELS, Outline, Part, new_key
from grants.core.errors import LostUpdate, Refused
from grants.core.i18n import N_, Text
from grants.people.models import Person
from grants.web.access import access
from grants.web.answers import answers_form
from grants.web.language import say, speak_for
from grants.web.parking import parks
from grants.web.staff import portal
from grants.web.staff.questionnaire_forms import CorrectionForm, part_form, question_form
from workflows import call as workflow


def asked(user: Person, id: UUID, part: str = "", question: str = "") -> Place:
    """Raises NoResultFound for what is not there."""
    call = queries.followed_call(user, id)
    speak_for(call.fund.cluster.country, call.fund.cluster.timezone)
    found = questionnaires.latest(call)
    outline = found.outline if found else Outline()
    try:
        inside = outline.part(part) if part else None
        one = inside.question(question) if inside and question else None
    except KeyError as gone:
        raise NoResultFound from gone
    return Place(call, _version(found), outline, inside, one)


def _version(found: Questionnaire | None) -> int:
    """What the officer looked at: 0 while there is no version in hand."""
    return found.version if found and found.published_at is None else 0


@portal.get("/calls/<uuid:id>/questionnaire")
@access(policy.read_questions, asked)
def questionnaire(user: Person, it: Place) -> Any:
    return _page(user, it)


def _page(user: Person, it: Place, form: CorrectionForm | None = None) -> str:
    in_hand = questionnaires.in_hand(it.call)
    return render_template(
        "staff/questionnaire.html",
        call=it.call,
        version=it.version,
        outline=it.outline,
        kinds=KIND_LABELS,
        may_ask=policy.ask.allows(user, it.call),
        correcting=in_hand is not None and it.call.state != CallState.DRAFT,
        published=questionnaires.published(it.call),
        others=[] if it.outline.parts else queries.calls_with_questions(user, it.call),
        form=form or CorrectionForm(),
    )


@portal.route("/calls/<uuid:id>/questionnaire/sections/new", methods=["GET", "POST"])
@parks()
@access(policy.ask_here, asked)
def new_part(user: Person, it: Place) -> Any:
    return _part_page(user, it)


@portal.route("/calls/<uuid:id>/questionnaire/<part>", methods=["GET", "POST"])
@parks()
@access(policy.ask_here, asked)
def edit_part(user: Person, it: Place) -> Any:
    return _part_page(user, it)


def _part_page(user: Person, it: Place) -> Any:
    form = part_form(it.part, it.version)
    if form.validate_on_submit():
        title, intro = form.title.data, form.intro.data
        made = replace(it.part, title=title, intro=intro) if it.part else Part(new_key(), title, intro)
        if refused := _change(it, lambda outline: outline.with_part(made), form.version.data, user):
            form.form_errors = [refused]
        else:
            return redirect(url_for(".questionnaire", id=it.call.id, _anchor=f"part-{made.id}"), 303)
    return render_template("staff/questionnaire_part.html", call=it.call, part=it.part, form=form)


@portal.route("/calls/<uuid:id>/questionnaire/<part>/new", methods=["GET", "POST"])
@parks()
@access(policy.ask_here, asked)
def new_question(user: Person, it: Place) -> Any:
    return _question_page(user, it)


@portal.route("/calls/<uuid:id>/questionnaire/<part>/<question>", methods=["GET", "POST"])
@parks()
@access(policy.ask_here, asked)
def edit_question(user: Person, it: Place) -> Any:
    return _question_page(user, it)


def _question_page(user: Person, it: Place) -> Any:
    part = it.part
    if part is None:
        raise NoResultFound
    form = question_form(part, it.question, it.version)
    if form.validate_on_submit():
        made, before = form.question(it.question), it.question.id if it.question else None
        if refused := _change(it, lambda asks: asks.with_question(part.id, made, before), form.version.data, user):
            form.form_errors = [refused]
        else:
            return redirect(url_for(".questionnaire", id=it.call.id, _anchor=f"question-{made.id}"), 303)
    return render_template(
        "staff/questionnaire_question.html", call=it.call, part=part, question=it.question, form=form
    )


@portal.post("/calls/<uuid:id>/questionnaire/arrange")
@access(policy.ask_here, asked)
def arrange_questionnaire(user: Person, it: Place) -> Any:
    """Move or remove a section or a question: `go` is up, down or remove, then the ids."""
    action, _, where = request.form.get("go", "").partition(" ")
    part, _, question = where.partition(" ")
    by = {"up": -1, "down": 1}.get(action)

    def change(outline: Outline) -> Outline:
        outline.part(part)  # KeyError when it is gone
        if question:
            outline.part(part).question(question)
            return outline.question_moved(part, question, by) if by else outline.without_question(part, question)
        return outline.moved(part, by) if by else outline.without_part(part)

    if action not in {"up", "down", "remove"}:
        abort(400)
    if refused := _change(it, change, request.form.get("version", type=int), user):
        flash(say(refused), "warning")
    anchor = f"question-{question}" if question and by else f"part-{part}" if by or question else None
    return redirect(url_for(".questionnaire", id=it.call.id, _anchor=anchor), 303)


def _change(it: Place, change: Callable[[Outline], Outline], seen: int | None, user: Person) -> Text | None:
    """Why it could not be changed, None when it was."""
    try:
        questionnaires.arrange(it.call, change, seen=seen, actor=user)
    except (LostUpdate, KeyError):
        return N_("Somebody else changed the questions meanwhile. Look at them again, then make your change.")
    except Refused as refusal:
        return refusal.detail
    return None


@portal.get("/calls/<uuid:id>/questionnaire/preview")
@access(policy.read_questions, asked)
def preview_questionnaire(user: Person, it: Place) -> Any:
    """As applicants will see it; nothing typed here is kept."""
    forms = [(part, answers_form(part, {}, 0, it.call.currency)) for part in it.outline.parts if part.questions]
    for _part, form in forms:
        form.invite(None)
    return render_template("staff/questionnaire_preview.html", call=it.call, forms=forms)


@portal.post("/calls/<uuid:id>/questionnaire/copy")
@access(policy.ask_here, asked)
def copy_questionnaire(user: Person, it: Place) -> Any:
    """Begin with what an earlier call of the person's funds asked."""
    chosen = request.form.get("call", type=UUID)
    source = asked(user, chosen) if chosen else abort(404)
    published = questionnaires.read_by_applicants(source.call)
    if refused := _change(it, lambda outline: outline or published, None, user):
        flash(say(refused), "warning")
    return redirect(url_for(".questionnaire", id=it.call.id), 303)


@portal.post("/calls/<uuid:id>/questionnaire/correct")
@access(policy.ask_here, asked)
def correct_questionnaire(user: Person, it: Place) -> Any:
    form = CorrectionForm()
    if not form.validate_on_submit():
        return _page(user, it, form)
    id = it.call.id
    workflow.correct(it.call, form.change.data, actor=user)
    flash(_("The correction is published; everybody with a draft is told."), "ok")
    return redirect(url_for(".questionnaire", id=id), 303)


@portal.post("/calls/<uuid:id>/questionnaire/discard")
@access(policy.ask_here, asked)
def discard_questionnaire(user: Person, it: Place) -> Any:
    id = it.call.id
    questionnaires.discard(it.call, actor=user)
    flash(_("The correction is given up: the published questions stand."), "ok")
    return redirect(url_for(".questionnaire", id=id), 303)
