"""Reads about what colleagues say of a draft, section by section. Nobody of the fund reads any of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import joinedload

from grants.applications.content import sections
from grants.applications.models import Application, Comment
from grants.applications.queries import own_application
from grants.core.db import db
from grants.core.i18n import Text, Words
from grants.people.models import Membership, Organisation, Person


@dataclass(frozen=True)
class Talk:
    """One section of an application, as its people talk about it."""

    application: Application
    section: str
    label: Text | Words


def talk(user: Person, application_id: UUID, section: str) -> Talk:
    """Raises NoResultFound for an application that is not the person's, or a section it does not have."""
    application = own_application(user, application_id)
    for id, label in sections(application):
        if id == section:
            return Talk(application, section, label)
    raise NoResultFound


def said(talk: Talk) -> Sequence[Comment]:
    """What waits first, then what is settled; oldest first in each."""
    about = select(Comment).where(Comment.application_id == talk.application.id, Comment.section == talk.section)
    with_names = about.options(joinedload(Comment.author), joinedload(Comment.resolved_by))
    order = (Comment.resolved_at.is_not(None), Comment.created_at, Comment.id)
    return db.session.scalars(with_names.order_by(*order)).all()


def waiting(application: Application) -> dict[str, int]:
    """How many comments wait in each section that has any."""
    counted = select(Comment.section, func.count()).where(
        Comment.application_id == application.id, Comment.resolved_at.is_(None)
    )
    return {row[0]: row[1] for row in db.session.execute(counted.group_by(Comment.section))}


def own_comment(user: Person, id: UUID) -> Comment:
    """A comment of an organisation the person speaks for; raises NoResultFound."""
    mine = select(Membership.organisation_id).where(Membership.person_id == user.id)
    application = joinedload(Comment.application)
    wanted = (
        select(Comment)
        .join(Comment.application)
        .where(Comment.id == id, Application.organisation_id.in_(mine))
        .options(application.joinedload(Application.organisation).selectinload(Organisation.memberships))
    )
    return db.session.scalars(wanted).unique().one()
