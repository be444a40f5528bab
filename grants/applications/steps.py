"""The saves inside one version: how to go back from each to the one before, a few octets each.

A page that was opened between two of them must know what it began with, or two people's texts cannot be put together.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from diff_match_patch import diff_match_patch

MOST = 200  # saves of one version that are kept; about an hour of writing

MUCH = 200  # characters of a text that are gone
LITTLE = 20  # fewer are never much, whatever part of the text they were

Step = list[Any]  # the number of the save gone back to, and by field what gives its value


def back(part_version: int, old: Mapping[str, Any], new: Mapping[str, Any]) -> Step:
    """From what a section says now to what it said at the save of this number."""
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return [part_version, {name: _undo(old.get(name), new.get(name)) for name in names}]


def takes_away(step: Step) -> bool:
    """Whether the save was the end of much of a text: more than 200 characters of it at once, or more than a third.

    A paragraph of a long text is more than 200 characters; a short text is gone long before that, so a third of it
    counts too. What stands between the first and the last change counts as gone: once too often does no harm.
    """
    return any(gone > MUCH or (gone > LITTLE and 3 * gone > length) for gone, length in map(_gone, step[1].values()))


def found(content: Mapping[str, Any], steps: Sequence[Step], part_version: int) -> dict[str, Any] | None:
    """What the section said at the save of this number; None when it is none of these. Steps are oldest first."""
    said = dict(content)
    for number, undone in reversed(steps):
        said |= {name: _undone(said.get(name), how) for name, how in undone.items()}
        if number == part_version:
            return {name: value for name, value in said.items() if value is not None}
    return None


def _undo(old: Any, new: Any) -> Any:
    """Of a text its changed middle; of a table the same in its JSON; any other value whole, in a mapping."""
    if isinstance(old, str) and isinstance(new, str):
        return _middle(old, new)
    if isinstance(old, list | dict) and isinstance(new, list | dict):
        return {"json": _middle(_written(old), _written(new))}
    return {"was": old}


def _undone(new: Any, how: Any) -> Any:
    if isinstance(how, list):
        return _whole(new, how)
    if "json" in how:
        return json.loads(_whole(_written(new), how["json"]))
    return how["was"]


def _gone(how: Any) -> tuple[int, int]:
    """Of a text or a table: how many characters were replaced, and how many it had."""
    if isinstance(how, dict) and "json" in how:
        how = how["json"]
    if isinstance(how, list):
        head, tail, old = how
        return len(old), head + len(old) + tail
    was = how["was"]
    length = len(was if isinstance(was, str) else _written(was)) if isinstance(was, str | list) else 0
    return length, length


def _middle(old: str, new: str) -> list[Any]:
    """The middle of the old text, with the lengths of what stays before and after it."""
    texts = diff_match_patch()
    head = texts.diff_commonPrefix(old, new)
    tail = texts.diff_commonSuffix(old[head:], new[head:])
    return [head, tail, old[head : len(old) - tail]]


def _whole(new: str, middle: list[Any]) -> str:
    head, tail, old = middle
    return f"{new[:head]}{old}{new[len(new) - tail :]}"


def _written(value: Any) -> str:
    """The same text before and after the database kept the value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
