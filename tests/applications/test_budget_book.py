"""The budget as a workbook: there and back, edited, and hostile."""

import io
import zipfile
from dataclasses import replace

import openpyxl
import pytest

from grants.applications.budget_book import budget_book, given_back, read_book
from grants.applications.plan import Plan
from grants.applications.reckoning import Line
from grants.core.errors import Refused
from grants.core.i18n import Reader
from grants.core.sheets.reading import UnreadableFile
from grants.core.types import Money
from tests.applications.budget_ground import FUNDING, LINES, budget_ground, budgeted, mad
from tests.core.test_reading import HEAD, HOSTILE, container, sheet_of
from tests.factories import ClusterFactory, FundFactory

READERS = [Reader("fr"), Reader("ar"), Reader("en")]
HEADINGS = ["Category", "Year", "What it pays for", "Amount excl. VAT (MAD)", "VAT rate"]


@pytest.fixture
def application(app):
    return budgeted(budget_ground())


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def saved(book: openpyxl.Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def of_rows(*rows: list[object], headings: list[str] = HEADINGS) -> bytes:
    book = openpyxl.Workbook()
    for row in (headings, *rows):
        book.active.append(row)
    return saved(book)


@pytest.mark.parametrize("reader", READERS, ids=lambda one: one.language)
def test_there_and_back_it_is_the_same(application, reader) -> None:
    content = budget_book(application, reader)
    sent = read_book(content, application)
    assert sent.errors == []
    assert (tuple(sent.lines), tuple(sent.funding)) == (LINES, FUNDING)
    again = read_book(saved(opened(content)), application)
    assert (again.lines, again.funding) == (sent.lines, sent.funding)


def test_it_is_made_to_be_filled_in(application) -> None:
    book = opened(budget_book(application, Reader("en")))
    costs = book["Costs"]
    assert [one.value for one in costs[3]][:5] == HEADINGS and not costs.protection.sheet
    offered = {str(one.sqref).split(":")[0]: one.formula1 for one in costs.data_validations.dataValidation}
    assert offered == {"A4": "'Lists'!$A$2:$A$4", "B4": "'Lists'!$C$2:$C$11"}
    assert [one.value for one in book["Lists"]["A"]][:4] == ["Category", "Staff", "Equipment", "Subcontracting"]
    assert book["Lists"]["B4"].value == pytest.approx(0.3)
    assert opened(budget_book(application, Reader("ar"))).worksheets[1].sheet_view.rightToLeft


def test_formula_like_texts_stay_texts(app) -> None:
    evil = '=HYPERLINK("http://x","y")'
    application = budgeted(budget_ground(), (replace(LINES[0], label=evil),))
    cell = opened(budget_book(application, Reader("en")))["Costs"]["C4"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (evil, "s", True)


def test_errors_are_marked_by_cell_and_nothing_is_kept(application) -> None:
    book = opened(budget_book(application, Reader("en")))
    costs = book["Costs"]
    costs["A5"], costs["D4"], costs["B6"], costs["D8"], costs["A8"] = "Travel", "12 EUR", 2027, "=1+1", "Staff"
    book["Co-financing"]["C3"] = -5
    sent = read_book(saved(book), application)
    assert [(one.sheet, one.cell) for one in sent.errors] == [
        ("Costs", "D4"),
        ("Costs", "A5"),
        ("Costs", "B6"),
        ("Costs", "D8"),
        ("Co-financing", "C3"),
    ]
    said = [str(one.message) for one in sent.errors]
    assert "EUR" in said[0] and "Travel" in said[1] and "first year" in said[2] and "formula" in said[3]
    back = opened(given_back(sent, application, Reader("en")))
    for one in sent.errors:
        cell = back[one.sheet][one.cell]
        assert cell.fill.fgColor.rgb == "00FDEBE9" and cell.comment.text
    assert back["Costs"]["A5"].value == "Travel" and back["Costs"]["C4"].value == "Two engineers"
    assert back["Costs"]["A4"].fill.fgColor.rgb != "00FDEBE9"


def test_mended_where_it_was_red_it_is_taken(application) -> None:
    book = opened(budget_book(application, Reader("en")))
    book["Costs"]["D4"] = "much"
    back = opened(given_back(read_book(saved(book), application), application, Reader("en")))
    back["Costs"]["D4"] = 350000
    sent = read_book(saved(back), application)
    assert sent.errors == [] and sent.lines[0].net == mad(350_000) and tuple(sent.lines[1:]) == LINES[1:]


def test_rows_are_in_any_order_with_gaps_and_columns_of_their_own(application) -> None:
    headings = ["Note", "Amount excl. VAT", "Category", "What it pays for", "Year"]
    sent = read_book(
        of_rows(["n", 5, "STAFF", "x", 1], [], ["n", "1 234,50", "équipement", "y", "2"], headings=headings),
        application,
    )
    assert [(one.category, one.net, one.year) for one in sent.lines] == [
        ("STAFF", mad(5), 1),
        ("EQUIP", mad("1234.50"), 2),
    ]


def test_what_a_spreadsheet_has_calculated_is_a_value(application) -> None:
    rows = b'<row r="1">' + b"".join(
        b'<c r="%s1" t="inlineStr"><is><t>%s</t></is></c>' % (column, heading.encode())
        for column, heading in zip((b"A", b"B", b"C", b"D"), HEADINGS, strict=False)
    )
    rows += b'</row><row r="2"><c r="A2" t="inlineStr"><is><t>STAFF</t></is></c><c r="B2"><v>1</v></c>'
    rows += b'<c r="D2"><f>2*3</f><v>6</v></c></row>'
    sent = read_book(container(sheet_of(rows)), application)
    assert sent.errors == [] and sent.lines[0].net == mad(6)


@pytest.mark.parametrize(
    "name", [name for name in HOSTILE if name not in {"only figures", "too many columns", "prose"}]
)
def test_hostile_workbooks_are_refused_with_a_sentence(application, name) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read_book(HOSTILE[name][0], application)
    assert str(refused.value.detail).endswith(".")


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    target = io.BytesIO(content)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(name, part)
    return target.getvalue()


def short_rows(count: int) -> bytes:
    return container(sheet_of(b"".join(b'<row r="%d"><c><v>1</v></c></row>' % n for n in range(1, count + 1))))


REFUSED = {
    "macros": (lambda: with_part(of_rows(["STAFF", 1, "x", 5, 0]), "xl/vbaProject.bin", b"\xcc\x61"), "macros"),
    "too many lines": (lambda: of_rows(*[["STAFF", 1, "x", 5, 0]] * 201), "too_many_rows"),
    "a million rows": (lambda: short_rows(1_000_000), "too_large"),
    "a hundred thousand rows": (lambda: short_rows(100_000), "too_many_cells"),
    "far below": (lambda: of_rows(*[[]] * 1300, ["STAFF", 1, "x", 5, 0]), "too_many_rows"),
    "another table": (lambda: of_rows(["a", "b"], headings=["Name", "Town"]), "no_headings"),
    "no line": (lambda: of_rows([None, None, None, None, None]), "no_rows"),
    "entities": (
        lambda: container(sheet_of(b"", HEAD + b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>')),
        "unsafe",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_workbooks_that_are_no_budget_are_refused(application, name) -> None:
    make, code = REFUSED[name]
    with pytest.raises(UnreadableFile) as refused:
        read_book(make(), application)
    assert refused.value.code == code and str(refused.value.detail).endswith(".")


def test_a_workbook_in_another_currency_is_refused(application) -> None:
    headings = [*HEADINGS[:3], "Amount excl. VAT (XOF)", "VAT rate"]
    with pytest.raises(Refused, match="counts in XOF; the call counts in MAD"):
        read_book(of_rows(["STAFF", 1, "x", 5, 0], headings=headings), application)


def test_a_currency_without_decimals_takes_none(app) -> None:
    fund = FundFactory(cluster=ClusterFactory(country="CI", currency="XOF", timezone="Africa/Abidjan"))
    on = budget_ground(fund=fund, ceiling_minor=10_000_000)
    application = budgeted(on, (Line("STAFF", 1, "x", Money(5_000, "XOF")),), ())
    book = opened(budget_book(application, Reader("en")))
    assert book["Costs"]["D4"].value == 5000 and Plan.of(application).lines[0].net == Money(5_000, "XOF")
    book["Costs"]["D4"] = 5000.5
    (error,) = read_book(saved(book), application).errors
    assert error.cell == "D4" and "no decimals" in str(error.message)
