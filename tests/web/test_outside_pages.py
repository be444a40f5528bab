"""The pages of what was paid elsewhere: model, file, preview, confirmation by another, marks, taking back."""

import io
from typing import Any

import openpyxl
import pytest
from flask import Flask

from grants.payments.outside_queries import entries
from tests.awards.test_import_pages import Browser, text_of
from tests.payments.outside_ground import Ground, again, book, lay, paid
from tests.payments.test_outside import ADVANCE, FIRST, SECOND
from workflows import outbox


@pytest.fixture(autouse=True)
def app(own_app: Flask) -> Flask:
    return own_app


@pytest.fixture
def ground(own_app: Flask) -> Ground:
    return lay()


def browsers(app: Flask, ground: Ground) -> dict[str, Browser]:
    return {key: Browser(app, id) for key, id in ground.people.items()}


def send(browser: Browser, ground: Ground, content: bytes, status: int = 303) -> Any:
    path = f"/finance/funds/{ground.fund_id}/outside/new"
    return browser.post(path, status, file=(io.BytesIO(content), "payments.xlsx"))


def test_from_the_model_to_the_books_and_back(own_app: Flask, ground: Ground) -> None:
    who = browsers(own_app, ground)
    fund = f"/finance/funds/{ground.fund_id}"
    assert "Nothing was brought in yet" in who["manager"].get(f"{fund}/outside")
    model = openpyxl.load_workbook(io.BytesIO(who["manager"].client.get(f"{fund}/outside/model.xlsx").data))
    first = model.worksheets[0]
    assert [cell.value for cell in first[1]][:2] == ["Award reference", "What the line says"]
    assert first["B2"].value == ADVANCE and first.data_validations.dataValidation
    assert model.worksheets[1]["A2"].value == "Opening: committed"
    rows = [paid("A1", FIRST, 400, "VIR-1", ADVANCE, purpose="Avance"), paid("A1", SECOND, 250.5, "VIR-2")]
    for at, row in enumerate(rows, 3):
        for column, value in enumerate(row, 1):
            first.cell(at, column).value = value
    target = io.BytesIO()
    model.save(target)

    where = send(who["manager"], ground, target.getvalue())
    page = text_of(who["manager"].get(where))
    assert "650.50 MAD" in page and "This is the example of the model" in page and "VIR-1" in page
    assert "An accountant other than" in page and "Enter all" not in page
    who["manager"].post(f"{where}/confirm", 403)
    assert "Enter all" in who["accountant"].get(where)
    assert who["accountant"].post(f"{where}/confirm") == where
    assert 'data-job="' in who["accountant"].get(where)
    id = where.rpartition("/")[2]
    promise_id = again(id).promise_id
    assert promise_id
    outbox.attempt(promise_id)
    assert who["accountant"].client.get(f"{where}/progress").json["done"]
    page = text_of(who["auditor"].get(where))
    assert "In the books since" in page and "Take back" not in page

    last = entries(again(id))[0].last_op
    assert "Made elsewhere" in who["auditor"].get(f"{fund}/journal")
    page = text_of(who["auditor"].get(f"{fund}/journal/{last}"))
    assert "Made elsewhere" in page and "VIR-1" in page and "Avance" in page and "payments.xlsx: 3" in page
    agreement = text_of(who["auditor"].get(f"/finance/agreements/{ground.agreement('A1').id}"))
    assert "Paid outside" in agreement and "VIR-2" in agreement and "signed elsewhere" in agreement
    claim = ground.agreement("A1").instalments[0].claims[0].id
    assert "Paid outside" in text_of(who["auditor"].get(f"/finance/claims/{claim}"))
    assert "Paid outside" in text_of(who["officer"].get(f"/staff/claims/{claim}"))
    assert "650.50 MAD paid elsewhere" in text_of(who["auditor"].get(fund))
    assert "Made elsewhere" in text_of(who["auditor"].get(f"{fund}/proof")).replace(" ", "").replace(
        "Madeels", "Made els"
    )

    assert "Give a reason" in who["accountant"].post(f"{where}/undo", 422)
    who["accountant"].post(f"{where}/undo", reason="Wrong year")
    page = text_of(who["accountant"].get(where))
    assert "Taken back by contra-entries" in page and "Wrong year" in page
    assert "Made elsewhere" in who["auditor"].get(f"{fund}/journal")


def test_problems_are_named_by_row_and_column(own_app: Flask, ground: Ground) -> None:
    manager = browsers(own_app, ground)["manager"]
    where = send(manager, ground, book(paid("A1", FIRST, "ten", "V1"), paid("A9", FIRST, 1, "V2")))
    page = text_of(manager.get(where))
    assert "2 lines are refused" in page and "“ten” is not an amount" in page and "No award of this fund" in page
    assert "Enter all" not in page
    answer = send(manager, ground, book(["x"], head=["Something"]), 200)
    assert "There is no column “Award reference”" in answer or "headings" in answer


def test_who_sees_and_who_may(own_app: Flask, ground: Ground) -> None:
    who = browsers(own_app, ground)
    one = ground.read(paid("A1", FIRST, 1, "V1"))
    for key in ("officer", "auditor"):
        who[key].get(f"/finance/outside/{one.id}")
        who[key].get(f"/finance/funds/{ground.fund_id}/outside/new", 403)
    stranger = lay().people["manager"]
    Browser(own_app, stranger).get(f"/finance/outside/{one.id}", 404)


def test_as_many_queries_for_one_line_as_for_fifty(own_app: Flask, ground: Ground, queries: Any) -> None:
    manager = browsers(own_app, ground)["manager"]
    counts = []
    for lines in (1, 50):
        one = ground.enter(*(paid("A1", SECOND, 1, f"Q{lines}-{n}") for n in range(lines)))
        manager.get(f"/finance/outside/{one.id}")
        with queries() as counted:
            manager.get(f"/finance/outside/{one.id}")
        with queries() as journal:
            manager.get(f"/finance/funds/{ground.fund_id}/journal")
        counts.append((len(counted), len(journal)))
    assert counts[0] == counts[1]
