"""What stands behind the figures of the Excel ledger: invoices, payment orders, recovery orders, line by line."""

from io import BytesIO
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from grants.awards import queries as awards
from grants.core.clock import now
from grants.core.types import Money
from grants.payments import queries as reads
from grants.reports import workbook
from grants.reports.filters import Filters
from tests.awards.claim_ground import YES, begun, carry, checked, ground, judge, less, said
from tests.payments.ground import AMOUNT, DAY, lay
from workflows import payment as payments
from workflows import recovery as recoveries


def sheets(fund: Any, filters: Filters = workbook.EVERYTHING) -> dict[str, list[list[Any]]]:
    file = BytesIO()
    workbook.export(fund, file, "en", "A fund manager", filters)
    book = CalamineWorkbook.from_filelike(BytesIO(file.getvalue()))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def rows(sheet: list[list[Any]]) -> list[dict[str, Any]]:
    """The rows of a sheet by heading, without those of its totals."""
    at = next(n for n, row in enumerate(sheet) if "Agreement" in row)
    named = [dict(zip(sheet[at], row, strict=True)) for row in sheet[at + 1 :]]
    return [one for one in named if one["Agreement"] and one[sheet[at][0]] not in ("Total", "In the ledger")]


def test_invoices_are_there_with_what_was_accepted(app):
    on = ground()
    id = begun(on, 2, said(on, 1, 100_000), said(on, 2, 50_000, 1))
    judge(on, id, YES, less(30_000))
    checked(on, id)
    carry(on, id)
    found = sheets(on.stage.fund)
    first, second = rows(found["Invoices"])
    assert (first["Invoice no."], first["Budget line"], first["Cost category"]) == ("FA-2026/001", "Engineers", "Staff")
    assert (second["Accepted, excl. VAT (MAD)"], second["Verdict"]) == (30_000, "Reduced")
    assert second["Reason"] == "Half of it is private."
    assert {row[-1] for row in found["Checks"][1:]} == {"OK"}


@pytest.fixture
def paid(app):
    """Three orders: one paid and in part recovered, one sent back by the bank and ordered again, one waiting."""
    it = lay()
    it.ordered()
    it.remitted(0, 1)
    payments.pay(it.claim(0), "VIR-0", DAY, actor=it.who("accountant"))
    payments.return_payment(it.claim(1), "Account closed.", DAY, actor=it.who("accountant"))
    it.ordered(1)
    made = recoveries.establish(it.award(0), Money(AMOUNT // 4, "MAD"), "Not spent.", actor=it.who("authorising"))
    found = reads.recovery(it.who("authorising"), made.id)
    recoveries.notify_recovery(found, now().date(), actor=it.who("authorising"))
    found = reads.recovery(it.who("accountant"), made.id)
    recoveries.collect(found, Money(AMOUNT // 8, "MAD"), "REC-1", now().date(), actor=it.who("accountant"))
    return it


def test_every_order_has_its_row_and_the_journal_names_the_right_one(paid):
    found = sheets(paid.fund)
    listed = rows(found["Payment orders"])
    assert [one["State"] for one in listed] == ["Paid", "Ended", "Order approved", "Order approved"]
    again = [one for one in listed if one["Agreement"] == listed[1]["Agreement"]]
    assert len({one["Order no."] for one in again}) == 2 and again[0]["Why it ended"] == "Account closed."
    assert all(one["Account"].startswith("•••• ") for one in listed)
    lines = [one for one in rows(found["Journal"]) if one["Order no."]]
    of_first = {one["Operation"] for one in lines if one["Order no."] == again[0]["Order no."]}
    of_second = {one["Operation"] for one in lines if one["Order no."] == again[1]["Order no."]}
    assert "Refused by the bank before payment" in of_first and "Refused by the bank before payment" not in of_second
    assert [one["Bank reference"] for one in lines if one["Bank reference"]] == ["VIR-0"]
    assert {row[-1] for row in found["Checks"][1:]} == {"OK"}


def test_a_recovery_has_what_came_and_what_is_left(paid):
    (one,) = rows(sheets(paid.fund)["Recovery orders"])
    assert (one["To recover (MAD)"], one["Received (MAD)"], one["Left (MAD)"]) == (50_000, 25_000, 25_000)
    assert one["Reason"] == "Not spent."


def test_a_selection_has_the_rows_of_its_grants_and_days_alone(paid):
    other = awards.claim(paid.who("accountant"), paid.claim_ids[2]).instalment.agreement.award
    chosen = Filters(organisation_id=other.organisation_id)
    assert [one["Agreement"] for one in rows(sheets(paid.fund, chosen)["Payment orders"])] == [other.number]
    never = Filters(first=DAY.replace(year=2020), last=DAY.replace(year=2021))
    assert rows(sheets(paid.fund, never)["Payment orders"]) == []
