"""How far reviewers agree on one criterion: Krippendorff's α for ordered marks, and the intraclass correlation.

Both take N marks as two aligned arrays: `mark` (N,) whole numbers from 0 (here half marks, 0…10) and `unit` (N,), the
project each was given to, in 0…U−1. Both answer None where the marks cannot say: too few, or no variation at all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grants.core.i18n import N_, Text

Ints = NDArray[np.int64]

FEWEST_UNITS = 5  # projects with two marks or more
GOOD, FAIR = 0.8, 0.667  # Krippendorff 2004, p. 241: rely on it; draw tentative conclusions only; below, do not rely


@dataclass(frozen=True)
class Agreement:
    """One criterion: α (at most 1; 0 is chance, below it worse than chance) and ICC(1,1) (at most 1)."""

    alpha: float | None
    icc: float | None

    @property
    def words(self) -> Text:
        """What α means, in a plain sentence."""
        if self.alpha is None:
            return N_("Too few marks, or all the same: nothing can be said.")
        if self.alpha >= GOOD:
            return N_("Reviewers mark alike: one mark tells much.")
        if self.alpha >= FAIR:
            return N_("Reviewers mark much alike: good for a tentative conclusion.")
        if self.alpha > 0.2:
            return N_("Reviewers differ: read the comments beside the marks.")
        return N_("Hardly better than chance: discuss what this criterion means.")


def agreement(mark: Ints, unit: Ints) -> Agreement:
    return Agreement(alpha_ordinal(mark, unit), icc(mark, unit))


def alpha_ordinal(mark: Ints, unit: Ints) -> float | None:
    """Krippendorff's α with the ordinal difference (Krippendorff 2011, "Computing Krippendorff's alpha-reliability",
    section E): α = 1 − (n − 1) Σ o_ck δ²_ck / Σ n_c n_k δ²_ck, over marks that can be paired.

    o_ck counts pairs of marks c and k within a unit, each unit's divided by its number of marks less one; n_c = Σ_k
    o_ck, n = Σ n_c; δ_ck = Σ_{g=c…k} n_g − (n_c + n_k) / 2. Any number of marks a unit, by anybody.
    """
    counts = _counts(mark, unit)
    counts = counts[counts.sum(axis=1) > 1]
    if len(counts) < FEWEST_UNITS:
        return None
    pairs = counts / (counts.sum(axis=1, keepdims=True) - 1)
    together = counts.T @ pairs - np.diag(pairs.sum(axis=0))
    of = together.sum(axis=1)
    until = np.cumsum(of) - of / 2  # marks below c, and half of those at c
    apart = (until[:, None] - until[None, :]) ** 2
    expected = float(of @ apart @ of)
    if expected <= 0:
        return None
    return 1 - (float(of.sum()) - 1) * float((together * apart).sum()) / expected


def icc(mark: Ints, unit: Ints) -> float | None:
    """ICC(1,1), one mark by anybody as a measure of the project (Shrout & Fleiss 1979, doi 10.1037/0033-2909.86.2.420):
    (MSB − MSW) / (MSB + (k − 1) MSW), the mean squares between and within units of a one-way analysis of variance.

    With unequal numbers n_u of marks k is (N − Σ n_u² / N) / (U − 1) (Donner 1986, doi 10.2307/1403259).
    """
    per = np.bincount(unit)
    if int((per > 1).sum()) < FEWEST_UNITS:
        return None
    per, (_, unit) = per[per > 0], np.unique(unit, return_inverse=True)
    units, n = per.size, int(per.sum())
    means = np.bincount(unit, mark) / per
    within = float(((mark - means[unit]) ** 2).sum()) / (n - units)
    between = float((per * (means - mark.mean()) ** 2).sum()) / (units - 1)
    size = (n - float((per**2).sum()) / n) / (units - 1)
    whole = between + (size - 1) * within
    return (between - within) / whole if whole > 0 else None


def _counts(mark: Ints, unit: Ints) -> NDArray[np.float64]:
    """(U, V): how often each unit was given each mark."""
    if not mark.size:
        return np.zeros((0, 1))
    counts = np.zeros((int(unit.max()) + 1, int(mark.max()) + 1))
    np.add.at(counts, (unit, mark), 1)
    return counts
