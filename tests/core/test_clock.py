"""What time it is: the database's, measured with care."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from grants.core import clock


@pytest.fixture(autouse=True)
def own_offset(monkeypatch):
    monkeypatch.setattr(clock, "_offset", timedelta())


def off() -> float:
    """Seconds by which our time differs from the machine's."""
    return (clock.now() - datetime.now(UTC)).total_seconds()


def test_it_follows_a_database_whose_clock_differs():
    clock.synchronise(lambda: datetime.now(UTC) - timedelta(minutes=3))
    assert off() == pytest.approx(-180, abs=0.1)


def test_a_little_is_noise():
    clock.synchronise(lambda: datetime.now(UTC) + timedelta(seconds=0.3))
    assert off() == pytest.approx(0, abs=0.01)


def test_an_answer_that_came_late_says_nothing():
    def slowly() -> datetime:
        read = datetime.now(UTC)
        time.sleep(0.7)  # a busy machine: the answer is old when it is read
        return read

    clock.synchronise(slowly)
    assert off() == pytest.approx(0, abs=0.01)
