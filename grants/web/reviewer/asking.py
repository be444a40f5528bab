"""What a chair does with several applications of the list at once: ask reviewers, remind those who are waited for."""

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from grants.applications.models import Application
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.people.models import Person
from grants.reports.search.keys import Audience
from grants.reports.search.listing import MOST
from grants.reports.search.policy import search_led
from grants.reviews import queries, together
from grants.reviews.queries import Candidate
from grants.web.access import access
from grants.web.language import speak_for
from grants.web.listing import Action, back_to, lists, picked
from grants.web.reviewer import portal
from workflows import asking as workflow


def list_actions(_user: Person) -> list[Action]:
    return [
        Action(url_for(".ask_found"), _("Ask reviewers…"), "user-round-plus"),
        Action(url_for(".remind_found"), _("Remind reviewers…"), "bell"),
    ]


lists(portal, Audience.CHAIR, search_led, list_actions)


@portal.get("/list/ask")
@access(search_led)
def ask_found(user: Person) -> Any:
    """First who, then what will happen: which application gets which reviewer, which is refused and why."""
    chosen = together.led(user, picked(user, Audience.CHAIR))
    candidates = _candidates(user, chosen)
    asked = _reviewers(candidates)
    if chosen:
        cluster = chosen[0].call.fund.cluster
        speak_for(cluster.country, cluster.timezone)
    return render_template(
        "reviewer/ask_found.html",
        chosen=chosen,
        candidates=candidates,
        asked={one.id for one in asked},
        plan=workflow.plan(user, chosen, asked) if asked else None,
        back=back_to(url_for(".search")),
        limit=MOST,
    )


@portal.post("/list/ask")
@access(search_led)
def ask_all(user: Person) -> Any:
    """All that the preview announced, or nothing."""
    chosen = together.led(user, picked(user, Audience.CHAIR))
    count = workflow.ask_all(chosen, _reviewers(_candidates(user, chosen)), actor=user)
    flash(
        ngettext("%(num)d review has been asked for.", "%(num)d reviews have been asked for.", count)
        if count
        else _("Nobody had to be asked."),
        "ok",
    )
    return redirect(back_to(url_for(".search")), 303)


@portal.get("/list/remind")
@access(search_led)
def remind_found(user: Person) -> Any:
    """Who will be written to and for how many reviews, and for which files nobody is waited for."""
    chosen = together.led(user, picked(user, Audience.CHAIR))
    waits = together.waited_for(user, [one.id for one in chosen])
    return render_template(
        "reviewer/remind_found.html",
        chosen=chosen,
        waits=waits,
        quiet=[one for one in chosen if not any(one.id in wait.application_ids for wait in waits)],
        reminded=workflow.reminded_today(waits),
        back=back_to(url_for(".search")),
        limit=MOST,
    )


@portal.post("/list/remind")
@access(search_led)
def remind_all(user: Person) -> Any:
    count = workflow.remind_all(picked(user, Audience.CHAIR), actor=user)
    flash(
        ngettext("%(num)d person is reminded by mail.", "%(num)d people are reminded by mail.", count)
        if count
        else _("Nobody had to be reminded."),
        "ok",
    )
    return redirect(back_to(url_for(".search")), 303)


def _candidates(user: Person, chosen: Sequence[Application]) -> Sequence[Candidate]:
    """Who may be asked about these applications; raises Refused when no commission reviews them all."""
    if len({(one.call_id, one.commission_id) for one in chosen}) > 1:
        raise Refused(N_("Choose applications of one call and one commission: reviewers sit in one commission."))
    return queries.candidates(chosen[0].call, chosen[0].commission_id, user) if chosen else []


def _reviewers(candidates: Sequence[Candidate]) -> Sequence[Person]:
    """Those of them who were ticked."""
    ticked = set(request.values.getlist("reviewer"))
    ids = [one.person.id for one in candidates if str(one.person.id) in ticked]
    return sorted(queries.reviewers(ids), key=lambda one: (one.sort_key, one.id)) if ids else []
