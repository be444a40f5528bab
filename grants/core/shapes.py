"""Frozen dataclasses of plain values as JSON, and back: exactly the same, or ValueError.

Values may be text, whole numbers, booleans, dates, Money, enums, and tuples of them; a field that is None is left out.
"""

import hashlib
import json
import types
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from grants.core.types import Money


def to_json(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case Money():
            return [value.minor, value.currency]
        case date():
            return value.isoformat()
        case tuple():
            return [to_json(one) for one in value]
        case _ if is_dataclass(value):
            given = {one.name: getattr(value, one.name) for one in fields(value)}
            return {name: to_json(one) for name, one in given.items() if one is not None}
    return value


def from_json(shape: Any, data: Any) -> Any:
    """A value of this type; raises ValueError for anything else, unknown names included."""
    if get_origin(shape) in {Union, types.UnionType}:
        if data is None:
            return None
        shape = next(one for one in get_args(shape) if one is not type(None))
    if get_origin(shape) is tuple:
        return tuple(from_json(get_args(shape)[0], one) for one in _a(list, data))
    if shape is Money:
        minor, currency = _a(list, data)
        return Money(_a(int, minor), _a(str, currency))
    if isinstance(shape, type) and issubclass(shape, Enum):
        return shape(data)
    if shape is date:
        return date.fromisoformat(_a(str, data))
    if is_dataclass(shape):
        hints = get_type_hints(shape)
        known = {one.name for one in fields(shape)}
        if unknown := _a(dict, data).keys() - known:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        try:
            return shape(**{name: from_json(hints[name], one) for name, one in data.items()})  # type: ignore[operator]
        except TypeError as error:
            raise ValueError(str(error)) from error
    return _a(shape, data)


def digest(values: dict[str, Any]) -> str:
    """The SHA-256, in hexadecimal, of the canonical JSON of plain values, in UTF-8."""
    return hashlib.sha256(canonical(values).encode("utf-8", "surrogatepass")).hexdigest()


def canonical(values: dict[str, Any]) -> str:
    """One way to write these plain values as JSON.

    Keys sorted, no space between tokens, characters beyond ASCII as they are (RFC 8785, for no floating-point number
    occurs).
    """
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def _a(kind: type, data: Any) -> Any:
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise ValueError(f"{data!r} is no {kind.__name__}")
    return data
