"""What a person had sent signed out: back on its page, filled in; or shown to be copied, when that page is closed."""

from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound
from werkzeug.exceptions import HTTPException

from grants.core.i18n import Text
from grants.core.policy import signed_in
from grants.people.models import ParkedForm, Person
from grants.people.parking import take_up
from grants.web import parking
from grants.web.access import access
from grants.web.account import portal
from grants.web.parking import FIELD, TakenUp, typed_in


def own_parked(user: Person, parked_id: UUID) -> ParkedForm:
    return parking.one(user, parked_id).row


@portal.get("/parked")
@access(signed_in)
def parked_forms(user: Person) -> Any:
    """Everything that waits in this browser; with one, straight to it."""
    kept = [one for one in parking.waiting(user) if _is_theirs(user, one.row.path)]
    if not kept:
        return redirect("/", 303)
    if len(kept) == 1:
        return redirect(url_for(".parked", parked_id=kept[0].row.id), 303)
    return render_template("account/parked.html", kept=[(one.row, _said(one), None) for one in kept])


@portal.get("/parked/<uuid:parked_id>")
@access(take_up, own_parked)
def parked(user: Person, row: ParkedForm) -> Any:
    """Its page, filled with what was typed. Raises NoResultFound where that page is not this person's to see."""
    reason = _closed(user, row.path)
    if reason is None:
        return redirect(f"{row.path}?{FIELD}={row.id}", 303)
    return render_template("account/parked.html", kept=[(row, _said(parking.one(user, row.id)), reason)])


@portal.post("/parked/<uuid:parked_id>/forget")
@access(take_up, own_parked)
def forget_parked(user: Person, row: ParkedForm) -> Any:
    there = url_for(".parked_forms") if _closed(user, row.path) else row.path
    parking.forget(row.id)
    flash(_("What you had typed there is discarded."))
    return redirect(there, 303)


def _closed(user: Person, path: str) -> Text | None:
    """Why this person cannot open that page or send its form now; None when they can.

    Raises NoResultFound when they cannot see it.
    """
    addresses = current_app.url_map.bind("")
    reason: Text | None = None
    for method in ("GET", "POST"):
        try:
            endpoint, arguments = addresses.match(path, method=method)
        except HTTPException as error:
            if method == "GET":  # the page is no longer where it was
                raise NoResultFound from error
            break  # its form is sent elsewhere
        view: Any = current_app.view_functions[endpoint]
        reason = reason or view.policy.why_not(user, view.load(user, **arguments) if view.load else None)
    return reason


def _is_theirs(user: Person, path: str) -> bool:
    """Whether this person may see the page of the form, open or closed."""
    try:
        _closed(user, path)
    except NoResultFound:
        return False
    return True


def _said(kept: TakenUp) -> list[tuple[str, str]]:
    return typed_in(list(kept.typed.items(multi=True)))
