"""The officer edits the rules of a draft; the committee and applicants read them; then they are frozen."""

import re

import pytest
from sqlalchemy import select

from grants.calls import policy, rule_verbs
from grants.calls.eligibility import RuleKind
from grants.calls.examples import EXAMPLES
from grants.calls.models import Call, CallState
from grants.calls.rules import Age, Countries, Staff
from grants.calls.ties import OneApplication
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, Refused
from grants.people.models import OrganisationKind
from tests.calls.ground import set_ground
from tests.web.drafts import words_of
from workflows import call as workflow


@pytest.fixture
def ground(app):
    return set_ground()


def kinds(call):
    return [one.kind for one in sorted(call.rules, key=lambda one: one.position)]


def keep(ground, call, rule, blocks=True):
    rule_verbs.keep_rule(ground.whole(call), rule, blocks, None, actor=ground.officer)
    return ground.whole(call)


def test_rules_are_added_changed_moved_and_removed(ground):
    call = keep(ground, keep(ground, ground.call(), Age(most=24)), Staff(most=50), False)
    before = call.version
    call = keep(ground, call, Age(most=36))
    assert call.version > before, "a change of a rule is a change of the call"
    assert [(one.rule, one.blocks) for one in call.rules] == [(Age(most=36), True), (Staff(most=50), False)]
    for up, order in ((True, ["staff", "age"]), (True, ["staff", "age"]), (False, ["age", "staff"])):
        rule_verbs.move_rule(ground.whole(call), RuleKind.STAFF, up, None, actor=ground.officer)
        assert kinds(ground.whole(call)) == order
    for _ in range(2):
        rule_verbs.remove_rule(ground.whole(call), RuleKind.AGE, None, actor=ground.officer)
    assert kinds(ground.whole(call)) == ["staff"]


def test_a_rule_without_sense_and_an_old_page_are_refused(ground):
    call = ground.call()
    with pytest.raises(Refused):
        rule_verbs.keep_rule(call, Age(), True, None, actor=ground.officer)
    version = ground.whole(call).version
    keep(ground, call, OneApplication())
    with pytest.raises(LostUpdate):
        rule_verbs.keep_rule(ground.whole(call), Countries(("MA",)), True, version, actor=ground.officer)


def test_once_sent_to_the_committee_the_rules_are_frozen(ground, client):
    call = keep(ground, ground.call(), Age(most=24))
    url = f"/staff/calls/{call.id}/rules"
    call = ground.do(workflow.propose, call, by=ground.officer)
    assert call.state == CallState.PROPOSED
    for verb in (
        lambda call: rule_verbs.keep_rule(call, Staff(most=1), True, None, actor=ground.officer),
        lambda call: rule_verbs.remove_rule(call, RuleKind.AGE, None, actor=ground.officer),
        lambda call: rule_verbs.move_rule(call, RuleKind.AGE, True, None, actor=ground.officer),
    ):
        with pytest.raises(Forbidden):
            verb(ground.whole(call))
    client.login(ground.officer)
    assert client.get(url).status_code == 403
    assert client.post(f"{url}/age", data={"most": "3", "blocks": "yes"}).status_code == 403
    client.login(ground.committee)
    assert "24 months" in words_of(client.get(f"/board/calls/{call.id}"))


@pytest.mark.parametrize(
    ("kind", "typed", "reads"),
    [
        ("kinds", {"kinds": ["startup", "company"]}, "Start-up, Company"),
        ("countries", {"countries": ["MA", "DZ"]}, "Morocco, Algeria"),
        ("age", {"most": "24", "only_for": ["startup"]}, "This counts only for: Start-up"),
        ("staff", {"least": "2", "most": "50"}, "from 2 to 50"),
        ("turnover", {"most": "20 000 000"}, "at most 20 000 000 MAD"),
        ("sectors", {"sectors": ["health"]}, "Mainly active in: Health"),
        ("membership", {"confirmed": "y"}, "confirmed by it"),
        ("aid", {"ceiling": "2 000 000", "window": "36"}, "At most 2 000 000 MAD of public aid"),
        ("one", {}, "One application for each organisation"),
        ("composition", {"least": "2", "another_of": ["university"]}, "at least 2. At least one of: University"),
    ],
)
def test_every_kind_has_its_form(ground, client, kind, typed, reads):
    call = ground.call()
    client.login(ground.officer)
    url = f"/staff/calls/{call.id}/rules/{kind}"
    assert client.get(url).status_code == 200
    version = re.search(r'name="version"[^>]*value="(\d+)"', client.get(url).text).group(1)
    assert client.post(url, data={**typed, "blocks": "no", "version": version}).status_code == 303
    page = words_of(client.get(f"/staff/calls/{call.id}/rules"))
    assert reads in page and "Warns" in page
    again = client.get(url).text
    assert 'value="no" checked' in again
    assert client.post(f"{url}/move", data={"go": "up"}).status_code == 303
    assert client.post(f"{url}/remove").status_code == 303
    assert "No rule yet" in words_of(client.get(f"/staff/calls/{call.id}/rules"))


def test_a_form_without_sense_says_what_to_do(ground, client):
    call = ground.call()
    client.login(ground.officer)
    page = client.post(f"/staff/calls/{call.id}/rules/age", data={"least": "9", "most": "3", "blocks": "yes"})
    assert page.status_code == 200 and "must not be below" in page.text
    assert client.get(f"/staff/calls/{call.id}/rules/nonsense").status_code == 404


def test_a_page_that_is_out_of_date_says_so(ground, client):
    call = ground.call()
    client.login(ground.officer)
    stale = {"most": "9", "blocks": "yes", "version": str(call.version)}
    keep(ground, call, OneApplication())
    assert client.post(f"/staff/calls/{call.id}/rules/staff", data=stale).status_code == 409


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_brings_its_rules(ground, client, name):
    client.login(ground.officer)
    url = f"/staff/funds/{ground.fund.id}/calls/new?example={name}"
    assert client.post(url, data=ground.form()).status_code == 303
    made = db.session.scalars(select(Call).where(Call.fund_id == ground.fund.id)).one()
    assert [one.rule for one in ground.whole(made).rules] == list(EXAMPLES[name].rules)
    assert policy.edit.allows(ground.officer, ground.whole(made))


def test_the_two_examples_say_what_their_sources_say():
    intilak, tatwir = EXAMPLES["intilak"].rules, EXAMPLES["tatwir"].rules
    assert Age(most=24) in intilak
    assert any(isinstance(one, Age) and one.least == 24 for one in tatwir)
    assert OrganisationKind.ASSOCIATION in tatwir[0].kinds  # type: ignore[attr-defined]
