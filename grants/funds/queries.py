"""Funds as far as the reader may see them. Balances come from the ledger."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload, selectinload

from grants.clusters.models import Cluster
from grants.core.db import db
from grants.funds.models import Appropriation, Donor, ExchangeRate, FiscalYear, Fund
from grants.funds.policy import READERS
from grants.people.models import Appointment, Person, Role
from grants.people.scope import covered


def visible_to(user: Person) -> Select[Fund]:
    """The SQL twin of policy.view."""
    return select(Fund).where(covered(user, *READERS, cluster=Fund.cluster_id, fund=Fund.id))


def fund(user: Person, id: UUID) -> Fund:
    """One visible fund with its cluster and appropriations; raises NoResultFound."""
    wanted = visible_to(user).where(Fund.id == id)
    return db.session.scalars(
        wanted.options(
            joinedload(Fund.cluster).selectinload(Cluster.commissions),
            selectinload(Fund.appropriations).joinedload(Appropriation.donor),
        )
    ).one()


def funds(user: Person) -> Sequence[Fund]:
    """Every visible fund, by cluster and code; one query."""
    wanted = visible_to(user).join(Fund.cluster).options(joinedload(Fund.cluster))
    return db.session.scalars(wanted.order_by(Cluster.code, Fund.code)).all()


def _managed(user: Person) -> Select[Cluster]:
    whole = [one.cluster_id for one in user.appointments if one.role == Role.FUND_MANAGER and one.fund_id is None]
    return select(Cluster).where(Cluster.id.in_(whole))


def managed_clusters(user: Person) -> Sequence[Cluster]:
    """The clusters in which this person may open a fund."""
    return db.session.scalars(_managed(user).order_by(Cluster.name)).all()


def managed_cluster(user: Person, id: UUID) -> Cluster:
    """One of them; raises NoResultFound."""
    return db.session.scalars(_managed(user).where(Cluster.id == id)).one()


def donors(fund_id: UUID) -> Sequence[Donor]:
    """By name and convention; one query."""
    return db.session.scalars(select(Donor).where(Donor.fund_id == fund_id).order_by(Donor.name, Donor.reference)).all()


def years(fund_id: UUID) -> dict[int, FiscalYear]:
    """Those that have rules or are closed, by year; one query."""
    found = select(FiscalYear).where(FiscalYear.fund_id == fund_id).options(joinedload(FiscalYear.closed_by))
    return {one.year: one for one in db.session.scalars(found)}


def rates(fund_id: UUID, *, limit: int = 100) -> Sequence[ExchangeRate]:
    """Newest first; one query."""
    found = select(ExchangeRate).where(ExchangeRate.fund_id == fund_id).options(joinedload(ExchangeRate.recorded_by))
    return db.session.scalars(found.order_by(ExchangeRate.on_date.desc(), ExchangeRate.base).limit(limit)).all()


def rate_on(fund_id: UUID, base: str, day: date) -> ExchangeRate | None:
    """The last rate recorded for that day or before it. None: nobody recorded one, and none is guessed."""
    found = select(ExchangeRate).where(
        ExchangeRate.fund_id == fund_id, ExchangeRate.base == base, ExchangeRate.on_date <= day
    )
    return db.session.scalars(found.order_by(ExchangeRate.on_date.desc()).limit(1)).first()


def serving(fund: Fund, role: Role) -> Sequence[Person]:
    """Who holds this role for the fund, in it or in its whole cluster: to be written to."""
    found = (
        select(Person)
        .join(Appointment, Appointment.person_id == Person.id)
        .where(
            Appointment.role == role,
            Appointment.cluster_id == fund.cluster_id,
            or_(Appointment.fund_id.is_(None), Appointment.fund_id == fund.id),
            Person.disabled_at.is_(None),
        )
    )
    return db.session.scalars(found.distinct().order_by(Person.id)).all()
