"""Draws one page of one hostile PDF. Run by `drawing` in a confined child process, never imported by it.

It answers on standard output with a line of JSON, `{"pages", "width", "height", "text"}`, and the page as PNG; or with
the one line `{"refused": code, …}`. It knows nothing of the rest of the product.
"""

import json
import struct
import sys
import zlib
from math import isfinite
from typing import Any, BinaryIO

PASSWORD = 4  # FPDF_ERR_PASSWORD in pdfium
EXACT = 1 - 1e-6  # sizes are rounded up: a width asked for is never passed by one
GRAY, COLOURS = 0, 2  # kinds of PNG


class Refused(Exception):
    def __init__(self, code: str, **why: Any) -> None:
        super().__init__(code)
        self.why = {"refused": code, **why}


def draw(content: bytes, limits: dict[str, int]) -> tuple[dict[str, Any], bytes]:
    """What is said of the page, and the page as PNG. No form is filled in and no script is run."""
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(content)
        pages = len(document)
    except pdfium.PdfiumError as error:
        raise Refused("encrypted" if getattr(error, "err_code", 0) == PASSWORD else "broken") from error
    if not 1 <= pages <= limits["pages"]:
        raise Refused("too_many_pages" if pages else "broken", most=limits["pages"])
    if limits["page"] > pages:
        raise Refused("no_such_page")
    try:
        page = document[limits["page"] - 1]
        across, down = page.get_size()
        if not (isfinite(across) and isfinite(down) and across > 0 and down > 0):
            raise Refused("broken")
        scale = min(limits["width"] / across, limits["height"] / down) * EXACT
        bitmap = page.render(scale=scale, rev_byteorder=True)
        text = page.get_textpage().get_text_bounded()
    except pdfium.PdfiumError as error:
        raise Refused("broken") from error
    said = {"pages": pages, "width": bitmap.width, "height": bitmap.height, "text": text[: limits["text"]]}
    return said, png(bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride, bitmap.n_channels)


def png(drawn: bytes, width: int, height: int, stride: int, channels: int) -> bytes:
    """Rows of red, green, blue (and what is left out) as PNG; one third of it where everything is grey."""
    rows = [drawn[at : at + width * channels] for at in range(0, stride * height, stride)]
    if channels == 4:
        rows = [b"".join(row[n : n + 3] for n in range(0, len(row), 4)) for row in rows]
    kind = COLOURS
    if channels == 1:
        kind = GRAY
    elif all(row[0::3] == row[1::3] == row[2::3] for row in rows):
        kind, rows = GRAY, [row[0::3] for row in rows]
    lines = b"".join(b"\0" + row for row in rows)
    head = struct.pack("!LLBBBBB", width, height, 8, kind, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(lines, 6)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack("!L", len(body)) + name + body + struct.pack("!L", zlib.crc32(name + body)) for name, body in parts
    )


def main(file: BinaryIO, limits: dict[str, int]) -> None:
    said: dict[str, Any]
    image = b""
    try:
        said, image = draw(file.read(), limits)
    except Refused as refused:
        said = refused.why
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + image)
    sys.stdout.buffer.flush()
