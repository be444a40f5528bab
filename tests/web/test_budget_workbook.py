"""A budget pasted from a spreadsheet, fetched as a workbook and sent back."""

import io
import re

import openpyxl
import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from grants.applications.plan import Plan
from tests.applications.budget_ground import LINES, budget_ground, budgeted, mad
from tests.web.budgets import fields, whole
from tests.web.drafts import base, version_in, words_of


def test_a_pasted_table_is_added_or_refused_whole(client):
    on = budget_ground()
    application = budgeted(on)
    client.login(on.lead)
    url = f"{base(application)}/budget"
    rows = [("STAFF", "1", "Engineers", "400 000", "")]
    bad = "Équipement\t1\tSensors\t1 234,50\t20\nTravel\t9\tx\t1,234\t"
    page = client.post(url, data=fields(rows, go="paste", paste=bad, version=version_in(client.get(url))))
    assert page.status_code == 200 and "Travel" in page.text
    said = words_of(page)
    assert "Row 2, Category: “Travel” is no category" in said and "Row 2, Amount excl. VAT: Is “1,234”" in said
    assert Plan.of(whole(on, application)).lines == LINES
    good = bad.replace("Travel\t9\tx\t1,234\t", "المناولة\t٢\tx\t١٠٠٠٫٥\t٢٠٪")
    saved = client.post(url, data=fields(rows, go="paste", paste=good, version=version_in(client.get(url))))
    assert saved.status_code == 303
    kept = Plan.of(whole(on, application)).lines
    assert [(one.category, one.year, one.net) for one in kept] == [
        ("STAFF", 1, mad(400_000)),
        ("EQUIP", 1, mad("1234.50")),
        ("SUB", 2, mad("1000.50")),
    ]


def send(client, application, content, name="budget.xlsx", **more):
    boundary, body = encode_multipart({"file": FileStorage(io.BytesIO(content), name), **more})
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(f"{base(application)}/budget/workbook", data=body, content_type=kind)


def edited(content, **cells):
    book = openpyxl.load_workbook(io.BytesIO(content))
    for address, value in cells.items():
        book["Costs"][address] = value
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_the_workbook_goes_out_and_comes_back(client):
    on = budget_ground()
    application = budgeted(on)
    client.login(on.lead)
    page = client.get(f"{base(application)}/budget")
    fetched = client.get(f"{base(application)}/budget/workbook")
    assert fetched.headers["Content-Disposition"].endswith('-budget.xlsx"')
    wrong = send(client, application, edited(fetched.data, A5="Travel", D4="12 EUR"), version=version_in(page))
    assert wrong.status_code == 200 and "Costs, cell D4" in words_of(wrong)
    assert Plan.of(whole(on, application)).lines == LINES, "all or nothing"
    link = re.search(r'href="(/applicant/applications/[^"]+/budget/workbook/[^"]+)"', wrong.text).group(1)
    back = client.get(link)
    marked = openpyxl.load_workbook(io.BytesIO(back.data))["Costs"]["A5"]
    assert marked.comment and "sandbox" in back.headers["Content-Security-Policy"]
    assert client.get(link + "x").status_code == 404
    taken = send(client, application, edited(fetched.data, D4=350_000), version=version_in(page))
    assert taken.status_code == 303
    assert whole(on, application).cost == mad(550_000)
    stale = send(client, application, fetched.data, version=version_in(page))
    assert stale.status_code == 200 and "has changed since" in stale.text
    assert whole(on, application).cost == mad(550_000)


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "budget.xlsx", "empty"),
        (b"MZ" + bytes(500), "budget.xlsx", "not what its name says"),
        (b"PK\x03\x04" + bytes(500), "budget.xlsx", "cannot be read"),
        (b"PK\x03\x04" + bytes(2_100_000), "budget.xlsx", "larger than 2 MB"),
        (b"PK\x03\x04" + bytes(500), "budget.xlsm", "XLSX"),
    ],
)
def test_a_file_that_is_no_workbook_is_refused_on_the_page(client, content, name, sentence):
    on = budget_ground()
    application = budgeted(on)
    client.login(on.lead)
    page = send(client, application, content, name)
    assert page.status_code == 200 and sentence in words_of(page) and 'class="errsum"' in page.text
    assert Plan.of(whole(on, application)).lines == LINES
