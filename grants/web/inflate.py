"""A form that saves itself arrives compressed: 20 000 characters of Arabic are 40 kB, and 12 kB so.

Only under /autosave, only gzip, and never more than a form may hold: what swells beyond that is unpacked no further and
refused.
"""

import io
import zlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SUFFIX = "/autosave"
MOST_SENT = 1_000_000  # octets, compressed
GZIP = 16 + zlib.MAX_WBITS


class Inflating:
    """Unpacks the body, so that what reads the form need not know."""

    def __init__(self, inner: "WSGIApplication", most: int) -> None:
        self.inner, self.most = inner, most

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("HTTP_CONTENT_ENCODING", "").lower() == "gzip" and environ["PATH_INFO"].endswith(SUFFIX):
            whole = inflated(environ["wsgi.input"].read(_length(environ)), self.most)
            if not whole or len(whole) > self.most:
                status = "413 Content Too Large" if whole else "400 Bad Request"
                start_response(status, [("Content-Type", "application/json"), ("Content-Length", "2")])
                return [b"{}"]
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(whole), str(len(whole))
            del environ["HTTP_CONTENT_ENCODING"]
        return self.inner(environ, start_response)


def inflated(packed: bytes, most: int) -> bytes:
    """What was packed, one octet more than `most` at the longest; nothing when it is no gzip or was cut."""
    unpacking = zlib.decompressobj(GZIP)
    try:
        whole = unpacking.decompress(packed, most + 1)
    except zlib.error:
        return b""
    return whole if unpacking.eof or len(whole) > most else b""


def _length(environ: "WSGIEnvironment") -> int:
    try:
        return max(0, min(int(environ.get("CONTENT_LENGTH") or 0), MOST_SENT))
    except ValueError:
        return 0


def init_app(app: Flask) -> None:
    most: int = app.config["MAX_FORM_MEMORY_SIZE"]
    app.wsgi_app = Inflating(app.wsgi_app, most)  # type: ignore[method-assign]
