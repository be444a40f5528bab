"""Conflicts of interest: those of a commission, which its chair settles, and one's own, declared before being asked."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from grants.applications.models import Application
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.core.policy import signed_in
from grants.people.models import Person
from grants.reviews import conflict_policy, conflict_queries, policy, queries
from grants.reviews.blinded import is_blind_to
from grants.reviews.conflict_models import Verdict
from grants.reviews.conflict_policy import Concern
from grants.reviews.detection import YEARS
from grants.reviews.queries import Chaired
from grants.web.access import access
from grants.web.conflicts import page_of, settle
from grants.web.language import speak_for
from grants.web.reviewer import portal
from grants.web.reviewer.forms import ConflictForm
from workflows import conflict as workflow


@portal.get("/calls/<uuid:call_id>/<uuid:commission_id>/conflicts")
@access(policy.lead_commission, queries.chaired)
def conflicts(user: Person, board: Chaired) -> Any:
    """Who × file × why, since when, and what was said of it."""
    cluster = board.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
    found = page_of(conflict_queries.register(user, board))
    return render_template("reviewer/conflicts.html", board=board, found=found, user=user, years=YEARS)


def concern(user: Person, id: UUID, person_id: UUID) -> Concern:
    """Raises NoResultFound for a file that is not this chair's to see, or a person of another commission."""
    return Concern(*conflict_queries.led_concern(user, id, person_id))


@portal.post("/applications/<uuid:id>/conflicts/<uuid:person_id>/confirm")
@access(conflict_policy.settle, concern)
def confirm_conflict(user: Person, concern: Concern) -> Any:
    settle(concern, Verdict.CONFIRMED, user)
    flash(_("The conflict is confirmed: %(name)s does not review this application.", name=concern.person.name), "ok")
    return _back(concern)


@portal.post("/applications/<uuid:id>/conflicts/<uuid:person_id>/dismiss")
@access(conflict_policy.settle, concern)
def dismiss_conflict(user: Person, concern: Concern) -> Any:
    settle(concern, Verdict.DISMISSED, user)
    flash(_("The conflict is dismissed. Your reason is kept with it."), "ok")
    return _back(concern)


def _back(concern: Concern) -> Any:
    file = concern.application
    where = url_for(".conflicts", call_id=file.call_id, commission_id=file.commission_id)
    return redirect(where, 303)


# --- one's own ------------------------------------------------------------------------------------------------


@portal.get("/conflicts")
@access(signed_in)
def own_conflicts(user: Person) -> Any:
    """The files of one's commissions, to say with which one has a conflict, and what one declared."""
    files, page, pages = conflict_queries.declarables(user, request.args.get("page", 1, type=int))
    mine = conflict_queries.declared(user)
    return render_template(
        "reviewer/own_conflicts.html",
        files=files,
        page=page,
        pages=pages,
        declared=mine,
        is_blind=partial(is_blind_to, user),
    )


@portal.post("/applications/<uuid:id>/declare")
@access(conflict_policy.declare, conflict_queries.own_declarable)
def declare(user: Person, application: Application) -> Any:
    form = ConflictForm()
    if not form.validate_on_submit():
        raise Refused(N_("Say what the conflict is."))
    workflow.declare(application, form.reason.data or "", actor=user)
    flash(_("Your conflict of interest is declared. The file is closed to you."), "ok")
    return redirect(url_for(".own_conflicts"), 303)
