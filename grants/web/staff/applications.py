"""The files of a call as the fund's people read them: the list, one file, its documents."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import render_template, url_for
from flask_babel import gettext as _

from grants.appeals import queries as appeals
from grants.applications import clarification_policy, clarification_queries, policy, queries, submitted
from grants.applications.budgets import budget_of
from grants.applications.evidence import evidence
from grants.applications.models import Application, Clarification, Document, Submission
from grants.applications.models import ApplicationState as State
from grants.calls.eligibility import Finding, shown
from grants.calls.models import Call
from grants.core.i18n import N_
from grants.core.policy import signed_in
from grants.people.models import ORGANISATION_LABELS, Person, Role
from grants.reports.search.keys import Audience
from grants.reports.search.policy import search_files
from grants.reviews.conflict_queries import unled
from grants.web.access import access
from grants.web.answers import sheets
from grants.web.downloads import attached, listed, said
from grants.web.eligibility import look
from grants.web.filters import Tag, ref
from grants.web.history import for_fund
from grants.web.language import speak_for
from grants.web.listing import Action, lists, near, show_list
from grants.web.navigation import Item, offer
from grants.web.reading import picture, reading_page
from grants.web.staff import portal
from grants.web.tags import tag_of
from workflows import application as workflow

TO_SCREEN = frozenset({State.SUBMITTED, State.ADMISSIBLE})


@offer
def items(user: Person) -> Iterator[Item]:
    if user.is_authenticated and any(role in user.roles for role in policy.FOLLOWERS):
        yield Item("staff.application_calls", N_("Applications"), "folder-open", "staff.application")


def followed_call(user: Person, call_id: UUID) -> Call:
    found = queries.followed_call(user, call_id)
    speak_for(found.fund.cluster.country, found.fund.cluster.timezone)
    return found


def file(user: Person, application_id: UUID) -> Application:
    found = queries.file(user, application_id)
    cluster = found.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
    return found


@portal.get("/applications")
@access(signed_in)
def application_calls(user: Person) -> Any:
    """The calls whose files the person may read, with what waits in each."""
    calls = queries.followed_calls(user)
    if calls:
        speak_for(calls[0][0].fund.cluster.country, calls[0][0].fund.cluster.timezone)
    rows = [(call, sum(n.values()), sum(n.get(state, 0) for state in TO_SCREEN)) for call, n in calls]
    hears = Role.OFFICER in user.roles
    return render_template(
        "staff/application_calls.html",
        calls=rows,
        appeals=appeals.waiting(user, Role.OFFICER) if hears else None,
        unled=sum(row.finding.open for row in unled(user)) if hears else 0,
    )


def list_actions(user: Person) -> list[Action]:
    """What a programme officer does with several files at once."""
    if Role.OFFICER not in user.roles:
        return []
    url = url_for(".screen_found")
    return [
        Action(url, _("Declare admissible and eligible…"), "list-checks", "both"),
        Action(url, _("Declare admissible…"), "circle-check", "admit"),
        Action(url, _("Declare eligible…"), "badge-check", "find_eligible"),
    ]


lists(portal, Audience.FUND, search_files, list_actions)


@portal.get("/calls/<uuid:call_id>/applications")
@access(policy.list_files, followed_call)
def applications(user: Person, call: Call) -> Any:
    """The list, of one call."""
    found = show_list(user, Audience.FUND, call=call, actions=list_actions(user))
    return render_template("staff/applications.html", call=call, found=found)


@portal.get("/applications/<uuid:application_id>")
@access(policy.read_file, file)
def application(user: Person, application: Application) -> Any:
    moves = portal.serves(workflow.lifecycle.open_to(user, application))
    asked = clarification_queries.of_application(application)
    return render_template(
        "staff/application.html",
        application=application,
        call=application.call,
        tag=tag_of(application.state),
        moves={move.name for move in moves},
        refusal=policy.screen.why_not(user, application) if policy.screen_call.allows(user, application.call) else None,
        files=[
            listed(
                one,
                url_for(".document", document_id=one.id),
                title=one.heading,
                read=url_for(".document_pages", document_id=one.id),
            )
            for one in application.attached
        ],
        sheets=sheets(application),
        budget=budget_of(application),
        appeal=appeals.of_application(application),
        kind=ORGANISATION_LABELS[application.organisation.kind],
        clarifications=[(one, _files(one)) for one in asked],
        may_ask=clarification_policy.ask_clarification.allows(user, application),
        to_take_back={
            one.id
            for one in asked
            if one.state == "asked" and clarification_policy.take_back_clarification.allows(user, one)
        },
        evidence=judged(application),
        kept=submitted.kept(application),
        changed=submitted.content_hash(application) != application.content_hash,
        history=for_fund(application, queries.history(application)),
        near=near(
            user,
            Audience.FUND,
            application,
            url_for(".search"),
            url_for(".applications", call_id=application.call_id),
        ),
    )


def file_submission(user: Person, application_id: UUID, fingerprint: str) -> Submission:
    return submitted.submission(file(user, application_id), fingerprint)


@portal.get("/applications/<uuid:application_id>/submitted/<fingerprint>.json")
@access(policy.read_file_submission, file_submission)
def submitted_content(user: Person, submission: Submission) -> Any:
    """Word for word what the fingerprint of a receipt is of."""
    return said(submission)


def _files(clarification: Clarification) -> list[dict[str, Any]]:
    """Those of an answer that was sent."""
    sent = clarification.files if clarification.is_answered else ()
    return [listed(one, url_for(".clarification_file", id=one.id)) for one in sent]


def judged(application: Application) -> list[tuple[Finding, Tag, Any]]:
    """How the eligibility rules judged it when it was submitted: rule by rule, with the facts used."""
    found = evidence([application.id]).get(application.id, [])
    return [(one, look(one), shown(one.facts)) for one in found]


def file_document(user: Person, document_id: UUID) -> Document:
    return queries.file_document(user, document_id)


@portal.get("/documents/<uuid:document_id>")
@access(policy.read_file_document, file_document)
def document(user: Person, document: Document) -> Any:
    return attached(document)


@portal.get("/documents/<uuid:document_id>/pages")
@access(policy.read_file_document, file_document)
def document_pages(user: Person, document: Document) -> Any:
    """Read it here, page by page."""
    application = document.application
    call = application.call
    speak_for(call.fund.cluster.country, call.fund.cluster.timezone)
    return reading_page(
        document,
        "staff/document_pages.html",
        ".document_page_picture",
        {"document_id": document.id},
        application=application,
        trail=[
            (_("Applications"), url_for(".application_calls")),
            (ref(call.code), url_for(".applications", call_id=call.id)),
            (ref(application.reference), url_for(".application", application_id=application.id)),
        ],
        download=url_for(".document", document_id=document.id),
    )


@portal.get("/documents/<uuid:document_id>/page.png")
@access(policy.read_file_document, file_document)
def document_page_picture(user: Person, document: Document) -> Any:
    return picture(document)
