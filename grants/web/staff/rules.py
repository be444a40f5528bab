"""The eligibility rules of a draft call: each on a page of its own, all of them previewed as applicants read them."""

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from grants.calls import policy, queries, rule_verbs
from grants.calls.eligibility import RuleKind
from grants.calls.models import Call
from grants.calls.rules import RULES
from grants.people.models import Person
from grants.web.access import access
from grants.web.language import speak_for
from grants.web.staff import portal
from grants.web.staff.rule_forms import rule_form


def followed_call(user: Person, id: UUID) -> Call:
    found = queries.followed_call(user, id)
    speak_for(found.fund.cluster.country, found.fund.cluster.timezone)
    return found


def call_and_kind(user: Person, id: UUID, kind: str) -> Call:
    """The call; an unknown kind of rule is a page that does not exist."""
    if kind not in set(RuleKind):
        abort(404)
    return followed_call(user, id)


@portal.get("/calls/<uuid:id>/rules")
@access(policy.edit, followed_call)
def call_rules(user: Person, call: Call) -> Any:
    """Every rule as its sentence; what can be added, with what it is."""
    used = {one.kind for one in call.rules}
    return render_template(
        "staff/call_rules.html",
        call=call,
        titles={kind: rule.title for kind, rule in RULES.items()},
        free=[(kind, rule.title) for kind, rule in RULES.items() if kind not in used],
    )


@portal.route("/calls/<uuid:id>/rules/<kind>", methods=["GET", "POST"])
@access(policy.edit, call_and_kind)
def call_rule(user: Person, call: Call) -> Any:
    """Add the rule of this kind, or change it."""
    kind = RuleKind((request.view_args or {})["kind"])
    kept = next((one for one in call.rules if one.kind == kind), None)
    known = kept.rule if kept else None
    form = rule_form(kind, known, kept.blocks if kept else True, call.version, call.currency)
    if form.validate_on_submit():
        form.require_fresh(call)
        blocks, call_id = form.blocks.data == "yes", call.id
        rule_verbs.keep_rule(call, form.rule(), blocks, form.version.data, actor=user)
        flash(_("The rule is saved."), "ok")
        return redirect(url_for(".call_rules", id=call_id), 303)
    typed = form.rule() if form.is_submitted() and not form.errors else known
    return render_template(
        "staff/call_rule.html",
        call=call,
        form=form,
        title=RULES[kind].title,
        new=kept is None,
        sentence=typed.sentence(call.terms) if typed else None,
    )


@portal.post("/calls/<uuid:id>/rules/<kind>/remove")
@access(policy.edit, call_and_kind)
def remove_call_rule(user: Person, call: Call) -> Any:
    kind, call_id = RuleKind((request.view_args or {})["kind"]), call.id
    rule_verbs.remove_rule(call, kind, request.form.get("version", type=int), actor=user)
    flash(_("The rule is removed."), "ok")
    return redirect(url_for(".call_rules", id=call_id), 303)


@portal.post("/calls/<uuid:id>/rules/<kind>/move")
@access(policy.edit, call_and_kind)
def move_call_rule(user: Person, call: Call) -> Any:
    kind, call_id = RuleKind((request.view_args or {})["kind"]), call.id
    up = request.form.get("go") == "up"
    rule_verbs.move_rule(call, kind, up, request.form.get("version", type=int), actor=user)
    return redirect(url_for(".call_rules", id=call_id), 303)
