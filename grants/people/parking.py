"""Forms that arrived signed out: kept sealed for the browser that sent them, until it signs in and sends them again."""

import json
import zlib
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import ColumnElement, Select, delete, func, or_, select

from grants.core.clock import now
from grants.core.db import db, transaction
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.people.models import ParkedForm, Person
from grants.people.queries import digest

LASTS = timedelta(hours=24)
LARGEST = 300_000  # octets, compressed and sealed
MOST = 5  # forms of one browser
MOST_OF_A_PERSON = 20  # in all their browsers
MOST_NAMELESS = 1_000  # forms of browsers of which nobody is known, in all

Fields = list[tuple[str, str]]  # names and values as the form sent them, in its order


@policy("signed in")
def take_up(user: Person, parked: ParkedForm) -> Claims:
    """Whoever signs in with the browser that sent it, unless its session was somebody else's."""
    yield parked.person_id in (None, user.id), N_("Somebody else had typed this.")


def new_token() -> str:
    """A key for one browser: 32 random octets in base64."""
    return Fernet.generate_key().decode()


def is_token(text: str) -> bool:
    """Whether the text may be one of ours."""
    try:
        Fernet(text)
    except ValueError:
        return False
    return True


def park(path: str, fields: Fields, *, token: str, person: Person | None) -> UUID | None:
    """Keep what was sent to this address; answers with its id, or None where there is no room for it.

    The same sent twice by one browser is kept once.
    """
    sealed = Fernet(token).encrypt(zlib.compress(json.dumps(fields).encode()))
    if len(sealed) > LARGEST:
        return None
    with transaction():
        mine = _of(token)
        if same := next((one for one in mine if one.path == path and opened(one, token) == fields), None):
            return same.id
        full = _count(ParkedForm.person_id.is_(None)) >= MOST_NAMELESS if person is None else _too_many(person)
        if len(mine) >= MOST or full:
            return None
        made = ParkedForm(
            token_hash=digest(token),
            person_id=person.id if person else None,
            path=path,
            sealed=sealed,
            expires_at=now() + LASTS,
        )
        db.session.add(made)
        db.session.flush()
        return made.id


def waiting(user: Person, token: str) -> Sequence[ParkedForm]:
    """What this person may take up in this browser, oldest first."""
    theirs = or_(ParkedForm.person_id.is_(None), ParkedForm.person_id == user.id)
    return db.session.scalars(_living(token).where(theirs)).all()


def parked(user: Person, token: str, id: UUID) -> ParkedForm:
    """One of them; raises NoResultFound."""
    theirs = or_(ParkedForm.person_id.is_(None), ParkedForm.person_id == user.id)
    return db.session.scalars(_living(token).where(theirs, ParkedForm.id == id)).one()


def opened(parked: ParkedForm, token: str) -> Fields:
    """What was typed; nothing when the key is another one's."""
    try:
        return [(name, value) for name, value in json.loads(zlib.decompress(Fernet(token).decrypt(parked.sealed)))]
    except InvalidToken:
        return []


def forget(id: UUID, *, token: str) -> None:
    """It was saved, or is not wanted: only the browser that sent it says so."""
    with transaction():
        db.session.execute(delete(ParkedForm).where(ParkedForm.id == id, ParkedForm.token_hash == digest(token)))


def sweep() -> None:
    """Forget what nobody took up in time."""
    with transaction():
        db.session.execute(delete(ParkedForm).where(ParkedForm.expires_at <= now()))


def _living(token: str) -> Select[ParkedForm]:
    found = select(ParkedForm).where(ParkedForm.token_hash == digest(token), ParkedForm.expires_at > now())
    return found.order_by(ParkedForm.created_at, ParkedForm.id)


def _of(token: str) -> Sequence[ParkedForm]:
    return db.session.scalars(_living(token)).all()


def _too_many(person: Person) -> bool:
    return _count(ParkedForm.person_id == person.id) >= MOST_OF_A_PERSON


def _count(which: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(ParkedForm).where(which)) or 0
