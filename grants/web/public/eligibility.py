"""May my organisation apply? A form without an account; the answers stay in the visitor's own browser."""

from typing import Any
from uuid import UUID

from flask import flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _

from grants.applications.deadline import is_taking
from grants.calls import policy, queries
from grants.calls.eligibility import Answer, Facts, judge
from grants.calls.models import Call
from grants.people.models import Person
from grants.web.access import access
from grants.web.eligibility import FactsForm, answers, forget, look, remember
from grants.web.language import speak_for
from grants.web.public import portal
from workflows.eligibility import questions


def call_with_rules(user: Person, id: UUID) -> Call:
    found = queries.call(user, id)
    speak_for(found.fund.cluster.country, found.fund.cluster.timezone)
    return found


@portal.route("/calls/<uuid:id>/eligibility", methods=["GET", "POST"])
@access(policy.view, call_with_rules)
def self_test(user: Person, call: Call) -> Any:
    """Only what the rules of this call need; nothing is compulsory, nothing is kept on the server."""
    asked = questions([(one.rule, one.blocks) for one in call.rules])
    if not asked:
        return redirect(url_for(".call", id=call.id), 303)
    kept = answers()
    form = FactsForm(asked, call, kept.for_call(call) if kept else Facts())
    if form.validate_on_submit():
        return remember(redirect(url_for(".self_test_result", id=call.id), 303), call, form.answers(), form.asked)
    return _private(render_template("public/self_test.html", call=call, form=form))


@portal.get("/calls/<uuid:id>/eligibility/result")
@access(policy.view, call_with_rules)
def self_test_result(user: Person, call: Call) -> Any:
    """Each rule with its answer, and what to do next."""
    kept = answers()
    if kept is None:
        return redirect(url_for(".self_test", id=call.id), 303)
    found = judge([(one.rule, one.blocks) for one in call.rules], kept.for_call(call), call.terms)
    page = render_template(
        "public/self_test_result.html",
        call=call,
        findings=[(one, look(one)) for one in found],
        refused=[one for one in found if one.blocks and one.answer == Answer.FAILS],
        warned=[one for one in found if not one.blocks and one.answer == Answer.FAILS],
        open_questions=[one for one in found if one.answer == Answer.UNKNOWN and one.rule.questions()],
        taking=is_taking(call),
    )
    return _private(page)


@portal.post("/calls/<uuid:id>/eligibility/forget")
@access(policy.view, call_with_rules)
def forget_self_test(user: Person, call: Call) -> Any:
    """On a shared computer."""
    flash(_("Your answers are forgotten."))
    return forget(redirect(url_for(".call", id=call.id), 303))


def _private(page: str) -> Any:
    """No cache keeps what somebody typed."""
    answer = make_response(page)
    answer.headers["Cache-Control"] = "no-store"
    return answer
