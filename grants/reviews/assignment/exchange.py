"""Chains of exchanges: an application takes a reviewer, who gives up another application, which takes somebody else …

A chain touches each application once, so every rule is checked exactly where it holds: on the application alone. That
is how the worst application is raised without any other falling under it (its total is not linear in a flow), and how a
seat is filled that the flow left empty because its rules cross.
"""

from dataclasses import dataclass, field

import numpy as np

from grants.reviews.assignment.flow import totals
from grants.reviews.assignment.instance import Bools, Floats, Instance, Ints

DEPTH = 6  # exchanges in a chain
WIDTH = 64  # reviewers followed from one exchange to the next
GAIN = 0.002  # by so much, in affinity, whoever is touched must stay above the one that is raised
NONE = -1
NEVER = -1e18


@dataclass(frozen=True)
class Step:
    """`application` gives up `leaves` (NONE: an empty seat) and takes `takes`; `total` is the change so far."""

    application: int
    leaves: int
    takes: int
    total: float
    before: "Step | None" = None

    def touched(self) -> set[int]:
        step: Step | None = self
        found = set()
        while step is not None:
            found.add(step.application)
            step = step.before
        return found


@dataclass
class Table:
    """An assignment that is being changed: `seats` (n, k) holds the reviewers of each application, NONE where empty."""

    instance: Instance
    chosen: Bools
    seats: Ints = field(init=False)
    worth: Floats = field(init=False)
    load: Ints = field(init=False)

    def __post_init__(self) -> None:
        one = self.instance
        self.chosen = self.chosen.copy()
        self.seats = np.full((one.applications, max(1, int(one.demand.max(initial=1)))), NONE)
        for at, row in enumerate(self.chosen):
            held = np.flatnonzero(row)
            self.seats[at, : held.size] = held
        self.worth = totals(one, self.chosen)
        self.load = self.chosen.sum(axis=0)

    def welcome(self, applications: Ints, leaves: Ints) -> Bools:
        """(k, m) whom each of these applications may take in the place of the one who leaves it."""
        one = self.instance
        allowed = one.open[applications] & ~self.chosen[applications]
        others = np.zeros(applications.size, dtype=np.int64)
        for seat in self.seats[applications].T:
            stays = (seat != NONE) & (seat != leaves)
            theirs = np.where(stays, one.institution[seat], NONE)
            allowed &= (theirs[:, None] == NONE) | (theirs[:, None] != one.institution[None, :])
            others += stays & ~one.expert[applications, seat]
        wanted = one.needs_expert[applications] & (others >= one.demand[applications] - 1)
        allowed &= ~wanted[:, None] | one.expert[applications]
        return allowed

    def chain(self, application: int, leaves: int, least: float) -> Step | None:
        """The chain of least loss that gives this application somebody else than `leaves`; None if there is none.

        Whoever is touched ends above `least`, the application itself included; nobody falls under their floor.
        """
        change = self.instance.affinity[application] - self._worth(application, leaves)
        allowed = self.welcome(np.array([application]), np.array([leaves]))[0]
        allowed &= self.worth[application] + change > least
        front = [
            Step(application, leaves, int(taken), float(change[taken]))
            for taken in _largest(np.where(allowed, change, NEVER))
        ]
        found: Step | None = None
        for _ in range(DEPTH):
            ending = [one for one in front if self._may_end(one.takes, leaves)]
            found = max([*ending, *([found] if found else [])], key=lambda one: one.total, default=None)
            front = self._onward([one for one in front if not self._may_end(one.takes, leaves)], least)
            if not front:
                break
        return found

    def apply(self, chain: Step) -> None:
        """Make these exchanges."""
        step: Step | None = chain
        while step is not None:
            at, worth = step.application, self.instance.affinity[step.application]
            seat = int(np.flatnonzero(self.seats[at] == step.leaves)[0])
            self.seats[at, seat] = step.takes
            if step.leaves != NONE:
                self.chosen[at, step.leaves] = False
                self.load[step.leaves] -= 1
            self.chosen[at, step.takes] = True
            self.load[step.takes] += 1
            self.worth[at] += worth[step.takes] - self._worth(at, step.leaves)
            step = step.before

    def _worth(self, application: int, reviewer: int) -> float:
        return 0.0 if reviewer == NONE else float(self.instance.affinity[application, reviewer])

    def _may_end(self, reviewer: int, freed: int) -> bool:
        """Whether a chain may end here: this reviewer has room, and the one who was freed can do with one less."""
        if reviewer == freed:
            return True
        one = self.instance
        spare = freed == NONE or one.carried[freed] + self.load[freed] > one.floor[freed]
        return bool(spare and self.load[reviewer] < one.room[reviewer])

    def _onward(self, front: list[Step], least: float) -> list[Step]:
        """One exchange further: each full reviewer gives up one of their applications, which takes somebody else."""
        rows = [(step, int(given)) for step in front for given in np.flatnonzero(self.chosen[:, step.takes])]
        rows = [(step, given) for step, given in rows if given not in step.touched()]
        if not rows:
            return []
        applications, leaves = np.array([given for _, given in rows]), np.array([step.takes for step, _ in rows])
        affinity = self.instance.affinity
        change = affinity[applications] - affinity[applications, leaves][:, None]
        allowed = self.welcome(applications, leaves) & (self.worth[applications][:, None] + change > least)
        reached = np.where(allowed, change + np.array([step.total for step, _ in rows])[:, None], NEVER)
        through = reached.argmax(axis=0)
        best = reached[through, np.arange(reached.shape[1])]
        return [
            Step(rows[through[to]][1], rows[through[to]][0].takes, int(to), float(best[to]), rows[through[to]][0])
            for to in _largest(best)
        ]


def _largest(values: Floats) -> Ints:
    """The places of the WIDTH largest that are possible at all."""
    order = np.argsort(-values)[:WIDTH]
    return order[values[order] > NEVER]


def fill(instance: Instance, chosen: Bools) -> Bools:
    """The same assignment with empty seats filled where a chain of exchanges can."""
    if int(chosen.sum()) == int(instance.demand.sum()):
        return chosen
    table = Table(instance, chosen)
    for application in np.flatnonzero(chosen.sum(axis=1) < instance.demand):
        while table.chosen[application].sum() < instance.demand[application]:
            found = table.chain(int(application), NONE, -1.0)
            if found is None:
                break
            table.apply(found)
    return table.chosen


def raise_worst(instance: Instance, chosen: Bools, lowest_total: float, tries: int = 4_000) -> Bools:
    """The same with its worst applications raised, as long as the whole keeps `lowest_total` of affinity.

    The worst is raised until no chain can; it is left there, and the next worst are looked at up to three quarters of
    the mean: above it nobody is badly served.
    """
    if not chosen.any():
        return chosen
    table, stuck = Table(instance, chosen), np.zeros(instance.applications, dtype=bool)
    whole = float(table.worth.sum())
    enough = 0.75 * whole / max(1, instance.applications)
    waits = instance.demand > 0
    for _ in range(tries):
        at = int(np.where(waits & ~stuck, table.worth, np.inf).argmin())
        if stuck[at] or not waits[at] or (stuck.any() and table.worth[at] >= enough):
            break
        held = sorted(np.flatnonzero(table.chosen[at]), key=lambda one: instance.affinity[at, one])
        chains = (table.chain(at, int(leaves), table.worth[at] + GAIN) for leaves in held)
        found = next((one for one in chains if one is not None), None)
        if found is None or whole + found.total < lowest_total:
            stuck[at] = True
            continue
        whole += found.total
        table.apply(found)
    return table.chosen
