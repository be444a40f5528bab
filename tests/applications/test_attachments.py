"""Files that say they are workbooks, text documents, images: each is what it says, or refused with a sentence."""

import struct
import zipfile
import zlib
from io import BytesIO

import pytest
from openpyxl import Workbook

from grants.applications import attachments
from grants.applications.attachments import check
from grants.calls.models import FileKind
from grants.core.errors import Refused
from tests.applications.samples import pdf

EVERY = list(FileKind)


def workbook() -> bytes:
    made = BytesIO()
    book = Workbook()
    book.active.append(["Poste", "Montant"])
    book.save(made)
    return made.getvalue()


def office(heart: str, *more: str, comment: bytes = b"", size: int = 10) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", heart, *more):
            archive.writestr(name, b"<x/>" + b" " * size)
        archive.comment = comment
    return made.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("!L", len(body)) + name + body + struct.pack("!L", zlib.crc32(name + body))


def png(width: int = 2, height: int = 2) -> bytes:
    head = struct.pack("!LLBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0\0\0" * 2)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width: int = 16, height: int = 16) -> bytes:
    quiet = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    frame = b"\xff\xc0" + struct.pack("!HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x12\x34" * 20
    return b"\xff\xd8" + quiet + frame + scan + b"\xff\xd9"


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("Plan.PDF", pdf(), "application/pdf"),
        ("ميزانية.xlsx", workbook(), attachments.MEDIA_TYPES[FileKind.XLSX]),
        ("note.docx", office("word/document.xml"), attachments.MEDIA_TYPES[FileKind.DOCX]),
        ("logo.png", png(), "image/png"),
        ("photo.JPG", jpeg(), "image/jpeg"),
        ("photo.jpeg", jpeg() + b"\x00\x00", "image/jpeg"),
    ],
)
def test_what_it_says_it_is_is_taken(name, content, media_type):
    assert check(name, content, EVERY, 10) == (name, media_type)


@pytest.mark.parametrize(
    ("name", "content", "because"),
    [
        ("", pdf(), "Choose a file"),
        ("x.exe", b"MZ", "not of a kind asked for"),
        ("x", b"MZ", "not of a kind asked for"),
        ("x.xlsx.exe", workbook(), "not of a kind asked for"),
        ("x.xlsx", b"", "is empty"),
        ("x.png", b"", "is empty"),
        ("x.xlsx", b"x" * 2_000_001, "larger than"),
        ("x.xlsx", b"MZ\x90\x00" + workbook(), "not what its name says"),
        ("x.xlsx", office("word/document.xml"), "not what its name says"),
        ("x.docx", workbook(), "not what its name says"),
        ("x.xlsx", attachments.OLE + b"EncryptedPackage", "password or in an old format"),
        ("x.xlsx", workbook()[:-30], "damaged"),
        ("x.xlsx", workbook() + b"MZ program", "hidden behind"),
        ("x.xlsx", office("xl/workbook.xml", "xl/vbaProject.bin"), "program or macros"),
        ("x.docx", office("word/document.xml", "word/embeddings/Setup.EXE"), "program or macros"),
        ("x.docx", office("word/document.xml", *(f"word/media/{n}.xml" for n in range(3_001))), "damaged"),
        ("x.xlsx", office("xl/workbook.xml", "a", "b", "c", size=80_000_000), "far more than its size"),
        ("x.png", pdf(), "not what its name says"),
        ("x.png", png()[:-5], "damaged"),
        ("x.png", png() + b"PK\x03\x04", "hidden behind"),
        ("x.png", png(100_000, 100_000), "too large"),
        ("x.png", png(0, 5), "too large"),
        ("x.png", b"\x89PNG\r\n\x1a\n" + b"\xff" * 100, "damaged"),
        ("x.jpg", b"<html>", "not what its name says"),
        ("x.jpg", jpeg()[:60], "damaged"),
        ("x.jpg", jpeg() + b"<?php ?>", "hidden behind"),
        ("x.jpg", jpeg(60_000, 60_000), "too large"),
        ("x.pdf", b"MZ\x90", "is not a PDF"),
    ],
)
def test_what_only_pretends_is_refused(name, content, because):
    with pytest.raises(Refused, match=because):
        check(name, content, EVERY, 2)


def test_only_the_kinds_asked_for():
    with pytest.raises(Refused, match=r"\.xlsx"):
        check("x.pdf", pdf(), [FileKind.XLSX], 10)
