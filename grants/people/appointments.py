"""Who holds which role where, who may come in at all, and the two rules nobody may break.

Whoever orders payments of a fund does not pay them; and somebody can always administer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_, Text
from grants.people import policy, queries
from grants.people.models import COMMISSION_ROLES, ROLE_LABELS, Appointment, Person, Role
from grants.people.sessions import close_sessions

OPPOSED = {
    Role.AUTHORISING_OFFICER: Role.ACCOUNTANT,
    Role.ACCOUNTANT: Role.AUTHORISING_OFFICER,
}


@dataclass(frozen=True)
class Place:
    """Where a role is held: nowhere in particular (administrator), a cluster, one of its funds or commissions."""

    cluster_id: UUID | None = None
    fund_id: UUID | None = None
    commission_id: UUID | None = None

    @classmethod
    def of(cls, appointment: Appointment) -> "Place":
        return cls(appointment.cluster_id, appointment.fund_id, appointment.commission_id)

    def overlaps(self, other: "Place") -> bool:
        """Whether some fund lies in both: a role held in a cluster is held for each of its funds."""
        return self.cluster_id == other.cluster_id and (
            None in (self.fund_id, other.fund_id) or self.fund_id == other.fund_id
        )


def appoint(person: Person, role: Role, place: Place, *, actor: Person) -> Appointment:
    """Give a role; giving it twice is giving it once. Raises Refused when it does not fit the place or the person."""
    with transaction():
        policy.manage_person.require(actor, person)
        if wrong := misplaced(role, place):
            raise Refused(wrong)
        lock(person)  # of two administrators who appoint at once, the second sees what the first did
        held = db.session.scalars(select(Appointment).where(Appointment.person_id == person.id)).all()
        if same := [one for one in held if one.role == role and Place.of(one) == place]:
            return same[0]
        if wrong := conflict(role, place, [(one.role, Place.of(one)) for one in held]):
            raise Refused(wrong, N_("Take the other role away first, or appoint somebody else."))
        made = Appointment(person_id=person.id, role=role, appointed_by_id=actor.id, **vars(place))
        db.session.add(made)
        db.session.flush()
        record("person.appoint", person, actor, after=_said(made))
    return made


def revoke(appointment: Appointment, *, actor: Person) -> None:
    """Take a role away. Raises Refused when nobody would be left to administer."""
    with transaction():
        policy.revoke.require(actor, appointment)
        person = db.session.get_one(Person, appointment.person_id)
        if appointment.role == Role.ADMIN:
            _keep_an_administrator(person)
        record("person.revoke", person, actor, before=_said(appointment))
        db.session.delete(appointment)


def disable(person: Person, *, actor: Person, reason: str) -> None:
    """From now on this person cannot sign in, and is signed out everywhere."""
    with transaction():
        policy.disable.require(actor, person)
        _keep_an_administrator(person)
        if person.disabled_at is None:
            person.disabled_at = now()
            close_sessions(person)
            record("person.disable", person, actor, reason=reason)


def enable(person: Person, *, actor: Person) -> None:
    with transaction():
        policy.manage_person.require(actor, person)
        if person.disabled_at is not None:
            person.disabled_at = None
            record("person.enable", person, actor)


def misplaced(role: Role, place: Place) -> Text | None:
    """Why this role cannot be held there."""
    if role == Role.ADMIN and place != Place():
        return N_("An administrator is appointed for the whole platform.")
    if role in COMMISSION_ROLES and place.commission_id is None:
        return N_("“%(role)s” is a role in a commission: choose the commission.", role=ROLE_LABELS[role])
    if role not in COMMISSION_ROLES and place.commission_id is not None:
        return N_("“%(role)s” is a role in a cluster or a fund, not in a commission.", role=ROLE_LABELS[role])
    if role != Role.ADMIN and place.cluster_id is None:
        return N_("Choose where this role is held.")
    return None


def conflict(role: Role, place: Place, held: Iterable[tuple[Role, Place]]) -> Text | None:
    """Why somebody who holds these roles cannot have this one too."""
    opposed = OPPOSED.get(role)
    for other, elsewhere in held:
        if other == opposed and place.overlaps(elsewhere):
            return N_(
                "The same person cannot be %(role)s and %(other)s of the same fund: "
                "whoever orders a payment does not make it.",
                role=ROLE_LABELS[role],
                other=ROLE_LABELS[other],
            )
    return None


def _keep_an_administrator(person: Person) -> None:
    """Raises Refused when this person is the last who can administer; two who leave at once wait for each other."""
    administrators = select(Appointment).where(Appointment.role == Role.ADMIN).order_by(Appointment.id)
    held = db.session.scalars(administrators.with_for_update()).all()
    if any(one.person_id == person.id for one in held) and not queries.other_administrators(person):
        raise Refused(
            N_("This is the last administrator: nobody could administer the platform any more."),
            N_("Appoint another administrator first."),
        )


def _said(appointment: Appointment) -> dict[str, Any]:
    place = {name: str(id) for name, id in vars(Place.of(appointment)).items() if id}
    return {"role": appointment.role, **place}
