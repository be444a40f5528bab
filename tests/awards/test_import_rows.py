"""Each cell is read exactly or refused with its row, its column and a reason."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.awards.import_checks import Checked, Grant, check
from grants.awards.import_recipients import Known, match, register
from grants.awards.import_values import Dates, Unclear, amount, currency_in, duration_months, months_later
from grants.awards.imports import propose
from grants.core.sheets.reading import ErrorCell, Row, Table
from grants.core.types import Money, new_id

TODAY = date(2026, 11, 22)
DAY = datetime.fromisoformat("2020-05-06")


@pytest.mark.parametrize(
    ("cell", "currency", "minor"),
    [
        (15000, "GBP", 1_500_000),
        (80394.5, "GBP", 8_039_450),
        (44337.130000000005, "GBP", 4_433_713),
        (500, "XOF", 500),
        ("£1,234.50", "GBP", 123_450),
        ("1 234,50", "EUR", 123_450),
        ("1 234,50 €", "EUR", 123_450),
        ("12 500 MAD", "MAD", 1_250_000),
        ("12.500,00 DH", "MAD", 1_250_000),
        ("GBP 1,234,567", "GBP", 123_456_700),
        ("١٢٥٠٠ درهم", "MAD", 1_250_000),
        ("1'000.5", "CHF", 100_050),
        ("2 000 000 F CFA", "XOF", 2_000_000),
    ],
)
def test_amounts(cell: Any, currency: str, minor: int) -> None:
    assert amount(cell, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("cell", "currency", "reason"),
    [
        ("1.500", "GBP", "1.5"),
        ("1,500", "EUR", "1.5"),
        (0, "GBP", "greater than zero"),
        (-5, "GBP", "greater than zero"),
        ("(1,234.50)", "GBP", "greater than zero"),
        ("-12", "GBP", "greater than zero"),
        (12.345, "GBP", "finer"),
        (100.5, "XOF", "finer"),
        ("$1,000", "GBP", "not in GBP"),
        ("1000 EUR", "GBP", "not in GBP"),
        ("about 1000", "GBP", "not an amount"),
        ("1000 or so", "GBP", "not an amount"),
        (True, "GBP", "not an amount"),
        (DAY, "GBP", "not an amount"),
        (float("nan"), "GBP", "not an amount"),
        (1e300, "GBP", "not an amount"),
        (ErrorCell("#REF!"), "GBP", "#REF!"),
        ("12k", "GBP", "not an amount"),
        ("1.23456789", "GBP", "finer"),
    ],
)
def test_amounts_that_are_refused_say_why(cell: Any, currency: str, reason: str) -> None:
    with pytest.raises(Unclear, match=reason.replace("(", r"\(")):
        amount(cell, currency)


@given(st.integers(1, 10**14))
def test_every_amount_of_two_decimals_survives_a_spreadsheet(minor: int) -> None:
    assert amount(float(Decimal(minor) / 100), "GBP") == Money(minor, "GBP")


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (DAY, date(2020, 5, 6)),
        ("2020-05-06", date(2020, 5, 6)),
        ("2020-05-06T00:00:00Z", date(2020, 5, 6)),
        ("2020-05-06 10:30", date(2020, 5, 6)),
        ("2020/5/6", date(2020, 5, 6)),
        ("31/12/2020", date(2020, 12, 31)),
        ("12/31/2020", date(2020, 12, 31)),
        ("31.12.20", date(2020, 12, 31)),
        ("6 May 2020", date(2020, 5, 6)),
        ("May 6, 2020", date(2020, 5, 6)),
        ("1er février 2019", date(2019, 2, 1)),
        ("Monday, 6th of May 2019", date(2019, 5, 6)),
        ("06-Sep-19", date(2019, 9, 6)),
        ("٦ مايو ٢٠٢٠", date(2020, 5, 6)),
        ("20200506", date(2020, 5, 6)),
        (20200506, date(2020, 5, 6)),
        (43957, date(2020, 5, 6)),
        (43957.75, date(2020, 5, 6)),
        ("05/05/2020", date(2020, 5, 5)),
    ],
)
def test_dates(cell: Any, day: date) -> None:
    assert Dates().read(cell) == day


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("03/04/2020", "3 April 2020 or 4 March 2020"),
        ("31/02/2020", "not a day of the calendar"),
        ("30/13/2020", "not a day of the calendar"),
        ("2020", "not a date"),
        (2020, "not a date"),
        ("soon", "not a date"),
        ("March 2020", "not a date"),
        (datetime.fromisoformat("1066-10-14"), "cannot be the date"),
        ("0020-01-01", "cannot be the date"),
        (True, "not a date"),
        (ErrorCell("#VALUE!"), "not a date"),
    ],
)
def test_dates_that_are_refused_say_why(cell: Any, reason: str) -> None:
    with pytest.raises(Unclear, match=reason):
        Dates().read(cell)


def test_the_column_decides_the_order_of_day_and_month() -> None:
    assert Dates.of(["03/04/2020", "25/04/2020"]).read("03/04/2020") == date(2020, 4, 3)
    assert Dates.of(["03/04/2020", "04/25/2020"]).read("03/04/2020") == date(2020, 3, 4)
    assert Dates.of(["03/04/2020"], day_first=False).read("03/04/2020") == date(2020, 3, 4)
    both = Dates.of(["03/04/2020", "04/25/2020", "25/04/2020"])
    assert both.read("25/04/2020") == both.read("04/25/2020") == date(2020, 4, 25)
    with pytest.raises(Unclear):
        both.read("03/04/2020")
    assert Dates.of([], epoch=1904).read(42495) == date(2020, 5, 6)


@given(st.dates(date(1930, 1, 1), date(2099, 12, 31)))
def test_every_day_survives_however_it_is_written(day: date) -> None:
    days = (day - date(1899, 12, 30)).days
    for cell in (day.isoformat(), f"{day:%d %B %Y}", f"{day:%B %d, %Y}", f"{day:%Y%m%d}", days):
        assert Dates().read(cell) == day
    assert Dates(day_first=True).read(f"{day:%d/%m/%Y}") == Dates(day_first=False).read(f"{day:%m/%d/%Y}") == day


def test_durations() -> None:
    cells = [36, "36", "36 months", "3 years", "3 ans", "18 mois", 1.5, "soon", 0, None, True, "1.5 years"]
    assert [duration_months(cell) for cell in cells] == [36, 36, 36, 36, 36, 18, None, None, None, None, None, 18]
    assert months_later(date(2020, 1, 1), 12) == date(2020, 12, 31)
    assert months_later(date(2019, 12, 31), 2) == date(2020, 2, 28)


def test_currencies_are_recognised() -> None:
    assert currency_in("Amount (£)") == {"GBP"} and currency_in("Montant en FCFA") == {"XOF", "XAF"}
    assert not currency_in("Amount") and not currency_in("Day of the grant")


HEADINGS = ["Ref", "Grantee", "Amount awarded", "Amount requested", "Award date", "Start date", "End date", "Currency"]


def checked(*rows: list[Any], headings: list[str] | None = None, currency: str = "GBP") -> Checked:
    names = headings or HEADINGS
    padded = [tuple((row + [None] * len(names))[: len(names)]) for row in rows]
    table = Table("S", 1, tuple(names), tuple(Row(n, row) for n, row in enumerate(padded, 2)))
    sample: list[list[Any]] = [["X1", "A", 10, 20, DAY, DAY, DAY, "GBP"], ["X2", "B", 11, 22, DAY, DAY, DAY, "GBP"]]
    return check(table, propose(names, sample), currency, TODAY)


def said(result: Checked) -> list[tuple[int, str, bool, str]]:
    return [(one.row, one.column, one.refused, str(one.text)) for one in result.remarks]


def test_every_problem_names_its_row_and_column() -> None:
    result = checked(
        ["A1", "Atlas", 100, 100, DAY],
        ["A1", "Rif", 100, 100, DAY],
        ["A2", None, "n/a", 100, None],
        ["A3", "Souss", "1.500", "x", "2031-01-01"],
        [None, "Draa", 10, 0, DAY, "2021-01-01", "2020-01-01"],
        ["A5", ErrorCell("#N/A"), 10, None, DAY, None, None, "EUR"],
        ["A6", "Ziz", 200, 100, "2020-01-01", "2020-01-01", "2020-12-31", "gbp"],
    )
    assert [(row, column, refused) for row, column, refused, _ in said(result)] == [
        (3, "A", True),
        (4, "B", True), (4, "C", True), (4, "E", True),
        (5, "C", True), (5, "D", True), (5, "E", True),
        (6, "G", True), (6, "A", False),
        (7, "B", True), (7, "H", True),
        (8, "C", False),
    ]  # fmt: skip
    assert [one.row for one in result.grants] == [2, 8] and result.refused_rows == 5 and result.rows == 7
    assert result.remarks[0].heading == "Ref" and "row 2" in str(result.remarks[0].text)


def test_a_heading_in_another_currency_refuses_the_file() -> None:
    result = checked(
        ["A1", "Atlas", 100, 100, DAY], headings=["Ref", "Grantee", "Amount awarded (EUR)", "x", "Award date"]
    )
    assert said(result)[0][:3] == (1, "C", True)


def test_the_end_follows_from_start_and_duration() -> None:
    names = ["Ref", "Grantee", "Amount awarded", "Award date", "Start date", "Duration (months)"]
    table = Table("S", 1, tuple(names), (Row(2, ("A", "B", 10, DAY, DAY, 24)), Row(3, ("C", "D", 10, DAY, None, 24))))
    first, second = check(table, propose(names, [row.cells for row in table.rows]), "GBP", TODAY).grants
    assert (first.starts_on, first.ends_on, first.months) == (date(2020, 5, 6), date(2022, 5, 5), 24)
    assert (second.starts_on, second.ends_on, second.months) == (None, None, 24)


def test_twins_without_identifier_stay_two_awards() -> None:
    names = ["Grantee", "Amount awarded", "Award date"]
    table = Table("S", 1, tuple(names), tuple(Row(n, ("A", 10, DAY)) for n in (2, 3)))
    result = check(table, propose(names, [row.cells for row in table.rows]), "GBP", TODAY)
    assert len({one.identifier for one in result.grants}) == 2


# --- recipients -----------------------------------------------------------------------------------------------


def grant(row: int, name: str, identifier: str | None = None) -> Grant:
    return Grant(
        row=row, identifier=f"G{row}", derived=False, title="T", recipient=name, recipient_id=identifier,
        amount=Money(100, "GBP"), requested=None, awarded_on=TODAY, starts_on=None, ends_on=None, months=None,
        programme=None, description=None, city=None,
    )  # fmt: skip


def test_recipients_by_identifier_then_by_name() -> None:
    known = Known(new_id(), "Atlas Numérique SARL", ("GB-CHC-1",))
    matched = match(
        [
            grant(2, "ATLAS NUMERIQUE"),
            grant(3, "Another name altogether", "gb-chc-1"),
            grant(4, "Théâtre du Rif, Ltd."),
            grant(5, "theatre du rif LIMITED", "MA-RC-5"),
            grant(6, "Unheard of", "MA-RC-5"),
        ],
        [known],
    )
    assert matched.party_of[2] is matched.party_of[3] and matched.party_of[2].id == known.id
    assert matched.party_of[4] is matched.party_of[5] is matched.party_of[6]
    assert len(matched.parties) == 2 and matched.parties[1].external_id == "MA-RC-5" and matched.country == "GB"
    assert len(matched.collisions) == 2


def test_two_numbers_of_one_register_are_two_recipients() -> None:
    matched = match([grant(2, "St Mary’s School", "GB-CHC-1"), grant(3, "St Mary's School", "GB-CHC-2")])
    assert len(matched.parties) == 2 and "different recipients" in str(matched.collisions[0])
    merged = match([grant(2, "St Mary’s School", "360G-X-ORG:St_Marys"), grant(3, "St Mary's School", "GB-CHC-2")])
    assert len(merged.parties) == 1 and merged.parties[0].external_id == "GB-CHC-2"


def test_registers() -> None:
    found = [register(one) for one in ("GB-CHC-1089888", "001561191000066", "360G-ALWF-ORG:Some_School", "12")]
    assert found == ["GB-CHC", "ICE", None, None]
