"""A file that somebody sent, checked and kept."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import current_app

from grants.applications import attachments
from grants.calls.models import FileKind
from grants.core.storage import storage


class Sent(NamedTuple):
    """A file in the store, as rows name it."""

    filename: str
    media_type: str
    size: int
    sha256: str


def keep_pdf(field: Any) -> Sent:
    """The file of an UploadField; raises Refused with the reason."""
    return keep_file(field, [FileKind.PDF])


def keep_file(field: Any, kinds: Sequence[FileKind]) -> Sent:
    """The same, of one of these kinds."""
    settings = current_app.extensions["settings"]
    filename, content = read(field)
    name, media_type = attachments.check(filename, content, kinds, settings.upload_limit_mb)
    return Sent(name, media_type, len(content), storage(settings).keep(content))


def read(field: Any) -> tuple[str, bytes]:
    """Name and content of what was sent, at most one octet more than the limit; both empty when nothing was."""
    settings, sent = current_app.extensions["settings"], field.data
    if sent is None:
        return "", b""
    return sent.filename or "", sent.stream.read(settings.upload_limit_mb * 1_000_000 + 1)
