"""The only place that asks what time it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

NOISE = timedelta(seconds=0.5)
_offset = timedelta()  # what the database's clock shows minus what this machine's shows
_arrival: ContextVar[datetime | None] = ContextVar("arrival", default=None)
_stopped: ContextVar[datetime | None] = ContextVar("stopped", default=None)


def now() -> datetime:
    """The time by the database's clock, aware, in UTC."""
    return _stopped.get() or datetime.now(UTC) + _offset


def synchronise(ask: Callable[[], datetime]) -> None:
    """Follow the database's clock, which `ask` reads, so that every machine decides a deadline alike.

    Under half a second is noise; an answer that took as long says nothing.
    """
    global _offset
    asked = datetime.now(UTC)
    there = ask()
    took = datetime.now(UTC) - asked
    difference = there - (asked + took / 2)
    if took < NOISE < abs(difference - _offset):
        _offset = difference


def arrival() -> datetime:
    """When the request being answered entered the server; outside a request, now."""
    return _stopped.get() or _arrival.get() or now()


@contextmanager
def arrived(at: datetime) -> Iterator[None]:
    """Answer a request that entered the server `at` this time."""
    token = _arrival.set(at)
    try:
        yield
    finally:
        _arrival.reset(token)


@contextmanager
def stopped(at: datetime) -> Iterator[None]:
    """Pretend it is `at`: for tests and for dry runs that ask what will be due."""
    token = _stopped.set(at)
    try:
        yield
    finally:
        _stopped.reset(token)
