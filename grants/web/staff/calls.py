"""The programme officer's calls: drafting, sending to the committee, publishing, extending, evaluating."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound

from grants.calls import policy, queries, question_policy, question_queries, questionnaires, service
from grants.calls.examples import EXAMPLES, Example
from grants.calls.models import Call, Instrument
from grants.core.errors import Refused
from grants.core.i18n import N_, Text
from grants.funds.models import Fund
from grants.ledger.queries import Standing, balances
from grants.payments import policy as payment_policy
from grants.people.models import Person
from grants.web.access import access
from grants.web.calls import milestones, notices, total, when
from grants.web.language import speak_for
from grants.web.staff import portal
from grants.web.staff.call_forms import CallForm, ExtensionForm, call_form, extension_form
from workflows import call as workflow


@portal.get("/calls")
@access(policy.browse)
def calls(user: Person) -> Any:
    """Every call of the officer's funds, and the funds a new one may be drafted in."""
    found, draftable = queries.followed_calls(user), queries.funds_to_draft_in(user)
    return render_template(
        "staff/calls.html",
        calls=found,
        funds=draftable,
        examples=EXAMPLES.values(),
        when=when,
        waiting=question_queries.waiting(user),
    )


def fund_to_draft_in(user: Person, fund_id: UUID) -> Fund:
    return queries.fund_to_draft_in(user, fund_id)


@portal.route("/funds/<uuid:fund_id>/calls/new", methods=["GET", "POST"])
@access(policy.draft, fund_to_draft_in)
def new_call(user: Person, fund: Fund) -> Any:
    speak_for(fund.cluster.country, fund.cluster.timezone)
    example, like = EXAMPLES.get(request.args.get("example", "")), _earlier(user, fund)
    form = call_form(fund, example=example, like=like)
    if _arranging() or not form.validate_on_submit():
        return _form_page(form, fund, None, _start(example, like))
    fund_id = fund.id
    try:
        rules = [(one, True) for one in example.rules] if example else []
        asks = example.asks if example else None
        made = service.draft_call(fund, form.draft(), actor=user, id=form.id(), rules=rules, asks=asks, like=like)
    except Refused as problem:
        return _refused(form, problem, queries.fund_to_draft_in(user, fund_id), None)
    flash(_("The draft is saved. Read it as applicants will, then send it to the committee."), "ok")
    return redirect(url_for(".call", id=made.id), 303)


def _earlier(user: Person, fund: Fund) -> Call | None:
    """The call that the address asks to copy; raises NoResultFound for one that cannot be copied into this fund."""
    id = request.args.get("like", type=UUID)
    if id is None:
        return None
    found = queries.followed_call(user, id)
    if found.currency != fund.currency or found.imported:
        raise NoResultFound
    return found


@portal.get("/calls/<uuid:id>")
@access(policy.follow, queries.followed_call)
def call(user: Person, call: Call) -> Any:
    return _page(user, call, extension_form(call))


@portal.route("/calls/<uuid:id>/edit", methods=["GET", "POST"])
@access(policy.edit, queries.followed_call)
def edit_call(user: Person, call: Call) -> Any:
    speak_for(call.fund.cluster.country, call.fund.cluster.timezone)
    form = call_form(call.fund, call)
    if _arranging() or not form.validate_on_submit():
        return _form_page(form, call.fund, call)
    form.require_fresh(call)
    call_id = call.id
    try:
        service.revise(call, form.draft(), form.version.data, actor=user)
    except Refused as problem:
        kept = queries.followed_call(user, call_id)
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
    call_id = call.id
    try:
        typed = form.data
        workflow.extend(call, typed["closes_at"], typed["reviews_due_at"], typed["reason"], actor=user)
    except Refused as problem:
        form.closes_at.errors = [problem.detail]
        return _page(user, queries.followed_call(user, call_id), form)
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


def _arranging() -> bool:
    """Whether only the lines of the rubric were to change: everything typed stays, nothing is checked."""
    return request.method == "POST" and bool(request.form.get("go"))


def _refused(form: CallForm, problem: Refused, fund: Fund, call: Call | None) -> str:
    form.code.errors = [problem.detail]
    return _form_page(form, fund, call)


def _back(call: Call) -> Any:
    return redirect(url_for(".call", id=call.id), 303)


def _start(example: Example | None, like: Call | None) -> Text | None:
    """What comes along beside what the form shows."""
    if like is not None:
        return N_(
            "“%(call)s” also gives this draft its rules, its questions, its documents and what it asks of a budget.",
            call=like.title,
        )
    return N_("The example also gives this draft its eligibility rules and its questions.") if example else None


def _form_page(form: CallForm, fund: Fund, call: Call | None, start: Text | None = None) -> str:
    left = balances([fund.id]).get(fund.id, Standing(fund.currency, {})).unallocated
    return render_template("staff/call_form.html", form=form, fund=fund, call=call, left=left, start=start)


def _page(user: Person, call: Call, form: ExtensionForm) -> str:
    speak_for(call.fund.cluster.country, call.fund.cluster.timezone)
    return render_template(
        "staff/call.html",
        call=call,
        milestones=milestones(call),
        notices=notices(call),
        total=total(call),
        outline=questionnaires.outline(call),
        moves=[one for one in portal.serves(workflow.lifecycle.open_to(user, call)) if one.name != "extend"],
        may_edit=policy.edit.allows(user, call),
        may_rule=call.instrument == Instrument.REPAYABLE_ADVANCE
        and payment_policy.set_repayment_rule.allows(user, call),
        may_copy=not call.imported and policy.draft.allows(user, call.fund),
        form=form if policy.extend.allows(user, call) else None,
        waiting=question_queries.waiting(user).get(call.id, 0),
        may_answer=question_policy.list_questions.allows(user, call),
    )
