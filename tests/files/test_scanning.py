"""A file is scanned before it is kept; kept unscanned when nobody answers, then scanned later; quarantined."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from grants.applications.blockers import blockers
from grants.applications.models import ApplicationState, Document
from grants.core import clock, scans
from grants.core.audit import Event
from grants.core.db import db
from grants.core.scans import Infected, Scan, Verdict
from grants.core.storage import storage
from grants.messages.models import Promise, Status
from tests.applications.ground import draft, ground
from tests.applications.samples import pdf
from tests.factories import submitted
from tests.files.clamd import EICAR, NAME, STREAM_MAX, running
from workflows import outbox
from workflows.scans import promise_scans, tell_quarantine

VIRUS = b"6 0 obj\n<<>>\nstream\n" + EICAR + b"\nendstream\nendobj\n"
BAD, KEPT = pdf("refused", extra=VIRUS), pdf("kept before there was a scanner", extra=VIRUS)


@pytest.fixture
def app(own_app):
    """Verdicts are written on a connection of their own: everything really commits."""
    return own_app


@pytest.fixture
def on(app):
    made = ground()
    db.session.commit()
    return made


@pytest.fixture
def scanner(app, monkeypatch):
    """`scanner(url)` sets the address of the daemon."""

    def setting(url: str) -> None:
        changed = replace(app.extensions["settings"], clamav_url=url)
        monkeypatch.setitem(app.extensions, "settings", changed)

    return setting


@pytest.fixture
def daemon(scanner):
    with running() as (found, url):
        scanner(url)
        yield found


@pytest.fixture
def gone(scanner):
    with running() as (_, url):
        pass
    scanner(url)


def send(client, application, content):
    address = f"/applicant/applications/{application.id}/documents"
    return client.post(address, data={"file": (BytesIO(content), "proposal.pdf")})


def page(client, application):
    return client.get(f"/applicant/applications/{application.id}/documents").text


def kept(app, digest):
    return storage(app.extensions["settings"]).has(digest)


def later(monkeypatch, minutes=10):
    real = clock.now
    moment = real() + timedelta(minutes=minutes)
    for module in (clock, scans):
        monkeypatch.setattr(module, "now", lambda: moment)
    monkeypatch.setattr("workflows.scans.now", lambda: moment)


def run_scans():
    promise_scans()
    for one in db.session.scalars(select(Promise).where(Promise.kind == "scan_waiting", Promise.status != Status.DONE)):
        outbox.attempt(one.id)


def test_scanned_at_upload(client, on, daemon):
    application = draft(on, documents=0)
    client.login(on.lead)
    assert send(client, application, pdf("sound")).status_code == 303
    assert daemon.seen == [pdf("sound")]
    assert "no virus found" in page(client, application)


def test_an_infected_file_is_refused_and_not_kept(app, client, on, daemon):
    application = draft(on, documents=0)
    client.login(on.lead)
    for _ in range(2):  # the second time the verdict is known
        answer = send(client, application, BAD)
        assert answer.status_code == 200
        assert "A virus was found in this file" in answer.text and NAME in answer.text
    assert len(daemon.seen) == 1
    assert db.session.scalars(select(Document)).all() == []
    found = db.session.scalars(select(Scan)).one()
    assert found.verdict == Verdict.INFECTED and not kept(app, found.sha256)


def test_every_way_in_is_guarded(app, on, daemon):
    with pytest.raises(Infected):
        storage(app.extensions["settings"]).keep(b"in a workbook: " + EICAR)


def test_without_a_scanner_it_is_said(client, on):
    application = draft(on, documents=0)
    client.login(on.lead)
    assert send(client, application, pdf("never scanned")).status_code == 303
    assert "not scanned for viruses" in page(client, application)
    document = db.session.scalars(select(Document)).one()
    assert client.get(f"/applicant/documents/{document.id}").status_code == 200


def test_nobody_answers_and_later_somebody_does(app, client, on, gone, monkeypatch, scanner):
    application = draft(on, documents=0)
    client.login(on.lead)
    assert send(client, application, pdf("waits")).status_code == 303
    assert "not scanned for viruses" in page(client, application)
    document = db.session.scalars(select(Document)).one()
    answer = client.get(f"/applicant/documents/{document.id}")
    assert answer.status_code == 503 and "has not been scanned" in answer.text
    run_scans()
    assert db.session.scalars(select(Promise).where(Promise.kind == "scan_waiting")).all() == [], "asked again later"
    later(monkeypatch)
    run_scans()
    assert db.session.get_one(Scan, document.sha256).verdict == Verdict.WAITING
    with running() as (_, url):
        scanner(url)
        later(monkeypatch, 20)
        run_scans()
    assert db.session.get_one(Scan, document.sha256).verdict == Verdict.CLEAN
    assert client.get(f"/applicant/documents/{document.id}").status_code == 200


def test_a_file_that_cannot_be_scanned_holds_up_no_other(app, monkeypatch, daemon):
    """The daemon refuses what is longer than its limit; the others of the batch are scanned all the same."""
    keep, sound = storage(replace(app.extensions["settings"], clamav_url="")).keep, []
    refused = keep(b"%PDF-" + b"0" * STREAM_MAX)
    for letter in "abc":
        sound.append(keep(pdf(letter)))
    later(monkeypatch)
    run_scans()
    verdicts = {one.sha256: one.verdict for one in db.session.scalars(select(Scan))}
    assert verdicts == {refused: Verdict.WAITING} | dict.fromkeys(sound, Verdict.CLEAN)
    assert [one for one, _ in scans.waiting(clock.now(), 10)] == [], "not tried again before a while"


def test_found_later_it_is_quarantined_for_everybody(app, client, on, monkeypatch, scanner):
    """Kept without a scanner, submitted; then a scanner is set."""
    application = draft(on, documents=0)
    other = draft(on, documents=0, state=ApplicationState.SUBMITTED, **submitted())
    client.login(on.lead)
    assert send(client, application, KEPT).status_code == 303
    mine = db.session.scalars(select(Document)).one()
    theirs = Document(application_id=other.id, filename="b.pdf", media_type="application/pdf", size=5)
    theirs.sha256, theirs.uploaded_by_id = mine.sha256, on.lead.id
    db.session.add(theirs)
    db.session.commit()
    with running() as (_, url):
        scanner(url)
        later(monkeypatch)
        run_scans()
    told = db.session.scalars(select(Promise).where(Promise.kind == "tell_quarantine")).all()
    assert {(one.subject_id, one.recipient_id) for one in told} == {(mine.id, on.lead.id), (theirs.id, on.lead.id)}
    one = told[0]
    due = outbox.Due(one.id, one.kind, one.subject_id, one.recipient_id, one.slot, {}, one.due_at, 1, one.id)
    assert NAME in str(tell_quarantine.body.__wrapped__(due).facts)
    text = page(client, application)
    assert "in quarantine" in text and NAME in text and f'href="/applicant/documents/{mine.id}"' not in text
    answer = client.get(f"/applicant/documents/{mine.id}")
    assert answer.status_code == 403 and NAME in answer.text and EICAR not in answer.data
    assert "application.quarantine" in set(
        db.session.scalars(select(Event.name).where(Event.subject_id.in_([application.id, other.id])))
    )
    from grants.applications.queries import own_application

    assert [one.wrong for one in blockers(own_application(on.lead, application.id)) if one.field == "file"] == [True]
    client.login(on.officer)
    text = client.get(f"/staff/applications/{other.id}").text
    assert "in quarantine" in text and "A virus was found in a document" in text
    for path in ("", "/pages", "/page.png"):
        assert client.get(f"/staff/documents/{theirs.id}{path}").status_code == 403
    client.login(on.lead)
    assert client.post(f"/applicant/documents/{mine.id}/remove").status_code == 303


def test_a_verdict_is_not_taken_back_by_waiting(app):
    scans.note("a" * 64, Verdict.CLEAN)
    scans.note("a" * 64, Verdict.WAITING)
    assert scans.verdict("a" * 64).verdict == Verdict.CLEAN


def test_an_unreadable_address_keeps_the_product_from_starting(app):
    from grants.app import create_app

    with pytest.raises(ValueError, match="neither tcp"):
        create_app(replace(app.extensions["settings"], clamav_url="clamd.example:3310"))
