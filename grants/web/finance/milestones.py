"""The authorising officer waives milestones and certifies support in kind; finance reads both."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from grants.awards import milestone_policy as policy
from grants.awards import milestone_queries as queries
from grants.awards.models import Milestone, SupportRequest
from grants.people.models import Person
from grants.web.access import access
from grants.web.awards import stated_reason
from grants.web.finance import portal
from grants.web.milestones import shared
from workflows import in_kind
from workflows import milestone as workflow


@portal.get("/milestones/<uuid:id>")
@access(policy.view_milestone, queries.milestone)
def milestone(user: Person, milestone: Milestone) -> Any:
    return render_template("finance/milestone.html", **shared(portal, user, milestone))


@portal.post("/milestones/<uuid:id>/waive")
@access(policy.waive_milestone, queries.milestone)
def waive_milestone(user: Person, milestone: Milestone) -> Any:
    workflow.waive_milestone(milestone, stated_reason(), actor=user)
    flash(_("The milestone is waived."), "ok")
    return redirect(url_for(".milestone", id=milestone.id), 303)


@portal.post("/support-requests/<uuid:id>/certify")
@access(policy.certify_support, queries.support_request)
def certify_support(user: Person, request: SupportRequest) -> Any:
    agreement_id = request.support.agreement_id
    in_kind.certify_support(request, actor=user)
    flash(_("The request is certified. A second programme officer records the delivery."), "ok")
    return redirect(url_for(".agreement", id=agreement_id, _anchor="supports"), 303)
