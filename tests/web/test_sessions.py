"""A commission's session through its pages: what whoever leads, a member and somebody who steps aside get."""

import re
from io import BytesIO

import openpyxl
import pytest
from sqlalchemy import update

from grants.calls.models import Blindness
from grants.core.db import db
from grants.people.models import Organisation
from grants.reviews.conflict_models import Conflict, ConflictKind
from grants.reviews.models import Review
from grants.sessions import minutes_queries, queries
from grants.sessions.models import Choice, SessionState
from tests.factories import ApplicationFactory
from tests.sessions.ground import Ground, ground
from workflows import agenda, minutes, session


@pytest.fixture
def at(app) -> Ground:
    return ground()


def address(at: Ground, rest: str = "") -> str:
    return f"/commission/sessions/{at.id}{rest}"


def item_address(at: Ground, n: int, rest: str) -> str:
    return f"/commission/items/{at.item(n).id}{rest}"


def mark(page) -> str:
    return re.search(r'data-mark="([^"]+)"', page.text)[1]


def test_a_session_is_planned_and_led_to_its_end(client, at):
    client.login(at.chair)
    assert f"/commission/sessions/{at.id}" in client.get("/commission/sessions").text
    assert client.get(address(at)).status_code == 200
    assert client.post(address(at, "/open")).status_code == 303
    for one in at.members[:2]:
        assert client.post(address(at, "/enter"), data={"person": str(one.id)}).status_code == 303
    for n in range(3):
        assert client.post(item_address(at, n, "/open")).status_code == 303
        assert at.stage.applications[n].title in client.get(address(at)).text
        assert client.post(item_address(at, n, "/settle")).status_code == 303
    done = client.post(address(at, "/close"))
    assert done.status_code == 303 and done.location.endswith("/minutes")
    page = client.get(address(at, "/minutes"))
    assert page.status_code == 200 and "I sign version 1" in page.text
    assert client.post(address(at, "/minutes/1/sign")).status_code == 303
    assert "I sign version 1" not in client.get(address(at, "/minutes")).text
    assert at.session().state == SessionState.CLOSED


@pytest.mark.parametrize("blindness", [Blindness.SINGLE, Blindness.DOUBLE])
def test_a_double_blind_commission_sits_without_names(client, at, blindness):
    at.stage.call.blindness = blindness
    for one in at.stage.applications:
        db.session.get_one(Organisation, one.organisation_id).name = "Atlas Pay SARL"
    db.session.flush()
    at.open()
    agenda.open_item(at.item(0), actor=at.chair)
    client.login(at.members[0])
    named = blindness == Blindness.SINGLE
    assert ("Atlas Pay" in client.get(address(at)).text) is named
    agenda.settle_item(at.item(0), actor=at.chair)
    at.settle(1, 2)
    session.close_session(at.session(), actor=at.chair)
    assert ("Atlas Pay" in client.get(address(at, "/minutes")).text) is named
    book = openpyxl.load_workbook(BytesIO(client.get(address(at, "/minutes/1.xlsx")).data))
    cells = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}
    assert ("Atlas Pay SARL" in cells) is named


def test_a_consensus_without_quorum_keeps_what_was_typed(client, at):
    at.open(sitting=1)
    agenda.open_item(at.item(0), actor=at.chair)
    client.login(at.chair)
    said = {"mark": "91.5", "reason": "Une équipe rare", "dissent": "", "version": at.item(0).version}
    page = client.post(item_address(at, 0, "/consensus"), data=said)
    assert page.status_code == 200 and "no quorum" in page.text and "1 more member" in page.text
    assert "Une équipe rare" in page.text and 'value="91.5"' in page.text
    session.enter(at.session(), at.members[1], actor=at.chair)
    assert (
        client.post(item_address(at, 0, "/consensus"), data=said | {"version": at.item(0).version}).status_code == 303
    )
    assert at.item(0).consensus == 9_150
    stale = client.post(item_address(at, 0, "/consensus"), data=said | {"mark": "50", "version": 1})
    assert stale.status_code == 200 and 'value="50"' in stale.text and at.item(0).consensus == 9_150


def test_what_was_typed_for_one_file_never_stands_under_another(client, at):
    at.open()
    agenda.open_item(at.item(0), actor=at.chair)
    here = item_address(at, 0, "/consensus"), item_address(at, 0, "/amount")
    said = {"mark": "91.5", "reason": "Une équipe rare", "dissent": "", "version": at.item(0).version}
    agenda.settle_item(at.item(0), actor=at.chair)
    agenda.open_item(at.item(1), actor=at.chair)
    client.login(at.chair)
    for data in (said, said | {"mark": "many"}):
        page = client.post(here[0], data=data, headers={"Sec-Fetch-Site": "same-origin"})
        assert page.status_code == 409 and "not under discussion any more" in page.text
        assert "Une équipe rare" in page.text and 'action="/commission/items' not in page.text
    assert client.post(here[1], data={"amount": "12"}).status_code == 409
    assert at.item(1).consensus is None


def test_a_refused_form_waits_for_the_person(client, at):
    """The next poll would draw it anew, without what was typed."""
    at.open(sitting=1)
    agenda.open_item(at.item(0), actor=at.chair)
    client.login(at.chair)
    assert "data-touched" not in client.get(address(at)).text
    page = client.post(item_address(at, 0, "/consensus"), data={"mark": "91.5", "reason": "Oui", "version": 1})
    assert page.text.count("data-touched") == 1


def test_the_mark_follows_the_reviews_and_not_what_is_hidden(client, at):
    at.open(sitting=3)
    member = at.members[0]
    agenda.open_item(at.item(0), actor=at.chair)
    agenda.step_aside(at.item(0, member), "Client", actor=member)
    client.login(member)
    known = mark(client.get(address(at)))
    agenda.open_vote(at.item(0), actor=at.chair)
    agenda.cast(at.item(0), Choice.FOR, actor=at.chair)
    assert mark(client.get(address(at))) == known, "acts on the hidden file do not show"
    db.session.execute(
        update(Review)
        .where(Review.application_id == at.stage.applications[1].id)
        .values(version=Review.version + 1, total=5_000)
    )
    assert mark(client.get(address(at))) != known


def test_a_member_linked_to_a_file_off_the_agenda_reads_and_signs(client, at):
    other = ApplicationFactory(call=at.stage.call, commission=at.stage.commission)
    member = at.members[0]
    reason = {"kind": ConflictKind.DECLARED, "reason": "Parent"}
    db.session.add(Conflict(application_id=other.id, person_id=member.id, **reason))
    at.open()
    at.settle(0, 1, 2)
    session.close_session(at.session(), actor=at.chair)
    client.login(member)
    assert client.get(address(at, "/minutes")).status_code == 200
    assert client.post(address(at, "/minutes/1/sign")).status_code == 303
    assert client.get(address(at, f"/minutes/{10**22}.pdf")).status_code == 404
    for person in (at.stage.committee, at.stage.officer):
        client.login(person)
        url = f"/board/calls/{at.stage.call.id}/minutes/{at.stage.commission.id}.pdf"
        assert client.get(url).mimetype == "application/pdf"


def test_the_fragment_answers_304_until_something_happens(client, at):
    at.open()
    client.login(at.members[0])
    known = mark(client.get(address(at)))
    same = client.get(address(at, "/live"), headers={"If-None-Match": f'"{known}"'})
    assert same.status_code == 304 and same.text == ""
    agenda.open_item(at.item(0), actor=at.chair)
    fresh = client.get(address(at, "/live"), headers={"If-None-Match": f'"{known}"'})
    assert fresh.status_code == 200 and at.stage.applications[0].title in fresh.text
    assert mark(fresh) == fresh.headers["ETag"].strip('"') != known
    assert "<html" not in fresh.text


def test_somebody_who_steps_aside_gets_nothing_of_the_file(client, at):
    """Page, fragment, ranking, totals, acts, minutes: what is hidden is nowhere."""
    at.open(sitting=3)
    member, application = at.members[0], at.stage.applications[0]
    item_id = at.item(0).id
    agenda.open_item(at.item(0), actor=at.chair)
    agenda.keep_consensus(at.item(0), 9_137, "Preuve secrète", "Réserve secrète", actor=at.chair)
    client.login(member)
    assert client.post(f"/commission/items/{item_id}/step-aside", data={"aside-reason": ""}).status_code == 422
    gone = client.post(f"/commission/items/{item_id}/step-aside", data={"aside-reason": "Parent proche"})
    assert gone.status_code == 303
    secrets = [application.title, application.reference, application.organisation.name, "Preuve secrète", "91.37"]
    secrets += ["Line of the envelope", "1,200,000"]
    for path in (address(at), address(at, "/live")):
        text = client.get(path).text.replace("\u00a0", ",")
        assert [one for one in secrets if one in text] == [], path
        assert "You step aside from the file under discussion" in text
        assert "its ranking and totals are not shown" in text
    acts = ["open", "settle", "put-back", "consensus", "amount", "vote", "vote/open", "step-aside", "rapporteur"]
    assert {client.post(f"/commission/items/{item_id}/{act}").status_code for act in acts} == {404}
    assert client.post(address(at, "/draw")).status_code == 403
    agenda.settle_item(at.item(0), actor=at.chair)
    at.settle(1, 2)
    session.close_session(at.session(), actor=at.chair)
    client.login(member)
    for rest in ("/minutes", "/minutes/1.pdf", "/minutes/1.xlsx"):
        assert client.get(address(at, rest)).status_code == 403
    assert client.post(address(at, "/minutes/1/sign")).status_code == 403


def test_a_chair_who_steps_aside_loses_the_ranking_too(client, at):
    at.open()
    agenda.step_aside(at.item(0), "Associé", actor=at.chair)
    client.login(at.chair)
    assert "Line of the envelope" not in client.get(address(at)).text
    assert client.post(address(at, "/close")).status_code == 403
    board = f"/commission/calls/{at.stage.call.id}/{at.stage.commission.id}"
    assert client.get(f"{board}/ranking").status_code == 403
    assert at.stage.applications[0].title not in client.get(board).text


def test_strangers_and_other_commissions_find_no_session(client, at):
    other = ground()
    for person in (other.chair, other.members[0], at.stage.officer, at.stage.committee):
        client.login(person)
        assert client.get(address(at)).status_code == 404
        assert client.get(address(at, "/live")).status_code == 404
        assert client.post(address(at, "/enter")).status_code == 404


def test_a_vote_in_the_open_and_its_count(client, at):
    at.open()
    agenda.open_item(at.item(0), actor=at.chair)
    client.login(at.chair)
    assert client.post(item_address(at, 0, "/vote/open")).status_code == 303
    for one in (at.chair, *at.members[:2]):
        client.login(one)
        assert client.post(item_address(at, 0, "/vote"), data={"choice": "for"}).status_code == 303
    assert client.post(item_address(at, 0, "/vote"), data={"choice": "maybe"}).status_code == 400
    client.login(at.chair)
    assert "3 voices of 3" in client.get(address(at)).text
    assert client.post(item_address(at, 0, "/vote/close")).status_code == 303
    assert "3 for, 0 against" in client.get(address(at)).text


def closed(at: Ground) -> None:
    at.open()
    agenda.open_item(at.item(2), actor=at.chair)
    agenda.keep_consensus(at.item(2), 8_600, "=1+1 preuve", "M. Sebti maintient 60", actor=at.chair)
    agenda.open_vote(at.item(2), actor=at.chair)
    agenda.cast(at.item(2), Choice.FOR, actor=at.chair)
    agenda.close_vote(at.item(2), actor=at.chair)
    agenda.settle_item(at.item(2), actor=at.chair)
    at.settle(0, 1)
    session.close_session(at.session(), actor=at.chair)


def test_the_minutes_as_pdf_and_workbook_in_three_languages(client, at):
    closed(at)
    minutes.sign(minutes_queries.minutes(at.chair, at.id, 1), actor=at.chair)
    client.login(at.chair)
    for language in ("fr", "ar", "en"):
        made = client.get(address(at, f"/minutes/1.pdf?language={language}"))
        assert made.status_code == 200 and made.data.startswith(b"%PDF")
        book = client.get(address(at, f"/minutes/1.xlsx?language={language}"))
        sheets = openpyxl.load_workbook(BytesIO(book.data)).worksheets
        assert len(sheets) == 4 and sheets[0].sheet_view.rightToLeft == (language == "ar")
        cells = [one for row in sheets[0].iter_rows() for one in row]
        assert at.stage.applications[2].reference in {one.value for one in cells}
        assert {one.data_type for one in cells} <= {"s", "n"}


def test_a_correction_shows_both_versions(client, at):
    closed(at)
    client.login(at.chair)
    assert 'aria-invalid="true"' in client.post(address(at, "/minutes/1/correct"), data={"changes": ""}).text
    said = {"changes": "Ligne 1 : lire « unanimité »."}
    assert client.post(address(at, "/minutes/1/correct"), data=said).status_code == 303
    page = client.get(address(at, "/minutes"))
    assert "Ligne 1 : lire « unanimité »." in page.text and "I sign version 2" in page.text
    assert client.get(address(at, "/minutes/1.pdf")).status_code == 200
    assert client.post(address(at, "/minutes/1/sign")).status_code == 403


def test_the_page_costs_the_same_with_many_files(client, app, request):
    costs = []
    for size in (2, 12):
        at = ground([6_000 + 100 * n for n in range(size)])
        at.open()
        agenda.open_item(at.item(0), actor=at.chair)
        path = address(at)
        db.session.expire_all()
        client.login(at.chair)
        client.get(path)
        with request.getfixturevalue("queries")() as made:
            assert client.get(path).status_code == 200
        costs.append(len(made))
    assert costs[0] == costs[1], costs


def test_an_officer_sets_the_rules_until_a_session_opens(client, at):
    client.login(at.stage.officer)
    path = f"/staff/calls/{at.stage.call.id}/session-rules"
    assert client.get(path).status_code == 200
    said = {"quorum": "60", "first": "amount", "second": "submitted", "third": "", "threshold": "50", "secret": "y"}
    assert client.post(path, data=said).status_code == 303
    rules = queries_of(at)
    assert (rules.quorum, rules.ties, rules.threshold, rules.secret) == (60, ["amount", "submitted"], 5_000, True)
    at.open()
    client.login(at.stage.officer)
    assert client.post(path, data=said | {"quorum": "1"}).status_code == 403
    assert queries_of(at).quorum == 60


def queries_of(at: Ground):
    return queries.rules_of(at.stage.call.id)
