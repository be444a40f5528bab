"""Amounts, dates and durations as people put them in spreadsheets. Each reader answers with the value or raises
`Unclear` with the sentence for the person."""

import calendar
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from babel.dates import get_month_names

from grants.core.amounts import GROUPING, MOST_MINOR, parse_decimal
from grants.core.i18n import N_, Text
from grants.core.sheets.reading import Cell, ErrorCell
from grants.core.types import Money, exponent


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SIGNS = {
    "£": {"GBP"},
    "€": {"EUR"},
    "$": {"USD", "CAD", "AUD", "NZD", "SGD", "HKD"},
    "¥": {"JPY", "CNY"},
    "DH": {"MAD", "AED"},
    "DHS": {"MAD", "AED"},
    "DA": {"DZD"},
    "FCFA": {"XOF", "XAF"},
    "CFA": {"XOF", "XAF"},
    "درهم": {"MAD", "AED"},
    "دج": {"DZD"},
}
CODES = _words("GBP EUR USD MAD DZD XOF XAF CHF CAD AUD TND EGP SAR AED JPY SEK NOK DKK")
NOTHING = frozenset(
    {"", "-", "–", "—", "n/a", "na", "nil", "none", "null", "tbc", "unknown", "s/o", "nc", "néant", "#n/a"}
)
EARLIEST, LATEST = date(1900, 1, 1), date(2150, 1, 1)


class Unclear(ValueError):
    """What stands in a cell cannot be taken; `text` says why, or asks."""

    def __init__(self, text: Text) -> None:
        super().__init__(str(text))
        self.text = text


def blank(cell: Cell) -> bool:
    """Nothing, or one of the ways people write that."""
    return cell is None or (isinstance(cell, str) and cell.strip().casefold() in NOTHING)


def shown(cell: Cell) -> str:
    """What stands in a cell, short enough for a sentence."""
    text = " ".join(str(cell.date() if isinstance(cell, datetime) else cell).split())
    return text if len(text) <= 60 else text[:57] + "…"


# --- amounts --------------------------------------------------------------------------------------------------


def currency_in(text: str) -> set[str]:
    """The currencies this text may mean by its sign or code; empty when it names none."""
    found = [word for word in re.findall(r"[^\W\d_]+|[£€$¥]", text.upper()) if word in CODES or word in SIGNS]
    return set().union(*({word} if word in CODES else SIGNS[word] for word in found))


def bare_amount(text: str) -> str:
    """The amount without its currency's sign, code and word, and without spaces."""
    words = "|".join(sorted((*CODES, *SIGNS, "F"), key=len, reverse=True)).replace("$", r"\$")
    return GROUPING.sub("", re.sub(rf"(?<![^\W\d_])(?:{words})(?![^\W\d_])\.?", "", text, flags=re.IGNORECASE))


def amount(cell: Cell, currency: str) -> Money:
    """An exact, positive amount. A number is what its 15 digits say, which is all that a spreadsheet keeps of it."""
    if isinstance(cell, ErrorCell | bool | datetime):
        raise Unclear(N_("“%(cell)s” is not an amount.", cell=shown(cell)))
    if isinstance(cell, str):
        exact = _typed(cell, currency)
    else:
        if cell != cell or abs(cell or 0) >= 1e15:
            raise Unclear(N_("“%(cell)s” is not an amount.", cell=shown(cell)))
        exact = Decimal(f"{cell:.15g}")
    if exact <= 0:
        raise Unclear(N_("An amount must be greater than zero; here it is %(amount)s.", amount=exact))
    minor = exact.scaleb(exponent(currency))
    if minor != int(minor):
        raise Unclear(
            N_("%(amount)s is finer than %(currency)s can be paid: round it.", amount=exact, currency=currency)
        )
    if minor >= MOST_MINOR:
        raise Unclear(N_("This amount is too large."))
    return Money(int(minor), currency)


def _typed(text: str, currency: str) -> Decimal:
    named = currency_in(text)
    if named and currency not in named:
        raise Unclear(
            N_("“%(cell)s” is not in %(currency)s, the currency of the fund.", cell=shown(text), currency=currency)
        )
    bare = re.sub(r"(?<![^\W\d_])(?:[^\W\d_]+|[£€$¥])(?![^\W\d_])\.?", _without_currency, text).strip()
    negative = re.fullmatch(r"\(.*\)|[-−].*|.*[-−]", bare)
    if negative:
        raise Unclear(N_("An amount must be greater than zero; here it is %(amount)s.", amount=shown(text)))
    if re.fullmatch(r"\d{1,15}\.\d{6,}", bare):  # 44337.130000000005: a number that some program printed
        return Decimal(f"{float(bare):.15g}")
    try:
        return parse_decimal(bare, max(exponent(currency), 2))
    except ValueError as error:
        reason = error.args[0]
        if isinstance(reason, Text) and ("thousands" in reason.args or "places" in reason.args):
            raise Unclear(reason) from error
        raise Unclear(N_("“%(cell)s” is not an amount.", cell=shown(text))) from error


def _without_currency(word: re.Match[str]) -> str:
    bare = word[0].upper().rstrip(".")
    return "" if bare in CODES or bare in SIGNS or bare == "F" else word[0]


# --- dates ----------------------------------------------------------------------------------------------------

_NUMERIC = re.compile(r"(\d{1,2})[./\- ](\d{1,2})[./\- ](\d{4}|\d{2})(?:[ T,]+\d{1,2}:\d{2}(?::\d{2})?.*)?")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_WORDED = re.compile(
    r"(?:[^\W\d_]+\.?,? +)?(\d{1,2})(?:er|st|nd|rd|th)?[ \-.]+(?:of |de )?([^\W\d_]+)\.?[ \-,.]+(?:de )?(\d{4}|\d{2})"
)
_AMERICAN = re.compile(r"([^\W\d_]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")


@lru_cache(maxsize=1)
def months() -> dict[str, int]:
    """Names of months, whole and short, in the languages of the funders we know of, as `_plain` writes them."""
    names: dict[str, int] = {}
    for locale in ("en", "fr", "ar", "ar_MA", "ar_DZ", "es", "de", "it", "pt"):
        for width in ("wide", "abbreviated"):
            for number, name in get_month_names(width, locale=locale).items():
                names.setdefault(_plain(str(name)), number)
    return names | {"sept": 9, "juil": 7, "fevr": 2, "janv": 1, "avr": 4}


def _plain(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c)).casefold().strip(".")


@dataclass(frozen=True)
class Dates:
    """Reads the dates of one column. `day_first`: what 03/04/2020 means there, None when nothing tells.

    `epoch` is the year from which the workbook counts its days.
    """

    day_first: bool | None = None
    epoch: int = 1900

    @classmethod
    def of(cls, cells: Iterable[Cell], day_first: bool | None = None, epoch: int = 1900) -> "Dates":
        """Decide the order of day and month from the whole column, unless a person has said it."""
        if day_first is None:
            over = [
                (int(m[1]) > 12, int(m[2]) > 12) for cell in cells if isinstance(cell, str) and (m := _numeric(cell))
            ]
            first, second = any(a for a, _ in over), any(b for _, b in over)
            day_first = first if first != second else None
        return cls(day_first, epoch)

    def looks(self, text: str) -> bool:
        """Whether the text is a date of some kind, ambiguous or not."""
        try:
            return bool(Dates(True, self.epoch).read(text)) or bool(_numeric(text))
        except Unclear:
            return bool(_numeric(text))

    def read(self, cell: Cell) -> date:
        """The day; raises Unclear."""
        if isinstance(cell, bool | ErrorCell) or cell is None:
            raise Unclear(N_("“%(cell)s” is not a date.", cell=shown(cell)))
        if isinstance(cell, datetime):
            return self._plausible(cell.date(), cell)
        if isinstance(cell, int | float):
            return self._counted(cell)
        text = _latin(cell)
        if found := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
            return self._made(found[1], found[2], found[3], cell)
        if found := _numeric(text):
            return self._ordered(found, cell)
        if found := _WORDED.fullmatch(text):
            return self._named(found[1], found[2], found[3], cell)
        if found := _AMERICAN.fullmatch(text):
            return self._named(found[2], found[1], found[3], cell)
        raise Unclear(N_("“%(cell)s” is not a date.", cell=shown(cell)))

    def _counted(self, number: int | float) -> date:
        """A number: 20200421, or days counted as spreadsheets do."""
        if number == int(number) and (found := _COMPACT.fullmatch(str(int(number)))):
            return self._made(found[1], found[2], found[3], number)
        if not 10_000 <= number <= 80_000:  # 1927 to 2119
            raise Unclear(N_("“%(cell)s” is not a date.", cell=shown(number)))
        return (date(1899, 12, 30) if self.epoch == 1900 else date(1904, 1, 1)) + timedelta(days=int(number))

    def _ordered(self, found: re.Match[str], cell: Cell) -> date:
        one, two, year = int(found[1]), int(found[2]), found[3]
        if self.day_first is None and one != two and one <= 12 and two <= 12:
            raise Unclear(
                N_(
                    "Is “%(cell)s” %(first)s or %(second)s? Choose the order of day and month.",
                    cell=shown(cell),
                    first=self._made(year, two, one, cell),
                    second=self._made(year, one, two, cell),
                )
            )
        day_first = self.day_first if self.day_first is not None and max(one, two) <= 12 else one > 12
        return self._made(year, two if day_first else one, one if day_first else two, cell)

    def _named(self, day: str, month: str, year: str, cell: Cell) -> date:
        if not (number := months().get(_plain(month))):
            raise Unclear(N_("“%(cell)s” is not a date.", cell=shown(cell)))
        return self._made(year, number, day, cell)

    def _made(self, year: str | int, month: str | int, day: str | int, cell: Cell) -> date:
        whole = int(year) + (0 if len(str(year)) == 4 else 2000 if int(year) < 70 else 1900)
        try:
            return self._plausible(date(whole, int(month), int(day)), cell)
        except ValueError as error:
            if isinstance(error, Unclear):
                raise
            raise Unclear(N_("“%(cell)s” is not a day of the calendar.", cell=shown(cell))) from error

    def _plausible(self, day: date, cell: Cell) -> date:
        if not EARLIEST <= day < LATEST:
            raise Unclear(N_("“%(cell)s” cannot be the date of an award.", cell=shown(cell)))
        return day


def _numeric(text: str) -> re.Match[str] | None:
    return _NUMERIC.fullmatch(_latin(text))


def _latin(text: str) -> str:
    """Digits of every script as 0-9, single spaces, nothing invisible."""
    digits = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    return " ".join(re.sub(r"[\u200e\u200f\u061c]", "", digits).split())


# --- durations ------------------------------------------------------------------------------------------------

_SPAN = re.compile(r"(\d{1,4}(?:[.,]\d)?)\s*([^\W\d_]*)\.?")
_YEARS = _words("y yr yrs year years an ans annee annees jahr jahre ano anos سنة سنوات")
_MONTHS = _words("m mo mos month months mois monat monate mes meses شهر أشهر اشهر شهرا") | {""}


def duration_months(cell: Cell) -> int | None:
    """A duration in whole months: 36, "36 months", "3 ans"; None when it is nothing of the kind."""
    if isinstance(cell, bool | datetime | ErrorCell) or cell is None:
        return None
    if isinstance(cell, int | float):
        number, unit = Decimal(str(cell)), ""
    else:
        found = _SPAN.fullmatch(_latin(cell))
        if not found:
            return None
        number, unit = Decimal(found[1].replace(",", ".")), _plain(found[2])
    months = number * 12 if unit in _YEARS else number if unit in _MONTHS else Decimal("NaN")
    return int(months) if months == months.to_integral_value() and 0 < months <= 600 else None


def months_later(day: date, months: int) -> date:
    """The day before the same day so many months later: a year from 1 January ends on 31 December."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last)) - timedelta(days=1)
