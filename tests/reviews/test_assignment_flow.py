"""The solver on small instances: every rule holds, and the optimum is that of HiGHS and of CP-SAT."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from grants.reviews.assignment.fair import Cause, balanced, causes, propose
from grants.reviews.assignment.flow import best, doubled, total, totals
from grants.reviews.assignment.instance import Instance, pruned


@st.composite
def instances(draw: st.DrawFn, rules: bool = True) -> Instance:
    n, m = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    chance = np.random.default_rng(draw(st.integers(0, 10**6)))
    conflicts = draw(st.sampled_from([0.0, 0.1, 0.5]))
    institutions = draw(st.sampled_from([2, 3, 8]))
    experts = draw(st.sampled_from([0.0, 0.3, 0.7]))
    institution = np.where(chance.random(m) < 0.2, -1, chance.integers(0, institutions, m))
    cap = chance.integers(0, 5, m)
    return Instance(
        affinity=chance.random((n, m)),
        open=chance.random((n, m)) >= conflicts,
        institution=institution if rules else np.full(m, -1),
        expert=chance.random((n, m)) < experts,
        needs_expert=chance.random(n) < 0.7 if rules else np.zeros(n, dtype=bool),
        demand=chance.integers(0, 4, n),
        cap=cap,
        floor=np.minimum(cap, chance.integers(0, 2, m)) if rules else np.zeros(m, dtype=np.int64),
        carried=np.minimum(cap, chance.integers(0, 2, m)),
    )


def obeys(instance: Instance, chosen: np.ndarray) -> None:
    """Every constraint; a seat may be empty, and then the expert's is the one kept free."""
    assert not (chosen & ~instance.open).any()
    assert (chosen.sum(axis=0) <= instance.room).all()
    assert (chosen.sum(axis=1) <= instance.demand).all()
    assert doubled(instance, chosen) == []
    others = (chosen & ~instance.expert).sum(axis=1)
    assert (others <= np.where(instance.needs_expert, np.maximum(instance.demand - 1, 0), instance.demand)).all()


@settings(max_examples=60, deadline=None)
@given(instances())
def test_every_rule_holds_in_the_proposal(instance: Instance) -> None:
    found = propose(instance)
    obeys(instance, found.chosen)
    assert found.fair.total == pytest.approx(total(instance, found.chosen))
    assert found.fair.filled == found.balanced.filled
    assert found.fair.worst >= found.balanced.worst - 1e-9
    before, after = (instance.carried + one.sum(axis=0) for one in (balanced(instance), found.chosen))
    assert (after >= np.minimum(before, instance.floor)).all()
    empty = np.flatnonzero(found.chosen.sum(axis=1) < instance.demand)
    assert set(causes(instance, found.chosen, ~instance.open)) == set(empty)


@settings(max_examples=60, deadline=None)
@given(instances(rules=False))
def test_the_pure_optimum_is_the_one_of_the_linear_programme(instance: Instance) -> None:
    chosen = best(instance)
    obeys(instance, chosen)
    n, m = instance.affinity.shape
    seats = np.kron(np.eye(n), np.ones(m))
    loads = np.kron(np.ones(n), np.eye(m))
    open_ = instance.open.ravel().astype(float)
    reward = instance.affinity.ravel() + 1_000.0  # filling a seat comes first
    found = linprog(
        -reward,
        A_ub=np.vstack([seats, loads]),
        b_ub=np.concatenate([instance.demand, instance.room]),
        bounds=[(0, one) for one in open_],
        method="highs",
    )
    assert total(instance, chosen) + 1_000.0 * chosen.sum() == pytest.approx(-found.fun, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(instances())
def test_with_every_rule_it_stays_close_to_what_cp_sat_proves_best(instance: Instance) -> None:
    """Flows say each rule exactly; only where an institution has experts and others for one file may it fall short."""
    filled, worth = cp_sat(instance)
    chosen = best(instance)
    crossing = _crossing(instance)
    assert chosen.sum() <= filled
    if not crossing and not instance.floor.any():
        assert (chosen.sum(), total(instance, chosen)) == (filled, pytest.approx(worth, abs=1e-6))
    assert propose(instance).chosen.sum() >= filled - crossing


def _crossing(instance: Instance) -> int:
    """How many (application, institution) have experts and others."""
    found = 0
    for at in np.flatnonzero(instance.needs_expert):
        for one in set(instance.institution[instance.institution >= 0]):
            inside = instance.open[at] & (instance.institution == one)
            found += bool((inside & instance.expert[at]).any() and (inside & ~instance.expert[at]).any())
    return found


def cp_sat(instance: Instance) -> tuple[int, float]:
    """The most seats that can be filled, and the most affinity with so many."""
    from ortools.sat.python import cp_model  # only here: it takes a second to load

    model = cp_model.CpModel()
    n, m = instance.affinity.shape
    x = {(p, r): model.new_bool_var("") for p in range(n) for r in range(m) if instance.open[p, r]}
    for p in range(n):
        mine = [(r, x[p, r]) for r in range(m) if (p, r) in x]
        model.add(sum(one for _, one in mine) <= int(instance.demand[p]))
        if instance.needs_expert[p]:
            others = [one for r, one in mine if not instance.expert[p, r]]
            model.add(sum(others) <= max(int(instance.demand[p]) - 1, 0))
        for group in set(instance.institution[instance.institution >= 0]):
            model.add(sum(one for r, one in mine if instance.institution[r] == group) <= 1)
    for r in range(m):
        model.add(sum(one for (_, to), one in x.items() if to == r) <= int(instance.room[r]))
    worth = sum(round(instance.affinity[pair] * 1e6) * one for pair, one in x.items())
    model.maximize(100_000_000 * sum(x.values()) + worth if x else 0)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    taken = [pair for pair, one in x.items() if solver.value(one)]
    return len(taken), sum(float(instance.affinity[pair]) for pair in taken)


def plain(n: int, m: int, **changed: object) -> Instance:
    values: dict[str, object] = {
        "affinity": np.random.default_rng(0).random((n, m)),
        "open": np.ones((n, m), dtype=bool),
        "institution": np.full(m, -1),
        "expert": np.zeros((n, m), dtype=bool),
        "needs_expert": np.zeros(n, dtype=bool),
        "demand": np.full(n, 2),
        "cap": np.full(m, 20),
        "floor": np.zeros(m, dtype=np.int64),
        "carried": np.zeros(m, dtype=np.int64),
    }
    return Instance(**(values | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cause", "changed"),
    [
        (Cause.CONFLICTS, {"open": np.array([[True, False, False]])}),
        (Cause.FEW, {"demand": np.array([4])}),
        (Cause.INSTITUTIONS, {"institution": np.array([5, 5, 5])}),
        (Cause.NO_EXPERT, {"needs_expert": np.array([True])}),
        (Cause.FULL, {"cap": np.array([1, 0, 0])}),
    ],
)
def test_an_empty_seat_says_why(cause: Cause, changed: dict[str, object]) -> None:
    instance = plain(1, 3, **changed)
    assert causes(instance, propose(instance).chosen, ~instance.open) == {0: cause}


def test_loads_are_spread_and_floors_reached() -> None:
    affinity = np.tile(np.linspace(1, 0.9, 4), (20, 1))
    instance = plain(20, 4, affinity=affinity, cap=np.full(4, 30))
    assert best(instance).sum(axis=0).tolist() == [20, 20, 0, 0]
    assert best(instance, 2.0).sum(axis=0).max() <= 12
    assert (best(plain(20, 4, affinity=affinity, floor=np.full(4, 6))).sum(axis=0) >= 6).all()


def test_the_worst_application_is_raised() -> None:
    """Two good reviewers have room for one more: the flow gives both to the file that gains a little more."""
    affinity = np.array([[0.9, 0.9, 0.5, 0.5], [0.85, 0.85, 0.1, 0.1]])
    instance = plain(2, 4, affinity=affinity, cap=np.ones(4, dtype=np.int64))
    poor = best(plain(2, 4, affinity=np.maximum(affinity, 0.45), cap=np.ones(4, dtype=np.int64)))
    assert totals(instance, poor).min() < 1.0
    assert propose(instance).fair.worst >= 0.95


def test_pruning_keeps_what_matters() -> None:
    instance = plain(200, 120)
    assert pruned(instance) is instance
    few = pruned(instance, most=1_000)
    assert few.open.sum() < instance.open.sum()
    assert total(instance, best(few)) == pytest.approx(total(instance, best(instance)), rel=1e-6)


def test_arrays_of_different_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in size"):
        plain(2, 3, cap=np.ones(2, dtype=np.int64))
    with pytest.raises(ValueError, match="from 0 to 1"):
        plain(1, 1, affinity=np.array([[2.0]]))
