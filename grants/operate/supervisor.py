"""Keeps programs running in the foreground: they come back when killed, and end when we do."""

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from grants.operate.processes import Program, Running, ServerProblem

FIRST_DELAY, LONGEST_DELAY = 0.2, 10.0  # seconds before a restart; doubled while it keeps ending at once
STEADY = 20.0  # seconds after which a program counts as healthy again
DRAIN = 2.0  # seconds that programs get to finish what they are doing


class Watched:
    """A running program, and when it may be started again."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.delay = FIRST_DELAY
        self.again_at: float | None = None

    def look(self, say: Callable[[str], None]) -> None:
        """Start it again when it ended and its delay is over."""
        name = self.running.program.name
        if self.again_at is None:
            if not self.running.ended:
                return
            self.running.sweep()  # a job must not go on beside its retry
            if self.running.age > STEADY:
                self.delay = FIRST_DELAY
            say(f"{name} ended ({self.running.how_it_ended()}); starting it again in {self.delay:g} s.")
            self.again_at = time.monotonic() + self.delay
            self.delay = min(self.delay * 2, LONGEST_DELAY)
        elif time.monotonic() >= self.again_at:
            self.again_at = None
            self.running.restart()


class Supervisor:
    """Watches programs in the order in which they were added; ends them in the reverse order."""

    def __init__(self, say: Callable[[str], None] | None = None) -> None:
        self.watched: list[Watched] = []
        self.stopping = False
        self.say = say or (lambda line: print(line, file=sys.stderr, flush=True))

    def watch(self, running: Running) -> None:
        self.watched.append(Watched(running))

    def add(self, program: Program) -> None:
        self.watch(Running(program))

    def look(self) -> None:
        for one in self.watched:
            one.look(self.say)

    def wait_for(self, ready: Callable[[], bool], what: str, patience: float = 120) -> None:
        """Watch until `ready()` holds. Raises ServerProblem when a program keeps ending or time runs out."""
        deadline = time.monotonic() + patience
        while not self.stopping and not ready():
            self.look()
            if failing := [one for one in self.watched if one.delay > FIRST_DELAY * 4]:
                name = failing[0].running.program.name
                raise ServerProblem(f"{name} cannot be kept running; its reason stands above.")
            if time.monotonic() > deadline:
                raise ServerProblem(f"{what} did not answer within {patience:g} s.")
            time.sleep(0.05)

    def run(self) -> None:
        """Until somebody asks us to stop."""
        while not self.stopping:
            self.look()
            time.sleep(0.1)

    def stop(self, excluded: Sequence[Running] = ()) -> None:
        """Ask all to end, wait a moment, insist. Those `excluded` are left to whoever started them."""
        ours = [one.running for one in reversed(self.watched) if one.running not in excluded]
        deadline = time.monotonic() + DRAIN
        for running in ours:
            running.ask()
        for running in ours:
            running.finish(deadline - time.monotonic())

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Ctrl-C, SIGTERM and a closed terminal ask us to stop; a second one is not needed and not heard."""

        def heard(_number: int, _frame: FrameType | None) -> None:
            self.stopping = True

        before = {one: signal.signal(one, heard) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
