"""Marks calibrated for the severity of those who gave them: shown beside the raw means, never instead of them.

The model (MacKay, Kenna, Low & Parker 2017, doi 10.1098/rsos.160760) says that reviewer r gives to project p

    y_pr = θ_p + b_r + ε_pr,    b_r ~ N(0, σ_b²),    ε_pr ~ N(0, σ² / c_pr)

with θ_p a fixed effect (the project), b_r a random one (the reviewer: positive is generous, negative severe) and
c_pr > 0 the confidence the reviewer declared. With λ = σ² / σ_b², Z the N × R incidence of reviewers, M the centring
within projects weighted by c, and W (P × R) the share of each reviewer in a project's weights, w_pr = c_pr / n_p,
n_p = Σ_r c_pr, Henderson's equations (1975, doi 10.2307/2529430) give

    b̂ = (ZᵀMZ + λI)⁻¹ ZᵀMy                      Var(b̂ − b) = σ² (ZᵀMZ + λI)⁻¹
    θ̂_p = Σ_r w_pr (y_pr − b̂_r)                 Cov θ̂ = σ² [diag(1 / n_p) + W (ZᵀMZ + λI)⁻¹ Wᵀ]

λ is the maximum of the residual likelihood (Patterson & Thompson 1971, doi 10.1093/biomet/58.3.545) and is then taken
as known: intervals leave its own uncertainty out. Nothing of size P × P or N × R is ever made.

Marks and severities are in the unit of y (here points of 100); ranks count from 1, the best.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from grants.core.i18n import N_, Text

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAWS = 2000
BATCH = 250  # draws made at once: 2 500 projects take 5 MB a table
SEED = 20170201  # the same marks give the same figures, whoever asks and whenever
Z90 = 1.6448536269514722  # half the width of a 90 % interval, in standard errors
FEWEST_PROJECTS = 5
FEWEST_SPARE = 5  # marks beyond those that the projects and reviewers themselves use up
LOG_RATIOS = (np.log(1e-3), np.log(1e5))  # where log λ is looked for: from no shrinking to no severity at all
NOTHING = 1e-12  # squared points: below it marks do not differ
LOT = 1e-4  # points: what orders equal draws


@dataclass(frozen=True, eq=False)
class Marks:
    """N marks of P projects by R reviewers.

    `mark` (N,) in points; `project` (N,) in 0…P−1; `reviewer` (N,) in 0…R−1; `weight` (N,) > 0. A pair occurs once.
    """

    mark: Floats
    project: Ints
    reviewer: Ints
    weight: Floats

    @property
    def projects(self) -> int:
        return int(self.project.max()) + 1 if self.project.size else 0

    @property
    def reviewers(self) -> int:
        return int(self.reviewer.max()) + 1 if self.reviewer.size else 0


@dataclass(frozen=True, eq=False)
class Fit:
    """The model solved. `theta` (P,); `severity` and `severity_error` (R,), one standard error.

    Cov θ̂ = diag(`own`) + `shared` `shared`ᵀ, with `own` (P,) and `shared` (P, R). `noise` is σ², `between` σ_b².
    """

    theta: Floats
    severity: Floats
    severity_error: Floats
    own: Floats
    shared: Floats
    noise: float
    between: float

    @property
    def ratio(self) -> float:
        return self.noise / self.between

    @property
    def theta_error(self) -> Floats:
        """(P,), one standard error of each θ̂."""
        error: Floats = np.sqrt(self.own + (self.shared**2).sum(axis=1))
        return error


@dataclass(frozen=True, eq=False)
class Places:
    """Where draws put each project, all (P,): the 5th and 95th percentile of its rank, its mean rank, and the share of
    draws in which it is funded (0…1; None without an envelope)."""

    low: Ints
    high: Ints
    expected: Floats
    funded: Floats | None


@dataclass(frozen=True, eq=False)
class Calibration:
    """What can be said of a commission's marks; NaN (0 for ranks) where nothing can be.

    `group` (P,) and `reviewer_group` (R,) number the sets of reviewers who share projects: ranks are within a group.
    `refusal` says why something is missing.
    """

    group: Ints
    reviewer_group: Ints
    theta: Floats
    severity: Floats
    severity_error: Floats
    low: Ints
    high: Ints
    expected: Floats
    funded: Floats | None
    refusal: Text | None

    @property
    def groups(self) -> int:
        return int(self.group.max()) + 1 if self.group.size else 0

    @property
    def known(self) -> NDArray[np.bool_]:
        """(P,): which projects are calibrated."""
        return ~np.isnan(self.theta)


def calibrate(marks: Marks, amounts: Ints, envelope: int, seed: int = SEED) -> Calibration:
    """Everything, within each group of reviewers who share projects, never across.

    `amounts` (P,) and `envelope` in minor units of one currency: what each project would receive, what there is.
    One envelope serves every project, so P(funded) needs all of them in one group.
    """
    projects, reviewers = marks.projects, marks.reviewers
    group, reviewer_group = groups_of(marks)
    found = Calibration(
        group=group,
        reviewer_group=reviewer_group,
        theta=np.full(projects, np.nan),
        severity=np.full(reviewers, np.nan),
        severity_error=np.full(reviewers, np.nan),
        low=np.zeros(projects, dtype=np.int64),
        high=np.zeros(projects, dtype=np.int64),
        expected=np.full(projects, np.nan),
        funded=None,
        refusal=None,
    )
    whole, funded = found.groups == 1, None
    for at in range(found.groups):
        rows, here, by = group[marks.project] == at, np.flatnonzero(group == at), np.flatnonzero(reviewer_group == at)
        part = Marks(
            marks.mark[rows],
            np.searchsorted(here, marks.project[rows]),
            np.searchsorted(by, marks.reviewer[rows]),
            marks.weight[rows],
        )
        if not enough(part):
            continue
        solved = fit(part)
        places = draw(solved, amounts[here] if whole else None, envelope, seed)
        found.theta[here] = solved.theta
        found.severity[by], found.severity_error[by] = solved.severity, solved.severity_error
        found.low[here], found.high[here], found.expected[here] = places.low, places.high, places.expected
        funded = places.funded
    return replace(found, funded=funded, refusal=_refusal(found))


def _refusal(found: Calibration) -> Text | None:
    if not found.known.any():
        return N_(
            "There are too few marks to calibrate: it takes at least %(n)s projects that two reviewers have marked, and"
            " reviewers who have marked several of them. The raw means are all there is to say.",
            n=FEWEST_PROJECTS,
        )
    if found.groups > 1:
        return N_(
            "The reviewers form %(n)s groups that have no project in common. Nothing tells a severe group from a weak"
            " set of projects, so marks are calibrated and ranked within each group, never across, and no probability"
            " of being funded is given.",
            n=found.groups,
        )
    return None


def groups_of(marks: Marks) -> tuple[Ints, Ints]:
    """The connected parts of the graph of who marked what: (P,) and (R,), numbered as their first project comes."""
    projects, reviewers = marks.projects, marks.reviewers
    size = projects + reviewers
    links = coo_array((np.ones(marks.mark.size), (marks.project, projects + marks.reviewer)), shape=(size, size))
    _, label = connected_components(links, directed=False)
    _, first = np.unique(label[:projects], return_index=True)
    order = np.empty(int(label.max(initial=-1)) + 1, dtype=np.int64)
    order[label[:projects][np.sort(first)]] = np.arange(first.size)
    numbered = order[label]
    return numbered[:projects], numbered[projects:]


def enough(marks: Marks) -> bool:
    """Whether severity can be told from chance: several reviewers, several projects, marks to spare."""
    twice = int((np.bincount(marks.project, minlength=marks.projects) > 1).sum())
    spare = marks.mark.size - marks.projects - marks.reviewers + 1
    return marks.reviewers > 1 and twice >= FEWEST_PROJECTS and spare >= FEWEST_SPARE


def fit(marks: Marks, ratio: float | None = None) -> Fit:
    """Solve the model for one connected group with more marks than projects; `ratio` fixes λ instead of estimating it.

    With A = ZᵀMZ = QΛQᵀ, u = ZᵀMy, v = Qᵀu and f = N − P, twice the negative residual log-likelihood, σ² profiled out,
    is up to a constant f log q(λ) + Σ log(1 + Λ_i / λ), q(λ) = yᵀMy − Σ v_i² / (Λ_i + λ), and σ̂² = q(λ) / f: one
    eigenvalue decomposition of size R, then every λ costs R.
    """
    projects, reviewers, weight = marks.projects, marks.reviewers, marks.weight
    total = np.bincount(marks.project, weight, projects)
    mean = np.bincount(marks.project, weight * marks.mark, projects) / total
    rest = marks.mark - mean[marks.project]
    share = np.zeros((projects, reviewers))
    share[marks.project, marks.reviewer] = weight / total[marks.project]
    inner = np.diag(np.bincount(marks.reviewer, weight, reviewers)) - share.T @ (total[:, None] * share)
    values, vectors = np.linalg.eigh(inner)
    values = np.clip(values, 0.0, None)
    along = vectors.T @ np.bincount(marks.reviewer, weight * rest, reviewers)
    squares, spare = float(weight @ rest**2), marks.mark.size - projects

    def left(ratio: float) -> float:
        return max(squares - float((along**2 / (values + ratio)).sum()), NOTHING)

    def criterion(log_ratio: float) -> float:
        ratio = float(np.exp(log_ratio))
        return spare * float(np.log(left(ratio))) + float(np.log1p(values / ratio).sum())

    ratio = float(np.exp(_lowest(criterion))) if ratio is None else ratio
    noise = left(ratio) / spare
    severity = vectors @ (along / (values + ratio))
    root = vectors / np.sqrt(values + ratio)  # (ZᵀMZ + λI)⁻¹ = root rootᵀ
    return Fit(
        theta=mean - share @ severity,
        severity=severity,
        severity_error=np.sqrt(noise * (root**2).sum(axis=1)),
        own=noise / total,
        shared=np.sqrt(noise) * share @ root,
        noise=noise,
        between=noise / ratio,
    )


def _lowest(criterion: Any) -> float:
    """Where a function of log λ is lowest: the best of a grid, then Brent's method around it."""
    grid = np.linspace(*LOG_RATIOS, 60)
    best = int(np.argmin([criterion(one) for one in grid]))
    around = (grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)])
    found = minimize_scalar(criterion, bounds=around, method="bounded")
    return float(found.x if found.fun < criterion(grid[best]) else grid[best])


def spread_of(solved: Fit) -> float:
    """τ², the variance of the projects' own worth, by moments (Hedges 1983, doi 10.1037/0033-2909.93.2.388): what θ̂
    varies beyond its error, from E Σ(θ̂_p − mean)² = (P − 1) τ² + tr S − 1ᵀS1 / P. Never quite zero."""
    projects = solved.theta.size
    error = solved.own.sum() * (1 - 1 / projects) + (solved.shared**2).sum()
    error -= (solved.shared.sum(axis=0) ** 2).sum() / projects
    varied = ((solved.theta - solved.theta.mean()) ** 2).sum()
    floor = max(1e-6 * float(solved.own.mean()), NOTHING)
    return max(float(varied - error) / max(projects - 1, 1), floor)


def draw(solved: Fit, amounts: Ints | None, envelope: int, seed: int = SEED, draws: int = DRAWS) -> Places:
    """Rank `draws` vectors θ drawn from what the marks leave possible, and fund each from the top.

    A priori θ_p ~ N(mean θ̂, τ²). A draw x of that, with e ~ N(0, S) for S = Cov θ̂, becomes one of θ given the marks by
    x + τ²(τ²I + S)⁻¹(θ̂ − x − e) (Hoffman & Ribak 1991, doi 10.1086/186160). S is diagonal plus rank R, so Woodbury's
    identity makes a draw cost P × R. Equal draws are ordered by lot. A project is funded in a draw when the amounts of
    those down to it fit the envelope.
    """
    projects, rank_of, middle = solved.theta.size, np.arange(1, solved.theta.size + 1), solved.theta.mean()
    spread = spread_of(solved)
    diagonal = spread + solved.own
    scaled = solved.shared / diagonal[:, None]
    small = np.linalg.inv(np.eye(solved.shared.shape[1]) + solved.shared.T @ scaled)
    chance = np.random.default_rng(seed)
    ranks = np.empty((draws, projects), dtype=np.int32)
    paid = np.zeros(projects)
    for begin in range(0, draws, BATCH):
        n = min(BATCH, draws - begin)
        worth = middle + np.sqrt(spread) * chance.standard_normal((n, projects))
        seen = worth + np.sqrt(solved.own) * chance.standard_normal((n, projects))
        seen += chance.standard_normal((n, small.shape[0])) @ solved.shared.T
        gap = solved.theta - seen
        worth += spread * (gap / diagonal - ((gap @ scaled) @ small) @ scaled.T)
        worth += LOT * chance.random((n, projects), dtype=np.float32)
        order = np.argsort(-worth, axis=1)
        np.put_along_axis(ranks[begin : begin + n], order, rank_of[None, :], axis=1)
        if amounts is not None:
            fits = np.cumsum(amounts[order], axis=1) <= envelope
            paid += np.bincount(order[fits], minlength=projects)
    low, high = round(0.05 * (draws - 1)), round(0.95 * (draws - 1))
    sorted_ranks = np.partition(ranks, [low, high], axis=0)
    return Places(
        low=sorted_ranks[low].astype(np.int64),
        high=sorted_ranks[high].astype(np.int64),
        expected=ranks.mean(axis=0),
        funded=None if amounts is None else paid / draws,
    )
