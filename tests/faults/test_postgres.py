"""PostgreSQL gone: pages say so, workers and clock wait for it, everything goes on where it stopped."""

import time
from dataclasses import replace

import pytest

from config.settings import Settings
from grants.core.db import db, transaction
from grants.core.schema import upgrade
from grants.messages.models import Status
from grants.messages.queries import count_by_status
from grants.operate.processes import Running
from grants.operate.servers import erase, sole, started
from tests.conftest import make_app
from tests.faults.processes import processes, wait_until
from tests.messages import scene
from tests.messages.kinds import hello
from tests.messages.postbox import postbox
from workflows.outbox import promise


@pytest.fixture
def box():
    with postbox() as box:
        yield box


@pytest.fixture
def own_servers(tmp_path):
    """Servers of our own, to kill; the first of them is PostgreSQL."""
    instance = tmp_path / "instance"
    settings = Settings(instance=instance)
    with sole(settings) as place, started(settings, place) as own:
        yield own
    erase(instance)


@pytest.fixture
def server(own_servers) -> Running:
    return own_servers.running[0]


@pytest.fixture
def app(own_servers, box):
    settings = replace(own_servers.settings, smtp_url=box.url, tick_seconds=1, outbox_wait_seconds=1)
    upgrade(settings)
    app = make_app(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def die(server: Running) -> None:
    """As when memory runs out: the server process first, its sessions with it."""
    server.process.kill()
    server.finish(patience=10)


def comes_back(server: Running, client) -> None:
    server.restart()
    wait_until(lambda: client.get("/").status_code == 200)


def greet(number: int) -> None:
    with transaction():
        to = scene.person()
        for slot in range(number):
            promise(hello, to, to, slot=str(slot))


def done() -> int:
    db.session.rollback()
    return count_by_status().get(Status.DONE, 0)


def test_a_page_says_that_nothing_is_lost_and_the_next_press_works(app, client, server):
    assert client.get("/").status_code == 200
    die(server)
    refused = client.get("/")
    assert (refused.status_code, "Nothing is lost" in refused.text) == (503, True)
    assert refused.headers["Retry-After"]
    comes_back(server, client)


def test_mail_is_late_and_none_is_lost_when_it_dies_in_the_middle(app, client, box, server, tmp_path):
    box.pause = 0.05
    greet(60)
    with processes(app.extensions["settings"], tmp_path / "log") as run:
        worker, clock = run.start("worker", "mail"), run.start("clock")
        wait_until(lambda: len(box.messages) >= 10, said=run.log)
        db.session.rollback()
        die(server)
        time.sleep(3)
        assert (worker.poll(), clock.poll()) == (None, None)
        comes_back(server, client)
        greet(10)
        wait_until(lambda: done() == 70, said=run.log)
    assert len(box.ids) == 70
    assert sum(box.ids.values()) <= 71  # the one in hand may have left before it could be noted: same Message-ID
