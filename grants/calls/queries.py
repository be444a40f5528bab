"""Calls: what everybody may read, and what those who run the fund follow."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from grants.calls.models import PUBLIC_STATES, Call, CallState, Envelope, Questionnaire, RequiredDocument
from grants.calls.policy import ENDED
from grants.clusters.models import Cluster
from grants.core.db import db
from grants.funds.models import Fund
from grants.funds.policy import READERS
from grants.people.models import Person, Role
from grants.people.scope import covered


def published() -> ColumnElement[bool]:
    """The SQL twin of policy.is_public."""
    shown = or_(Call.state.in_(PUBLIC_STATES), and_(Call.state.in_(ENDED), Call.published_at.is_not(None)))
    return and_(Call.imported.is_(False), shown)


def visible_to(user: Person) -> Select[Call]:
    """The SQL twin of policy.view."""
    public = published()
    if not user.is_authenticated:
        return select(Call).join(Call.fund).where(public)
    followed = covered(user, *READERS, cluster=Fund.cluster_id, fund=Fund.id)
    return select(Call).join(Call.fund).where(or_(public, followed))


def followed_by(user: Person) -> Select[Call]:
    """The SQL twin of policy.follow."""
    return select(Call).join(Call.fund).where(covered(user, *READERS, cluster=Fund.cluster_id, fund=Fund.id))


def _parts() -> list[object]:
    return [
        joinedload(Call.fund).joinedload(Fund.cluster).selectinload(Cluster.commissions),
        selectinload(Call.envelopes).joinedload(Envelope.commission),
        selectinload(Call.criteria),
        selectinload(Call.rules),
        selectinload(Call.required),
    ]


def call(user: Person, id: UUID) -> Call:
    """One visible call with its envelopes and rubric; raises NoResultFound."""
    return db.session.scalars(visible_to(user).where(Call.id == id).options(*_parts())).one()  # type: ignore[arg-type]


def followed_call(user: Person, id: UUID) -> Call:
    """One call of a fund the person runs or oversees; raises NoResultFound."""
    return db.session.scalars(followed_by(user).where(Call.id == id).options(*_parts())).one()  # type: ignore[arg-type]


def followed_calls(user: Person, *states: CallState) -> Sequence[Call]:
    """Calls of the person's funds, newest first (only those in these states when some are named); one query."""
    wanted = followed_by(user).where(Call.imported.is_(False)).options(joinedload(Call.fund).joinedload(Fund.cluster))
    if states:
        wanted = wanted.where(Call.state.in_(states))
    return db.session.scalars(wanted.order_by(Call.created_at.desc(), Call.id)).all()


def calls_with_questions(user: Person, but: Call) -> Sequence[Call]:
    """Other calls of the person's funds that ask something of their own, newest first; one query."""
    asking = select(Questionnaire.call_id).where(func.jsonb_array_length(Questionnaire.definition) > 0)
    wanted = followed_by(user).where(Call.id != but.id, Call.id.in_(asking), Call.imported.is_(False))
    return db.session.scalars(wanted.order_by(Call.created_at.desc(), Call.id)).all()


def calls_with_documents(user: Person, but: Call) -> Sequence[Call]:
    """Other calls of the person's funds that list their documents, newest first; two queries."""
    listing = select(RequiredDocument.call_id)
    wanted = followed_by(user).where(Call.id != but.id, Call.id.in_(listing), Call.imported.is_(False))
    whole = wanted.options(selectinload(Call.required))
    return db.session.scalars(whole.order_by(Call.created_at.desc(), Call.id)).all()


def public_calls(*states: CallState) -> Sequence[Call]:
    """Published calls (those in these states, when some are named) by closing date; two queries."""
    wanted = select(Call).where(published())
    if states:
        wanted = wanted.where(Call.state.in_(states))
    parts = [
        joinedload(Call.fund).joinedload(Fund.cluster),
        selectinload(Call.envelopes).joinedload(Envelope.commission),
    ]
    return db.session.scalars(wanted.options(*parts).order_by(Call.closes_at, Call.id)).all()


def fund_to_draft_in(user: Person, id: UUID) -> Fund:
    """A fund in which the person drafts calls, with its cluster's commissions; raises NoResultFound."""
    return db.session.scalars(_drafting(user).where(Fund.id == id)).one()


def funds_to_draft_in(user: Person) -> Sequence[Fund]:
    """By code; two queries."""
    return db.session.scalars(_drafting(user).order_by(Fund.code)).all()


def _drafting(user: Person) -> Select[Fund]:
    """The SQL twin of policy.draft."""
    wanted = select(Fund).where(covered(user, Role.OFFICER, cluster=Fund.cluster_id, fund=Fund.id))
    return wanted.options(joinedload(Fund.cluster).selectinload(Cluster.commissions))
