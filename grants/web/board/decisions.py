"""The strategic committee decides on what the commissions propose."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from grants.awards import policy, queries
from grants.awards.interests import hidden_commissions
from grants.awards.models import Decision, Outcome
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.core.types import Money
from grants.ledger.queries import Standing, by_commission
from grants.people.models import Person
from grants.web.access import access
from grants.web.board import portal
from grants.web.fields import tidy
from grants.web.language import speak_for
from workflows import call as call_workflow
from workflows import decision as workflow


@dataclass(frozen=True)
class Theme:
    """A commission's proposals on this page, by rank, and where its money stands in this call."""

    commission: Commission
    standing: Standing
    decisions: list[Decision]


@portal.get("/calls/<uuid:id>/decisions")
@access(policy.see_decisions, queries.decided_call)
def decisions(user: Person, call: Call) -> Any:
    """The proposals of a call by commission, page by page, with the credit that is left."""
    speak_for(call.fund.cluster.country, call.fund.cluster.timezone)
    tallies = queries.tallies(user, call.id)
    proposals = sum(one.total for one in tallies.values())
    found = queries.decisions_page(user, call.id, request.args.get("page", 1, type=int), proposals)
    hidden = hidden_commissions(user, call)
    standings = {id: one for id, one in by_commission(call.fund_id, call.id).items() if id not in hidden}
    nothing = Standing(call.currency, {})
    themes = [
        Theme(one, standings.get(one.id, nothing), rows)
        for one in call.fund.cluster.commissions
        if (rows := [row for row in found.rows if row.commission_id == one.id])
        or (one.id in standings and one.id not in tallies)
    ]
    moves = {row.id: portal.serves(workflow.lifecycle.open_to(user, row)) for row in found.rows}
    pending = sum(one.pending for one in tallies.values())
    total = Money(sum(one.funded_minor for one in tallies.values()), call.currency)
    return render_template(
        "board/decisions.html",
        call=call,
        themes=themes,
        found=found,
        moves=moves,
        pending=pending,
        funded=total,
        hidden=[one for one in call.fund.cluster.commissions if one.id in hidden],
        outcomes=list(Outcome),
        steers=policy.steer.allows(user, call),
        closing=bool(proposals) and not pending and call_workflow.lifecycle.open_to(user, call),
    )


@portal.post("/decisions/<uuid:id>/fund")
@access(policy.fund, queries.decision)
def fund(user: Person, decision: Decision) -> Any:
    workflow.fund(decision, request.form.get("reason", "").strip(), actor=user)
    flash(_("Funded. The credit is reserved."), "ok")
    return _back(decision)


@portal.post("/decisions/<uuid:id>/hold")
@access(policy.decide, queries.decision)
def hold(user: Person, decision: Decision) -> Any:
    workflow.hold(decision, actor=user)
    flash(_("Put on the reserve list."), "ok")
    return _back(decision)


@portal.post("/decisions/<uuid:id>/reject")
@access(policy.decide, queries.decision)
def reject(user: Person, decision: Decision) -> Any:
    reason = tidy(request.form.get("reason", ""))
    if not reason:
        raise Refused(N_("Say why the project is not selected: the applicant will read it."))
    workflow.reject(decision, reason, actor=user)
    flash(_("Not selected. The applicant is told with the results of the call."), "ok")
    return _back(decision)


def _back(decision: Decision) -> Any:
    call_id: UUID = decision.call_id
    page = queries.page_of(decision)
    there = url_for(".decisions", id=call_id, page=page if page > 1 else None, _anchor=f"decision-{decision.id}")
    return redirect(there, 303)
