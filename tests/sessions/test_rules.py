"""The arithmetic: quorum, ties, lots, the line of the envelope."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from grants.sessions.models import TIES, TieRule
from grants.sessions.rules import FUNDED, REJECTED, RESERVE, Standing, draw, quorum, ranked, sealed, to_draw

DAY = datetime(2026, 10, 1, tzinfo=UTC)
people = st.sets(st.uuids(), max_size=12)


def standing(reference: str, score: int, **more: object) -> Standing:
    values = {
        "item_id": uuid4(),
        "application_id": uuid4(),
        "reference": reference,
        "title": "",
        "organisation": "",
        "raw": score,
        "consensus": None,
        "requested": 60,
        "amount": 60,
        "best": 600,
        "submitted_at": DAY,
    }
    return Standing(**(values | more))  # type: ignore[arg-type]


@st.composite
def lists(draw_) -> list[Standing]:
    n = draw_(st.integers(1, 9))
    return [
        standing(
            f"R-{at}",
            draw_(st.sampled_from([5000, 6000, 7000])),
            requested=draw_(st.sampled_from([50, 60])),
            amount=draw_(st.integers(1, 60)),
            best=draw_(st.sampled_from([500, 600])),
            submitted_at=DAY + timedelta(hours=draw_(st.integers(0, 1))),
            rejected=draw_(st.booleans()),
        )
        for at in range(n)
    ]


def rank(standings, envelope=1000, ties=TIES, threshold=None, lots=None):
    return ranked(standings, envelope, ties=ties, threshold=threshold, lots=lots or {})


@given(people, people, people, st.integers(1, 100))
def test_a_quorum_counts_those_who_may_vote_and_nobody_else(members, aside, present, percent) -> None:
    found = quorum(members, aside, present, percent)
    assert found.members == len(members - aside)
    assert found.present == len((members - aside) & present)
    if found.reached:
        assert found.present * 100 >= found.members * percent and found.present > 0
    else:
        assert found.members == 0 or found.present == 0 or found.present * 100 < found.members * percent


@given(people, people, people, st.integers(1, 100), st.uuids())
def test_who_steps_aside_never_helps_the_quorum(members, aside, present, percent, one: UUID) -> None:
    """Present or not, they are counted on neither side."""
    with_them = quorum(members, aside | {one}, present | {one}, percent)
    without = quorum(members, aside | {one}, present - {one}, percent)
    assert with_them == without


@given(lists(), st.integers(0, 400))
def test_a_ranking_holds_everybody_once_best_first_within_the_envelope(found, envelope) -> None:
    places = rank(found, envelope)
    assert sorted(one.of.reference for one in places) == sorted(one.reference for one in found)
    assert [one.rank for one in places] == list(range(1, len(found) + 1))
    kept = [one for one in places if one.outcome != REJECTED]
    assert all((a.of.score or 0) >= (b.of.score or 0) for a, b in pairwise(kept))
    assert sum(one.of.amount for one in places if one.outcome == FUNDED) <= envelope
    outcomes = [one.outcome for one in places]
    assert outcomes == sorted(outcomes, key=[FUNDED, RESERVE, REJECTED].index)


@given(lists(), st.randoms())
def test_the_order_in_which_files_come_does_not_matter(found, chance) -> None:
    mixed = list(found)
    chance.shuffle(mixed)
    assert [one.of.reference for one in rank(found)] == [one.of.reference for one in rank(mixed)]


@given(lists())
def test_every_tie_is_explained_and_a_lot_ends_the_last_ones(found) -> None:
    places = rank(found)
    for first, second in pairwise(places):
        same = first.outcome != REJECTED and second.outcome != REJECTED and first.of.score == second.of.score
        assert (second.rule is not None) == same
        assert (second.of.reference in first.tied) == same
    lots = {frozenset(group): draw("seed", group) for group in to_draw(places, TIES)}
    settled = rank(found, lots=lots)
    assert to_draw(settled, TIES) == []
    for group in lots.values():
        at = [next(one.rank for one in settled if one.of.reference == name) for name in group]
        assert at == sorted(at)


def test_rules_apply_in_their_order() -> None:
    same = [
        standing("A", 7000, requested=60, submitted_at=DAY + timedelta(hours=1)),
        standing("B", 7000, requested=60),
        standing("C", 7000, requested=50, submitted_at=DAY + timedelta(hours=2)),
        standing("D", 7000, best=900, requested=90),
    ]
    places = rank(same)
    assert [one.of.reference for one in places] == ["D", "C", "B", "A"]
    assert [one.rule for one in places] == [None, TieRule.CRITERION, TieRule.AMOUNT, TieRule.SUBMITTED]
    turned = rank(same, ties=["submitted", "amount"])
    assert [one.of.reference for one in turned] == ["B", "D", "A", "C"]


def test_a_consensus_moves_a_file_and_the_mean_stays() -> None:
    places = rank([standing("A", 7000), standing("B", 6000, consensus=8000)])
    assert [(one.of.reference, one.of.raw, one.of.score) for one in places] == [("B", 6000, 8000), ("A", 7000, 7000)]


def test_a_threshold_reads_the_consensus_or_the_mean() -> None:
    places = rank([standing("A", 7000, consensus=5000), standing("B", 6000)], threshold=6000)
    assert [(one.of.reference, one.outcome) for one in places] == [("B", FUNDED), ("A", REJECTED)]


@given(st.text(min_size=1), st.sets(st.text(min_size=1, max_size=8), min_size=1, max_size=8))
def test_a_lot_is_the_same_for_everybody_who_holds_the_seed(seed: str, names: set[str]) -> None:
    assert draw(seed, names) == draw(seed, sorted(names))
    assert sorted(draw(seed, names)) == sorted(names)
    assert len(sealed(seed)) == 64


def test_every_order_of_a_lot_comes_up() -> None:
    seen = {tuple(draw(str(at), ["A", "B", "C"])) for at in range(200)}
    assert len(seen) == 6


def test_a_lot_serves_exactly_the_files_it_was_drawn_for() -> None:
    three = [standing(name, 7000) for name in "ABC"]
    lots = {frozenset("AB"): ["B", "A"]}
    assert to_draw(rank(three, lots=lots), TIES) == [["A", "B", "C"]]
    assert [one.of.reference for one in rank(three[:2], lots=lots)] == ["B", "A"]
