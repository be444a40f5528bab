"""A day, however people of these countries type it."""

from datetime import date

import pytest

from grants.core.days import parse_day


@pytest.mark.parametrize(
    "typed",
    [
        "2027-03-31",
        "31/03/2027",
        "31-3-2027",
        "31.03.2027",
        "٣١/٠٣/٢٠٢٧",
        "۳۱/۰۳/۲۰۲۷",
        "\u200f٣١ مارس ٢٠٢٧",
        "31 mars 2027",
        " 31\u00a0Mars  2027 ",
        "31 March 2027",
        "March 31st, 2027",
        "31 mar. 2027",
    ],
)
def test_one_day_in_many_habits(typed):
    assert parse_day(typed) == date(2027, 3, 31)


@pytest.mark.parametrize(
    ("typed", "month"),
    [
        ("1er août 2027", 8),
        ("1 aout 2027", 8),
        ("1 غشت 2027", 8),
        ("1 أوت 2027", 8),
        ("1 août 2027", 8),
        ("1 juil. 2027", 7),
        ("1 février 2027", 2),
        ("1 FEVRIER 2027", 2),
        ("1 فيفري 2027", 2),
        ("1 فبراير، 2027", 2),
        ("1 december 2027", 12),
    ],
)
def test_months_by_their_names(typed, month):
    assert parse_day(typed) == date(2027, month, 1)


def test_the_day_comes_before_the_month():
    assert parse_day("06/12/2026") == date(2026, 12, 6)


@pytest.mark.parametrize(
    "typed",
    ["31/02/2027", "12/31/2027", "31 foo 2027", "2027", "31/03/27", "1/1/1899", "31/03-2027", "²/1/2027", "1" * 99],
)
def test_what_is_no_day_is_refused_and_the_order_said(typed):
    with pytest.raises(ValueError, match="day before the month"):
        parse_day(typed)
