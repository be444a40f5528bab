"""What a call asks, as a value: arranged without loss, answered, judged."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.calls.questionnaire import Choice, Condition, Kind, Outline, Part, Question, missing, shown
from grants.core.i18n import N_, Words
from grants.core.types import Money

words = st.dictionaries(st.sampled_from(["fr", "ar", "en"]), st.text(min_size=1, max_size=20)).map(Words)
YES, NO = Choice("y", Words(fr="Oui")), Choice("n", Words(fr="Non"))


def ask(id: str, kind: Kind = Kind.LINE, **more) -> Question:
    return Question(id, kind, Words(fr=f"Question {id}"), **more)


@st.composite
def outlines(draw):
    parts = []
    for n in range(draw(st.integers(0, 4))):
        kinds = draw(st.lists(st.sampled_from(list(Kind)), max_size=5))
        questions = [
            ask(f"q{n}-{m}", kind, help=draw(words), required=draw(st.booleans()), limit=draw(st.none() | st.just(50)))
            for m, kind in enumerate(kinds)
        ]
        questions = [
            replace(one, choices=(YES, NO)) if one.kind in {Kind.CHOICE, Kind.CHOICES} else one for one in questions
        ]
        parts.append(Part(f"p{n}", draw(words), draw(words), tuple(questions)))
    return Outline(tuple(parts))


@given(outlines())
def test_json_and_back_is_the_same(outline):
    assert Outline.of(outline.json()) == outline


@given(outlines(), st.data())
def test_moving_loses_nothing_and_there_and_back_is_where_it_was(outline, data):
    if not outline.parts:
        return
    part = data.draw(st.sampled_from(outline.parts))
    there = outline.moved(part.id, 1)
    assert {one.id for one in there.parts} == {one.id for one in outline.parts}
    if outline.parts[-1] != part:
        assert there.moved(part.id, -1) == outline


def hanging() -> Part:
    return Part(
        "p",
        Words(fr="Partenaires"),
        questions=(
            ask("a", Kind.CHOICE, choices=(YES, NO)),
            ask("b", shown_if=Condition("a", "y")),
            ask("c", required=False),
        ),
    )


def test_what_hangs_on_a_choice_is_asked_only_under_it():
    part = hanging()
    assert [one.id for one in part.asked({})] == ["a", "c"]
    assert [one.id for one in part.asked({"a": "y"})] == ["a", "b", "c"]
    assert [one[0].id for one in missing(part, {"a": "y"})] == ["b"]
    assert missing(part, {"a": "n"}) == []


def test_moved_before_its_choice_a_question_is_asked_always():
    part = Outline((hanging(),)).question_moved("p", "b", -1).part("p")
    assert [one.id for one in part.questions] == ["b", "a", "c"]
    assert part.question("b").shown_if is None
    assert Outline((hanging(),)).without_question("p", "a").part("p").question("b").shown_if is None


@pytest.mark.parametrize(
    ("question", "given", "wrong"),
    [
        (ask("q"), "", False),
        (ask("q", Kind.CONSENT), False, False),
        (ask("q", Kind.CHOICES, choices=(YES, NO)), [], False),
        (ask("q", Kind.TEXT, limit=10), "x" * 11, True),
        (ask("q", Kind.TEXT, limit=10, required=False), "x" * 11, True),
    ],
)
def test_what_keeps_it_from_being_submitted(question, given, wrong):
    found = missing(Part("p", Words(fr="P"), questions=(question,)), {"q": given} if given else {})
    assert [(one[0].id, one[2]) for one in found] == [("q", wrong)]


@pytest.mark.parametrize("given", [0, "x", 1])
def test_what_is_given_is_enough(given):
    kind = Kind.LINE if given == "x" else Kind.NUMBER
    assert missing(Part("p", Words(fr="P"), questions=(ask("q", kind),)), {"q": given}) == []


def test_answers_as_they_are_shown():
    choice = ask("q", Kind.CHOICES, choices=(YES, NO))
    assert shown(choice, ["n", "y"], "MAD") == [NO.label, YES.label]
    assert shown(ask("q", Kind.MONEY), 1_050, "MAD") == Money(1_050, "MAD")
    assert shown(ask("q", Kind.DAY), "2026-12-01", "MAD").isoformat() == "2026-12-01"
    assert shown(ask("q", Kind.CONSENT), True, "MAD") == N_("Yes")
    assert shown(ask("q"), None, "MAD") is None
    assert shown(ask("q", Kind.NUMBER), 0, "MAD") == 0
