"""The list page: what it shows, keeps, exports, announces and does, for officers and for chairs."""

import csv
import re
from html import unescape
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from grants.applications.models import ApplicationState as State
from grants.calls.models import Criterion
from grants.core.clock import now
from grants.core.db import db
from grants.messages.models import Promise
from grants.people.models import Organisation, Role
from grants.reports.models import SavedSearch
from grants.reports.search.language import parse
from grants.reviews.models import Review, ReviewState, Score
from grants.web.public.search_guide import ASKED
from tests.applications.ground import ground
from tests.factories import MembershipFactory, PersonFactory, ReviewFactory, with_role
from tests.story import set_stage
from tests.web.test_screening import filed

R = ReviewState
LIST = "/staff/list"


@pytest.fixture
def stage(app):
    return set_stage(applications=4)


def board_of(stage):
    return f"/commission/calls/{stage.call.id}/{stage.commission.id}"


def marked(application, reviewer, total):
    made = ReviewFactory(application=application, reviewer=reviewer, state=R.SUBMITTED, total=total, submitted_at=now())
    rubric = db.session.scalars(select(Criterion).where(Criterion.call_id == application.call_id))
    db.session.add_all(Score(review_id=made.id, criterion_id=one.id, halves=6) for one in rubric)
    db.session.flush()


def words(page):
    """What a reader sees, without the marks around what was inserted."""
    return unescape(re.sub("<[^>]+>", "", page.text))


def references(page):
    return [unescape(one) for one in re.findall(r'<td class="nowrap"><a [^>]+><bdi[^>]*>([^<]+)</bdi>', page.text)]


# --- the page -------------------------------------------------------------------------------------------------


def test_a_word_that_cannot_be_read_is_shown_and_what_was_typed_stays(client):
    on = ground()
    filed(on)
    client.login(on.officer)
    page = client.get(LIST, query_string={"q": "mobile comission:x <script>"})
    assert page.status_code == 200 and "<mark>comission</mark>" in page.text
    assert 'value="mobile comission:x &lt;script&gt;"' in page.text
    assert "q=mobile+commission%3Ax" in unescape(page.text) and "<table" not in page.text
    page = client.get(LIST, query_string={"q": "score>70"})
    assert "only the chair" in page.text and "<table" not in page.text
    page = client.get(LIST, query_string={"q": "commission:nowhere"})
    assert "None of your commissions" in page.text and on.commission.code in page.text


def test_the_list_of_all_calls(client):
    on = ground()
    filed(on, 1)
    other = filed(ground(), 2)
    client.login(with_role(Role.OFFICER, cluster=other.call.fund.cluster, person=on.officer))
    assert len(references(client.get(LIST))) == 2
    assert len(references(client.get(LIST, query_string={"q": f"call:{on.call.code}"}))) == 1
    for stranger in (with_role(Role.ADMIN), with_role(Role.CHAIR, commission=on.commission)):
        client.login(stranger)
        assert client.get(LIST).status_code == 403
        assert client.get(f"{LIST}.csv").status_code == 403


@pytest.mark.parametrize("rows", [1, 50])
def test_a_chairs_list_costs_the_same_at_1_and_at_50(client, queries, rows):
    stage = set_stage(applications=rows)
    for n, one in enumerate(stage.applications):
        marked(one, stage.reviewers[0], 5000 + n)
    client.login(stage.chair)
    for query in ("", "?q=score>40 reviewer:any -conflict:any&sort=-score", "?cols=rank&cols=decision&sort=rank"):
        client.get(board_of(stage) + query)
        with queries() as seen:
            page = client.get(board_of(stage) + query)
        assert len(references(page)) == rows
        assert len(seen) == 15, seen


def test_columns_are_those_of_the_address(client, stage):
    client.login(stage.chair)
    page = client.get(board_of(stage), query_string={"cols": ["rank", "amount"], "sort": "-amount"})
    heads = [
        re.sub("<[^>]+>", "", one).strip() for one in re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", page.text, re.S)
    ]
    assert heads[1:] == ["Reference", "Project", "Rank", "Amount requested"]
    assert 'aria-sort="descending"' in page.text


def test_chips_count_what_the_query_finds(client):
    on = ground()
    for n in range(3):
        filed(on, n + 1, state=[State.SUBMITTED, State.ELIGIBLE][n % 2])
    client.login(on.officer)
    page = unescape(client.get(LIST).text)
    assert "?q=state%3Asubmitted" in page and "?q=state%3Aeligible" in page
    page = unescape(client.get(LIST, query_string={"q": "TEST state:eligible"}).text)
    assert "All states" in page and 'href="?q=TEST"' in page


# --- what a conflict hides ------------------------------------------------------------------------------------


def test_a_conflicted_chair_learns_nothing_by_asking(client, stage):
    hidden, *others = stage.applications
    hidden.title = "Nobody else’s title"
    for n, one in enumerate(stage.applications):
        marked(one, stage.reviewers[0], 9_000 - n * 1_000)
    ReviewFactory(application=hidden, reviewer=stage.chair, state=R.CONFLICT_DECLARED, conflict_reason="Cousin.")
    client.login(stage.chair)
    for query, count in (("", 3), (hidden.reference, 0), ("score>0", 0), ("-score>85", 3), ("reviews:1", 3)):
        for url in (board_of(stage), "/commission/list"):
            page = client.get(url, query_string={"q": query, "sort": "-score"})
            assert len(references(page)) == count, query
            assert hidden.title not in page.text and str(hidden.id) not in page.text
            assert references(page) == sorted(references(page)) and "80.0" not in page.text, "no order, no mark"
        lines = client.get("/commission/list.csv", query_string={"q": query}).text.splitlines()
        assert len(lines) == count + 1
    assert others
    near = client.get(f"/commission/applications/{others[0].id}", query_string={"list": "here", "q": ""})
    assert "1 of 3" in words(near) and str(hidden.id) not in near.text
    for action in ("ask", "remind"):
        page = client.get(f"/commission/list/{action}", query_string={"id": [str(hidden.id)]})
        assert page.status_code == 200 and hidden.title not in page.text
        client.post(f"/commission/list/{action}", data={"id": [str(hidden.id)], "reviewer": str(stage.reviewers[1].id)})
    assert db.session.scalars(select(Review).where(Review.reviewer_id == stage.reviewers[1].id)).all() == []


# --- searches that are kept -----------------------------------------------------------------------------------


def test_a_search_is_kept_shared_replaced_and_removed(client):
    on = ground()
    filed(on)
    client.login(on.officer)
    url = f"/staff/calls/{on.call.id}/applications"
    kept = {"name": "  My  morning ", "q": "ÉTAT:submitted", "sort": "-amount", "cols": "amount,state", "back": url}
    done = client.post(f"{LIST}/saved", data=kept)
    assert done.status_code == 303 and done.location.startswith(f"{url}?q=state%3Asubmitted")
    one = db.session.scalars(select(SavedSearch)).one()
    assert (one.name, one.query, one.cluster_id) == ("My morning", "state:submitted", None)
    assert "My morning" in client.get(url).text
    colleague = with_role(Role.OFFICER, cluster=on.call.fund.cluster)
    client.login(colleague)
    assert "My morning" not in client.get(LIST).text
    assert client.post(f"{LIST}/saved/{one.id}/forget").status_code == 303, "as one that is gone already"
    assert db.session.get(SavedSearch, one.id) is one
    client.login(on.officer)
    client.post(f"{LIST}/saved", data={**kept, "q": "amount>1", "share": str(on.call.fund.cluster_id)})
    client.login(colleague)
    page = client.get(LIST)
    assert "My morning" in page.text and "shared by" in page.text
    assert client.post(f"{LIST}/saved/{one.id}/forget").status_code == 403
    client.login(on.officer)
    assert client.post(f"{LIST}/saved", data={**kept, "q": "state:x"}).status_code == 422
    assert client.post(f"{LIST}/saved", data={**kept, "name": " "}).status_code == 422
    elsewhere = client.post(f"{LIST}/saved", data={**kept, "back": "//evil.example/x"})
    assert elsewhere.location.startswith(LIST)
    forget = f"{LIST}/saved/{one.id}/forget"
    for _ in range(2):  # a double click
        assert client.post(forget, data={"back": url}).location == url
    assert db.session.scalars(select(SavedSearch)).all() == []


def test_a_kept_search_holds_an_order_and_columns_that_exist(client):
    client.login(ground().officer)
    typed = {"name": "A\0", "q": "etude\0", "sort": "-amount\0", "cols": "amount,\0,score,state,nothing"}
    assert client.post(f"{LIST}/saved", data=typed).status_code == 303
    one = db.session.scalars(select(SavedSearch)).one()
    assert (one.name, one.query, one.sort, one.columns) == ("A", "etude", "", "amount,state")
    done = client.post(f"{LIST}/saved", data={**typed, "sort": "-amount"})
    assert done.location == f"{LIST}?q=etude&sort=-amount&cols=amount%2Cstate" and one.sort == "-amount"


# --- files ----------------------------------------------------------------------------------------------------


def test_the_files_hold_what_is_shown(client):
    on = ground()
    filed(on, 1, title="=HYPERLINK(1)", requested_minor=1_234_50)
    filed(on, 2, title="Étude 2", requested_minor=500_000_00)
    filed(on, 3, title="Left out", state=State.ELIGIBLE)
    client.login(on.officer)
    asked = {"q": "state:submitted", "sort": "-amount", "cols": "amount,state", "call": str(on.call.id)}
    answer = client.get(f"{LIST}.csv", query_string=asked)
    rows = list(csv.reader(StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0] == ["Reference", "Project", "Amount requested (MAD)", "State"]
    assert [row[1:] for row in rows[1:]] == [
        ["Étude 2", "500000.00", "Submitted"],
        ["'=HYPERLINK(1)", "1234.50", "Submitted"],
    ]
    book = load_workbook(BytesIO(client.get(f"{LIST}.xlsx", query_string=asked).data))
    sheet = [[cell.value for cell in row] for row in book.active.iter_rows()]
    assert "state:submitted" in sheet[0][0] and sheet[1][:2] == ["Reference", "Project"]
    assert [row[1] for row in sheet[2:]] == ["Étude 2", "=HYPERLINK(1)"]
    assert book.active["B4"].data_type == "s" and sheet[2][2] == 500_000
    assert client.get(f"{LIST}.csv", query_string={"q": "state:"}).status_code == 422


# --- next and previous ----------------------------------------------------------------------------------------


def test_a_file_knows_its_neighbours_in_the_list_it_was_opened_from(client):
    on = ground()
    made = [filed(on, n, title=f"Étude {n}") for n in range(1, 4)]
    client.login(on.officer)
    page = client.get(f"/staff/calls/{on.call.id}/applications", query_string={"q": "etude", "sort": "-reference"})
    first = unescape(re.search(r'href="(/staff/applications/[^"]+)"', page.text)[1])
    assert str(made[2].id) in first and "list=here" in first
    page = client.get(first)
    assert "1 of 3" in words(page) and 'rel="prev"' not in page.text
    onward = unescape(re.search(r'rel="next" href="([^"]+)"', page.text)[1])
    page = client.get(onward)
    assert str(made[1].id) in onward and "2 of 3" in words(page) and 'rel="prev"' in page.text
    back = unescape(re.search(r'class="near"[^>]*>\s*<a href="([^"]+)"', page.text)[1])
    assert back == f"/staff/calls/{on.call.id}/applications?q=etude&sort=-reference"
    assert 'class="near"' not in client.get(f"/staff/applications/{made[0].id}?list=all&q=elsewhere").text
    assert client.get(f"/staff/applications/{made[0].id}?list=all&q=state:").status_code == 200
    hostile = client.get(f"/staff/applications/{made[1].id}?list=all&endpoint=1&_scheme=x&_anchor=y&_external=1")
    assert hostile.status_code == 200 and 'rel="next"' in hostile.text


# --- several at once ------------------------------------------------------------------------------------------


def test_the_preview_says_what_happens_and_what_does_not(client):
    on = ground()
    ready, done, own = filed(on, 1), filed(on, 2, state=State.INELIGIBLE), filed(on, 3)
    MembershipFactory(organisation=own.organisation, person=on.officer)
    client.login(on.officer)
    page = client.get(
        f"{LIST}/screen", query_string={"all": "1", "q": "test", "move": "admit", "back": f"{LIST}?q=test"}
    )
    assert page.text.count('name="id"') == 1 and str(ready.id) in page.text
    assert "TEST-0002" in page.text and "It is “" in page.text and "You belong to" in page.text
    assert f'href="{LIST}?q=test"' in page.text
    answer = client.post(f"{LIST}/screen", data={"id": [str(ready.id)], "move": "admit", "back": f"{LIST}?q=test"})
    assert answer.location == f"{LIST}?q=test" and ready.state == State.ADMISSIBLE
    refused = client.post(f"{LIST}/screen", data={"id": [str(ready.id), str(own.id)], "move": "both"})
    assert refused.status_code == 403 and ready.state == State.ADMISSIBLE, "all or none"
    client.login(with_role(Role.AUDITOR, cluster=on.call.fund.cluster))
    assert client.post(f"{LIST}/screen", data={"id": [str(ready.id)], "move": "find_eligible"}).status_code == 403
    assert 'name="id"' not in client.get(LIST).text
    assert done.state == State.INELIGIBLE and ready.state == State.ADMISSIBLE


def test_a_chair_asks_the_same_reviewers_for_several(client, stage):
    first, second, third, fourth = stage.applications
    fourth.state = State.RANKED
    applicant = db.session.get_one(Organisation, second.organisation_id)
    MembershipFactory(organisation=applicant, person=stage.reviewers[0])
    db.session.flush()
    client.login(stage.chair)
    chosen = {
        "id": [str(one.id) for one in stage.applications],
        "reviewer": [str(one.id) for one in stage.reviewers[:3]],
    }
    page = client.get("/commission/list/ask", query_string={"id": chosen["id"]})
    assert page.status_code == 200 and page.text.count('name="reviewer"') == 4 and "What will happen" not in page.text
    page = client.get("/commission/list/ask", query_string={"all": "1", "q": "state:eligible"})
    assert 'name="all"' in page.text and 'name="id"' not in page.text, "an address holds few ids"
    page = client.get("/commission/list/ask", query_string=chosen)
    assert "Ask for 6 reviews" in words(page)
    assert "asks for 3 reviewers" in words(page) and "belongs to" in words(page)
    for _ in range(2):  # a double click
        assert client.post("/commission/list/ask", data=chosen).status_code == 303
    assert (first.state, second.state, third.state) == (State.IN_REVIEW, State.ELIGIBLE, State.IN_REVIEW)
    assert len(db.session.scalars(select(Review)).all()) == 6


def test_a_chair_learns_no_name_from_an_id(client, stage):
    stranger, gone = PersonFactory(name="Nobody of yours"), with_role(Role.REVIEWER, commission=stage.commission)
    gone.disabled_at = now()
    db.session.flush()
    client.login(stage.chair)
    asked = [str(stranger.id), str(gone.id), "x", *(str(one.id) for one in stage.reviewers[:3])]
    chosen = {"id": [str(stage.applications[0].id)], "reviewer": asked}
    page = client.get("/commission/list/ask", query_string=chosen)
    assert "Ask for 3 reviews" in words(page) and stranger.name not in page.text and gone.name not in page.text
    assert client.post("/commission/list/ask", data=chosen).status_code == 303
    assert {one.reviewer_id for one in db.session.scalars(select(Review))} == {one.id for one in stage.reviewers[:3]}


def test_a_chair_reminds_once_a_day(client, stage):
    first, second, *_ = stage.applications
    for one in (first, second):
        one.state = State.IN_REVIEW
        ReviewFactory(application=one, reviewer=stage.reviewers[0], state=R.DRAFT)
    marked(first, stage.reviewers[1], 7000)
    db.session.flush()
    client.login(stage.chair)
    chosen = {"all": "1", "q": "", "call": str(stage.call.id)}
    page = client.get("/commission/list/remind", query_string=chosen)
    assert stage.reviewers[0].name in page.text and stage.reviewers[1].name not in page.text
    assert "Remind one reviewer" in words(page) and "For 2 applications nobody is waited for" in words(page)
    for _ in range(2):
        assert client.post("/commission/list/remind", data=chosen).status_code == 303
    promised = db.session.scalars(select(Promise).where(Promise.kind.contains("review_asked_again"))).all()
    assert [one.recipient_id for one in promised] == [stage.reviewers[0].id]
    assert "Reminded today already" in client.get("/commission/list/remind", query_string=chosen).text


# --- help -----------------------------------------------------------------------------------------------------


def test_the_help_page_shows_examples_that_work(client):
    page = client.get("/help/search")
    assert page.status_code == 200
    for text, _ in ASKED:
        parse(text)
        assert text in unescape(page.text)
