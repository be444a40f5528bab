"""Files on their way out: never rendered from our origin, whatever they hold."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response, current_app, request
from werkzeug.exceptions import NotFound

from grants.applications.models import Submission
from grants.awards.invoices import own_invoice
from grants.awards.models import Invoice, Purpose
from grants.core.scans import require_sound
from grants.core.storage import storage
from grants.people.models import Person

PDF = "application/pdf"
SANDBOX = "default-src 'none'; sandbox"


def attachment(sha256: str, filename: str, media_type: str, size: int) -> Response:
    """The kept file as a download. `sandbox` and `nosniff` keep a browser from running what it holds.

    Raises Quarantined for an infected file, Unscanned for one that a scanner has still to see.
    """
    settings = current_app.extensions["settings"]
    require_sound(sha256, settings.clamav_url)
    response = Response(storage(settings).read(sha256), mimetype=media_type)
    plain = filename.encode("ascii", "ignore").decode().replace('"', "").replace("\\", "") or "file"
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename)}"
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Content-Length"] = str(size)
    return response


def said(submission: Submission) -> Response:
    """What was submitted, byte for byte as its fingerprint covers it."""
    content = submission.content.encode()
    response = Response(content, mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{submission.sha256[:16]}.json"'
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def attached(record: Any) -> Response:
    """The file of a record that names one: a document or a claim's evidence."""
    return attachment(record.sha256, record.filename, record.media_type, record.size)


def invoice_of_file(user: Person, id: UUID, purpose: str) -> Invoice:
    """The invoice of an address that names one of its files."""
    return own_invoice(user, id)


def sent_file(invoice: Invoice) -> Response:
    """The file of an invoice that the address names by its purpose."""
    purpose = (request.view_args or {})["purpose"]
    found = invoice.file(Purpose(purpose)) if purpose in set(Purpose) else None
    if found is None:
        raise NotFound
    return attached(found)


def listed(record: Any, url: str, *, title: Any = None, remove: str | None = None, read: str | None = None) -> Any:
    """One line of ui.files: name, size, what the virus scanner said; an infected file leads nowhere.

    `title` says what the document is; `remove` and `read` are addresses.
    """
    return {
        "name": record.filename,
        "title": title,
        "url": None if record.quarantined else url,
        "octets": record.size,
        "note": record.scan_note,
        "bad": record.quarantined,
        "expires_on": getattr(record, "expires_on", None),
        "remove": remove,
        "read": None if record.quarantined or record.media_type != PDF else read,
    }
