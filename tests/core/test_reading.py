"""Hostile and careless files: refused with the reason in about a second, and this process untouched."""

import io
import time
import zipfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import openpyxl
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grants.core.sheets.reading import ErrorCell, Limits, UnreadableFile, read_table

HEAD = b'<?xml version="1.0"?>'
MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def readers() -> list[psutil.Process]:
    """Children of this process that still read a workbook; the servers of other tests are children too."""
    found = []
    for one in psutil.Process().children():
        try:
            if any("sheets" in word for word in one.cmdline()):
                found.append(one)
        except psutil.NoSuchProcess:
            continue
    return found


def workbook(rows: list[list[object]], *, title: str = "Awards", before: int = 0) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = title
    for _ in range(before):
        book.active.append([])
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def container(sheet: bytes, **parts: bytes) -> bytes:
    """A workbook whose only sheet holds exactly these bytes."""
    source, target = zipfile.ZipFile(io.BytesIO(workbook([["a", "b"], [1, 2]]))), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            archive.writestr(name, sheet if name == "xl/worksheets/sheet1.xml" else source.read(name))
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def sheet_of(rows: bytes, head: bytes = HEAD) -> bytes:
    return head + b"<worksheet " + MAIN + b"><sheetData>" + rows + b"</sheetData></worksheet>"


def text_row(number: int) -> bytes:
    return b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>x</t></is></c><c r="B%d"><v>1</v></c></row>' % ((number,) * 3)


def lying_zip() -> bytes:
    """Says that its sheet unpacks to 10 bytes."""
    good = bytearray(container(sheet_of(b"".join(map(text_row, range(1, 3000))))))
    at = good.rfind(b"PK\x01\x02", 0, good.rfind(b"xl/worksheets/sheet1.xml"))
    good[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(good)


HEADINGS = (
    b'<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c>'
    b'<c r="B1" t="inlineStr"><is><t>Amount</t></is></c></row>'
)
HOSTILE = {
    "an empty file": (b"", "empty"),
    "a program": (b"MZ\x90\x00\x03\x00\x00\x00" + bytes(3000), "not_a_workbook"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< >>\nendobj\n\x00\x01\x02", "not_a_workbook"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "not_a_workbook"),
    "prose": (b"Dear officer,\nplease find the awards.\nRegards", "no_headings"),
    "an archive of something else": (b"PK\x05\x06" + bytes(18), "not_a_workbook"),
    "half a workbook": (workbook([["a", "b"], [1, 2]])[:3000], "unreadable"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000), "old_format"),
    "a workbook under a password": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600),
        "encrypted",
    ),
    "a bomb": (container(sheet_of(HEADINGS + b" " * 120_000_000)), "bomb"),
    "a size that lies": (lying_zip(), "unreadable"),
    "external entities": (
        container(sheet_of(HEADINGS, HEAD + b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>')),
        "unsafe",
    ),
    "entities in another encoding": (
        container(sheet_of(HEADINGS, HEAD + b"<!DOCTYPE x []>").decode().encode("utf-16")),
        "unreadable",
    ),
    "a billion laughs in the strings": (
        container(
            sheet_of(HEADINGS),
            **{"xl/sharedStrings.xml": HEAD + b'<!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><sst>&b;</sst>'},
        ),
        "unsafe",
    ),
    "a sheet cut short": (container(sheet_of(HEADINGS + text_row(2))[:-30]), "unreadable"),
    "rows that run backwards": (container(sheet_of(HEADINGS + text_row(3) + text_row(2))), "unreadable"),
    "a row beyond the last": (container(sheet_of(HEADINGS + text_row(1_000_000_000))), "unreadable"),
    "a string that is not there": (
        container(sheet_of(HEADINGS + b'<row r="2"><c r="A2" t="s"><v>99</v></c><c r="B2"><v>1</v></c></row>')),
        "unreadable",
    ),
    "too many rows": (container(sheet_of(HEADINGS + b"".join(map(text_row, range(2, 60_000))))), "too_many_rows"),
    "no row at all": (container(sheet_of(b"")), "no_rows"),
    "headings alone": (container(sheet_of(HEADINGS)), "no_rows"),
    "only figures": (workbook([[1, 2], [3, 4]]), "no_headings"),
    "too many columns": (workbook([[f"h{n}" for n in range(300)], list(range(300))]), "too_many_columns"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_by_name_and_soon(name: str) -> None:
    content, code = HOSTILE[name]
    before, memory = time.monotonic(), psutil.Process().memory_info().rss
    with pytest.raises(UnreadableFile) as refused:
        read_table(content, Limits(size=20_000_000))
    assert refused.value.code == code
    assert str(refused.value.detail).endswith((".", "whatever its name says."))
    assert time.monotonic() - before < 20  # about one second on a quiet machine; the limit that ends a child is 40
    assert psutil.Process().memory_info().rss - memory < 60_000_000
    assert not readers()


def test_ten_million_columns_cost_nothing() -> None:
    wide = sheet_of(HEADINGS + text_row(2)).replace(b"<sheetData>", b'<dimension ref="A1:ZZZZZ9999999"/><sheetData>')
    assert read_table(container(wide)).rows[0].cells == ("x", 1)


def test_a_large_file_is_refused_before_it_is_opened() -> None:
    with pytest.raises(UnreadableFile, match="larger than 1 MB"):
        read_table(b"PK" + bytes(1_000_001), Limits(size=1_000_000))


def test_many_parts_add_up() -> None:
    with pytest.raises(UnreadableFile, match="far more than its size"):
        read_table(workbook([["a", "b"], [1, 2]]), Limits(unpacked=5_000))


def test_a_child_that_takes_too_long_or_too_much_is_ended() -> None:
    slow = container(sheet_of(HEADINGS + b"".join(map(text_row, range(2, 49_000)))))
    with pytest.raises(UnreadableFile) as refused:
        read_table(slow, Limits(seconds=1))
    assert refused.value.code == "too_slow" and not readers()
    with pytest.raises(UnreadableFile) as refused:
        read_table(slow, Limits(memory=30_000_000))
    assert refused.value.code in {"too_heavy", "unreadable", "too_slow"}


def test_a_million_formatted_empty_rows_do_not_matter() -> None:
    empty = b"".join(b'<row r="%d"><c r="A%d" s="1"/></row>' % (n, n) for n in range(3, 200_000))
    before = time.monotonic()
    table = read_table(container(sheet_of(HEADINGS + text_row(2) + empty)))
    assert len(table.rows) == 1 and time.monotonic() - before < 20  # one or two on a quiet machine


def test_headings_are_found_below_a_title_and_on_the_right_sheet() -> None:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["Our foundation", None])
    book.active.append(["Published in", 2021])
    awards = book.create_sheet("Awards")
    for row in (
        ["All our awards", None, None],
        [],
        ["Name\n of grantee", "Amount", "Date"],
        ["A", 1, datetime.fromisoformat("2020-01-02")],
    ):
        awards.append(row)
    hidden = book.create_sheet("Lists")
    for number in range(50):
        hidden.append(["Name", "Amount", "Date", "More", str(number)])
    hidden.sheet_state = "hidden"
    target = io.BytesIO()
    book.save(target)
    table = read_table(target.getvalue())
    assert (table.sheet, table.heading_row, table.headings) == ("Awards", 3, ("Name of grantee", "Amount", "Date"))
    assert [(row.number, row.cells) for row in table.rows] == [(4, ("A", 1, datetime.fromisoformat("2020-01-02")))]
    assert table.letter(27) == "AB"


def test_gaps_errors_and_repeated_headings() -> None:
    rows: list[list[object]] = [
        ["Name", "Amount"],
        ["a", 1],
        [None, None],
        ["Name", "Amount"],
        ["b", None],
        [None, "=1/0"],
    ]
    table = read_table(workbook(rows, before=2))
    assert [(row.number, row.cells) for row in table.rows] == [(4, ("a", 1)), (7, ("b", None))]
    failed = read_table(container(sheet_of(HEADINGS + b'<row r="2"><c r="B2" t="e"><v>#REF!</v></c></row>')))
    assert failed.rows[0].cells == (None, "#REF!") and isinstance(failed.rows[0].cells[1], ErrorCell)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_csv_in_every_usual_dress(encoding: str, mark: str) -> None:
    rows = [
        ["Bénéficiaire", "Montant", "Note"],
        ["Société générale d'été", "1 234,50", 'dit "oui"\nlà'],
        ["Éa", "2", ""],
    ]
    text = "\r\n".join(mark.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    table = read_table(text.encode(encoding))
    assert table.headings == ("Bénéficiaire", "Montant", "Note")
    assert [row.cells for row in table.rows] == [
        ("Société générale d'été", "1 234,50", 'dit "oui"\nlà'),
        ("Éa", "2", None),
    ]
    assert [row.number for row in table.rows] == [2, 3]


def test_the_real_file() -> None:
    table = read_table(Path(__file__).parent.parent / "awards" / "past-grants.xlsx")
    assert len(table.rows) == 475 and table.headings[5] == "Amount Awarded" and len(table.headings) == 24


@settings(max_examples=25)
@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"a,b\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]))
def test_noise_is_a_table_or_a_refusal(noise: bytes, start: bytes) -> None:
    with suppress(UnreadableFile):
        assert read_table(start + noise).rows
