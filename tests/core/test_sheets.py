"""What a workbook of ours must never do, read back by two other readers."""

import io
import re
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from grants.core.sheets.writing import CUT, LONGEST, Column, Formula, Kind, Workbook, clean, csv_text
from grants.core.types import Money

RABAT = ZoneInfo("Africa/Casablanca")
COLUMNS = [
    Column("name", "Name", width=40),
    Column("amount", "Amount (MAD)", Kind.MONEY, currency="MAD"),
    Column("francs", "Amount (XOF)", Kind.MONEY, currency="XOF"),
    Column("day", "Day", Kind.DATE),
    Column("at", "At", Kind.MOMENT),
    Column("part", "Part", Kind.PERCENT),
    Column("count", "Count", Kind.INTEGER),
]
ROW = ["Atlas", Money(12_345_67, "MAD"), Money(500, "XOF"), date(2026, 3, 1), datetime(2026, 7, 1, 12, tzinfo=UTC)]


def written(rows: Sequence[Sequence[Any]], columns: Sequence[Column] = COLUMNS, **options: Any) -> io.BytesIO:
    target = io.BytesIO()
    with Workbook(title="Ledger", zone=RABAT, footer="arrêté à l'opération n° 7 & fin") as book:
        book.sheet("Journal", columns, **options).extend(rows)
        book.save(target)
    target.seek(0)
    return target


def test_values_formats_and_set_up_arrive() -> None:
    file = written([[*ROW, Decimal("0.25"), 3]])
    sheet = openpyxl.load_workbook(file)["Journal"]
    assert [cell.value for cell in sheet[2]] == [
        "Atlas", 12345.67, 500, *map(datetime.fromisoformat, ("2026-03-01", "2026-07-01T13:00")), 0.25, 3,
    ]  # fmt: skip
    assert [cell.number_format for cell in sheet[2]] == [
        "@", "#,##0.00", "#,##0", "dd/mm/yyyy", "dd/mm/yyyy hh:mm", "0.00%", "0",
    ]  # fmt: skip
    assert sheet.column_dimensions["A"].width == 40
    assert sheet.freeze_panes == "A2" and sheet.print_title_rows == "$1:$1" and sheet.auto_filter.ref == "A1:G2"
    assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.fitToHeight == 0
    assert sheet.oddFooter.left.text == "arrêté à l'opération n° 7 && fin"
    file.seek(0)
    other = CalamineWorkbook.from_filelike(file).get_sheet_by_name("Journal").to_python()
    assert other[1][:3] == ["Atlas", 12345.67, 500]


def test_only_formulas_are_locked_and_sorting_stays_allowed() -> None:
    file = written([[*ROW, None, None]], above=[["Total", Formula("SUBTOTAL(109,B3:B1048576)")]])
    sheet = openpyxl.load_workbook(file)["Journal"]
    assert sheet["B1"].value == "=SUBTOTAL(109,B3:B1048576)" and sheet["B1"].number_format == "#,##0.00"
    assert sheet["B1"].protection.locked and not sheet["B3"].protection.locked and not sheet["A2"].protection.locked
    assert sheet.protection.sheet and not sheet.protection.sort and not sheet.protection.autoFilter
    assert sheet.freeze_panes == "A3"


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://x")', "+1", "-2+3", "@SUM(A1)", "\t=1", "|cmd", "=cmd|' /C calc'!A0"]
)
def test_a_persons_text_never_becomes_a_formula(text: str) -> None:
    sheet = openpyxl.load_workbook(written([[text, None, None, None, None, None, None]]))["Journal"]
    assert sheet["A2"].data_type == "s" and sheet["A2"].value == text
    assert sheet["A2"].quotePrefix and not sheet["A1"].quotePrefix
    assert csv_text(text) == "'" + text


@settings(max_examples=60)
@given(st.lists(st.text(st.characters()), min_size=1, max_size=8))
@example(["=\x00", "_x0041_", "\ud800", "a\r\nb", "\ufffe", " edge ", "\x1b"])
def test_any_text_survives_as_text(texts: list[str]) -> None:
    """Nothing aborts the export, and what a cell may hold comes back as it was."""
    columns = [Column("text", "Text")]
    file = written([[text] for text in texts], columns)
    back = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python(skip_empty_area=False)
    expected = [re.sub("_x005F_", "_", clean(text)[0]) for text in texts]
    assert [row[0] for row in back[1:]] == expected[: len(back) - 1]
    assert not any(expected[len(back) - 1 :])
    file.seek(0)
    assert b"<f>" not in zipfile.ZipFile(file).read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("letter", ["a", "é", "😀", "\u0627"])
def test_over_long_text_is_cut_with_a_mark_and_counted(letter: str) -> None:
    book = Workbook(title="t", zone=RABAT)
    sheet = book.sheet("S", [Column("text", "Text")])
    sheet.append([letter * LONGEST])
    sheet.append([letter * 40_000])
    target = io.BytesIO()
    book.save(target)
    values = [row[0].value for row in openpyxl.load_workbook(target).active.iter_rows(min_row=2)]
    assert book.cuts == (2 if letter == "😀" else 1)
    assert values[1].endswith(CUT) and len(values[1].encode("utf-16-le")) // 2 <= LONGEST


@pytest.mark.parametrize(
    ("index", "value", "error"),
    [
        (1, Money(1, "XOF"), ValueError),
        (1, 12, TypeError),
        (3, datetime(2026, 1, 1, tzinfo=UTC), TypeError),
        (4, datetime.fromisoformat("2026-01-01"), ValueError),
        (0, 12, TypeError),
    ],
)
def test_what_does_not_belong_in_a_column_raises(
    index: int, value: Any, error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row: list[Any] = [None] * 7
    row[index] = value
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(error):
        written([row])
    assert not list(tmp_path.iterdir())


def test_totals_references_and_names() -> None:
    book = Workbook(title="t", zone=RABAT, right_to_left=True)
    columns = [Column("name", "Name"), Column("amount", "Amount", Kind.MONEY, currency="MAD")]
    one = book.sheet("Prévu / l'an: 2026 et la suite longue", columns)
    two = book.sheet("PRÉVU   l'an  2026 et la suite longue", columns)
    one.append(["a", Money(100, "MAD")])
    one.append(["b", Money(250, "MAD")])
    one.total({"amount": "SUM"}, label="Total")
    one.red_unless_zero("amount", 2, 3)
    two.append(["all", Formula(f"SUM({one.reference('amount', 2, 3)})")])
    target = io.BytesIO()
    book.save(target)
    back = openpyxl.load_workbook(target)
    assert [len(name) <= 31 for name in back.sheetnames] == [True, True] and len(set(back.sheetnames)) == 2
    assert back.worksheets[0]["B4"].value == "=SUM(B2:B3)"
    assert back.worksheets[1]["B2"].value == f"=SUM('{back.sheetnames[0].replace(chr(39), chr(39) * 2)}'!B2:B3)"
    assert back.worksheets[0].sheet_view.rightToLeft
    assert [str(r.sqref) for r in back.worksheets[0].conditional_formatting] == ["B2:B3"]
