"""The programme officer's calls: drafting, sending to the committee, publishing, extending, evaluating."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from grants.calls import policy, queries, service
from grants.calls.models import Call
from grants.core.clock import now
from grants.core.errors import Problem
from grants.core.policy import signed_in
from grants.funds import queries as funds
from grants.funds.models import Fund
from grants.people.models import Person
from grants.web.access import access
from grants.web.language import speak_for
from grants.web.staff import portal
from grants.web.staff.call_forms import CallForm, ExtensionForm, call_form, example, extension_form
from workflows import call as workflow


@portal.get("/calls")
@access(signed_in)
def calls(user: Person) -> Any:
    """Every call of the officer's funds, and the funds a new one may be drafted in."""
    draftable = [one for one in funds.funds(user) if policy.draft.allows(user, one)]
    return render_template("staff/calls.html", calls=queries.followed_calls(user), funds=draftable)


def fund_to_draft_in(user: Person, fund_id: UUID) -> Fund:
    return funds.fund(user, fund_id)


@portal.route("/funds/<uuid:fund_id>/calls/new", methods=["GET", "POST"])
@access(policy.draft, fund_to_draft_in)
def new_call(user: Person, fund: Fund) -> Any:
    speak_for(fund.cluster.country, fund.cluster.timezone)
    form = call_form(fund, example=example(request.args.get("example", ""), fund.currency, now()))
    if _adding() or not form.validate_on_submit():
        return render_template("staff/call_form.html", form=form, fund=fund, call=None)
    try:
        made = service.draft_call(fund, form.draft(), actor=user)
    except Problem as problem:
        return _refused(form, problem, funds.fund(user, fund.id), None)
    flash(_("The draft is saved. Read it as applicants will, then send it to the committee."), "ok")
    return redirect(url_for(".call", id=made.id), 303)


@portal.get("/calls/<uuid:id>")
@access(policy.follow, queries.followed_call)
def call(user: Person, call: Call) -> Any:
    return _page(user, call, extension_form(call))


@portal.route("/calls/<uuid:id>/edit", methods=["GET", "POST"])
@access(policy.edit, queries.followed_call)
def edit_call(user: Person, call: Call) -> Any:
    speak_for(call.fund.cluster.country, call.fund.cluster.timezone)
    form = call_form(call.fund, call)
    if _adding() or not form.validate_on_submit():
        return render_template("staff/call_form.html", form=form, fund=call.fund, call=call)
    form.require_fresh(call)
    try:
        service.revise(call, form.draft(), form.version.data, actor=user)
    except Problem as problem:
        kept = queries.followed_call(user, call.id)
        return _refused(form, problem, kept.fund, kept)
    flash(_("The draft is saved."), "ok")
    return redirect(url_for(".call", id=call.id), 303)


@portal.post("/calls/<uuid:id>/propose")
@access(policy.run, queries.followed_call)
def propose(user: Person, call: Call) -> Any:
    workflow.propose(call, actor=user)
    flash(_("The strategic committee has the draft."), "ok")
    return _back(call)


@portal.post("/calls/<uuid:id>/publish")
@access(policy.run, queries.followed_call)
def publish(user: Person, call: Call) -> Any:
    workflow.publish(call, actor=user)
    flash(_("The call is published."), "ok")
    return _back(call)


@portal.post("/calls/<uuid:id>/extend")
@access(policy.extend, queries.followed_call)
def extend(user: Person, call: Call) -> Any:
    form = extension_form(call)
    if not form.validate_on_submit():
        return _page(user, call, form)
    try:
        dates = form.closes_at.data, form.reviews_due_at.data
        workflow.extend(call, *dates, form.reason.data or "", actor=user)
    except Problem as problem:
        form.closes_at.errors = [problem.detail]
        return _page(user, queries.followed_call(user, call.id), form)
    flash(_("The call closes later; its page says so."), "ok")
    return _back(call)


@portal.post("/calls/<uuid:id>/evaluate")
@access(policy.run, queries.followed_call)
def evaluate(user: Person, call: Call) -> Any:
    workflow.evaluate(call, actor=user)
    flash(_("The commissions may now review the eligible applications."), "ok")
    return _back(call)


@portal.post("/calls/<uuid:id>/archive")
@access(policy.run, queries.followed_call)
def archive(user: Person, call: Call) -> Any:
    workflow.archive(call, actor=user)
    flash(_("The call is archived."), "ok")
    return _back(call)


def _adding() -> bool:
    """Whether only another line of the rubric was asked for: everything typed stays, nothing is checked."""
    return request.method == "POST" and request.form.get("go") == "add"


def _refused(form: CallForm, problem: Problem, fund: Fund, call: Call | None) -> str:
    form.code.errors = [problem.detail]
    return render_template("staff/call_form.html", form=form, fund=fund, call=call)


def _back(call: Call) -> Any:
    return redirect(url_for(".call", id=call.id), 303)


def _page(user: Person, call: Call, form: ExtensionForm) -> str:
    speak_for(call.fund.cluster.country, call.fund.cluster.timezone)
    return render_template(
        "staff/call.html",
        call=call,
        moves=[one for one in portal.serves(workflow.lifecycle.open_to(user, call)) if one.name != "extend"],
        may_edit=policy.edit.allows(user, call),
        form=form if policy.extend.allows(user, call) else None,
    )
