"""The web process: arrival is stamped, slow uploads hold no thread, what is under way is finished."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from http.client import HTTPConnection

import pytest

from config.settings import ROOT

SERVER = """
import json, socket, sys, time
from config.settings import Settings
from grants.cli.serving import serve
from grants.core import clock

def app(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.7)
    body = environ["wsgi.input"].read()
    answer = {"arrived_at": clock.arrival().isoformat(), "length": len(body), "pid": __import__("os").getpid()}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]

serve(app, Settings(web_threads=2), socket.socket(fileno=int(sys.argv[1])))
"""


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=512) as one:
        yield one


def start(listening: socket.socket) -> subprocess.Popen[bytes]:
    number = listening.fileno()
    command = [sys.executable, "-c", SERVER, str(number)]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, pass_fds=[number])


@pytest.fixture
def server(listening: socket.socket) -> Iterator[subprocess.Popen[bytes]]:
    with start(listening) as process:
        yield process
        process.kill()


def ask(listening: socket.socket, path: str = "/", body: bytes = b"") -> dict[str, object]:
    with closing(HTTPConnection("127.0.0.1", listening.getsockname()[1], timeout=30)) as connection:
        connection.request("POST" if body else "GET", path, body)
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.getheader("Server") is None
        content: dict[str, object] = json.loads(answer.read())
        return content


def test_arrival_is_when_the_last_byte_came_not_when_a_thread_was_free(listening, server) -> None:
    ask(listening)
    port = listening.getsockname()[1]
    with ExitStack() as stack:
        for _ in range(4):  # twice the threads
            stack.enter_context(closing(HTTPConnection("127.0.0.1", port))).request("GET", "/slow")
        time.sleep(0.2)
        asked = datetime.now(UTC)
        answer = ask(listening, body=b"x" * 1000)
        waited = (datetime.now(UTC) - asked).total_seconds()
    arrived = datetime.fromisoformat(str(answer["arrived_at"]))
    assert arrived.tzinfo is not None
    assert waited > 0.5
    assert (arrived - asked).total_seconds() < waited - 0.4


def test_slow_uploads_hold_no_thread(listening, server) -> None:
    ask(listening)
    with ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(listening.getsockname())) for _ in range(200)]
        for one in slow:
            one.sendall(b"POST / HTTP/1.0\r\nContent-Length: 1000\r\n\r\nbeginning")
        assert ask(listening, body=b"quick")["length"] == 5
        slow[0].sendall(b"x" * 991)
        with slow[0].makefile("rb") as answer:
            assert b'"length": 1000' in answer.read()


def test_asked_to_end_it_finishes_what_is_under_way(listening, server) -> None:
    ask(listening)
    connection = HTTPConnection("127.0.0.1", listening.getsockname()[1], timeout=30)
    connection.request("GET", "/slow")
    time.sleep(0.2)
    began = time.monotonic()
    server.send_signal(signal.SIGTERM)
    assert connection.getresponse().status == 200
    assert server.wait(30) == 0
    assert time.monotonic() - began < 10
    connection.close()


def test_two_processes_share_the_port_and_one_may_die(listening, server) -> None:
    with start(listening) as sister:
        seen = set()
        for _ in range(100):
            seen.add(ask(listening)["pid"])
            if len(seen) == 2:
                break
            time.sleep(0.05)
        assert seen == {server.pid, sister.pid}
        server.kill()
        server.wait()
        assert {ask(listening)["pid"] for _ in range(10)} == {sister.pid}
        sister.kill()
