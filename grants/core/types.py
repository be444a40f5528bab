"""Values the whole product shares: money, time, identity, words in several languages."""

import secrets
import time
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self, overload
from uuid import UUID

from babel.numbers import get_currency_precision
from sqlalchemy import DateTime, Dialect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from grants.core.i18n import Amount, Words


def new_id() -> UUID:
    """UUIDv7: sorts by birth, tells nothing else. Twelve of its bits are the fraction of the millisecond (RFC 9562,
    6.2, method 3), so that what one process makes in one millisecond keeps its order."""
    millis, nanos = divmod(time.time_ns(), 1_000_000)
    fraction = nanos * 4096 // 1_000_000
    return UUID(int=(millis << 80) | (7 << 76) | (fraction << 64) | (0b10 << 62) | secrets.randbits(62))


def sort_key(name: str) -> str:
    """A name without accents, case or doubled spaces, to sort and search by (the embedded server has no ICU)."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join(bare.casefold().split())


def exponent(currency: str) -> int:
    """Digits after the decimal mark, by ISO 4217 as Babel publishes it: MAD 2, DZD 2, XOF 0."""
    return get_currency_precision(currency)


@dataclass(frozen=True)
class Money(Amount):
    """An exact amount: integer minor units of one ISO 4217 currency. Mixing currencies raises ValueError."""

    minor: int
    currency: str

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> Self:
        """From major units; raises ValueError when the amount is finer than the currency."""
        scaled = Decimal(amount).scaleb(exponent(currency))
        if scaled != int(scaled):
            raise ValueError(f"{amount} is finer than {currency} allows")
        return cls(int(scaled), currency)

    @property
    def major(self) -> Decimal:
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def _same(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        return other.minor

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def share(self, hundredths: int) -> "Money":
        """`hundredths` percent of the amount (5 000 is 50 %), rounded down to the minor unit."""
        return Money(self.minor * hundredths // 10_000, self.currency)

    def __str__(self) -> str:
        return f"{self.major:,} {self.currency}"


class MoneyOf:
    """A model's amount: reads and writes `<name>_minor` together with the record's `currency`."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.column = f"{name}_minor"

    @overload
    def __get__(self, record: None, owner: type) -> Self: ...
    @overload
    def __get__(self, record: object, owner: type) -> Any: ...
    def __get__(self, record: object | None, owner: type) -> Any:
        if record is None:
            return self
        minor = getattr(record, self.column)
        return None if minor is None else Money(minor, record.currency)  # type: ignore[attr-defined]

    def __set__(self, record: Any, value: Money | None) -> None:
        if value is not None and record.currency is None:
            record.currency = value.currency
        if value is not None and value.currency != record.currency:
            raise ValueError(f"{value.currency} in a record of {record.currency}")
        setattr(record, self.column, None if value is None else value.minor)


class UTCDateTime(TypeDecorator[datetime]):
    """Aware in, aware out, UTC inside; naive is a bug and raises."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is not None and value.tzinfo is None:
            raise ValueError("naive datetime")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC)  # type: ignore[no-any-return]


class WordsColumn(TypeDecorator[Words]):
    """Text a person typed in one or more languages, kept as a JSON object {language: text}."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: Words | None, dialect: Dialect) -> Any:
        return None if value is None else dict(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Words | None:
        return None if value is None else Words(value)
