"""The chair's proposal of who reviews what: computed, read, edited by hand, confirmed as one unit."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField
from wtforms.fields.choices import SelectChoice

from grants.applications.models import Application
from grants.core.i18n import Text
from grants.messages.models import Status
from grants.messages.queries import find, progress_of
from grants.people.models import Person
from grants.reviews import panels, policy, queries
from grants.reviews.assignment import plan as reads
from grants.reviews.assignment.facts import Facts, gather
from grants.reviews.assignment_models import AssignmentPlan, PlanState
from grants.reviews.panel_models import BID_LABELS, BidLevel, Topic
from grants.reviews.queries import Chaired
from grants.reviews.topics import topics_of
from grants.web.access import access
from grants.web.charts import capped, nothing
from grants.web.forms import CheckboxesField, Form, Versioned
from grants.web.language import speak_for
from grants.web.reviewer import portal
from workflows import assignment as workflow

MOST = 40  # reviewers the chart of loads holds; the table under it has all
BUSY = frozenset({PlanState.QUEUED, PlanState.SENDING})
Planned = tuple[Chaired, AssignmentPlan]
PlannedFile = tuple[Chaired, AssignmentPlan, Application]


class StartForm(Form):
    """How a proposal is computed."""

    experts = BooleanField(_l("At least one reviewer of each application has declared its subject"), default=True)
    shown = HiddenField()  # the proposal that stood, and its version

    @property
    def seen(self) -> workflow.Seen:
        id, _, version = (self.shown.data or "").partition(" ")
        try:
            return UUID(id), int(version)
        except ValueError:
            return None


class SeatsForm(Form, Versioned):
    """Who reviews one application."""

    reviewers = CheckboxesField(_l("Reviewers"))


class VersionForm(Form, Versioned):
    """The version that was read."""


@portal.route("/calls/<uuid:call_id>/<uuid:commission_id>/assignment", methods=["GET", "POST"])
@access(policy.assign_all, queries.chaired)
def assignment(user: Person, board: Chaired) -> Any:
    """The proposal that stands, or how to compute one."""
    form = StartForm()
    if form.validate_on_submit():
        workflow.start(board, bool(form.experts.data), form.seen, actor=user)
        return home(board)
    return show(user, board, reads.standing(board))


@portal.get("/assignments/<uuid:id>/progress")
@access(policy.see_plan, reads.planned)
def assignment_progress(user: Person, found: Planned) -> Any:
    """For the page that waits: `{"percent", "rows", "done", "failed", "message"}`."""
    return standing(found[1])


@portal.post("/assignments/<uuid:id>/confirm")
@access(policy.see_plan, reads.planned)
def send_plan(user: Person, found: Planned) -> Any:
    """Ask everybody at once, or show what has moved."""
    board, plan = found
    form = VersionForm()
    if not form.validate_on_submit():
        return home(board)
    place = board.call.id, board.commission.id
    try:
        workflow.confirm(board, plan, form.version.data, actor=user)
    except workflow.Moved as moved:
        anew = queries.chaired(user, *place)
        return show(user, anew, reads.standing(anew), moved.facts), 409
    flash(_("Confirmed. Each reviewer receives a mail."), "ok")
    return redirect(url_for(".assignment", call_id=place[0], commission_id=place[1]), 303)


@portal.post("/assignments/<uuid:id>/discard")
@access(policy.see_plan, reads.planned)
def discard_plan(user: Person, found: Planned) -> Any:
    board, plan = found
    form = VersionForm()
    if form.validate_on_submit():
        workflow.discard(plan, form.version.data, actor=user)
        flash(_("The proposal is set aside. Nobody was asked."), "ok")
    return home(board)


@portal.route("/assignments/<uuid:id>/applications/<uuid:application_id>", methods=["GET", "POST"])
@access(policy.edit_plan, reads.planned_file)
def planned_application(user: Person, found: PlannedFile) -> Any:
    """Who reviews one application, changed by hand, with what speaks for and against each."""
    board, plan, application = found
    speak(board)
    facts, pairs = gather(board, user), reads.pairs_of(plan)
    held = pairs.get(application.id, [])
    form = SeatsForm(data={"reviewers": [str(one) for one in held], "version": plan.version})
    form.reviewers.choices = [SelectChoice(str(one.person.id), one.person.name) for one in facts.people]
    if form.validate_on_submit():
        chosen = [UUID(one) for one in dict.fromkeys(form.reviewers.data or [])]
        id, reference = application.id, application.reference
        try:
            workflow.change(board, plan, {id: chosen}, form.version.data, actor=user)
        except workflow.Moved as moved:
            form.reviewers.errors = [*moved.facts]
            board, plan, application = reads.planned_file(user, found[1].id, id)
        else:
            flash(_("%(reference)s has been changed in the proposal.", reference=reference), "ok")
            return home(board)
    return render_template(
        "reviewer/planned.html",
        board=board,
        plan=plan,
        application=application,
        form=form,
        lines=_candidates(facts, application.id, pairs),
        topics=_topics(board),
        missing=facts.missing(application.id),
        cause=reads.why(plan, application.id),
        bids=BID_NAMES,
    )


# --- how ------------------------------------------------------------------------------------------------------

BID_NAMES: Mapping[str, Text] = {one.value: label for one, label in BID_LABELS.items()}


def _candidates(facts: Facts, file: UUID, pairs: Mapping[UUID, list[UUID]]) -> list[dict[str, Any]]:
    """Everybody who sits, the likeliest first, with what speaks for them and why they may not be chosen."""
    held = set(pairs.get(file, ()))
    added = [one for some in pairs.values() for one in some]
    there = held | facts.counted.get(file, frozenset())
    inside = {facts.institutions[one] for one in there if one in facts.institutions}
    lines = []
    for at, person in enumerate(facts.people):
        id = person.person.id
        reasons = facts.reasons(file, at)
        count = person.load + added.count(id)
        warnings = []
        if (file, id) in facts.conflicts:
            warnings.append(_("Conflict of interest"))
        if (file, id) in facts.asked:
            warnings.append(_("already asked"))
        if id not in held and count >= person.cap:
            warnings.append(_("has as many reviews as they take"))
        if id not in held and facts.institutions.get(id) in inside:
            warnings.append(_("of the same institution as another reviewer"))
        if reasons.bid == BidLevel.UNABLE:
            warnings.append(_("says they are not able to"))
        if not person.available:
            warnings.append(_("away until reviews are due"))
        closed = id not in held and ((file, id) in facts.conflicts or (file, id) in facts.asked)
        worth = (len(reasons.topics) + len(reasons.words), reasons.bid in {BidLevel.EAGER, BidLevel.WILLING}, -count)
        lines.append(
            {
                "person": person.person,
                "reasons": reasons,
                "count": count,
                "cap": person.cap,
                "warnings": warnings,
                "closed": closed,
                "order": (id not in held, closed, *(-int(one) for one in worth), person.person.sort_key),
            }
        )
    return sorted(lines, key=lambda one: one["order"])


def show(user: Person, board: Chaired, plan: AssignmentPlan | None, moved: Any = ()) -> str:
    """The page of a commission's proposal; `moved`: sentences that keep it from being confirmed."""
    speak(board)
    form = StartForm(formdata=None, experts=plan.experts if plan is not None else True)
    if plan is not None and plan.state == PlanState.PROPOSED and not moved:
        pairs = reads.pairs_of(plan)
        moved = reads.problems(plan, gather(board, user), pairs, workflow.names_of(pairs))
    panel = panels.panel(board.call, board.commission, user)
    people = [(one.person.id, one.person.name, one.load, one.cap) for one in panel]
    form.shown.data = f"{plan.id} {plan.version}" if plan is not None else ""
    shown = plan is not None and plan.state in {PlanState.PROPOSED, PlanState.CONFIRMED}
    progress = standing(plan) if plan is not None else None
    loads = reads.loads(plan, people) if plan is not None and shown else []
    return render_template(
        "reviewer/assignment.html",
        board=board,
        plan=plan,
        form=form,
        carried={one.person.id: one.load for one in panel},
        listed=reads.page_of(plan, request.args.get("page", 1, type=int)) if plan is not None and shown else None,
        loads=loads,
        chart=_chart(plan, loads),
        costs=_costs(plan),
        wanted=int(plan.figures["wanted"]["seats"]) if plan is not None and plan.figures else 0,
        standing=progress,
        busy=plan is not None and plan.state in BUSY,
        moved=moved,
        topics=_topics(board),
        bids=BID_NAMES,
    )


def _chart(plan: AssignmentPlan | None, loads: list[reads.Load]) -> Any:
    if plan is None or not any(one.added or one.carried for one in loads):
        return nothing()
    # once confirmed the reviews are asked: they are in `carried`, and nothing is to be added
    added = plan.state == PlanState.PROPOSED
    return capped(
        [(one.name, one.carried + (one.added if added else 0), one.cap) for one in loads[:MOST]],
        title=_("Reviews of each reviewer"),
        desc=_("For each reviewer: reviews in this call with this proposal, and the most they take."),
        names=(_("Reviews"), _("At most"), _("Beyond")),
    )


def _costs(plan: AssignmentPlan | None) -> list[tuple[str, str, float, float, int]]:
    """What each step cost: (name, meaning, share of the best possible, affinity of the worst served, seats filled)."""
    if plan is None or "pure" not in plan.figures:
        return []
    words = {
        "pure": (_("Best possible"), _("conflicts, availability and the most each takes")),
        "ruled": (_("With every rule"), _("one reviewer of each institution, an expert, the fewest each takes")),
        "balanced": (_("Loads spread"), _("each further review weighs more than the one before")),
        "fair": (_("Worst served raised"), _("this is the proposal")),
    }
    best = plan.figures["pure"]["total"] or 1.0
    seats = plan.figures["wanted"]["seats"] / max(1.0, plan.figures["wanted"]["files"]) or 1.0
    steps = [(said, plan.figures[name]) for name, said in words.items()]
    return [(*said, 100 * one["total"] / best, 100 * one["worst"] / seats, int(one["filled"])) for said, one in steps]


def standing(plan: AssignmentPlan) -> dict[str, Any]:
    """How far the job of this proposal has come."""
    done, total = progress_of(plan.promise_id) if plan.promise_id else (0, 0)
    promise = find(plan.promise_id) if plan.promise_id and plan.state in BUSY else None
    lost = promise is not None and promise.status in {Status.DEAD, Status.DROPPED}
    return {
        "percent": 100 * done // total if total else 0,
        "rows": done,
        "done": plan.state not in BUSY,
        "failed": lost,
        "message": _("The work stopped; nobody was asked. An administrator has been told.") if lost else "",
    }


def _topics(board: Chaired) -> dict[str, Topic]:
    return {str(one.id): one for one in topics_of([board.commission.id])}


def home(board: Chaired) -> Any:
    return redirect(url_for(".assignment", call_id=board.call.id, commission_id=board.commission.id), 303)


def speak(board: Chaired) -> None:
    cluster = board.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
