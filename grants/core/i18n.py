"""Words, numbers and dates in the reader's language. Knows no web framework.

    N_("“%(call)s” closed on %(when)s.", call=call.title, when=call.closes_at)     a sentence, not yet translated
    N_n("%(n)s file is missing.", "%(n)s files are missing.", count)               one that counts
    Words(fr="Santé numérique", ar="الصحة الرقمية")                                 what people typed, per language
    render(text, Reader("ar", "DZ", "Africa/Algiers"))                             the sentence, at last

An argument may be Money, a date, an aware datetime, Words, another Text, an Enum with a `label`, a number or a str.
A datetime is shown in its own zone when it has a named one (`moment.astimezone(ZoneInfo(zone))`), else in the
reader's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, get_timezone_location
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import get_currency_precision
from babel.support import NullTranslations, Translations

LANGUAGES = ("fr", "ar", "en")
NATIVE_NAMES = {"fr": "Français", "ar": "العربية", "en": "English"}
RIGHT_TO_LEFT = frozenset({"ar"})
CATALOGUES = Path(__file__).parent.parent / "translations"
NBSP = "\u00a0"
MINUS = "\u2212"
ARABIC_CURRENCIES = {"MAD": "درهم", "DZD": "دج", "EUR": "يورو"}  # elsewhere, and in fr and en, the ISO code


@dataclass(frozen=True)
class Reader:
    """Who reads: language (fr, ar, en), country whose month names are used, zone in which times are shown."""

    language: str = "fr"
    country: str = "MA"
    zone: str = "Africa/Casablanca"

    @classmethod
    def of(cls, spec: "Reader | str | Locale") -> "Reader":
        """From a Reader, or from "fr", "ar_DZ", a Babel Locale; an unknown language reads French."""
        if isinstance(spec, Reader):
            return spec
        language, _, country = str(spec).replace("-", "_").partition("_")
        return cls(language if language in LANGUAGES else "fr", country.upper()[:2] or cls.country)

    @property
    def direction(self) -> str:
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"

    @property
    def cldr(self) -> str:
        """The CLDR locale for names of months and cities. Countries name months differently in Arabic only."""
        if self.language == "ar":
            return f"ar_{self.country}" if self.country in {"MA", "DZ", "TN", "LY", "MR", "EG"} else "ar"
        return "en_GB" if self.language == "en" else "fr"


ENGLISH = Reader("en")


class Amount:
    """What Money looks like from here: minor units and an ISO 4217 code."""

    minor: int
    currency: str


# --- what people typed, and what we wrote ---------------------------------------------------------------------


class Words(Mapping[str, str]):
    """One text in up to three languages, as people typed it: an immutable, hashable mapping of language to text.

    Only languages that hold something are kept; unknown languages raise ValueError.
    """

    __slots__ = ("_texts",)
    _texts: tuple[tuple[str, str], ...]

    def __init__(self, texts: Mapping[str, str] | None = None, /, **by_language: str) -> None:
        given = {**(texts or {}), **by_language}
        if unknown := given.keys() - set(LANGUAGES):
            raise ValueError(f"unknown languages: {', '.join(sorted(unknown))}")
        object.__setattr__(self, "_texts", tuple((one, given[one]) for one in LANGUAGES if given.get(one)))

    def language_for(self, reader: "Reader | str") -> str:
        """The language `in_` will answer in: the reader's, else French, English, Arabic."""
        wanted = Reader.of(reader).language
        return next((one for one in (wanted, "fr", "en", "ar") if one in self), wanted)

    def in_(self, reader: "Reader | str") -> str:
        return self.get(self.language_for(reader), "")

    def __getitem__(self, language: str) -> str:
        return dict(self._texts)[language]

    def __iter__(self) -> Iterator[str]:
        return (language for language, _ in self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("Words are immutable")

    def __reduce__(self) -> tuple[Any, ...]:
        return Words, (dict(self),)

    def __hash__(self) -> int:
        return hash(self._texts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Words) and self._texts == other._texts

    def __repr__(self) -> str:
        return f"Words({dict(self)!r})"

    def __str__(self) -> str:
        return self.in_("fr")


@dataclass(frozen=True)
class Text:
    """A sentence of ours, not yet translated: a message id (the English sentence) and its named arguments."""

    id: str
    args: Mapping[str, Any] = field(default_factory=dict, hash=False)
    plural: str | None = None
    n: int | None = None

    def __bool__(self) -> bool:
        return bool(self.id)

    def __str__(self) -> str:
        return render(self, ENGLISH)


def N_(id: str, /, **args: Any) -> Text:
    return Text(id, args)


def N_n(singular: str, plural: str, n: int, /, **args: Any) -> Text:
    """A sentence that counts; `%(n)s` in it is the number, written for the reader."""
    return Text(singular, args, plural, n)


@lru_cache(maxsize=8)
def catalogue(language: str) -> NullTranslations:
    """The translations into one language, compiled in memory from its .po file; fuzzy entries are left out."""
    path = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def translate(text: Text, reader: Reader | str) -> tuple[str, str, dict[str, Any]]:
    """The sentence in the reader's language with its placeholders still open, the English one, and the arguments."""
    if not text.id:
        return "", "", {}
    found = catalogue(Reader.of(reader).language)
    if text.plural is None or text.n is None:
        return str(found.ugettext(text.id)), text.id, dict(text.args)
    args = {"n": text.n, "num": text.n, **text.args}
    source = text.id if text.n == 1 else text.plural
    return str(found.ungettext(text.id, text.plural, text.n)), source, args


def render(text: Text | str, reader: Reader | str) -> str:
    """The sentence as plain text in the reader's language, arguments written by `plain`."""
    if not isinstance(text, Text):
        return str(text)
    sentence, source, args = translate(text, reader)
    if not args:
        return sentence
    shown = {name: plain(value, reader) for name, value in args.items()}
    try:
        return sentence % shown
    except (KeyError, ValueError, TypeError):  # a translator's slip must not take the page down
        return source % shown


def plain(value: Any, reader: Reader | str) -> str:
    """Any value of ours as plain text for this reader."""
    reader = Reader.of(reader)
    match value:
        case Text():
            return render(value, reader)
        case Words():
            return value.in_(reader)
        case Enum() if hasattr(value, "label"):
            label = value.label() if callable(value.label) else value.label
            return plain(label, reader)
        case str() | bool():
            return str(value)
        case int() | float() | Decimal():
            return number(value, reader)
        case datetime():
            return moment(value, reader)
        case date():
            return day(value, reader)
        case Amount():
            return money(value, reader)
    return str(value)


# --- numbers --------------------------------------------------------------------------------------------------


def number(value: int | float | Decimal, reader: Reader | str, places: int | None = None) -> str:
    """Latin digits, groups kept together by NBSP in every language, comma (fr, ar) or point (en) for decimals.

    `places` fixes the number of decimals (half away from zero); without it the value is written as it is.
    """
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    if places is not None:
        exact = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    whole, _, rest = f"{abs(exact):f}".partition(".")
    if places is None:
        rest = rest.rstrip("0")
    mark = "." if Reader.of(reader).language == "en" else ","
    sign = MINUS if exact < 0 else ""
    return sign + f"{int(whole):,}".replace(",", NBSP) + (mark + rest if rest else "")


def precision(currency: str) -> int:
    """Decimals of a currency (MAD 2, DZD 2, XOF 0)."""
    return int(get_currency_precision(currency))


def amount(value: Amount, reader: Reader | str, exact: bool = False) -> str:
    """The figure of an amount without its currency; whole amounts show no decimals unless `exact`."""
    places = precision(value.currency)
    whole = value.minor % 10**places == 0
    return number(Decimal(value.minor).scaleb(-places), reader, 0 if whole and not exact else places)


def currency(code: str, reader: Reader | str) -> str:
    """How a currency is written beside an amount: its ISO code, or its usual Arabic word."""
    return ARABIC_CURRENCIES.get(code, code) if Reader.of(reader).language == "ar" else code


def money(value: Amount, reader: Reader | str, exact: bool = False) -> str:
    return f"{amount(value, reader, exact)}{NBSP}{currency(value.currency, reader)}"


def percent(value: int | float | Decimal, reader: Reader | str, places: int | None = None) -> str:
    """A percentage given as 0–100. French puts a space before the sign."""
    space = NBSP if Reader.of(reader).language == "fr" else ""
    return f"{number(value, reader, places)}{space}%"


def filesize(octets: int, reader: Reader | str) -> str:
    """Decimal units, one place from the megabyte on: 2,8 Mo, 2.8 MB."""
    reader = Reader.of(reader)
    units = {"fr": ("o", "ko", "Mo", "Go"), "ar": ("بايت", "ك.ب", "م.ب", "ج.ب"), "en": ("B", "kB", "MB", "GB")}
    size, power = Decimal(octets), 0
    while size >= 1000 and power < 3:
        size, power = size / 1000, power + 1
    written = number(size.quantize(Decimal(1 if power < 2 else "0.1"), ROUND_HALF_UP), reader)
    return f"{written}{NBSP}{units[reader.language][power]}"


# --- dates and times ------------------------------------------------------------------------------------------


def day(value: date, reader: Reader | str, style: str = "long") -> str:
    """A date, month in words. Styles: full (with weekday), long, short (no year), month (with year), mon (alone)."""
    reader = Reader.of(reader)
    patterns = {"long": "d MMMM y", "short": "d MMM", "month": "MMMM y", "mon": "MMM", "full": "EEEE d MMMM y"}
    written = _formatted(value, patterns[style], reader.cldr)
    return written.replace("1 ", "1er ", 1) if _first_of_the_month(value, reader, style) else written


@lru_cache(maxsize=4096)
def _formatted(value: date, pattern: str, locale: str) -> str:
    """Babel takes a fifth of a millisecond a date; a list shows the same few over and over."""
    return format_date(value, pattern, locale=locale)


def _first_of_the_month(value: date, reader: Reader, style: str) -> bool:
    return reader.language == "fr" and value.day == 1 and style in {"long", "short"}


def local(value: datetime, reader: Reader | str) -> datetime:
    """The moment on the clock it is shown by: its own named zone, else the reader's. A naive one raises ValueError."""
    if value.tzinfo is None:
        raise ValueError("naive datetime")
    named = isinstance(value.tzinfo, ZoneInfo) and value.tzinfo.key not in {"UTC", "Etc/UTC"}
    return value if named else value.astimezone(ZoneInfo(Reader.of(reader).zone))


def clock_time(value: datetime, reader: Reader | str) -> str:
    """Hours and minutes, 24 h."""
    return f"{local(value, reader):%H:%M}"


def moment(value: datetime, reader: Reader | str, style: str = "long", with_zone: bool = True) -> str:
    """6 décembre 2026, 23:59 (heure de Casablanca)."""
    reader = Reader.of(reader)
    there = local(value, reader)
    comma = "،" if reader.language == "ar" else ","
    written = f"{day(there.date(), reader, style)}{comma} {there:%H:%M}"
    if not with_zone:
        return written
    return f"{written} ({zone_name(str(there.tzinfo) if there.tzinfo is not UTC else 'UTC', reader)})"


@lru_cache(maxsize=256)
def _city(zone: str, locale: str) -> str:
    return get_timezone_location(ZoneInfo(zone), locale=locale, return_city=True)


def zone_name(zone: str, reader: Reader | str) -> str:
    """A time zone by its city: heure de Casablanca, Casablanca time, توقيت الدار البيضاء."""
    reader = Reader.of(reader)
    if zone in {"UTC", "Etc/UTC"}:
        return "UTC"
    city = _city(zone, reader.cldr)
    if reader.language == "ar":
        return f"توقيت {city}"
    if reader.language == "en":
        return f"{city} time"
    if city.startswith("Le "):
        return f"heure du {city.removeprefix('Le ')}"
    return f"heure d’{city}" if city[0] in "AEÉÈIOUYH" else f"heure de {city}"
