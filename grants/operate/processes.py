"""Processes that end when their parent does, whatever kills it."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

PR_SET_PDEATHSIG = 1
LINUX = sys.platform.startswith("linux")
libc = ctypes.CDLL(None, use_errno=True) if LINUX else None


class ServerProblem(Exception):
    """Something a person can act on, said in one sentence."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """A system account that root lends its programs to."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run, as whom, and how to end it."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = None  # None: our own
    cwd: Path | None = None
    account: Account | None = None
    log: Path | None = None  # None: our own output
    output: int | None = None  # a file descriptor for its standard output alone
    sockets: tuple[int, ...] = ()  # file descriptors it inherits
    stop: Signals = signal.SIGTERM
    orphaned: Signals = signal.SIGKILL  # what the kernel sends it when we die


def with_parent(parent: int, sent: Signals) -> Callable[[], None]:
    """A function for the child, after it dropped its rights (dropping them forgets the request)."""

    def ask_kernel() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, int(sent), 0, 0, 0)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask_kernel


def end_with_parent() -> None:
    """Ask the kernel to end us politely when whoever started us dies."""
    with_parent(os.getppid(), signal.SIGTERM)()


def start(program: Program) -> subprocess.Popen[bytes]:
    """Start it in a session of its own, so that a Ctrl-C reaches us alone and we end things in order."""
    output = None
    if program.log is not None:
        output = os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    account = program.account
    try:
        return subprocess.Popen(  # noqa: S603 - our own programs
            program.argv,
            env=None if program.env is None else dict(program.env),
            cwd=program.cwd,
            stdin=subprocess.DEVNULL,
            stdout=output if program.output is None else program.output,
            stderr=output,
            start_new_session=True,
            pass_fds=program.sockets,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=with_parent(os.getpid(), program.orphaned),
        )
    except OSError as error:
        who = f" as {account.name}" if account else ""
        raise ServerProblem(f"{program.argv[0]} cannot be started{who}: {error.strerror}.") from error
    finally:
        if output is not None:
            os.close(output)


class Running:
    """A program and its present process."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process = start(program)
        self.since = time.monotonic()

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    @property
    def age(self) -> float:
        """Seconds since it was last started."""
        return time.monotonic() - self.since

    def restart(self) -> None:
        self.process = start(self.program)
        self.since = time.monotonic()

    def ask(self) -> None:
        """Ask it to end; `finish` waits for it."""
        if not self.ended:
            self.process.send_signal(self.program.stop)

    def finish(self, patience: float) -> None:
        """Wait `patience` seconds for its end, then end it and what it left behind."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(patience, 0.01))
        self.sweep()
        self.process.wait()

    def sweep(self) -> None:
        """Kill whatever still lives in its session's first group."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def how_it_ended(self) -> str:
        code = self.process.returncode
        return f"signal {Signals(-code).name}" if code < 0 else f"status {code}"


def last_lines(log: Path, count: int = 5) -> str:
    """The end of a log, for the sentence that explains a failure."""
    with suppress(OSError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
    return ""
