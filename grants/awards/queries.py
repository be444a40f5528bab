"""Decisions, grants, agreements and claims, as far as the reader may see them. Balances come from the ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from grants.applications.models import Application, ApplicationState, Partner, PartnerState
from grants.awards.interests import hides, hides_award
from grants.awards.models import (
    INTERNAL,
    Agreement,
    AgreementState,
    Amendment,
    AmendmentState,
    Award,
    Claim,
    ClaimState,
    Decision,
    DecisionState,
    Instalment,
    Signature,
    Support,
)
from grants.awards.policy import OFFICES, OVERSEERS
from grants.calls.models import Call
from grants.clusters.models import Cluster, Commission
from grants.core.db import db
from grants.funds.models import Fund
from grants.people.models import Membership, Organisation, Person, Role
from grants.people.scope import covered

PER_PAGE = 50


def _within(user: Person, *roles: Role) -> ColumnElement[bool]:
    """Rows of funds where the person holds one of these roles; the statement must join Fund."""
    return covered(user, *roles, cluster=Fund.cluster_id, fund=Fund.id)


def _overseen(user: Person) -> ColumnElement[bool]:
    """The SQL twin of policy.oversees; the statement must join Fund."""
    return or_(_within(user, *OFFICES), and_(_within(user, Role.COMMITTEE), ~hides_award(user)))


def _theirs(user: Person) -> ColumnElement[bool]:
    """Awards of organisations the person belongs to, once their agreement is sent for signature."""
    member = exists().where(Membership.organisation_id == Award.organisation_id, Membership.person_id == user.id)
    sent = exists().where(Agreement.award_id == Award.id, Agreement.state.not_in(INTERNAL)).correlate(Award)
    return and_(member, sent)


def _partnered(user: Person) -> ColumnElement[bool]:
    """Awards of applications to which an organisation of theirs acceded, once the agreement is sent for signature."""
    part = (
        exists()
        .where(
            Partner.application_id == Award.application_id,
            Partner.state == PartnerState.ACCEDED,
            Membership.organisation_id == Partner.organisation_id,
            Membership.person_id == user.id,
        )
        .correlate(Award)
    )
    sent = exists().where(Agreement.award_id == Award.id, Agreement.state.not_in(INTERNAL)).correlate(Award)
    return and_(part, sent)


# --- decisions ------------------------------------------------------------------------------------------------


def visible_decisions(user: Person) -> Select[Decision]:
    """The SQL twin of policy.view_decision."""
    return select(Decision).join(Decision.call).join(Call.fund).where(_within(user, *OVERSEERS), ~hides(user))


def _decision_parts() -> list[object]:
    return [
        contains_eager(Decision.call).contains_eager(Call.fund).joinedload(Fund.cluster),
        joinedload(Decision.commission),
        joinedload(Decision.application).joinedload(Application.organisation),
        joinedload(Decision.application).joinedload(Application.lead),
    ]


def whole_decision(id: UUID) -> Select[Decision]:
    """One decision whoever asks: for jobs, which write to the applicant and show nothing to others."""
    found = select(Decision).join(Decision.call).join(Call.fund).where(Decision.id == id)
    return found.options(*_decision_parts())  # type: ignore[arg-type]


def decision(user: Person, id: UUID) -> Decision:
    """One visible decision; raises NoResultFound."""
    found = visible_decisions(user).where(Decision.id == id).options(*_decision_parts())  # type: ignore[arg-type]
    return db.session.scalars(found).unique().one()


def decisions(user: Person, call_id: UUID) -> Sequence[Decision]:
    """Every decision of a call, by commission and rank; one query."""
    found = visible_decisions(user).where(Decision.call_id == call_id).options(*_decision_parts())  # type: ignore[arg-type]
    return db.session.scalars(found.order_by(Decision.commission_id, Decision.rank)).unique().all()


def decided_call(user: Person, id: UUID) -> Call:
    """A call of a fund the person runs or oversees, with its cluster's commissions; raises NoResultFound."""
    found = select(Call).join(Call.fund).where(Call.id == id, _within(user, *OVERSEERS))
    cluster = contains_eager(Call.fund).joinedload(Fund.cluster)
    return db.session.scalars(found.options(cluster.selectinload(Cluster.commissions))).unique().one()


@dataclass(frozen=True)
class Decided:
    """One page of decisions; `page` counts from 1."""

    rows: Sequence[Decision]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))

    @property
    def first(self) -> int:
        return (self.page - 1) * PER_PAGE + 1


def awaiting(call_id: UUID) -> ColumnElement[bool]:
    """Decisions of a call still to be taken: a withdrawn project waits for none."""
    withdrawn = select(Application.id).where(
        Application.call_id == call_id, Application.state == ApplicationState.WITHDRAWN
    )
    return and_(Decision.state == DecisionState.PROPOSED, Decision.application_id.not_in(withdrawn))


@dataclass(frozen=True)
class Tally:
    """The decisions of one commission in a call: how many, how many still to take, the amount funded."""

    total: int
    pending: int
    funded_minor: int


def tallies(user: Person, call_id: UUID) -> dict[UUID, Tally]:
    """By commission; one query."""
    counted = (
        visible_decisions(user)
        .where(Decision.call_id == call_id)
        .with_only_columns(
            Decision.commission_id,
            func.count(),
            func.count().filter(awaiting(call_id)),
            func.coalesce(func.sum(Decision.amount_minor).filter(Decision.state == DecisionState.FUNDED), 0),
        )
        .group_by(Decision.commission_id)
    )
    return {row[0]: Tally(row[1], row[2], int(row[3])) for row in db.session.execute(counted)}


def decisions_page(user: Person, call_id: UUID, page: int, total: int) -> Decided:
    """One page of a call's decisions, by commission and rank, without the long texts; one query."""
    page = min(max(1, page), max(1, -(-total // PER_PAGE)))
    order = Commission.position, Decision.rank
    ids = (
        visible_decisions(user)
        .join(Decision.commission)
        .where(Decision.call_id == call_id)
        .with_only_columns(Decision.id)
        .order_by(*order)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    found = (
        select(Decision)
        .join(Decision.commission)
        .where(Decision.id.in_(ids))
        .options(
            joinedload(Decision.call).joinedload(Call.fund).joinedload(Fund.cluster),
            contains_eager(Decision.commission),
            *_decision_row(),
        )
        .order_by(*order)
    )
    return Decided(db.session.scalars(found).unique().all(), total, page)


def page_of(user: Person, decision: Decision) -> int:
    """On which page of its call's decisions, as this person sees them, this one stands; one query."""
    before = (
        visible_decisions(user)
        .with_only_columns(func.count())
        .join(Decision.commission)
        .where(
            Decision.call_id == decision.call_id,
            or_(
                Commission.position < decision.commission.position,
                and_(Decision.commission_id == decision.commission_id, Decision.rank < decision.rank),
            ),
        )
    )
    return (db.session.scalar(before) or 0) // PER_PAGE + 1


def _decision_row() -> list[Any]:
    application = joinedload(Decision.application)
    return [
        application.load_only(Application.reference, Application.title, Application.state),
        application.joinedload(Application.organisation).load_only(Organisation.name),
    ]


def proposed(call_id: UUID, commission_id: UUID, page: int = 1) -> Decided:
    """One page of what a commission proposed, by rank, for its chair (whom the caller has checked); two queries."""
    found = select(Decision).where(Decision.call_id == call_id, Decision.commission_id == commission_id)
    total = db.session.scalar(found.with_only_columns(func.count())) or 0
    page = min(max(1, page), max(1, -(-total // PER_PAGE)))
    rows = found.options(*_decision_row()).order_by(Decision.rank)
    return Decided(db.session.scalars(rows.limit(PER_PAGE).offset((page - 1) * PER_PAGE)).all(), total, page)


def decision_for(application: Application) -> Decision | None:
    """What was decided on an application the reader already sees; the caller shows it once notified."""
    return db.session.scalars(select(Decision).where(Decision.application_id == application.id)).one_or_none()


def notified(applications: Iterable[Application]) -> dict[UUID, Decision]:
    """The decisions the applicants have been told and that stand, by application the reader already sees; one query."""
    ids = [one.id for one in applications]
    told = select(Decision).where(
        Decision.application_id.in_(ids),
        Decision.notified_at.is_not(None),
        Decision.state != DecisionState.PROPOSED,  # taken again after an appeal
    )
    return {one.application_id: one for one in db.session.scalars(told)}


def granted_to(organisation_ids: Iterable[UUID], user: Person) -> Sequence[Award]:
    """Grants of these organisations that their people see, newest first; one query."""
    theirs = select(Award).where(Award.organisation_id.in_(list(organisation_ids)), _theirs(user))
    parts = [joinedload(Award.fund).joinedload(Fund.cluster), joinedload(Award.agreement)]
    newest = theirs.order_by(Award.awarded_on.desc(), Award.number)
    return db.session.scalars(newest.options(*parts)).unique().all()


# --- awards ---------------------------------------------------------------------------------------------------


def visible_to(user: Person) -> Select[Award]:
    """The SQL twin of policy.view."""
    return select(Award).join(Award.fund).where(or_(_overseen(user), _theirs(user), _partnered(user)))


def partnered_by(organisation_ids: Iterable[UUID], user: Person) -> Sequence[Award]:
    """Grants in which one of these organisations is a partner, as its people see them, newest first; one query."""
    ours = exists().where(
        Partner.application_id == Award.application_id,
        Partner.state == PartnerState.ACCEDED,
        Partner.organisation_id.in_(list(organisation_ids)),
    )
    found = select(Award).where(ours, _partnered(user))
    parts = [joinedload(Award.fund).joinedload(Fund.cluster), joinedload(Award.agreement)]
    newest = found.order_by(Award.awarded_on.desc(), Award.number)
    return db.session.scalars(newest.options(*parts)).unique().all()


def _consortium() -> list[Any]:
    """The lead's people, the partners and theirs."""
    partners = joinedload(Award.application).selectinload(Application.partners).joinedload(Partner.organisation)
    return [
        joinedload(Award.organisation).selectinload(Organisation.memberships),
        partners.selectinload(Organisation.memberships),
    ]


def award(user: Person, id: UUID) -> Award:
    """One visible award with its agreement, instalments, claims and signatures; raises NoResultFound."""
    agreement = joinedload(Award.agreement)
    found = visible_to(user).where(Award.id == id)
    parts = [
        contains_eager(Award.fund).joinedload(Fund.cluster),
        joinedload(Award.call),
        joinedload(Award.commission),
        *_consortium(),
        agreement.selectinload(Agreement.instalments).selectinload(Instalment.claims),
        agreement.selectinload(Agreement.milestones),
        agreement.selectinload(Agreement.supports).selectinload(Support.requests),
        agreement.selectinload(Agreement.signatures).options(
            joinedload(Signature.person), joinedload(Signature.checked_by), joinedload(Signature.organisation)
        ),
    ]
    made = db.session.scalars(found.options(*parts)).unique().one()
    if made.agreement is not None:
        _know_each_other(made, made.agreement)
    return made


def _know_each_other(award: Award, agreement: Agreement) -> None:
    """Loaded from the top, the parts must also find their way back up, without another query."""
    set_committed_value(agreement, "award", award)
    for signature in agreement.signatures:
        set_committed_value(signature, "agreement", agreement)
    for one in agreement.instalments:
        set_committed_value(one, "agreement", agreement)
        for claim in one.claims:
            set_committed_value(claim, "instalment", one)
    for part in (*agreement.milestones, *agreement.supports):
        set_committed_value(part, "agreement", agreement)
    for support in agreement.supports:
        for request in support.requests:
            set_committed_value(request, "support", support)


def agreement(user: Person, id: UUID) -> Agreement:
    """The agreement of a visible award, whole; raises NoResultFound."""
    award_id = db.session.scalars(select(Agreement.award_id).where(Agreement.id == id)).one()
    made: Agreement | None = award(user, award_id).agreement
    assert made is not None  # noqa: S101  (the id is an agreement's)
    return made


def whole_agreement(id: UUID) -> Select[Agreement]:
    """One agreement whoever asks: for jobs."""
    award = joinedload(Agreement.award)
    partner = award.joinedload(Award.application).selectinload(Application.partners).joinedload(Partner.organisation)
    return (
        select(Agreement)
        .where(Agreement.id == id)
        .options(
            award.joinedload(Award.fund).joinedload(Fund.cluster),
            award.joinedload(Award.organisation).selectinload(Organisation.memberships),
            partner.selectinload(Organisation.memberships),
        )
    )


def signature(user: Person, id: UUID) -> Signature:
    """One signature of a visible award, whole; raises NoResultFound."""
    of = select(Signature.agreement_id).where(Signature.id == id)
    made = agreement(user, db.session.scalars(of).one())
    return next(one for one in made.signatures if one.id == id)


def awards(user: Person, *, limit: int = 50, offset: int = 0) -> Sequence[Award]:
    """Visible grants, newest first; one query."""
    found = visible_to(user).options(
        contains_eager(Award.fund).joinedload(Fund.cluster),
        joinedload(Award.organisation),
        joinedload(Award.commission),
        joinedload(Award.agreement),
    )
    newest = found.order_by(Award.awarded_on.desc(), Award.number)
    return db.session.scalars(newest.limit(limit).offset(offset)).unique().all()


def agreements_in(user: Person, *states: AgreementState) -> Sequence[Award]:
    """Visible grants whose agreement stands in one of these states, oldest first; one query."""
    found = visible_to(user).join(Award.agreement).where(Agreement.state.in_(states))
    parts = [
        contains_eager(Award.fund).joinedload(Fund.cluster),
        contains_eager(Award.agreement),
        joinedload(Award.organisation),
        joinedload(Award.commission),
    ]
    return db.session.scalars(found.options(*parts).order_by(Agreement.created_at, Award.number)).unique().all()


# --- amendments -----------------------------------------------------------------------------------------------


def amendment(user: Person, id: UUID) -> Amendment:
    """One amendment of a visible award, its agreement whole; raises NoResultFound."""
    found = db.session.scalars(select(Amendment).where(Amendment.id == id)).one()
    set_committed_value(found, "agreement", agreement(user, found.agreement_id))
    return found


def amendments(agreement: Agreement) -> Sequence[Amendment]:
    """Those of an agreement the reader already sees, newest first; one query."""
    found = select(Amendment).where(Amendment.agreement_id == agreement.id).order_by(Amendment.number.desc())
    made = db.session.scalars(found).all()
    for one in made:
        set_committed_value(one, "agreement", agreement)
    return made


def amendments_to_decide(user: Person) -> Sequence[Amendment]:
    """Assessed, and large enough for the strategic committee: those of the funds the person decides for; two
    queries."""
    whole = joinedload(Amendment.agreement).joinedload(Agreement.award)
    waiting = (
        select(Amendment)
        .join(Amendment.agreement)
        .join(Agreement.award)
        .join(Award.fund)
        .where(Amendment.state == AmendmentState.ASSESSED, Amendment.for_committee, _overseen(user))
        .options(whole.joinedload(Award.organisation))
        .order_by(Amendment.created_at, Amendment.id)
    )
    return db.session.scalars(waiting).all()


# --- claims ---------------------------------------------------------------------------------------------------


def visible_claims(user: Person) -> Select[Claim]:
    """The SQL twin of policy.view_claim."""
    inside = and_(Claim.state != ClaimState.DRAFT, _overseen(user))
    return (
        select(Claim)
        .join(Claim.instalment)
        .join(Instalment.agreement)
        .join(Agreement.award)
        .join(Award.fund)
        .where(or_(inside, _theirs(user)))
    )


def _claim_parts() -> list[object]:
    award = contains_eager(Claim.instalment).contains_eager(Instalment.agreement).contains_eager(Agreement.award)
    return [
        award.contains_eager(Award.fund).joinedload(Fund.cluster),
        award.joinedload(Award.organisation).selectinload(Organisation.memberships),
        award.joinedload(Award.commission),
        award.joinedload(Award.call),
    ]


def claim(user: Person, id: UUID) -> Claim:
    """One visible claim, whole; raises NoResultFound."""
    found = visible_claims(user).where(Claim.id == id).options(*_claim_parts())  # type: ignore[arg-type]
    return db.session.scalars(found).unique().one()


def claims(user: Person, *states: ClaimState) -> Sequence[Claim]:
    """Visible claims in these states (all of them when none is named), oldest first; two queries."""
    found = visible_claims(user).options(*_claim_parts())  # type: ignore[arg-type]
    if states:
        found = found.where(Claim.state.in_(states))
    return db.session.scalars(found.order_by(Claim.submitted_at, Claim.id)).unique().all()


def instalment(user: Person, id: UUID) -> Instalment:
    """One instalment of a visible award, whole; raises NoResultFound."""
    of = select(Agreement.award_id).join(Instalment, Instalment.agreement_id == Agreement.id).where(Instalment.id == id)
    made = award(user, db.session.scalars(of).one()).agreement
    assert made is not None  # noqa: S101
    return next(one for one in made.instalments if one.id == id)


def names(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """The names of these persons; one query."""
    wanted = {one for one in ids if one is not None}
    return dict(db.session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted))).all())
