"""What is to be matched, as arrays: n applications by m reviewers. No database, no words.

proposal = propose(Instance(affinity, …))          grants.reviews.assignment.fair
proposal.chosen                                    (n, m), who reviews what
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

UNIT = 1_000_000  # affinities are whole millionths inside a flow
MOST_ARCS = 19_000_000  # beyond it an instance is pruned: a flow of so many arcs takes two gigabytes
KEPT_REVIEWERS, KEPT_APPLICATIONS = 60, 40


@dataclass(frozen=True)
class Instance:
    """n applications, m reviewers.

    affinity      (n, m) in 0 to 1, rounded to millionths
    open          (n, m) pairs that may be asked: no conflict, not asked yet, able
    institution   (m,) one number for each institution, -1 for none: at most one reviewer of each on an application
    expert        (n, m) the reviewer knows the application's subject
    needs_expert  (n,) at least one of those chosen must be an expert
    demand        (n,) reviews wanted
    cap, floor    (m,) the most and the fewest reviews, those carried already included
    carried       (m,) reviews each has already
    """

    affinity: Floats
    open: Bools
    institution: Ints
    expert: Bools
    needs_expert: Bools
    demand: Ints
    cap: Ints
    floor: Ints
    carried: Ints

    def __post_init__(self) -> None:
        n, m = self.affinity.shape
        shapes = (self.open.shape, self.expert.shape), (self.institution.shape, self.cap.shape, self.carried.shape)
        if shapes != (((n, m), (n, m)), ((m,), (m,), (m,))) or self.demand.shape != (n,) or self.floor.shape != (m,):
            raise ValueError("the arrays of an instance differ in size")
        if not np.isfinite(self.affinity).all() or (self.affinity < 0).any() or (self.affinity > 1).any():
            raise ValueError("affinities are from 0 to 1")
        object.__setattr__(self, "affinity", np.round(self.affinity, 6))

    @property
    def applications(self) -> int:
        return int(self.affinity.shape[0])

    @property
    def reviewers(self) -> int:
        return int(self.affinity.shape[1])

    @property
    def room(self) -> Ints:
        """(m,) how many more reviews each may be asked."""
        return np.asarray(np.maximum(self.cap - self.carried, 0))

    def free_of_rules(self) -> "Instance":
        """The same without institutions, experts and floors: what the pure optimum is taken of."""
        nothing = np.zeros(self.applications, dtype=bool)
        return replace(
            self, institution=np.full(self.reviewers, -1), needs_expert=nothing, floor=np.zeros_like(self.floor)
        )


def pruned(instance: Instance, most: int = MOST_ARCS) -> Instance:
    """The same instance if it has no more than `most` open pairs; else with those that could matter.

    Kept are the best reviewers of each application and the best applications of each reviewer: the first keep an
    application from going without, the second a reviewer.
    """
    if int(instance.open.sum()) <= most:
        return instance
    worth = np.where(instance.open, instance.affinity, -1.0)
    kept = np.zeros_like(instance.open)
    wide, tall = min(KEPT_REVIEWERS, instance.reviewers), min(KEPT_APPLICATIONS, instance.applications)
    best = np.argpartition(-worth, wide - 1, axis=1)[:, :wide]
    np.put_along_axis(kept, best, True, axis=1)
    best = np.argpartition(-worth, tall - 1, axis=0)[:tall]
    np.put_along_axis(kept, best, True, axis=0)
    return replace(instance, open=kept & instance.open)
