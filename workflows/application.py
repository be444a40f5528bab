"""From a draft to a decision: who moves an application, and what follows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from grants.appeals import policy as appeal_policy
from grants.applications import evidence, policy, queries, submitted
from grants.applications.blockers import Blocker, blockers
from grants.applications.models import EDITABLE, STATE_LABELS, Application
from grants.applications.models import ApplicationState as State
from grants.applications.submitted import content_hash
from grants.calls import questionnaires
from grants.calls.eligibility import Finding
from grants.calls.models import Call
from grants.core.clock import arrival, now
from grants.core.db import db, lock, transaction
from grants.core.errors import LostUpdate, Refused
from grants.core.i18n import N_, Text
from grants.core.policy import clock_only
from grants.funds.models import Fund
from grants.people.models import Person
from grants.reviews import conflict_policy
from grants.reviews import policy as review_policy
from workflows import eligibility
from workflows.applicants import tell_lead
from workflows.letters import Letter, address, letter
from workflows.machine import Lifecycle, Move
from workflows.mails import send_receipt
from workflows.outbox import Due
from workflows.partnership import tell_partners

UNDECIDED = frozenset(State) - {State.INADMISSIBLE, State.INELIGIBLE, State.DECIDED, State.WITHDRAWN}

lifecycle = Lifecycle(
    "application",
    STATE_LABELS,
    [
        Move("submit", EDITABLE, State.SUBMITTED, policy.submit, N_("Submit")),
        Move("reopen", frozenset({State.SUBMITTED}), State.DRAFT, policy.reopen, N_("Reopen")),
        Move("withdraw", UNDECIDED, State.WITHDRAWN, policy.withdraw, N_("Withdraw")),
        Move(
            "declare_incomplete",
            frozenset({State.SUBMITTED}),
            State.INCOMPLETE,
            policy.screen,
            N_("Ask for the file to be completed"),
        ),
        Move("admit", frozenset({State.SUBMITTED}), State.ADMISSIBLE, policy.screen, N_("Declare admissible")),
        Move(
            "refuse_admission",
            frozenset({State.SUBMITTED, State.INCOMPLETE}),
            State.INADMISSIBLE,
            appeal_policy.declare_inadmissible,
            N_("Declare inadmissible"),
        ),
        Move("find_eligible", frozenset({State.ADMISSIBLE}), State.ELIGIBLE, policy.screen, N_("Declare eligible")),
        Move(
            "find_ineligible",
            frozenset({State.ADMISSIBLE}),
            State.INELIGIBLE,
            appeal_policy.declare_ineligible,
            N_("Declare ineligible"),
        ),
        Move(
            "reverse_inadmissible",
            frozenset({State.INADMISSIBLE}),
            State.SUBMITTED,
            appeal_policy.overturn_screening,
            N_("Check the admissibility again"),
        ),
        Move(
            "complete_after_appeal",
            frozenset({State.INADMISSIBLE}),
            State.INCOMPLETE,
            appeal_policy.overturn_screening,
            N_("Have the file completed after all"),
        ),
        Move(
            "reverse_ineligible",
            frozenset({State.INELIGIBLE}),
            State.ADMISSIBLE,
            appeal_policy.overturn_screening,
            N_("Check the eligibility again"),
        ),
        Move("start_review", frozenset({State.ELIGIBLE}), State.IN_REVIEW, review_policy.lead, N_("Start the review")),
        Move("mark_reviewed", frozenset({State.IN_REVIEW}), State.REVIEWED, clock_only, N_("End the review")),
        Move(
            "resume_review",
            frozenset({State.REVIEWED}),
            State.IN_REVIEW,
            conflict_policy.resume,
            N_("Resume the review"),
        ),
        Move("rank", frozenset({State.REVIEWED}), State.RANKED, review_policy.lead, N_("Rank")),
        Move("decide", frozenset({State.RANKED}), State.DECIDED, policy.decide, N_("Decide")),
    ],
)


class NotReady(Refused):
    """Something is missing or wrong; `blockers` says what and where."""

    title = N_("The application cannot be submitted yet")

    def __init__(self, found: Sequence[Blocker], judged: Sequence[Finding] = ()) -> None:
        super().__init__(found[0].message if found else judged[0].message)
        self.blockers = found


# --- the applicant --------------------------------------------------------------------------------------------


def submit(application: Application, *, seen: str | None = None, actor: Person) -> Application:
    """Hand it in, or say again that it was handed in: pressing twice, or trying again, gives the first receipt.

    `seen` is the hash of the content the person checked. Raises Forbidden when it arrives late, NotReady when
    something is missing, LostUpdate when a colleague has changed it since it was checked.
    """
    with transaction():
        lock(application.organisation)  # first, as everywhere: what is said of it is judged and kept as one
        application = queries.locked(application)
        policy.submit.require(actor, application)
        if application.submitted_at and application.state not in EDITABLE | {State.WITHDRAWN}:
            return application
        judged: list[Finding] = []
        if application.state in EDITABLE:
            judged = eligibility.findings(application)
            found, stopping = blockers(application), [one for one in judged if one.stops]
            if found or stopping:
                raise NotReady(found, stopping)
        fingerprint = content_hash(application)
        if seen is not None and seen != fingerprint:
            raise LostUpdate(N_("The application has changed since you checked it. Check it again, then submit."))
        at, reference = arrival(), application.reference or _next_reference(application)
        lifecycle.fire(
            "submit",
            application,
            actor,
            reference=reference,
            content_hash=fingerprint,
            submitted_at=at.isoformat(),
        )
        application.reference, application.content_hash, application.submitted_at = reference, fingerprint, at
        application.completion_due_at = application.screening_reason = None
        evidence.keep(application, judged, at)
        submitted.keep(application, at)
        tell_lead(
            send_receipt,
            application,
            application,
            f"{at:%Y%m%dT%H%M%S%f}",
            reference=reference,
            at=at.isoformat(),
            title=application.title,
            requested=application.requested_minor,
            hash=fingerprint,
        )
        if application.taking_part:
            tell_partners(application)
        return application


def _next_reference(application: Application) -> str:
    """The call's next number. The row stays locked until we commit, so numbers have neither gaps nor doubles.

    Written past the session: the version of the call is for those who edit it.
    """
    call = Call.__table__
    taken = update(call).where(call.c.id == application.call_id).values(last_reference=call.c.last_reference + 1)  # type: ignore[arg-type]
    number = db.session.execute(taken.returning(call.c.last_reference)).scalar_one()
    return f"{application.call.code}-{number:04}"


def reopen(application: Application, *, actor: Person) -> None:
    """Back to a draft until the call closes, under the questions of today.

    The receipts given stay in the history, the reference stays the same.
    """
    with transaction():
        lock(application.organisation)
        if application.state == State.SUBMITTED and _has_draft(application):
            raise Refused(
                N_("Your organisation already has another draft in this call."),
                N_("Submit or withdraw that draft first."),
            )
        if lifecycle.fire("reopen", application, actor):
            application.submitted_at = application.content_hash = None
            application.questionnaire = questionnaires.current(application.call)


def _has_draft(application: Application) -> bool:
    other = select(Application.id).where(
        Application.call_id == application.call_id,
        Application.organisation_id == application.organisation_id,
        Application.state == State.DRAFT,
    )
    return db.session.scalar(other.limit(1)) is not None


def withdraw(application: Application, reason: str, *, actor: Person) -> None:
    """Give it up, any time before the decision."""
    with transaction():
        _need(reason)
        if lifecycle.fire("withdraw", application, actor, reason=reason.strip()):
            application.completion_due_at = None
            tell_partners(application)


# --- the programme officer ------------------------------------------------------------------------------------


def declare_incomplete(application: Application, due_at: datetime, reason: str, *, actor: Person) -> None:
    """Something is missing: the applicant may complete the file until `due_at`, though the call is closed."""
    with transaction():
        _need(reason)
        if due_at <= now():
            raise Refused(N_("Give the applicant a date that is still to come."))
        if lifecycle.fire("declare_incomplete", application, actor, reason=reason.strip(), due_at=due_at.isoformat()):
            application.completion_due_at, application.screening_reason = due_at, reason.strip()
            _tell(application)


def admit(application: Application, *, actor: Person) -> None:
    with transaction():
        lifecycle.fire("admit", application, actor)


def refuse_admission(application: Application, reason: str, *, actor: Person) -> None:
    """Inadmissible, for this reason; a file to be completed only once its date is over."""
    _refuse("refuse_admission", application, reason, actor)


def find_eligible(application: Application, *, actor: Person) -> None:
    with transaction():
        lifecycle.fire("find_eligible", application, actor)


def find_ineligible(application: Application, reason: str, *, actor: Person) -> None:
    _refuse("find_ineligible", application, reason, actor)


def screen_all(applications: Sequence[Application], moves: Sequence[str], *, actor: Person) -> int:
    """The same moves for all of them, or for none when one has moved on elsewhere. Answers how many moved.

    `moves` are names in the order in which they follow each other; a file that stands further skips those behind it.
    """
    path = [lifecycle.moves[name] for name in moves]
    moved = 0
    with transaction():
        for application in sorted(applications, key=lambda one: one.id):
            lock(application, "state")
            if application.state == path[-1].target:
                continue
            begun = next((n for n, one in enumerate(path) if application.state in one.sources), 0)
            for one in path[begun:]:
                lifecycle.fire(one.name, application, actor)
            moved += 1
    return moved


def _refuse(move: str, application: Application, reason: str, actor: Person) -> None:
    with transaction():
        _need(reason)
        if lifecycle.fire(move, application, actor, reason=reason.strip()):
            application.completion_due_at, application.screening_reason = None, reason.strip()
            _tell(application)


def _need(reason: str) -> None:
    if not reason.strip():
        raise Refused(N_("Write the reason: the other side reads it."))


def _tell(application: Application) -> None:
    slot = f"{application.state} {now():%Y%m%dT%H%M%S%f}"
    tell_lead(send_screening, application, application, slot, state=str(application.state))
    tell_partners(application)


SCREENED: dict[str, Text] = {
    State.INCOMPLETE: N_(
        "Your application needs to be completed before it can be examined. You may change it and submit it again "
        "until the date below, although the call is closed."
    ),
    State.INADMISSIBLE: N_("Your application has been found inadmissible and will not be examined further."),
    State.INELIGIBLE: N_("Your application has been found ineligible and will not be examined further."),
}


@letter
def send_screening(due: Due) -> Letter | None:
    """What screening found, with its reason; nothing when the application has moved on meanwhile."""
    fund = joinedload(Application.call).joinedload(Call.fund).joinedload(Fund.cluster)
    application = db.session.get_one(Application, due.subject_id, options=[fund])
    if application.state != due.args["state"]:
        return None
    cluster = application.call.fund.cluster
    facts: list[tuple[Text, Any]] = [
        (N_("Reference"), application.reference),
        (N_("Project"), application.title),
        (N_("Reason"), application.screening_reason),
    ]
    if application.completion_due_at:
        facts.append((N_("Complete it by"), application.completion_due_at.astimezone(cluster.zone)))
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_(
            "Your application %(reference)s: %(state)s",
            reference=application.reference,
            state=STATE_LABELS[application.state],
        ),
        paragraphs=[SCREENED[application.state]],
        facts=facts,
        action=(N_("Open the application"), address("applicant.application", application_id=application.id)),
        cluster=cluster,
    )
