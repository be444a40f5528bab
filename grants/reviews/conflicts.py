"""The gate: with which files a person has a conflict of interest that stands.

What was declared stands, and what is detected stands, until a chair who has none with that file dismisses it. A verdict
covers what was known when it was given: a fact that began later is a new one, and stands.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, or_, select, union

from grants.applications.models import Application
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.db import db
from grants.people.models import Appointment, Person
from grants.reviews.conflict_models import Conflict, ConflictKind, Verdict
from grants.reviews.detection import Scope, detected, within
from grants.reviews.models import Review

# Facts with a day of their own: the same one again, later, is a new fact.
RENEWED = frozenset({ConflictKind.MEMBER, ConflictKind.FORMER, ConflictKind.ACTED, ConflictKind.TOGETHER})


def standing(scope: Scope) -> Subquery:
    """(application_id, person_id) of every conflict that stands within the scope."""
    found = detected(scope)
    covered = exists().where(
        Conflict.application_id == found.c.application_id,
        Conflict.person_id == found.c.person_id,
        Conflict.kind == found.c.kind,
        Conflict.fact == found.c.fact,
        Conflict.verdict == Verdict.DISMISSED,
        or_(Conflict.settled_at >= found.c.since, found.c.kind.not_in([one.value for one in RENEWED])),
    )
    kept = or_(Conflict.verdict.is_(None), Conflict.verdict == Verdict.CONFIRMED)
    return union(
        select(found.c.application_id, found.c.person_id).where(~covered),
        select(Conflict.application_id, Conflict.person_id).where(
            kept, within(Conflict.person_id, scope.persons), within(Conflict.application_id, scope.files)
        ),
        select(Review.application_id, Review.reviewer_id).where(
            Review.conflict_reason.is_not(None),
            within(Review.reviewer_id, scope.persons),
            within(Review.application_id, scope.files),
        ),
    ).subquery("standing")


def conflicts_of(person: Person) -> Select[UUID]:
    """The applications with which the person has a conflict of interest that stands, declared or detected."""
    return select(standing(Scope(persons=person.id)).c.application_id)


def closed_to_reviewer(wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    """SQL, of a review among those `wanted`: its reviewer has a conflict with its file."""
    scope = Scope(persons=select(Review.reviewer_id).where(wanted), files=select(Review.application_id).where(wanted))
    found = standing(scope)
    return (
        exists()
        .where(found.c.application_id == Review.application_id, found.c.person_id == Review.reviewer_id)
        .correlate(Review)
    )


def conflicted(person: Person, application: Application) -> bool:
    """Whether the person has one with this application."""
    found = standing(Scope(persons=person.id, files=application.id))
    return bool(db.session.scalar(select(exists().select_from(found))))


def conflicted_in(person: Person, call: Call, commission: Commission) -> bool:
    """Whether the person has one with any application of this commission in this call."""
    found = standing(Scope(persons=person.id, files=files_of(call, commission)))
    return bool(db.session.scalar(select(exists().select_from(found))))


def pairs(call: Call, commission: Commission) -> set[tuple[UUID, UUID]]:
    """(application, person) of every standing conflict between a file of the commission in the call and somebody who
    sits on it, as chair or reviewer; one query.
    """
    sits = select(Appointment.person_id).where(Appointment.commission_id == commission.id)
    found = standing(Scope(persons=sits, files=files_of(call, commission)))
    return {(row.application_id, row.person_id) for row in db.session.execute(select(found))}


def against(application: Application) -> set[UUID]:
    """Who of everybody has a standing conflict with this application; one query."""
    return set(db.session.scalars(select(standing(Scope(files=application.id)).c.person_id)))


def files_of(call: Call, commission: Commission) -> Select[UUID]:
    """Every file of the commission in the call, whatever its state."""
    return select(Application.id).where(
        and_(Application.call_id == call.id, Application.commission_id == commission.id)
    )
