"""The proposal: the best assignment that obeys the rules, spreads the load and leaves nobody badly served.

Each step is kept beside the last, so that what it costs can be told: `pure` (limits and conflicts only), `ruled`
(institutions, experts, floors), `balanced` (convex load), `fair` (the worst application raised).

Fairness follows the first round of PeerReview4All (Stelmakh, Shah, Singh, 2019): the largest total of the worst
application for which an assignment exists, here reached by chains of exchanges from the balanced flow.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from grants.reviews.assignment.exchange import fill, raise_worst
from grants.reviews.assignment.flow import best, total, totals
from grants.reviews.assignment.instance import Bools, Instance, pruned

BALANCE = 0.2  # what a full load costs, in affinity of one review
KEPT = 0.985  # of the pure optimum: fairness goes no further
SPENT = 0.995  # where the rules alone cost more: of what they leave
QUICK = 150_000  # pairs from which the steps after the pure optimum look only at pairs that could matter


class Cause(StrEnum):
    """Why an application has an empty seat."""

    FEW = "few"  # the commission has too few reviewers who are available
    CONFLICTS = "conflicts"  # without conflicts of interest there would be enough
    INSTITUTIONS = "institutions"  # those left are of too few institutions
    NO_EXPERT = "no_expert"  # nobody left knows the subject
    FULL = "full"  # those who could have all the reviews they may be asked
    EMPTIED = "emptied"  # a person took somebody away


@dataclass(frozen=True)
class Step:
    """Affinity in all, that of the worst application, and how many seats are filled."""

    total: float
    worst: float
    filled: int


@dataclass(frozen=True)
class Solved:
    """The proposal (n, m) and the steps to it."""

    chosen: Bools
    pure: Step
    ruled: Step
    balanced: Step
    fair: Step


def propose(instance: Instance) -> Solved:
    """Always an answer: a seat that nobody can take stays empty, and `causes` says why."""
    pure = best(pruned(instance.free_of_rules()))
    ruled, spread = _best(instance, 0.0), balanced(instance)
    kept = min(KEPT * total(instance, pure), SPENT * total(instance, spread))
    fair = raise_worst(instance, spread, kept)
    return Solved(fair, *(step(instance, one) for one in (pure, ruled, spread, fair)))


def balanced(instance: Instance) -> Bools:
    """The best that obeys the rules, with loads spread."""
    return _best(instance, BALANCE)


def _best(instance: Instance, balance: float) -> Bools:
    """On the pairs that could matter; on all of them if that leaves a seat empty."""
    few = pruned(instance, QUICK)
    chosen = fill(instance, best(few, balance))
    if few is instance or chosen.sum() == instance.demand.sum():
        return chosen
    return fill(instance, best(pruned(instance), balance))


def step(instance: Instance, chosen: Bools) -> Step:
    wanted = instance.demand > 0
    worst = totals(instance, chosen)[wanted].min(initial=np.inf)
    return Step(total(instance, chosen), float(worst) if np.isfinite(worst) else 0.0, int(chosen.sum()))


def causes(instance: Instance, chosen: Bools, conflicts: Bools) -> dict[int, Cause]:
    """Why, for each application with an empty seat. `conflicts` (n, m): pairs closed by a conflict of interest."""
    found = {}
    for application in np.flatnonzero(chosen.sum(axis=1) < instance.demand):
        wanted, open_ = int(instance.demand[application]), instance.open[application]
        if open_.sum() < wanted:
            enough = (open_ | conflicts[application]).sum() >= wanted
            found[int(application)] = Cause.CONFLICTS if enough else Cause.FEW
        elif _institutions(instance, open_) < wanted:
            found[int(application)] = Cause.INSTITUTIONS
        elif instance.needs_expert[application] and not (open_ & instance.expert[application]).any():
            found[int(application)] = Cause.NO_EXPERT
        else:
            found[int(application)] = Cause.FULL
    return found


def _institutions(instance: Instance, open_: Bools) -> int:
    """How many of these reviewers may be on one application together."""
    theirs = instance.institution[open_]
    return int(np.unique(theirs[theirs >= 0]).size + (theirs < 0).sum())
