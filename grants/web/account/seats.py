"""What the links of an invitation to a panel open. Programs that follow links change nothing: a button is pressed.

The letter alone says who answers, signed in or not, because only whoever was invited received it.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import Length

from grants.core.clock import now
from grants.core.errors import WrongState
from grants.core.policy import anyone
from grants.reviews import panel_queries as queries
from grants.reviews.panel_models import PanelSeat, SeatState
from grants.web.access import access
from grants.web.account import portal
from grants.web.account.entry import private
from grants.web.account.joining import JoinForm, link_of
from grants.web.forms import Form
from grants.web.language import speak_for
from grants.web.signin import throttled
from workflows import panel as workflow


class RefusalForm(Form):
    """A reason, for whoever likes to give one."""

    reason = TextAreaField(_l("Reason"), [Length(max=1000)])


@portal.route("/seat/<token>/accept", methods=["GET", "POST"])
@access(anyone)
@throttled
def take_seat(user: Any, token: str) -> Any:
    """One button, and the seat is taken."""

    def take(seat: PanelSeat, form: Any) -> None:
        workflow.accept_seat(seat, actor=seat.person, link_id=link_of(token))

    return _answer(user, token, "account/take_seat.html", JoinForm(), take)


@portal.route("/seat/<token>/decline", methods=["GET", "POST"])
@access(anyone)
@throttled
def refuse_seat(user: Any, token: str) -> Any:
    """One button, and a reason for whoever likes to give one."""

    def refuse(seat: PanelSeat, form: Any) -> None:
        workflow.decline_seat(seat, form.reason.data or "", actor=seat.person, link_id=link_of(token))

    return _answer(user, token, "account/refuse_seat.html", RefusalForm(), refuse)


def _answer(user: Any, token: str, template: str, form: Any, act: Callable[[PanelSeat, Any], None]) -> Any:
    seat = queries.seat_by_link(link_of(token))
    if seat is None:
        return private(render_template("account/seat_too_old.html"), 410)
    if user.is_authenticated and user.id != seat.person_id:
        return private(render_template("account/seat_other.html", seat=seat), 403)
    cluster = seat.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
    if form.validate_on_submit():
        with suppress(WrongState):  # answered, withdrawn or too late meanwhile: the page says how it stands
            act(seat, form)
        return redirect(url_for(request.endpoint or "", token=token), 303)
    if seat.state in {SeatState.ACCEPTED, SeatState.DECLINED}:
        return private(render_template("account/seat_answered.html", seat=seat))
    if seat.state != SeatState.INVITED or seat.answer_by <= now():
        return private(render_template("account/seat_too_old.html"), 410)
    other = url_for(".refuse_seat" if request.endpoint == "account.take_seat" else ".take_seat", token=token)
    return private(render_template(template, form=form, seat=seat, other=other))
