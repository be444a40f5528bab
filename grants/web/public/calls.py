"""What the fund does, its calls, and their dates for a calendar."""

from collections.abc import Iterator
from typing import Any

from flask import Response, render_template, request, url_for

from grants.applications.deadline import is_taking
from grants.calls import policy, queries
from grants.calls.models import Call, CallState
from grants.clusters import queries as clusters
from grants.core.i18n import N_
from grants.core.policy import anyone
from grants.people.models import Person
from grants.web.access import access
from grants.web.calls import milestones, notices, soonest_first, total, when
from grants.web.language import say, speak_for
from grants.web.navigation import Item, offer
from grants.web.public import portal
from grants.web.public.calendar import Entry, calendar


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
    """The rules of a call, as applicants and reviewers both read them."""
    speak_for(call.fund.cluster.country, call.fund.cluster.timezone)
    return render_template(
        "public/call.html",
        call=call,
        milestones=milestones(call),
        notices=notices(call),
        total=total(call),
        taking=is_taking(call),
        when=when,
        testable=any(one.rule.questions() for one in call.rules),
    )


@portal.get("/calls/<uuid:id>/deadlines.ics")
@access(policy.view, queries.call)
def call_dates(user: Person, call: Call) -> Response:
    """The opening and the closing, for any calendar."""
    speak_for(call.fund.cluster.country, call.fund.cluster.timezone)
    address = url_for(".call", id=call.id, _external=True)
    dated = [
        ("opens", call.opens_at, N_("Opens: %(call)s", call=call.title)),
        ("closes", call.closes_at, N_("Closes: %(call)s", call=call.title)),
    ]
    entries = [
        Entry(f"{name}-{call.id}@{request.host}", at, say(title), address, call.version)
        for name, at, title in dated
        if at is not None
    ]
    response = Response(calendar(entries), mimetype="text/calendar")
    response.headers["Content-Disposition"] = f'attachment; filename="{call.code}.ics"'
    return response
