"""Reads about persons, their sign-ins, and the organisations they speak for."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select, true
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from grants.core.clock import now
from grants.core.db import db
from grants.core.types import sort_key
from grants.people.models import (
    Appointment,
    EmailLink,
    Invitation,
    Membership,
    Organisation,
    Person,
    Purpose,
    Right,
    Role,
    SignIn,
)

# --- persons --------------------------------------------------------------------------------------------------


def visible_to(user: Person) -> Select[Person]:
    """The SQL twin of policy.view_person: an administrator sees everybody, others themselves."""
    return select(Person).where(true() if Role.ADMIN in user.roles else Person.id == user.id)


def person(user: Person, id: UUID) -> Person:
    """With their appointments; raises NoResultFound when this user cannot see them."""
    found = visible_to(user).where(Person.id == id).options(selectinload(Person.appointments))
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


def search(user: Person, words: str = "", role: Role | None = None) -> Select[Person]:
    """Persons whose name or address holds these words, by name, with their appointments: to be paged."""
    found = visible_to(user).options(selectinload(Person.appointments)).order_by(Person.sort_key, Person.id)
    for word in sort_key(words).split():
        found = found.where(
            or_(Person.sort_key.contains(word, autoescape=True), Person.email.contains(word, autoescape=True))
        )
    if role is not None:
        found = found.where(Person.id.in_(select(Appointment.person_id).where(Appointment.role == role)))
    return found


def by_email(email: str) -> Person | None:
    return db.session.scalars(select(Person).where(Person.email == email.strip().lower())).one_or_none()


def appointment(user: Person, id: UUID, appointment_id: UUID) -> Appointment:
    """A role of the person `id`; raises NoResultFound when this user cannot see them."""
    seen = visible_to(user).with_only_columns(Person.id)
    found = select(Appointment).where(Appointment.id == appointment_id, Appointment.person_id == id)
    return db.session.scalars(found.where(Appointment.person_id.in_(seen))).one()


def held_by(email: str) -> Sequence[Appointment]:
    """The roles of whoever has this address."""
    found = select(Appointment).join(Appointment.person).where(Person.email == email.strip().lower())
    return db.session.scalars(found.order_by(Appointment.id)).all()


def other_administrators(person: Person) -> int:
    """How many other administrators can sign in now or have been invited."""
    held = select(Appointment.person_id).where(Appointment.role == Role.ADMIN)
    others = select(func.count(Person.id)).where(
        Person.id.in_(held), Person.id != person.id, Person.disabled_at.is_(None), Person.confirmed_at.is_not(None)
    )
    return db.session.scalar(others) or 0


# --- signing in -----------------------------------------------------------------------------------------------


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def sign_in_of(token: str) -> SignIn | None:
    """The living sign-in of this cookie, its person and their appointments: one query."""
    found = db.session.scalars(_SIGN_IN, {"token_hash": digest(token), "now": now()})
    return found.unique().one_or_none()


def sign_ins(person: Person) -> Sequence[SignIn]:
    """Where this person is signed in, last seen first."""
    mine = select(SignIn).where(SignIn.person_id == person.id, SignIn.expires_at > now())
    return db.session.scalars(mine.order_by(SignIn.seen_at.desc(), SignIn.id)).all()


def link(id: UUID | None, *purposes: Purpose) -> EmailLink | None:
    """A link for one of these purposes that still counts: unused, in time, of somebody who is not disabled."""
    found = (
        select(EmailLink)
        .join(Person, Person.id == EmailLink.person_id)
        .where(EmailLink.id == id, EmailLink.purpose.in_(purposes), EmailLink.used_at.is_(None))
        .where(EmailLink.expires_at > now(), Person.disabled_at.is_(None))
    )
    return db.session.scalars(found).one_or_none()


def owner(link: EmailLink) -> Person:
    """Whose link it is."""
    return db.session.get_one(Person, link.person_id)


def _may_sign_in() -> ColumnElement[bool]:
    """The SQL twin of Person.is_active."""
    return Person.disabled_at.is_(None) & Person.confirmed_at.is_not(None)


_SIGN_IN = (  # written once: every page asks it
    select(SignIn)
    .join(SignIn.person)
    .outerjoin(Person.appointments)
    .where(SignIn.token_hash == bindparam("token_hash"), SignIn.expires_at > bindparam("now"), _may_sign_in())
    .options(contains_eager(SignIn.person).contains_eager(Person.appointments))
    .execution_options(populate_existing=True)
)


# --- organisations --------------------------------------------------------------------------------------------


def organisations_visible_to(user: Person) -> Select[Organisation]:
    """The SQL twin of policy.view_organisation: those the user is a member of."""
    mine = select(Membership.organisation_id).where(Membership.person_id == user.id)
    return select(Organisation).where(Organisation.id.in_(mine))


def organisation(user: Person, id: UUID) -> Organisation:
    """With its members; raises NoResultFound when the user is none of them."""
    found = organisations_visible_to(user).where(Organisation.id == id)
    members = selectinload(Organisation.memberships).joinedload(Membership.person)
    return db.session.scalars(found.options(members)).one()


def organisations_of(user: Person, *rights: Right) -> Sequence[Organisation]:
    """By name, with their memberships; only those where the user holds one of `rights` (any, when none is named)."""
    mine = select(Membership.organisation_id).where(Membership.person_id == user.id)
    if rights:
        mine = mine.where(Membership.right.in_(rights))
    found = select(Organisation).where(Organisation.id.in_(mine)).options(selectinload(Organisation.memberships))
    return db.session.scalars(found.order_by(Organisation.sort_key, Organisation.id)).all()


def memberships_of(user: Person) -> Sequence[Membership]:
    """What the user may do for which organisation, by its name."""
    found = select(Membership).join(Membership.organisation).where(Membership.person_id == user.id)
    whole = contains_eager(Membership.organisation)
    return db.session.scalars(found.options(whole).order_by(Organisation.sort_key, Organisation.id)).all()


def members(organisation: Organisation) -> Sequence[Membership]:
    found = select(Membership).join(Membership.person).where(Membership.organisation_id == organisation.id)
    whole = contains_eager(Membership.person)
    return db.session.scalars(found.options(whole).order_by(Person.sort_key, Person.id)).all()


def membership(user: Person, id: UUID) -> Membership:
    """With its organisation and everybody who speaks for it; raises NoResultFound when the user does not."""
    seen = organisations_visible_to(user).with_only_columns(Organisation.id)
    found = select(Membership).where(Membership.id == id, Membership.organisation_id.in_(seen))
    whole = joinedload(Membership.organisation).selectinload(Organisation.memberships).joinedload(Membership.person)
    return db.session.scalars(found.options(whole)).one()


def invitation(user: Person, id: UUID) -> Invitation:
    """With its organisation and who speaks for it; raises NoResultFound when the user does not."""
    seen = organisations_visible_to(user).with_only_columns(Organisation.id)
    found = select(Invitation).where(Invitation.id == id, Invitation.organisation_id.in_(seen))
    whole = joinedload(Invitation.organisation).selectinload(Organisation.memberships)
    return db.session.scalars(found.options(whole)).one()


def invitations(organisation: Organisation) -> Sequence[Invitation]:
    """Those still open, too old or not, oldest first, each with who sent it."""
    found = select(Invitation).where(
        Invitation.organisation_id == organisation.id,
        Invitation.accepted_at.is_(None),
        Invitation.withdrawn_at.is_(None),
    )
    return db.session.scalars(found.options(joinedload(Invitation.invited_by)).order_by(Invitation.created_at)).all()


def invited(id: UUID | None) -> Invitation | None:
    """The invitation of a link, with its organisation and who sent it, while it counts."""
    found = select(Invitation).where(
        Invitation.id == id,
        Invitation.accepted_at.is_(None),
        Invitation.withdrawn_at.is_(None),
        Invitation.expires_at > now(),
    )
    whole = joinedload(Invitation.organisation), joinedload(Invitation.invited_by)
    return db.session.scalars(found.options(*whole)).one_or_none()


def same_company(ice: str, *, other_than: UUID | None = None) -> Sequence[Organisation]:
    """Registered organisations with the same first nine digits of the ICE: other establishments of one company."""
    found = select(Organisation).where(Organisation.ice.startswith(ice[:9], autoescape=True))
    if other_than is not None:
        found = found.where(Organisation.id != other_than)
    return db.session.scalars(found.order_by(Organisation.sort_key)).all()
