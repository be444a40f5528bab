"""Calibration: against a mixed model solved densely, and what must hold whatever the marks."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from grants.core.i18n import render
from grants.reviews.calibration import Marks, calibrate, draw, enough, fit, groups_of, spread_of

AMOUNT = 50_000_000


def simulated(seed: int, projects: int = 12, reviewers: int = 6, each: int = 3, severity: float = 8.0) -> Marks:
    """Marks by the model itself, in points of 100; every project by `each` reviewers at random."""
    chance = np.random.default_rng(seed)
    project = np.repeat(np.arange(projects), each)
    reviewer = np.concatenate([chance.permutation(reviewers)[:each] for _ in range(projects)])
    _, reviewer = np.unique(reviewer, return_inverse=True)
    weight = chance.integers(1, 4, project.size).astype(float)
    mark = 60 + 10 * chance.standard_normal(projects)[project]
    mark += severity * chance.standard_normal(reviewers)[reviewer]
    mark += 10 * chance.standard_normal(project.size) / np.sqrt(weight)
    return Marks(mark, project, reviewer, weight)


def calibrated(marks: Marks, share: float = 0.3, **more):
    amounts = np.full(marks.projects, AMOUNT)
    return calibrate(marks, amounts, int(share * amounts.sum()), **more)


worlds = st.builds(
    simulated, st.integers(0, 10**6), st.integers(8, 25), st.integers(4, 9), st.integers(2, 4), st.floats(0, 15)
)


def one_group(marks: Marks) -> bool:
    return enough(marks) and not groups_of(marks)[0].any()


# --- against a dense solution ---------------------------------------------------------------------------------


def dense(marks: Marks, noise: float, between: float):
    """Generalised least squares with the N × N covariance written out: θ̂, Cov θ̂, b̂."""
    n, rows = marks.mark.size, np.arange(marks.mark.size)
    x, z = np.zeros((n, marks.projects)), np.zeros((n, marks.reviewers))
    x[rows, marks.project], z[rows, marks.reviewer] = 1, 1
    weighed = np.linalg.inv(np.diag(noise / marks.weight) + between * z @ z.T)
    covariance = np.linalg.inv(x.T @ weighed @ x)
    theta = covariance @ x.T @ weighed @ marks.mark
    return theta, covariance, between * z.T @ weighed @ (marks.mark - x @ theta)


def residual_likelihood(marks: Marks, noise: float, between: float) -> float:
    """Twice the negative log of Patterson and Thompson's, written out."""
    n, rows = marks.mark.size, np.arange(marks.mark.size)
    x, z = np.zeros((n, marks.projects)), np.zeros((n, marks.reviewers))
    x[rows, marks.project], z[rows, marks.reviewer] = 1, 1
    covariance = np.diag(noise / marks.weight) + between * z @ z.T
    weighed = np.linalg.inv(covariance)
    inner = x.T @ weighed @ x
    rest = marks.mark - x @ np.linalg.solve(inner, x.T @ weighed @ marks.mark)
    return np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(inner)[1] + rest @ weighed @ rest


@settings(max_examples=15)
@given(worlds)
def test_it_is_the_mixed_model_solved_densely(marks: Marks) -> None:
    assume(one_group(marks))
    found = fit(marks)
    theta, covariance, severity = dense(marks, found.noise, found.between)
    assert found.theta == pytest.approx(theta, abs=1e-6)
    assert found.severity == pytest.approx(severity, abs=1e-6)
    ours = np.diag(found.own) + found.shared @ found.shared.T
    assert ours == pytest.approx(covariance, rel=1e-6, abs=1e-6 * covariance.max())


@pytest.mark.parametrize("seed", range(4))
def test_the_ratio_is_the_most_likely(seed: int) -> None:
    marks = simulated(seed, projects=30, reviewers=8)
    found = fit(marks)
    best = residual_likelihood(marks, found.noise, found.between)
    for noise in (0.9, 1.0, 1.1):
        for between in (0.7, 1.0, 1.4):
            assert best <= residual_likelihood(marks, noise * found.noise, between * found.between) + 1e-6


def test_the_draws_have_the_covariance_of_what_the_marks_leave_possible() -> None:
    """Mean ranks and shares of draws against draws from the P × P posterior, made the plain way."""
    marks = simulated(5, projects=15, reviewers=6)
    found, chance = fit(marks), np.random.default_rng(1)
    spread, size = spread_of(found), found.theta.size
    error = np.diag(found.own) + found.shared @ found.shared.T
    pull = spread * np.linalg.inv(spread * np.eye(size) + error)
    mean = found.theta.mean() + pull @ (found.theta - found.theta.mean())
    drawn = chance.multivariate_normal(mean, spread * (np.eye(size) - pull), 20_000, method="eigh")
    rank = (-drawn).argsort(axis=1).argsort(axis=1) + 1
    places = draw(found, np.full(size, AMOUNT), 5 * AMOUNT)
    assert places.expected == pytest.approx(rank.mean(axis=0), abs=0.35)
    assert places.funded == pytest.approx((rank <= 5).mean(axis=0), abs=0.04)


# --- what holds whatever the marks ----------------------------------------------------------------------------


@settings(max_examples=15)
@given(worlds, st.randoms(use_true_random=False))
def test_names_and_order_change_nothing(marks: Marks, random) -> None:
    assume(one_group(marks))
    projects, reviewers = list(range(marks.projects)), list(range(marks.reviewers))
    rows = list(range(marks.mark.size))
    for one in (projects, reviewers, rows):
        random.shuffle(one)
    named = Marks(
        marks.mark[rows],
        np.array(projects)[marks.project][rows],
        np.array(reviewers)[marks.reviewer][rows],
        marks.weight[rows],
    )
    first, second = fit(marks), fit(named)
    assert second.theta[projects] == pytest.approx(first.theta, abs=1e-4)
    assert second.severity[reviewers] == pytest.approx(first.severity, abs=1e-4)
    assert second.theta_error[projects] == pytest.approx(first.theta_error, rel=1e-3)


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.integers(0, 7), st.floats(-15, 15))
def test_a_reviewer_who_shifts_every_mark_moves_alone(seed: int, who: int, shift: float) -> None:
    """All mark much: the severity takes nearly all of the shift, the differences between projects nearly none."""
    marks = simulated(seed, projects=60, reviewers=8, each=4)
    moved = replace(marks, mark=marks.mark + shift * (marks.reviewer == who))
    ratio = fit(marks).ratio
    before, after = fit(marks, ratio), fit(moved, ratio)
    alone = after.severity - before.severity
    assert alone[who] - np.delete(alone, who).mean() == pytest.approx(shift, abs=0.35 * abs(shift) + 1e-9)
    change = after.theta - before.theta
    raw = np.bincount(marks.project, (moved.mark - marks.mark) * marks.weight) / np.bincount(
        marks.project, marks.weight
    )
    assert np.std(change) <= 0.35 * np.std(raw) + 1e-9


@settings(max_examples=15)
@given(worlds, st.floats(0, 100))
def test_equal_marks_are_equally_good(marks: Marks, mark: float) -> None:
    assume(one_group(marks))
    found = calibrated(replace(marks, mark=np.full(marks.mark.size, mark)))
    assert found.theta == pytest.approx(np.full(marks.projects, mark), abs=1e-6)
    assert found.severity == pytest.approx(np.zeros(marks.reviewers), abs=1e-6)
    assert np.ptp(found.funded) < 0.12  # a lot decides, and favours nobody
    assert found.expected == pytest.approx(np.full(marks.projects, (marks.projects + 1) / 2), rel=0.1)


@settings(max_examples=15)
@given(worlds)
def test_intervals_hold_what_they_are_about(marks: Marks) -> None:
    assume(one_group(marks))
    found, size = calibrated(marks), marks.projects
    assert ((found.low >= 1) & (found.low <= found.high) & (found.high <= size)).all()
    assert ((found.expected >= 1) & (found.expected <= size)).all()
    assert found.expected.sum() == pytest.approx(size * (size + 1) / 2)
    assert (found.severity_error >= 0).all() and np.isfinite(found.severity_error).all()
    affordable = int(0.3 * size)
    assert found.funded.sum() == pytest.approx(affordable) and ((found.funded >= 0) & (found.funded <= 1)).all()
    inside = (found.low <= np.round(found.expected)) & (np.round(found.expected) <= found.high)
    assert inside.mean() > 0.9  # a mean leaves its interval only where nearly every draw is one rank


def test_the_same_marks_give_the_same_figures() -> None:
    marks = simulated(3)
    one, two, other = calibrated(marks), calibrated(marks), calibrated(marks, seed=7)
    assert (one.low == two.low).all() and (one.funded == two.funded).all() and (one.expected == two.expected).all()
    assert one.expected == pytest.approx(other.expected, abs=0.6)


def test_severity_is_found() -> None:
    chance = np.random.default_rng(0)
    true = 8 * chance.standard_normal(12)
    project, reviewer = np.repeat(np.arange(120), 3), np.concatenate([chance.permutation(12)[:3] for _ in range(120)])
    mark = 60 + 10 * chance.standard_normal(120)[project] + true[reviewer] + 8 * chance.standard_normal(360)
    found = fit(Marks(mark, project, reviewer, np.full(360, 2.0)))
    error = (found.severity - (true - true.mean())) / found.severity_error
    assert np.abs(error).max() < 3.5
    assert np.sqrt(found.between) == pytest.approx(8, rel=0.5) and np.sqrt(found.noise / 2) == pytest.approx(8, rel=0.2)


# --- when it must not speak -----------------------------------------------------------------------------------


def beside(one: Marks, two: Marks) -> Marks:
    """Both, with nobody and nothing in common."""
    return Marks(
        np.concatenate([one.mark, two.mark]),
        np.concatenate([one.project, two.project + one.projects]),
        np.concatenate([one.reviewer, two.reviewer + one.reviewers]),
        np.concatenate([one.weight, two.weight]),
    )


def test_groups_are_calibrated_apart() -> None:
    one, two = simulated(1), simulated(2, projects=20)
    both = calibrated(beside(one, two))
    alone = calibrated(one), calibrated(two)
    assert both.groups == 2 and both.funded is None
    assert "no project in common" in render(both.refusal, "en")
    assert both.theta == pytest.approx(np.concatenate([part.theta for part in alone]))
    assert both.severity == pytest.approx(np.concatenate([part.severity for part in alone]))
    assert both.high[:12].max() <= 12 and both.high[12:].max() == 20


def test_marks_of_one_group_never_reach_another() -> None:
    one, two = simulated(1), simulated(2)
    generous = replace(two, mark=two.mark + 30)
    assert (calibrated(beside(one, two)).theta[:12] == calibrated(beside(one, generous)).theta[:12]).all()


def test_a_group_too_small_is_left_out() -> None:
    found = calibrated(beside(simulated(1), simulated(2, projects=3, reviewers=4)))
    assert found.known.tolist() == [True] * 12 + [False] * 3
    assert np.isnan(found.severity[6:]).all() and (found.low[12:] == 0).all()


@pytest.mark.parametrize(
    "marks",
    [
        Marks(np.zeros(0), *(np.zeros(0, dtype=int),) * 2, np.zeros(0)),
        Marks(np.arange(20.0), np.arange(20), np.arange(20) % 4, np.ones(20)),  # nobody marked the same
        Marks(np.arange(20.0), np.arange(20), np.zeros(20, dtype=int), np.ones(20)),  # one reviewer
        simulated(1, projects=3),
    ],
    ids=["none", "never twice", "one reviewer", "three projects"],
)
def test_too_few_marks_are_refused_in_a_sentence(marks: Marks) -> None:
    found = calibrated(marks)
    assert not found.known.any() and found.funded is None
    assert "too few marks to calibrate" in render(found.refusal, "en")


def test_groups_are_numbered_as_their_projects_come() -> None:
    marks = beside(beside(simulated(1), simulated(2)), simulated(3))
    order = np.random.default_rng(0).permutation(marks.mark.size)
    mixed = Marks(marks.mark[order], marks.project[order], marks.reviewer[order], marks.weight[order])
    project, reviewer = groups_of(mixed)
    assert project.tolist() == [0] * 12 + [1] * 12 + [2] * 12
    assert sorted(set(reviewer.tolist())) == [0, 1, 2]


def test_a_large_commission_is_calibrated_whole() -> None:
    found = calibrated(simulated(1, projects=833, reviewers=40, each=3))
    assert found.groups == 1 and found.known.all() and found.refusal is None
    assert found.funded.sum() == pytest.approx(249, abs=1)
