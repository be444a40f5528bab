"""What happens by itself: each tick asks what is due by the database's clock. Any number of clocks may tick."""

import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

from flask import Flask

from grants.core import audit
from grants.core.db import db
from workflows.outbox import Swept, follow_database_clock, sweep

log = logging.getLogger(__name__)
Act = TypeVar("Act", bound=Callable[[], object])

# Each in transactions of its own, harmless to repeat or to do twice at once.
EVERY_TICK: list[Callable[[], object]] = [audit.seal]


def every_tick(act: Act) -> Act:
    """Register it: what is due now is computed from what the database says, never from when the tick came."""
    EVERY_TICK.append(act)
    return act


def tick() -> Swept:
    """Do all of it once; what fails is reported and does not hold up the rest, nor the next tick."""
    follow_database_clock()
    for act in EVERY_TICK:
        try:
            act()
        except Exception:
            log.exception("%s failed; the next tick tries again", act.__qualname__)
            db.session.rollback()
    return sweep()


def run_clock(app: Flask) -> None:
    """Tick until SIGTERM or SIGINT, through restarts of the database."""
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    while not ended.is_set():
        with app.app_context():
            try:
                tick()
            except Exception:
                log.exception("this tick failed; the next one catches up")
        ended.wait(app.extensions["settings"].tick_seconds)
