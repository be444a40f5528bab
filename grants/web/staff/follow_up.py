"""How the grants of a draft call will be followed."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from grants.calls import follow_up_verbs, policy
from grants.calls.models import Call
from grants.core.errors import Refused
from grants.people.models import Person
from grants.web.access import access
from grants.web.staff import portal
from grants.web.staff.follow_up_forms import follow_up_form
from grants.web.staff.rules import followed_call


@portal.route("/calls/<uuid:id>/follow-up", methods=["GET", "POST"])
@access(policy.edit, followed_call)
def call_follow_up(user: Person, call: Call) -> Any:
    """Milestones to start from, what reports answer, what is given in kind."""
    form = follow_up_form(call)
    if form.validate_on_submit():
        form.require_fresh(call)
        call_id = call.id
        try:
            follow_up_verbs.keep_follow_up(call, form.rules(), form.version.data, actor=user)
        except Refused as refusal:
            form.form_errors = [refusal.detail]
            call = followed_call(user, call_id)
        else:
            flash(_("Saved. Applicants read it on the page of the call."), "ok")
            return redirect(url_for(".call", id=call_id), 303)
    return render_template("staff/call_follow_up.html", call=call, form=form)
