"""Thirty-two connections race on one fund: commitments, orders, payments, reversals and transfers of credit.

Each goes through the ledger's own door, as the verbs do; what the ledger refuses (too little there, somebody was first)
is counted as a refusal, a deadlock or a serialisation failure is tried again. Afterwards every invariant is asked of
the database. Beside it, in the same run and as long, the plainest peer: two balances in one table, moved in
Python under row locks, without numbers, hashes, a journal that replays or any rule.
"""

import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
from flask import Flask
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from config.settings import Settings
from grants.app import create_app
from grants.core.db import db, transaction
from grants.core.errors import Problem
from grants.core.schema import upgrade
from grants.core.types import Money, new_id
from grants.ledger.queries import balances
from grants.ledger.service import Kind, Line, Place, open_fund, post, verify
from grants.operate.servers import erase, servers
from tests.bench.figures import as_lines, table
from tests.servers import plain

CONNECTIONS, SECONDS = 32, 60.0
GRANTS, CREDIT = 64, 1_000_000  # grants raced for; the commissions hold less than what everybody wants
AGAIN = (errors.DeadlockDetected, errors.SerializationFailure)
K = Kind
STEPS: dict[str, tuple[Kind, str, str]] = {
    "reserve": (K.RESERVE, "commission", "reserved"),
    "commit": (K.COMMIT, "reserved", "committed"),
    "verify": (K.LIQUIDATE, "committed", "payable"),
    "order": (K.ORDER, "payable", "ordered"),
    "send": (K.REMIT, "ordered", "remitted"),
    "pay": (K.PAY, "remitted", "paid"),
    "return": (K.RETURN_PAYMENT, "paid", "payable"),
    "transfer out": (K.DEALLOCATE, "commission", "call"),
    "transfer in": (K.ALLOCATE_COMMISSION, "call", "commission"),
}


@dataclass
class Tally:
    """What the racers saw: operations done, refusals by their sort, deadlocks met and those left when it ended."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    retried: int = 0
    left: int = 0
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, other: "Tally") -> None:
        with self.lock:
            self.done += other.done
            self.refused += other.refused
            self.retried += other.retried
            self.left += other.left
            self.errors += other.errors


@dataclass(frozen=True)
class Found:
    """The race and what the database says after it."""

    seconds: float
    ours: Tally
    peer: int
    broken: list[str]

    @property
    def rate(self) -> float:
        return sum(self.ours.done.values()) / self.seconds


@dataclass(frozen=True)
class Track:
    """One fund with a call, two commissions and grants to race for."""

    fund: UUID
    call: UUID
    commissions: tuple[UUID, UUID]
    grants: tuple[tuple[UUID, UUID, UUID], ...]  # commission, grant, instalment

    def place(self, stage: str, at: tuple[UUID, UUID, UUID]) -> Place:
        commission, grant, part = at
        if stage == "call":
            return Place.call(self.call)
        if stage == "commission":
            return Place.commission(self.call, commission)
        if stage in ("reserved", "committed"):
            return getattr(Place, stage)(self.call, commission, grant)  # type: ignore[no-any-return]
        return getattr(Place, stage)(self.call, commission, grant, part)  # type: ignore[no-any-return]


def prepare() -> Track:
    themes = (new_id(), new_id())
    grants = tuple((themes[n % 2], new_id(), new_id()) for n in range(GRANTS))
    track = Track(new_id(), new_id(), themes, grants)
    open_fund(track.fund, f"RACE-{str(track.fund)[:8]}", "MAD")

    def move(kind: Kind, source: Place, target: Place, minor: int) -> None:
        with transaction():
            post(track.fund, kind, [Line(source, target, Money(minor, "MAD"))], actor=None, key=uuid4())

    move(K.ENDOW, Place.source(), Place.available(), 3 * CREDIT)
    move(K.ALLOCATE_CALL, Place.available(), Place.call(track.call), 2 * CREDIT)
    for theme in themes:
        move(K.ALLOCATE_COMMISSION, Place.call(track.call), Place.commission(track.call, theme), CREDIT // 2)
    return track


def race(app: Flask, track: Track, until: float, seed: int, total: Tally) -> None:
    """One connection: any step of any grant, a reversal now and then, until the time is over."""
    chance, mine = random.Random(seed), Tally()
    undone: list[tuple[int, Line]] = []
    with app.app_context():
        while time.monotonic() < until:
            if undone and chance.random() < 0.1:
                number, line = undone.pop(chance.randrange(len(undone)))
                mirror = Line(line.target, line.source, line.amount)
                _try(mine, "reverse", lambda n=number, m=mirror: _post(track, K.REVERSE, m, reverses=n))  # type: ignore[misc]
                continue
            name = chance.choice(list(STEPS))
            kind, source, target = STEPS[name]
            at = chance.choice(track.grants)
            line = Line(track.place(source, at), track.place(target, at), Money(chance.randint(1, 20_000), "MAD"))
            number = _try(mine, name, lambda k=kind, one=line: _post(track, k, one))  # type: ignore[misc]
            if number is not None and kind is K.RESERVE:
                undone.append((number, line))
        db.session.remove()
    total.add(mine)


def _post(track: Track, kind: Kind, line: Line, reverses: int | None = None) -> int:
    with transaction():
        return post(track.fund, kind, [line], actor=None, key=uuid4(), reverses=reverses).no


def _try(mine: Tally, name: str, act: Callable[[], int]) -> int | None:
    for _ in range(20):
        try:
            number = act()
        except Problem as refusal:
            mine.refused[type(refusal).__name__] += 1
            return None
        except DBAPIError as error:
            if not isinstance(error.orig, AGAIN):
                mine.errors.append(str(error.orig))
                return None
            mine.retried += 1
        else:
            mine.done[name] += 1
            return number
    mine.left += 1
    return None


# --- the peer ---------------------------------------------------------------------------------------------------


def peer(url: str, seconds: float, connections: int) -> int:
    """How many moves between two rows of a table are made under row locks taken in order, in as long."""
    with psycopg.connect(url, autocommit=True) as one:
        one.execute("DROP TABLE IF EXISTS bench_balance")
        one.execute("CREATE TABLE bench_balance (id int PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0))")
        one.execute("INSERT INTO bench_balance SELECT n, %s FROM generate_series(0, %s) n", (CREDIT, GRANTS))
    done, lock, until = [0], threading.Lock(), time.monotonic() + seconds

    def run(seed: int) -> None:
        chance, number = random.Random(seed), 0
        with psycopg.connect(url) as connection:
            while time.monotonic() < until:
                grant, amount = chance.randint(1, GRANTS), chance.randint(1, 100)
                rows = connection.execute(
                    "SELECT id, balance FROM bench_balance WHERE id IN (0, %s) ORDER BY id FOR UPDATE", (grant,)
                ).fetchall()
                source, target = (0, grant) if chance.random() < 0.5 else (grant, 0)
                if dict(rows)[source] >= amount:  # the fund's row is hot here, too
                    move = "UPDATE bench_balance SET balance = balance + %s WHERE id = %s"
                    connection.execute(move, (-amount, source))
                    connection.execute(move, (amount, target))
                    number += 1
                connection.commit()
        with lock:
            done[0] += number

    _at_once([lambda n=n: run(n) for n in range(connections)])  # type: ignore[misc]
    with psycopg.connect(url, autocommit=True) as one:
        one.execute("DROP TABLE bench_balance")
    return done[0]


def _at_once(acts: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# --- what it found ----------------------------------------------------------------------------------------------


def invariants(track: Track) -> list[str]:
    """What does not hold: the chain and its replay, the sum of all stages, anything negative, more out than in."""
    found = [str(proof.broken)] if (proof := verify([track.fund])).broken else []
    total = balances([track.fund])[track.fund]
    if sum(total.minor.values()):
        found.append("the stages do not sum to zero")
    if not total.paid <= total.ordered <= total.verified <= total.engaged <= total.endowed:
        found.append("paid <= ordered <= verified <= committed <= credit does not hold")
    below = db.session.execute(
        text("SELECT count(*) FROM led.account WHERE fund_id = :fund AND balance < 0 AND stage <> 'source'"),
        {"fund": track.fund},
    )
    if below.scalar_one():
        found.append("an account is below zero")
    replayed = db.session.execute(
        text(
            "SELECT count(*) FROM led.account a WHERE fund_id = :fund AND balance <> COALESCE("
            "(SELECT sum(p.amount) FROM led.posting p WHERE p.account_id = a.id), 0)"
        ),
        {"fund": track.fund},
    )
    if replayed.scalar_one():
        found.append("a balance is not the sum of its postings")
    return found


def measure(settings: Settings, seconds: float = SECONDS, connections: int = CONNECTIONS) -> Found:
    """On a migrated database: the race, then the peer, each as long."""
    app, total = create_app(settings), Tally()
    with app.app_context():
        db.engine.pool._max_overflow = connections  # type: ignore[attr-defined]  # one connection for each racer
        track = prepare()
        began = time.monotonic()
        until = began + seconds
        _at_once([lambda n=n: race(app, track, until, n, total) for n in range(connections)])  # type: ignore[misc]
        took = time.monotonic() - began
        broken = invariants(track)
        db.session.remove()
        db.engine.dispose()
    return Found(took, total, peer(plain(settings.database_owner_url), seconds, connections), broken)


def report(found: Found, connections: int = CONNECTIONS) -> str:
    ours = found.ours
    rows = [(name, number, f"{number / found.seconds:.0f}") for name, number in ours.done.most_common()]
    rows.append(("all", sum(ours.done.values()), f"{found.rate:.0f}"))
    rows.append(("peer: row locks, no journal", found.peer, f"{found.peer / found.seconds:.0f}"))
    refusals = ", ".join(f"{name} {number}" for name, number in ours.refused.most_common()) or "none"
    said = f"Refused: {refusals}. Tried again: {ours.retried}, given up: {ours.left}. "
    said += (
        f"Broken: {'; '.join(found.broken) or 'nothing'}. Errors: {'; '.join(sorted(set(ours.errors))[:3]) or 'none'}."
    )
    line = {
        "bench": "ledger",
        "connections": connections,
        "seconds": round(found.seconds, 1),
        "operations": sum(ours.done.values()),
        "per_second": round(found.rate, 1),
        "refused": sum(ours.refused.values()),
        "retried": ours.retried,
        "deadlocks_left": ours.left,
        "broken": len(found.broken),
        "errors": len(ours.errors),
        "peer_per_second": round(found.peer / found.seconds, 1),
        "ratio": round(found.rate * found.seconds / found.peer, 2) if found.peer else None,
    }
    return f"{table(('operation', 'done', 'per s'), rows)}\n{said}\n\n{as_lines([line])}"


def main(seconds: float = SECONDS) -> None:
    place = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        with servers(replace(Settings(), instance=place / "instance")) as settings:
            upgrade(settings)
            print(f"{CONNECTIONS} connections race for {seconds:.0f} s, then the peer as long ...", file=sys.stderr)
            print(report(measure(settings, seconds)))
    finally:
        erase(place / "instance")
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main(*(float(one) for one in sys.argv[1:2]))
