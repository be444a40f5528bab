"""What several portals show of a call: where it stands in time, what happened to it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from grants.calls.models import Call, CallState
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import N_, Text
from grants.core.types import Money


@dataclass(frozen=True)
class Milestone:
    """A date of a call; `at` is "done", "now" or "todo"."""

    label: Text
    when: datetime
    at: str


@dataclass(frozen=True)
class Notice:
    """Something announced on the page of a call."""

    extended: bool
    reason: str
    on: datetime
    until: datetime | None


def milestones(call: Call) -> list[Milestone]:
    """The dates of a call in the cluster's zone; the first to come is the one that counts now."""
    zone = call.fund.cluster.zone
    dated = [
        (N_("Opens"), call.opens_at),
        (N_("Questions until"), call.questions_until),
        (N_("Closes"), call.closes_at),
        (N_("Reviews due"), call.reviews_due_at),
    ]
    found: list[Milestone] = []
    for label, when in dated:
        if when is None:
            continue
        waiting = any(one.at != "done" for one in found)
        at = "done" if when <= now() else "todo" if waiting else "now"
        found.append(Milestone(label, when.astimezone(zone), at))
    return found


def notices(call: Call) -> list[Notice]:
    """Extensions and the cancellation, newest first; one query."""
    wanted = select(Event).where(Event.subject_id == call.id, Event.name.in_(["call.extend", "call.cancel"]))
    zone = call.fund.cluster.zone
    found = []
    for event in db.session.scalars(wanted.order_by(Event.at.desc())):
        until = event.after.get("closes_at")
        found.append(
            Notice(
                event.name == "call.extend",
                event.reason or "",
                event.at.astimezone(zone),
                datetime.fromisoformat(until).astimezone(zone) if until else None,
            )
        )
    return found


def total(call: Call) -> Money:
    """All envelopes of a call, which must be loaded."""
    return Money(sum(one.amount_minor for one in call.envelopes), call.currency)


def when(call: Call, name: str) -> datetime | None:
    """One date of a call in its cluster's zone."""
    value: datetime | None = getattr(call, name)
    return value.astimezone(call.fund.cluster.zone) if value else None


def soonest_first(calls: Any) -> list[tuple[Text, list[Call]]]:
    """Calls as visitors look for them: open, opening soon, then those that no longer take applications."""
    groups = [
        (N_("Open now"), {CallState.OPEN}),
        (N_("Opening soon"), {CallState.PUBLISHED}),
        (N_("Being evaluated"), {CallState.CLOSED, CallState.EVALUATING}),
        (N_("Results announced"), {CallState.DECIDED, CallState.ARCHIVED, CallState.CANCELLED}),
    ]
    return [(label, found) for label, states in groups if (found := [one for one in calls if one.state in states])]
