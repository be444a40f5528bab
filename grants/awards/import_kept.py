"""Sentences and remarks as JSON, to be kept with the import and shown later in whatever language the reader has."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from grants.awards.import_checks import Remark
from grants.core.i18n import Text
from grants.core.types import Money

MOST = 2_000  # remarks kept; the counts beside them are of all


def pack(text: Text) -> dict[str, Any]:
    """A sentence with its arguments; raises TypeError for an argument that no sentence of an import has."""
    return {"id": text.id, "args": {name: _pack(value) for name, value in text.args.items()}}


def unpack(kept: Mapping[str, Any]) -> Text:
    return Text(kept["id"], {name: _unpack(value) for name, value in kept["args"].items()})


def pack_remark(remark: Remark) -> list[Any]:
    return [remark.row, remark.column, remark.heading, pack(remark.text), remark.refused]


def unpack_remark(kept: list[Any]) -> Remark:
    row, column, heading, text, refused = kept
    return Remark(row, column, heading, unpack(text), refused)


def _pack(value: Any) -> Any:
    match value:
        case str() | int():
            return value
        case Decimal():
            return ["number", str(value)]
        case date():
            return ["day", value.isoformat()]
        case Money():
            return ["money", value.minor, value.currency]
        case Text():
            return ["text", pack(value)]
    raise TypeError(type(value).__name__)


def _unpack(kept: Any) -> Any:
    match kept:
        case ["number", str(digits)]:
            return Decimal(digits)
        case ["day", str(day)]:
            return date.fromisoformat(day)
        case ["money", int(minor), str(currency)]:
            return Money(minor, currency)
        case ["text", dict(text)]:
            return unpack(text)
    return kept
