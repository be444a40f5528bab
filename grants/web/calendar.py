"""Dates as iCalendar (RFC 5545). Moments are written in UTC, which every calendar shows by its own clock.

A wall time with its zone could not say which 02:30 is meant in the night the clocks go back (Casablanca, at the
beginning of Ramadan), and would be read by the calendar's own table of zones, perhaps older than the last decree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Response
from icalendar import Alarm, Calendar, Event

from grants.core.clock import now

A_DAY_BEFORE = timedelta(days=-1)
ASK_AGAIN = timedelta(hours=6)


@dataclass(frozen=True)
class Entry:
    """A moment, or a whole day. `revision` grows with every change, so that calendars replace what `uid` held.

    `about` says the time by the clock that counts, with its zone named.
    """

    uid: str
    at: datetime | date
    title: str
    about: str
    url: str
    revision: int = 0


def calendar(entries: Iterable[Entry], name: str) -> bytes:
    """The entries as one calendar of this name. Each reminds a day before and leaves the time free."""
    made = Calendar()
    made.add("prodid", "-//Tamwil//Dates//EN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name)
    made.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", "PT6H")
    for one in entries:
        made.add_component(_event(one))
    written: bytes = made.to_ical()
    return written


def _event(entry: Entry) -> Any:
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", now())
    event.add("sequence", entry.revision)
    event.add("dtstart", entry.at.astimezone(UTC) if isinstance(entry.at, datetime) else entry.at)
    event.add("summary", entry.title)
    event.add("description", entry.about)
    event.add("url", entry.url)
    event.add("transp", "TRANSPARENT")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", entry.title)
    alarm.add("trigger", A_DAY_BEFORE)
    event.add_component(alarm)
    return event


def answered(content: bytes, filename: str) -> Response:
    """The calendar as a file that a browser hands to the calendar it knows."""
    response = Response(content, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}.ics"'
    return response
