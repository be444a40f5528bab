"""Is this file of the kind it says? PDF, workbook, text document, image: looked at in bounded time, never opened.

Office documents are ZIP archives: their list of contents is read, nothing is unpacked. Images are walked from part to
part: what stands behind the end is refused.
"""

from collections.abc import Sequence
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from grants.applications import pdf
from grants.calls.models import KIND_LABELS, FileKind
from grants.core.errors import Refused
from grants.core.i18n import N_

MEDIA_TYPES = {
    FileKind.PDF: pdf.MEDIA_TYPE,
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileKind.PNG: "image/png",
    FileKind.JPEG: "image/jpeg",
}
ENDINGS = {".pdf": FileKind.PDF, ".xlsx": FileKind.XLSX, ".docx": FileKind.DOCX, ".png": FileKind.PNG}
ENDINGS |= {".jpg": FileKind.JPEG, ".jpeg": FileKind.JPEG}
HEART = {FileKind.XLSX: "xl/workbook.xml", FileKind.DOCX: "word/document.xml"}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old .doc and .xls, and documents under a password
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
MOST_PARTS = 3_000
MOST_UNPACKED = 300_000_000
MOST_PIXELS = 100_000_000
ZIP_ENDING = 22 + 65_535  # octets in which the record at the end of an archive stands
SAVE_AGAIN = N_("The file is damaged or incomplete. Open it, save it again, and send the new file.")
HIDDEN = N_("Something else is hidden behind the end of this file. Send it alone.")


def endings(kinds: Sequence[FileKind]) -> tuple[str, ...]:
    """What the names of such files end in, without the dot."""
    return tuple(ending[1:] for ending, kind in ENDINGS.items() if kind in kinds)


def check(filename: str, content: bytes, kinds: Sequence[FileKind], limit_mb: int) -> tuple[str, str]:
    """The name under which to keep it and its media type; raises Refused with the reason. Decimal megabytes."""
    name = pdf.clean_name(filename)
    if not name:
        raise Refused(N_("Choose a file to send."))
    kind = ENDINGS.get("." + name.rpartition(".")[2].lower())
    if kind is None or kind not in kinds:
        offered = ", ".join(f".{one}" for one in endings(kinds))
        raise Refused(N_("“%(name)s” is not of a kind asked for here: %(kinds)s.", name=name, kinds=offered))
    if kind == FileKind.PDF:
        return pdf.check(name, content, limit_mb), pdf.MEDIA_TYPE
    if not content:
        raise Refused(N_("“%(name)s” is empty.", name=name))
    if len(content) > limit_mb * 1_000_000:
        raise Refused(N_("“%(name)s” is larger than %(n)s MB. Make it smaller or split it.", name=name, n=limit_mb))
    match kind:
        case FileKind.XLSX | FileKind.DOCX:
            _check_office(name, content, kind)
        case FileKind.PNG:
            _check_png(name, content)
        case FileKind.JPEG:
            _check_jpeg(name, content)
    return name, MEDIA_TYPES[kind]


def _pretends(name: str, kind: FileKind) -> Refused:
    return Refused(N_("“%(name)s” is not what its name says: %(kind)s.", name=name, kind=KIND_LABELS[kind]))


def _check_office(name: str, content: bytes, kind: FileKind) -> None:
    if content.startswith(OLE):
        raise Refused(
            N_("“%(name)s” is protected by a password or in an old format. Save it anew without either.", name=name)
        )
    if not content.startswith(b"PK\x03\x04"):
        raise _pretends(name, kind)
    end = content.rfind(pdf.ZIP_END, -ZIP_ENDING)
    if end < 0 or int.from_bytes(content[end + 10 : end + 12], "little") > MOST_PARTS:
        raise Refused(SAVE_AGAIN)
    if end + 22 + int.from_bytes(content[end + 20 : end + 22], "little") != len(content):
        raise Refused(HIDDEN)
    try:
        with ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
    except (BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise Refused(SAVE_AGAIN) from error
    names = {one.filename for one in parts}
    if HEART[kind] not in names or "[Content_Types].xml" not in names:
        raise _pretends(name, kind)
    if len(parts) > MOST_PARTS or sum(one.file_size for one in parts) > MOST_UNPACKED:
        raise Refused(N_("“%(name)s” unpacks to far more than its size.", name=name))
    if any(one.lower().endswith(("vbaproject.bin", ".exe", ".dll", ".js", ".vbs", ".bat")) for one in names):
        raise Refused(N_("“%(name)s” contains a program or macros. Save it without them.", name=name))


def _check_png(name: str, content: bytes) -> None:
    if not content.startswith(PNG):
        raise _pretends(name, FileKind.PNG)
    if content[12:16] != b"IHDR":
        raise Refused(SAVE_AGAIN)
    _check_pixels(name, int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big"))
    at = len(PNG)
    while at + 12 <= len(content):
        part, at = content[at + 4 : at + 8], at + 12 + int.from_bytes(content[at : at + 4], "big")
        if part == b"IEND":
            if at != len(content):
                raise Refused(HIDDEN if at < len(content) else SAVE_AGAIN)
            return
    raise Refused(SAVE_AGAIN)


def _check_jpeg(name: str, content: bytes) -> None:
    """From marker to marker up to the image itself, which ends where the file does (padding aside)."""
    if not content.startswith(JPEG):
        raise _pretends(name, FileKind.JPEG)
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if marker in {0xC0, 0xC1, 0xC2}:  # baseline, extended, progressive: the size of the image is here
            _check_pixels(
                name,
                int.from_bytes(content[at + 7 : at + 9], "big"),
                int.from_bytes(content[at + 5 : at + 7], "big"),
            )
        if marker == 0xDA:
            if not content.rstrip(b"\x00\r\n\xff").endswith(b"\xd9"):
                end = content.rfind(b"\xff\xd9")
                raise Refused(HIDDEN if end > at else SAVE_AGAIN)
            return
        at += 2 + max(length, 2)
    raise Refused(SAVE_AGAIN)


def _check_pixels(name: str, width: int, height: int) -> None:
    if not 0 < width * height <= MOST_PIXELS:
        raise Refused(N_("The image “%(name)s” is too large: %(w)s × %(h)s.", name=name, w=width, h=height))
