"""The database is killed again and again while money moves; whoever saw no answer sends the same request again."""

import os
import random
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from config.settings import Settings
from grants.core.db import db
from grants.core.errors import NotEnough
from grants.core.schema import upgrade
from grants.ledger import queries
from grants.ledger.service import Kind, verify
from grants.operate.servers import erase, superuser
from grants.operate.servers import servers as running_servers
from tests.conftest import make_app
from tests.ledger.ground import Ground
from tests.servers import plain

KILLS = 4


@pytest.fixture
def mortal_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application on a server of its own, which may be killed without harm to other tests."""
    instance = tmp_path_factory.mktemp("mortal") / "instance"
    with running_servers(Settings(instance=instance)) as settings:
        upgrade(settings)
        app = make_app(settings)
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()
    erase(instance)


def patiently(app: Flask, act):
    """Repeat the same request until there is an answer, as a browser or a job would."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return act()
        except DBAPIError:  # the connection died, or the server is recovering: nobody knows whether it was done
            with suppress(DBAPIError):
                db.session.rollback()
            assert time.monotonic() < deadline
            time.sleep(0.05)


def kill_a_backend(address: str) -> bool:
    """kill -9 one server process that works for the application, preferably in the middle of something."""
    with suppress(psycopg.Error), psycopg.connect(address, autocommit=True) as connection:
        found = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE usename = 'grants_app' ORDER BY state <> 'active', random() LIMIT 1"
        ).fetchone()
        if found:
            os.kill(found[0], signal.SIGKILL)
            return True
    return False


def test_nothing_acknowledged_is_lost_and_nothing_is_done_twice(mortal_app: Flask) -> None:
    ground = Ground().open()
    ground.endow(300)
    grants = {uuid4(): uuid4() for _ in range(400)}  # grant -> key; a hundred of them find nothing left
    over, address = Event(), plain(superuser(mortal_app.extensions["settings"], "grants"))

    def run(share: list[tuple[UUID, UUID]]) -> dict[UUID, int]:
        accepted: dict[UUID, int] = {}
        with mortal_app.app_context():
            for grant, key in share:
                with suppress(NotEnough):
                    accepted[grant] = patiently(
                        mortal_app,
                        lambda: ground.step(Kind.COMMIT, "commission", "committed", 1, grant, key=key),  # noqa: B023
                    ).no
            db.session.remove()
        return accepted

    def strike() -> int:
        killed = 0
        while not over.is_set() and killed < KILLS:
            time.sleep(random.uniform(0.05, 0.25))
            killed += kill_a_backend(address)
        return killed

    shares = [list(grants.items())[n::4] for n in range(4)]
    with ThreadPoolExecutor(5) as pool:
        striker = pool.submit(strike)
        accepted = {grant: no for part in pool.map(run, shares) for grant, no in part.items()}
        over.set()
        assert striker.result() >= 1

    db.session.remove()
    kept = patiently(
        mortal_app,
        lambda: dict(
            db.session.execute(
                text(
                    "SELECT a.grant_id, t.op_no FROM led.transfer t JOIN led.account a ON a.id = t.to_id"
                    " WHERE a.stage = 'committed'"
                )
            ).all()
        ),
    )
    assert kept == accepted
    assert len(accepted) == 300
    assert queries.balances([ground.fund])[ground.fund].engaged == ground.money(300)
    proof = verify()
    assert (proof.operations, proof.broken) == (303, None)
