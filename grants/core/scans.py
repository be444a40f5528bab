"""What the virus scanner said of each file, by the SHA-256 of its content: one verdict wherever the content is named.

A file is scanned before it is kept. Without a scanner, or while it does not answer, the file is kept as waiting, said
to be so wherever it is shown, and scanned later (workflows/scans.py).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, declared_attr, foreign, mapped_column, relationship

from grants.core import clamav
from grants.core.clock import now
from grants.core.db import Base, db
from grants.core.errors import Problem, Refused
from grants.core.i18n import N_, Text

AGAIN = timedelta(minutes=5)  # between two attempts at a scanner that does not answer
LONGEST_THREAT = 200


class Verdict(StrEnum):
    WAITING = "waiting"
    CLEAN = "clean"
    INFECTED = "infected"


class Scan(Base):
    """One content. `next_at`: when a waiting one may be tried (again)."""

    __tablename__ = "file_scan"
    __table_args__ = (
        CheckConstraint("(verdict = 'infected') = (threat IS NOT NULL)", name="infected_by_something"),
        CheckConstraint("(verdict = 'waiting') = (scanned_at IS NULL)", name="scanned_at_some_time"),
        Index("ix_file_scan_waiting", "next_at", postgresql_where="verdict = 'waiting'"),
    )

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    verdict: Mapped[Verdict] = mapped_column(default=Verdict.WAITING)
    threat: Mapped[str | None]
    scanned_at: Mapped[datetime | None]
    next_at: Mapped[datetime] = mapped_column(default=now)


class Scanned:
    """Mix into a record that names a file by its `sha256`: the verdict comes with it, in the same query."""

    @declared_attr
    def scan(cls) -> Mapped[Scan | None]:
        def same() -> Any:
            return foreign(cls.sha256) == Scan.sha256  # type: ignore[attr-defined]

        return relationship(Scan, primaryjoin=same, viewonly=True, lazy="joined")

    @property
    def quarantined(self) -> bool:
        return self.scan is not None and self.scan.verdict == Verdict.INFECTED

    @property
    def scan_note(self) -> Text:
        """What is said beside the file's name."""
        if self.scan is None or self.scan.verdict == Verdict.WAITING:
            return N_("not scanned for viruses")
        if self.scan.verdict == Verdict.CLEAN:
            return N_("scanned, no virus found")
        return N_("in quarantine: %(threat)s", threat=self.scan.threat)


class Infected(Refused):
    """A virus was found in what was sent; nothing was kept."""

    title = N_("A virus was found in this file")

    def __init__(self, threat: str) -> None:
        super().__init__(
            N_("A virus was found in this file (%(threat)s): it was not kept.", threat=threat),
            N_("Scan your computer, then send the file again from a clean copy."),
        )


class Quarantined(Problem):
    """A virus was found in a file after it had been kept: nobody downloads it any more."""

    status = 403
    title = N_("This file is in quarantine")
    advice = N_("Whoever sent it can remove it and send a clean copy.")


class Unscanned(Problem):
    """A scanner is set and has not seen this file yet: nobody opens it before."""

    status = 503
    title = N_("This file has not been scanned for viruses yet")
    advice = N_("Try again in a few minutes. Nothing is lost.")


def admit(digest: str, content: bytes, url: str) -> None:
    """Scan what is about to be kept; raises Infected. Without an answer it is kept as waiting.

    Written on a connection of its own, at once: what the caller's transaction holds is left as it is.
    """
    known = verdict(digest)
    if known is not None and known.verdict == Verdict.INFECTED:
        raise Infected(known.threat or "")
    if known is not None and (known.verdict == Verdict.CLEAN or not url):
        return
    try:
        threat = clamav.scan(content, url) if url else None
    except clamav.Unreachable:
        note(digest, Verdict.WAITING, next_at=now() + AGAIN)
        return
    if not url:
        note(digest, Verdict.WAITING)
    elif threat is None:
        note(digest, Verdict.CLEAN)
    else:
        note(digest, Verdict.INFECTED, threat)
        raise Infected(threat)


def verdict(digest: str) -> Scan | None:
    """What is known of this content; the answer belongs to no session."""
    with _apart() as session:
        return session.get(Scan, digest)


def require_sound(digest: str, url: str) -> None:
    """Raises Quarantined for content in which a virus was found; Unscanned while a scanner is set and has not seen it.

    Without a scanner nothing is ever scanned, and the page that leads here has said so.
    """
    known = verdict(digest)
    if known is not None and known.verdict == Verdict.INFECTED:
        raise Quarantined(
            N_("A virus was found in it after it had been kept (%(threat)s). It cannot be opened.", threat=known.threat)
        )
    if url and (known is None or known.verdict == Verdict.WAITING):
        raise Unscanned(N_("The virus scanner did not answer when this file was sent. It is asked again by itself."))


def note(digest: str, verdict: Verdict, threat: str | None = None, next_at: datetime | None = None) -> None:
    """Write what was found, at once. A verdict is never taken back by somebody who only waits."""
    with _apart() as session, session.begin():
        write(session, digest, verdict, threat, next_at)


def write(
    session: Any, digest: str, verdict: Verdict, threat: str | None = None, next_at: datetime | None = None
) -> None:
    """The same, in a running transaction."""
    moment = now()
    values = {
        "verdict": verdict,
        "threat": threat[:LONGEST_THREAT] if threat else None,
        "scanned_at": None if verdict == Verdict.WAITING else moment,
        "next_at": next_at or moment,
    }
    row = insert(Scan).values(sha256=digest, **values)
    unknown = Scan.verdict == Verdict.WAITING
    session.execute(
        row.on_conflict_do_nothing()
        if verdict == Verdict.WAITING
        else row.on_conflict_do_update(index_elements=["sha256"], set_=values, where=unknown)
    )


def waiting(at: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
    """The digests that may be tried now, each with since when, those that have waited longest first."""
    due = select(Scan.sha256, Scan.next_at).where(Scan.verdict == Verdict.WAITING, Scan.next_at <= at)
    return [(row[0], row[1]) for row in db.session.execute(due.order_by(Scan.next_at, Scan.sha256).limit(limit))]


def put_off(at: datetime, until: datetime, *digests: str) -> None:
    """In a transaction: these (without any: everything due) wait until then."""
    late = update(Scan).where(Scan.verdict == Verdict.WAITING, Scan.next_at <= at)
    if digests:
        late = late.where(Scan.sha256.in_(digests))
    db.session.execute(late.values(next_at=until), execution_options={"synchronize_session": False})


def _apart() -> Session:
    return Session(db.engine, join_transaction_mode="create_savepoint", expire_on_commit=False)
