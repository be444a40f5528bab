"""Every date that concerns a person: what to finish, to complete, to review, what will be paid, what ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import contains_eager

from grants.appeals import queries as appeals
from grants.applications.clarification_policy import ANSWERABLE
from grants.applications.models import (
    EDITABLE,
    TAKING_PART,
    Application,
    ApplicationState,
    Clarification,
    ClarificationState,
    Partner,
)
from grants.awards.milestone_queries import AWAITED
from grants.awards.models import Agreement, AgreementState, Award, Instalment, Milestone
from grants.calls.models import Call, CallState
from grants.clusters.models import Cluster
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import N_, Text
from grants.funds.models import Fund
from grants.people.models import Membership, Person
from grants.reviews.conflicts import conflicts_of
from grants.reviews.models import IN_HAND, Review, ReviewState

TAKING = frozenset({CallState.PUBLISHED, CallState.OPEN})
REVIEWED = frozenset({CallState.OPEN, CallState.CLOSED, CallState.EVALUATING})
RUNNING = frozenset({AgreementState.AWAITING_SIGNATURE, AgreementState.SIGNED, AgreementState.ACTIVE})


class Kind(StrEnum):
    CLOSES = "closes"
    QUESTIONS = "questions"
    COMPLETION = "completion"
    CLARIFICATION = "clarification"
    APPEAL = "appeal"
    REVIEWS = "reviews"
    INSTALMENT = "instalment"
    MILESTONE = "milestone"
    ENDS = "ends"


@dataclass(frozen=True)
class Dated:
    """A moment, or a whole day, about `subject_id` (a call, an application, a milestone or an agreement, by its kind).

    `key` stays the same however often the date moves; `revision` grows when it does.
    """

    kind: Kind
    key: str
    at: datetime | date
    title: Text
    subject_id: UUID
    revision: int
    country: str
    zone: str

    @property
    def shown(self) -> datetime | date:
        """By the clock of its cluster."""
        return self.at.astimezone(ZoneInfo(self.zone)) if isinstance(self.at, datetime) else self.at


def dates_of(person: Person) -> list[Dated]:
    """In their order; the same few queries however many."""
    mine = (*_applications(person), *_clarifications(person), *_appeals(person))
    every = (*mine, *_reviews(person), *_agreements(person), *_milestones(person))
    found = {one.key: one for one in every}
    return sorted(found.values(), key=lambda one: (str(one.at)[:10], one.key))


def _mine(person: Person, column: Any) -> ColumnElement[bool]:
    """Rows of the organisations the person speaks for, whatever the right."""
    spoken_for = select(Membership.organisation_id).where(Membership.person_id == person.id)
    theirs: ColumnElement[bool] = column.in_(spoken_for)
    return theirs


def _with_place(wanted: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """The same rows with the country and zone of the call's cluster."""
    placed = wanted.join(Fund, Fund.id == Call.fund_id).join(Cluster, Cluster.id == Fund.cluster_id)
    return placed.add_columns(Cluster.country, Cluster.timezone)


def _applications(person: Person) -> Iterator[Dated]:
    """Calls in which a draft waits, one's own or one to which one is a partner; one's own files to be completed."""
    wanted = select(Application, Call).join(Call, Call.id == Application.call_id)
    joined = select(Partner.application_id).where(
        _mine(person, Partner.organisation_id), Partner.state.in_(TAKING_PART)
    )
    shared = Application.id.in_(joined) & (Application.state == ApplicationState.DRAFT)
    own = _mine(person, Application.organisation_id) & Application.state.in_(EDITABLE)
    mine = wanted.where(or_(own, shared))
    for application, call, *place in db.session.execute(_with_place(mine)):
        if application.state == ApplicationState.INCOMPLETE:
            title = N_("Complete the file: %(title)s", title=application.title or application.reference)
            key, at = f"{Kind.COMPLETION}-{application.id}", application.completion_due_at
            yield Dated(Kind.COMPLETION, key, at, title, application.id, application.version, *place)
        elif call.state in TAKING:
            key, title = f"{Kind.CLOSES}-{call.id}", N_("Closes: %(call)s", call=call.title)
            yield Dated(Kind.CLOSES, key, call.closes_at, title, call.id, call.version, *place)
            if call.questions_until:
                key, title = f"{Kind.QUESTIONS}-{call.id}", N_("Questions until: %(call)s", call=call.title)
                yield Dated(Kind.QUESTIONS, key, call.questions_until, title, call.id, call.version, *place)


def _clarifications(person: Person) -> Iterator[Dated]:
    """Answers that the fund awaits."""
    wanted = select(Clarification, Application, Call).join(Clarification.application).join(Application.call)
    mine = wanted.where(_mine(person, Application.organisation_id), Application.state.in_(ANSWERABLE))
    awaited = mine.where(Clarification.state == ClarificationState.ASKED)
    for one, application, _, *place in db.session.execute(_with_place(awaited)):
        title = N_("Answer the fund: %(title)s", title=application.title)
        key = f"{Kind.CLARIFICATION}-{one.id}"
        yield Dated(Kind.CLARIFICATION, key, one.due_at, title, application.id, one.version, *place)


def _appeals(person: Person) -> Iterator[Dated]:
    """Refusals that may still be appealed: the last moment."""
    found = select(Application).join(Application.call).join(Call.fund).join(Fund.cluster)
    mine = found.where(
        _mine(person, Application.organisation_id), Application.state.in_(appeals.APPEALABLE), Call.appeal_days > 0
    )
    loaded = contains_eager(Application.call).contains_eager(Call.fund).contains_eager(Fund.cluster)
    refused = {one.id: one for one in db.session.scalars(mine.options(loaded))}
    appealed = appeals.of_applications(refused.values())
    for id, refusal in appeals.refusals(one for one in refused.values() if one.id not in appealed).items():
        if refusal.until is not None and refusal.until >= now():
            one, cluster = refused[id], refused[id].call.fund.cluster
            title, place = N_("Last day to appeal: %(title)s", title=one.title), (cluster.country, cluster.timezone)
            yield Dated(Kind.APPEAL, f"{Kind.APPEAL}-{id}", refusal.until, title, id, one.version, *place)


def _reviews(person: Person) -> Iterator[Dated]:
    """Calls in which the person owes reviews."""
    owed = (
        select(Application.call_id)
        .join(Review, Review.application_id == Application.id)
        .where(
            Review.reviewer_id == person.id,
            Review.state.in_({ReviewState.ASSIGNED, *IN_HAND}),
            Review.application_id.not_in(conflicts_of(person)),
        )
    )
    calls = select(Call).where(Call.id.in_(owed), Call.state.in_(REVIEWED), Call.reviews_due_at.is_not(None))
    for call, *place in db.session.execute(_with_place(calls)):
        key, title = f"{Kind.REVIEWS}-{call.id}", N_("Reviews due: %(call)s", call=call.title)
        yield Dated(Kind.REVIEWS, key, call.reviews_due_at, title, call.id, call.version, *place)


def _agreements(person: Person) -> Iterator[Dated]:
    """Planned instalments and the end of the agreements of one's organisations."""
    wanted = (
        select(Agreement, Award, Instalment)
        .join(Award, Award.id == Agreement.award_id)
        .join(Call, Call.id == Award.call_id)
        .outerjoin(Instalment, Instalment.agreement_id == Agreement.id)
        .where(_mine(person, Award.organisation_id), Agreement.state.in_(RUNNING))
    )
    for agreement, award, instalment, *place in db.session.execute(_with_place(wanted)):
        if instalment is not None:
            title = N_(
                "Instalment %(n)s planned: %(amount)s, %(title)s",
                n=instalment.position,
                amount=instalment.amount,
                title=award.title,
            )
            key = f"{Kind.INSTALMENT}-{instalment.id}"
            yield Dated(Kind.INSTALMENT, key, instalment.due_on, title, agreement.id, instalment.version, *place)
        if agreement.ends_on:
            title = N_("The agreement ends: %(title)s", title=award.title)
            key = f"{Kind.ENDS}-{agreement.id}"
            yield Dated(Kind.ENDS, key, agreement.ends_on, title, agreement.id, agreement.version, *place)


def _milestones(person: Person) -> Iterator[Dated]:
    """Reports that one's organisations owe, on the day of the milestone."""
    wanted = (
        select(Milestone, Award)
        .join(Milestone.agreement)
        .join(Agreement.award)
        .join(Call, Call.id == Award.call_id)
        .where(_mine(person, Award.organisation_id), Agreement.state.in_(RUNNING), Milestone.state.in_(AWAITED))
    )
    for one, award, *place in db.session.execute(_with_place(wanted)):
        title = N_("Milestone: %(milestone)s, %(title)s", milestone=one.title, title=award.title)
        yield Dated(Kind.MILESTONE, f"{Kind.MILESTONE}-{one.id}", one.due_on, title, one.id, one.version, *place)
