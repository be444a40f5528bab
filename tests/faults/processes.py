"""Real processes for the fault tests: started, watched, killed; none is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path

from config.settings import ROOT, Settings


class Processes:
    """Starts `grants …` with these settings; `log` collects what they say."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self.settings, self.log = settings, log
        self.all: list[subprocess.Popen] = []

    def start(self, *arguments: str, **changes: object) -> subprocess.Popen:
        values = {one.name: getattr(self.settings, one.name) for one in fields(Settings)} | changes
        given = {f"GRANTS_{name.upper()}": str(value) for name, value in values.items() if value not in ("", None)}
        plain = {name: value for name, value in os.environ.items() if not name.startswith("GRANTS_")}
        with self.log.open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.command", *arguments],
                env=plain | given, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.all.append(process)
        return process

    def end(self) -> None:
        for process in self.all:
            for pid in [*descendants(process.pid), process.pid]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()


@contextmanager
def processes(settings: Settings, log: Path) -> Iterator[Processes]:
    running = Processes(settings, log)
    try:
        yield running
    finally:
        running.end()


def kill(process: subprocess.Popen) -> None:
    """As the kernel does when memory runs out."""
    process.kill()
    process.wait()


def descendants(pid: int) -> list[int]:
    """Every process below this one, by the kernel's own list."""
    found = []
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def alive(pid: int) -> bool:
    """Running, and no zombie waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(holds: Callable[[], object], seconds: float = 120, said: Path | None = None) -> None:
    """Wait for it, long enough for a busy machine; fail with what the processes said."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s\n{said.read_text()[-6000:] if said else ''}")
        time.sleep(0.05)
