"""The query language: what it reads, what it refuses and how it says so."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grants.core.i18n import LANGUAGES, render
from grants.reports.search.keys import KEYS, Audience, Kind, key_names, slug, value_names
from grants.reports.search.language import (
    EXAMPLES,
    LONGEST,
    Misread,
    Query,
    Term,
    Value,
    parse,
    with_term,
    without,
    write,
)
from tests.reports.asking import QUERIES

PIECES = [*'-":<>=,. \\abc01', "state:", "amount>", "score:", "none", "submitted"]
SIGNS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@given(st.one_of(st.text(max_size=80), SIGNS, st.lists(SIGNS, max_size=6).map(" ".join)))
@example('"' * 7 + "\\")
@example("-")
@example("--state:submitted")
def test_anything_is_read_or_refused_in_words(text):
    for audience in Audience:
        query, problem = read(text, audience)
        if query is not None:
            assert parse(write(query), audience) == query
        else:
            start, end = problem.at
            assert 0 <= start <= end <= max(len(text), LONGEST)
            assert all(render(problem.message, language) for language in LANGUAGES)


def read(text, audience):
    try:
        return parse(text, audience), None
    except Misread as problem:
        return None, problem


@given(QUERIES)
def test_what_is_printed_is_read_back(query):
    text = write(query)
    if len(text) <= LONGEST:
        assert parse(text) == query
        assert write(parse(text)) == text


def test_the_query_of_a_chair():
    query = parse('state:in_review commission:mobile score>70 reviewer:none amount>500000 -"point of sale"')
    assert query == Query(
        (
            Term("state", ":", (Value("in_review"),)),
            Term("commission", ":", (Value("mobile"),)),
            Term("score", ">", (Value("70"),)),
            Term("reviewer", ":", (Value("none"),)),
            Term("amount", ">", (Value("500000"),)),
            Term(None, ":", (Value("point of sale"),), negated=True),
        )
    )
    assert [term.at for term in query.terms][:2] == [(0, 15), (16, 33)]


@pytest.mark.parametrize(
    ("text", "at", "mended"),
    [
        ("comission:mobile", (0, 9), "commission:mobile"),
        ("score>70 state:in_revew,ranked", (15, 23), "score>70 state:in_review,ranked"),
        ("title>a", (0, 6), "title:a"),
        ('mobile "point of sale', (7, 21), 'mobile "point of sale"'),
        ("amount:many", (7, 11), None),
        ("amount>", (0, 7), None),
        ("amount>1,2", (9, 10), None),
        ("amount>1..2", (7, 11), None),
        ("submitted:2026-02-30", (10, 20), None),
        ("a -", (2, 3), None),
        (":x", (0, 1), None),
        ("state:submitted,", (0, 16), None),
        ('title:""', (6, 8), None),
        ("x" * 501, (500, 501), None),
    ],
)
def test_a_mistake_is_pointed_at(text, at, mended):
    with pytest.raises(Misread) as caught:
        parse(text)
    assert (caught.value.at, caught.value.mended) == (at, mended)
    if mended:
        parse(mended)


def test_forty_conditions_are_enough():
    parse(" ".join(["mobile"] * 40))
    with pytest.raises(Misread):
        parse(" ".join(["mobile"] * 41))


@pytest.mark.parametrize("key", [key for key in KEYS.values() if key.chair], ids=lambda key: key.name)
def test_what_tells_of_reviews_is_refused_to_those_who_follow_the_fund(key):
    parse(EXAMPLES[key.name], Audience.CHAIR)
    with pytest.raises(Misread) as caught:
        parse(f"-{EXAMPLES[key.name]}", Audience.FUND)
    assert "only the chair" in str(caught.value) and caught.value.mended is None


def test_nothing_hidden_is_proposed():
    with pytest.raises(Misread) as caught:
        parse("scorr>7", Audience.FUND)
    assert caught.value.mended is None


def test_keys_and_values_are_understood_in_every_language():
    for key in KEYS.values():
        for language in LANGUAGES:
            assert key_names()[slug(render(key.label, language))] in KEYS
            for label in key.words.values():
                assert value_names(key.name)[slug(render(label, language))] in key.words
            if key.kind is Kind.CHOICE:
                assert set(value_names(key.name).values()) == set(key.words)
        assert key_names()[key.name] == key.name
    assert write(parse("ÉTAT:In_Review")) == "state:in_review"


def test_every_key_shows_how_it_is_asked():
    assert EXAMPLES.keys() == KEYS.keys()
    for name, text in EXAMPLES.items():
        assert parse(text).asks(name)


def test_a_condition_is_put_in_the_place_of_another():
    query = parse("mobile state:submitted amount>5")
    assert write(with_term(query, "state", "eligible", "in_review")) == "mobile amount>5 state:eligible,in_review"
    assert write(without(query, "state")) == "mobile amount>5"
