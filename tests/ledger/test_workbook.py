"""The Excel ledger, read back by another library: its totals are those of the dashboard, and nothing in it is alive."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from io import BytesIO
from uuid import uuid4
from zipfile import ZipFile

import pytest
from flask import Flask, current_app
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from grants.core.db import db, transaction
from grants.core.i18n import Words, render
from grants.core.types import Money
from grants.ledger import queries
from grants.ledger.service import Kind, Line, Place, Stage, key_for, open_fund, post
from grants.reports import workbook
from grants.reports.dashboard import dashboard
from tests.factories import (
    AgreementFactory,
    ApplicationFactory,
    AwardFactory,
    CallFactory,
    ClaimFactory,
    ClusterFactory,
    CommissionFactory,
    FundFactory,
    InstalmentFactory,
    OrganisationFactory,
    PersonFactory,
    submitted,
)

HOSTILE = '=HYPERLINK("http://example.org","click")\x07'


class Story:
    """A fund with three grants: reserved, committed with one paid instalment, committed."""

    def __init__(self, currency: str, scale: int) -> None:
        self.currency, self.scale = currency, scale
        cluster = ClusterFactory(currency=currency, code=f"C{uuid4().hex[:8].upper()}")
        self.fund = FundFactory(cluster=cluster, code=f"F{uuid4().hex[:8].upper()}", name="Fonds d’innovation")
        self.themes = [
            CommissionFactory(cluster=cluster, position=n, name=Words(fr=name, en=name, ar=name))
            for n, name in enumerate(["Mobile", "Multimédia"])
        ]
        self.call = CallFactory(fund=self.fund)
        self.maker = PersonFactory(name=HOSTILE, email=f"{uuid4().hex}@example.org")
        open_fund(self.fund.id, self.fund.code, currency, cluster.timezone)
        self.awards = [self.award(n) for n in range(3)]
        db.session.commit()
        self.run()

    def award(self, n: int):
        theme = self.themes[n % 2]
        application = ApplicationFactory(
            call=self.call,
            commission=theme,
            title=HOSTILE,
            organisation=OrganisationFactory(name=f"+{HOSTILE}", ice=f"{uuid4().int % 10**15:015}"),
            lead=PersonFactory(email=f"{uuid4().hex}@example.org"),
            **submitted(n + 1),
        )
        return AwardFactory(application=application, amount_minor=7_000 * self.scale, number=f"CV-{n}")

    def money(self, units: int) -> Money:
        return Money(units * self.scale, self.currency)

    def post(self, kind: Kind, source: Place, target: Place, units: int, **more) -> None:
        with transaction():
            line = Line(source, target, self.money(units))
            post(self.fund.id, kind, [line], actor=self.maker, **{"key": uuid4(), **more})

    def run(self) -> None:
        call = self.call.id
        self.post(Kind.ENDOW, Place.source(), Place.available(), 100_000, document="BUD-1", reason=HOSTILE)
        self.post(Kind.ALLOCATE_CALL, Place.available(), Place.call(call), 60_000)
        for theme in self.themes:
            self.post(Kind.ALLOCATE_COMMISSION, Place.call(call), Place.commission(call, theme.id), 25_000)
        at = [(call, award.commission_id, award.id) for award in self.awards]
        for place in at:
            self.post(Kind.RESERVE, Place.commission(*place[:2]), Place.reserved(*place), 7_000)
        for place in at[1:]:
            self.post(Kind.COMMIT, Place.reserved(*place), Place.committed(*place), 7_000)
        agreement = AgreementFactory(award=self.awards[1])
        first = InstalmentFactory(agreement=agreement, amount_minor=2_800 * self.scale)
        ClaimFactory(instalment=first, accepted_minor=first.amount_minor, order_number="OP-1")
        second = InstalmentFactory(agreement=agreement, position=2, amount_minor=2_800 * self.scale)
        db.session.commit()
        chain = [
            (Kind.LIQUIDATE, Place.payable),
            (Kind.ORDER, Place.ordered),
            (Kind.REMIT, Place.remitted),
            (Kind.PAY, Place.paid),
        ]
        for instalment, steps in [(first, 4), (second, 2)]:
            before = Place.committed(*at[1])
            for kind, stage in chain[:steps]:
                after = stage(*at[1], instalment.id)
                self.post(kind, before, after, 2_800, document=f"{kind}-{instalment.position}")
                before = after


@pytest.fixture(params=[("MAD", 100), ("XOF", 1)], ids=["MAD", "XOF"])
def story(committing: Flask, request: pytest.FixtureRequest) -> Story:
    return Story(*request.param)


def read(file: BytesIO) -> dict[str, list[list]]:
    file.seek(0)
    book = CalamineWorkbook.from_filelike(file)
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def written(story: Story, lang: str = "en") -> tuple[BytesIO, workbook.Written]:
    file = BytesIO()
    return file, workbook.export(story.fund, file, lang, "A fund manager")


def column(sheet: list[list], heading: str, rows: slice) -> list:
    at = next(row for row in sheet if any(str(cell).startswith(heading) for cell in row))
    return [row[[str(cell).startswith(heading) for cell in at].index(True)] for row in sheet[rows]]


def test_totals_are_those_of_the_dashboard(story: Story) -> None:
    file, done = written(story)
    sheets = read(file)
    shown = dashboard(story.fund, date(2026, 11, 22)).standing
    assert shown.envelope == story.money(60_000) and shown.engaged == story.money(14_000)
    assert shown.paid == story.money(2_800) and shown.unpaid == story.money(11_200)

    summary = sheets["Summary"]
    whole = next(row for row in summary if row[0] == "The whole fund")
    figures = [figure(shown) for _, figure, _ in workbook.FIGURES.values()]
    assert whole[1:-1] == [float(one.major) for one in figures]
    assert summary[1][:2] == ["Appropriations", float(shown.endowed.major)]
    assert summary[2][:2] == ["Not allocated to any call", float(shown.unallocated.major)]
    commissions = summary[5:8]  # two commissions and what no commission has yet
    assert [row[0] for row in commissions] == ["Mobile", "Multimédia", "Allocated to calls, not yet to a commission"]
    for position, total in enumerate(figures, 1):
        assert sum(row[position] for row in commissions) == float(total.major)
    by_theme = queries.by_commission(story.fund.id)
    assert commissions[0][1:3] == [float(one.major) for one in (by_theme[story.themes[0].id].envelope,
                                                              by_theme[story.themes[0].id].free)]  # fmt: skip

    agreements = sheets["Agreements"]
    rows = slice(1, 1 + len(story.awards))
    for stage in (Stage.RESERVED, Stage.COMMITTED, Stage.ORDERED, Stage.PAID):
        label = render(stage.label, "en")
        assert sum(column(agreements, f"{label} (", rows)) == float(shown[stage].major)
    payments = sheets["Payments"]
    assert sum(column(payments, "Paid (", slice(1, 3))) == float(shown.paid.major)
    journal = sheets["Journal"]
    assert len(journal) == 2 + done.lines
    assert sum(column(journal, "Amount (", slice(2, None))) == sum(
        float(one.moved.amount.major) for one in queries.every_entry(story.fund.id)
    )


def test_every_check_holds_and_says_so(story: Story) -> None:
    file, done = written(story)
    sheets = read(file)
    assert {row[-1] for row in sheets["Checks"][1:]} == {"OK"}
    assert len(sheets["Checks"]) > 30
    notice = dict(row[:2] for row in sheets["Notice"])
    head = queries.heads([story.fund.id])[story.fund.id]
    assert notice["Last operation"] == str(head.no) == str(done.no)
    assert notice["Seal of all operations (SHA-256)"] == head.hash.hex() == done.hash.hex()
    assert notice["Proof"].startswith(f"{head.no} operations proved")
    assert notice["Written by"] == "A fund manager"
    assert notice["Checks of this workbook"] == "All hold."


def cells(book, reference: str) -> list:
    """The values a reference names, as far down as the sheet goes."""
    title, first, low, last, high = re.fullmatch(r"'(.+)'!([A-Z]+)(\d+):([A-Z]+)(\d+)", reference).groups()
    assert first == last
    sheet = book[title]
    return [sheet[f"{first}{row}"].value for row in range(int(low), min(int(high), sheet.max_row) + 1)]


def computed(book, formula: str) -> Decimal:
    """What Excel will show for one of our sums."""
    if found := re.fullmatch(r"=SUM\((.+)\)", formula):
        return sum((Decimal(str(one or 0)) for one in cells(book, found[1])), Decimal())
    ranges = re.fullmatch(r'=SUMIFS\((.+?),(.+?),"(.+)"\)-SUMIFS\((.+?),(.+?),"(.+)"\)', formula).groups()
    amounts = [Decimal(str(one)) for one in cells(book, ranges[0])]
    entered, left = cells(book, ranges[1]), cells(book, ranges[4])
    name = ranges[2].replace('""', '"')
    return sum(
        (n * ((one == name) - (other == name)) for n, one, other in zip(amounts, entered, left, strict=True)), Decimal()
    )


@pytest.mark.parametrize("lang", ["fr", "ar", "en"])
def test_the_formulas_of_the_checks_are_right(story: Story, lang: str) -> None:
    file, _ = written(story, lang)
    file.seek(0)
    book = load_workbook(file)
    checks = book.worksheets[-2]
    for row in checks.iter_rows(min_row=2):
        assert computed(book, row[1].value) == Decimal(str(row[2].value)), row[0].value
        assert row[3].value == f"=B{row[0].row}-C{row[0].row}"
    journal = book.worksheets[1]
    top = next(cell for cell in journal[1] if str(cell.value).startswith("=SUBTOTAL"))
    heading = journal.cell(2, top.column).value
    assert story.currency in heading and top.value == f"=SUBTOTAL(109,{top.column_letter}3:{top.column_letter}1048576)"


def test_nothing_a_person_typed_is_alive(story: Story) -> None:
    file, _ = written(story)
    file.seek(0)
    book = load_workbook(file)
    ours = re.compile(r"^=(SUM|SUMIFS|SUBTOTAL)\(|^=[A-Z]+\d+-[A-Z]+\d+$")
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert ours.match(cell.value), cell.value
                    assert "HYPERLINK" not in cell.value
    found = [cell for row in book["Agreements"].iter_rows() for cell in row if "HYPERLINK" in str(cell.value)]
    assert found and all(cell.data_type == "s" and cell.quotePrefix for cell in found)
    assert "\x07" not in "".join(str(cell.value) for cell in found)
    identifiers = [row[4] for row in read(file)["Agreements"][1:4]]
    assert all(re.fullmatch(r"\d{15}", one) for one in identifiers)  # fifteen digits, as text, zeros kept


def test_amounts_carry_their_currency_and_its_decimals(story: Story) -> None:
    file, _ = written(story)
    file.seek(0)
    sheet = load_workbook(file)["Summary"]
    heading = next(row for row in sheet.iter_rows() if row[0].value == "Commission")
    assert heading[1].value == f"Envelope ({story.currency})"
    amount = sheet.cell(heading[1].row + 1, 2)
    assert amount.number_format == ("#,##0.00" if story.currency == "MAD" else "#,##0")


def test_print_setup_and_protection(story: Story) -> None:
    file, done = written(story)
    file.seek(0)
    for sheet in load_workbook(file):
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)  # A4
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.print_title_rows
        assert f"no. {done.no} – {done.hash.hex()[:16]}" in sheet.oddFooter.left.text
        assert sheet.protection.sheet
        assert not sheet.protection.sort and not sheet.protection.autoFilter


@pytest.mark.parametrize(("lang", "rtl"), [("fr", False), ("ar", True), ("en", False)])
def test_in_every_language(story: Story, lang: str, rtl: bool) -> None:
    file, _ = written(story, lang)
    file.seek(0)
    book = load_workbook(file)
    assert len(book.sheetnames) == 16
    assert all(bool(sheet.sheet_view.rightToLeft) is rtl for sheet in book)
    assert len({render(stage.label, lang) for stage in Stage}) == len(Stage)  # the checks tell stages by their words


def test_what_is_posted_meanwhile_is_not_half_in_it(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """One snapshot: an operation committed while the workbook is written is in none of its sheets."""
    before = queries.heads([story.fund.id])[story.fund.id]
    fund_id, currency = story.fund.id, story.currency
    db.session.rollback()
    application = current_app._get_current_object()

    def meanwhile() -> None:
        with application.app_context(), transaction():
            line = Line(Place.source(), Place.available(), Money(1, currency))
            post(fund_id, Kind.ENDOW, [line], actor=None, key=key_for(fund_id, "meanwhile"))

    original = workbook.journal

    def slow(job):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(meanwhile).result()
        return original(job)

    monkeypatch.setattr(workbook, "journal", slow)
    file, done = written(story)
    assert done.no == before.no
    assert {row[-1] for row in read(file)["Checks"][1:]} == {"OK"}
    assert queries.heads([fund_id])[fund_id].no == before.no + 1


def test_an_empty_fund_has_a_workbook_too(committing: Flask) -> None:
    cluster = ClusterFactory(code=f"C{uuid4().hex[:8].upper()}")
    fund = FundFactory(cluster=cluster, code=f"F{uuid4().hex[:8].upper()}")
    open_fund(fund.id, fund.code, fund.currency)
    db.session.commit()
    file = BytesIO()
    assert workbook.export(fund, file, "fr", "x").lines == 0
    assert len(read(file)) == 16
    file.seek(0)
    assert ZipFile(file).testzip() is None
