"""A claim made of invoices through its pages: entered, by workbook, judged line by line, explained to both sides."""

import io
import json
import re

import openpyxl
import pytest
from sqlalchemy import select

from grants.awards import queries as reads
from grants.awards.claim_basis import invoices_of
from grants.awards.models import ClaimState, Invoice, Purpose, Verdict
from grants.core.db import db
from tests.awards.claim_ground import TODAY, YES, begun, checked, enter, ground, judge, less, mad, no, said
from tests.web.drafts import version_in, words_of
from tests.web.test_award_pages import PDF
from workflows import claim as claims

SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def on(client):
    return ground()


@pytest.fixture
def draft(on):
    """The id of a claim of the second instalment, without invoices."""
    return claims.begin(on.instalments[1], actor=on.owner).id


def rows(on, id):
    return list(invoices_of(on.claim(id)))


def typed(on, **more):
    given = {
        "number": "FA-2026/001",
        "supplier": "Atelier Numérique",
        "supplier_identifier": "001561191000066",
        "dated": str(TODAY),
        "net": "100 000",
        "vat": "20 000,00",
        "budget_line_id": str(on.lines[0].id),
        "organisation_id": str(on.award.organisation_id),
        "paid_on": str(TODAY),
        "means": "transfer",
    }
    return given | more


def test_prefinancing_is_submitted_without_a_file(client):
    on = ground(paid=False)
    id = claims.begin(on.instalments[0], actor=on.owner).id
    client.login(on.owner)
    submit = f'action="/applicant/claims/{id}/submit"'
    assert submit not in client.get(f"/applicant/claims/{id}").text, "nothing is said yet"
    typed = {"claimed": "216 000", "statement": "The team."}
    assert client.post(f"/applicant/claims/{id}/write", data=typed).status_code == 303
    assert submit in client.get(f"/applicant/claims/{id}").text


def test_an_invoice_is_entered_with_its_files(client, on, draft):
    client.login(on.owner)
    assert "No invoice yet" in client.get(f"/applicant/claims/{draft}").text
    added = client.post(f"/applicant/claims/{draft}/invoices")
    assert added.status_code == 303
    url = added.location
    page = client.get(url)
    assert page.status_code == 200 and "Engineers" in page.text
    files = {"invoice_file": (io.BytesIO(PDF), "facture.pdf"), "payment_file": (io.BytesIO(PDF + b" "), "avis.pdf")}
    saved = client.post(url, data={**typed(on), **files, "version": version_in(page)})
    assert saved.status_code == 303, words_of(saved)
    [one] = rows(on, draft)
    assert (one.net, one.vat, one.number_key) == (mad(100_000), mad(20_000), "fa2026001")
    assert {file.purpose for file in one.files} == set(Purpose)
    shown = client.get(f"/applicant/claims/{draft}")
    assert "Complete" in shown.text and "54" in shown.text, "90 % of 100 000, less two fifths for the advance"
    assert client.get(f"/applicant/invoices/{one.id}/files/invoice").data == PDF
    assert client.get(f"/applicant/invoices/{one.id}/files/other").status_code == 404
    assert client.post(f"/applicant/claims/{draft}/submit").status_code == 303
    assert on.claim(draft).state == ClaimState.SUBMITTED
    assert client.get(url).status_code == 303, "a submitted invoice is read on the page of its claim"


def test_what_cannot_be_read_stays_on_the_page_and_the_rest_is_kept(client, on, draft):
    client.login(on.owner)
    url = client.post(f"/applicant/claims/{draft}/invoices").location
    version = version_in(client.get(url))
    kept = client.post(f"{url}/autosave", data=typed(on, net="1,234", version=version), headers=SAME)
    answer = json.loads(kept.text)
    assert answer["unread"] == ["net"] and answer["version"] > int(version)
    [one] = rows(on, draft)
    assert (one.supplier, one.net) == ("Atelier Numérique", None)
    again = client.post(url, data=typed(on, net="1,234", version=answer["version"]), headers=SAME)
    assert again.status_code == 200 and "1,234" in again.text
    late = client.post(f"{url}/autosave", data=typed(on, version=version), headers=SAME)
    assert late.status_code == 409


def test_a_refused_file_keeps_what_was_typed(client, on, draft):
    client.login(on.owner)
    url = client.post(f"/applicant/claims/{draft}/invoices").location
    sent = {"invoice_file": (io.BytesIO(b"MZ no picture"), "facture.png"), "version": version_in(client.get(url))}
    page = client.post(url, data={**typed(on), **sent}, headers=SAME)
    assert page.status_code == 200 and "Atelier Numérique" in page.text
    assert rows(on, draft)[0].files == []
    assert client.post(url, data={**typed(on), "version": version_in(page)}).status_code == 303


def test_the_next_invoice_and_one_less(client, on, draft):
    client.login(on.owner)
    url = client.post(f"/applicant/claims/{draft}/invoices").location
    following = client.post(url, data={**typed(on), "go": "next", "version": version_in(client.get(url))}).location
    assert following != url and len(rows(on, draft)) == 2
    assert client.post(f"{following}/remove").status_code == 303
    assert [one.number for one in rows(on, draft)] == ["FA-2026/001"]


def test_the_beneficiary_is_shown_a_duplicate_of_their_own_alone(client, on):
    other = ground(stage=on.stage, n=1)
    begun(other, 2, said(other, 1))
    own = begun(on, 2, said(on, 1), said(on, 2, 30_000), said(on, 2, 30_000))
    client.login(on.owner)
    page = words_of(client.get(f"/applicant/claims/{own}"))
    assert page.count("Already claimed") == 2 and other.award.number not in page
    client.login(on.stage.officer)
    assert f"{other.award.number}-2" in words_of(client.get(f"/staff/claims/{own}"))


def test_strangers_find_no_invoice(client, on):
    id = begun(on, 2, said(on))
    one = rows(on, id)[0].id
    client.login(on.stage.reviewers[0])
    for path in (f"/applicant/invoices/{one}", f"/applicant/invoices/{one}/files/invoice", f"/staff/claims/{id}"):
        assert client.get(path).status_code == 404
    assert client.post(f"/staff/claims/{id}/verdicts").status_code == 404


# --- the workbook ---------------------------------------------------------------------------------------------


def book(content, *new):
    made = openpyxl.load_workbook(io.BytesIO(content))
    sheet = made.worksheets[0]
    at = sheet.max_row if sheet.max_row < 3 else next(r for r in range(3, 200) if not sheet.cell(r, 1).value)
    for row in new:
        for column, value in enumerate(row, 1):
            sheet.cell(at, column, value)
        at += 1
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def test_the_workbook_is_looked_at_before_it_is_taken(client, on, draft):
    enter(on, draft, said(on, 1))
    client.login(on.owner)
    fetched = client.get(f"/applicant/claims/{draft}/invoices/workbook")
    assert fetched.status_code == 200
    row = ("FA-9", "Câbles SA", "", TODAY, 1234.5, 246.9, "2. Sensors", TODAY, "Bank transfer")
    url = f"/applicant/claims/{draft}/invoices/workbook"
    preview = client.post(url, data={"file": (io.BytesIO(book(fetched.data, row)), "factures.xlsx")})
    said_ = words_of(preview)
    assert preview.status_code == 200 and "New" in said_ and "Unchanged" in said_ and "Câbles SA" in said_
    assert len(rows(on, draft)) == 1, "nothing is changed yet"
    token = re.search(r'name="token" value="([^"]+)"', preview.text).group(1)
    assert client.post(f"{url}/take", data={"token": "x"}).status_code == 404
    assert client.post(f"{url}/take", data={"token": token}).status_code == 303
    first, second = rows(on, draft)
    assert first.files and second.number == "FA-9"
    assert second.net_minor == 123_450 and second.vat_minor == 24_690 and second.budget_line_id == on.lines[1].id
    assert second.dated == second.paid_on == TODAY and second.means == "transfer"


def test_a_workbook_with_a_bad_cell_changes_nothing_and_names_it(client, on, draft):
    client.login(on.owner)
    url = f"/applicant/claims/{draft}/invoices/workbook"
    row = ("FA-9", "Câbles SA", "", "some day", "beaucoup", 0, "Travel", TODAY, "Barter")
    page = client.post(url, data={"file": (io.BytesIO(book(client.get(url).data, row)), "factures.xlsx")})
    assert page.status_code == 200 and "4 cells of your workbook" in words_of(page)
    assert rows(on, draft) == []


# --- the officer ----------------------------------------------------------------------------------------------


def verdicts(on, id, *given):
    return {
        f"{name}-{one.id}": value
        for one, row in zip(rows(on, id), given, strict=False)
        for name, value in zip(("verdict", "accepted", "reason"), row, strict=True)
    }


def test_the_officer_checks_line_by_line_and_both_read_why(client, on):
    id = begun(on, 2, said(on, 1, 150_000), said(on, 2, 100_000, 1), said(on, 3, 50_000, 2))
    staff = f"/staff/claims/{id}"
    client.login(on.stage.officer)
    assert "0 of 3 checked" in words_of(client.get(staff))
    first = verdicts(on, id, ("accepted", "", ""))
    kept = json.loads(client.post(f"{staff}/verdicts/autosave", data=first, headers=SAME).text)
    assert kept["done"] == 1 and "1 of 3" in kept["texts"]["progress"] and kept["unread"] == []
    half = verdicts(on, id, ("accepted", "", ""), ("reduced", "100 001", "Too much."), ("rejected", "", ""))
    page = client.post(f"{staff}/check", data=half, headers=SAME)
    assert page.status_code == 200 and "100 001" in page.text and on.claim(id).state == ClaimState.SUBMITTED
    assert "more than zero, less than" in words_of(page) and "the beneficiary will read it" in words_of(page)
    later = client.post(f"{staff}/verdicts", data=verdicts(on, id, ("accepted", "", "")))
    assert later.status_code == 303
    whole = verdicts(on, id, ("accepted", "", ""), ("reduced", "50 000", "Half is private."), ("rejected", "", "No."))
    assert client.post(f"{staff}/check", data=whole).status_code == 303
    assert [one.verdict for one in rows(on, id)] == [Verdict.ACCEPTED, Verdict.REDUCED, Verdict.REJECTED]
    explained = words_of(client.get(staff)).replace("\u00a0", " ")
    client.login(on.owner)
    told = words_of(client.get(f"/applicant/claims/{id}")).replace("\u00a0", " ")
    for text in (
        "Half is private.",
        "Pre-financing that this claim clears",
        "108 000.00 MAD",
        "The fund pays 90",
    ):
        assert text in told and text in explained, text
    client.login(on.stage.accountant)
    assert "Pre-financing that this claim clears" in words_of(client.get(f"/finance/claims/{id}"))


def test_the_claim_that_pays_nothing_is_closed_from_its_page(client, on):
    second = begun(on, 2, said(on, 1, 10_000))
    judge(on, second, YES)
    from tests.awards.claim_ground import carry

    carry(on, checked(on, second).id)
    third = begun(on, 3, said(on, 2, 10_000))
    judge(on, third, YES)
    checked(on, third)
    claims.certify(on.claim(third, on.stage.officer), actor=on.stage.officer)
    client.login(on.stage.second_officer)
    page = client.get(f"/staff/claims/{third}")
    assert "/settle" in page.text and "/liquidate" not in page.text and "is to be recovered" in words_of(page)
    assert client.post(f"/staff/claims/{third}/settle").status_code == 303
    assert on.claim(third).state == ClaimState.SETTLED


def test_rejected_lines_are_read_by_the_beneficiary_with_the_whole(client, on):
    id = begun(on, 2, said(on, 1), said(on, 2, 30_000))
    judge(on, id, no("Not of the project."), less(1_000, "Only the cables."))
    client.login(on.owner)
    assert "Only the cables." not in client.get(f"/applicant/claims/{id}").text, "not before the check has ended"
    client.login(on.stage.officer)
    assert client.post(f"/staff/claims/{id}/refuse", data={"reason": "Send them again."}).status_code == 303
    client.login(on.owner)
    assert "Only the cables." in client.get(f"/applicant/claims/{id}").text


@pytest.mark.parametrize("path", ["/applicant/claims/{}", "/staff/claims/{}"])
def test_pages_cost_the_same_at_one_invoice_and_at_fifty(client, on, queries, path):
    other, counts = ground(stage=on.stage, n=1), []
    for at, many in ((on, 1), (other, 50)):
        id = begun(
            at, 2, *[said(at, n, 1_000, supplier=f"Supplier {many}-{n}", supplier_identifier="") for n in range(many)]
        )
        client.login(at.owner if "applicant" in path else at.stage.officer)
        client.get(path.format(id))
        db.session.commit()
        with queries() as seen:
            assert client.get(path.format(id)).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_list_of_claims_costs_the_same(client, on, queries):
    client.login(on.stage.officer)
    begun(on, 2, said(on, 1))
    counts = []
    for _ in range(2):
        db.session.commit()
        with queries() as seen:
            assert client.get("/staff/claims").status_code == 200
        counts.append(len(seen))
        other = ground(stage=on.stage, n=1) if not counts[1:] else None
        if other:
            begun(other, 2, *[said(other, n) for n in range(10, 30)])
    assert counts[0] == counts[1]
    assert db.session.scalars(select(Invoice)).first() is not None and reads.claims(on.stage.officer)
