"""The dates of a call as a file, and a person's own dates at a secret address that calendars ask again and again."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Response, current_app, url_for
from werkzeug.exceptions import NotFound

from grants.calls import policy, queries
from grants.calls.models import Call
from grants.core.i18n import N_, Reader, Text, plain, render
from grants.core.policy import anyone
from grants.people.feeds import owner_of
from grants.people.models import Person
from grants.reports.dates import Dated, Kind, dates_of
from grants.web.access import access
from grants.web.calendar import Entry, answered, calendar
from grants.web.language import current_reader
from grants.web.public import portal

PAGES = {  # where each kind of date is dealt with, and the name of its argument
    Kind.CLOSES: ("public.call", "id"),
    Kind.QUESTIONS: ("public.call", "id"),
    Kind.COMPLETION: ("applicant.application", "application_id"),
    Kind.CLARIFICATION: ("applicant.application", "application_id"),
    Kind.APPEAL: ("applicant.application", "application_id"),
    Kind.REVIEWS: ("reviewer.reviews", None),
    Kind.INSTALMENT: ("applicant.agreement", "id"),
    Kind.MILESTONE: ("applicant.milestone", "id"),
    Kind.ENDS: ("applicant.agreement", "id"),
}


@portal.get("/calls/<uuid:id>/deadlines.ics")
@access(policy.view, queries.call)
def call_dates(user: Person, call: Call) -> Response:
    """The opening, the end of questions and the closing, for any calendar."""
    cluster, reader = call.fund.cluster, current_reader()
    dated = [
        ("opens", call.opens_at, N_("Opens: %(call)s", call=call.title)),
        (Kind.QUESTIONS, call.questions_until, N_("Questions until: %(call)s", call=call.title)),
        (Kind.CLOSES, call.closes_at, N_("Closes: %(call)s", call=call.title)),
    ]
    spoken = Reader(reader.language, cluster.country, cluster.timezone)
    found = [
        Dated(Kind.CLOSES, f"{name}-{call.id}", at, title, call.id, call.version, cluster.country, cluster.timezone)
        for name, at, title in dated
        if at is not None
    ]
    return answered(calendar([_entry(one, reader.language) for one in found], plain(call.title, spoken)), call.code)


@portal.get("/calendar/<token>.ics")
@access(anyone)
def feed(user: Person, token: str) -> Response:
    """Whoever holds the address reads the dates, nothing else; an address that opens nothing is not found."""
    person = owner_of(token)
    if person is None:
        raise NotFound
    language = person.locale or "fr"
    entries = [_entry(one, language) for one in dates_of(person)]
    response = answered(calendar(entries, render(N_("My dates at Tamwil"), Reader(language))), "tamwil")
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _entry(dated: Dated, language: str) -> Entry:
    reader = Reader(language, dated.country, dated.zone)
    about: Text = N_("On %(when)s.", when=dated.at)
    title, said = render(dated.title, reader), render(about, reader)
    return Entry(f"{dated.key}@{_host()}", dated.at, title, said, _page(dated.kind, dated.subject_id), dated.revision)


def _base() -> str:
    return str(current_app.extensions["settings"].base_url).rstrip("/")


def _host() -> str:
    """Part of every UID, so it comes from the settings: the same behind every name of the server."""
    return urlsplit(_base()).hostname or "localhost"


def _page(kind: Kind, subject_id: UUID) -> str:
    endpoint, name = PAGES[kind]
    values: dict[str, Any] = {name: subject_id} if name else {}
    return _base() + url_for(endpoint, **values)
