"""Organisations that say they are members of a cluster: a programme officer compares with the cluster's list."""

from contextlib import suppress
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from grants.clusters import policy, queries
from grants.clusters.models import MEMBERSHIP_LABELS, ClusterMembership, MembershipState
from grants.people.models import ORGANISATION_LABELS, Person
from grants.web.access import access
from grants.web.awards import stated_reason
from grants.web.staff import portal
from workflows import membership as workflow

SHOWN = (MembershipState.DECLARED, MembershipState.CONFIRMED, MembershipState.REFUSED)


@portal.get("/members")
@access(policy.list_members)
def members(user: Person) -> Any:
    """Those to answer first; the others one click away."""
    state = MembershipState.DECLARED
    with suppress(ValueError):
        state = MembershipState(request.args.get("state", state))
    page = min(max(1, request.args.get("page", 1, type=int)), 1_000_000)
    rows, total = queries.members(user, state, page)
    return render_template(
        "staff/members.html",
        rows=[(one, policy.answer_membership.allows(user, one)) for one in rows],
        states=[(one, MEMBERSHIP_LABELS[one]) for one in SHOWN],
        state=state,
        total=total,
        page=page,
        pages=max(1, -(-total // queries.PER_PAGE)),
        kinds=ORGANISATION_LABELS,
    )


@portal.post("/members/<uuid:id>/confirm")
@access(policy.answer_membership, queries.membership)
def confirm_member(user: Person, membership: ClusterMembership) -> Any:
    name = membership.organisation.name
    workflow.confirm_member(membership, actor=user)
    flash(_("%(name)s is confirmed as a member.", name=name), "ok")
    return redirect(url_for(".members"), 303)


@portal.post("/members/<uuid:id>/refuse")
@access(policy.answer_membership, queries.membership)
def refuse_member(user: Person, membership: ClusterMembership) -> Any:
    name = membership.organisation.name
    workflow.refuse_member(membership, stated_reason(), actor=user)
    flash(_("%(name)s is not confirmed; it reads your reason.", name=name), "ok")
    return redirect(url_for(".members"), 303)
