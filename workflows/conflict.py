"""Declaring a conflict of interest, and settling one: confirmed, the review goes; dismissed, it weighs no more.

Every verb takes the row of the file first, as assigning does: of a verdict and an assignment made at once, the second
sees what the first did.
"""

from sqlalchemy import select

from grants.applications.models import Application, ApplicationState
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import LostUpdate, Refused, WrongState
from grants.core.i18n import N_
from grants.people.models import Person
from grants.reviews import conflict_policy as policy
from grants.reviews import queries
from grants.reviews.conflict_models import Conflict, ConflictKind, Verdict
from grants.reviews.conflict_policy import Concern
from grants.reviews.findings import Finding, of
from grants.reviews.models import COUNTED, Review, ReviewState
from workflows import review as reviews
from workflows.application import lifecycle as application_lifecycle

UNDER_REVIEW = frozenset({ApplicationState.ELIGIBLE, ApplicationState.IN_REVIEW, ApplicationState.REVIEWED})


def declare(application: Application, reason: str, *, actor: Person) -> None:
    """Somebody of the commission steps aside from a file, asked or not; twice is once. Raises Refused without a reason.

    A review in hand becomes a declared conflict; one already submitted stays until a chair confirms the conflict.
    """
    with transaction():
        lock(application, "state")
        policy.declare.require(actor, application)
        if not reason.strip():
            raise Refused(N_("Say what the conflict is."))
        review = _review(application, actor)
        if review is not None and review.conflict_reason is not None:
            return
        if review is not None and review.state in {ReviewState.ASSIGNED, ReviewState.ACCEPTED, ReviewState.DRAFT}:
            reviews.declare_conflict(review, reason.strip(), actor=actor)
            return
        kept = _kept(application, actor, ConflictKind.DECLARED, "")
        if kept is not None and kept.verdict != Verdict.DISMISSED:
            return
        if kept is None:
            kept = Conflict(application_id=application.id, person_id=actor.id, kind=ConflictKind.DECLARED, reason="")
            db.session.add(kept)
        kept.reason, kept.verdict, kept.settled_at, kept.settled_by_id = reason.strip(), None, None, None
        kept.settled_reason, kept.since = "", now()
        db.session.flush()
        record("conflict.declare", kept, actor, reason=kept.reason, after={"application": str(application.id)})


def settle(
    concern: Concern,
    kind: ConflictKind,
    fact: str,
    verdict: Verdict,
    reason: str,
    seen: int | None,
    *,
    actor: Person,
) -> None:
    """A chair, or an officer where no chair may, says what a conflict is worth; the same verdict twice is one.

    `seen` is the version of what the page showed, 0 when nothing was kept. Raises WrongState when the conflict is not
    there any more, LostUpdate when somebody else settled it meanwhile, Refused for a dismissal without a reason.
    """
    application, person = concern.application, concern.person
    with transaction():
        lock(application, "state")
        _require(actor, concern)
        finding = next((one for one in of(person, application) if (one.kind, one.fact) == (kind, fact)), None)
        if finding is None:
            raise WrongState(N_("This conflict is not there any more."))
        if finding.firm:
            raise Refused(N_("%(name)s declared this when the review was asked: it stands.", name=person.name))
        if verdict == Verdict.DISMISSED and not reason.strip():
            raise Refused(N_("Say why this is no conflict of interest."))
        kept = finding.kept
        if kept is not None and (kept.verdict, kept.settled_by_id) == (verdict, actor.id) and finding.verdict:
            return
        if seen is not None and seen != finding.version:
            raise LostUpdate(N_("Somebody settled this conflict meanwhile. Look at it again."))
        _keep(finding, verdict, reason.strip(), actor)
        if verdict == Verdict.CONFIRMED:
            _take_away(application, person, reason.strip(), actor)


def _require(actor: Person, concern: Concern) -> None:
    """A chair's right comes first; an officer's where no chair has it."""
    if policy.settle.allows(actor, concern):
        return
    if policy.stand_in.allows(actor, concern):
        return
    policy.settle.require(actor, concern)


def _keep(finding: Finding, verdict: Verdict, reason: str, actor: Person) -> None:
    kept = finding.kept
    before = {"verdict": kept.verdict} if kept is not None and kept.verdict else {}
    if kept is None:
        kept = Conflict(
            application_id=finding.application_id,
            person_id=finding.person_id,
            kind=finding.kind,
            fact=finding.fact,
            verdict=verdict,
        )
        db.session.add(kept)
    if finding.kind != ConflictKind.DECLARED:
        kept.facts, kept.since = finding.facts, finding.since
    kept.verdict, kept.settled_reason, kept.settled_by_id, kept.settled_at = verdict, reason, actor.id, now()
    db.session.flush()
    name = "conflict.confirm" if verdict == Verdict.CONFIRMED else "conflict.dismiss"
    after = {"verdict": verdict, "kind": finding.kind, "person": str(finding.person_id)}
    record(name, kept, actor, reason=reason or None, before=before, after=after)


def _take_away(application: Application, person: Person, reason: str, actor: Person) -> None:
    """A review by somebody conflicted counts no more, submitted or not; past the ranking it is history."""
    review = _review(application, person)
    if review is None or review.state not in COUNTED or application.state not in UNDER_REVIEW:
        return
    reviews.lifecycle.fire("set_aside", review, actor, reason=reason or None)
    if application.state == ApplicationState.REVIEWED and reviews.too_few(application):
        application_lifecycle.fire("resume_review", application, actor, reason=reason or None)
    elif application.state == ApplicationState.IN_REVIEW:
        reviews.close_when_complete(application)


def _review(application: Application, person: Person) -> Review | None:
    wanted = select(Review.id).where(Review.application_id == application.id, Review.reviewer_id == person.id)
    id = db.session.scalar(wanted)
    return None if id is None else db.session.scalars(queries.whole(id)).unique().one()


def _kept(application: Application, person: Person, kind: ConflictKind, fact: str) -> Conflict | None:
    wanted = select(Conflict).where(
        Conflict.application_id == application.id,
        Conflict.person_id == person.id,
        Conflict.kind == kind,
        Conflict.fact == fact,
    )
    return db.session.scalars(wanted).one_or_none()
