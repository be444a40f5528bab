"""The questions a call was asked: answer them for everybody, correct an answer, set a question aside."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import ValidationError

from grants.calls import queries, question_policy, question_queries
from grants.calls.models import Call, CallQuestion, QuestionState
from grants.core.errors import Refused
from grants.core.i18n import N_, Words
from grants.people.models import Person
from grants.web.access import access
from grants.web.fields import tidy
from grants.web.forms import Form, Versioned, WordsField
from grants.web.language import say, speak_for
from grants.web.staff import portal
from workflows import question as workflow

LONGEST_ANSWER = 6000


def _in_one_language(form: Form, field: Any) -> None:
    if not field.data:
        raise ValidationError(N_("Write this in at least one language."))


class AnswerForm(Form, Versioned):
    """The question as it is published, and its answer, in the languages the officer writes."""

    wording = WordsField(
        _l("The question, as everybody will read it"),
        multiline=True,
        required=False,
        longest=2000,
        description=_l(
            "Take out whatever would tell who asked. Everybody reads it in their language where you give it."
        ),
    )
    answer = WordsField(_l("The answer"), multiline=True, required=False, longest=LONGEST_ANSWER)
    validate_wording = validate_answer = _in_one_language


def question(user: Person, id: UUID) -> CallQuestion:
    """A question of a fund the person runs, told in the cluster's zone."""
    found = question_queries.question(user, id)
    cluster = found.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
    return found


@portal.get("/calls/<uuid:id>/questions")
@access(question_policy.list_questions, queries.followed_call)
def questions(user: Person, call: Call) -> Any:
    """Those that wait first."""
    speak_for(call.fund.cluster.country, call.fund.cluster.timezone)
    found = question_queries.of_call(user, call)
    return render_template(
        "staff/questions.html",
        call=call,
        waiting=[one for one in found if one.state == QuestionState.WAITING],
        others=[one for one in found if one.state != QuestionState.WAITING],
        end=question_policy.questions_end(call),
        closed=question_policy.why_closed(call),
    )


@portal.route("/questions/<uuid:id>", methods=["GET", "POST"])
@access(question_policy.answer_question, question)
def publish_answer(user: Person, question: CallQuestion) -> Any:
    """Answer it, or correct its answer."""
    form = AnswerForm(
        wording=question.wording or Words({question.language: question.text}),
        answer=question.answer,
        version=question.version,
    )
    if not form.validate_on_submit():
        return _page(question, form)
    call_id, corrects = question.call_id, question.state == QuestionState.ANSWERED
    workflow.publish_answer(question, form.wording.data, form.answer.data, form.version.data, actor=user)
    flash(
        _("The answer is corrected; the page of the call says so.") if corrects else _("The answer is published."), "ok"
    )
    return redirect(url_for(".questions", id=call_id), 303)


@portal.post("/questions/<uuid:id>/set-aside")
@access(question_policy.answer_question, question)
def set_aside_question(user: Person, question: CallQuestion) -> Any:
    id, call_id = question.id, question.call_id
    try:
        workflow.set_aside_question(question, tidy(request.form.get("reason", ""))[:2000], actor=user)
    except Refused as problem:
        flash(say(problem.detail), "error")
        return redirect(url_for(".publish_answer", id=id), 303)
    flash(_("The question is set aside. Whoever asked it reads your reason."), "ok")
    return redirect(url_for(".questions", id=call_id), 303)


def _page(question: CallQuestion, form: AnswerForm) -> str:
    form.wording.flags.required = form.answer.flags.required = True  # in one language or another: not “(optional)”
    return render_template("staff/question.html", question=question, call=question.call, form=form)
