"""Rules that every lifecycle keeps: the machine alone writes a state, and a move is made where its policy says."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from grants.core.policy import clock_only
from workflows.machine import Lifecycle, Move

ROOT = Path(__file__).parents[2]
MACHINE = ROOT / "workflows" / "machine.py"
SOURCES = sorted(path for part in ("grants", "workflows") for path in (ROOT / part).rglob("*.py"))

# Moves that no button of their own makes, and the verb that makes them on the way.
ON_THE_WAY = {
    "application.start_review": "assigning a reviewer",
    "application.resume_review": "reopening a review",
    "application.rank": "proposing the ranking",
    "application.decide": "taking the decision",
    "application.complete_after_appeal": "upholding the appeal",
    "application.reverse_inadmissible": "upholding the appeal",
    "application.reverse_ineligible": "upholding the appeal",
    "decision.reopen_decision": "upholding the appeal",
    "review.begin": "saving a review",
    "assignment_plan.give_up_plan": "computing another",
    "review.set_aside": "confirming a conflict",
    "bank_account.replace_account": "verifying the account that replaces it",
    "claim.remit_order": "sending the batch it is in",
    "claim.reverse_payment": "confirming its reversal",
    "recovery.complete_recovery": "recording the last receipt",
    "recovery.reopen_recovery": "a payment that kept money back for it was not made",
    "membership.declare_member": "saving what an organisation says about itself",
    "membership.deny_member": "saving what an organisation says about itself",
    "session.complete_minutes": "signing the minutes, the last one",
    "session.correct_signed": "correcting the minutes",
    "agreement.complete_signatures": "the last party's signature",
}
# Routes whose policy is not the move's, and why.
OTHERWISE = {
    "review.submit_review": "reviews.answer",  # a second press answers as the first; the view asks the move's policy
    "assignment_plan.send_plan": "reviews.see_plan",  # the move's policy, for a plan and its commission
    "assignment_plan.discard_plan": "reviews.see_plan",
    "review.reassign": "reviews.lead_replacement",  # the move's policy, for the review of a pair
}
# States that the tables of the database know and that no move reaches yet.
UNREACHED: set[str] = set()


def lifecycles() -> list[Lifecycle]:
    modules = (importlib.import_module(f"workflows.{path.stem}") for path in (ROOT / "workflows").glob("[a-z]*.py"))
    found = {id(one): one for module in modules for one in vars(module).values() if isinstance(one, Lifecycle)}
    return sorted(found.values(), key=lambda one: one.noun)


LIFECYCLES = lifecycles()
MOVES = {f"{one.noun}.{move.name}": move for one in LIFECYCLES for move in one.moves.values()}


def writes_of_state(tree: ast.AST) -> Iterator[int]:
    """Lines that write an attribute or a column `state`, however it is spelled."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr="state", ctx=ast.Store() | ast.Del()):
                yield node.lineno
            case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value="state"), *_]):
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr="values" | "on_conflict_do_update"), keywords=words) if any(
                word.arg == "state" or (word.arg == "set_" and names_state(word.value)) for word in words
            ):
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr="values"), args=[ast.Dict() as given]) if names_state(given):
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr="fire"), keywords=words) if any(
                word.arg == "set" and names_state(word.value) for word in words
            ):
                yield node.lineno
            case ast.Constant(value=str(said)) if re.search(r"\bUPDATE\s[^;]*\bSET\b[^;]*\bstate\s*=", said, re.I):
                yield node.lineno


def names_state(node: ast.AST) -> bool:
    return any(isinstance(one, ast.Constant) and one.value == "state" for one in ast.walk(node))


@pytest.mark.parametrize(
    "line",
    [
        "call.state = S.OPEN",
        "call.state += 1",
        "a, call.state = 1, 2",
        "setattr(call, 'state', S.OPEN)",
        "update(Call).values(state=S.OPEN)",
        "update(Call).values({'state': S.OPEN})",
        "lifecycle.fire('open', call, None, set={'state': S.OPEN})",
        "text('UPDATE call SET version = 2, state = :open')",
    ],
)
def test_a_write_is_seen_however_it_is_spelled(line: str) -> None:
    assert list(writes_of_state(ast.parse(line)))


def test_nothing_but_the_machine_writes_a_state() -> None:
    found = {
        str(path.relative_to(ROOT)): lines
        for path in SOURCES
        if path != MACHINE and (lines := list(writes_of_state(ast.parse(path.read_text()))))
    }
    assert found == {}
    assert len(list(writes_of_state(ast.parse(MACHINE.read_text())))) == 1


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda one: one.noun)
def test_every_state_has_a_name_and_is_in_the_table(lifecycle: Lifecycle) -> None:
    moves = lifecycle.moves.values()
    states = type(next(iter(moves)).target)
    assert set(lifecycle.labels) >= set(states)
    reached = {move.target for move in moves}.union(*(move.sources for move in moves))
    assert {f"{lifecycle.noun}.{state}" for state in set(states) - reached} == UNREACHED & {
        f"{lifecycle.noun}.{state}" for state in states
    }


def routes(app, name: str) -> dict[str, str]:
    """The endpoints that make a move of this name, in whatever portal, with the name of their policy."""
    posts = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in rule.methods}
    return {one: app.view_functions[one].policy.name for one in posts if one.split(".")[-1] == name}


@pytest.mark.parametrize("name", [name for name, move in MOVES.items() if move.policy is not clock_only])
def test_a_move_has_the_policy_of_its_route(app, name: str) -> None:
    move: Move = MOVES[name]
    found = routes(app, move.name)
    if name in ON_THE_WAY:
        assert move.policy.name not in found.values(), "it has a button of its own now"
    else:
        assert set(found.values()) == {OTHERWISE.get(name, move.policy.name)}, found


@pytest.mark.parametrize("name", [name for name, move in MOVES.items() if move.policy is clock_only])
def test_no_route_makes_a_move_of_the_clock(app, name: str) -> None:
    assert routes(app, MOVES[name].name) == {}


def test_no_exception_is_stale() -> None:
    assert set(ON_THE_WAY) | set(OTHERWISE) <= set(MOVES)
