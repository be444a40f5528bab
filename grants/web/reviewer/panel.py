"""A chair's page of the panel: who sits, what nobody covers, whom to invite, whom to ask instead."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from grants.core.errors import Refused
from grants.people.models import Person
from grants.reviews import panel_policy as policy
from grants.reviews import panel_queries as queries
from grants.reviews.panel_models import PanelSeat
from grants.reviews.queries import Chaired
from grants.web.access import access
from grants.web.language import speak_for
from grants.web.reviewer import portal
from grants.web.reviewer.panel_forms import SeatForm
from workflows import panel as workflow


@portal.get("/calls/<uuid:call_id>/<uuid:commission_id>/panel")
@access(policy.see_panel, queries.panel_of)
def panel(user: Person, board: Chaired) -> Any:
    """Who sits in the commission for this call."""
    return _page(user, board, SeatForm())


@portal.post("/calls/<uuid:call_id>/<uuid:commission_id>/panel")
@access(policy.make_panel, queries.panel_of)
def invite_member(user: Person, board: Chaired) -> Any:
    form = SeatForm()
    if not form.validate_on_submit():
        return _page(user, board, form)
    try:
        seat = workflow.invite_member(board, form.name.data or "", form.email.data or "", form.terms, actor=user)
    except Refused as problem:
        form.form_errors = [problem.detail]
        ids = dict(request.view_args or {})  # read anew: the refusal ended the transaction
        return _page(user, queries.panel_of(user, **ids), form)
    flash(_("%(name)s is invited. The letter asks for one press.", name=form.name.data), "ok")
    return _back(seat)


@portal.post("/seats/<uuid:id>/replace/<uuid:person_id>")
@access(policy.replace_member, queries.replacement_for)
def replace_member(user: Person, found: tuple[PanelSeat, Person]) -> Any:
    name = found[1].name
    seat = workflow.replace_member(*found, actor=user)
    flash(_("%(name)s is invited. The letter asks for one press.", name=name), "ok")
    return _back(seat)


@portal.post("/seats/<uuid:id>/again")
@access(policy.lead_seat, queries.led_seat)
def invite_again(user: Person, seat: PanelSeat) -> Any:
    name = seat.person.name
    workflow.invite_again(seat, actor=user)
    flash(_("%(name)s is invited. The letter asks for one press.", name=name), "ok")
    return _back(seat)


@portal.post("/seats/<uuid:id>/remind")
@access(policy.lead_seat, queries.led_seat)
def remind_member(user: Person, seat: PanelSeat) -> Any:
    name = seat.person.name
    workflow.remind_member(seat, actor=user)
    flash(_("%(name)s is reminded; at most one letter a day leaves.", name=name), "ok")
    return _back(seat)


@portal.post("/seats/<uuid:id>/withdraw")
@access(policy.lead_seat, queries.led_seat)
def withdraw_seat(user: Person, seat: PanelSeat) -> Any:
    name = seat.person.name
    workflow.withdraw_seat(seat, actor=user)
    flash(_("The seat of %(name)s is withdrawn.", name=name), "ok")
    return _back(seat)


def _page(user: Person, board: Chaired, form: SeatForm) -> str:
    cluster = board.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
    return render_template(
        "reviewer/panel.html",
        board=board,
        found=queries.chairs_panel(user, board),
        form=form,
        open=policy.make_panel.allows(user, board),
        has_board=board.call.state not in {"published", "open"},
    )


def _back(seat: PanelSeat) -> Response:
    there: dict[str, Any] = {"call_id": seat.call_id, "commission_id": seat.commission_id}
    return redirect(url_for(".panel", **there), 303)
