"""Files kept without a scan are scanned as soon as the scanner answers; files sent by halves are swept away."""

from typing import Any
from uuid import UUID

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from config.settings import Settings
from grants.applications.models import Application, Document
from grants.calls.models import Call
from grants.core import clamav, scans
from grants.core.audit import record
from grants.core.clock import now
from grants.core.db import db, transaction
from grants.core.i18n import N_
from grants.core.scans import AGAIN, Verdict
from grants.core.storage import storage
from grants.funds.models import Fund
from grants.people import uploads
from grants.people.models import Membership, Person
from workflows.applicants import tell_lead, tell_partner
from workflows.letters import Letter, address, letter
from workflows.outbox import Due, job, promise
from workflows.quarantine import tell_senders
from workflows.schedule import every_tick

AT_ONCE = 50  # files of one promise
IN_A_ROW = 3  # files without an answer: the scanner is away
ALL_FILES = UUID("3c0a6a7e-5c39-4f0e-8f0a-2d9d1a0f5b77")  # what the promise is about


@every_tick
def promise_scans() -> None:
    """Where a scanner is set and a file waits: one promise for the batch that begins with it."""
    if not _settings().clamav_url:
        return
    with transaction():
        for digest, due in scans.waiting(now(), 1):
            promise(scan_waiting, ALL_FILES, slot=f"{digest} {due:%Y%m%dT%H%M%S%f}")


@every_tick
def sweep_uploads() -> None:
    """What somebody began to send and left alone is swept away."""
    uploads.sweep(storage(_settings()))


@job(queue="work", timeout=600, outside=True)
def scan_waiting(due: Due) -> dict[str, Any] | None:
    """Scans what waits, those that waited longest first. A scanner that does not answer is asked again later."""
    settings, done, failed = _settings(), 0, 0
    for digest, _ in scans.waiting(now(), AT_ONCE):
        try:
            content = b"".join(storage(settings).read(digest))
        except FileNotFoundError:  # a row without its file
            with transaction():
                scans.put_off(now(), now() + 100 * AGAIN, digest)
            continue
        try:
            threat = clamav.scan(content, settings.clamav_url)
        except clamav.Unreachable:
            failed += 1
            with transaction():  # one file that cannot be finished holds up no other; a daemon that is away all of them
                scans.put_off(now(), now() + AGAIN, *([digest] if failed < IN_A_ROW else []))
            if failed >= IN_A_ROW:
                break
            continue
        failed = 0
        _note(digest, threat)
        done += 1
    return {"scanned": done}


def _note(digest: str, threat: str | None) -> None:
    """The verdict; and where a virus was found, the history of every application that names the file, and letters."""
    with transaction():
        scans.write(db.session(), digest, Verdict.CLEAN if threat is None else Verdict.INFECTED, threat)
        if threat is None:
            return
        named = (
            select(Document)
            .where(Document.sha256 == digest)
            .options(joinedload(Document.application), joinedload(Document.partner))
        )
        for one in db.session.scalars(named):
            after = {"filename": one.filename, "sha256": digest, "threat": threat}
            record("application.quarantine", one.application, None, after=after)
            tell_lead(tell_quarantine, one, one.application)
            if one.partner is not None:
                tell_partner(tell_quarantine, one, one.partner)
        tell_senders(digest, threat)


@letter
def tell_quarantine(due: Due) -> Letter | None:
    """Tells the lead, and the partner that attached it, which file is in quarantine; nothing when it was removed."""
    call = joinedload(Document.application).joinedload(Application.call)
    fund = call.joinedload(Call.fund).joinedload(Fund.cluster)
    wanted = select(Document).where(Document.id == due.subject_id).options(fund)
    document = db.session.scalars(wanted.execution_options(populate_existing=True)).first()
    if document is None or document.scan is None or not document.quarantined:
        return None
    return Letter(
        to=db.session.get_one(Person, due.recipient_id),
        subject=N_("A virus was found in “%(name)s”", name=document.filename),
        paragraphs=[
            N_(
                "The scanner found it after the file had been attached. Nobody can open the file any more; the rest of"
                " the application is untouched."
            ),
            N_(
                "While your application can be changed, remove the file and attach a clean copy. Otherwise write to"
                " the fund."
            ),
        ],
        facts=[
            (N_("Project"), document.application.title),
            (N_("File"), document.filename),
            (N_("Threat"), document.scan.threat),
        ],
        action=(N_("Open the application"), _where(document, due.recipient_id)),
        cluster=document.application.call.fund.cluster,
    )


def _where(document: Document, reader: UUID | None) -> str:
    """The page where this person finds it: the lead's people the application, a partner's its own."""
    leads = select(Membership.id).where(
        Membership.organisation_id == document.application.organisation_id, Membership.person_id == reader
    )
    if document.partner_id is None or db.session.scalar(leads) is not None:
        return address("applicant.application", application_id=document.application_id)
    return address("applicant.partnership", partner_id=document.partner_id)


def init_app(app: Flask) -> None:
    """Raises ValueError for the address of a scanner that cannot be read."""
    if url := app.extensions["settings"].clamav_url:
        clamav.where(url)


def _settings() -> Settings:
    return current_app.extensions["settings"]  # type: ignore[no-any-return]
