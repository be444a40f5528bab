"""What a column of a file seems to hold, from a sample of its cells."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from grants.awards.import_values import CODES, SIGNS, Dates, bare_amount, currency_in, duration_months
from grants.core.sheets.reading import Cell, ErrorCell

SAMPLE = 150


@dataclass(frozen=True)
class Column:
    """Shares from 0 to 1: of all cells the filled ones, of the filled ones what they can be read as. `length` is the
    mean number of characters, `small` whether the numbers look like counts, `days` the numbers that may be dates,
    `counter` whether the rows are merely numbered."""

    filled: float = 0
    amounts: float = 0
    dates: float = 0
    days: float = 0
    currencies: float = 0
    durations: float = 0
    texts: float = 0
    unique: float = 0
    length: float = 0
    small: bool = False
    counter: bool = False


def describe(cells: Sequence[Cell]) -> Column:
    """Count what the cells could be; an empty column is all zeros."""
    said = [cell for cell in cells if cell is not None and not isinstance(cell, ErrorCell)]
    if not said:
        return Column()
    every = [str(cell).strip() for cell in said]
    filled, unique, counter = len(said) / len(cells), len(set(every)) / len(said), _counts(every)
    said = said[:: max(len(said) // SAMPLE, 1)]  # kinds show in a part of them
    many, texts = len(said), [str(cell).strip() for cell in said]
    numbers = [number for cell in said if (number := _number(cell)) is not None]
    dates = sum(_is_date(cell) for cell in said)
    plain = [isinstance(cell, str) and _number(cell) is None and not _is_date(cell) for cell in said]
    return Column(
        filled=filled,
        amounts=sum(number > 0 for number in numbers) / many,
        dates=dates / many,
        days=sum(number == int(number) and 25_000 < number < 60_000 for number in numbers) / many * (dates > 0),
        currencies=sum(text.upper() in CODES or text in SIGNS for text in texts) / many,
        durations=sum((months := duration_months(cell)) is not None and months <= 180 for cell in said) / many,
        texts=sum(plain) / many,
        unique=unique,
        length=sum(map(len, texts)) / many,
        small=bool(numbers) and max(numbers) <= 150,
        counter=counter,
    )


def _counts(texts: Sequence[str]) -> bool:
    """1, 2, 3 … down the column: the number of the row, not of the award."""
    if len(texts) < 3 or not all(text.isdecimal() and len(text) < 8 for text in texts):
        return False
    numbers = [int(text) for text in texts]
    return numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _number(cell: Cell) -> float | None:
    if isinstance(cell, bool | datetime):
        return None
    if isinstance(cell, int | float):
        return float(cell) if cell == cell and abs(cell) < 1e15 else None
    text = str(cell)
    bare, sign = bare_amount(text), currency_in(text)
    if not re.fullmatch(r"[0-9]([0-9.,'’]*[0-9])?", bare) or (len(bare) > 1 and bare[0] == "0" and bare.isdigit()):
        return None
    digits = re.sub(r"[^0-9]", "", bare)
    return float(digits) if sign or len(digits) < 13 else None


def _is_date(cell: Cell) -> bool:
    return isinstance(cell, datetime) or (isinstance(cell, str) and Dates().looks(cell))
