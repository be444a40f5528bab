"""How two texts differ, word by word; and two texts that grew from one, put together.

A word is what stands between white space, in any script. The comparison stops looking for the smallest answer after a
moment, so that no text, however long or hostile, holds a page up; what it answers is always right.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from diff_match_patch import diff_match_patch

PATIENCE = 0.3  # seconds for one comparison
AROUND = 12  # words kept on each side of a change in an excerpt
SURROGATES = range(0xD800, 0xE000)


class Kind(StrEnum):
    SAME = "same"
    GONE = "gone"
    NEW = "new"
    CUT = "cut"  # of an excerpt: words left out, the same in both


class Piece(NamedTuple):
    """A run of words: in both texts, only in the old one, only in the new one."""

    kind: Kind
    text: str


class Merged(NamedTuple):
    """Both texts in one. `doubts`: places where both had changed the same words; there, one follows the other."""

    text: str
    doubts: int


class Edit(NamedTuple):
    """In the place of the words from `start` up to `end`, these."""

    start: int
    end: int
    words: list[str]


def words(text: str) -> list[str]:
    """Words and the white space between them; joined, they are the text."""
    return re.findall(r"\S+|\s+", text)


def difference(old: str, new: str, patience: float = PATIENCE) -> list[Piece]:
    """From the old text to the new one. SAME and GONE joined are the old text, SAME and NEW joined the new one."""
    return [Piece(kind, "".join(run)) for kind, run in _compare(words(old), words(new), patience)]


def old_side(pieces: Iterable[Piece]) -> list[Piece]:
    return [one for one in pieces if one.kind != Kind.NEW]


def new_side(pieces: Iterable[Piece]) -> list[Piece]:
    return [one for one in pieces if one.kind != Kind.GONE]


def excerpt(pieces: Sequence[Piece], around: int = AROUND) -> list[Piece]:
    """The changes with a few words around each; what is left out is a CUT piece."""
    short: list[Piece] = []
    for place, one in enumerate(pieces):
        run = words(one.text)
        head = 0 if place == 0 else 2 * around
        tail = 0 if place == len(pieces) - 1 else 2 * around
        if one.kind != Kind.SAME or len(run) <= head + tail + around:
            short.append(one)
            continue
        if head:
            short.append(Piece(Kind.SAME, "".join(run[:head])))
        short.append(Piece(Kind.CUT, "…"))
        if tail:
            short.append(Piece(Kind.SAME, "".join(run[-tail:])))
    return short


def merge(base: str, mine: str, theirs: str) -> Merged:
    """Two texts that both began as `base`. Nothing that either wrote is left out."""
    start = words(base)
    edits = [(edit, 0) for edit in _edits(start, words(mine))] + [(edit, 1) for edit in _edits(start, words(theirs))]
    made: list[str] = []
    here = doubts = 0
    for low, high, sides in _places(sorted(edits, key=lambda one: (one[0].start, one[0].end, one[1]))):
        made += start[here:low]
        said = [_applied(start, low, high, side) for side in sides]
        was = start[low:high]
        if said[0] == said[1] or said[1] == was:
            made += said[0]
        elif said[0] == was:
            made += said[1]
        else:
            doubts += 1
            made += [*said[0], *([] if not said[0] or said[0][-1].isspace() else [" "]), *said[1]]
        here = high
    return Merged("".join([*made, *start[here:]]), doubts)


def _compare(old: Sequence[str], new: Sequence[str], patience: float = PATIENCE) -> Iterator[tuple[Kind, list[str]]]:
    """Each word becomes one character, so that the comparison of characters compares words."""
    known: dict[str, str] = {}
    for word in (*old, *new):
        known.setdefault(word, _character(len(known)))
    spelt = {character: word for word, character in known.items()}
    compare = diff_match_patch()
    compare.Diff_Timeout = patience
    found = compare.diff_main("".join(known[one] for one in old), "".join(known[one] for one in new), False)
    compare.diff_cleanupSemantic(found)
    for sign, run in found:
        yield (Kind.SAME, Kind.NEW, Kind.GONE)[sign], [spelt[one] for one in run]


def _character(n: int) -> str:
    n += 1
    return chr(n if n < SURROGATES.start else n + len(SURROGATES))


def _edits(base: Sequence[str], text: Sequence[str]) -> list[Edit]:
    """What was done to the base, place by place."""
    found: list[Edit] = []
    here = 0
    for kind, run in _compare(base, text):
        if kind is Kind.SAME:
            here += len(run)
            continue
        before = found.pop() if found and found[-1].end == here else Edit(here, here, [])
        gone = len(run) if kind is Kind.GONE else 0
        found.append(Edit(before.start, here + gone, before.words + (run if kind is Kind.NEW else [])))
        here += gone
    return found


def _places(edits: Sequence[tuple[Edit, int]]) -> Iterator[tuple[int, int, tuple[list[Edit], list[Edit]]]]:
    """Places of the base that were changed, with what each side did there; edits that touch are one place."""
    waiting: tuple[list[Edit], list[Edit]] = ([], [])
    low = high = -1
    for edit, side in edits:
        if high >= edit.start:
            high = max(high, edit.end)
        else:
            if high >= 0:
                yield low, high, waiting
            waiting, low, high = ([], []), edit.start, edit.end
        waiting[side].append(edit)
    if high >= 0:
        yield low, high, waiting


def _applied(base: Sequence[str], low: int, high: int, edits: Sequence[Edit]) -> list[str]:
    """The base from `low` up to `high` with these edits done."""
    made: list[str] = []
    for edit in edits:
        made += [*base[low : edit.start], *edit.words]
        low = edit.end
    return [*made, *base[low:high]]
