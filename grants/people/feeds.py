"""The secret address of a person's dates: made, renewed, revoked. The row keeps the hash of the token alone."""

import secrets

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from grants.core.audit import record
from grants.core.db import db, lock, transaction
from grants.people.models import CalendarFeed, Person
from grants.people.queries import digest


def feed_of(person: Person) -> CalendarFeed | None:
    return db.session.scalars(select(CalendarFeed).where(CalendarFeed.person_id == person.id)).one_or_none()


def owner_of(token: str) -> Person | None:
    """Whose dates this token opens, as long as that person may sign in; None otherwise."""
    found = select(CalendarFeed).where(CalendarFeed.token_hash == digest(token))
    feed = db.session.scalars(found.options(joinedload(CalendarFeed.person))).one_or_none()
    return feed.person if feed is not None and feed.person.is_active else None


def renew_feed(person: Person, *, actor: Person) -> str:
    """A new address, the only one from now on. Answers with its token, which is nowhere else."""
    token = secrets.token_urlsafe(32)
    with transaction():
        lock(person)
        db.session.execute(delete(CalendarFeed).where(CalendarFeed.person_id == person.id))
        db.session.add(CalendarFeed(person_id=person.id, token_hash=digest(token)))
        record("person.renew_calendar", person, actor)
    return token


def revoke_feed(person: Person, *, actor: Person) -> None:
    """The address opens nothing any more. Pressed twice, it is done once."""
    with transaction():
        gone = delete(CalendarFeed).where(CalendarFeed.person_id == person.id).returning(CalendarFeed.id)
        if db.session.scalars(gone).all():
            record("person.revoke_calendar", person, actor)
