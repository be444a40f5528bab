"""The strategic committee's calls: approve, return, cancel, announce."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from grants.appeals import queries as appeals
from grants.calls import policy, queries, questionnaires
from grants.calls.models import Call, CallState
from grants.core.i18n import N_
from grants.ledger.queries import Standing, balances
from grants.ledger.stages import Stage
from grants.people.models import Person, Role
from grants.web.access import access
from grants.web.awards import stated_reason
from grants.web.board import portal
from grants.web.calls import milestones, notices, total, when
from grants.web.language import speak_for
from workflows import call as workflow
from workflows import decision

SHOWN = frozenset(CallState) - {CallState.DRAFT}
GROUPS = [
    (N_("To approve"), {CallState.PROPOSED}),
    (N_("Being evaluated: decisions"), {CallState.EVALUATING}),
    (N_("Under way"), {CallState.APPROVED, CallState.PUBLISHED, CallState.OPEN, CallState.CLOSED}),
    (N_("Finished"), {CallState.DECIDED, CallState.ARCHIVED, CallState.CANCELLED}),
]


@portal.get("/calls")
@access(policy.browse)
def calls(user: Person) -> Any:
    """Calls of the committee's funds: those to approve, those with decisions to take, the others."""
    found = queries.followed_calls(user, *SHOWN)
    groups = [(label, chosen) for label, states in GROUPS if (chosen := [one for one in found if one.state in states])]
    hears = Role.COMMITTEE in user.roles
    return render_template(
        "board/calls.html",
        groups=groups,
        when=when,
        appeals=appeals.waiting(user, Role.COMMITTEE) if hears else None,
    )


@portal.get("/calls/<uuid:id>")
@access(policy.follow, queries.followed_call)
def call(user: Person, call: Call) -> Any:
    """The rules as they will be published, and what the envelopes take from the fund."""
    speak_for(call.fund.cluster.country, call.fund.cluster.timezone)
    left = balances([call.fund_id]).get(call.fund_id, Standing(call.currency, {}))[Stage.AVAILABLE]
    return render_template(
        "board/call.html",
        call=call,
        milestones=milestones(call),
        notices=notices(call),
        asked=total(call),
        outline=questionnaires.read_by_applicants(call),
        left=left,
        to_approve=call.state == CallState.PROPOSED,
        moves=[one for one in portal.serves(workflow.lifecycle.open_to(user, call)) if one.name != "decide"],
    )


@portal.post("/calls/<uuid:id>/approve")
@access(policy.approve, queries.followed_call)
def approve(user: Person, call: Call) -> Any:
    workflow.approve(call, actor=user)
    flash(_("Approved. The envelopes are set aside in the fund."), "ok")
    return _back(call)


@portal.post("/calls/<uuid:id>/return")
@access(policy.approve, queries.followed_call)
def return_draft(user: Person, call: Call) -> Any:
    workflow.return_draft(call, stated_reason(), actor=user)
    flash(_("Returned to the programme officer."), "ok")
    return _back(call)


@portal.post("/calls/<uuid:id>/cancel")
@access(policy.approve, queries.followed_call)
def cancel(user: Person, call: Call) -> Any:
    workflow.cancel(call, stated_reason(), actor=user)
    flash(_("The call is cancelled; its credit is back in the fund."), "ok")
    return _back(call)


@portal.post("/calls/<uuid:id>/decide")
@access(policy.approve, queries.followed_call)
def decide(user: Person, call: Call) -> Any:
    decision.conclude(call, actor=user)
    flash(_("The results are announced: every applicant receives a mail."), "ok")
    return redirect(url_for(".decisions", id=call.id), 303)


def _back(call: Call) -> Any:
    return redirect(url_for(".call", id=call.id), 303)
