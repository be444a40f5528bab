"""A reviewer's pages before any review is asked: seats, expertise, days away, bids."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound

from grants.applications.models import Application
from grants.calls.blindness import is_double
from grants.clusters.models import Commission
from grants.core.clock import now
from grants.core.errors import Refused
from grants.core.policy import signed_in
from grants.people.models import Person, Role
from grants.reviews import bidding, conflict_policy, conflict_queries
from grants.reviews import panel_policy as policy
from grants.reviews import panel_queries as queries
from grants.reviews import panel_service as service
from grants.reviews.bidding import Choices, Sitting
from grants.reviews.blinded import is_blind_to
from grants.reviews.conflicts import conflicted
from grants.reviews.panel_models import BidLevel, PanelSeat, Topic
from grants.reviews.panels import knowledge
from grants.web.access import access
from grants.web.fields import tidy
from grants.web.language import speak_for
from grants.web.reviewer import portal
from grants.web.reviewer.forms import ConflictForm
from grants.web.reviewer.panel_forms import AbsenceForm, ExpertiseForm, choices_of
from workflows import conflict
from workflows import panel as workflow

Offered = list[tuple[Commission, list[Topic]]]


@portal.get("/seats")
@access(signed_in)
def seats(user: Person) -> Any:
    """Where this person sits or is asked to, and where bids are taken."""
    return render_template("reviewer/seats.html", seats=queries.own_seats(user), places=bidding.places(user))


@portal.post("/seats/<uuid:id>/accept")
@access(policy.answer_seat, queries.own_seat)
def accept_seat(user: Person, seat: PanelSeat) -> Any:
    workflow.accept_seat(seat, actor=user)
    flash(_("Thank you: the seat is yours."), "ok")
    return redirect(url_for(".seats"), 303)


@portal.post("/seats/<uuid:id>/decline")
@access(policy.answer_seat, queries.own_seat)
def decline_seat(user: Person, seat: PanelSeat) -> Any:
    workflow.decline_seat(seat, tidy(request.form.get("reason", ""))[:1000], actor=user)
    flash(_("You have declined. The chair knows and will ask somebody else."), "ok")
    return redirect(url_for(".seats"), 303)


# --- what they know -------------------------------------------------------------------------------------------


@portal.route("/expertise", methods=["GET", "POST"])
@access(policy.say_expertise)
def expertise(user: Person) -> Any:
    """Topics and keywords; days away below."""
    offered = bidding.offered_topics(user)
    form = _expertise_form(user, offered)
    if form.validate_on_submit():
        shown = [one.id for _commission, topics in offered for one in topics]
        chosen = [UUID(one) for one in form.topics.data or []]
        service.say_expertise(chosen, shown, form.words, form.version.data, actor=user)
        flash(_("What you know is kept."), "ok")
        return redirect(url_for(".expertise"), 303)
    return _expertise_page(user, form, AbsenceForm(), offered)


@portal.post("/expertise/away")
@access(policy.say_expertise)
def be_away(user: Person) -> Any:
    form = AbsenceForm()
    if form.validate_on_submit():
        try:
            service.be_away(*form.days, actor=user)
        except Refused as problem:
            form.form_errors = [problem.detail]
        else:
            flash(_("The chairs know that you are away."), "ok")
            return redirect(url_for(".expertise") + "#away", 303)
    offered = bidding.offered_topics(user)
    return _expertise_page(user, _expertise_form(user, offered, fresh=True), form, offered)


@portal.post("/expertise/away/<uuid:id>/remove")
@access(policy.say_expertise)
def be_back(user: Person, id: UUID) -> Any:
    with suppress(NoResultFound):  # gone already: a second press answers as the first
        service.be_back(bidding.own_absence(user, id), actor=user)
    return redirect(url_for(".expertise") + "#away", 303)


def _expertise_form(user: Person, offered: Offered, *, fresh: bool = False) -> ExpertiseForm:
    kept, known = bidding.expertise_of(user), knowledge([user.id])[user.id]
    values = {
        "topics": [str(one) for one in known.topics],
        "keywords": ", ".join(known.keywords),
        "version": kept.version if kept else 0,
    }
    form = ExpertiseForm(None, data=values) if fresh else ExpertiseForm(data=values)
    form.topics.choices = choices_of(topic for _commission, topics in offered for topic in topics)
    return form


def _expertise_page(user: Person, form: ExpertiseForm, absence: AbsenceForm, offered: Offered) -> str:
    return render_template(
        "reviewer/expertise.html",
        form=form,
        absence=absence,
        offered=offered,
        chosen=set(form.topics.data or []),
        away=knowledge([user.id])[user.id].away,
        today=now().date(),
    )


# --- bids -----------------------------------------------------------------------------------------------------


@portal.get("/calls/<uuid:call_id>/<uuid:commission_id>/bids")
@access(policy.bid, bidding.sitting)
def bids(user: Person, sitting: Sitting) -> Any:
    """The applications of the commission, each with five levels."""
    _speak(sitting)
    return render_template(
        "reviewer/bids.html",
        blind=is_double(sitting.board.call) and not user.holds(Role.CHAIR, commission_id=sitting.board.commission.id),
        sitting=sitting,
        listed=_listed(user, sitting),
        levels=list(BidLevel),
    )


@portal.post("/calls/<uuid:call_id>/<uuid:commission_id>/bids")
@access(policy.bid, bidding.sitting)
def keep_bids(user: Person, sitting: Sitting) -> Any:
    """Keep what is said on this page; a script asks for JSON, a button for the page."""
    said = service.keep_bids(sitting, _levels(), actor=user)
    if request.accept_mimetypes.best == "application/json":
        return {"saved_at": now().isoformat(), "said": said}
    flash(_("Your bids are kept."), "ok")
    page = request.args.get("page", 1, type=int) + (1 if request.form.get("go") == "next" else 0)
    there: dict[str, Any] = {"call_id": sitting.board.call.id, "commission_id": sitting.board.commission.id}
    return redirect(url_for(".bids", page=page if page > 1 else None, **there), 303)


def _levels() -> dict[UUID, BidLevel]:
    """What was sent, without what is neither an application's id nor a level."""
    found = {}
    for name, value in request.form.items():
        if name.startswith("bid-") and value in set(BidLevel):
            try:
                found[UUID(name.removeprefix("bid-"))] = BidLevel(value)
            except ValueError:
                continue
    return found


@portal.route("/bids/<uuid:id>/conflict", methods=["GET", "POST"])
@access(conflict_policy.declare, conflict_queries.own_declarable)
def bid_conflict(user: Person, application: Application) -> Any:
    """A conflict of interest is no bid: it is declared with its reason, and the application disappears."""
    there: dict[str, Any] = {"call_id": application.call_id, "commission_id": application.commission_id}
    form = ConflictForm()
    if form.validate_on_submit():
        conflict.declare(application, form.reason.data or "", actor=user)
        flash(_("Your conflict of interest is declared. The file is closed to you."), "ok")
        return redirect(url_for(".bids", **there), 303)
    if conflicted(user, application):  # declared already
        return redirect(url_for(".bids", **there), 303)
    return render_template(
        "reviewer/bid_conflict.html",
        blind=is_blind_to(user, application),
        application=application,
        form=form,
        there=there,
    )


def _listed(user: Person, sitting: Sitting) -> Choices:
    return bidding.choices(user, sitting.board, request.args.get("page", 1, type=int))


def _speak(sitting: Sitting) -> None:
    cluster = sitting.board.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
