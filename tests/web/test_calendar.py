"""Dates for calendars: a call's own file, and everything that concerns a person at a secret address."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import text

from grants.applications.models import ApplicationState, PartnerState
from grants.awards.models import AgreementState
from grants.calls.models import CallState
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import Words
from grants.people import feeds
from grants.people.models import Right
from grants.reports.dates import dates_of
from tests.applications.test_partner_policy import partner_in
from tests.factories import (
    AgreementFactory,
    ApplicationFactory,
    AwardFactory,
    CallFactory,
    InstalmentFactory,
    MembershipFactory,
    PersonFactory,
    ReviewFactory,
    submitted,
)

CASABLANCA = ZoneInfo("Africa/Casablanca")


def events(answer):
    assert answer.status_code == 200 and answer.mimetype == "text/calendar"
    assert max(len(line) for line in answer.data.split(b"\r\n")) <= 75
    read = Calendar.from_ical(answer.data)
    assert read.errors == []
    return {str(one["uid"]).split("@")[0]: one for one in read.walk("VEVENT")}


def feed_of(client, person):
    """The dates as a calendar program gets them: no cookie, only the address."""
    token = feeds.renew_feed(person, actor=person)
    return client.application.test_client().get(f"/calendar/{token}.ics")


@pytest.fixture
def person(app):
    return PersonFactory(locale="en")


@pytest.fixture
def held(person):
    """An organisation the person may only read for: its dates concern them all the same."""
    return MembershipFactory(person=person, right=Right.READER).organisation


def test_the_dates_of_a_call_in_any_language(client, app):
    call = CallFactory(title=Words(fr="Santé; numérique, etc.", ar="الصحة الرقمية"))
    call.questions_until = call.closes_at - timedelta(days=5)
    db.session.flush()
    found = events(client.get(f"/calls/{call.id}/deadlines.ics", headers={"Accept-Language": "ar"}))
    when = {f"opens-{call.id}": call.opens_at, f"questions-{call.id}": call.questions_until}
    when[f"closes-{call.id}"] = call.closes_at
    assert {name: one["dtstart"].dt for name, one in found.items()} == {
        name: at.replace(microsecond=0) for name, at in when.items()
    }
    assert "الصحة الرقمية" in found[f"closes-{call.id}"]["summary"]
    french = events(client.get(f"/calls/{call.id}/deadlines.ics", headers={"Accept-Language": "fr"}))
    assert "Santé; numérique, etc." in french[f"closes-{call.id}"]["summary"]


@pytest.mark.parametrize(
    ("wall", "fold", "offset"),
    [
        (datetime(2027, 2, 6, 23, 59), 0, 1),  # noqa: DTZ001 - a wall time, the day before the clocks go back
        (datetime(2027, 2, 7, 2, 30), 0, 1),  # noqa: DTZ001 - that night 02:30 happens twice …
        (datetime(2027, 2, 7, 2, 30), 1, 0),  # noqa: DTZ001 - … and this is the second
        (datetime(2027, 2, 20, 23, 59), 0, 0),  # noqa: DTZ001 - during Ramadan
        (datetime(2027, 3, 15, 23, 59), 0, 1),  # noqa: DTZ001 - after it
    ],
)
def test_a_moment_is_the_same_on_both_sides_of_ramadan(client, person, held, wall, fold, offset):
    there = wall.replace(tzinfo=CASABLANCA, fold=fold)
    assert there.utcoffset() == timedelta(hours=offset)
    call = CallFactory(closes_at=there.astimezone(UTC), reviews_due_at=there.astimezone(UTC) + timedelta(days=30))
    ApplicationFactory(call=call, organisation=held)
    read = events(feed_of(client, person))[f"closes-{call.id}"]
    assert read["dtstart"].dt == there.astimezone(UTC)
    assert f"{wall:%H:%M} (Casablanca time)" in read["description"]


def test_every_date_that_concerns_a_person_and_no_other(client, person, held):
    due = now() + timedelta(days=9)
    call = CallFactory(questions_until=now() + timedelta(days=3))
    ApplicationFactory(call=call, organisation=held)
    incomplete = ApplicationFactory(
        organisation=held, state=ApplicationState.INCOMPLETE, completion_due_at=due, **submitted()
    )
    reviewed = ApplicationFactory(state=ApplicationState.IN_REVIEW, **submitted())
    ReviewFactory(reviewer=person, application=reviewed)
    agreement = AgreementFactory(
        award=AwardFactory(application=ApplicationFactory(organisation=held)),
        state=AgreementState.AWAITING_SIGNATURE,
        ends_on=date(2028, 6, 30),
    )
    first = InstalmentFactory(agreement=agreement, due_on=date(2027, 4, 15))
    second = InstalmentFactory(agreement=agreement, position=2, due_on=date(2027, 10, 15))
    ApplicationFactory(call=CallFactory(state=CallState.CANCELLED), organisation=held)  # nothing left to do
    ApplicationFactory(organisation=held, state=ApplicationState.SUBMITTED, **submitted())
    ApplicationFactory()  # somebody else's
    ReviewFactory()
    AgreementFactory(award=AwardFactory(), state=AgreementState.AWAITING_SIGNATURE, ends_on=date(2028, 6, 30))
    AgreementFactory(  # the fund has not sent it yet
        award=AwardFactory(application=ApplicationFactory(organisation=held)), ends_on=date(2029, 1, 1)
    )
    drafts = {one.key for one in dates_of(person) if one.kind == "closes"} - {f"closes-{call.id}"}

    found = events(feed_of(client, person))

    assert found.keys() - drafts == {
        f"closes-{call.id}",
        f"questions-{call.id}",
        f"completion-{incomplete.id}",
        f"reviews-{reviewed.call_id}",
        f"instalment-{first.id}",
        f"instalment-{second.id}",
        f"ends-{agreement.id}",
    }
    assert found[f"instalment-{second.id}"]["dtstart"].dt == date(2027, 10, 15)
    assert found[f"ends-{agreement.id}"]["dtstart"].params["VALUE"] == "DATE"
    assert found[f"completion-{incomplete.id}"]["dtstart"].dt == due.replace(microsecond=0)
    assert str(found[f"completion-{incomplete.id}"]["url"]).endswith(f"/applicant/applications/{incomplete.id}")


def test_a_partner_has_the_closing_of_the_call_until_it_is_over(person, held):
    call = CallFactory()
    lead = ApplicationFactory(call=call)
    partner = partner_in(lead, PartnerState.ACCEPTED, person, 1)
    partner.organisation = held
    db.session.flush()
    assert [one.key for one in dates_of(person)] == [f"closes-{call.id}"]
    partner.state, partner.ended_at = PartnerState.LEFT, now()
    db.session.flush()
    assert dates_of(person) == []


def test_a_date_that_moves_keeps_its_name_and_grows_its_number(client, person, held):
    call = CallFactory()
    ApplicationFactory(call=call, organisation=held)
    before = events(feed_of(client, person))[f"closes-{call.id}"]
    call.closes_at += timedelta(days=7)
    db.session.flush()
    after = events(feed_of(client, person))[f"closes-{call.id}"]
    assert after["uid"] == before["uid"] and after["sequence"] > before["sequence"]
    assert after["dtstart"].dt - before["dtstart"].dt == timedelta(days=7)


def test_the_address_is_shown_once_renewed_and_revoked(client, person, held):
    ApplicationFactory(call=CallFactory(), organisation=held)
    client.login(person)
    outside = client.application.test_client()

    def made():
        assert client.post("/account/calendar/renew").status_code == 303
        page = client.get("/account/calendar").text
        return re.search(r"/calendar/([\w-]{40,})\.ics", page)[1]

    first = made()
    assert first not in client.get("/account/calendar").text
    kept = db.session.scalar(text("SELECT string_agg(to_jsonb(f)::text, '') FROM calendar_feed f"))
    assert first not in kept
    assert events(outside.get(f"/calendar/{first}.ics"))
    second = made()
    assert outside.get(f"/calendar/{first}.ics").status_code == 404
    assert events(outside.get(f"/calendar/{second}.ics"))
    for _ in range(2):
        assert client.post("/account/calendar/revoke").status_code == 303
    assert outside.get(f"/calendar/{second}.ics").status_code == 404


def test_an_address_stops_with_the_account(client, person):
    token = feeds.renew_feed(person, actor=person)
    outside = client.application.test_client()
    assert events(outside.get(f"/calendar/{token}.ics")) == {}
    person.disabled_at = now()
    db.session.flush()
    assert outside.get(f"/calendar/{token}.ics").status_code == 404
    assert outside.get("/calendar/nothing.ics").status_code == 404
    assert outside.get("/calendar/%00.ics").status_code == 404


@pytest.mark.parametrize("rows", [1, 30])
def test_the_feed_costs_the_same_however_many_dates(client, person, held, queries, rows):
    for _ in range(rows):
        ApplicationFactory(call=CallFactory(), organisation=held)
        ReviewFactory(reviewer=person, application=ApplicationFactory(state=ApplicationState.IN_REVIEW, **submitted()))
    token = feeds.renew_feed(person, actor=person)
    outside = client.application.test_client()
    with queries() as seen:
        assert len(events(outside.get(f"/calendar/{token}.ics"))) == 2 * rows
    assert len(seen) <= 7, seen
    client.login(person).get("/account/calendar")
    with queries() as seen:
        client.get("/account/calendar")
    assert len(seen) <= 8, seen
