"""Files on their way out: never rendered from our origin, whatever they hold."""

from typing import Any
from urllib.parse import quote

from flask import Response, current_app

from grants.core.storage import storage


def attachment(sha256: str, filename: str, media_type: str, size: int) -> Response:
    """The kept file as a download. `sandbox` and `nosniff` keep a browser from running what it holds."""
    response = Response(storage(current_app.extensions["settings"]).read(sha256), mimetype=media_type)
    plain = filename.encode("ascii", "ignore").decode().replace('"', "").replace("\\", "") or "file"
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename)}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Length"] = str(size)
    return response


def attached(record: Any) -> Response:
    """The file of a record that names one: a document or a claim's evidence."""
    return attachment(record.sha256, record.filename, record.media_type, record.size)
