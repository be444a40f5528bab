"""Public aid that this installation gave: to which group of companies, how much, when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from grants.applications.budgets import loaded, parts
from grants.applications.models import TAKING_PART, Application, Partner
from grants.awards.models import Agreement, AgreementState, Award
from grants.calls.eligibility import Aid
from grants.core.db import db
from grants.core.types import Money
from grants.people.models import Membership, Organisation, Right

ICE_ROOT = 9  # digits of the ICE that all establishments of one company share


@dataclass(frozen=True)
class Group:
    """The organisations that count as one, with every grant they received, oldest first."""

    ids: frozenset[UUID]
    aid: tuple[Aid, ...]


def aid_to_groups(organisations: Sequence[Organisation]) -> dict[UUID, Group]:
    """The group of each of these organisations; two queries, a few more when one of them was in a consortium.

    One group: the same first nine digits of the ICE, or the same declared group, taken as far as they lead. Of a grant
    to a consortium each organisation counts its own part. A grant whose agreement was terminated is left out. `to`
    names the receiver unless somebody writes for both organisations: an ICE and a group are what an applicant types.
    """
    others: dict[UUID, dict[UUID, str]] = {one.id: {} for one in organisations}
    awards: dict[UUID, Any] = {}
    for root, member, name, shared, *award in db.session.execute(_with_awards(list(others))):
        others[root][member] = "" if shared or member == root else name
        if award[0] is not None:
            awards[award[0]] = award
    given = _given(awards, {id for group in others.values() for id in group})
    return {
        root: Group(
            frozenset(group),
            tuple(Aid(on, amount, number, group[who]) for on, number, who, amount in given if who in group),
        )
        for root, group in others.items()
    }


def _with_awards(roots: Sequence[UUID]) -> Any:
    """Each organisation of the group of each of these, whether they share a writer, with each grant it led."""
    first = select(Organisation.id.label("root"), Organisation.id.label("id")).where(Organisation.id.in_(roots))
    group = first.cte("of_group", recursive=True)
    known, other = aliased(Organisation), aliased(Organisation)
    related = or_(
        func.left(other.ice, ICE_ROOT) == func.left(known.ice, ICE_ROOT),
        other.group_key == known.group_key,
    )
    step = select(group.c.root, other.id).select_from(group).join(known, known.id == group.c.id).join(other, related)
    group = group.union(step)
    living = or_(Agreement.id.is_(None), Agreement.state != AgreementState.TERMINATED)
    led = (
        select(Award.id, Award.organisation_id, Award.awarded_on, Award.number, Award.amount_minor, Award.currency)
        .outerjoin(Agreement, Agreement.award_id == Award.id)
        .where(living)
        .subquery()
    )
    mine, theirs = aliased(Membership), aliased(Membership)
    shared = exists().where(
        mine.person_id == theirs.person_id,
        *(mine.organisation_id == group.c.root, theirs.organisation_id == group.c.id),
        *(mine.right != Right.READER, theirs.right != Right.READER),
    )
    named = select(group.c.root, group.c.id, Organisation.name, shared).join(
        Organisation, Organisation.id == group.c.id
    )
    columns = (led.c.id, led.c.organisation_id, led.c.awarded_on, led.c.number, led.c.amount_minor, led.c.currency)
    return named.add_columns(*columns).outerjoin(led, led.c.organisation_id == group.c.id)


def _given(awards: dict[UUID, Any], members: set[UUID]) -> list[tuple[Any, str, UUID, Money]]:
    """Day, number, organisation and amount of each grant to these, oldest first; those of a consortium in parts."""
    found = []
    for award in _shared(members):
        awards.pop(award.id, None)
        assert award.application is not None  # noqa: S101 - joined
        for who, amount in parts(award.application, award.amount).items():
            found.append((award.awarded_on, award.number, who, amount))
    for _, who, on, number, minor, currency in awards.values():
        found.append((on, number, who, Money(minor, currency)))
    return sorted(found, key=lambda one: one[:3])


def _shared(members: set[UUID]) -> list[Award]:
    """Grants to consortia in which one of these took part, as lead or partner."""
    living = Partner.state.in_(TAKING_PART)
    joined = select(Partner.application_id).where(living, Partner.organisation_id.in_(members))
    of_several = select(Partner.application_id).where(living)
    application = joinedload(Award.application)
    wanted = (
        select(Award)
        .outerjoin(Agreement, Agreement.award_id == Award.id)
        .where(
            or_(
                Award.application_id.in_(joined),
                (Award.organisation_id.in_(members)) & Award.application_id.in_(of_several),
            ),
            or_(Agreement.id.is_(None), Agreement.state != AgreementState.TERMINATED),
        )
        .options(
            application.joinedload(Application.call),
            application.joinedload(Application.organisation),
            application.selectinload(Application.partners).joinedload(Partner.organisation),
        )
    )
    found = list(db.session.scalars(wanted).unique())
    loaded([one.application for one in found if one.application is not None])
    return found
