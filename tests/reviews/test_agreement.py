"""Agreement: published examples, and what must hold whatever the marks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grants.core.i18n import render
from grants.reviews import agreement
from grants.reviews.agreement import Agreement, alpha_ordinal, icc

SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
KRIPPENDORFF = """1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 ."""


def tidy(rows) -> tuple[np.ndarray, np.ndarray]:
    """Marks and units of a table whose rows are reviewers; "." is no mark."""
    found = [(int(cell), at) for row in rows for at, cell in enumerate(row) if cell != "."]
    return np.array([mark for mark, _ in found]), np.array([unit for _, unit in found])


tables = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 9)), min_size=12, max_size=60).map(
    lambda rows: (np.array([one for one, _ in rows]), np.array([one for _, one in rows]))
)


def test_alpha_is_that_of_the_published_example() -> None:
    """Krippendorff 2011, example C: four observers, twelve units, ordinal α = 0.815."""
    assert alpha_ordinal(*tidy(line.split() for line in KRIPPENDORFF.splitlines())) == pytest.approx(0.815, abs=5e-4)


def test_icc_is_that_of_the_published_example() -> None:
    """Shrout & Fleiss 1979, tables 2 and 4: ICC(1,1) = 0.17."""
    assert icc(*tidy(np.array(SHROUT_FLEISS).T.astype(str))) == pytest.approx(0.17, abs=5e-3)


@settings(max_examples=60)
@given(tables, st.randoms(use_true_random=False))
def test_neither_depends_on_names_or_order(table, random) -> None:
    mark, unit = table
    names, rows = list(range(10)), list(range(mark.size))
    random.shuffle(names)
    random.shuffle(rows)
    for of in (alpha_ordinal, icc):
        one, two = of(mark, unit), of(mark[rows], np.array(names)[unit][rows])
        assert (one is None) == (two is None)
        assert one is None or (two == pytest.approx(one, abs=1e-9) and one <= 1 + 1e-9)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 10), min_size=6, max_size=20).filter(lambda marks: len(set(marks)) > 1))
def test_who_always_agree_agree_wholly(marks: list[int]) -> None:
    mark, unit = np.repeat(marks, 3), np.repeat(np.arange(len(marks)), 3)
    assert alpha_ordinal(mark, unit) == pytest.approx(1) and icc(mark, unit) == pytest.approx(1)


def test_marks_by_chance_agree_not_at_all() -> None:
    chance = np.random.default_rng(0)
    mark, unit = chance.integers(0, 11, 6000), np.repeat(np.arange(2000), 3)
    assert abs(alpha_ordinal(mark, unit)) < 0.05 and abs(icc(mark, unit)) < 0.05


@pytest.mark.parametrize(
    ("mark", "unit"), [([], []), ([3, 4, 5], [0, 0, 1]), ([5] * 20, list(range(10)) * 2)], ids=["none", "few", "same"]
)
def test_where_nothing_can_be_said_nothing_is(mark: list[int], unit: list[int]) -> None:
    found = agreement.agreement(np.array(mark, dtype=int), np.array(unit, dtype=int))
    assert found == Agreement(None, None)
    assert "nothing can be said" in render(found.words, "en")


def test_words_go_with_the_figure() -> None:
    said = {one: render(Agreement(one, None).words, "en") for one in (0.9, 0.7, 0.4, 0.05, -0.3)}
    assert len(set(said.values())) == 4 and said[0.05] == said[-0.3]
