"""What an applicant comes for: what is missing, until when, and where everything stands."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from flask import render_template, request

from grants.appeals import queries as appeals
from grants.applications import clarification_queries, partner_queries, policy, queries
from grants.applications.budgets import budget_of
from grants.applications.clarification_policy import EXAMINED
from grants.applications.deadline import due_at, in_time
from grants.applications.models import EDITABLE, Application, ApplicationState, Clarification, ClarificationState
from grants.awards import milestone_queries as milestones
from grants.awards import queries as awards
from grants.awards.feedback import marks_told
from grants.core.i18n import N_
from grants.core.policy import signed_in
from grants.people import queries as people
from grants.people.models import ORGANISATION_LABELS, Person
from grants.web.access import access
from grants.web.answers import sheets
from grants.web.applicant import portal
from grants.web.applicant.appeals import recourse
from grants.web.applicant.clarifications import answer_files
from grants.web.applicant.consortium import look as look_of_partner
from grants.web.applicant.consortium import summary
from grants.web.applicant.drafts import own_application
from grants.web.applicant.profile import RIGHTS
from grants.web.applicant.status import files, journey, look, next_step, standing
from grants.web.eligibility import answers
from grants.web.eligibility import look as look_of
from grants.web.history import APPLICANT_SEES, for_applicant
from grants.web.language import speak_for
from grants.web.navigation import Item, offer
from workflows import application as workflow
from workflows import eligibility

RECENT = 5


@offer
def items(user: Person) -> Iterator[Item]:
    """Whoever holds no role applies; those who work for the fund find their own applications by the address."""
    if user.is_authenticated and (not user.roles or request.blueprint == portal.name):
        about = (request.endpoint or "").startswith("applicant.organisation")
        yield Item("applicant.home", N_("My applications"), "folder-open", "" if about else "applicant.")
        yield Item("applicant.organisations", N_("My organisations"), "building-2", "applicant.organisation")


@portal.get("/")
@access(signed_in)
def home(user: Person) -> Any:
    """The draft that is due first with its task list, then the others; the same few queries however many."""
    mine = queries.own_applications(user)
    waiting = sorted((one for one in mine if one.state in EDITABLE and in_time(one)), key=due_at)
    first = waiting[0] if waiting else None
    if mine:
        cluster = (first or mine[0]).call.fund.cluster
        speak_for(cluster.country, cluster.timezone)
    organisations = people.memberships_of(user)
    kept = answers()
    told = awards.notified(one for one in mine if one.state == ApplicationState.DECIDED)
    asked = clarification_queries.awaited(one for one in mine if one.state in EXAMINED)
    grants = awards.granted_to((one.organisation_id for one in organisations), user)
    refused, appealed = appeals.refusals(mine), appeals.of_applications(mine)
    return render_template(
        "applicant/home.html",
        first=standing(first) if first else None,
        waiting=len(waiting),
        others=[
            (
                one,
                look(one, told.get(one.id)),
                next_step(one, told.get(one.id), asked.get(one.id), appealed.get(one.id), refused.get(one.id)),
            )
            for one in mine
            if one is not first
        ],
        grants=grants,
        next_milestones=milestones.next_of(one.agreement.id for one in grants if one.agreement),
        shared=awards.partnered_by([one.organisation_id for one in organisations], user),
        partnerships=[(one, look_of_partner(one)) for one in partner_queries.partnerships(user)],
        organisations=organisations,
        tested=kept.call_id if kept else None,
        kinds=ORGANISATION_LABELS,
        rights=RIGHTS,
        activity=[
            (APPLICANT_SEES[event.name], event, one) for event, one in queries.recent(mine, APPLICANT_SEES, RECENT)
        ],
    )


@portal.get("/applications/<uuid:application_id>")
@access(policy.read_own, own_application)
def application(user: Person, application: Application) -> Any:
    """A draft's task list, or what was submitted and where it stands."""
    editable, id = policy.edit.allows(user, application), application.id
    decision = awards.notified([application]).get(id) if application.state == ApplicationState.DECIDED else None
    clarifications = clarification_queries.of_application(application) if application.reference else []
    contested = recourse(user, application)
    appeal, refusal = (contested.appeal, contested.refusal) if contested else (None, None)
    grants = [one for one in awards.granted_to([application.organisation_id], user) if one.application_id == id]
    return render_template(
        "applicant/draft.html" if editable else "applicant/application.html",
        application=application,
        call=application.call,
        tag=look(application, decision),
        step=next_step(application, decision, _answer_by(clarifications), appeal, refusal),
        recourse=contested,
        clarifications=[(one, answer_files(one, "applicant.clarification_file")) for one in clarifications],
        decision=decision,
        marks=marks_told(decision, application.call),
        stages=[]
        if editable or application.state in EDITABLE
        else journey(application, decision, bool(grants), appeal),
        grants=grants,
        standing=standing(application) if editable else None,
        findings=[(one, look_of(one)) for one in eligibility.findings(application)] if editable else [],
        consortium=summary(application) if editable else None,
        receipts=bool(application.reference),
        files=files(application, "applicant.document"),
        sheets=sheets(application),
        budget=budget_of(application),
        moves={move.name for move in portal.serves(workflow.lifecycle.open_to(user, application))},
        history=for_applicant(application, queries.history(application)),
    )


def _answer_by(clarifications: Sequence[Clarification]) -> datetime | None:
    """The nearest date by which the fund awaits an answer."""
    return min((one.due_at for one in clarifications if one.state == ClarificationState.ASKED), default=None)
