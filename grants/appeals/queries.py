"""What may be appealed and until when, and the appeals a person sees."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from grants.appeals.models import Against, Appeal, AppealState
from grants.applications import queries as applications
from grants.applications.models import Application, ApplicationState, Partner
from grants.awards.models import Decision, DecisionState
from grants.calls.models import Call, CallState
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db
from grants.funds.models import Fund
from grants.people.models import Appointment, Membership, Organisation, Person, Role
from grants.people.scope import covered
from grants.reviews.models import Review
from grants.reviews.queries import conflicts_of

HEARD = 50  # appeals already heard that the list still shows
REFUSED = {
    ApplicationState.INADMISSIBLE: "application.refuse_admission",
    ApplicationState.INELIGIBLE: "application.find_ineligible",
}
AGAINST = {
    ApplicationState.INADMISSIBLE: Against.ADMISSIBILITY,
    ApplicationState.INELIGIBLE: Against.ELIGIBILITY,
}
APPEALABLE = frozenset({*REFUSED, ApplicationState.DECIDED})
SCREENED = frozenset({ApplicationState.SUBMITTED, ApplicationState.INCOMPLETE, ApplicationState.ADMISSIBLE})
UNDER_WAY = timedelta(minutes=2)  # an appeal that arrived in time may still be on its way through the server


@dataclass(frozen=True)
class Refusal:
    """What an applicant was told, when and by whom; `until` is the last moment to appeal, None without appeal."""

    against: Against
    reason: str
    by_id: UUID
    told_at: datetime
    until: datetime | None


def last_moment(told_at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The end of the last day, by the clock of the cluster: the day one is told is not counted."""
    day = told_at.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC)


def refusals(among: Iterable[Application]) -> dict[UUID, Refusal]:
    """The refusals these applicants were told, by application (call, fund and cluster loaded); at most two queries."""
    by_id = {one.id: one for one in among if one.state in APPEALABLE}
    screened = [one.id for one in by_id.values() if one.state in REFUSED]
    decided = [one.id for one in by_id.values() if one.state == ApplicationState.DECIDED]
    found: dict[UUID, Refusal] = {}
    if screened:
        moves = select(Event).where(Event.subject_id.in_(screened), Event.name.in_(REFUSED.values()))
        for event in db.session.scalars(moves.order_by(Event.at, Event.id)):  # the last one counts
            refused = by_id[event.subject_id]
            if event.name == REFUSED[refused.state] and event.actor_id is not None:
                against, reason = AGAINST[refused.state], refused.screening_reason or event.reason or ""
                found[refused.id] = _refusal(refused, against, reason, event.actor_id, event.at)
    if decided:
        told = select(Decision).where(
            Decision.application_id.in_(decided),
            Decision.state == DecisionState.REJECTED,
            Decision.notified_at.is_not(None),
        )
        for one in db.session.scalars(told):
            if one.decided_by_id is not None and one.notified_at is not None:
                refused, at = by_id[one.application_id], max(one.notified_at, one.decided_at or one.notified_at)
                found[refused.id] = _refusal(refused, Against.DECISION, one.reason or "", one.decided_by_id, at)
    return found


def refusal(application: Application) -> Refusal | None:
    """That of one application."""
    return refusals([application]).get(application.id)


def _refusal(application: Application, against: Against, reason: str, by_id: UUID, told_at: datetime) -> Refusal:
    call = application.call
    open_to_appeal = call.appeal_days and call.state != CallState.CANCELLED
    until = last_moment(told_at, call.appeal_days, call.fund.cluster.zone) if open_to_appeal else None
    return Refusal(against, reason, by_id, told_at, until)


# --- appeals --------------------------------------------------------------------------------------------------


def of_applications(among: Iterable[Application]) -> dict[UUID, Appeal]:
    """The appeals of applications the reader already sees, by application; at most one query."""
    ids = [one.id for one in among if one.reference]
    if not ids:
        return {}
    found = select(Appeal).where(Appeal.application_id.in_(ids)).options(*_names())
    return {one.application_id: one for one in db.session.scalars(found)}


def of_application(application: Application) -> Appeal | None:
    """The appeal of an application the reader already sees."""
    return of_applications([application]).get(application.id)


def own(user: Person, id: UUID) -> Appeal:
    """One of an organisation the person speaks for; raises NoResultFound."""
    return _one(applications.own(user), id)


def followed(user: Person, id: UUID) -> Appeal:
    """One of a fund the person follows; raises NoResultFound."""
    return _one(applications.followed_by(user), id)


def _one(among: Select[Application], id: UUID) -> Appeal:
    wanted = select(Appeal).where(Appeal.id == id, Appeal.application_id.in_(among.with_only_columns(Application.id)))
    application = joinedload(Appeal.application)
    parts = [
        *_names(),
        application.joinedload(Application.call).joinedload(Call.fund).joinedload(Fund.cluster),
        application.joinedload(Application.organisation).selectinload(Organisation.memberships),
        application.joinedload(Application.commission),
        application.joinedload(Application.lead),
        application.selectinload(Application.partners)
        .joinedload(Partner.organisation)
        .selectinload(Organisation.memberships),
    ]
    return db.session.scalars(wanted.options(*parts)).unique().one()


def whole(id: UUID) -> Appeal:
    """One appeal whoever asks: for jobs, which write to those concerned and show nothing to others."""
    return _one(select(Application), id)


def _names() -> list[Any]:
    return [joinedload(Appeal.refused_by), joinedload(Appeal.filed_by), joinedload(Appeal.heard_by)]


# --- those who hear them --------------------------------------------------------------------------------------


def hears(role: Role) -> tuple[Against, ...]:
    """Which refusals somebody with this role hears appeals against."""
    return (Against.DECISION,) if role == Role.COMMITTEE else (Against.ADMISSIBILITY, Against.ELIGIBILITY)


def hearing_role(against: Against) -> Role:
    return Role.COMMITTEE if against == Against.DECISION else Role.OFFICER


def visible_to(user: Person, role: Role) -> Select[Appeal]:
    """Appeals that people with this role hear, in the person's funds, without those on a file with which the person
    declared a conflict of interest: a SQL twin of claims of hear_appeal and read_appeal.
    """
    return (
        select(Appeal)
        .join(Appeal.application)
        .join(Application.call)
        .join(Call.fund)
        .where(
            Appeal.against.in_(hears(role)),
            covered(user, role, cluster=Fund.cluster_id, fund=Fund.id),
            Appeal.application_id.not_in(conflicts_of(user)),
        )
    )


def waiting(user: Person, role: Role) -> int:
    """How many wait to be heard; one query."""
    waiting = visible_to(user, role).where(Appeal.state == AppealState.FILED, Call.state != CallState.CANCELLED)
    counted = waiting.with_only_columns(func.count())
    return db.session.scalar(counted) or 0


def listed(user: Person, role: Role, *states: AppealState, limit: int | None = None) -> Sequence[Appeal]:
    """Those in these states, who has waited longest first (those heard: the last first); one query."""
    application = contains_eager(Appeal.application)
    order: tuple[Any, ...] = (Appeal.created_at, Appeal.id)
    if AppealState.FILED not in states:
        order = (func.coalesce(Appeal.heard_at, Appeal.created_at).desc(), Appeal.id)
    found = (
        visible_to(user, role)
        .where(Appeal.state.in_(states), or_(Appeal.state != AppealState.FILED, Call.state != CallState.CANCELLED))
        .options(
            *_names(),
            application.contains_eager(Application.call).contains_eager(Call.fund).joinedload(Fund.cluster),
            application.joinedload(Application.organisation),
        )
    )
    return db.session.scalars(found.order_by(*order).limit(limit)).unique().all()


def hearers(appeal: Appeal) -> Sequence[Person]:
    """Those who may hear it: the role, in this fund, without who refused or proposed, who was asked to review the
    file, and the applicant's people.
    """
    fund = appeal.application.call.fund
    there: ColumnElement[bool] = and_(
        Appointment.role == hearing_role(appeal.against),
        Appointment.cluster_id == fund.cluster_id,
        or_(Appointment.fund_id.is_(None), Appointment.fund_id == fund.id),
    )
    own_people = select(Membership.person_id).where(Membership.organisation_id.in_(list(appeal.application.members)))
    found = select(Person).where(
        Person.id.in_(select(Appointment.person_id).where(there)),
        Person.id.not_in([one for one in (appeal.refused_by_id, proposer(appeal)) if one]),
        Person.id.not_in(select(Review.reviewer_id).where(Review.application_id == appeal.application_id)),
        Person.id.not_in(own_people),
        Person.disabled_at.is_(None),
    )
    return db.session.scalars(found.order_by(Person.id)).all()


def proposer(appeal: Appeal) -> UUID | None:
    """Who proposed, as chair, what the committee then decided."""
    if appeal.against != Against.DECISION:
        return None
    made = select(Decision.proposed_by_id).where(Decision.application_id == appeal.application_id)
    return db.session.scalar(made)


def reviewed(person: Person, application: Application) -> bool:
    """Whether the person was asked to review it, whatever came of it."""
    asked = select(Review.id).where(Review.application_id == application.id, Review.reviewer_id == person.id)
    return db.session.scalars(asked.limit(1)).first() is not None


def unsettled(call_id: UUID, commission_id: UUID | None = None) -> Sequence[str]:
    """References of the files of a call, or of one commission of it, that may still come to be ranked: being screened,
    or refused at the screening while that may be appealed or an appeal waits. Four queries at most.
    """
    place = joinedload(Application.call).joinedload(Call.fund).joinedload(Fund.cluster)
    wanted = select(Application).where(Application.call_id == call_id, Application.state.in_({*SCREENED, *REFUSED}))
    if commission_id is not None:
        wanted = wanted.where(Application.commission_id == commission_id)
    among = db.session.scalars(wanted.order_by(Application.reference).options(place)).all()
    made, told, moment = of_applications(among), refusals(among), now()

    def is_open(one: Application) -> bool:
        if one.state in SCREENED:
            return True
        if appeal := made.get(one.id):
            return appeal.state == AppealState.FILED
        until = told[one.id].until if one.id in told else None
        return until is not None and moment <= until + UNDER_WAY

    return [one.reference for one in among if one.reference and is_open(one)]
