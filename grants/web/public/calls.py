"""What the fund does, its calls, and their dates for a calendar."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import render_template, request
from sqlalchemy.exc import NoResultFound

from grants.applications.deadline import grace_said, is_taking
from grants.calls import policy, queries, questionnaires
from grants.calls.models import Call, CallState
from grants.calls.question_policy import questions_end, why_closed
from grants.calls.question_queries import exchange
from grants.clusters import queries as clusters
from grants.core.i18n import N_
from grants.core.policy import anyone
from grants.core.types import new_id
from grants.people.models import Person
from grants.web.access import access
from grants.web.calls import milestones, notices, soonest_first, total, when
from grants.web.downloads import attached
from grants.web.language import speak_for
from grants.web.navigation import Item, offer
from grants.web.public import portal
from grants.web.public.forms import QuestionForm


@offer
def items(user: Person) -> Iterator[Item]:
    if not user.is_authenticated or not user.roles:
        yield Item("public.calls", N_("Calls for proposals"), "megaphone", under="public.call")


@portal.get("/")
@access(anyone)
def home(user: Person) -> Any:
    """What the fund does, and what is open."""
    found = queries.public_calls(CallState.OPEN, CallState.PUBLISHED)
    named = clusters.clusters(user)
    if len(named) == 1:
        speak_for(named[0].country, named[0].timezone)
    return render_template("public/home.html", calls=found, clusters=named, total=total, when=when)


@portal.get("/calls")
@access(anyone)
def calls(user: Person) -> Any:
    """Every published call: open ones first."""
    groups = soonest_first(queries.public_calls())
    return render_template("public/calls.html", groups=groups, total=total, when=when)


@portal.get("/calls/<uuid:id>")
@access(policy.view, queries.call)
def call(user: Person, call: Call) -> Any:
    """The rules of a call, as applicants and reviewers both read them, and the questions it was asked."""
    return call_page(user, call, QuestionForm(key=str(new_id())))


def call_with_template(user: Person, id: UUID, required_id: UUID) -> Call:
    """Raises NoResultFound for a document that the call does not ask for, or that has no template."""
    found = queries.call(user, id)
    if not any(one.id == required_id and one.sha256 for one in found.required):
        raise NoResultFound
    return found


@portal.get("/calls/<uuid:id>/documents/<uuid:required_id>/template")
@access(policy.view, call_with_template)
def call_template(user: Person, call: Call) -> Any:
    """The file that applicants fill in."""
    id = (request.view_args or {})["required_id"]
    return attached(next(one for one in call.required if one.id == id))


def call_page(user: Person, call: Call, form: QuestionForm) -> str:
    """With a form to ask; a sentence in its place when no question is taken any more."""
    speak_for(call.fund.cluster.country, call.fund.cluster.timezone)
    return render_template(
        "public/call.html",
        form=form,
        exchange=exchange(user, call),
        no_question=why_closed(call),
        questions_end=questions_end(call),
        call=call,
        milestones=milestones(call),
        notices=notices(call),
        total=total(call),
        taking=is_taking(call),
        grace=grace_said(),
        outline=questionnaires.read_by_applicants(call),
        when=when,
        testable=any(one.rule.questions() for one in call.rules),
    )
