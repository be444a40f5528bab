"""Assignment of reviewers: the pure optimum beside SciPy's HiGHS, and what the fair, balanced proposal keeps of it.

Three reviews for each application, at most twenty for each reviewer, 5 % conflicts, seed 0. In the plain case
affinities are by chance; there are four reviewers to an institution, and each knows three applications of ten. In the
clustered case applications and reviewers are of fields: a reviewer fits their own field and knows nothing of another,
and the first fields have more applications than reviewers, by a fifth. The crowded case is worse: reviewers fall to
fields by chance, and a linear programme may halve a reviewer between two applications where nobody else can.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array, vstack

from grants.reviews.assignment.fair import Solved, propose
from grants.reviews.assignment.flow import best, doubled, total
from grants.reviews.assignment.instance import Bools, Instance
from tests.bench.figures import as_lines, table

T = TypeVar("T")
SIZES = (300, 60), (1000, 200), (3000, 600)
REFERENCE = 2  # so many of the sizes are solved by HiGHS, too
EACH, CAP, CONFLICTS, SEED = 3, 20, 0.05, 0


def plain(n: int, m: int) -> Instance:
    """Affinities by chance."""
    chance = np.random.default_rng(SEED)
    return _instance(chance, chance.random((n, m)), chance.random((n, m)) < 0.3)


def clustered(n: int, m: int) -> Instance:
    """Fields of as many reviewers each: the first have more applications than reviewers for them."""
    return _of_fields(n, m, even=True)


def crowded(n: int, m: int) -> Instance:
    """Fields with reviewers by chance, too: some have too few to give each application two of its own."""
    return _of_fields(n, m, even=False)


def _of_fields(n: int, m: int, *, even: bool) -> Instance:
    chance = np.random.default_rng(SEED)
    fields = max(4, m // 15)
    crowd = np.linspace(1.6, 0.4, fields)
    field = chance.choice(fields, n, p=crowd / crowd.sum())
    of = chance.permutation(np.arange(m) % fields) if even else chance.integers(0, fields, m)
    same = field[:, None] == of[None, :]
    return _instance(chance, np.clip(np.where(same, 0.75, 0.2) + chance.normal(0, 0.12, (n, m)), 0, 1), same)


def _instance(chance: np.random.Generator, affinity: np.ndarray, expert: Bools) -> Instance:
    n, m = affinity.shape
    return Instance(
        affinity=affinity,
        open=chance.random((n, m)) >= CONFLICTS,
        institution=chance.integers(0, max(2, m // 4), m),
        expert=expert,
        needs_expert=np.ones(n, dtype=bool),
        demand=np.full(n, EACH),
        cap=np.full(m, CAP),
        floor=np.zeros(m, dtype=np.int64),
        carried=np.zeros(m, dtype=np.int64),
    )


def reference(instance: Instance) -> float:
    """The most affinity, by HiGHS."""
    _, seats, loads, worth = _matrices(instance)
    limits = {"A_eq": seats, "b_eq": instance.demand, "A_ub": loads, "b_ub": instance.room}
    return -float(linprog(-worth, **limits, bounds=(0, 1), method="highs").fun)


def bound(instance: Instance) -> float:
    """The highest total of the worst application in the linear relaxation: no assignment reaches more."""
    applications, seats, loads, worth = _matrices(instance)
    n, pairs = instance.applications, worth.size
    rows, at = np.concatenate([applications, np.arange(n)]), np.concatenate([np.arange(pairs), np.full(n, pairs)])
    under = coo_array((np.concatenate([-worth, np.ones(n)]), (rows, at)), shape=(n, pairs + 1))
    seats.resize(n, pairs + 1)
    loads.resize(instance.reviewers, pairs + 1)
    found = linprog(
        np.concatenate([np.zeros(pairs), [-1.0]]),
        A_eq=seats,
        b_eq=instance.demand,
        A_ub=vstack([loads, under]),
        b_ub=np.concatenate([instance.room, np.zeros(n)]),
        bounds=[(0, 1)] * pairs + [(0, None)],
        method="highs-ipm",
    )
    return -float(found.fun)


def own_best(instance: Instance) -> float:
    """A weaker bound, quickly: the total of the worst application if it had the best reviewers to itself."""
    worth = np.sort(np.where(instance.open, instance.affinity, 0.0), axis=1)[:, -EACH:]
    return float(worth.sum(axis=1).min())


def _matrices(instance: Instance) -> tuple[np.ndarray, coo_array, coo_array, np.ndarray]:
    applications, reviewers = np.nonzero(instance.open)
    pairs, ones = np.arange(applications.size), np.ones(applications.size)
    seats = coo_array((ones, (applications, pairs)), shape=(instance.applications, pairs.size))
    loads = coo_array((ones, (reviewers, pairs)), shape=(instance.reviewers, pairs.size))
    return applications, seats, loads, instance.affinity[applications, reviewers]


@dataclass(frozen=True)
class Case:
    """One size: seconds and affinity of the optimum, of HiGHS (None: not asked), and the proposal with its seconds."""

    name: str
    instance: Instance
    seconds: float
    objective: float
    reference: tuple[float, float] | None
    proposal: Solved
    proposal_seconds: float
    worst_bound: float

    @property
    def loads(self) -> tuple[int, int]:
        loads = self.proposal.chosen.sum(axis=0)
        return int(loads.min()), int(loads.max())

    def line(self) -> dict[str, object]:
        fair = self.proposal.fair
        found: dict[str, object] = {
            "bench": "assignment",
            "case": self.name,
            "applications": self.instance.applications,
            "reviewers": self.instance.reviewers,
            "seconds": round(self.seconds, 3),
            "objective": round(self.objective, 6),
        }
        if self.reference:
            found |= {
                "reference_seconds": round(self.reference[0], 3),
                "reference_objective": round(self.reference[1], 6),
            }
        return found | {
            "proposal_seconds": round(self.proposal_seconds, 3),
            "proposal_objective": round(fair.total, 6),
            "proposal_share": round(fair.total / self.objective, 4),
            "worst": round(fair.worst, 4),
            "worst_bound": round(self.worst_bound, 4),
            "worst_share": round(fair.worst / self.worst_bound, 4),
            "lowest_load": self.loads[0],
            "highest_load": self.loads[1],
            "empty_seats": int(self.instance.demand.sum()) - fair.filled,
            "two_of_an_institution": len(doubled(self.instance, self.proposal.chosen)),
        }


KINDS = {"plain": plain, "clustered": clustered, "crowded": crowded}


def measure(sizes: Sequence[tuple[int, int]] = SIZES) -> list[Case]:
    return [_case(name, n, m, at) for at, (n, m) in enumerate(sizes) for name in KINDS]


def _case(name: str, n: int, m: int, at: int) -> Case:
    instance = KINDS[name](n, m)
    pure = instance.free_of_rules()
    seconds, chosen = _timed(lambda: best(pure))
    spent, known = _timed(lambda: reference(pure)) if name == "plain" and at < REFERENCE else (0.0, None)
    proposal_seconds, proposal = _timed(lambda: propose(instance))
    worst = bound(pure) if name != "plain" and at == 0 else own_best(pure)
    reference_found = None if known is None else (spent, known)
    found = (seconds, total(instance, chosen), reference_found, proposal, proposal_seconds, worst)
    return Case(f"{name} {n}×{m}", instance, *found)


def _timed(act: Callable[[], T]) -> tuple[float, T]:
    begin = time.perf_counter()
    found = act()
    return time.perf_counter() - begin, found


def report(cases: Sequence[Case]) -> str:
    """The table, then a line for each case."""
    head = ("case", "seconds", "HiGHS", "objective", "HiGHS", "proposal", "of it", "worst", "of bound", "loads")
    rows = []
    for one in cases:
        line = one.line()
        rows.append(
            (
                one.name,
                f"{one.seconds:.2f}",
                f"{one.reference[0]:.2f}" if one.reference else "",
                f"{one.objective:.4f}",
                f"{one.reference[1]:.4f}" if one.reference else "",
                f"{one.proposal_seconds:.2f} s",
                f"{one.proposal.fair.total / one.objective:.2%}",
                f"{one.proposal.fair.worst:.3f}",
                f"{line['worst_share']:.1%}",
                "{} to {}".format(*one.loads),
            )
        )
    said = (
        "The bound of the worst application is that of the linear relaxation in the smallest cases with fields,"
        " elsewhere what it would have if the best reviewers were its alone: a higher bound."
    )
    return f"{table(head, rows)}\n\n{said}\n\n{as_lines([one.line() for one in cases])}"


def main() -> None:
    print(report(measure()))
