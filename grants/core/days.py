"""How people type days: 2027-03-31, 31/03/2027, 31.3.2027, 31 mars 2027, 31 March 2027, ٣١ مارس ٢٠٢٧.

The day comes before the month wherever both are figures, as it does in the countries served. Months may be named in any
language of ours, by any of the names they have in the countries served, whole or cut short.
"""

import re
import unicodedata
from datetime import date
from functools import cache

from babel.dates import get_month_names

from grants.core.i18n import N_
from grants.core.types import sort_key

EARLIEST, LATEST = 1900, 2200  # years
LOCALES = ("fr", "en", "ar", "ar_MA", "ar_DZ", "ar_TN")
INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
LONGEST = 60  # characters typed
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
FIGURES = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})")
WORDS = re.compile(r"(\d{1,2})(?:er|st|nd|rd|th)?\s*(?:de\s+|of\s+)?([^\W\d_]+)\.?,?\s*(\d{4})")
MONTH_FIRST = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")


def parse_day(typed: str) -> date:
    """The day typed; ValueError carries a sentence (Text) for the person."""
    bare = latin(typed).lower()
    found: tuple[str | int, str | int, str | int] | None = None
    if len(typed) > LONGEST:
        pass
    elif match := ISO.fullmatch(bare):
        found = match[1], match[2], match[3]
    elif match := FIGURES.fullmatch(bare):
        found = match[4], match[3], match[1]
    elif match := WORDS.fullmatch(bare):
        found = match[3], _month(match[2]), match[1]
    elif match := MONTH_FIRST.fullmatch(bare):
        found = match[3], _month(match[1]), match[2]
    try:
        day = date(*map(int, found)) if found else None
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day.year <= LATEST:
        raise ValueError(
            N_("Enter a date that exists, the day before the month, such as %(day)s.", day=date(2027, 3, 31))
        )
    return day


def latin(typed: str) -> str:
    """With Latin digits, single ordinary spaces, and nothing invisible."""
    digits = "".join(str(unicodedata.digit(one)) if one.isdecimal() else one for one in INVISIBLE.sub("", typed))
    return re.sub(r"\s+", " ", digits.replace("\u060c", ",")).strip()


def _month(name: str) -> int:
    """Its number; 0, which no date has, for a name that no month has."""
    return _months().get(sort_key(name), 0)


@cache
def _months() -> dict[str, int]:
    """Every name of a month, with its number; a name that two months share is left out."""
    found: dict[str, set[int]] = {}
    for locale in LOCALES:
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, locale=locale).items():
                found.setdefault(sort_key(name.rstrip(".").lower()), set()).add(number)
    return {name: numbers.pop() for name, numbers in found.items() if len(numbers) == 1}
