"""Runs one of our programs that read hostile files: few at once, under limits, and never longer than patience lasts.

    READER = Program(Path(__file__).with_name("child.py"), at_once=2)
    with READER.run(file, {"memory": …, "seconds": …, …}, patience=25) as run:
        run.child.stdout.read(…)        read a bounded answer, whatever the file does

The program is a file with `main(file, limits)`; see `child`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from threading import BoundedSemaphore, Event, Timer
from typing import Any

BEGINS = Path(__file__).with_name("child.py")
TOO_HEAVY = 3  # as in `child`
TOO_LONG = {-24, -9}  # SIGXCPU; SIGKILL, sent when the seconds that nobody may exceed are over


class Busy(Exception):
    """As many of them as may run are running, and none ended within the patience."""


@dataclass(frozen=True)
class Run:
    """`late` is set when patience was over and the child was killed for it."""

    child: "subprocess.Popen[bytes]"
    late: Event

    def end(self) -> int:
        """Its exit code. One that still has something to say is cut short; one that hangs, when patience is over."""
        assert self.child.stdout is not None  # noqa: S101
        self.child.stdout.close()
        return self.child.wait()

    def cut(self) -> None:
        self.late.set()
        self.child.kill()


class Program:
    """At most `at_once` of its children at a time in this process; the others wait for their turn."""

    def __init__(self, path: Path, at_once: int, environment: Mapping[str, str] | None = None) -> None:
        self._path, self._environment = path, dict(environment or {})
        self._free = BoundedSemaphore(at_once)

    @contextmanager
    def run(self, file: FileIO, limits: Mapping[str, Any], *, patience: float) -> Iterator[Run]:
        """`limits` holds at least `memory` in octets and `seconds` of processor time. Raises Busy."""
        if not self._free.acquire(timeout=patience):
            raise Busy
        try:
            told = json.dumps({**limits, "parent": os.getpid()})
            with subprocess.Popen(  # noqa: S603 - our own program, no shell
                [sys.executable, "-I", "-B", str(BEGINS), str(self._path), str(file.fileno()), told],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=(file.fileno(),),
                env=self._environment,  # nothing of ours is lent
            ) as child:
                run = Run(child, Event())
                watch = Timer(patience, run.cut)
                watch.start()
                try:
                    yield run
                finally:
                    watch.cancel()
                    child.kill()
        finally:
            self._free.release()
