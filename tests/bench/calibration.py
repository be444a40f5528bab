"""What calibration is worth: rankings of simulated commissions against the truth, by plain mean, z-score and ours.

In each run reviewers tend to receive projects of a quality of their own: some mostly good ones, some mostly weak ones.
A z-score then takes for severity what is the quality of the projects; the model tells them apart.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, t

from grants.reviews.calibration import Marks, calibrate, fit
from tests.bench.figures import as_lines, table

Floats = NDArray[np.float64]

RUNS = 200
PROJECTS, REVIEWERS, EACH = 100, 20, 3
WORTH, SEVERITY, NOISE = 10.0, 8.0, 12.0  # standard deviations, in points of 100: one mark in three points of ten tells
PULL = 1.5  # how strongly assignment follows quality; 0 is by chance
LARGE = 833, 40, 3  # 2 499 marks


@dataclass(frozen=True)
class Figures:
    """Kendall's τ with the truth, (runs,) for each method, the correlation of assignment with quality, and the seconds
    that one calibration with its draws takes at LARGE, the best of three."""

    tau: dict[str, Floats]
    follows: Floats
    seconds: float


def commission(seed: int, projects: int, reviewers: int, each: int) -> tuple[Floats, Marks]:
    """The true worth of each project, and marks rounded to whole points of 100."""
    chance = np.random.default_rng(seed)
    worth, taste = chance.standard_normal(projects), chance.standard_normal(reviewers)
    liking = PULL * np.outer(worth, taste) + chance.gumbel(size=(projects, reviewers))  # Gumbel: without replacement
    reviewer = np.argsort(-liking, axis=1)[:, :each].ravel()
    _, reviewer = np.unique(reviewer, return_inverse=True)
    project = np.repeat(np.arange(projects), each)
    mark = 60 + WORTH * worth[project] + SEVERITY * chance.standard_normal(reviewers)[reviewer]
    mark = np.clip(np.round(mark + NOISE * chance.standard_normal(project.size)), 0, 100)
    return worth, Marks(mark, project, reviewer, np.full(project.size, 2.0))


def plain_mean(marks: Marks) -> Floats:
    return np.bincount(marks.project, marks.mark) / np.bincount(marks.project)


def z_score(marks: Marks) -> Floats:
    """The mean of marks from which each reviewer's own mean is taken, divided by their own standard deviation."""
    per = np.bincount(marks.reviewer)
    middle = np.bincount(marks.reviewer, marks.mark) / per
    rest = marks.mark - middle[marks.reviewer]
    width = np.sqrt(np.bincount(marks.reviewer, rest**2) / np.maximum(per - 1, 1))
    width[width == 0] = 1.0
    return np.bincount(marks.project, rest / width[marks.reviewer]) / np.bincount(marks.project)


METHODS: dict[str, Callable[[Marks], Floats]] = {
    "plain mean": plain_mean,
    "z-score": z_score,
    "calibrated": lambda marks: fit(marks).theta,
}


def measure(runs: int = RUNS) -> Figures:
    tau = {name: np.zeros(runs) for name in METHODS}
    follows = np.zeros(runs)
    for run in range(runs):
        worth, marks = commission(run, PROJECTS, REVIEWERS, EACH)
        for name, method in METHODS.items():
            tau[name][run] = kendalltau(worth, method(marks)).statistic
        got = np.bincount(marks.reviewer, worth[marks.project]) / np.bincount(marks.reviewer)
        follows[run] = np.var(got) / np.var(worth)
    _, marks = commission(0, *LARGE)
    amounts = np.full(marks.projects, 50_000_000)
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        calibrate(marks, amounts, int(amounts.sum()) // 4)
        times.append(time.perf_counter() - begin)
    return Figures(tau, follows, min(times))


def interval(differences: Floats) -> tuple[float, float, float]:
    """The mean of paired differences and its 95 % interval, by Student's t."""
    mean, error = float(differences.mean()), float(differences.std(ddof=1)) / np.sqrt(differences.size)
    half = float(t.ppf(0.975, differences.size - 1)) * error
    return mean, mean - half, mean + half


def report(found: Figures) -> str:
    """The table, then one line for each method with its paired gain over the plain mean, and one for the time."""
    plain, rows, lines = found.tau["plain mean"], list[Sequence[object]](), list[dict[str, object]]()
    for name, tau in found.tau.items():
        gain, low, high = interval(tau - plain) if name != "plain mean" else (0.0, 0.0, 0.0)
        better = int((tau > plain).sum())
        shown = ("", "", "") if name == "plain mean" else (f"{gain:+.4f}", f"{low:+.4f} to {high:+.4f}", better)
        rows.append((name, tau.size, f"{tau.mean():.3f}", *shown))
        line = {"bench": "calibration", "case": name, "runs": tau.size, "tau": round(float(tau.mean()), 4)}
        if name != "plain mean":
            line |= {"gain": round(gain, 4), "gain_low": round(low, 4), "gain_high": round(high, 4), "better": better}
        lines.append(line)
    marks = LARGE[0] * LARGE[2]
    seconds = round(found.seconds, 3)
    lines.append({"bench": "calibration", "case": "draws", "marks": marks, "seconds": seconds})
    head = ("method", "runs", "Kendall τ", "paired gain", "95 % interval", "runs better")
    said = (
        f"{PROJECTS} projects, {REVIEWERS} reviewers, {EACH} marks each; assignment follows quality: reviewers' mean"
        f" projects vary {found.follows.mean():.0%} as much as projects do ({1 / (PROJECTS * EACH / REVIEWERS):.0%} by"
        f" chance).\nOne calibration with its 2 000 draws at {marks} marks: {seconds} s."
    )
    return f"{table(head, rows)}\n\n{said}\n\n{as_lines(lines)}"


def main() -> None:
    print(report(measure()))
