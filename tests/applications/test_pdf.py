"""Files that say they are PDF."""

import time
import zipfile
from io import BytesIO

import pytest

from grants.applications import pdf
from grants.core.errors import Refused
from tests.applications.samples import pdf as sample


def zipped(comment=b""):
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("payload.exe", b"MZ" * 500)
        archive.comment = comment
    return made.getvalue()


def test_a_real_one_is_taken():
    assert pdf.check("Plan d’affaires.PDF", sample(), 10) == "Plan d’affaires.PDF"
    assert pdf.check("p.pdf", sample() + b"\r\n\x00", 10) == "p.pdf"


def test_one_saved_twice_is_taken():
    """An incremental update: a second table of references and a second end."""
    first = sample()
    table = len(first) + len(b"6 0 obj\n<<>>\nendobj\n")
    second = first + b"6 0 obj\n<<>>\nendobj\nxref\n6 1\n%010d 00000 n \n" % len(first)
    second += b"trailer\n<</Size 7/Root 1 0 R/Prev 9>>\nstartxref\n%d\n%%%%EOF" % table
    assert pdf.check("p.pdf", second, 10)


@pytest.mark.parametrize(
    ("name", "content", "because"),
    [
        ("p.pdf", b"", "is empty"),
        ("", sample(), "Choose a file"),
        ("p.exe", sample(), "not a PDF file"),
        ("p.pdf.exe", sample(), "not a PDF file"),
        ("p.pdf", b"MZ\x90\x00" + b"\x00" * 5000, "is not a PDF"),
        ("p.pdf", b"<html>%PDF-1.4" + sample(), "is not a PDF"),
        ("p.pdf", b"\x89PNG\r\n\x1a\n" + sample(), "is not a PDF"),
        ("p.pdf", b"%PDF-1.7 then nothing", "damaged"),
        ("p.pdf", sample()[:-300], "damaged"),
        ("p.pdf", sample()[:-6] + b"9999999\n%%EOF", "damaged"),
        ("p.pdf", b"%PDF-1.4\n" + b"A" * 5000 + b"\nstartxref\n20\n%%EOF", "damaged"),
        ("p.pdf", sample() + zipped(), "hidden behind"),
        ("p.pdf", sample() + zipped(b"startxref\n9\n%%EOF\n"), "hidden behind"),
        ("p.pdf", sample() + b"<script>alert(1)</script>", "hidden behind"),
        ("p.pdf", sample().replace(b"/Size 6", b"/Encrypt 9 0 R/Size 6"), "password"),
        ("p.pdf", b"%PDF-1.4\n" + b"x" * 2_000_001, "larger than"),
    ],
)
def test_what_only_pretends_is_refused(name, content, because):
    with pytest.raises(Refused, match=because):
        pdf.check(name, content, 2)


@pytest.mark.parametrize(
    "bomb",
    [
        b"%PDF-1.4\n" + b"startxref 1 " * 800_000 + b"%%EOF",
        b"%PDF-1.4\n" + b"%%EOF" * 1_900_000,
        b"%PDF-1.4\n" + b"PK\x05\x06" * 2_400_000 + b"%%EOF",
        b"%PDF-1.4\n" + b"trailer" * 1_300_000 + b"startxref\n9\n%%EOF",
        b"%PDF-1.4\n" + b" " * 9_000_000 + b"startxref\n9\n%%EOF",
    ],
)
def test_a_hostile_file_is_refused_quickly(bomb):
    begun = time.process_time()
    with pytest.raises(Refused):
        pdf.check("p.pdf", bomb, 10)
    assert time.process_time() - begun < 20  # quadratic work would take minutes; ours takes well below one second


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\me\\plan.pdf", "plan.pdf"),
        ("rapport\u202efdp.exe", "rapportfdp.exe"),  # shown as rapportexe.pdf by what obeys the mark
        ("a\x00b\r\nc.pdf", "abc.pdf"),
        ("مشروع المراقبة.pdf", "مشروع المراقبة.pdf"),
        ("  .hidden.pdf", "hidden.pdf"),
        ("e\u0301tude.pdf", "étude.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_names(given, kept):
    assert pdf.clean_name(given) == kept
