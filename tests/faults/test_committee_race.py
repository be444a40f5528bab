"""Members of the committee act at the same moment: what fits is moved once, a draft is done once or not at all."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from grants.awards import queries
from grants.awards.drafts import Choice, Draft
from grants.awards.models import Award, Decision, DecisionState, EnvelopeTransfer, Outcome
from grants.awards.picture import picture
from grants.core.db import db
from grants.core.types import Money
from grants.ledger.queries import by_commission
from grants.ledger.service import verify
from grants.people.models import Person
from tests.awards.committee import Ground, ground
from tests.faults.test_members_race import race
from workflows import committee, decision


@pytest.fixture
def case(own_app: Flask) -> dict[str, Any]:
    made: Ground = ground()
    found = {
        "call": made.call_id,
        "fund": made.stage.fund.id,
        "first": made.first.id,
        "second": made.second.id,
        "rows": made.rows,
        "people": [made.member.id, made.other.id],
    }
    db.session.commit()
    return found


def moving(case: dict[str, Any], who: int, minor: int) -> Callable[[], object]:
    def act() -> object:
        person = db.session.get_one(Person, case["people"][who])
        call = queries.decided_call(person, case["call"])
        return committee.transfer(call, case["first"], case["second"], Money(minor, "MAD"), "Oui.", actor=person)

    return act


def deciding(case: dict[str, Any], who: int, key: str, seal: str, *names: str) -> Callable[[], object]:
    draft = Draft({case["rows"][name]: Choice(Outcome.FUNDED) for name in names})

    def act() -> object:
        person = db.session.get_one(Person, case["people"][who])
        return committee.decide_together(queries.decided_call(person, case["call"]), draft, seal, key, actor=person)

    return act


def seal_of(case: dict[str, Any]) -> str:
    person = db.session.get_one(Person, case["people"][0])
    seal = picture(person, queries.decided_call(person, case["call"])).seal
    db.session.rollback()
    return seal


def free(case: dict[str, Any], name: str) -> int:
    db.session.rollback()
    return by_commission(case["fund"], case["call"])[case[name]].free.minor


def awards() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Award.id))) or 0


def test_two_transfers_at_once_move_exactly_what_fits(own_app: Flask, case: dict[str, Any]) -> None:
    ended = race(own_app, [moving(case, n % 2, 40_000_000) for n in range(4)])
    assert ended == {"done": 2, "NotEnough": 2}
    assert (free(case, "first"), free(case, "second")) == (120_000_000, 180_000_000)
    assert db.session.scalar(select(func.count(EnvelopeTransfer.id))) == 2
    assert verify([case["fund"]]).broken is None


def test_a_double_click_decides_once(own_app: Flask, case: dict[str, Any]) -> None:
    seal = seal_of(case)
    assert race(own_app, [deciding(case, 0, "k", seal, "A", "B", "D")] * 4) == {"done": 4}
    assert awards() == 3


def test_two_members_at_once_one_is_told_that_the_facts_moved(own_app: Flask, case: dict[str, Any]) -> None:
    seal = seal_of(case)
    acts = [deciding(case, 0, "k", seal, "A", "B"), deciding(case, 1, "l", seal, "B", "D")]
    assert race(own_app, acts) == {"done": 1, "WrongState": 1}
    assert awards() == 2


def test_a_single_decision_beside_a_draft(own_app: Flask, case: dict[str, Any]) -> None:
    seal = seal_of(case)

    def alone() -> object:
        person = db.session.get_one(Person, case["people"][1])
        return decision.fund(queries.decision(person, case["rows"]["B"]), actor=person)

    ended = race(own_app, [deciding(case, 0, "k", seal, "A", "D"), alone])
    assert ended["done"] >= 1 and sum(ended.values()) == 2
    db.session.rollback()
    funded = select(func.count(Decision.id)).where(Decision.state == DecisionState.FUNDED)
    assert db.session.scalar(funded) == awards() == {2: 3, 1: 1}[ended["done"]]
    assert verify([case["fund"]]).broken is None
