"""Reads about partners. Every list starts from `visible_to` or from its part for the texts, `readable_by`."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload

from grants.applications.models import (
    EDITABLE,
    TAKING_PART,
    Application,
    ApplicationState,
    Document,
    Partner,
    PartnerState,
)
from grants.applications.partner_policy import ASKED
from grants.calls.models import Call
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db
from grants.funds.models import Fund
from grants.people.models import Membership, Organisation, Person


def _spoken_for(user: Person) -> Select[UUID]:
    return select(Membership.organisation_id).where(Membership.person_id == user.id)


def _led(user: Person) -> ColumnElement[bool]:
    return Partner.application_id.in_(select(Application.id).where(Application.organisation_id.in_(_spoken_for(user))))


def _living(user: Person) -> ColumnElement[bool]:
    """It takes part for an organisation of this person, in an application that was not withdrawn."""
    given_up = select(Application.id).where(Application.state == ApplicationState.WITHDRAWN)
    return and_(
        Partner.state.in_(TAKING_PART),
        Partner.organisation_id.in_(_spoken_for(user)),
        Partner.application_id.not_in(given_up),
    )


def visible_to(user: Person) -> Select[Partner]:
    """The SQL twin of partner_policy.view_partner; a test holds the two together."""
    asked = and_(Partner.state.in_(ASKED), Partner.email == user.email)
    return select(Partner).where(or_(_led(user), Partner.organisation_id.in_(_spoken_for(user)), asked))


def readable_by(user: Person) -> Select[Partner]:
    """The SQL twin of partner_policy.read_common: where the person reads the common part."""
    return select(Partner).where(or_(_led(user), _living(user)))


def _whole() -> list[Any]:
    application = joinedload(Partner.application)
    return [
        application.joinedload(Application.call).joinedload(Call.fund).joinedload(Fund.cluster),
        application.joinedload(Application.call).selectinload(Call.required),
        application.selectinload(Application.documents),
        application.joinedload(Application.organisation).selectinload(Organisation.memberships),
        application.joinedload(Application.commission),
        application.joinedload(Application.questionnaire),
        application.selectinload(Application.partners).joinedload(Partner.organisation),
        joinedload(Partner.organisation).selectinload(Organisation.memberships),
        joinedload(Partner.invited_by),
    ]


def partner(user: Person, id: UUID) -> Partner:
    """One visible partner with everything its pages show; raises NoResultFound."""
    return db.session.scalars(visible_to(user).where(Partner.id == id).options(*_whole())).unique().one()


def part_document(user: Person, id: UUID) -> Document:
    """What a partner of this person attached, with the partner as `partner` loads it; raises NoResultFound."""
    living = select(Partner.id).where(_living(user))
    found = select(Document).where(Document.id == id, Document.partner_id.in_(living))
    whole = (joinedload(Document.partner).options(*_whole()), joinedload(Document.application))
    return db.session.scalars(found.options(*whole)).unique().one()


def whole(id: UUID) -> Partner | None:
    """One partner, whoever asks: for mails, which show nothing to others."""
    return db.session.scalars(select(Partner).where(Partner.id == id).options(*_whole())).unique().one_or_none()


def partnerships(user: Person) -> Sequence[Partner]:
    """Where the person is invited and where an organisation of theirs takes part, newest first; a few queries."""
    open = select(Application.id).where(Application.state.in_(EDITABLE))
    waiting = and_(
        Partner.state == PartnerState.INVITED,
        Partner.email == user.email,
        Partner.expires_at > now(),
        Partner.application_id.in_(open),
    )
    mine = visible_to(user).where(or_(waiting, _living(user))).options(*_whole())
    return db.session.scalars(mine.order_by(Partner.created_at.desc(), Partner.id)).unique().all()


def invited(link_id: UUID | None) -> Partner | None:
    """The partner whose invitation carries this link, while it counts."""
    found = select(Partner).where(
        Partner.link_id == link_id, Partner.state == PartnerState.INVITED, Partner.expires_at > now()
    )
    return db.session.scalars(found.options(*_whole())).unique().one_or_none()


def history(partner: Partner) -> Sequence[tuple[Event, str | None]]:
    """What happened to it, newest first, each with the name of who did it."""
    events = select(Event, Person.name).outerjoin(Person, Person.id == Event.actor_id)
    about = events.where(Event.subject_id == partner.id, Event.subject_kind == "partner")
    return [(event, name) for event, name in db.session.execute(about.order_by(Event.at.desc(), Event.id.desc()))]


def expected_at(application: Application, email: str, *states: PartnerState) -> Partner | None:
    """The partner of this application who was asked at this address and stands in one of these states."""
    found = select(Partner).where(
        Partner.application_id == application.id, Partner.email == email, Partner.state.in_(states)
    )
    return db.session.scalars(found).first()


def takes_part(application: Application, organisation: Organisation) -> bool:
    """Whether it is a partner of this application already."""
    found = select(Partner.id).where(
        Partner.application_id == application.id,
        Partner.organisation_id == organisation.id,
        Partner.state.in_(TAKING_PART),
    )
    return db.session.scalar(found.limit(1)) is not None


def sent_lately(
    within: timedelta, *, organisation_id: UUID | None = None, person_id: UUID | None = None, email: str | None = None
) -> int:
    """Invitations mailed within this time by this lead, by this person, or to this address."""
    counted = select(func.count(Partner.id)).where(Partner.sent_at > now() - within)
    if organisation_id is not None:
        counted = counted.join(Partner.application).where(Application.organisation_id == organisation_id)
    if person_id is not None:
        counted = counted.where(Partner.invited_by_id == person_id)
    if email is not None:
        counted = counted.where(Partner.email == email)
    return db.session.scalar(counted) or 0
