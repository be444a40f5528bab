"""Milestones and support in kind, as far as the reader may see them."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import contains_eager, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from grants.applications.models import TAKING_PART, Application, Partner
from grants.awards import queries
from grants.awards.models import (
    INTERNAL,
    OPENS,
    Agreement,
    AgreementState,
    Award,
    Instalment,
    Milestone,
    MilestoneFile,
    MilestoneQuestion,
    MilestoneState,
    Support,
    SupportRequest,
)
from grants.core.db import db
from grants.funds.models import Fund
from grants.people.models import Membership, Organisation, Person

TO_EXAMINE = (MilestoneState.SUBMITTED, MilestoneState.CLARIFICATION)
AWAITED = (MilestoneState.PLANNED, MilestoneState.DUE, MilestoneState.CLARIFICATION, MilestoneState.REJECTED)


def visible_milestones(user: Person) -> Select[Milestone]:
    """The SQL twin of milestone_policy.view_milestone."""
    seen = queries.visible_to(user).with_only_columns(Award.id)
    member = (
        select(Partner.application_id)
        .join(Membership, Membership.organisation_id == Partner.organisation_id)
        .where(Membership.person_id == user.id, Partner.state.in_(TAKING_PART))
    )
    shared = Award.application_id.in_(member) & Agreement.state.not_in(INTERNAL)
    return (
        select(Milestone)
        .join(Milestone.agreement)
        .join(Agreement.award)
        .join(Award.fund)
        .where(or_(Award.id.in_(seen), shared))
    )


def _award_parts(start: Any) -> list[Any]:
    """What policies and pages need of the award above; `start` leads to it."""
    partners = start.joinedload(Award.application).selectinload(Application.partners)
    return [
        start.joinedload(Award.fund).joinedload(Fund.cluster),
        start.joinedload(Award.call),
        start.joinedload(Award.commission),
        start.joinedload(Award.agreement),
        start.joinedload(Award.organisation).selectinload(Organisation.memberships),
        partners.joinedload(Partner.organisation).selectinload(Organisation.memberships),
    ]


def milestone(user: Person, id: UUID) -> Milestone:
    """One visible milestone, whole; raises NoResultFound."""
    parts = [
        *_award_parts(contains_eager(Milestone.agreement).contains_eager(Agreement.award)),
        contains_eager(Milestone.agreement).selectinload(Agreement.instalments),
        joinedload(Milestone.files),
        joinedload(Milestone.questions).joinedload(MilestoneQuestion.asked_by),
    ]
    found = visible_milestones(user).where(Milestone.id == id).options(*parts)
    whole = db.session.scalars(found).unique().one()
    for one in whole.files:
        set_committed_value(one, "milestone", whole)
    return whole


def milestone_file(user: Person, id: UUID) -> MilestoneFile:
    """One file of a visible milestone; raises NoResultFound."""
    of = db.session.scalars(select(MilestoneFile.milestone_id).where(MilestoneFile.id == id)).one()
    return next(one for one in milestone(user, of).files if one.id == id)


def waiting_for(instalment: Instalment) -> Milestone | None:
    """The first milestone that keeps this instalment from being claimed or certified; one query."""
    found = select(Milestone).where(
        Milestone.agreement_id == instalment.agreement_id,
        Milestone.instalment == instalment.position,
        Milestone.state.not_in(OPENS),
    )
    return db.session.scalars(found.order_by(Milestone.position).limit(1)).first()


def planned(agreement: Agreement) -> Sequence[Milestone]:
    """The milestones of an agreement the reader already sees, in order; one query."""
    found = select(Milestone).where(Milestone.agreement_id == agreement.id)
    return db.session.scalars(found.order_by(Milestone.position)).all()


def supports(agreement: Agreement) -> Sequence[Support]:
    """What the agreement gives in kind, with the requests; two queries."""
    found = select(Support).where(Support.agreement_id == agreement.id).options(joinedload(Support.requests))
    return db.session.scalars(found.order_by(Support.position)).unique().all()


def to_examine(user: Person, limit: int = 50) -> Sequence[Milestone]:
    """Reports that wait for an officer among those visible, oldest first; one query."""
    parts = [
        contains_eager(Milestone.agreement).contains_eager(Agreement.award).contains_eager(Award.fund),
        contains_eager(Milestone.agreement).contains_eager(Agreement.award).joinedload(Award.organisation),
    ]
    found = visible_milestones(user).where(Milestone.state.in_(TO_EXAMINE)).options(*parts)
    return db.session.scalars(found.order_by(Milestone.submitted_at).limit(limit)).unique().all()


def next_of(agreement_ids: Iterable[UUID]) -> dict[UUID, Milestone]:
    """The milestone each agreement awaits next, for agreements the reader already sees; at most one query."""
    if not (ids := list(agreement_ids)):
        return {}
    found = (
        select(Milestone)
        .join(Milestone.agreement)
        .where(
            Milestone.agreement_id.in_(ids),
            Milestone.state.in_(AWAITED),
            Agreement.state == AgreementState.ACTIVE,
        )
        .order_by(Milestone.agreement_id, Milestone.due_on.desc(), Milestone.position.desc())
    )
    return {one.agreement_id: one for one in db.session.scalars(found)}


def of_project(application_id: UUID) -> Sequence[Milestone]:
    """The milestones of a project the reader takes part in, once its agreement is sent for signature; one query."""
    found = (
        select(Milestone)
        .join(Milestone.agreement)
        .join(Agreement.award)
        .where(Award.application_id == application_id, Agreement.state.not_in(INTERNAL))
    )
    return db.session.scalars(found.order_by(Milestone.position)).all()


# --- support in kind ------------------------------------------------------------------------------------------


def support(user: Person, id: UUID) -> Support:
    """One support of a visible award, whole; raises NoResultFound."""
    seen = queries.visible_to(user).with_only_columns(Award.id)
    award = contains_eager(Support.agreement).contains_eager(Agreement.award)
    found = select(Support).join(Support.agreement).join(Agreement.award).where(Support.id == id, Award.id.in_(seen))
    whole = db.session.scalars(found.options(*_award_parts(award), joinedload(Support.requests))).unique().one()
    for one in whole.requests:
        set_committed_value(one, "support", whole)
    return whole


def support_request(user: Person, id: UUID) -> SupportRequest:
    """One request of a visible award, whole; raises NoResultFound."""
    of = db.session.scalars(select(SupportRequest.support_id).where(SupportRequest.id == id)).one()
    return next(one for one in support(user, of).requests if one.id == id)
