"""How people write the cells of a budget, by hand, pasted, in a workbook."""

from uuid import UUID

import pytest

from grants.applications.budget_cells import LINE_COLUMNS, Reading, column_of, pasted
from grants.applications.models import Certainty, Source
from grants.applications.reckoning import Spender
from grants.core.sheets.reading import ErrorCell, UncalculatedCell
from grants.core.types import Money
from grants.people.models import OrganisationKind
from tests.applications.budget_ground import RULES

MAD, XOF = Reading(RULES, "MAD"), Reading(RULES, "XOF")


def why(on: Reading, **cells: object) -> str:
    wrong = on.line(cells)[1]
    return " ".join(str(one).replace("\u00a0", " ") for one in wrong.values())


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("1 234,50", 123_450),
        ("1\u202f234,50", 123_450),
        ("1,234.50", 123_450),
        ("1.234,50", 123_450),
        ("1234.5", 123_450),
        ("١٢٣٤٫٥", 123_450),
        ("1 234,50 MAD", 123_450),
        ("1 234,50 DH", 123_450),
        ("12 500 درهم", 1_250_000),
        (1234.5, 123_450),
        (1234, 123_400),
        (0.1 + 0.2, 30),
    ],
)
def test_amounts_in_every_habit(typed, minor) -> None:
    line, wrong = MAD.line({"net": typed})
    assert (line.net, wrong) == (Money(minor, "MAD"), {})


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("1,234", "Is “1,234” 1 234 or 1.234?"),
        ("1 234 EUR", "This amount is in EUR; the call counts in MAD."),
        ("€ 1 234", "This amount is in EUR; the call counts in MAD."),
        ("-5", "not negative"),
        (-5, "not negative"),
        ("0", "above zero"),
        (0, "above zero"),
        ("beaucoup", "digits"),
        ("=1+1", "digits"),
        (1234.567, "at most 2 decimals"),
        (1e300, "too large"),
        (float("inf"), "too large"),
        (True, "yes or no"),
        (ErrorCell("#REF!"), "#REF!"),
        (UncalculatedCell(""), "formula without a result"),
    ],
)
def test_amounts_that_are_refused_with_a_sentence(typed, sentence) -> None:
    assert sentence in why(MAD, net=typed)


@pytest.mark.parametrize("typed", ["1500,50", 1500.5])
def test_no_decimals_of_a_currency_without(typed) -> None:
    assert "whole number" in why(XOF, net=typed)
    assert XOF.line({"net": "1 500 FCFA"})[0].net == Money(1500, "XOF")


@pytest.mark.parametrize("typed", ["STAFF", "staff", "Personnel", "PERSONNEL", "الموظفون", " Staff "])
def test_categories_by_code_or_name_in_any_language(typed) -> None:
    assert MAD.line({"category": typed})[0].category == "STAFF"


@pytest.mark.parametrize("typed", ["2", "Year 2", "Année 2", "السنة ٢", 2, 2.0])
def test_years_in_every_habit(typed) -> None:
    assert MAD.line({"year": typed})[0].year == 2


@pytest.mark.parametrize("typed", ["0", "11", "2027", "soon", "1.5", 2027, 1.5])
def test_other_years_are_refused(typed) -> None:
    assert "first year" in why(MAD, year=typed)


@pytest.mark.parametrize(
    ("typed", "vat"), [("20", 2_000), ("20 %", 2_000), ("5,5", 550), (0.2, 2_000), (20, 2_000), ("٢٠٪", 2_000)]
)
def test_rates_of_vat(typed, vat) -> None:
    assert MAD.line({"vat": typed})[0].vat == vat
    assert "0 to 100" in why(MAD, vat="101")


def test_a_text_that_looks_like_a_formula_is_a_text() -> None:
    assert MAD.line({"label": "=cmd|' /C calc'!A0"})[0].label == "=cmd|' /C calc'!A0"
    assert "at most 200" in why(MAD, label="x" * 201)


def test_co_financing_by_code_or_name() -> None:
    found, wrong = MAD.funding({"source": "Own funds", "amount": "10 000", "certainty": "confirmed"})
    assert (found.source, found.certainty, wrong) == (Source.OWN, Certainty.CONFIRMED, {})
    assert MAD.funding({"source": "bank"})[0].source == Source.BANK
    assert "is not in the list" in str(MAD.funding({"source": "lottery"})[1]["source"])


def test_headings_are_found_with_their_currency() -> None:
    assert column_of("Amount excl. VAT (MAD)", LINE_COLUMNS) == "net"
    assert column_of("Anything", LINE_COLUMNS) is None


def test_a_pasted_table() -> None:
    text = 'Staff\t1\tTwo "good" engineers\t1 234,50\t20%\n\n"Equipment"\t2\t"Sensors\nand more"\t1,234.50\t\n'
    found = pasted(text, LINE_COLUMNS, 200)
    assert found.errors == []
    lines = [MAD.line(one)[0] for one in found.rows]
    assert [(one.category, one.year, one.net, one.vat) for one in lines] == [
        ("STAFF", 1, Money(123_450, "MAD"), 2_000),
        ("EQUIP", 2, Money(123_450, "MAD"), 0),
    ]
    assert lines[1].label == "Sensors and more"


def test_a_pasted_table_under_headings_in_another_order() -> None:
    found = pasted("Year\tNote\tAmount excl. VAT\tCategory\n1\tx\t5\tSTAFF", LINE_COLUMNS, 200)
    (line,) = [MAD.line(one)[0] for one in found.rows]
    assert (line.category, line.year, line.net) == ("STAFF", 1, Money(500, "MAD"))


def test_a_pasted_table_too_wide_or_too_long_says_where() -> None:
    found = pasted("STAFF\t1\tx\t5\t0\tmore\n" + "STAFF\t1\tx\t5\n" * 3, LINE_COLUMNS, 2)
    assert [row for row, _, _ in found.errors] == [1, 3]


def test_who_spends_is_asked_where_there_is_a_choice() -> None:
    lead, partner = UUID(int=1), UUID(int=2)
    spenders = {
        lead: Spender("Sahel", OrganisationKind.STARTUP),
        partner: Spender("Université", OrganisationKind.UNIVERSITY),
    }
    on = Reading(RULES, "MAD", spenders)
    assert list(on.columns) == ["category", "who", "year", "label", "net", "vat"] and "who" not in MAD.columns
    assert on.line({"who": "universite"})[0].organisation_id == partner
    assert on.line({"who": str(lead)})[0].organisation_id is None
    assert "is not in the list" in why(on, who="Somebody else")
