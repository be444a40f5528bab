"""`grants up`: what it starts comes back when killed, ends with it, and problems are said in a sentence."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil
import pytest

from config.settings import ROOT
from grants.operate.servers import erase

PATIENCE = 150  # seconds; these tests share two cores with everything else


@dataclass
class Up:
    """A running `grants up`."""

    process: subprocess.Popen[str]
    port: int
    log: Path

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, words: str) -> psutil.Process:
        """The newest direct child whose command line holds these words."""
        found = [one for one in psutil.Process(self.process.pid).children() if words in " ".join(one.cmdline())]
        assert found, f"no {words} among the children\n{self.log.read_text()}"
        return found[-1]

    def answers(self) -> bool:
        try:
            with closing(HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
                connection.request("GET", "/")
                return connection.getresponse().status < 500
        except (OSError, HTTPException):
            return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def command(instance: Path, port: int, *options: str) -> tuple[list[str], dict[str, str]]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GRANTS_", "PYTHONDONT"))}
    env |= {"GRANTS_INSTANCE": str(instance), "GRANTS_PORT": str(port), "GRANTS_WEB_PROCESSES": "1"}
    return [sys.executable, "-m", "grants", "up", *options], env


@contextmanager
def up(instance: Path, *options: str) -> Iterator[Up]:
    port = free_port()
    words, env = command(instance, port, *options)
    log = instance.parent / "up.log"
    with log.open("w") as output:
        process = subprocess.Popen(words, env=env, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, text=True)
    one = Up(process, port, log)
    try:
        eventually(lambda: "Ready at" in log.read_text() or process.poll() is not None, "it is ready")
        assert process.poll() is None, log.read_text()
        yield one
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def eventually(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
        time.sleep(0.1)


def gone(processes: list[psutil.Process], patience: float) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=patience)
    return not [one for one in alive if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "fonds d’amorçage é à" / "instance"
    path.parent.mkdir()
    yield path
    erase(path)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Up]]:
    path = tmp_path_factory.mktemp("essai é à") / "instance"
    with up(path) as one:
        yield path, one
    erase(path)


def test_killed_children_come_back_and_the_rest_goes_on(running: tuple[Path, Up]) -> None:
    _, one = running
    eventually(one.answers, "the page is there")
    for words in ("serve --socket", "worker mail", "worker work", "grants clock", "redis-server", "bin/postgres"):
        before = one.child(words)
        before.kill()
        assert gone([before], 5)
        eventually(lambda words=words, before=before: back(one, words, before), f"{words} is back")
    eventually(one.answers, "the page is back")
    assert one.process.poll() is None


def test_idle_children_end_when_asked(running: tuple[Path, Up]) -> None:
    """So that a stop takes a moment: whoever does not end is killed, and its job done again."""
    _, one = running
    for words, name in {
        "worker mail": "worker mail",
        "worker work": "worker work",
        "grants clock": "clock",
        "serve --socket": "web 1",
    }.items():
        asked = one.child(words)
        eventually(lambda asked=asked: asked.cpu_times().user > 0.5 and is_idle(asked), f"{name} is up")
        asked.terminate()
        said = f"{name} ended (status 0)"
        eventually(lambda said=said: said in one.log.read_text(), said)


def is_idle(process: psutil.Process) -> bool:
    return process.cpu_percent(0.5) < 5


def back(one: Up, words: str, before: psutil.Process) -> bool:
    return any(
        words in " ".join(child.cmdline()) and child != before
        for child in psutil.Process(one.process.pid).children()
        if child.is_running() and child.status() != psutil.STATUS_ZOMBIE
    )


def test_a_second_start_on_the_same_data_is_refused(running: tuple[Path, Up]) -> None:
    path, one = running
    words, env = command(path, free_port())
    second = subprocess.run(words, env=env, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert second.returncode == 1
    assert "already in use by process" in second.stderr and str(one.process.pid) in second.stderr
    assert "Traceback" not in second.stderr
    assert one.process.poll() is None


def test_kill_minus_nine_leaves_nothing_and_ctrl_c_ends_the_next_start_soon(instance: Path) -> None:
    with up(instance) as one:
        children = one.children()
        assert len(children) > 8
        one.process.kill()
        one.process.wait()
        assert gone(children, 30)
    with up(instance) as one:
        assert one.answers()
        children = one.children()
        began = time.monotonic()
        one.process.send_signal(signal.SIGINT)
        assert one.process.wait(60) == 0, one.log.read_text()
        assert time.monotonic() - began < 40  # about one second when the machine is ours alone
        assert gone(children, 10)
        assert "Traceback" not in one.log.read_text()


def test_kill_minus_nine_of_make_leaves_nothing(instance: Path, tmp_path: Path) -> None:
    """make starts it and may be killed too: then it ends by itself."""
    words, env = command(instance, free_port(), "--with-parent")
    recipe = tmp_path / "Makefile"
    quoted = " ".join(f"'{word}'" for word in words)
    recipe.write_text(f"up:\n\t@exec {quoted}\n")
    make = subprocess.Popen(["make", "-s", "-f", str(recipe)], env=env, cwd=ROOT, stdout=subprocess.DEVNULL)
    eventually(lambda: len(psutil.Process(make.pid).children(recursive=True)) > 8, "everything runs")
    children = psutil.Process(make.pid).children(recursive=True)
    make.kill()
    make.wait()
    assert gone(children, 15)


def test_a_busy_port_is_said_in_a_sentence(instance: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        words, env = command(instance, port)
        tried = subprocess.run(words, env=env, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert tried.returncode == 1
    assert f"Port {port}" in tried.stderr and "PORT=" in tried.stderr
    assert len(tried.stderr.strip().splitlines()) == 1


def test_a_wrong_setting_is_refused_by_name(instance: Path) -> None:
    words, env = command(instance, free_port())
    for name, value in (("GRANTS_COLOUR", "red"), ("GRANTS_WEB_THREADS", "many")):
        tried = subprocess.run(words, env=env | {name: value}, cwd=ROOT, capture_output=True, text=True, check=False)
        assert tried.returncode == 1
        assert name in tried.stderr and "Traceback" not in tried.stderr
