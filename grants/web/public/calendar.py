"""Dates as iCalendar (RFC 5545): moments in UTC, lines folded at 75 octets, text escaped."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from grants.core.clock import now

STAMP = "%Y%m%dT%H%M%SZ"
WIDEST = 74  # octets in a line before it is folded, its line end not counted


@dataclass(frozen=True)
class Entry:
    """One moment. `revision` grows with every change, so that calendars replace what they hold under `uid`."""

    uid: str
    at: datetime
    title: str
    url: str
    revision: int = 0


def calendar(entries: Iterable[Entry]) -> str:
    """The entries as one calendar. Each reminds a day before."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tamwil//Deadlines//EN", "CALSCALE:GREGORIAN"]
    for one in entries:
        at = one.at.astimezone(UTC).strftime(STAMP)
        lines += [
            "BEGIN:VEVENT",
            f"UID:{one.uid}",
            f"DTSTAMP:{now().strftime(STAMP)}",
            f"SEQUENCE:{one.revision}",
            f"DTSTART:{at}",
            f"DTEND:{at}",
            f"SUMMARY:{_escaped(one.title)}",
            f"URL:{one.url}",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"DESCRIPTION:{_escaped(one.title)}",
            "TRIGGER:-P1D",
            "END:VALARM",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _escaped(text: str) -> str:
    """Commas, semicolons, backslashes and line ends mean something in iCalendar."""
    for mark in "\\;,":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Pieces of at most 75 octets, never cutting a character in two; continuations begin with a space."""
    piece, room = "", WIDEST
    for character in line:
        size = len(character.encode())
        if size > room:
            yield piece
            piece, room = " ", WIDEST - 1
        piece, room = piece + character, room - size
    yield piece
