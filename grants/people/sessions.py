"""Signing in and out. The cookie carries a random token, the database only its hash; no row, no access."""

import secrets
from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, transaction
from grants.people import passwords
from grants.people.models import Person, SignIn
from grants.people.queries import by_email, digest

LASTS = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=1)


def authenticate(email: str, password: str) -> Person | None:
    """The person with this address and password, perhaps not allowed in (see `is_active`); None costs the same time."""
    person = by_email(email)
    kept = person.password_hash if person else None
    if not passwords.verify(kept, password) or person is None or kept is None:
        return None
    if passwords.is_outdated(kept):
        with transaction():
            person.password_hash = passwords.hash_password(password)
    return person


def open_session(person: Person, *, browser: str, address: str, lasts: timedelta = LASTS) -> str:
    """A newly signed-in browser; answers with the token for its cookie. Forgets this person's expired ones."""
    token, moment = secrets.token_urlsafe(32), now()
    with transaction():
        db.session.execute(delete(SignIn).where(SignIn.person_id == person.id, SignIn.expires_at <= moment))
        opened = SignIn(
            token_hash=digest(token),
            person_id=person.id,
            seen_at=moment,
            expires_at=moment + lasts,
            browser=browser[:300],
            address=address[:64],
        )
        db.session.add(opened)
        db.session.flush()
        record("person.sign_in", person, person, after={"address": address})
    return token


def keep_alive(sign_in: SignIn, lasts: timedelta = LASTS) -> None:
    """Seen just now. At most once a minute, and on a connection of its own: reading a page commits nothing."""
    moment = now()
    if moment - sign_in.seen_at < TOUCH_EVERY:
        return
    seen = update(SignIn).where(SignIn.id == sign_in.id, SignIn.seen_at == sign_in.seen_at)
    with Session(db.engine, join_transaction_mode="create_savepoint") as own, own.begin():
        own.execute(seen.values(seen_at=moment, expires_at=moment + lasts))


def close_session(token: str) -> None:
    """Sign this browser out."""
    with transaction():
        db.session.execute(delete(SignIn).where(SignIn.token_hash == digest(token)))


def close_sessions(person: Person, *, but: str | None = None) -> int:
    """Sign this person out everywhere, perhaps but for the browser that holds this token. Answers how many."""
    mine = delete(SignIn).where(SignIn.person_id == person.id)
    if but is not None:
        mine = mine.where(SignIn.token_hash != digest(but))
    with transaction():
        closed = len(db.session.scalars(mine.returning(SignIn.id)).all())
        record("person.sign_out_everywhere", person, person, after={"closed": closed})
    return closed
