"""Ages in whole months. A birthday that its month does not have is the last day of that month.

Every limit counts its own day: on the very birthday both "at most" and "at least" hold.
"""

from calendar import monthrange
from datetime import date, timedelta

A_DAY = timedelta(days=1)


def birthday(born: date, months: int) -> date:
    """The day somebody born then is so many months old (negative: that long before)."""
    year, month = divmod(born.year * 12 + born.month - 1 + months, 12)
    return date(year, month + 1, min(born.day, monthrange(year, month + 1)[1]))


def age(born: date, on: date) -> int:
    """Whole months completed on that day; negative before the birth."""
    months = (on.year - born.year) * 12 + on.month - born.month
    return months if birthday(born, months) <= on else months - 1


def earliest(on: date, months: int) -> date:
    """The first birth of those who on that day are at most so many months old, that day included."""
    found = birthday(on, -months)
    while birthday(found, months) < on:
        found += A_DAY
    while birthday(found - A_DAY, months) >= on:
        found -= A_DAY
    return found


def latest(on: date, months: int) -> date:
    """The last birth of those who on that day are at least so many months old, that day included."""
    found = birthday(on, -months)
    while birthday(found + A_DAY, months) <= on:
        found += A_DAY
    return found
