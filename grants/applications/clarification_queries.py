"""Clarifications, as far as the reader may see them: an answer that is not sent is its writers' alone."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from grants.applications import queries as applications
from grants.applications.models import Application, Clarification, ClarificationFile, ClarificationState, Partner
from grants.calls.models import Call
from grants.core.db import db
from grants.funds.models import Fund
from grants.people.models import Organisation, Person


def own(user: Person, id: UUID) -> Clarification:
    """One of an organisation the person speaks for, with all its pages show; raises NoResultFound."""
    return _one(applications.own(user), id)


def followed(user: Person, id: UUID) -> Clarification:
    """One of a fund the person follows; raises NoResultFound."""
    return _one(applications.followed_by(user), id)


def _one(among: Select[Application], id: UUID) -> Clarification:
    wanted = _within(among).where(Clarification.id == id).options(*_whole())
    return db.session.scalars(wanted).unique().one()


def _within(among: Select[Application]) -> Select[Clarification]:
    return select(Clarification).where(Clarification.application_id.in_(among.with_only_columns(Application.id)))


def of_application(application: Application) -> Sequence[Clarification]:
    """All of an application the reader already sees, oldest first, with their files; two queries."""
    wanted = select(Clarification).where(Clarification.application_id == application.id)
    parts = [selectinload(Clarification.files), joinedload(Clarification.asked_by)]
    ordered = wanted.order_by(Clarification.created_at, Clarification.id)
    return db.session.scalars(ordered.options(*parts)).all()


def awaited(of: Iterable[Application]) -> dict[UUID, datetime]:
    """Until when an answer is awaited on each of these applications, the nearest date first; one query."""
    wanted = (
        select(Clarification.application_id, func.min(Clarification.due_at))
        .where(
            Clarification.application_id.in_([one.id for one in of]),
            Clarification.state == ClarificationState.ASKED,
        )
        .group_by(Clarification.application_id)
    )
    return {id: at for id, at in db.session.execute(wanted)}  # noqa: C416 - a Row is a tuple only at run time


def own_file(user: Person, id: UUID) -> ClarificationFile:
    return _file(applications.own(user), id)


def followed_file(user: Person, id: UUID) -> ClarificationFile:
    return _file(applications.followed_by(user), id)


def _file(among: Select[Application], id: UUID) -> ClarificationFile:
    clarification = joinedload(ClarificationFile.clarification)
    wanted = (
        select(ClarificationFile)
        .join(ClarificationFile.clarification)
        .where(
            ClarificationFile.id == id,
            Clarification.application_id.in_(among.with_only_columns(Application.id)),
        )
        .options(*[clarification.options(one) for one in _application_parts()])
    )
    return db.session.scalars(wanted).unique().one()


def _whole() -> list[Any]:
    return [selectinload(Clarification.files), joinedload(Clarification.asked_by), *_application_parts()]


def _application_parts() -> list[Any]:
    application = joinedload(Clarification.application)
    return [
        application.joinedload(Application.call).joinedload(Call.fund).joinedload(Fund.cluster),
        application.joinedload(Application.organisation).selectinload(Organisation.memberships),
        application.selectinload(Application.partners)
        .joinedload(Partner.organisation)
        .selectinload(Organisation.memberships),
        application.joinedload(Application.commission),
        application.joinedload(Application.lead),
    ]
