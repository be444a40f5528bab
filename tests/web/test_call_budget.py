"""What a call asks of a budget: set by the officer in the draft, frozen with it, read by everybody."""

import re

import pytest

from grants.calls import budget_verbs, queries
from grants.calls.budget_rules import BudgetRules, Category
from grants.calls.models import CallState
from grants.core.errors import Forbidden, LostUpdate, Refused
from grants.core.i18n import Words
from grants.people.models import OrganisationKind
from tests.applications.budget_ground import RULES, budget_ground
from tests.applications.ground import ground
from tests.web.drafts import version_in


@pytest.fixture
def on(app):
    return ground(state=CallState.DRAFT, published_at=None)


def whole(on):
    return queries.followed_call(on.officer, on.call.id)


def test_the_officer_sets_categories_rates_and_vat(client, on):
    client.login(on.officer)
    url = f"/staff/calls/{on.call.id}/budget"
    page = client.get(url)
    typed = {
        "version": version_in(page),
        "lines": "2",
        "vat": "yes",
        "overrun": "5",
        "code-0": "staff",
        "name-0-fr": "Personnel",
        "code-1": "SUB",
        "name-1-fr": "Sous-traitance",
        "name-1-en": "Subcontracting",
        "cap-1": "30 %",
        "rate-university": "100",
        "ceiling-university": "500 000",
    }
    more = client.post(url, data={**typed, "go": "add"})
    assert more.status_code == 200 and 'name="code-2"' in more.text and 'value="SUB"' in more.text
    fewer = client.post(url, data={**typed, "go": "remove-0"})
    assert 'name="code-1"' not in fewer.text and 'value="SUB"' in fewer.text
    saved = client.post(url, data=typed)
    assert saved.status_code == 303
    assert whole(on).budget_rules == BudgetRules(
        (
            Category("STAFF", Words(fr="Personnel")),
            Category("SUB", Words(fr="Sous-traitance", en="Subcontracting"), 3_000),
        ),
        {OrganisationKind.UNIVERSITY: 10_000},
        {OrganisationKind.UNIVERSITY: 50_000_000},
        True,
        500,
    )
    shown = client.get(f"/staff/calls/{on.call.id}").text
    assert "Subcontracting" in shown and "30%" in shown and url in shown
    assert 'value="STAFF"' in client.get(url).text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"code-0": "A B", "name-0-fr": "x"}, "capital letters"),
        ({"code-0": "A"}, "at least in French"),
        ({"name-0-fr": "x"}, "short code"),
        ({"code-0": "A", "name-0-fr": "x", "code-1": "A", "name-1-fr": "y"}, "have the code"),
        ({"code-0": "A", "name-0-fr": "x", "cap-0": "130"}, "at most 100%"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_it(client, on, typed, sentence):
    client.login(on.officer)
    page = client.post(f"/staff/calls/{on.call.id}/budget", data={"lines": "2", "vat": "no", **typed})
    assert page.status_code == 200 and sentence in re.sub("<[^>]+>", "", page.text) and 'class="errsum"' in page.text
    assert not whole(on).budget_rules


def test_without_a_category_it_is_the_simple_budget_again(client, on):
    on.call.budget = RULES.as_json()
    client.login(on.officer)
    url = f"/staff/calls/{on.call.id}/budget"
    client.post(url, data={"lines": "1", "vat": "no", "version": version_in(client.get(url))})
    assert whole(on).budget == {}


def test_only_the_officer_and_only_in_the_draft(client, on):
    client.login(on.lead)
    assert client.get(f"/staff/calls/{on.call.id}/budget").status_code in {403, 404}
    opened = budget_ground()
    with pytest.raises(Forbidden):
        budget_verbs.keep_budget(
            queries.followed_call(opened.officer, opened.call.id), RULES, None, actor=opened.officer
        )


def test_two_officers_at_once(on):
    call = whole(on)
    version = call.version
    budget_verbs.keep_budget(call, RULES, version, actor=on.officer)
    with pytest.raises(LostUpdate):
        budget_verbs.keep_budget(whole(on), BudgetRules(), version, actor=on.officer)
    with pytest.raises(Refused):
        budget_verbs.keep_budget(whole(on), BudgetRules((Category("x", Words(fr="x")),)), None, actor=on.officer)


def test_everybody_reads_it_before_applying(client):
    on = budget_ground()
    page = re.sub("<[^>]+>", "", client.get(f"/calls/{on.call.id}").text)
    assert "Subcontracting" in page and "at most 30% of the eligible cost" in page and "funding rate 100%" in page


@pytest.mark.parametrize("kept", [{}, RULES.as_json()])
def test_rules_are_the_same_there_and_back(kept):
    assert BudgetRules.of(kept).as_json() == kept
