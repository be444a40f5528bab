"""A milestone from its plan to what the officer says of its report; the instalment that waits for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Date, DateTime, cast, delete, func, select, type_coerce
from sqlalchemy.orm.attributes import flag_modified

from grants.awards import milestone_policy as policy
from grants.awards import milestone_queries as queries
from grants.awards.models import (
    MILESTONE_LABELS,
    WRITABLE,
    Agreement,
    AgreementState,
    Award,
    Instalment,
    Milestone,
    MilestoneFile,
    MilestoneQuestion,
    MilestoneState,
)
from grants.calls.months import birthday
from grants.calls.questionnaire import missing
from grants.clusters.models import Cluster
from grants.core import clock
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused, WrongState
from grants.core.i18n import N_, Reader, plain
from grants.core.policy import clock_only
from grants.funds.models import Fund
from grants.people.models import Membership, Person, Right
from workflows.machine import Lifecycle, Move
from workflows.milestone_mails import tell_report_answered, tell_report_asked, tell_report_settled
from workflows.outbox import promise
from workflows.schedule import every_tick

S = MilestoneState
MOST_MILESTONES = 24
MOST_FILES = 10  # with one report
OPEN = frozenset({S.PLANNED, S.DUE, S.SUBMITTED, S.CLARIFICATION, S.REJECTED})

lifecycle = Lifecycle(
    "milestone",
    MILESTONE_LABELS,
    [
        Move("fall_due", frozenset({S.PLANNED}), S.DUE, clock_only, N_("Fall due")),
        Move("submit_report", WRITABLE, S.SUBMITTED, policy.report_milestone, N_("Submit the report")),
        Move("accept_report", frozenset({S.SUBMITTED}), S.ACCEPTED, policy.examine_milestone, N_("Accept the report")),
        Move(
            "ask_about_report",
            frozenset({S.SUBMITTED}),
            S.CLARIFICATION,
            policy.examine_milestone,
            N_("Ask for a clarification"),
            why=True,
        ),
        Move(
            "accept_partly",
            frozenset({S.SUBMITTED}),
            S.PARTLY,
            policy.examine_milestone,
            N_("Accept in part"),
            why=True,
        ),
        Move(
            "reject_report",
            frozenset({S.SUBMITTED}),
            S.REJECTED,
            policy.examine_milestone,
            N_("Reject the report"),
            why=True,
        ),
        Move("waive_milestone", OPEN, S.WAIVED, policy.waive_milestone, N_("Waive the milestone"), why=True),
    ],
)


# --- the plan -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MilestoneDraft:
    """One line of the officer's plan. `instalment`: the one that waits for it, by position."""

    title: str
    due_on: date
    deliverables: str = ""
    technical: bool = True
    financial: bool = False
    instalment: int | None = None


def proposed(agreement: Agreement) -> list[MilestoneDraft]:
    """What the call proposes, counted from the start of the project, in French, the language of the agreement."""
    call, start = agreement.award.call, agreement.starts_on
    if start is None:
        return []
    return [
        MilestoneDraft(
            plain(one.title, Reader("fr")),
            birthday(start, one.months),
            plain(one.deliverables, Reader("fr")) if one.deliverables else "",
            one.technical,
            one.financial,
            one.instalment if one.instalment and one.instalment <= len(call.instalments) else None,
        )
        for one in call.following.milestones
    ]


def plan_milestones(
    agreement: Agreement, plan: Sequence[MilestoneDraft], version: int | None, *, actor: Person
) -> None:
    """The officer writes the milestones, in the place of those there were, until the commitment is proposed.

    Raises Refused for one outside the dates of the project, or that holds up an instalment there is not.
    """
    with transaction():
        lock(agreement, "state", "starts_on", "ends_on")
        policy.plan_milestones.require(actor, agreement)
        expect(agreement, version)
        _refuse_unsound(agreement, plan)
        db.session.execute(delete(Milestone).where(Milestone.agreement_id == agreement.id))
        for n, one in enumerate(sorted(plan, key=lambda one: one.due_on), 1):
            db.session.add(Milestone(agreement_id=agreement.id, position=n, **vars(one)))
        flag_modified(agreement, "starts_on")  # its version counts: what belongs to it in rows of their own changed
        record("agreement.milestones_planned", agreement, actor, after={"milestones": [one.title for one in plan]})
        db.session.flush()
        db.session.expire(agreement, ["milestones"])


def _refuse_unsound(agreement: Agreement, plan: Sequence[MilestoneDraft]) -> None:
    if agreement.starts_on is None or agreement.ends_on is None:
        raise Refused(N_("Give the agreement its dates first: milestones fall between them."))
    if len(plan) > MOST_MILESTONES:
        raise Refused(N_("An agreement has at most %(n)s milestones.", n=MOST_MILESTONES))
    for one in plan:
        if not agreement.starts_on <= one.due_on <= agreement.ends_on:
            raise Refused(
                N_(
                    "“%(title)s” falls outside the project, which runs from %(start)s to %(end)s.",
                    title=one.title,
                    start=agreement.starts_on,
                    end=agreement.ends_on,
                )
            )
        if one.instalment is not None and not 1 <= one.instalment <= len(agreement.award.call.instalments):
            raise Refused(N_("“%(title)s” holds up an instalment that this agreement does not have.", title=one.title))
        if not (one.technical or one.financial):
            raise Refused(N_("Say which report “%(title)s” asks for.", title=one.title))


# --- the clock and the guard ----------------------------------------------------------------------------------


@every_tick
def fall_due() -> int:
    """Milestones of active agreements whose day has come where their fund is; answers how many."""
    moment = type_coerce(clock.now(), DateTime(timezone=True))
    today = cast(func.timezone(Cluster.timezone, moment), Date)
    found = (
        select(Milestone)
        .join(Milestone.agreement)
        .join(Agreement.award)
        .join(Award.fund)
        .join(Fund.cluster)
        .where(
            Milestone.state == S.PLANNED,
            Agreement.state == AgreementState.ACTIVE,
            Milestone.due_on <= today,
        )
    )
    fallen = 0
    for id in db.session.scalars(found.with_only_columns(Milestone.id)).all():
        with transaction():
            one = db.session.get_one(Milestone, id)
            lock(one, "state")
            if one.state == S.PLANNED:
                fallen += lifecycle.fire("fall_due", one, None)
    return fallen


def require_open(instalment: Instalment) -> None:
    """Raises Refused while the instalment waits for a milestone; asked by claims, in their transaction."""
    if held := queries.waiting_for(instalment):
        raise Refused(
            N_(
                "Instalment %(n)s waits for the milestone “%(title)s”: its report is not accepted yet.",
                n=instalment.position,
                title=held.title,
            ),
            N_("Submit the report of the milestone; once it is accepted, the instalment may be claimed."),
        )


# --- the beneficiary ------------------------------------------------------------------------------------------


def write(milestone: Milestone, answers: Mapping[str, Any], reply: str, version: int | None, *, actor: Person) -> None:
    """Keep the report, and the answer to the officer, unsent. Raises LostUpdate when a colleague wrote meanwhile."""
    with transaction():
        _open(milestone, actor)
        awaited = milestone.asked
        if milestone.answers == dict(answers) and (awaited is None or awaited.answer == reply.strip()):
            return
        expect(milestone, version)
        milestone.answers = dict(answers)
        flag_modified(milestone, "answers")
        if awaited is not None:
            awaited.answer = reply.strip()


def attach(milestone: Milestone, files: Iterable[Any], *, actor: Person) -> None:
    """Add kept files (filename, media_type, size, sha256); the same content twice is the same file.

    Raises Refused beyond MOST_FILES.
    """
    with transaction():
        _open(milestone, actor)
        there = select(MilestoneFile.sha256).where(MilestoneFile.milestone_id == milestone.id)
        known = set(db.session.scalars(there))
        for one in files:
            if one.sha256 in known:
                continue
            if len(known) >= MOST_FILES:
                raise Refused(N_("A report holds at most %(n)s files. Remove one before adding another.", n=MOST_FILES))
            known.add(one.sha256)
            kept = {"filename": one.filename, "media_type": one.media_type, "size": one.size, "sha256": one.sha256}
            db.session.add(MilestoneFile(milestone_id=milestone.id, uploaded_by_id=actor.id, **kept))


def detach(file: MilestoneFile, *, actor: Person) -> None:
    """Remove a file from a report that is not submitted yet."""
    with transaction():
        _open(file.milestone, actor)
        db.session.delete(file)


def submit_report(milestone: Milestone, *, actor: Person) -> None:
    """Hand the report in, and with it the answer to a clarification. Pressed twice, it is handed in once."""
    with transaction():
        lock(milestone, "state", "answers")
        awaited = milestone.asked
        if milestone.state in WRITABLE:
            if gaps := missing(milestone.form, milestone.answers):
                raise Refused(gaps[0].message)
            if awaited is not None and not awaited.answer:
                raise Refused(N_("Answer the officer’s question."))
            for one in db.session.scalars(select(MilestoneFile).where(MilestoneFile.milestone_id == milestone.id)):
                if one.quarantined:
                    raise Refused(
                        N_("“%(name)s” is in quarantine: remove it, then send a clean copy.", name=one.filename)
                    )
        sent = {"submitted_at": now(), "submitted_by_id": actor.id}
        sent |= {"settled_at": None, "settled_by_id": None, "reason": None}  # after a rejection
        if lifecycle.fire("submit_report", milestone, actor, set=sent, answers=dict(milestone.answers)) and awaited:
            awaited.answered_at, awaited.answered_by_id = now(), actor.id
            promise(tell_report_answered, awaited, awaited.asked_by_id)


def _open(milestone: Milestone, actor: Person) -> None:
    """The row is taken and its report may still be written."""
    lock(milestone, "state", "answers")
    if milestone.state not in WRITABLE:
        raise WrongState(N_("This report has been submitted, or is not awaited any more: it stays as it is."))
    policy.report_milestone.require(actor, milestone)


# --- the officers ---------------------------------------------------------------------------------------------


def ask_about_report(milestone: Milestone, question: str, *, actor: Person) -> None:
    """The officer asks; the beneficiary answers and may mend the report."""
    with transaction():
        if lifecycle.fire("ask_about_report", milestone, actor, reason=question):
            asked = MilestoneQuestion(milestone_id=milestone.id, asked_by_id=actor.id, question=question.strip())
            db.session.add(asked)
            promise(tell_report_asked, asked, milestone.submitted_by_id)


def accept_report(milestone: Milestone, *, actor: Person) -> None:
    """What was promised is delivered; the instalment that waits may be claimed."""
    _settle(milestone, "accept_report", None, actor)


def accept_partly(milestone: Milestone, reason: str, *, actor: Person) -> None:
    """Part of it is; the reason says what is not. The instalment that waits may be claimed."""
    _settle(milestone, "accept_partly", reason, actor)


def reject_report(milestone: Milestone, reason: str, *, actor: Person) -> None:
    """It is not; the beneficiary may write the report again."""
    _settle(milestone, "reject_report", reason, actor)


def waive_milestone(milestone: Milestone, reason: str, *, actor: Person) -> None:
    """The authorising officer gives it up; the instalment that waits may be claimed."""
    _settle(milestone, "waive_milestone", reason, actor)


def _settle(milestone: Milestone, move: str, reason: str | None, actor: Person) -> None:
    with transaction():
        settled = {"settled_at": now(), "settled_by_id": actor.id, "reason": reason}
        if lifecycle.fire(move, milestone, actor, reason=reason, set=settled):
            at = f"{milestone.settled_at:%Y%m%dT%H%M%S%f}"
            for person_id in db.session.scalars(_writers(milestone)).all():
                promise(tell_report_settled, milestone, person_id, slot=at)


def _writers(milestone: Milestone) -> Any:
    """The owners and editors of the beneficiary."""
    organisation = (
        select(Award.organisation_id)
        .join(Agreement, Agreement.award_id == Award.id)
        .where(Agreement.id == milestone.agreement_id)
        .scalar_subquery()
    )
    writing = Membership.right.in_([Right.OWNER, Right.EDITOR])
    return (
        select(Membership.person_id)
        .where(Membership.organisation_id == organisation, writing)
        .order_by(Membership.person_id)
    )
