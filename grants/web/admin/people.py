"""People: finding them, inviting them, their roles, closing and opening their accounts."""

import math
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from grants.core.db import db
from grants.core.i18n import N_
from grants.people import appointments, policy, queries
from grants.people.models import ROLE_LABELS, Appointment, Person, Role
from grants.web.access import access
from grants.web.admin import portal
from grants.web.admin.forms import AppointForm, DisableForm, InviteForm
from grants.web.admin.places import Places
from grants.web.filters import Tag
from workflows import account as workflow

PER_PAGE = 25


@portal.get("/people", endpoint="people")
@access(policy.administer)
def list_people(user: Person) -> Any:
    words, role = request.args.get("q", ""), _role(request.args.get("role"))
    found = queries.search(user, words, role)
    total = db.session.scalar(select(func.count()).select_from(found.order_by(None).subquery())) or 0
    pages = max(1, math.ceil(total / PER_PAGE))
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    people = db.session.scalars(found.limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all()
    return render_template(
        "admin/people.html",
        people=people,
        words=words,
        role=role,
        roles=ROLE_LABELS,
        places=Places.load(user),
        page=page,
        pages=pages,
        total=total,
    )


@portal.route("/people/invite", methods=["GET", "POST"], endpoint="people_invite")
@access(policy.administer)
def invite(user: Person) -> Any:
    form = InviteForm(Places.load(user))
    if form.validate_on_submit():
        person, new = workflow.invite(form.draft(), actor=user)
        if new:
            flash(_("%(name)s is invited: a message is on its way.", name=person.name))
        else:
            flash(_("%(name)s already had an account, and has the new roles.", name=person.name))
        return redirect(url_for(".person", id=person.id), 303)
    return render_template("admin/invite.html", form=form)


@portal.get("/people/<uuid:id>")
@access(policy.manage_person, queries.person)
def person(user: Person, person: Person) -> Any:
    return _page(user, person, AppointForm(person, Places.load(user)))


@portal.post("/people/<uuid:id>/roles", endpoint="person_appoint")
@access(policy.manage_person, queries.person)
def appoint(user: Person, person: Person) -> Any:
    form = AppointForm(person, Places.load(user))
    if not form.validate():
        return _page(user, person, form)
    role, place = form.chosen()
    appointments.appoint(person, role, place, actor=user)
    flash(_("The role is given."))
    return redirect(url_for(".person", id=person.id), 303)


@portal.post("/people/<uuid:id>/roles/<uuid:appointment_id>/revoke", endpoint="person_revoke")
@access(policy.revoke, queries.appointment)
def revoke(user: Person, appointment: Appointment) -> Any:
    person_id = appointment.person_id
    appointments.revoke(appointment, actor=user)
    flash(_("The role is taken away."))
    return redirect(url_for(".person", id=person_id), 303)


@portal.post("/people/<uuid:id>/disable", endpoint="person_disable")
@access(policy.disable, queries.person)
def disable(user: Person, person: Person) -> Any:
    form = DisableForm()
    if not form.validate():
        flash(_("Write the reason: it is kept with the decision."))
        return redirect(url_for(".person", id=person.id), 303)
    appointments.disable(person, actor=user, reason=form.reason.data or "")
    flash(_("The account is closed, and signed out everywhere."))
    return redirect(url_for(".person", id=person.id), 303)


@portal.post("/people/<uuid:id>/enable", endpoint="person_enable")
@access(policy.manage_person, queries.person)
def enable(user: Person, person: Person) -> Any:
    appointments.enable(person, actor=user)
    flash(_("The account is open again."))
    return redirect(url_for(".person", id=person.id), 303)


@portal.post("/people/<uuid:id>/invite-again", endpoint="person_invite_again")
@access(policy.manage_person, queries.person)
def invite_again(user: Person, person: Person) -> Any:
    sent = workflow.invite_again(person, actor=user)
    flash(_("A new message is on its way.") if sent else _("No message was sent: several have been sent lately."))
    return redirect(url_for(".person", id=person.id), 303)


@portal.app_template_global()
def account_tag(person: Person) -> Tag:
    """Where somebody's account stands."""
    if person.disabled_at is not None:
        return Tag("bad", N_("Closed"), "ban")
    if person.confirmed_at is not None:
        return Tag("ok", N_("Open"), "check")
    if person.password_hash is not None:
        return Tag("warn", N_("Address not confirmed"), "mail-question-mark")
    return Tag("info", N_("Invited"), "mail")


def _page(user: Person, person: Person, form: AppointForm) -> str:
    return render_template(
        "admin/person.html",
        person=person,
        form=form,
        places=form.places,
        roles=ROLE_LABELS,
        may_disable=policy.disable.allows(user, person),
    )


def _role(value: str | None) -> Role | None:
    return Role(value) if value in set(Role) else None
