"""Assigning, declaring conflicts, marking; when the last review is in, the application is reviewed."""

from collections.abc import Sequence

from sqlalchemy import func, select

from grants.applications.models import Application, ApplicationState
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_, N_n
from grants.people.models import Person, Role
from grants.reviews import policy, queries, service
from grants.reviews.models import COUNTED, STATE_LABELS, Review, ReviewState
from grants.reviews.panels import kept_out
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
        Move("accept", frozenset({ASSIGNED}), ACCEPTED, policy.answer, N_("I have no conflict of interest")),
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
        for reviewer in reviewers:
            _must_sit_on(reviewer, application)
            if reviewer.id not in asked:
                _ask(application, reviewer, actor)
        if application.state == ApplicationState.ELIGIBLE:
            _must_be_enough(application)
            application_lifecycle.fire("start_review", application, actor)


def _must_sit_on(reviewer: Person, application: Application) -> None:
    if not reviewer.holds(Role.REVIEWER, commission_id=application.commission_id):
        raise Refused(N_("%(name)s is not a reviewer of this commission.", name=reviewer.name))
    if db.session.scalar(select(kept_out(reviewer.id, application.call_id, application.commission_id))):
        raise Refused(N_("%(name)s does not sit in this call.", name=reviewer.name))
    member_of = {one.organisation_id for one in queries.memberships(reviewer)}
    if application.organisation_id in member_of:
        raise Refused(
            N_(
                "%(name)s belongs to %(organisation)s, which is the applicant.",
                name=reviewer.name,
                organisation=application.organisation.name,
            )
        )
    for partner in queries.partners(application):
        if partner.id in member_of:
            raise Refused(
                N_(
                    "%(name)s belongs to %(organisation)s, a partner of the applicant.",
                    name=reviewer.name,
                    organisation=partner.name,
                )
            )


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
        if lifecycle.fire("reassign", review, actor, to=str(reviewer.id)):
            _must_sit_on(reviewer, review.application)
            known = select(Review.id).where(
                Review.application_id == review.application_id, Review.reviewer_id == reviewer.id
            )
            if db.session.scalar(known):
                raise Refused(N_("%(name)s has already been asked about this application.", name=reviewer.name))
            _ask(review.application, reviewer, actor)


def save(review: Review, sheet: Sheet, version: int | None, *, actor: Person) -> None:
    """Keep what is written so far."""
    with transaction():
        policy.mark.require(actor, review)
        expect(review, version)
        if review.state == ACCEPTED:
            lifecycle.fire("begin", review, actor)
        service.write(review, sheet)
        record("review.saved", review, actor)


def submit_review(review: Review, sheet: Sheet, version: int | None, *, actor: Person) -> None:
    """Hand the review in for good. Raises Refused when `service.missing` finds something."""
    with transaction():
        if review.state == ReviewState.SUBMITTED:
            policy.answer.require(actor, review)
            return
        policy.mark.require(actor, review)
        expect(review, version)
        if problems := service.missing(review, sheet):
            raise Refused(problems[0][1])
        service.write(review, sheet)
        total = service.weighted_total(review.application.call.criteria, sheet.marks)
        lifecycle.fire("submit_review", review, actor, set={"total": total, "submitted_at": now()}, total=total)
        _close_when_complete(review.application)


def reopen_review(review: Review, reason: str, *, actor: Person) -> None:
    """The chair gives a submitted review back, with a reason."""
    with transaction():
        empty = {"total": None, "submitted_at": None}
        reopened = lifecycle.fire("reopen_review", review, actor, reason=reason, set=empty)
        if reopened and review.application.state == ApplicationState.REVIEWED:
            application_lifecycle.fire("resume_review", review.application, actor, reason=reason)


def _close_when_complete(application: Application) -> None:
    """The last review in makes the application reviewed. The row lock makes two last reviews queue."""
    lock(application, "state")
    asked, sent = db.session.execute(
        select(
            func.count(Review.id),
            func.count(Review.id).filter(Review.state == ReviewState.SUBMITTED),
        ).where(Review.application_id == application.id, Review.state.in_(COUNTED | {ReviewState.CONFLICT_DECLARED}))
    ).one()
    if asked == sent >= application.call.reviewers_per_application:
        application_lifecycle.fire("mark_reviewed", application, None)
