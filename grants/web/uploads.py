"""A PDF that somebody sent, checked and kept."""

from typing import Any, NamedTuple

from flask import current_app

from grants.applications import pdf
from grants.core.storage import storage


class Sent(NamedTuple):
    """A file in the store, as rows name it."""

    filename: str
    media_type: str
    size: int
    sha256: str


def keep_pdf(field: Any) -> Sent:
    """The file of an UploadField; raises Refused with the reason."""
    settings, sent = current_app.extensions["settings"], field.data
    content = sent.stream.read(settings.upload_limit_mb * 1_000_000 + 1) if sent is not None else b""
    name = pdf.check(sent.filename or "" if sent is not None else "", content, settings.upload_limit_mb)
    return Sent(name, pdf.MEDIA_TYPE, len(content), storage(settings).keep(content))
