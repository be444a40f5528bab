"""Numbers and days as people type them in a query, and what lies between two of them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)([km]?)", re.IGNORECASE)
_GROUPS = re.compile(r"[\s_'’]")
_DAY = re.compile(r"([12]\d{3})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
TIMES = {"": 1, "k": 1_000, "m": 1_000_000}
MOST = Decimal(10) ** 15


@dataclass(frozen=True)
class Between:
    """From `low` (included) to `high` (included or not); None is no limit."""

    low: Any = None
    high: Any = None
    low_in: bool = True
    high_in: bool = True

    def map(self, change: Callable[[Any], Any]) -> "Between":
        low, high = (None if one is None else change(one) for one in (self.low, self.high))
        return Between(low, high, self.low_in, self.high_in)

    def holds(self, value: Any) -> bool:
        return (self.low is None or (value >= self.low if self.low_in else value > self.low)) and (
            self.high is None or (value <= self.high if self.high_in else value < self.high)
        )


def read_number(text: str) -> Decimal | None:
    """`500000`, `500 000`, `0.5M`, `70.5`; None for anything else, and for what is too large to be meant."""
    found = _NUMBER.fullmatch(_GROUPS.sub("", text))
    if not found:
        return None
    number = Decimal(found[1]) * TIMES[found[2].lower()]
    return number if number <= MOST else None


def read_days(text: str) -> tuple[date, date] | None:
    """The first day of `2026`, `2026-05` or `2026-05-17`, and the first day after it."""
    found = _DAY.fullmatch(text.strip())
    if not found:
        return None
    year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
    try:
        first = date(year, month, day)
    except ValueError:
        return None
    if found[3]:
        return first, first + timedelta(days=1)
    if found[2]:
        return first, date(year + month // 12, month % 12 + 1, 1)
    return first, date(year + 1, 1, 1)


def numbers(op: str, low: str, high: str | None = None) -> Between | None:
    """What a comparison with a number holds, or a range when `high` is given; "" is an open end."""
    if high is not None:
        first, last = read_number(low) if low else None, read_number(high) if high else None
        wrong = (bool(low) and first is None) or (bool(high) and last is None)
        return None if wrong else Between(first, last)
    number = read_number(low)
    if number is None:
        return None
    return {
        ":": Between(number, number),
        "<": Between(high=number, high_in=False),
        "<=": Between(high=number),
        ">": Between(low=number, low_in=False),
        ">=": Between(low=number),
    }[op]


def days(op: str, low: str, high: str | None = None) -> Between | None:
    """The same of days; a month or a year is all of its days. `high` is the first day that is not in it."""
    if high is not None:
        first, last = read_days(low) if low else None, read_days(high) if high else None
        if (low and not first) or (high and not last):
            return None
        return Between(first[0] if first else None, last[1] if last else None, high_in=False)
    read = read_days(low)
    if read is None:
        return None
    first_day, after = read
    return {
        ":": Between(first_day, after, high_in=False),
        "<": Between(high=first_day, high_in=False),
        "<=": Between(high=after, high_in=False),
        ">": Between(low=after),
        ">=": Between(low=first_day),
    }[op]
