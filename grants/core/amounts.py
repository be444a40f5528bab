"""How people type amounts: in French, English or Arabic, by hand or pasted from a sheet.

Spaces of every kind and apostrophes group digits. A last point or comma followed by one or two digits is the decimal
mark when the currency has decimals; other points and commas must then group by three. One point or comma followed by
exactly three digits is ambiguous and refused with a question. Negative, infinite and over-long amounts are refused.
"""

import re
import unicodedata
from decimal import Decimal

from grants.core.i18n import ARABIC_CURRENCIES, N_, precision
from grants.core.types import Money

LONGEST = 40  # characters typed
MOST_MINOR = 10**15  # ten thousand milliards of dirhams; far below what a BIGINT holds, so sums cannot overflow
GROUPING = re.compile(r"[\s'’‘ʼ`´\u066c\u00a0\u2000-\u200b\u202f\u205f\u2060\u3000]")
INVISIBLE = re.compile(r"[\u200c-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def parse_amount(typed: str, currency: str) -> Money | None:
    """The amount typed, or None when nothing is; ValueError carries a sentence (Text) for the person."""
    bare = _latin(typed)
    for mark in (currency, ARABIC_CURRENCIES.get(currency, currency)):
        bare = re.sub(rf"\s*{re.escape(mark)}$|^{re.escape(mark)}\s*", "", bare, flags=re.IGNORECASE).strip()
    if not bare:
        return None
    exact = parse_decimal(bare, precision(currency))
    minor = exact.scaleb(precision(currency))
    if minor >= MOST_MINOR:
        raise ValueError(N_("This amount is too large."))
    return Money(int(minor), currency)


def parse_decimal(typed: str, places: int) -> Decimal:
    """A number that is not negative with at most so many decimals; ValueError carries a sentence (Text)."""
    bare = GROUPING.sub("", _latin(typed))
    if len(typed) > LONGEST:
        raise ValueError(N_("This is too long for a number."))
    if bare[:1] in {"-", "−"}:
        raise ValueError(N_("Enter a number that is not negative."))
    if not re.fullmatch(r"[0-9.,]*[0-9]", bare):
        raise ValueError(N_("Enter a number written with digits, for example 12 500."))
    spaced = bool(GROUPING.search(_latin(typed)))
    marks = re.findall(r"[.,]", bare)
    if not marks:
        return Decimal(bare)
    whole, last, decimals = bare.rpartition(marks[-1])
    if len(decimals) <= 2 or (len(marks) == 1 and not _could_group(whole, spaced)) or _mixed(marks):
        return _with_decimals(whole, decimals, marks, places)
    if len(marks) == 1:
        raise ValueError(
            N_(
                "Is “%(typed)s” %(thousands)s or %(decimal)s? Write it without a mark between thousands, or with "
                "two decimals.",
                typed=typed.strip(),
                thousands=Decimal(bare.replace(last, "")),
                decimal=Decimal(bare.replace(last, ".")),
            )
        )
    return Decimal(_ungrouped(bare, last))


def _latin(typed: str) -> str:
    """Digits of every script as 0–9, the Arabic decimal mark as a comma, nothing invisible."""
    shown = INVISIBLE.sub("", typed).strip().replace("\u066b", ",")
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in shown)


def _could_group(whole: str, spaced: bool) -> bool:
    return not spaced and 1 <= len(whole) <= 3 and not whole.startswith("0")


def _mixed(marks: list[str]) -> bool:
    return len(set(marks)) == 2 and marks.count(marks[-1]) == 1


def _with_decimals(whole: str, decimals: str, marks: list[str], places: int) -> Decimal:
    others = set(marks[:-1])
    if len(others) > 1 or marks[-1] in others:
        raise ValueError(N_("Enter a number written with digits, for example 12 500."))
    if places == 0:
        raise ValueError(N_("Enter a whole number: no decimals are used here."))
    if len(decimals) > places:
        raise ValueError(N_("Enter at most %(places)s decimals.", places=places))
    return Decimal(f"{_ungrouped(whole, others.pop()) if others else whole or '0'}.{decimals}")


def _ungrouped(whole: str, mark: str) -> str:
    """`12.500.000` without its marks; they must stand every three digits."""
    if not re.fullmatch(rf"[1-9][0-9]{{0,2}}(?:{re.escape(mark)}[0-9]{{3}})+", whole):
        raise ValueError(N_("Enter a number written with digits, for example 12 500."))
    return whole.replace(mark, "")
