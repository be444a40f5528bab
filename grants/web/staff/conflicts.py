"""Conflicts of interest that no chair may settle: every chair of the commission has one with the file."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from grants.people.models import Person
from grants.reviews import conflict_policy, conflict_queries
from grants.reviews.conflict_models import Verdict
from grants.reviews.conflict_policy import Concern
from grants.web.access import access
from grants.web.conflicts import page_of, settle
from grants.web.staff import portal


@portal.get("/conflicts")
@access(conflict_policy.list_unled)
def conflicts(user: Person) -> Any:
    """Who × file × why, in the funds this officer follows."""
    return render_template("staff/conflicts.html", found=page_of(conflict_queries.unled(user)), user=user)


def concern(user: Person, id: UUID, person_id: UUID) -> Concern:
    return Concern(*conflict_queries.unled_concern(user, id, person_id))


@portal.post("/applications/<uuid:id>/conflicts/<uuid:person_id>/confirm")
@access(conflict_policy.stand_in, concern)
def confirm_conflict(user: Person, concern: Concern) -> Any:
    settle(concern, Verdict.CONFIRMED, user)
    flash(_("The conflict is confirmed: %(name)s does not review this application.", name=concern.person.name), "ok")
    return redirect(url_for(".conflicts"), 303)


@portal.post("/applications/<uuid:id>/conflicts/<uuid:person_id>/dismiss")
@access(conflict_policy.stand_in, concern)
def dismiss_conflict(user: Person, concern: Concern) -> Any:
    settle(concern, Verdict.DISMISSED, user)
    flash(_("The conflict is dismissed. Your reason is kept with it."), "ok")
    return redirect(url_for(".conflicts"), 303)
