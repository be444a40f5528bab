"""What may be read of a session's minutes, and who signs them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import joinedload, selectinload

from grants.awards.policy import OVERSEERS
from grants.calls.models import Call
from grants.core.db import db
from grants.funds.models import Fund
from grants.people.models import Person
from grants.people.scope import covered
from grants.sessions import queries
from grants.sessions.models import (
    Minutes,
    Session,
)


def versions(session: Session) -> Sequence[Minutes]:
    """Every version of the minutes, the newest first, with its signatures; two queries."""
    wanted = select(Minutes).where(Minutes.session_id == session.id).options(selectinload(Minutes.signatures))
    return db.session.scalars(wanted.order_by(Minutes.number.desc())).all()


def minutes(user: Person, id: UUID, number: int) -> Minutes:
    """One version for somebody who sees the session; ask `policy.read_minutes`. Raises NoResultFound."""
    visible = queries.visible_to(user).with_only_columns(Session.id)
    wanted = select(Minutes).where(Minutes.session_id == id, Minutes.session_id.in_(visible), Minutes.number == number)
    return db.session.scalars(
        wanted.options(
            selectinload(Minutes.signatures),
            joinedload(Minutes.session).joinedload(Session.call).joinedload(Call.fund).joinedload(Fund.cluster),
            joinedload(Minutes.session).joinedload(Session.commission),
        )
    ).one()


def last_number(session: Session) -> int:
    """The number of the latest version of its minutes; 0 before the first."""
    return db.session.scalar(select(func.max(Minutes.number)).where(Minutes.session_id == session.id)) or 0


def signers(session: Session) -> list[Person]:
    """Who must sign the minutes: those who sat and stepped aside from no file; three queries."""
    sat = {one.person_id for one in queries.spans(session)}
    sits = [one for one in queries.members(session) if one.id in sat]
    away = frozenset().union(*queries.stepping_aside(session, sits).values())
    return [one for one in sits if one.id not in away]


def minutes_whole(id: UUID) -> Minutes:
    """One version, whoever asks: for jobs, which write to those who sat."""
    wanted = select(Minutes).where(Minutes.id == id)
    return db.session.scalars(
        wanted.options(
            selectinload(Minutes.signatures),
            joinedload(Minutes.session).joinedload(Session.call).joinedload(Call.fund).joinedload(Fund.cluster),
            joinedload(Minutes.session).joinedload(Session.commission),
        )
    ).one()


def minutes_to_decide(user: Person, call_id: UUID, commission_id: UUID) -> Minutes:
    """The last minutes of a commission on a call, for those who run or oversee its fund; raises NoResultFound."""
    theirs = (
        select(Minutes.id)
        .join(Session, Session.id == Minutes.session_id)
        .join(Call, Call.id == Session.call_id)
        .join(Fund, Fund.id == Call.fund_id)
        .where(
            Session.call_id == call_id,
            Session.commission_id == commission_id,
            covered(user, *OVERSEERS, cluster=Fund.cluster_id, fund=Fund.id),
        )
    )
    found = db.session.scalars(theirs.order_by(Minutes.number.desc()).limit(1)).first()
    if found is None:
        raise NoResultFound
    return minutes_whole(found)
