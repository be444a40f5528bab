"""What happened is appended, then sealed in a chain; whoever changes it afterwards is found."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from threading import Event as Signal
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select

from grants.core.audit import GENESIS, Event, Seal, record, seal, verify
from grants.core.db import db, transaction
from grants.core.types import new_id
from grants.operate.servers import superuser
from tests.servers import plain


class Thing:
    def __init__(self) -> None:
        self.id = new_id()


def happen(name: str = "thing.made", **more) -> None:
    with transaction():
        record(name, Thing(), None, **more)


def test_identifiers_keep_the_order_in_which_they_were_made() -> None:
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(made) and len(set(made)) == len(made)


def test_events_are_sealed_once_in_order(own_app: Flask) -> None:
    assert verify().events == 0
    assert verify().head == GENESIS
    for n in range(5):
        happen(f"thing.{n}", before={"n": n}, after={"n": n + 1, "text": "é – ع"}, reason="why")
    assert seal() == 5
    assert seal() == 0
    happen()
    assert seal() == 1
    names = db.session.scalars(select(Event.name).join(Seal, Seal.event_id == Event.id).order_by(Seal.no)).all()
    assert names == ["thing.0", "thing.1", "thing.2", "thing.3", "thing.4", "thing.made"]
    proof = verify()
    assert (proof.events, proof.broken) == (6, None)
    assert str(proof.sentence).startswith("6 events proved; the chain ends in ")


def test_a_large_backlog_is_sealed_in_batches(own_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grants.core.audit.BATCH", 3)
    for _ in range(8):
        happen()
    assert seal() == 8
    assert verify().events == 8


def test_a_late_commit_is_sealed_after_what_came_before_it(own_app: Flask) -> None:
    """Its identifier is older than those already sealed; it must not be forgotten."""
    born, done = Signal(), Signal()

    def late() -> None:
        with own_app.app_context(), transaction():
            record("late", Thing(), None)
            db.session.flush()
            born.set()
            done.wait(10)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(late)
        born.wait(10)
        happen("early")
        assert seal() == 1  # the writer is not waited for
        done.set()
        running.result()
    assert seal() == 1
    assert verify().events == 2


def test_a_machine_whose_clock_was_far_ahead(own_app: Flask) -> None:
    """Events of the future do not make those of today invisible for ever."""
    happen()
    with transaction():
        ahead = new_id()
        record("future", Thing(), None)
        [event] = [one for one in db.session.new if isinstance(one, Event)]
        event.id = type(ahead)(int=ahead.int + (40 * 86_400_000 << 80))
    assert seal() == 2
    happen()
    assert seal() == 1
    assert verify().events == 3


def test_two_sealers_at_once(own_app: Flask) -> None:
    for _ in range(40):
        happen()
    start = Barrier(4)

    def run(_: int) -> int:
        with own_app.app_context():
            start.wait()
            done = seal()
            db.session.remove()
            return done

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(run, range(4))) == 40
    assert verify().events == 40


TAMPERING = {
    "a word": ("UPDATE event SET reason = 'other' WHERE id = %(third)s", "Event no. 3 (thing.2) was altered", 2),
    "a value": ("UPDATE event SET after = '{\"n\": 0}' WHERE id = %(third)s", "Event no. 3 (thing.2)", 2),
    "who": ("UPDATE event SET actor_id = gen_random_uuid() WHERE id = %(third)s", "Event no. 3", 2),
    "when": ("UPDATE event SET at = at + interval '1 second' WHERE id = %(third)s", "Event no. 3", 2),
    "an event less": ("DELETE FROM event WHERE id = %(third)s", "Event no. 3 (?) was altered or removed", 2),
    "a seal less": ("DELETE FROM event_seal WHERE event_id = %(third)s", "breaks at no. 4", 2),
    "a link": ("UPDATE event_seal SET previous = 'x' WHERE event_id = %(third)s", "Seal no. 3 does not follow", 2),
    "a hash": ("UPDATE event_seal SET hash = 'x' WHERE event_id = %(third)s", "Event no. 3", 2),
}


@pytest.mark.parametrize(("tampering", "named", "proved"), TAMPERING.values(), ids=TAMPERING.keys())
def test_tampering_is_named(own_app: Flask, tampering: str, named: str, proved: int) -> None:
    for n in range(5):
        happen(f"thing.{n}", after={"n": n})
    seal()
    third = db.session.scalar(select(Seal.event_id).where(Seal.no == 3))
    db.session.rollback()
    address = plain(superuser(own_app.extensions["settings"], db.engine.url.database))
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # no trigger, no foreign key
        assert connection.execute(tampering, {"third": third}).rowcount == 1
    proof = verify()
    assert proof.broken is not None
    assert named in str(proof.sentence)
    assert proof.events == proved


@pytest.mark.parametrize("attempt", ["UPDATE event SET name = 'x'", "DELETE FROM event", "TRUNCATE event CASCADE",
                                     "UPDATE event_seal SET no = 9", "DELETE FROM event_seal"])  # fmt: skip
def test_the_owner_is_refused(own_app: Flask, attempt: str) -> None:
    happen()
    seal()
    with (
        psycopg.connect(plain(own_app.extensions["settings"].database_owner_url)) as connection,
        pytest.raises(psycopg.Error, match="append-only"),
    ):
        connection.execute(attempt)


def test_an_event_goes_with_its_transaction(own_app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        record("never", Thing(), None, after={"n": 1 / (uuid4().int * 0)})
    assert db.session.scalar(select(func.count(Event.id))) == 0
