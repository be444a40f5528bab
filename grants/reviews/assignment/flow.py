"""The best assignment as a flow of least cost (OR-Tools), with rules added where a first answer breaks them.

One unit of flow is one review: application → reviewer → sink. A review that nobody can take flows from its application
straight to the sink, at a cost above everything else, so that there always is an answer and it says who goes without.
"At least one expert" is a node of the application's non-experts that lets all reviews but one through; "one of each
institution" a node of the application and the institution that lets one through. A tree of such nodes is a flow still,
so the answer stays the best one. Where an institution has experts and others for one application the two rules cross,
which no flow can say: the side that is worth less is closed for that application.
"""

from dataclasses import dataclass, field

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from grants.reviews.assignment.instance import UNIT, Bools, Floats, Instance, Ints

ROUNDS = 12


@dataclass
class Network:
    """Arcs in the making: lists of arrays, put together once."""

    nodes: int
    arcs: list[tuple[Ints, Ints, Ints, Ints]] = field(default_factory=list)

    def new_nodes(self, count: int) -> Ints:
        self.nodes += count
        return np.arange(self.nodes - count, self.nodes)

    def add(self, tails: Ints, heads: Ints, capacity: Ints | int, cost: Ints | int) -> None:
        tails, heads, capacity, cost = np.broadcast_arrays(tails, heads, capacity, cost)
        self.arcs.append((tails, heads, capacity, cost))

    def solve(self, supplies: Ints, first: int) -> Ints:
        """The flow on the `first` arcs added."""
        tails, heads, capacities, costs = (np.concatenate(part) for part in zip(*self.arcs, strict=True))
        flow = SimpleMinCostFlow()
        flow.add_arcs_with_capacity_and_unit_cost(
            tails.astype(np.int32), heads.astype(np.int32), capacities.astype(np.int64), costs.astype(np.int64)
        )
        flow.set_nodes_supplies(np.arange(supplies.size, dtype=np.int32), supplies.astype(np.int64))
        if (status := flow.solve()) != flow.OPTIMAL:
            raise RuntimeError(f"a flow that always exists was not found: {status}")
        return np.asarray(flow.flows(np.arange(first, dtype=np.int32)))


def best(instance: Instance, balance: float = 0.0) -> Bools:
    """(n, m), the assignment of most affinity that fills the most seats, then the most floors, and obeys the rules.

    `balance` is what a full load costs, in affinity of one review.
    """
    usable, capped = instance.open.copy(), set[tuple[int, int]]()
    if not instance.demand.any() or not usable.any():
        return np.zeros_like(usable)
    for _ in range(ROUNDS):
        chosen = solve(instance, usable, capped, balance)
        broken = doubled(instance, chosen)
        if not broken:
            return chosen
        for application, institution in broken:
            _uncross(instance, usable, chosen, application, institution)
            capped.add((application, institution))
    for application, institution in doubled(instance, chosen):
        same = np.flatnonzero(chosen[application] & (instance.institution == institution))
        chosen[application, same[np.argsort(-instance.affinity[application, same])][1:]] = False
    return chosen


def doubled(instance: Instance, chosen: Bools) -> list[tuple[int, int]]:
    """(application, institution) wherever an institution has two reviewers on one application."""
    application, reviewer = np.nonzero(chosen)
    institution = instance.institution[reviewer]
    place = institution >= 0
    pairs, times = np.unique(np.stack([application[place], institution[place]]), axis=1, return_counts=True)
    return [(int(a), int(g)) for a, g in pairs[:, times > 1].T]


def _uncross(instance: Instance, usable: Bools, chosen: Bools, application: int, institution: int) -> None:
    """Where both rules hold, leave either the experts of this institution or its others to this application."""
    if not instance.needs_expert[application]:
        return
    expert, open_ = instance.expert[application], usable[application]
    experts = open_ & (instance.institution == institution) & expert
    others = open_ & (instance.institution == institution) & ~expert
    if not experts.any() or not others.any():
        return
    affinity = instance.affinity[application]
    elsewhere = (open_ & expert & ~experts).any()
    closed = experts if elsewhere and affinity[others].max() > affinity[experts].max() else others
    usable[application, closed] = False


def solve(instance: Instance, usable: Bools, capped: set[tuple[int, int]], balance: float) -> Bools:
    """One flow: pairs that are usable, one review of each institution for the (application, institution) given."""
    n, m = instance.applications, instance.reviewers
    network = Network(n + m + 1)
    sink = np.array([n + m])
    applications, reviewers = np.nonzero(usable)
    tails = applications.copy()
    strict = instance.needs_expert[applications] & ~instance.expert[applications, reviewers]
    needy = np.flatnonzero(instance.needs_expert)
    others = np.full(n, -1)
    others[needy] = network.new_nodes(needy.size)
    tails[strict] = others[applications[strict]]
    gates, within = _gates(instance, network, capped, tails, applications, reviewers)
    tails[within >= 0] = within[within >= 0]
    network.add(tails, reviewers + n, 1, -np.rint(instance.affinity[applications, reviewers] * UNIT).astype(np.int64))
    if gates.size:
        network.add(gates[0], gates[1], 1, 0)
    network.add(needy, others[needy], np.maximum(instance.demand[needy] - 1, 0), 0)
    short, nobody = _penalties(instance)
    network.add(np.arange(n), sink, instance.demand, nobody)
    _load(instance, network, sink, balance, short)
    supplies = np.zeros(network.nodes, dtype=np.int64)
    supplies[:n], supplies[n + m] = instance.demand, -instance.demand.sum()
    taken = network.solve(supplies, tails.size) > 0
    chosen = np.zeros((n, m), dtype=bool)
    chosen[applications[taken], reviewers[taken]] = True
    return chosen


def _gates(
    instance: Instance,
    network: Network,
    capped: set[tuple[int, int]],
    tails: Ints,
    applications: Ints,
    reviewers: Ints,
) -> tuple[Ints, Ints]:
    """Arcs (2, k) into a node for each capped pair, and for each arc the node it leaves from instead (-1: none)."""
    within = np.full(tails.size, -1)
    if not capped:
        return np.zeros((2, 0), dtype=np.int64), within
    keys = np.array(sorted(capped))
    number = instance.institution.max() + 1
    nodes = network.new_nodes(len(keys))
    known, mine = keys[:, 0] * number + keys[:, 1], instance.institution[reviewers]
    code = np.where(mine >= 0, applications * number + mine, -1)
    at = np.searchsorted(known, code).clip(max=known.size - 1)
    inside = known[at] == code
    within[inside] = nodes[at[inside]]
    froms = np.full(network.nodes, -1)
    froms[within[inside]] = tails[inside]  # one tail for each: no group has both sides left
    used = nodes[froms[nodes] >= 0]
    return np.stack([froms[used], used]), within


def _penalties(instance: Instance) -> tuple[int, int]:
    """What a floor not reached and a review not given cost: more than any chain of exchanges could win back."""
    longest = min(instance.applications, instance.reviewers) + 2
    return 2 * UNIT * longest, 6 * UNIT * longest


def _load(instance: Instance, network: Network, sink: Ints, balance: float, short: int) -> None:
    """From each reviewer to the sink: each further review costs more (convex), those under the floor are rewarded."""
    room = instance.room
    who = np.repeat(np.arange(instance.reviewers), room)
    nth = np.arange(who.size) - np.repeat(np.cumsum(room) - room, room) + instance.carried[who]
    slope = balance * UNIT / np.maximum(instance.cap[who], 1)
    cost = np.rint(slope * nth).astype(np.int64) - short * (nth < instance.floor[who])
    network.add(who + instance.applications, sink, 1, cost)


def total(instance: Instance, chosen: Bools) -> float:
    """The affinity of an assignment."""
    return float(instance.affinity[chosen].sum())


def totals(instance: Instance, chosen: Bools) -> Floats:
    """(n,) the affinity of each application."""
    return np.asarray(np.where(chosen, instance.affinity, 0.0).sum(axis=1))
