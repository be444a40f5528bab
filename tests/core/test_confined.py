"""What a program that reads a hostile file can reach: little memory, little time, and nothing of ours."""

import json
import os
import tempfile
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grants.core.confined.running import TOO_HEAVY, TOO_LONG, Busy, Program, Run

MOST = {"memory": 200_000_000, "seconds": 5}
Made = Callable[..., Program]


@pytest.fixture
def program(tmp_path: Path) -> Made:
    """A program of this body; it sees `file` and `limits`."""

    def made(body: str, at_once: int = 2) -> Program:
        path = tmp_path / f"program{len(list(tmp_path.iterdir()))}.py"
        path.write_text("def main(file, limits):\n" + textwrap.indent(textwrap.dedent(body), "    "))
        return Program(path, at_once)

    return made


@contextmanager
def running(program: Program, content: bytes = b"content", patience: float = 20, **limits: int) -> Iterator[Run]:
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(content)
        file.seek(0)
        with program.run(file, MOST | limits, patience=patience) as run:
            yield run


def said(program: Program, **limits: int) -> bytes:
    with running(program, **limits) as run:
        assert run.child.stdout is not None
        return run.child.stdout.read()


def code(program: Program, **given: int) -> int:
    with running(program, **given) as run:
        assert run.child.stdout is not None
        run.child.stdout.read()
        return run.end()


def test_it_reads_its_file_and_answers(program: Made) -> None:
    assert said(program("print(file.read().decode()[::-1], limits['width'])"), width=7) == b"tnetnoc 7\n"


def test_it_has_nothing_of_ours(program: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRANTS_SECRET_KEY", "a secret")
    look = """
        import json, os, sys
        seen = os.listdir("/proc/self/fd")  # with the listing itself, closed by now
        still = [int(one) for one in seen if os.path.exists(f"/proc/self/fd/{one}")]
        print(json.dumps([dict(os.environ), still, file.fileno(), sys.path]))
    """
    with open(os.devnull) as ours:
        os.set_inheritable(ours.fileno(), True)
        environment, open_files, own, path = json.loads(said(program(look)))
    assert "GRANTS_SECRET_KEY" not in environment and "PATH" not in environment
    assert {one for one in open_files if one > 2} == {own}
    assert not any("grants" in part or part in ("", ".") for part in path)


def test_too_much_memory(program: Made) -> None:
    assert code(program("kept = bytearray(10**9)")) == TOO_HEAVY


def test_too_much_time_of_the_processor(program: Made) -> None:
    assert code(program("while True: pass"), seconds=1) in TOO_LONG


def test_it_writes_no_file(program: Made, tmp_path: Path) -> None:
    assert code(program(f"print('x', file=open({str(tmp_path / 'taken')!r}, 'w'), flush=True)")) != 0
    assert not (tmp_path / "taken").exists() or not (tmp_path / "taken").read_text()


def test_it_hangs_no_longer_than_patience_lasts(program: Made) -> None:
    with running(program("import time; time.sleep(60)"), patience=1) as run:
        assert run.child.stdout is not None
        assert run.child.stdout.read() == b""
        assert run.end() in TOO_LONG
    assert run.late.is_set()


def test_whoever_has_heard_enough_waits_for_no_more(program: Made) -> None:
    with running(program("while True: print('x' * 1000)")) as run:
        assert run.child.stdout is not None
        assert run.child.stdout.read(5_000).startswith(b"x")
        assert run.end() != 0
    assert not run.late.is_set()


def test_no_more_at_once_than_allowed(program: Made) -> None:
    one = program("file.read(); import sys; sys.stdin.read()", at_once=1)
    begun, enough = threading.Event(), threading.Event()

    def hold() -> None:
        with running(one):
            begun.set()
            enough.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    assert begun.wait(20)
    with pytest.raises(Busy), running(one, patience=0.3):
        pass
    enough.set()
    holder.join()
    assert said(program("print(1)", at_once=1)) == b"1\n"
