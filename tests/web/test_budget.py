"""The budget by lines, as its pages ask for it."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from sqlalchemy import delete, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from grants.applications import queries as reads
from grants.applications import service
from grants.applications.content import blockers, content_hash, content_of
from grants.applications.models import ApplicationState, BudgetLine, Certainty, Source
from grants.applications.plan import Plan
from grants.applications.reckoning import Funding, Line
from grants.calls.models import CallState
from grants.core.clock import now
from grants.core.db import db
from grants.core.types import Money
from grants.people.models import OrganisationKind, Right, Role, SignIn
from grants.people.passwords import hash_password
from grants.reviews.models import ReviewState
from tests.applications.budget_ground import FUNDING, LINES, RULES, budget_ground, budgeted, mad
from tests.applications.ground import colleague, draft, ground
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    PersonFactory,
    ReviewFactory,
    submitted,
    with_role,
)
from tests.web.account.conftest import PASSWORD, sign_in


def base(application):
    return f"/applicant/applications/{application.id}"


def version_in(page):
    return re.search(r'name="version"[^>]*value="(\d+)"', page.text).group(1)


def words_of(page):
    return re.sub("<[^>]+>", "", page.text).replace("\u00a0", " ")


def fields(lines=(), funds=(), **more):
    """What the form sends: tuples in the order of the columns."""
    sent = dict(more)
    for group, rows, names in (
        ("lines", lines, ("category", "year", "label", "net", "vat")),
        ("funds", funds, ("source", "label", "amount", "certainty")),
    ):
        for n, row in enumerate(rows):
            sent |= {f"{group}-{n}-{name}": value for name, value in zip(names, row, strict=True)}
    return sent


ROWS = [("STAFF", "1", "Engineers", "400 000", ""), ("SUB", "2", "Field tests", "1,000.50", "20")]
OWN = [("own", "Cash", "40 100,05", "confirmed")]


def whole(on, application):
    return reads.own_application(on.lead, application.id)


def test_from_an_empty_budget_to_the_receipt(client):
    on = budget_ground()
    made = draft(on, cost_minor=None, requested_minor=None, duration_months=None)
    client.login(on.lead)
    page = client.get(f"{base(made)}/budget")
    assert page.text.count('name="lines-') == 3 * 5, "three empty rows invite to write"
    saved = client.post(
        f"{base(made)}/budget", data=fields(ROWS, OWN, version=version_in(page), duration_months="24", asked="")
    )
    assert (saved.status_code, saved.location) == (303, f"{base(made)}/documents")
    kept = whole(on, made)
    assert (kept.cost, kept.requested) == (mad("401000.50"), mad("360900.45"))
    assert blockers(kept) == []
    page = client.get(f"{base(made)}/budget")
    assert "90% of the eligible cost: of 401 000.50 MAD, 360 900.45 MAD" in words_of(page)
    check = client.get(f"{base(made)}/check")
    assert "Field tests" in check.text and "360 900.45" in words_of(check)
    assert client.post(f"{base(made)}/submit").status_code == 303
    assert whole(on, made).state == ApplicationState.SUBMITTED
    assert "Field tests" in client.get(base(made)).text
    client.login(on.officer)
    assert "Field tests" in client.get(f"/staff/applications/{made.id}").text


def test_rows_are_added_and_removed_without_losing_anything(client):
    on = budget_ground()
    application = budgeted(on)
    client.login(on.lead)
    url = f"{base(application)}/budget"
    rows = [*ROWS, ("EQUIP", "1", "Sensors", "5", "")]
    added = client.post(url, data=fields(rows, go="add-lines", version=version_in(client.get(url))))
    assert added.status_code == 303 and added.location.endswith("?more=lines#lines-3")
    page = client.get(added.location)
    assert 'name="lines-3-net"' in page.text and "Sensors" in page.text
    removed = client.post(url, data=fields(rows, go="remove-lines-0", version=version_in(page)))
    assert removed.status_code == 303
    assert [one.label for one in Plan.of(whole(on, application)).lines] == ["Field tests", "Sensors"]


def test_what_cannot_be_read_stays_on_the_page_even_when_a_row_is_added(client):
    on = budget_ground()
    application = budgeted(on)
    client.login(on.lead)
    url = f"{base(application)}/budget"
    rows = [("STAFF", "1", "Engineers", "beaucoup", "")]
    page = client.post(url, data=fields(rows, go="add-lines", version=version_in(client.get(url)), duration_months="x"))
    assert page.status_code == 200 and 'value="beaucoup"' in page.text and 'name="lines-1-net"' in page.text
    assert 'href="#lines-0-net"' in page.text and 'aria-invalid="true"' in page.text and 'class="errsum"' in page.text
    assert Plan.of(whole(on, application)).lines == LINES


def test_a_broken_cap_is_named_with_the_amount_over(client):
    on = budget_ground()
    application = budgeted(on, (LINES[0], replace(LINES[2], net=mad(200_000))))
    client.login(on.lead)
    answer = client.get(f"{base(application)}/budget")
    assert 'class="c-cap"' in answer.text and 'class="c-over"' in answer.text, "the chart shows it too"
    page = words_of(answer)
    assert "Subcontracting: 200 000 MAD is 20 000 MAD too much" in page
    assert "171 428.57 MAD beside your other lines" in page
    refused = client.post(f"{base(application)}/submit")
    assert refused.status_code == 422 and "too much" in refused.text
    mended = budget_of_lines(client, on, application, (LINES[0], replace(LINES[2], net=mad("171428.57"))))
    assert not any("too much" in str(one.message) for one in blockers(mended))


def budget_of_lines(client, on, application, lines):
    kept = whole(on, application)
    service.revise(kept, replace(Plan.of(kept), lines=tuple(lines)), seen=None, actor=on.lead)
    return whole(on, application)


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"lines": ()}, "lines-0-category", "first line"),
        ({"lines": (replace(LINES[0], category=""),)}, "lines-0-category", "Line 1: choose its category."),
        ({"lines": (replace(LINES[0], year=None),)}, "lines-0-year", "Line 1: choose its year."),
        ({"lines": (replace(LINES[0], year=3),)}, "lines-0-year", "the project ends before year 3"),
        ({"lines": (replace(LINES[0], label=""),)}, "lines-0-label", "what it pays for"),
        ({"lines": (replace(LINES[0], net=None),)}, "lines-0-net", "give its amount"),
        ({"duration_months": None}, "duration_months", "how many months"),
        ({"asked": mad(540_001)}, "asked", "At most 540 000 MAD"),
        ({"funding": ()}, "funding", "60 000 MAD is missing"),
        ({"funding": (Funding(None, "x", mad(5)),)}, "funds-0-source", "choose its source"),
        ({"funding": (Funding(Source.BANK, "x"),)}, "funds-0-amount", "give its amount"),
    ],
)
def test_what_keeps_a_budget_from_being_submitted(client, change, field, sentence):
    on = budget_ground()
    application = budgeted(on)
    assert blockers(application) == []
    service.revise(application, replace(Plan.of(application), **change), seen=None, actor=on.lead)
    found = blockers(whole(on, application))
    assert [(one.section, one.field) for one in found if sentence in str(one.message).replace("\u00a0", " ")] == [
        ("budget", field)
    ], found
    client.login(on.lead)
    page = client.get(f"{base(application)}/budget?check=1")
    assert f'id="{field}"' in page.text, "the check page leads there"


def test_less_than_the_most_may_be_asked_and_warnings_do_not_block(client):
    on = budget_ground()
    funding = (Funding(Source.BANK, "Bank", mad(150_000), Certainty.APPLIED),)
    application = budgeted(on, funding=funding)
    client.login(on.lead)
    url = f"{base(application)}/budget"
    rows = [("STAFF", "1", "Engineers", "600000", "")]
    client.post(url, data=fields(rows, [("bank", "Bank", "150000", "applied")], asked="500000", duration_months="24"))
    kept = whole(on, application)
    assert kept.requested == mad(500_000) and blockers(kept) == []
    page = words_of(client.get(url))
    for sentence in ("not confirmed yet", "50 000 MAD more than what is left to pay", "the most, which is 540 000 MAD"):
        assert sentence in page


def test_a_rate_that_changed_with_the_kind_of_organisation_is_asked_for_again(client):
    on = budget_ground(replace(RULES, rates={OrganisationKind.STARTUP: 8_000}))
    application = budgeted(on, funding=(replace(FUNDING[0], amount=mad(200_000)),))
    assert application.requested == mad(480_000) and blockers(application) == []
    on.organisation.kind = OrganisationKind.ASSOCIATION
    db.session.commit()
    (found,) = blockers(whole(on, application))
    assert found.field == "asked" and "has changed" in str(found.message)
    client.login(on.lead)
    page = client.get(f"{base(application)}/budget")
    again = fields([("STAFF", "1", "Engineers", "400000", "")], [("own", "Cash", "200000", "confirmed")])
    client.post(f"{base(application)}/budget", data={**again, "version": version_in(page), "duration_months": "24"})
    assert whole(on, application).requested == mad(360_000) and blockers(whole(on, application)) == []


def test_the_hash_covers_lines_and_co_financing_and_older_hashes_hold(app):
    on = budget_ground()
    application = budgeted(on)
    first = content_hash(application)
    assert len(content_of(application)["budget"]["lines"]) == 3
    changed = budget_of_lines(None, on, application, [replace(LINES[0], label="Three engineers"), *LINES[1:]])
    assert content_hash(changed) != first
    simple = ground()
    assert "budget" not in content_of(reads.own_application(simple.lead, draft(simple).id))


def test_autosave_answers_with_the_sums(client):
    on = budget_ground()
    application = budgeted(on)
    client.login(on.lead)
    url = f"{base(application)}/budget"
    rows = [("STAFF", "1", "Engineers", "100000", ""), ("SUB", "1", "Tests", "oops", "")]
    answer = client.post(
        f"{url}/autosave", data=fields(rows, version=version_in(client.get(url)), duration_months="24")
    )
    assert answer.status_code == 200
    assert answer.json["texts"]["most"].replace("\u00a0", " ") == "90 000 MAD"
    assert answer.json["lists"]["years"] and answer.json["version"]
    kept = Plan.of(whole(on, application))
    assert kept.lines == (Line("STAFF", 1, "Engineers", mad(100_000)), Line("SUB", 1, "Tests"))
    assert len(answer.data) < 20_000


def test_two_people_in_one_budget_get_both_texts(client):
    on = budget_ground()
    application = budgeted(on)
    client.login(on.lead)
    url = f"{base(application)}/budget"
    opened = version_in(client.get(url))
    budget_of_lines(client, on, application, [replace(LINES[0], label="Colleague’s engineers")])
    page = client.post(url, data=fields(ROWS, version=opened, duration_months="24"), headers={"Accept": "text/html"})
    assert page.status_code == 409
    assert "Colleague’s engineers" in page.text and "Field tests" in page.text
    assert [one.label for one in Plan.of(whole(on, application)).lines] == ["Colleague’s engineers"]


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


def test_whose_budget_it_is(client):
    on = budget_ground()
    application = budgeted(on)
    other = ground()
    simple, lead = draft(other), other.lead
    paths = ("/budget", "/budget/workbook")
    client.login(PersonFactory())
    assert {client.get(base(application) + path).status_code for path in paths} == {404}
    assert client.post(f"{base(application)}/budget/workbook").status_code == 404
    client.login(colleague(on, Right.READER))
    assert client.get(f"{base(application)}/budget").status_code == 403
    assert client.get(f"{base(application)}/budget/workbook").status_code == 200
    assert client.post(f"{base(application)}/budget/workbook").status_code == 403
    client.login(lead)
    assert client.get(f"{base(simple)}/budget/workbook").status_code == 404, "a simple budget has no workbook"
    assert 'name="cost"' in client.get(f"{base(simple)}/budget").text


@pytest.mark.parametrize("rows", [1, 150])
def test_the_page_costs_the_same_however_long(client, queries, rows):
    on = budget_ground()
    application = budgeted(on, (LINES[0],) * rows)
    client.login(on.lead)
    client.get(f"{base(application)}/budget")
    with queries() as seen:
        page = client.get(f"{base(application)}/budget")
    assert page.text.count('-net"') >= rows
    assert len(seen) <= 11, seen


@pytest.mark.parametrize("drafts", [1, 20])
def test_home_costs_the_same_however_many_budgets(client, queries, drafts):
    on = budget_ground()
    for n in range(drafts):
        organisation = OrganisationFactory()
        MembershipFactory(organisation=organisation, person=on.lead)
        budgeted(on._replace(organisation=organisation), title=f"Project {n}")
    client.login(on.lead)
    client.get("/applicant/")
    with queries() as seen:
        page = client.get("/applicant/")
    assert page.text.count("Project ") >= drafts
    assert len(seen) <= 15, seen


def test_two_thousand_rows_sent_by_hand_are_cut_to_the_most(client):
    on = budget_ground()
    application = budgeted(on)
    client.login(on.lead)
    url = f"{base(application)}/budget"
    rows = [("STAFF", "1", f"x{n}", "5", "") for n in range(900)]
    assert client.post(url, data=fields(rows, version=version_in(client.get(url)))).status_code == 303
    assert len(db.session.scalars(select(BudgetLine)).all()) == 200


def test_minor_units_never_overflow(client):
    on = budget_ground()
    application = budgeted(on)
    client.login(on.lead)
    url = f"{base(application)}/budget"
    huge = [("STAFF", "1", "x", "9 999 999 999 999", "100")] * 200
    saved = client.post(url, data=fields(huge, version=version_in(client.get(url)), duration_months="12"))
    assert saved.status_code == 303
    assert whole(on, application).requested == Money(100_000_000, "MAD")


def test_a_reviewer_reads_the_lines(client):
    on = budget_ground(state=CallState.EVALUATING)
    application = budgeted(on)
    for name, value in submitted().items():
        setattr(application, name, value)
    application.state = ApplicationState.IN_REVIEW
    reviewer = with_role(Role.REVIEWER, commission=on.commission)
    review = ReviewFactory(application=application, reviewer=reviewer, state=ReviewState.DRAFT)
    db.session.commit()
    client.login(reviewer)
    page = client.get(f"/commission/reviews/{review.id}")
    assert page.status_code == 200 and "Field tests" in page.text and 'id="part-budget"' in page.text


def test_rows_sent_after_the_session_has_ended_come_back(client):
    on = budget_ground()
    on.lead.password_hash = hash_password(PASSWORD)
    made = draft(on)
    db.session.commit()
    sign_in(client, on.lead)
    url = f"{base(made)}/budget"
    body = fields(ROWS, OWN, version=version_in(client.get(url)), duration_months="24")
    db.session.execute(delete(SignIn).where(SignIn.person_id == on.lead.id))
    db.session.commit()
    sent = client.post(url, data=body, headers={"Origin": "http://localhost"})
    there = parse_qs(urlsplit(sent.location).query)["next"][0]
    sign_in(client, on.lead, next=there)
    page = client.get(there, follow_redirects=True)
    assert 'value="Field tests"' in page.text and 'value="40 100,05"' in page.text
    parked = re.search(r'name="parked" value="([^"]+)"', page.text).group(1)
    again = body | {"version": version_in(page), "parked": parked}
    assert client.post(url, data=again, headers={"Origin": "http://localhost"}).status_code == 303
    assert {one.label for one in db.session.scalars(select(BudgetLine))} == {"Engineers", "Field tests"}


def test_a_file_to_be_completed_keeps_an_amount_while_its_budget_is_written(client):
    on = budget_ground()
    application = budgeted(on)
    requested = application.requested
    application.state, application.completion_due_at = ApplicationState.INCOMPLETE, now() + timedelta(days=3)
    for name, value in submitted(1).items():
        setattr(application, name, value)
    db.session.commit()
    client.login(on.lead)
    url = f"{base(application)}/budget"
    empty = fields([("STAFF", "1", "Engineers", "", "")], version=version_in(client.get(url)), duration_months="24")
    assert client.post(f"{url}/autosave", data=empty).status_code == 200
    kept = whole(on, application)
    assert kept.requested == requested and any(one.section == "budget" for one in blockers(kept))


def test_a_budget_saved_again_follows_the_kind_of_the_organisation(client):
    on = budget_ground()
    application = budgeted(on)
    assert application.requested == mad(540_000)
    application.organisation.kind = OrganisationKind.UNIVERSITY
    db.session.commit()
    assert "has changed" in str([one.message for one in blockers(whole(on, application))])
    client.login(on.lead)
    url = f"{base(application)}/budget"
    rows = [("STAFF", "1", "Two engineers", "400000", ""), ("EQUIP", "1", "Sensors", "100000", "20")]
    rows.append(("SUB", "2", "Field tests", "100000", "20"))
    sent = fields(rows, [("own", "Own cash", "60000", "confirmed")], version=version_in(client.get(url)))
    assert client.post(url, data=sent | {"duration_months": "24"}).status_code == 303
    assert whole(on, application).requested == mad(600_000)


def test_a_line_of_whoever_has_left_stays_theirs_until_somebody_chooses(client):
    on = budget_ground()
    gone = OrganisationFactory()
    application = budgeted(on, (replace(LINES[0], organisation_id=gone.id), *LINES[1:]))
    client.login(on.lead)
    url = f"{base(application)}/budget"
    page = client.get(url)
    assert f'<option value="{gone.id}" selected' in page.text
    names = ("category", "who", "year", "label", "net", "vat")
    rows = [("STAFF", str(gone.id), "1", "Three engineers", "400000", ""), ("EQUIP", "", "1", "Sensors", "1000", "")]
    sent = {f"lines-{n}-{name}": value for n, row in enumerate(rows) for name, value in zip(names, row, strict=True)}
    saved = client.post(f"{url}/autosave", data=sent | {"version": version_in(page), "duration_months": "24"})
    assert saved.status_code == 200
    assert [one.organisation_id for one in Plan.of(whole(on, application)).lines] == [gone.id, None]
    assert "no longer takes part" in str([one.message for one in blockers(whole(on, application))])
