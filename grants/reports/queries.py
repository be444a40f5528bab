"""Files made for a person."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager, joinedload

from grants.awards.models import Award
from grants.awards.policy import OVERSEERS
from grants.calls.models import Call
from grants.core.db import db
from grants.funds.models import Fund
from grants.people.models import Organisation, Person
from grants.people.scope import covered
from grants.reports.models import Export

PER_PAGE = 25


def visible_to(user: Person) -> Select[Export]:
    """The SQL twin of policy.read_export."""
    within = covered(user, *OVERSEERS, cluster=Fund.cluster_id, fund=Fund.id)
    return select(Export).join(Export.fund).where(Export.person_id == user.id, within)


def _parts() -> list[object]:
    fund = contains_eager(Export.fund).joinedload(Fund.cluster)
    return [fund, joinedload(Export.person), joinedload(Export.award).joinedload(Award.fund)]


def find(user: Person, id: UUID) -> Export:
    """One visible file; raises NoResultFound."""
    found = visible_to(user).where(Export.id == id)
    return db.session.scalars(found.options(*_parts())).unique().one()  # type: ignore[arg-type]


def page(user: Person, number: int) -> tuple[Sequence[Export], int]:
    """One page of them, newest first, and how many there are; two queries."""
    mine = visible_to(user)
    total = db.session.scalar(select(func.count()).select_from(mine.subquery())) or 0
    rows = mine.order_by(Export.created_at.desc(), Export.id.desc()).offset((number - 1) * PER_PAGE).limit(PER_PAGE)
    return db.session.scalars(rows.options(*_parts())).unique().all(), total  # type: ignore[arg-type]


def whole(id: UUID) -> Select[Export]:
    """One file whoever asks: for the job that makes it."""
    fund = joinedload(Export.fund).joinedload(Fund.cluster)
    person = joinedload(Export.person).selectinload(Person.appointments)
    return select(Export).where(Export.id == id).options(fund, person, joinedload(Export.award))


def calls_of(fund_id: UUID) -> Sequence[Call]:
    """The calls of a fund, by code: to choose from."""
    return db.session.scalars(select(Call).where(Call.fund_id == fund_id).order_by(Call.code)).all()


def beneficiaries_of(fund_id: UUID) -> Sequence[Organisation]:
    """Who has a grant of the fund, by name."""
    theirs = select(Award.organisation_id).where(Award.fund_id == fund_id)
    return db.session.scalars(
        select(Organisation).where(Organisation.id.in_(theirs)).order_by(Organisation.sort_key, Organisation.id)
    ).all()
