"""The budget by lines, as its pages ask for it."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from grants.applications import service
from grants.applications.blockers import blockers
from grants.applications.models import ApplicationState, BudgetLine, Certainty, Source
from grants.applications.plan import Plan
from grants.applications.reckoning import Funding, Line
from grants.calls.models import CallState
from grants.core.db import db
from grants.core.types import Money
from grants.people.models import Right, Role
from grants.reviews.models import ReviewState
from tests.applications.budget_ground import LINES, budget_ground, budgeted, mad
from tests.applications.ground import colleague, draft, ground
from tests.factories import (
    PersonFactory,
    ReviewFactory,
    submitted,
    with_role,
)
from tests.web.budgets import OWN, ROWS, budget_of_lines, fields, whole
from tests.web.drafts import base, version_in, words_of


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
    on.organisation.ice = "001561191000065"
    db.session.commit()
    check = client.get(f"{base(application)}/check").text
    assert check.count(f'<li><a href="{url}">') == 3, "each leads to where it is put right"
    assert re.search(r'<a href="/applicant/organisations/[0-9a-f-]+">[^<]*key of this ICE', check)


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


def test_an_unreadable_cell_keeps_what_was_saved_in_it(client):
    """12 500 was saved, edited to 1.500, and the tab closed: 12 500 is still there."""
    on = budget_ground()
    application = budgeted(on, (Line("STAFF", 1, "Engineers", mad(100_000)), Line("SUB", 1, "Tests", mad(12_500))))
    client.login(on.lead)
    url = f"{base(application)}/budget"

    def autosaved(*rows, own=()):
        sent = fields(rows, own, version=version_in(client.get(url)), duration_months="24")
        answer = client.post(f"{url}/autosave", data=sent)
        assert answer.status_code == 200
        return [(one.label, one.net) for one in Plan.of(whole(on, application)).lines], answer.json

    staff, tests = ("STAFF", "1", "Engineers", "100000", ""), ("SUB", "1", "Tests", "1.500", "")
    both = [("Engineers", mad(100_000)), ("Tests", mad(12_500))]
    saved, told = autosaved(staff, tests)
    assert saved == both and told["unread"]
    assert autosaved(staff, ("SUB", "x", "Tests", "1.500", ""))[0] == both, "two cells at once"
    assert autosaved(("STAFF", "1", "Engineers", "90000", ""), tests)[0] == [("Engineers", mad(90_000)), both[1]]
    assert autosaved(tests)[0] == [both[1]], "the row above is gone"
    new = ("SUB", "1", "Travel", "?", "")
    assert autosaved(tests, new)[0] == [both[1], ("Travel", None)], "a new row has nothing to keep"
    assert autosaved(("SUB", "1", "Tests", "", ""))[1]["unread"] == []


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
