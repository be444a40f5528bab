"""Pages of calls and funds, public and private."""

from uuid import UUID

import pytest
from werkzeug.datastructures import MultiDict

from grants.calls import queries, questionnaires
from grants.calls.budget_rules import BudgetRules, Category
from grants.calls.examples import EXAMPLES
from grants.calls.models import CallState, Questionnaire, RequiredDocument
from grants.calls.required import COPIED
from grants.calls.rule_verbs import begin_with
from grants.core.clock import stopped
from grants.core.db import db
from grants.core.i18n import Words
from grants.core.types import new_id
from grants.web.access import matrix
from grants.web.staff.call_forms import rearranged
from tests.calls.ground import THEN, set_ground
from tests.factories import CallFactory, CommissionFactory, CriterionFactory, EnvelopeFactory, PersonFactory
from workflows import call as workflow


@pytest.fixture
def call(app):
    call = CallFactory()
    EnvelopeFactory(call=call, commission=CommissionFactory(cluster=call.fund.cluster))
    CriterionFactory(call=call, position=1, weight=100)
    return call


@pytest.mark.parametrize(
    "path", ["/", "/calls", "/help", "/help/applicant", "/help/vocabulary", "/help/access", "/accessibility"]
)
@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_public_pages_answer_in_three_languages(client, call, path, language):
    page = client.get(path, headers={"Accept-Language": language})
    assert page.status_code == 200
    assert f'lang="{language}"' in page.text


def test_the_page_of_a_call_is_public_and_a_draft_is_not(client, call):
    assert client.get(f"/calls/{call.id}").status_code == 200
    draft = CallFactory(state=CallState.DRAFT)
    assert client.get(f"/calls/{draft.id}").status_code == 404


def test_dates_for_a_calendar(client, call):
    page = client.get(f"/calls/{call.id}/deadlines.ics")
    assert page.mimetype == "text/calendar"
    lines = page.get_data().split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert page.text.count("BEGIN:VEVENT") == 2
    assert f"DTSTART:{call.closes_at:%Y%m%dT%H%M%SZ}" in page.text


@pytest.fixture
def ground(app):
    return set_ground()


def new_call(ground) -> str:
    return f"/staff/funds/{ground.fund.id}/calls/new"


def test_a_draft_is_kept_once_however_often_it_is_sent(client, ground):
    form = ground.form(key=str(new_id()))
    client.login(ground.officer)
    with stopped(THEN):
        first, again = (client.post(new_call(ground), data=form) for _ in range(2))
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.location == again.location


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_fills_the_form(client, ground, example):
    page = client.login(ground.officer).get(f"{new_call(ground)}?example={example}")
    assert page.status_code == 200
    assert EXAMPLES[example].title["ar"] in page.text


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_draft_from_an_example_has_its_questions_and_rules(client, ground, example):
    client.login(ground.officer)
    with stopped(THEN):
        sent = client.post(f"{new_call(ground)}?example={example}", data=ground.form(code="2027-9"))
    made = queries.followed_call(ground.officer, UUID(sent.location.rpartition("/")[2]))
    assert questionnaires.outline(made) == EXAMPLES[example].asks
    assert [one.rule for one in made.rules] == list(EXAMPLES[example].rules)


@pytest.fixture
def earlier(ground):
    """A call that was published once, with all that a call may ask."""
    with stopped(THEN):
        made = ground.call()
    rules, asks = EXAMPLES["tatwir"].rules, EXAMPLES["tatwir"].asks
    begin_with(made, [(rule, n != 1) for n, rule in enumerate(rules)])
    db.session.add(Questionnaire(call_id=made.id, number=1, definition=asks.json(), published_at=THEN))
    db.session.add(Questionnaire(call_id=made.id, number=2, definition=[], change=Words()))  # a correction in hand
    kinds = {"mandatory": True, "kinds": ["pdf", "xlsx"], "most": 2, "valid_months": 6}
    made.required = [RequiredDocument(position=1, name=Words(fr="Statuts"), guidance=Words(), **kinds)]
    made.budget = BudgetRules((Category("STAFF", Words(fr="Personnel"), 3_000),)).as_json()
    db.session.flush()
    return made


def test_an_earlier_call_is_copied_with_all_it_asks(client, ground, earlier):
    client.login(ground.officer)
    assert f"like={earlier.id}" in client.get(f"/staff/calls/{earlier.id}").text
    url = f"{new_call(ground)}?like={earlier.id}"
    page = client.get(url)
    source = queries.followed_call(ground.officer, earlier.id)
    assert source.criteria[0].label["fr"] in page.text and f'value="{earlier.code}"' not in page.text
    form = ground.form(code="2027-9", key=str(new_id()))
    with stopped(THEN):
        sent = [client.post(url, data=form).location for _ in range(2)]
    assert sent[0] == sent[1]
    db.session.expire_all()
    source = queries.followed_call(ground.officer, earlier.id)
    made = queries.followed_call(ground.officer, UUID(sent[0].rpartition("/")[2]))
    assert questionnaires.outline(made) == EXAMPLES["tatwir"].asks and questionnaires.published(made) is None
    assert [(one.rule, one.blocks) for one in made.rules] == [(one.rule, one.blocks) for one in source.rules]
    assert [one.blocks for one in made.rules] == [True, False, True]
    assert [[getattr(one, name) for name in COPIED] for one in made.required] == [
        [getattr(one, name) for name in COPIED] for one in source.required
    ]
    assert made.budget == source.budget and made.state == CallState.DRAFT
    assert client.get(f"/staff/calls/{made.id}").status_code == 200


def test_a_call_of_a_stranger_or_in_another_currency_is_not_copied(client, ground, earlier):
    client.login(ground.officer)
    assert client.get(f"{new_call(ground)}?like={CallFactory().id}").status_code == 404
    earlier.currency = "XOF"
    db.session.flush()
    assert client.get(f"{new_call(ground)}?like={earlier.id}").status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("instalments", "40 40 10", "yours add up to 90"),
        ("weight-1", "30", "yours add up to 90"),
        ("label-1-fr", "", "at least in French"),
        ("closes_at", "2027-01-01T10:00", "must close after"),
        ("ceiling", "1.500", "errsum"),
        ("closes_at", "2027-02-07T02:30", "happens twice"),
        ("closes_at", "2027-03-14T02:30", "does not exist"),
    ],
)
def test_what_is_wrong_is_said_and_all_is_kept(client, ground, field, value, said):
    page = client.login(ground.officer).post(new_call(ground), data=ground.form(**{field: value}))
    assert page.status_code == 200
    assert said in page.text
    assert "Santé numérique" in page.text
    assert f'value="{value}"' in page.text


@pytest.mark.parametrize(
    ("go", "labels"),
    [
        ("add", ["Innovation", "Marché", ""]),
        ("remove-0", ["Marché"]),
        ("up-1", ["Marché", "Innovation"]),
        ("down-0", ["Marché", "Innovation"]),
        ("up-0", ["Innovation", "Marché"]),
    ],
)
def test_lines_are_arranged_without_losing_what_was_typed(go, labels):
    sent = MultiDict({"code": "X", "label-0-fr": "Innovation", "weight-0": "6x", "label-1-fr": "Marché"})
    new, lines = rearranged(sent, 2, go)
    assert [new.get(f"label-{n}-fr", "") for n in range(lines)] == labels
    assert new["code"] == "X"


def test_two_tabs_lose_nothing(client, ground):
    call = ground.call()
    url, version = f"/staff/calls/{call.id}/edit", str(call.version)
    client.login(ground.officer)
    assert client.post(url, data=ground.form(version=version)).status_code == 303
    late = client.post(url, data=ground.form(version=version, **{"title-fr": "Un autre titre"}))
    assert late.status_code == 409
    assert "Un autre titre" in late.text


def test_the_committee_reads_what_a_call_takes_and_approves(client, ground):
    call = ground.do(workflow.propose, ground.call(), by=ground.officer)
    url = f"/board/calls/{call.id}"
    client.login(ground.committee)
    assert "97\u00a0000\u00a0000" in client.get(url).text.replace(",", "\u00a0")
    assert client.post(f"{url}/return", data={"reason": ""}).status_code == 422
    assert client.post(f"{url}/approve").status_code == 303
    assert ground.whole(call).state == CallState.APPROVED


def test_lists_are_for_those_who_run_a_fund(client, ground):
    client.login(PersonFactory())
    assert client.get("/staff/calls").status_code == 403
    assert client.get("/board/calls").status_code == 403


@pytest.mark.parametrize("rows", [1, 50])
@pytest.mark.parametrize("path", ["/", "/calls", "/staff/calls", "/board/calls"])
def test_lists_cost_the_same_however_long(client, ground, queries, rows, path):
    for call in CallFactory.create_batch(rows, fund=ground.fund):
        EnvelopeFactory(call=call, commission=ground.commissions[0])
    client.login(ground.committee if "board" in path else ground.officer)
    client.get(path)
    with queries() as seen:
        assert client.get(path).status_code == 200
    assert len(seen) <= 9, seen


def test_the_access_matrix_is_the_program_s(app, client):
    page = client.get("/help/access").text
    for line in matrix(app):
        assert line.policy in page
