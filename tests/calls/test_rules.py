"""What keeps a draft from being kept, and the examples."""

import pytest

from grants.calls import questionnaires, service
from grants.calls.examples import EXAMPLES
from grants.calls.questionnaire import Outline
from grants.calls.service import CriterionDraft, problems_with
from grants.core.errors import Forbidden, LostUpdate, Refused
from grants.core.i18n import LANGUAGES, Words
from grants.core.types import new_id
from tests.calls.ground import set_ground
from tests.factories import CommissionFactory, PersonFactory


@pytest.fixture
def ground(app):
    return set_ground()


def test_a_sound_draft_has_no_problem(ground):
    assert problems_with(ground.draft()) == []


def test_every_rule_has_its_sentence(ground):
    sound = ground.draft()
    lines = sound.criteria
    for changes, field in [
        ({"closes_at": sound.opens_at}, "closes_at"),
        ({"reviews_due_at": sound.closes_at}, "reviews_due_at"),
        ({"envelopes": {}}, "envelopes"),
        ({"instalments": [50, 40]}, "instalments"),
        ({"instalments": [100, 0]}, "instalments"),
        ({"criteria": []}, "criteria"),
        ({"criteria": lines[:1]}, "criteria"),
    ]:
        assert [name for name, _ in problems_with(ground.draft(**changes))] == [field]


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_examples_are_sound_and_in_every_language(example):
    assert sum(one.weight for one in example.criteria) == 100
    assert sum(example.instalments) == 100
    for words in [example.title, example.summary, *(w for one in example.criteria for w in (one.label, one.guidance))]:
        assert set(words) == set(LANGUAGES)
    questions = [one for part in example.asks.parts for one in part.questions]
    assert questions and len({one.id for one in questions}) == len(questions)
    columns = [column.label for one in questions if one.grid for column in one.grid.columns]
    for words in [one.title for one in example.asks.parts] + [one.label for one in questions] + columns:
        assert set(words) == set(LANGUAGES)
    for part in example.asks.parts:
        for one in part.questions:
            if one.shown_if:
                earlier = part.question(one.shown_if.question)
                assert one.shown_if.choice in {choice.id for choice in earlier.choices}
    assert Outline.of(example.asks.json()) == example.asks


def test_a_draft_starts_with_the_questions_of_its_example(ground):
    asks = EXAMPLES["tatwir"].asks
    id = new_id()
    for _ in range(2):
        call = service.draft_call(ground.fund, ground.draft(), actor=ground.officer, id=id, asks=asks)
    assert questionnaires.outline(call) == asks and questionnaires.published(call) is None


def test_a_draft_is_kept_whole(ground):
    call = ground.call()
    assert [one.weight for one in call.criteria] == [60, 40]
    assert {one.amount for one in call.envelopes} == {ground.money(2_000_000), ground.money(1_000_000)}
    assert (call.currency, call.funding_rate, call.ceiling) == ("MAD", 9_000, ground.money(1_000_000))


def test_the_same_form_sent_twice_is_one_draft(ground):
    id = new_id()
    first = service.draft_call(ground.fund, ground.draft(), actor=ground.officer, id=id)
    assert service.draft_call(ground.fund, ground.draft(), actor=ground.officer, id=id) is first


def test_a_code_serves_once_in_a_fund(ground):
    ground.call()
    with pytest.raises(Refused, match="already has a call"):
        ground.call()


def test_an_envelope_stays_in_the_cluster(ground):
    stranger = CommissionFactory()
    with pytest.raises(Refused, match="own cluster"):
        ground.call(envelopes={stranger.id: ground.money(1)})


def test_only_an_officer_of_the_fund_drafts(ground):
    for somebody in (PersonFactory(), ground.manager, ground.committee):
        with pytest.raises(Forbidden):
            service.draft_call(ground.fund, ground.draft(), actor=somebody)


def test_revising_replaces_envelopes_and_rubric(ground):
    call, kept = ground.call(), ground.commissions[0]
    lines = [CriterionDraft(Words(fr=name), Words(), weight) for name, weight in (("A", 20), ("B", 30), ("C", 50))]
    draft = ground.draft(envelopes={kept.id: ground.money(5)}, criteria=lines)
    call = ground.do(service.revise, call, draft, call.version, by=ground.officer)
    assert [(one.commission_id, one.amount) for one in call.envelopes] == [(kept.id, ground.money(5))]
    assert [(one.position, str(one.label), one.weight) for one in call.criteria] == [
        (1, "A", 20),
        (2, "B", 30),
        (3, "C", 50),
    ]


def test_a_change_of_the_rubric_alone_counts_as_a_change(ground):
    call = ground.call()
    seen = call.version
    lines = [CriterionDraft(Words(fr="Seul"), Words(), 100)]
    ground.do(service.revise, call, ground.draft(criteria=lines), seen, by=ground.officer)
    with pytest.raises(LostUpdate):
        ground.do(service.revise, call, ground.draft(), seen, by=ground.officer)
