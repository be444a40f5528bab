"""Until when an application is taken. The moment that counts is when the request entered the server."""

from datetime import datetime, timedelta

from grants.applications.models import Application, ApplicationState
from grants.calls.models import Call, CallState
from grants.core.clock import arrival
from grants.core.i18n import N_n, Text

TAKING = frozenset(
    {CallState.PUBLISHED, CallState.OPEN, CallState.CLOSED}
)  # closed: by the clock, perhaps a moment ago
_grace = timedelta()


def allow_grace(minutes: int) -> None:
    """Minutes after closing during which a submission still counts (the setting `grace_minutes`)."""
    global _grace
    _grace = timedelta(minutes=minutes)


def grace() -> timedelta:
    """How long after the closing, or after the date given to complete a file, a submission still counts."""
    return _grace


def grace_said() -> Text | None:
    """The grace in words; None when there is none."""
    if not _grace:
        return None
    minutes = _grace // timedelta(minutes=1)
    return N_n(
        "What arrives up to %(n)s minute later still counts.",
        "What arrives up to %(n)s minutes later still counts.",
        minutes,
    )


def is_taking(call: Call) -> bool:
    """Whether the call takes an application that enters the server now."""
    if call.state not in TAKING or call.opens_at is None or call.closes_at is None:
        return False
    return call.opens_at <= arrival() <= call.closes_at + _grace


def due_at(application: Application) -> datetime:
    """The last moment announced for this application, in the cluster's zone: the call's closing, or its own date."""
    at = application.call.closes_at
    if application.state == ApplicationState.INCOMPLETE:
        at = application.completion_due_at
    assert at is not None  # noqa: S101 - a published call has its dates, an incomplete file its own (CHECKs)
    return at.astimezone(application.call.fund.cluster.zone)


def in_time(application: Application) -> bool:
    """Whether what enters the server now may still be submitted; a file to be completed has a date of its own."""
    if application.state == ApplicationState.INCOMPLETE:
        return application.call.state != CallState.CANCELLED and arrival() <= due_at(application) + _grace
    return is_taking(application.call)
