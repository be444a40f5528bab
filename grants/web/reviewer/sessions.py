"""A commission's session on a screen: the same page for whoever leads and for members, kept up to date by asking."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from grants.calls.blindness import is_double
from grants.calls.models import Call
from grants.core import i18n
from grants.core.i18n import N_
from grants.core.types import Money
from grants.people.models import Person
from grants.reviews.queries import Chaired, chaired
from grants.sessions import figures, policy, queries, screen
from grants.sessions.content import line_of
from grants.sessions.models import TIE_LABELS, Item, Session, SessionState, TieRule
from grants.sessions.screen import Sitting
from grants.sessions.words import sentence
from grants.web.access import access
from grants.web.fields import tidy
from grants.web.language import current_reader, speak_for
from grants.web.reviewer import portal
from grants.web.reviewer.forms import ConflictForm
from grants.web.reviewer.session_forms import AmountForm, ConsensusForm, PlanForm
from workflows import session as workflow
from workflows.session import what_is_missing

SHOWN = 30  # lines of the log on the screen
LONGEST = 2_000  # characters of a reason


@portal.get("/sessions")
@access(policy.list_sessions)
def sessions(user: Person) -> Any:
    """The sessions of one's commissions, and those a chair may plan."""
    found = queries.sessions(user)
    if found:
        _speak(found[0].call)
    return render_template("reviewer/sessions.html", sessions=found, plannable=queries.plannable(user))


@portal.route("/calls/<uuid:call_id>/<uuid:commission_id>/session", methods=["GET", "POST"])
@access(policy.plan_session, chaired)
def plan_session(user: Person, board: Chaired) -> Any:
    """Plan the session, or leads to it when it is planned."""
    _speak(board.call)
    known = queries.session_of(board.call.id, board.commission.id)
    if known is not None and request.method == "GET":
        return redirect(url_for(".session", id=known.id))
    form = PlanForm(zone=board.call.fund.cluster.timezone)
    if form.validate_on_submit() and form.starts_at.data:
        made = workflow.plan(board, form.starts_at.data, form.place.data or "", actor=user)
        flash(_("The session is planned: every file of the commission is on its agenda."), "ok")
        return redirect(url_for(".session", id=made.id), 303)
    return render_template("reviewer/session_plan.html", board=board, form=form, session=None)


@portal.route("/sessions/<uuid:id>/plan", methods=["GET", "POST"])
@access(policy.lead_session, queries.session)
def change_session_plan(user: Person, session: Session) -> Any:
    """Another day or place."""
    _speak(session.call)
    form = PlanForm(zone=session.call.fund.cluster.timezone, starts_at=session.starts_at, place=session.place)
    if form.validate_on_submit() and form.starts_at.data:
        workflow.change_plan(session, form.starts_at.data, form.place.data or "", actor=user)
        return _back(session)
    return render_template("reviewer/session_plan.html", board=session, form=form, session=session)


@portal.get("/sessions/<uuid:id>")
@access(policy.attend, queries.session)
def session(user: Person, session: Session) -> Any:
    """Agenda, who sits, the file under discussion, the ranking as it stands, the log."""
    return session_page(user, session)


@portal.get("/sessions/<uuid:id>/live")
@access(policy.attend, queries.glance)
def session_live(user: Person, session: Session) -> Any:
    """The moving part of the page, asked for every second: 304 while nothing has happened."""
    mark = mark_of(user, session)
    if request.if_none_match.contains(mark):
        return Response(status=304)
    whole = queries.session(user, session.id)
    _speak(whole.call)
    parts = shown(user, whole)
    response = Response(render_template("reviewer/session_live.html", **parts), mimetype="text/html")
    response.set_etag(parts["mark"])
    return response


def mark_of(user: Person, session: Session) -> str:
    """Changes with everything that changes this person's screen."""
    return f"{queries.mark(user, session)}-{current_reader().language}"


def session_page(
    user: Person, session: Session, *, agreeing: ConsensusForm | None = None, giving: AmountForm | None = None
) -> str:
    """The page, with a form that came back refused as it was typed."""
    _speak(session.call)
    parts = shown(user, session, agreeing=agreeing, giving=giving)
    return render_template("reviewer/session.html", **parts)


def shown(
    user: Person, session: Session, *, agreeing: ConsensusForm | None = None, giving: AmountForm | None = None
) -> dict[str, Any]:
    """Everything the templates of a session read: prepared, so that they decide nothing."""
    mark = mark_of(user, session)  # before the rest is read: what comes between is asked for again
    found = screen.sitting(user, session)
    item = found.open_item
    leads = policy.leads(user, session)
    running = session.state == SessionState.OPEN
    present = user.id in found.present
    may = {
        "lead": leads,
        "open": session.state == SessionState.PLANNED and policy.open_session.allows(user, session),
        "adjourn": running and policy.open_session.allows(user, session),
        "appoint": running and policy.open_session.allows(user, session),
        "plan": session.state == SessionState.PLANNED and leads,
        "close": running and found.places is not None and policy.close_session.allows(user, session),
        "enter": running and not present,
        "leave": running and present,
        "bring_up": running and leads and present and item is None and not found.waits_outside,
        "agree": running and item is not None and present and policy.agree.allows(user, item),
        "lead_item": running and item is not None and present and leads,
        "vote": item is not None and present and user.id not in found.ballots,
    }
    return {
        "session": session,
        "found": found,
        "user": user,
        "item": item,
        "blind": is_double(session.call),
        "may": may,
        "mark": mark,
        "item_quorum": found.quorum(item) if item else None,
        "vote": found.votes.get(item.id) if item else None,
        "agreeing": _agreeing(agreeing, item, found),
        "giving": _giving(giving, item, found),
        "aside_form": ConflictForm(prefix="aside"),
        "amounts": {one.id: figures.proposed_for(one, found.marks.get(one.application_id)) for one in found.items},
        "cut": _cut(found),
        "missing": what_is_missing(session, found.places) if may["close"] and found.places is not None else None,
        "undrawn": any(one.undrawn for one in found.places or ()),
        "lines": _lines(found),
        "trace": [one for one in _lines(found, item) if item],
        "late": leads and running and found.places is not None and queries.not_on_the_agenda(session),
        "money_of": lambda minor: Money(minor, session.call.currency),
        "tie_rules": _comma(found.rules.ties),
        "sealed": next((one for one in found.lots if one.drawn_at is None), None),
    }


def _agreeing(form: ConsensusForm | None, item: Item | None, found: Sitting) -> ConsensusForm | None:
    if item is None or form is not None:
        return form
    values: dict[str, Any] = {"reason": item.consensus_reason, "dissent": item.dissent, "version": item.version}
    if item.consensus is not None:
        values["mark"] = item.consensus / 100
    return ConsensusForm(formdata=None, **values)


def _giving(form: AmountForm | None, item: Item | None, found: Sitting) -> AmountForm | None:
    if item is None or form is not None:
        return form
    money = Money(figures.proposed_for(item, found.marks.get(item.application_id)), item.currency)
    return AmountForm(formdata=None, currency=item.currency, amount=money, version=item.version)


def _cut(found: Sitting) -> dict[str, Any] | None:
    """Where the envelope ends: after which rank, what is proposed down to there and what is left."""
    if found.places is None or found.envelope is None:
        return None
    funded = [one for one in found.places if one.spent is not None]
    spent = funded[-1].spent if funded else 0
    return {
        "after": len(funded),
        "spent": Money(spent or 0, found.envelope.currency),
        "left": Money(found.envelope.minor - (spent or 0), found.envelope.currency),
    }


def _comma(ties: list[Any]) -> str:
    """The rules of equal marks in the reader's words, one after the other."""
    reader = current_reader()
    mark = "، " if reader.language == "ar" else ", "
    return mark.join(i18n.plain(TIE_LABELS[TieRule(one)], reader) for one in ties) or i18n.plain(N_("none"), reader)


def _lines(found: Sitting, item: Item | None = None) -> list[dict[str, Any]]:
    """The log in words, the latest first; of one file only, all of it."""
    items = {one.id: one for one in found.session.items}
    known = found.names.keys()
    others = {id for one in found.log for id in (one.actor_id, one.person_id) if id is not None and id not in known}
    names = found.names | queries.names_of(others)
    wanted = [one for one in found.log if item is None or one.item_id == item.id]
    written = [line_of(one, names, items) for one in (wanted if item else wanted[-SHOWN:])]
    currency = found.session.call.currency
    return [
        {"at": entry.at, "text": sentence(one, currency), "kind": one["kind"], "number": one["number"]}
        for one, entry in zip(reversed(written), reversed(wanted if item else wanted[-SHOWN:]), strict=True)
    ]


# --- acts -----------------------------------------------------------------------------------------------------


def _back(session: Session, anchor: str = "") -> Any:
    return redirect(url_for(".session", id=session.id, _anchor=anchor or None), 303)


@portal.post("/sessions/<uuid:id>/open")
@access(policy.open_session, queries.session)
def open_session(user: Person, session: Session) -> Any:
    workflow.open_session(session, actor=user)
    return _back(session)


@portal.post("/sessions/<uuid:id>/adjourn")
@access(policy.open_session, queries.session)
def adjourn_session(user: Person, session: Session) -> Any:
    workflow.adjourn(session, tidy(request.form.get("why", ""))[:LONGEST], actor=user)
    flash(_("The session is adjourned. Give it another day, then open it again."), "ok")
    return _back(session)


@portal.post("/sessions/<uuid:id>/close")
@access(policy.close_session, queries.session)
def close_session(user: Person, session: Session) -> Any:
    workflow.close_session(session, actor=user)
    flash(
        _("The session is closed. Its ranking is with the strategic committee; the minutes wait for signatures."), "ok"
    )
    return redirect(url_for(".minutes", id=session.id), 303)


@portal.post("/sessions/<uuid:id>/enter")
@access(policy.attend, queries.session)
def enter_session(user: Person, session: Session) -> Any:
    """Oneself, or whom the one who leads writes down."""
    workflow.enter(session, _named(session) or user, actor=user)
    return _back(session)


@portal.post("/sessions/<uuid:id>/leave")
@access(policy.attend, queries.session)
def leave_session(user: Person, session: Session) -> Any:
    workflow.leave(session, _named(session) or user, actor=user)
    return _back(session)


@portal.post("/sessions/<uuid:id>/acting")
@access(policy.open_session, queries.session)
def name_acting(user: Person, session: Session) -> Any:
    workflow.name_acting(session, _named(session), actor=user)
    return _back(session)


@portal.post("/sessions/<uuid:id>/agenda")
@access(policy.lead_session, queries.session)
def complete_agenda(user: Person, session: Session) -> Any:
    workflow.complete_agenda(session, actor=user)
    return _back(session)


@portal.post("/sessions/<uuid:id>/draw")
@access(policy.break_tie, queries.session)
def draw_lot(user: Person, session: Session) -> Any:
    workflow.draw_lot(session, actor=user)
    return _back(session, "ranking")


def _named(session: Session) -> Person | None:
    """The member whom the form names; None when it names nobody. 404 for somebody who does not sit here."""
    return member_named(session, request.form.get("person", ""))


def member_named(session: Session, typed: str) -> Person | None:
    if not typed:
        return None
    found = next((one for one in queries.members(session) if str(one.id) == typed), None)
    if found is None:
        raise NotFound
    return found


def _speak(call: Call) -> None:
    cluster = call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
