"""Amounts as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.core import i18n
from grants.core.amounts import MOST_MINOR, parse_amount
from grants.core.i18n import Text
from grants.core.types import Money


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("1500", 150_000),
        ("1500,50", 150_050),
        ("1500.50", 150_050),
        ("1 500.50", 150_050),
        ("1\u202f500,5", 150_050),
        ("1\u00a0500\u00a0000", 150_000_000),
        ("1'500", 150_000),
        ("1’500,05", 150_005),
        ("1.500,50", 150_050),
        ("1,500.50", 150_050),
        ("12.500.000", 1_250_000_000),
        ("12,500,000.5", 1_250_000_050),
        ("0,5", 50),
        (",5", 50),
        ("٤٬٥٠٠٫٢٥", 450_025),
        ("۴۵۰۰", 450_000),
        ("\u200f12 500\u200e MAD", 1_250_000),
        ("MAD 12500", 1_250_000),
        ("12 500 درهم", 1_250_000),
    ],
)
def test_what_people_type_in_dirhams(typed, minor):
    assert parse_amount(typed, "MAD") == Money(minor, "MAD")


@pytest.mark.parametrize("typed", ["", " ", "\u00a0", "MAD"])
def test_nothing_is_nothing(typed):
    assert parse_amount(typed, "MAD") is None


@pytest.mark.parametrize("typed", ["1.500", "1,500", "12.500", "999,999"])
@pytest.mark.parametrize("currency", ["MAD", "XOF", "TND"])
def test_one_mark_and_three_digits_is_a_question(typed, currency):
    with pytest.raises(ValueError) as refusal:
        parse_amount(typed, currency)
    assert isinstance(refusal.value.args[0], Text) and "?" in str(refusal.value.args[0])


@pytest.mark.parametrize(
    "typed",
    [
        *("-5", "−5", "- 5", "inf", "nan", "1e5", "1E5", "abc", "1_000", "0x10", "½", "5,", ".", "1..5", "1,50,50"),
        *("1.50.20", "12.34.567", "1500,555", "0.500", "1,500.500", "1.500,500", "1 500,500", "5 EUR", "$5"),
        *("9" * 41, "9" * 30, "10 000 000 000 000", "1.1.1.1", "1.500.00", "+5", "5-", "1;2"),
    ],
)
def test_what_is_refused_says_why(typed):
    with pytest.raises(ValueError) as refusal:
        parse_amount(typed, "MAD")
    assert isinstance(refusal.value.args[0], Text) and str(refusal.value.args[0])


def test_decimals_belong_to_the_currency():
    assert parse_amount("1 500", "XOF") == Money(1500, "XOF")
    assert parse_amount("1.500.000", "XOF") == Money(1_500_000, "XOF")
    for typed in ("1500,50", "1,5", "1500.00"):
        with pytest.raises(ValueError, match="decimals"):
            parse_amount(typed, "XOF")
    assert parse_amount("1500,500", "TND") == Money(1_500_500, "TND")


@given(
    st.integers(0, MOST_MINOR - 1),
    st.sampled_from(["MAD", "DZD", "XOF", "EUR"]),
    st.sampled_from(["fr", "ar", "en"]),
    st.booleans(),
)
def test_every_amount_we_write_can_be_typed_back(minor, currency, language, exact):
    amount = Money(minor, currency)
    assert parse_amount(i18n.amount(amount, language, exact), currency) == amount
    assert parse_amount(i18n.money(amount, language, exact), currency) == amount


@given(st.text(max_size=60), st.sampled_from(["MAD", "XOF", "TND"]))
def test_no_text_whatever_breaks_the_field(typed, currency):
    refusal = found = None
    try:
        found = parse_amount(typed, currency)
    except ValueError as error:
        refusal = error.args[0]
    assert refusal is None or isinstance(refusal, Text)
    assert found is None or 0 <= found.minor < MOST_MINOR


@given(st.integers(0, 10**9), st.sampled_from([" ", "\u00a0", "\u202f", "'", "’", ""]), st.sampled_from([".", ","]))
def test_any_grouping_and_either_mark(minor, group, mark):
    typed = f"{minor // 100:,}".replace(",", group) + f"{mark}{minor % 100:02d}"
    assert parse_amount(typed, "MAD") == Money(minor, "MAD")
