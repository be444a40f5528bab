"""What is done with one file while the commission sits."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest

from grants.core.errors import LostUpdate, Problem, Refused, WrongState
from grants.core.i18n import N_
from grants.people.models import Person
from grants.sessions import policy, queries
from grants.sessions.models import Choice, Item, ItemState
from grants.web.access import access
from grants.web.reviewer import portal
from grants.web.reviewer.forms import ConflictForm
from grants.web.reviewer.session_forms import AmountForm, ConsensusForm
from grants.web.reviewer.sessions import member_named, session_page
from workflows import agenda as workflow


def _back(item: Item, anchor: str = "item") -> Any:
    return redirect(url_for(".session", id=item.session_id, _anchor=anchor), 303)


@portal.post("/items/<uuid:id>/open")
@access(policy.lead_item, queries.item)
def open_item(user: Person, item: Item) -> Any:
    workflow.open_item(item, actor=user)
    return _back(item)


@portal.post("/items/<uuid:id>/settle")
@access(policy.lead_item, queries.item)
def settle_item(user: Person, item: Item) -> Any:
    workflow.settle_item(item, actor=user)
    return _back(item, "agenda")


@portal.post("/items/<uuid:id>/put-back")
@access(policy.lead_item, queries.item)
def put_back_item(user: Person, item: Item) -> Any:
    workflow.put_back_item(item, actor=user)
    return _back(item, "agenda")


@portal.post("/items/<uuid:id>/move")
@access(policy.lead_item, queries.item)
def move_item(user: Person, item: Item) -> Any:
    workflow.move_item(item, request.form.get("to") == "up", actor=user)
    return _back(item, "agenda")


@portal.post("/items/<uuid:id>/rapporteur")
@access(policy.lead_item, queries.item)
def name_rapporteur(user: Person, item: Item) -> Any:
    person = member_named(item.session, request.form.get("person", ""))
    workflow.name_rapporteur(item, person, actor=user)
    return _back(item)


@portal.post("/items/<uuid:id>/step-aside")
@access(policy.discuss, queries.item)
def step_aside(user: Person, item: Item) -> Any:
    """Pressed twice, the second finds nothing any more, and that is as it should be."""
    form = ConflictForm(prefix="aside")
    if not form.validate_on_submit():
        raise Refused(N_("Say in a few words what the conflict of interest is."), N_("Go back and write it."))
    session_id = item.session_id
    workflow.step_aside(item, form.reason.data or "", actor=user)
    flash(_("You step aside from this file. Nothing of it is shown to you until the decisions are published."), "ok")
    return redirect(url_for(".session", id=session_id), 303)


@portal.post("/items/<uuid:id>/consensus")
@access(policy.agree, queries.item)
def keep_consensus(user: Person, item: Item) -> Any:
    form = ConsensusForm()
    item_id = item.id
    if form.validate_on_submit():
        try:
            workflow.keep_consensus(
                item,
                form.hundredths,
                form.reason.data or "",
                form.dissent.data or "",
                version=form.version.data,
                actor=user,
            )
            return _back(item)
        except Problem as problem:
            _refused(form, problem, user, item_id)
    return session_page(user, _still_up(user, item_id).session, agreeing=form)


@portal.post("/items/<uuid:id>/amount")
@access(policy.agree, queries.item)
def keep_amount(user: Person, item: Item) -> Any:
    form = AmountForm(currency=item.currency)
    item_id = item.id
    if form.validate_on_submit() and form.amount.data is not None:
        try:
            workflow.keep_amount(item, form.amount.data, version=form.version.data, actor=user)
            return _back(item)
        except Problem as problem:
            _refused(form, problem, user, item_id)
    return session_page(user, _still_up(user, item_id).session, giving=form)


def _still_up(user: Person, item_id: UUID) -> Item:
    """The file a refused form is about. Raises WrongState, whose page shows what was typed, when another one is under
    discussion by now: the form would stand under a file it is not about."""
    item = queries.item(user, item_id)
    if item.state != ItemState.OPEN or not policy.agree.allows(user, item):
        raise WrongState(
            N_("This file is not under discussion any more: what you typed was not kept."),
            N_("Copy your text, bring the file up again, then write it there."),
        )
    return item


def _refused(form: ConsensusForm | AmountForm, problem: Problem, user: Person, item_id: UUID) -> None:
    """Say why, keep what was typed. After a lost update the page shows what stands now above the form, so that a second
    press is a decision taken with both in view."""
    form.form_errors = [one for one in (problem.detail, problem.advice) if one]
    if isinstance(problem, LostUpdate):
        form.version.raw_data = None
        form.version.data = queries.item(user, item_id).version


@portal.post("/items/<uuid:id>/vote/open")
@access(policy.lead_item, queries.item)
def open_vote(user: Person, item: Item) -> Any:
    workflow.open_vote(item, actor=user)
    return _back(item)


@portal.post("/items/<uuid:id>/vote")
@access(policy.discuss, queries.item)
def cast_vote(user: Person, item: Item) -> Any:
    try:
        choice = Choice(request.form.get("choice", ""))
    except ValueError as error:
        raise BadRequest from error
    workflow.cast(item, choice, actor=user)
    return _back(item)


@portal.post("/items/<uuid:id>/vote/close")
@access(policy.lead_item, queries.item)
def close_vote(user: Person, item: Item) -> Any:
    workflow.close_vote(item, actor=user)
    return _back(item)


@portal.post("/items/<uuid:id>/vote/cancel")
@access(policy.lead_item, queries.item)
def cancel_vote(user: Person, item: Item) -> Any:
    workflow.cancel_vote(item, actor=user)
    return _back(item)
