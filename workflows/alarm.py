"""A time limit for one piece of work, inside a longer one that may have its own."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TookTooLong(Exception):
    """The work ran past its limit."""


@contextmanager
def limit(seconds: int) -> Iterator[None]:
    """Raise TookTooLong in the block after so many seconds; the alarm that was running before is wound up again.

    Signals reach the main thread only; in any other thread the block runs without a limit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring_out(number: int, frame: FrameType | None) -> None:
        raise TookTooLong(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, ring_out)
    left = signal.alarm(seconds)
    try:
        yield
    finally:
        remaining = signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        if left:
            signal.alarm(max(left - (seconds - remaining), 1))
