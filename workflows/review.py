"""Assigning, declaring conflicts, marking; when the last review is in, the application is reviewed."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select

from grants.applications.budgets import read_budget
from grants.applications.models import Application, ApplicationState
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_, N_n, Text
from grants.people.models import Person, Role
from grants.reviews import conflict_policy, findings, notes, offline, policy, queries, service
from grants.reviews.blinded import is_blind
from grants.reviews.headings import asked_of
from grants.reviews.models import COUNTED, STATE_LABELS, Review, ReviewState
from grants.reviews.panels import Away, not_sitting
from grants.reviews.service import Sheet
from workflows.application import lifecycle as application_lifecycle
from workflows.letters import Letter, address, letter
from workflows.machine import Lifecycle, Move
from workflows.outbox import Due, promise

ASSIGNED, ACCEPTED, DRAFT = ReviewState.ASSIGNED, ReviewState.ACCEPTED, ReviewState.DRAFT

lifecycle = Lifecycle(
    "review",
    STATE_LABELS,
    [
        Move("accept", frozenset({ASSIGNED}), ACCEPTED, policy.accept, N_("I have no conflict of interest")),
        Move(
            "declare_conflict",
            frozenset({ASSIGNED, ACCEPTED, DRAFT}),
            ReviewState.CONFLICT_DECLARED,
            policy.answer,
            N_("Declare a conflict of interest"),
            why=True,
        ),
        Move(
            "reassign",
            frozenset({ASSIGNED, ReviewState.CONFLICT_DECLARED}),
            ReviewState.REASSIGNED,
            policy.lead_review,
            N_("Give to another reviewer"),
        ),
        Move("set_aside", COUNTED, ReviewState.REASSIGNED, conflict_policy.set_aside, N_("Set the review aside")),
        Move("begin", frozenset({ACCEPTED}), DRAFT, policy.mark, N_("Start the review")),
        Move(
            "submit_review", frozenset({ACCEPTED, DRAFT}), ReviewState.SUBMITTED, policy.mark, N_("Submit the review")
        ),
        Move(
            "reopen_review",
            frozenset({ReviewState.SUBMITTED}),
            DRAFT,
            policy.lead_review,
            N_("Reopen the review"),
            why=True,
        ),
    ],
)


def assign(application: Application, reviewers: Sequence[Person], *, actor: Person) -> None:
    """Ask these reviewers; the application enters review. Asking somebody twice is asking once."""
    with transaction():
        policy.lead.require(actor, application)
        lock(application, "state")
        asked = set(db.session.scalars(select(Review.reviewer_id).where(Review.application_id == application.id)))
        _must_sit(reviewers, application)
        for reviewer in reviewers:
            if reviewer.id not in asked:
                _ask(application, reviewer, actor)
        if application.state == ApplicationState.ELIGIBLE:
            _must_be_enough(application)
            application_lifecycle.fire("start_review", application, actor)


def _must_sit(reviewers: Sequence[Person], application: Application) -> None:
    conflicts, away = findings.whys(reviewers, [application]), not_sitting(reviewers, [application])
    for reviewer in reviewers:
        if why := why_not_sit(reviewer, application, away):
            raise Refused(why)
        if conflict := conflicts.get((application.id, reviewer.id)):
            raise Refused(conflict, N_("Ask somebody else; or settle the conflict first, on the page of conflicts."))


def why_not_sit(reviewer: Person, application: Application, away: Away) -> Text | None:
    """Why this person is not one of those to ask about this application, conflicts apart."""
    if not reviewer.holds(Role.REVIEWER, commission_id=application.commission_id):
        return N_("%(name)s is not a reviewer of this commission.", name=reviewer.name)
    if (application.id, reviewer.id) in away:
        return N_("%(name)s does not sit in this call.", name=reviewer.name)
    return None


def _must_be_enough(application: Application) -> None:
    asked = db.session.scalar(
        select(func.count(Review.id)).where(Review.application_id == application.id, Review.state.in_(COUNTED))
    )
    wanted = application.call.reviewers_per_application
    if (asked or 0) < wanted:
        raise Refused(
            N_n(
                "The call asks for %(n)s reviewer for each application.",
                "The call asks for %(n)s reviewers for each application.",
                wanted,
            )
        )


def _ask(application: Application, reviewer: Person, actor: Person) -> Review:
    asked = Review(
        application=application,
        reviewer_id=reviewer.id,
        assigned_by_id=actor.id,
        currency=application.currency,
    )
    db.session.add(asked)
    db.session.flush()
    record("review.assign", asked, actor, after={"reviewer": str(reviewer.id), "application": str(application.id)})
    promise(review_asked, asked, reviewer)
    return asked


@letter
def review_asked(due: Due) -> Letter | None:
    """Tells a reviewer what is asked; the file itself opens once no conflict is declared."""
    review = db.session.scalars(queries.whole(due.subject_id)).unique().one_or_none()
    if review is None or review.state != ReviewState.ASSIGNED:
        return None
    application = review.application
    assert application.commission is not None  # noqa: S101 - no review without a commission
    return Letter(
        to=review.reviewer,
        subject=N_("Please review %(reference)s", reference=application.reference),
        paragraphs=[
            N_(
                "The commission “%(commission)s” asks you to review an application. The call is double-blind: you are"
                " not told who applies.",
                commission=application.commission.name,
            )
            if is_blind(application)
            else N_(
                "The commission “%(commission)s” asks you to review the application of %(organisation)s.",
                commission=application.commission.name,
                organisation=application.organisation.name,
            ),
            N_("First say whether you have a conflict of interest with the applicant: the file opens after that."),
        ],
        facts=[
            (N_("Project"), application.title),
            (N_("Call"), application.call.title),
            (N_("Review due"), application.call.reviews_due_at),
        ],
        action=(N_("Answer"), address("reviewer.review", id=review.id)),
        cluster=application.call.fund.cluster,
    )


def accept(review: Review, *, actor: Person) -> None:
    """The reviewer declares no conflict; the file opens."""
    with transaction():
        lifecycle.fire("accept", review, actor)


def declare_conflict(review: Review, reason: str, *, actor: Person) -> None:
    """The reviewer steps aside; from now on they see nothing of this file, and the chair must find another."""
    with transaction():
        lifecycle.fire("declare_conflict", review, actor, reason=reason, set={"conflict_reason": reason})


def reassign(review: Review, reviewer: Person, *, actor: Person) -> None:
    """Another reviewer takes the place of one who has a conflict or does not answer."""
    with transaction():
        lock(review.application, "state")  # the file first, as everybody does: nobody waits for each other
        if lifecycle.fire("reassign", review, actor, to=str(reviewer.id)):
            _must_sit([reviewer], review.application)
            known = select(Review.id).where(
                Review.application_id == review.application_id, Review.reviewer_id == reviewer.id
            )
            if db.session.scalar(known):
                raise Refused(N_("%(name)s has already been asked about this application.", name=reviewer.name))
            _ask(review.application, reviewer, actor)


def save(review: Review, sheet: Sheet, version: int | None, note: str | None = None, *, actor: Person) -> None:
    """Keep what is written so far; `note` is for its writer alone, None leaves it as it is."""
    with transaction():
        policy.mark.require(actor, review)
        expect(review, version)
        if service.write(review, sheet) and review.state == ACCEPTED:
            lifecycle.fire("begin", review, actor)
        if note is not None:
            notes.keep(review, note, actor=actor)


def submit_review(review: Review, sheet: Sheet, version: int | None, note: str | None = None, *, actor: Person) -> None:
    """Hand the review in for good. Raises Refused when `service.missing` finds something."""
    with transaction():
        lock(review.application, "state")
        lock(review, "state")
        if review.state == ReviewState.SUBMITTED:
            policy.answer.require(actor, review)
            return
        policy.mark.require(actor, review)
        expect(review, version)
        asked = asked_of(review.application, read_budget(review.application))
        if problems := service.missing(review, sheet, asked):
            raise Refused(problems[0][1])
        service.write(review, sheet)
        if note is not None:
            notes.keep(review, note, actor=actor)
        total = service.weighted_total(review.application.call.criteria, sheet.marks)
        lifecycle.fire("submit_review", review, actor, set={"total": total, "submitted_at": now()}, total=total)
        close_when_complete(review.application)


def take_over(user: Person, shown: str, taken: Collection[str]) -> int:
    """Write what the workbook sent by this reviewer changes, all of it or nothing; how many cells.

    `shown` is the digest of the plan they saw; `taken` the keys of the clashes where the workbook wins. Raises Refused
    when the plan is another one by now.
    """
    with transaction():
        kept = offline.kept(user)
        work = offline.work_of(queries.in_hand(user))
        changes = offline.plan(kept[1], work) if kept else []
        if not kept or offline.digest(changes) != shown:
            raise Refused(N_("Something changed since this page was shown. Nothing was written: look at it once more."))
        wanted = [one for one in changes if not one.clash or one.key in taken]
        for one in work:
            values = {change.held.field: change.now for change in wanted if change.review is one.review}
            if values:
                save(one.review, one.with_(values), one.review.version, actor=user)
                record("review.taken_over", one.review, user, after={"cells": len(values)})
        offline.forget(user)
        return len(wanted)


def reopen_review(review: Review, reason: str, *, actor: Person) -> None:
    """The chair gives a submitted review back, with a reason."""
    with transaction():
        empty = {"total": None, "submitted_at": None}
        lock(review.application, "state")
        reopened = lifecycle.fire("reopen_review", review, actor, reason=reason, set=empty)
        if reopened and review.application.state == ApplicationState.REVIEWED:
            application_lifecycle.fire("resume_review", review.application, actor, reason=reason)


def too_few(application: Application) -> bool:
    """Whether fewer reviews are in than the call asks for."""
    sent = select(func.count(Review.id)).where(
        Review.application_id == application.id, Review.state == ReviewState.SUBMITTED
    )
    return (db.session.scalar(sent) or 0) < application.call.reviewers_per_application


def close_when_complete(application: Application) -> None:
    """The last review in makes the application reviewed. The row lock makes two last reviews queue."""
    lock(application, "state")
    asked, sent = db.session.execute(
        select(
            func.count(Review.id),
            func.count(Review.id).filter(Review.state == ReviewState.SUBMITTED),
        ).where(Review.application_id == application.id, Review.state.in_(COUNTED))
    ).one()
    if asked == sent >= application.call.reviewers_per_application:
        application_lifecycle.fire("mark_reviewed", application, None)
