"""Redis gone: every page and verb works, mail is late, none is lost."""

import os
import signal
import subprocess
import time
from dataclasses import replace

import pytest
from redis import Redis
from redis.exceptions import RedisError

from config.settings import Settings
from grants.core.db import db, transaction
from grants.messages.models import Status
from grants.messages.queries import count_by_status
from grants.operate import places, redis
from tests.conftest import make_app
from tests.faults.processes import kill, processes, wait_until
from tests.messages import scene
from tests.messages.kinds import hello
from tests.messages.postbox import postbox
from workflows.outbox import promise, sweep


class OwnRedis:
    """A Redis that may die and come back empty, or not answer at all."""

    def __init__(self, directory, program) -> None:
        self.socket, self.program = directory / "s", program
        self.url = f"unix://{self.socket}"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([self.program, *options], stdout=subprocess.DEVNULL)
        wait_until(self.answers)

    def answers(self) -> bool:
        try:
            return bool(Redis.from_url(self.url).ping())
        except RedisError:
            return False

    def die(self) -> None:
        if self.process:
            kill(self.process)
        self.socket.unlink(missing_ok=True)
        self.process = None


@pytest.fixture
def own_redis(servers: Settings, tmp_path_factory):
    directory = tmp_path_factory.mktemp("r", numbered=True)
    server = OwnRedis(directory, str(redis.binary(places.place(servers.instance))))
    yield server
    server.die()


@pytest.fixture
def box():
    with postbox() as box:
        yield box


@pytest.fixture
def app(new_database, migrated, own_redis, box):
    """The application on a Redis that is not there yet."""
    with new_database(template=migrated) as settings:
        settings = replace(settings, redis_url=own_redis.url, smtp_url=box.url, tick_seconds=1)
        app = make_app(settings)
        with app.app_context():
            db.session.configure(join_transaction_mode="conditional_savepoint")
            yield app
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def run(app, tmp_path):
    with processes(app.extensions["settings"], tmp_path / "log") as running:
        yield running


def greet(number: int) -> None:
    """A verb that promises mail."""
    with transaction():
        to = scene.person()
        for slot in range(number):
            promise(hello, to, to, slot=str(slot))


def done() -> int:
    db.session.rollback()
    return count_by_status().get(Status.DONE, 0)


def test_without_redis_verbs_commit_and_pages_answer_at_once(app, client, tmp_path, monkeypatch):
    settings = replace(app.extensions["settings"], mailbox=str(tmp_path))
    monkeypatch.setitem(app.extensions, "settings", settings)
    before = time.monotonic()
    greet(1)
    assert client.get("/mailbox").status_code == 200
    assert sweep().hurried == 0
    assert time.monotonic() - before < 15
    assert count_by_status() == {Status.WAITING: 1}


def test_a_redis_that_hangs_does_not_hold_a_verb_up(app, own_redis):
    own_redis.start()
    os.kill(own_redis.process.pid, signal.SIGSTOP)
    before = time.monotonic()
    for _ in range(20):
        greet(1)
    assert time.monotonic() - before < 15  # a second for the first, nothing for the others
    assert count_by_status() == {Status.WAITING: 20}


def test_mail_is_late_but_none_is_lost_and_workers_wait_for_redis_to_come(run, own_redis, box):
    greet(30)
    worker, clock = run.start("worker", "mail"), run.start("clock")
    time.sleep(3)
    assert (worker.poll(), clock.poll()) == (None, None)
    own_redis.start()
    wait_until(lambda: done() == 30, said=run.log)
    assert list(box.ids.values()) == [1] * 30


def test_a_redis_that_dies_in_the_middle_and_comes_back_empty_loses_nothing(run, own_redis, box):
    own_redis.start()
    box.pause = 0.05
    greet(60)
    run.start("worker", "mail")
    run.start("clock")
    wait_until(lambda: len(box.messages) >= 10, said=run.log)
    own_redis.die()
    time.sleep(1)
    greet(10)
    own_redis.start()
    wait_until(lambda: done() == 70, said=run.log)
    assert len(box.ids) == 70
    assert sum(box.ids.values()) == 70
