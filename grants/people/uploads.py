"""Files on their way, piece by piece: what has arrived stays when the connection is cut, and is gone on with.

Begun with a name and a size, continued from `received`; whole, it is taken by the form it was sent for, which checks it
like any other file. What is whole or left alone for a day is swept away.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from grants.core.clock import now
from grants.core.db import Record, db, lock, transaction
from grants.core.errors import Refused, WrongState
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.core.storage import Storage
from grants.people.models import Person

PIECE = 1_000_000  # octets of every piece but the last
KEPT_FOR = timedelta(hours=24)
MOST = 20  # on their way for one person
MOST_KEPT = 200  # with those that are whole and wait for their form, or for the night
LONGEST_KEY = 200


class Upload(Record):
    """`key` is how the browser knows the file again: the same person with the same key goes on where it was cut."""

    __tablename__ = "upload"
    __table_args__ = (
        UniqueConstraint("person_id", "key"),
        CheckConstraint("received BETWEEN 0 AND size", name="received_of_the_whole"),
        CheckConstraint("size > 0", name="not_empty"),
        Index("ix_upload_created_at", "created_at"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    key: Mapped[str]
    filename: Mapped[str]
    size: Mapped[int]
    received: Mapped[int] = mapped_column(default=0)

    @property
    def is_whole(self) -> bool:
        return self.received == self.size


@policy("signed in")
def send(user: Person, upload: Upload) -> Claims:
    """Whoever began to send the file."""
    yield user.id == upload.person_id, N_("Somebody else sends this file.")


def upload(user: Person, id: UUID) -> Upload:
    """One of the person's own; raises NoResultFound."""
    return db.session.scalars(select(Upload).where(Upload.id == id, Upload.person_id == user.id)).one()


def begin(filename: str, size: int, key: str, *, storage: Storage, limit_mb: int, actor: Person) -> Upload:
    """A new one, or the one that was cut. Raises Refused for a size beyond the limit and for too many at once."""
    if size <= 0:
        raise Refused(N_("“%(name)s” is empty.", name=filename))
    if size > limit_mb * 1_000_000:
        raise Refused(N_("“%(name)s” is larger than %(n)s MB. Make it smaller or split it.", name=filename, n=limit_mb))
    with transaction():
        lock(actor)
        mine = select(Upload).where(Upload.person_id == actor.id, Upload.key == key[:LONGEST_KEY])
        known = db.session.scalars(mine).first()
        if known is not None and (known.filename, known.size) == (filename, size):
            return known
        if known is not None:
            _forget(known, storage)
        on_the_way = func.count().filter(Upload.received < Upload.size)
        sending, kept = db.session.execute(select(on_the_way, func.count()).where(Upload.person_id == actor.id)).one()
        if sending >= MOST or kept >= MOST_KEPT:
            raise Refused(N_("You are sending many files at once. Finish some of them, or come back tomorrow."))
        made = Upload(person_id=actor.id, key=key[:LONGEST_KEY], filename=filename, size=size)
        db.session.add(made)
        db.session.flush()
        return made


def append(one: Upload, offset: int, piece: bytes, *, storage: Storage, actor: Person) -> int:
    """Keep a piece; answers with how much has arrived. Raises WrongState when it does not go on from there."""
    with transaction():
        send.require(actor, one)
        lock(one, "received")
        if offset != one.received or len(piece) != min(PIECE, one.size - offset):
            raise WrongState(N_("This piece does not go on where the file was cut."))
        storage.keep_made(_name(one, offset), piece)
        one.received += len(piece)
        return one.received


def content(one: Upload, *, storage: Storage) -> bytes | None:
    """The whole file; None while a piece is missing."""
    if not one.is_whole:
        return None
    pieces = [storage.made(_name(one, offset)) for offset in range(0, one.size, PIECE)]
    whole = b"".join(piece for piece in pieces if piece)
    return whole if len(whole) == one.size else None


def sweep(storage: Storage) -> int:
    """Forget what was begun long ago; answers how many."""
    with transaction():
        old = select(Upload).where(Upload.created_at < now() - KEPT_FOR).limit(100).with_for_update(skip_locked=True)
        found = db.session.scalars(old).all()
        for one in found:
            _forget(one, storage)
        return len(found)


def _forget(one: Upload, storage: Storage) -> None:
    for offset in range(0, one.received, PIECE):
        storage.forget_made(_name(one, offset))
    db.session.delete(one)
    db.session.flush()


def _name(one: Upload, offset: int) -> str:
    return f"uploads/{one.id}/{offset}"
