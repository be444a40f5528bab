"""Is this file the PDF it says it is? Looked at in bounded time, without rendering or decompressing anything."""

import re
import unicodedata

from grants.core.errors import Refused
from grants.core.i18n import N_

MEDIA_TYPE = "application/pdf"
LONGEST_NAME = 120
TAIL = 1024  # octets before the end mark in which the place of the references is said
STARTXREF = re.compile(rb"startxref\s+(\d{1,11})\s+%%EOF")
REFERENCES = re.compile(rb"\s*(?:xref\b|\d{1,10}\s+\d{1,5}\s+obj\b)")
ENCRYPTED = re.compile(rb"/Encrypt\s+\d{1,10}\s+\d{1,5}\s+R\b")
ZIP_END = b"PK\x05\x06"
MESSAGE_SAVE_AGAIN = N_("The file is damaged or incomplete. Open it, save it again as PDF, and send the new file.")


def check(filename: str, content: bytes, limit_mb: int) -> str:
    """The name under which to keep it; raises Refused with the reason.

    Wanted: a name in .pdf, a size within the limit (decimal megabytes), %PDF- at the very start, the table of
    references where the end of the file says it is, nothing after the end, no password, no archive hidden behind it.
    """
    name = clean_name(filename)
    if not name:
        raise Refused(N_("Choose a file to send."))
    if not name.lower().endswith(".pdf"):
        raise Refused(N_("“%(name)s” is not a PDF file. Save your document as PDF and send that.", name=name))
    if not content:
        raise Refused(N_("“%(name)s” is empty.", name=name))
    if len(content) > limit_mb * 1_000_000:
        raise Refused(N_("“%(name)s” is larger than %(n)s MB. Make it smaller or split it.", name=name, n=limit_mb))
    if not content.startswith(b"%PDF-"):
        raise Refused(
            N_("“%(name)s” ends in .pdf but is not a PDF. Save your document as PDF and send that.", name=name)
        )
    _check_structure(content)
    return name


def _check_structure(content: bytes) -> None:
    end = content.rfind(b"%%EOF")
    if end < 0:
        raise Refused(MESSAGE_SAVE_AGAIN)
    if content[end + 5 :].strip(b"\x00\t\n\x0c\r \x1a") or _is_archive(content):
        raise Refused(N_("Something else is hidden behind the end of this PDF. Send the PDF alone."))
    said = list(STARTXREF.finditer(content, max(0, end - TAIL), end + 5))
    if not said:
        raise Refused(MESSAGE_SAVE_AGAIN)
    at = int(said[-1].group(1))
    around = content[at : at + 4096]
    if at >= len(content) or not REFERENCES.match(around):
        raise Refused(MESSAGE_SAVE_AGAIN)
    trailer = content.rfind(b"trailer", 0, end)
    if ENCRYPTED.search(around) or (trailer >= 0 and ENCRYPTED.search(content[trailer:end])):
        raise Refused(N_("This PDF is protected by a password. Send a copy without protection."))


def _is_archive(content: bytes) -> bool:
    """Whether a ZIP ends exactly where the file ends (its comment may hide the PDF's end mark)."""
    at = content.rfind(ZIP_END, -65_557)
    while at >= 0:
        if at + 22 <= len(content) and at + 22 + int.from_bytes(content[at + 20 : at + 22], "little") == len(content):
            return True
        at = content.rfind(ZIP_END, max(0, len(content) - 65_557), at)
    return False


def clean_name(filename: str) -> str:
    """A file's own name: no folders, nothing invisible, nothing that turns the direction of writing, not too long."""
    own = unicodedata.normalize("NFC", filename).replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(one for one in own if unicodedata.category(one)[0] != "C")
    name = " ".join(seen.split()).lstrip(".")
    if len(name) > LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        name = stem[: LONGEST_NAME - len(ending) - 1] + dot + ending if 0 < len(ending) < 10 else name[:LONGEST_NAME]
    return name
