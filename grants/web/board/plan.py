"""What if: a member tries decisions, amounts and transfers on a draft of one's own, then confirms all of it at once."""

from typing import Any
from uuid import UUID

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from grants.awards import drafts, policy, queries
from grants.awards.drafts import Draft
from grants.awards.models import OUTCOME_LABELS, DecisionState, Outcome
from grants.awards.picture import Picture, awaits_funding, is_open, picture
from grants.awards.projection import Projection, Step, project
from grants.calls.models import Call
from grants.core.clock import now
from grants.core.errors import Refused
from grants.core.i18n import N_, Text
from grants.core.types import Money, new_id
from grants.people.models import Person
from grants.web.access import access
from grants.web.board import portal
from grants.web.board.picture import speak
from grants.web.board.plan_form import Typed, filled, read
from grants.web.filters import plain
from workflows import committee as workflow


def effect(step: Step | None) -> Text | str:
    """What the draft does with a project, in a word; whether that is against what its commission proposed."""
    if step is None:
        return ""
    if step.outcome is None:
        return N_("Amount changes")
    label = OUTCOME_LABELS[step.outcome]
    awaited = awaits_funding(step.decision)
    if step.outcome is Outcome.FUNDED and not awaited:
        return N_("Enters: %(outcome)s", outcome=label)
    if step.outcome is not Outcome.FUNDED and awaited:
        return N_("Leaves: %(outcome)s", outcome=label)
    return label


@portal.get("/calls/<uuid:id>/plan")
@access(policy.steer, queries.decided_call)
def plan(user: Person, call: Call) -> Any:
    """One's own draft over the picture as it stands now."""
    speak(call)
    found = picture(user, call)
    draft = drafts.kept(user, call)
    return _page(user, found, filled(draft, found))


@portal.post("/calls/<uuid:id>/plan")
@access(policy.steer, queries.decided_call)
def save_plan(user: Person, call: Call) -> Any:
    """Keep the draft; the button decides whether its preview comes next."""
    speak(call)
    found = picture(user, call)
    typed = read(request.form, found, drafts.kept(user, call))
    if typed.errors:
        return _page(user, found, typed)
    drafts.keep(typed.draft, call, actor=user)
    return redirect(url_for(".plan_preview" if request.form.get("go") == "preview" else ".plan", id=call.id), 303)


@portal.post("/calls/<uuid:id>/plan/autosave")
@access(policy.steer, queries.decided_call)
def autosave_plan(user: Person, call: Call) -> Any:
    """Keep what is readable, and say what it would make of the envelopes."""
    speak(call)
    found = picture(user, call)
    typed = read(request.form, found, drafts.kept(user, call))
    said = figures(project(found, typed.draft, user))  # before the commit, which forgets what was read
    drafts.keep(typed.draft, call, actor=user)
    return jsonify(saved_at=now().isoformat(), **said)


@portal.post("/calls/<uuid:id>/plan/choose")
@access(policy.steer, queries.decided_call)
def choose(user: Person, call: Call) -> Any:
    """Lines ticked in the list of decisions, with one outcome: a draft that holds just that, and its preview."""
    found = picture(user, call)
    ticked = request.form.getlist("chosen")
    ids = [id for id, row in found.rows.items() if str(id) in ticked and is_open(row)]
    outcome = request.form.get("outcome", "")
    if not ids or outcome not in set(Outcome):
        raise Refused(N_("Tick at least one project that is still to decide, and choose what becomes of it."))
    reason = request.form.get("reason", "").strip()[: drafts.LONGEST]
    drafts.keep(Draft().choosing(ids, Outcome(outcome), reason), call, actor=user)
    return redirect(url_for(".plan_preview", id=call.id), 303)


@portal.get("/calls/<uuid:id>/plan/preview")
@access(policy.steer, queries.decided_call)
def plan_preview(user: Person, call: Call) -> Any:
    """Exactly what will happen to whom, and the credit after it."""
    speak(call)
    planned = project(picture(user, call), drafts.kept(user, call), user)
    names = {one.commission.id: one.commission.name for one in planned.picture.themes}
    return render_template(
        "board/plan_preview.html",
        call=call,
        planned=planned,
        names=names,
        amounts=[Money(one.minor, call.currency) for one in planned.draft.passages],
        effect=effect,
        key=new_id(),
    )


@portal.post("/calls/<uuid:id>/plan/confirm")
@access(policy.steer, queries.decided_call)
def confirm_plan(user: Person, call: Call) -> Any:
    """All of it, or nothing."""
    key, seal = _key(), request.form.get("seal", "")
    workflow.decide_together(call, drafts.kept(user, call), seal, key, actor=user)
    flash(_("Done, all of it. The decisions and the envelopes show it."), "ok")
    return redirect(url_for(".whole_picture", id=call.id), 303)


@portal.post("/calls/<uuid:id>/plan/forget")
@access(policy.steer, queries.decided_call)
def forget_plan(user: Person, call: Call) -> Any:
    drafts.forget(call, actor=user)
    flash(_("Your draft is thrown away. Nothing else changed."), "ok")
    return redirect(url_for(".plan", id=call.id), 303)


def _key() -> str:
    try:
        return str(UUID(request.form.get("key", "")))
    except ValueError as error:
        raise Refused(N_("The page you sent is incomplete. Open it again.")) from error


def _page(user: Person, found: Picture, typed: Typed) -> Any:
    planned = project(found, typed.draft, user)
    return render_template(
        "board/plan.html",
        call=found.call,
        picture=found,
        planned=planned,
        typed=typed,
        figures=figures(planned),
        outcomes=list(Outcome),
        is_open=is_open,
        reserve=DecisionState.RESERVE,
    )


def figures(planned: Projection) -> dict[str, Any]:
    """Every figure and sentence of the page that a draft moves, by the name of its place, in the reader's words."""
    texts = {}
    for one in planned.themes:
        own = one.theme.commission.id
        for name in ("envelope", "decided", "free", "left"):
            texts[f"{name}-{own}"] = plain(getattr(one, name))
        for row in one.theme.rows:
            if is_open(row):
                texts[f"row-{row.id}"] = plain(effect(planned.of(row.id)))
    for name in ("decided", "left"):
        texts[f"total-{name}"] = plain(planned.total(name))
    texts["steps"] = plain(
        ngettext("%(n)s project changes", "%(n)s projects change", len(planned.steps), n=len(planned.steps))
    )
    return {"texts": texts, "lists": {"problems": [plain(one) for one in planned.problems]}}
