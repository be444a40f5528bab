"""A proposal of who reviews what: computed, edited, confirmed as one unit. Nobody is asked before that.

plan = start(board, experts=True, seen=None, actor=chair)   at once, or by a job when there are many files
change(plan, application, [reviewer ids], actor=chair)
confirm(plan, actor=chair)                             asks everybody, or nobody when a fact has moved: Moved says which
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import flag_modified

from grants.applications.models import Application
from grants.calls.models import Call
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Problem, Refused
from grants.core.i18n import N_, Text
from grants.core.policy import clock_only
from grants.core.types import Money
from grants.funds.models import Fund
from grants.messages.models import Status
from grants.messages.queries import find
from grants.people.models import Person
from grants.reviews import policy, queries
from grants.reviews.assignment import plan as reads
from grants.reviews.assignment.facts import OPEN_TO_REVIEW, Facts, gather
from grants.reviews.assignment_models import PLAN_LABELS, AssignmentPlan, PlannedReview, PlanState
from grants.reviews.queries import Chaired
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due, Gone, job, promise, report_progress
from workflows.review import assign

DIRECTLY = 200  # files; more of them are for the worker
PROPOSED = frozenset({PlanState.PROPOSED})
WORKING = frozenset({PlanState.QUEUED, PlanState.SENDING})
Seen = tuple[UUID, int] | None  # a proposal and its version

lifecycle = Lifecycle(
    "assignment_plan",
    PLAN_LABELS,
    [
        Move("propose_plan", frozenset({PlanState.QUEUED}), PlanState.PROPOSED, clock_only, N_("Proposed")),
        Move("send_plan", PROPOSED, PlanState.SENDING, policy.assign_plan, N_("Confirm and ask everybody")),
        Move("return_plan", frozenset({PlanState.SENDING}), PlanState.PROPOSED, clock_only, N_("Given back")),
        Move("finish_plan", frozenset({PlanState.SENDING}), PlanState.CONFIRMED, clock_only, N_("Confirmed")),
        Move("discard_plan", PROPOSED, PlanState.DISCARDED, policy.assign_plan, N_("Set aside")),
        Move("give_up_plan", WORKING, PlanState.DISCARDED, policy.assign_plan, N_("Set aside, as its work stopped")),
    ],
)


class Moved(Refused):
    """Facts have moved since the proposal; `facts` says which, a sentence each."""

    title = N_("The proposal no longer fits the facts")

    def __init__(self, facts: Sequence[Text]) -> None:
        super().__init__(facts[0], N_("Nobody has been asked. Change the lines named, or compute the proposal anew."))
        self.facts = facts


# --- what a chair does ----------------------------------------------------------------------------------------


def start(board: Chaired, experts: bool, seen: Seen, *, actor: Person) -> AssignmentPlan:
    """A new proposal, computed at once, or by the worker when there are many files. The one that stood and that the
    chair has `seen` is set aside; if another stands, or they did not see it as it is now, it is given as it stands.
    """
    with transaction():
        policy.assign_all.require(actor, board)
        db.session.execute(select(Call.id).where(Call.id == board.call.id).with_for_update(key_share=True))
        if (stands := _clear(board, seen, actor)) is not None:
            return stands
        waiting = db.session.scalar(
            select(func.count(Application.id)).where(
                Application.call_id == board.call.id,
                Application.commission_id == board.commission.id,
                Application.state.in_(OPEN_TO_REVIEW),
            )
        )
        plan = AssignmentPlan(
            call=board.call, commission=board.commission, chair=actor, state=PlanState.QUEUED, experts=experts
        )
        db.session.add(plan)
        db.session.flush()
        record("assignment_plan.start", plan, actor, after={"experts": experts})
        if (waiting or 0) > DIRECTLY:
            plan.promise_id = promise(compute_assignment, plan)
        else:
            _compute(plan, gather(board, actor))
    return plan


def _clear(board: Chaired, seen: Seen, actor: Person) -> AssignmentPlan | None:
    """Set aside what stands; give it instead when it must stay: the worker is at it, or it was not seen as it is."""
    here = AssignmentPlan.call_id == board.call.id, AssignmentPlan.commission_id == board.commission.id
    standing = select(AssignmentPlan).where(*here, AssignmentPlan.state.in_(WORKING | PROPOSED)).with_for_update()
    for one in db.session.scalars(standing, execution_options={"populate_existing": True}).all():
        if one.state == PlanState.PROPOSED:
            if (one.id, one.version) != seen:
                return one
            lifecycle.fire("discard_plan", one, actor)
            continue
        owed = find(one.promise_id) if one.promise_id else None
        if owed is not None and owed.status not in {Status.DEAD, Status.DROPPED}:
            return one
        lifecycle.fire("give_up_plan", one, actor)
    db.session.flush()
    return None


def change(
    board: Chaired,
    plan: AssignmentPlan,
    wanted: Mapping[UUID, Sequence[UUID]],
    version: int | None,
    *,
    actor: Person,
) -> None:
    """Give these files to these reviewers instead, by hand: all of them or none. Raises Moved with what is wrong."""
    with transaction():
        policy.assign_plan.require(actor, plan)
        lock(plan, "state", "short", "edited")
        expect(plan, version)
        _must_be_proposed(plan)
        facts = gather(board, actor)
        before = reads.pairs_of(plan)
        after = before | {file: list(some) for file, some in wanted.items()}
        if problems := reads.fresh(facts, before, after, names_of(before, after)):
            raise Moved(problems)
        _keep_by_hand(plan, facts, wanted)
        record(
            "assignment_plan.change",
            plan,
            actor,
            after={str(file): [str(one) for one in some] for file, some in wanted.items()},
        )
        plan.edited = {}


def confirm(board: Chaired, plan: AssignmentPlan, version: int | None, *, actor: Person) -> None:
    """Ask everybody of the proposal, or nobody. Files with an empty seat are left out and stay to be assigned."""
    with transaction():
        lock(plan, "state")
        if plan.state in {PlanState.CONFIRMED, PlanState.SENDING}:  # a double click, or another chair was faster
            policy.assign_plan.require(actor, plan)
            return
        expect(plan, version)
        lifecycle.fire("send_plan", plan, actor)
        if len(reads.pairs_of(plan)) > DIRECTLY:
            plan.promise_id = promise(confirm_assignment, plan, actor, slot=f"version {plan.version}")
            return
        _confirm(plan, board, actor, lambda done, total: None)


def discard(plan: AssignmentPlan, version: int | None = None, *, actor: Person) -> None:
    """Set the proposal aside; nobody was asked. Raises LostUpdate when it has changed since `version`."""
    with transaction():
        lock(plan, "state")
        if plan.state == PlanState.PROPOSED:
            expect(plan, version)
        lifecycle.fire("discard_plan", plan, actor)


def keep_upload(
    plan: AssignmentPlan, wanted: Mapping[UUID, Sequence[UUID]], version: int | None, *, actor: Person
) -> None:
    """Keep what an uploaded file asks for until the chair says yes. `version`: of the plan it was compared with."""
    with transaction():
        policy.assign_plan.require(actor, plan)
        lock(plan, "state")
        expect(plan, version)
        _must_be_proposed(plan)
        plan.edited = {str(file): [str(one) for one in some] for file, some in wanted.items()}
        record("assignment_plan.upload", plan, actor, after={"files": len(wanted)})


# --- what the worker does -------------------------------------------------------------------------------------


@job(queue="work", timeout=900)
def compute_assignment(due: Due) -> None:
    """A large proposal."""
    plan = _whole(due.subject_id)
    if plan.state != PlanState.QUEUED:
        raise Gone("the proposal is already there")
    report_progress(due.id, 0, 2)
    facts = gather(_board(plan), plan.chair)
    report_progress(due.id, 1, 2)
    _compute(plan, facts)
    report_progress(due.id, 2, 2)


@job(queue="work", timeout=1800)
def confirm_assignment(due: Due) -> dict[str, Any] | None:
    """A large proposal is confirmed: everybody is asked in one transaction, or nobody."""
    plan = _whole(due.subject_id)
    if plan.state != PlanState.SENDING:
        raise Gone("the proposal is no longer waiting")
    actor = db.session.scalars(
        select(Person).where(Person.id == due.recipient_id).options(joinedload(Person.appointments))
    ).unique()
    try:
        with db.session.begin_nested():
            _confirm(plan, _board(plan), actor.one(), lambda done, total: report_progress(due.id, done, total))
    except Problem as refused:
        plan = _whole(due.subject_id)
        lifecycle.fire("return_plan", plan, None, reason=str(refused))
        return {"refused": 1}
    return None


# --- how ------------------------------------------------------------------------------------------------------


def _compute(plan: AssignmentPlan, facts: Facts) -> None:
    found = reads.compute(facts, plan.experts)
    db.session.execute(delete(PlannedReview).where(PlannedReview.plan_id == plan.id))
    db.session.add_all(
        PlannedReview(plan_id=plan.id, application_id=file, reviewer_id=reviewer, reasons=reasons)
        for file, reviewer, reasons in found.pairs
    )
    plan.short, plan.figures, plan.computed_at = dict(found.short), dict(found.figures), now()
    lifecycle.fire("propose_plan", plan, None, pairs=len(found.pairs), short=len(found.short))


def _confirm(plan: AssignmentPlan, board: Chaired, actor: Person, report: Callable[[int, int], None]) -> None:
    policy.assign_all.require(actor, board)
    pairs = reads.pairs_of(plan)
    db.session.execute(  # whoever moves one of these files waits, or has already moved it
        select(Application.id).where(Application.id.in_(pairs)).order_by(Application.id).with_for_update()
    ).all()
    facts = gather(board, actor)
    if problems := reads.problems(plan, facts, pairs, names_of(pairs)):
        raise Moved(problems)
    complete = [file for file, some in pairs.items() if len(some) >= facts.missing(file)]
    if not complete:
        raise Refused(N_("No application of this proposal has all its reviewers: there is nothing to confirm."))
    db.session.execute(  # what is left out was not asked of anybody: the plan says why instead
        delete(PlannedReview).where(PlannedReview.plan_id == plan.id, PlannedReview.application_id.not_in(complete))
    )
    people = {one.id: one for one in queries.reviewers(list({one for some in pairs.values() for one in some}))}
    applications = db.session.scalars(
        select(Application)
        .where(Application.id.in_(complete))
        .order_by(Application.id)
        .options(
            joinedload(Application.call).joinedload(Call.fund).joinedload(Fund.cluster),
            joinedload(Application.commission),
            joinedload(Application.organisation),
        ),
        execution_options={"populate_existing": True},
    ).all()
    for n, application in enumerate(applications):
        assign(application, [people[one] for one in pairs[application.id]], actor=actor)
        if n % 50 == 0:
            report(n, len(applications))
    lifecycle.fire(
        "finish_plan", plan, None, set={"confirmed_at": now(), "chair_id": actor.id}, files=len(applications)
    )
    report(len(applications), len(applications))


def _keep_by_hand(plan: AssignmentPlan, facts: Facts, wanted: Mapping[UUID, Sequence[UUID]]) -> None:
    place = {one.person.id: at for at, one in enumerate(facts.people)}
    before = reads.pairs_of(plan)
    short = dict(plan.short)
    waiting = {one.id for one in facts.files}
    for file, some in wanted.items():
        held = before.get(file, [])
        gone = [one for one in held if one not in some]
        db.session.execute(
            delete(PlannedReview).where(
                PlannedReview.plan_id == plan.id,
                PlannedReview.application_id == file,
                PlannedReview.reviewer_id.in_(gone),
            )
        )
        for one in some:
            if one not in held:
                reasons = facts.reasons(file, place[one]).as_json()
                db.session.add(
                    PlannedReview(plan_id=plan.id, application_id=file, reviewer_id=one, by_hand=True, reasons=reasons)
                )
        if len(some) >= facts.missing(file) or file not in waiting:
            short.pop(str(file), None)
        else:
            short.setdefault(str(file), "emptied")
    plan.short = short
    flag_modified(plan, "short")  # a change of a pair alone is a change of the plan: its version counts
    db.session.flush()


def _must_be_proposed(plan: AssignmentPlan) -> None:
    if plan.state != PlanState.PROPOSED:
        raise Refused(N_("This proposal can no longer be changed: %(state)s.", state=PLAN_LABELS[plan.state]))


def names_of(*pairs: Mapping[UUID, Sequence[UUID]]) -> dict[UUID, str]:
    """{reviewer: name, application: reference}; two queries."""
    wanted = {one for each in pairs for some in each.values() for one in some}
    known = {file for each in pairs for file in each}
    people = db.session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    files = db.session.execute(select(Application.id, Application.reference).where(Application.id.in_(known)))
    return {id: name or "" for id, name in [*people.all(), *files.all()]}


def _board(plan: AssignmentPlan) -> Chaired:
    return Chaired(plan.call, plan.commission, Money(0, plan.call.currency))  # nothing here spends


def _whole(id: UUID) -> AssignmentPlan:
    if (plan := reads.whole(id)) is None:
        raise Gone("the proposal is gone")
    return plan
