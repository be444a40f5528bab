"""What a draft call asks of a budget."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from grants.calls import budget_verbs, policy
from grants.calls.models import Call
from grants.people.models import Person
from grants.web.access import access
from grants.web.staff import portal
from grants.web.staff.budget_forms import budget_rules_form
from grants.web.staff.rules import followed_call


@portal.route("/calls/<uuid:id>/budget", methods=["GET", "POST"])
@access(policy.edit, followed_call)
def call_budget(user: Person, call: Call) -> Any:
    """Categories, rates and ceilings by kind of organisation, VAT; without a category, the simple budget."""
    form = budget_rules_form(call)
    arranging = request.method == "POST" and bool(request.form.get("go"))
    if arranging or not form.validate_on_submit():
        return render_template("staff/call_budget.html", call=call, form=form)
    form.require_fresh(call)
    rules, call_id = form.rules(), call.id
    budget_verbs.keep_budget(call, rules, form.version.data, actor=user)
    if rules:
        flash(_("Saved. Applicants will write their budget line by line."), "ok")
    else:
        flash(_("Saved. Applicants will give the cost and the amount requested, without lines."), "ok")
    return redirect(url_for(".call", id=call_id), 303)
