"""The documents that a draft call asks for: listed, added, changed, ordered."""

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound

from grants.calls import policy, queries, required
from grants.calls.models import Call, RequiredDocument
from grants.core.errors import Refused
from grants.people.models import Person
from grants.web.access import access
from grants.web.downloads import attached
from grants.web.language import speak_for
from grants.web.staff import portal
from grants.web.staff.required_forms import required_form


def followed_call(user: Person, id: UUID) -> Call:
    found = queries.followed_call(user, id)
    speak_for(found.fund.cluster.country, found.fund.cluster.timezone)
    return found


def call_asking(user: Person, id: UUID, required_id: UUID) -> Call:
    """The call; raises NoResultFound for a document it does not ask for."""
    call = followed_call(user, id)
    _one(call)
    return call


def _one(call: Call) -> RequiredDocument:
    id = (request.view_args or {})["required_id"]
    found = next((one for one in call.required if one.id == id and one.anonymises_id is None), None)
    if found is None:
        raise NoResultFound
    return found


@portal.get("/calls/<uuid:id>/documents")
@access(policy.edit, followed_call)
def call_documents(user: Person, call: Call) -> Any:
    """The list as applicants read it, with what changes it."""
    others = [] if call.required else queries.calls_with_documents(user, call)
    return render_template("staff/call_documents.html", call=call, most=required.MOST, others=others)


@portal.route("/calls/<uuid:id>/documents/new", methods=["GET", "POST"])
@access(policy.edit, followed_call)
def new_call_document(user: Person, call: Call) -> Any:
    return _page(user, call, None)


@portal.route("/calls/<uuid:id>/documents/<uuid:required_id>", methods=["GET", "POST"])
@access(policy.edit, call_asking)
def call_document(user: Person, call: Call) -> Any:
    return _page(user, call, _one(call))


def _page(user: Person, call: Call, kept: RequiredDocument | None) -> Any:
    form, call_id = required_form(kept, call.version), call.id
    if form.validate_on_submit():
        form.require_fresh(call)
        try:
            demand, kept_id = form.demand(kept), kept.id if kept else None
            required.require(call, demand, form.version.data, actor=user, id=kept_id)
        except Refused as refusal:
            form.template.errors = [refusal.detail]
            call = followed_call(user, call_id)
            kept = _one(call) if kept else None
        else:
            flash(_("The list of documents is saved."), "ok")
            return redirect(url_for(".call_documents", id=call_id), 303)
    return render_template("staff/call_document.html", call=call, kept=kept, form=form)


@portal.post("/calls/<uuid:id>/documents/copy")
@access(policy.edit, followed_call)
def copy_call_documents(user: Person, call: Call) -> Any:
    """Begin with the list of an earlier call of the person's funds."""
    call_id, chosen = call.id, request.form.get("call", type=UUID)
    source = followed_call(user, chosen) if chosen else abort(404)
    required.copy(call, source, request.form.get("version", type=int), actor=user)
    flash(_("The list of documents is saved."), "ok")
    return redirect(url_for(".call_documents", id=call_id), 303)


@portal.post("/calls/<uuid:id>/documents/<uuid:required_id>/remove")
@access(policy.edit, call_asking)
def remove_call_document(user: Person, call: Call) -> Any:
    call_id = call.id
    required.release(call, _one(call).id, request.form.get("version", type=int), actor=user)
    flash(_("The list of documents is saved."), "ok")
    return redirect(url_for(".call_documents", id=call_id), 303)


@portal.post("/calls/<uuid:id>/documents/<uuid:required_id>/move")
@access(policy.edit, call_asking)
def move_call_document(user: Person, call: Call) -> Any:
    call_id, up = call.id, request.form.get("go") == "up"
    required.move(call, _one(call).id, up, request.form.get("version", type=int), actor=user)
    return redirect(url_for(".call_documents", id=call_id), 303)


@portal.get("/calls/<uuid:id>/documents/<uuid:required_id>/template")
@access(policy.follow, call_asking)
def call_document_template(user: Person, call: Call) -> Any:
    return attached(_with_template(_one(call)))


def _with_template(one: RequiredDocument) -> RequiredDocument:
    if one.sha256 is None:
        raise NoResultFound
    return one
