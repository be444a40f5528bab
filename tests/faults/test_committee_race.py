"""Members of the committee act at the same moment: what fits is moved once, a draft is done once or not at all."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from grants.awards import drafts, queries, reserve
from grants.awards.drafts import Choice, Draft
from grants.awards.models import Award, Decision, DecisionState, EnvelopeTransfer, Outcome
from grants.awards.picture import picture
from grants.awards.projection import project
from grants.core.db import db
from grants.core.types import Money
from grants.ledger.queries import by_commission
from grants.ledger.service import verify
from grants.people.models import Person
from tests.awards.committee import Ground, ground
from tests.faults.test_members_race import race
from workflows import committee, decision

PAUSE = 0.4  # seconds


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


def deciding(case: dict[str, Any], who: int, key: str, *names: str) -> Callable[[], object]:
    """Confirms the preview, drawn now, of a draft that funds these."""
    draft = Draft({case["rows"][name]: Choice(Outcome.FUNDED) for name in names})
    owner = db.session.get_one(Person, case["people"][who])
    drafts.keep(draft, queries.decided_call(owner, case["call"]), actor=owner)
    seal = project(picture(owner, queries.decided_call(owner, case["call"])), draft, owner).seal
    db.session.rollback()

    def act() -> object:
        person = db.session.get_one(Person, case["people"][who])
        return committee.decide_together(queries.decided_call(person, case["call"]), seal, key, actor=person)

    return act


def funding(case: dict[str, Any], who: int, name: str, reason: str = "") -> Callable[[], object]:
    def act() -> object:
        person = db.session.get_one(Person, case["people"][who])
        return decision.fund(queries.decision(person, case["rows"][name]), reason, actor=person)

    return act


def slowed(monkeypatch: pytest.MonkeyPatch, module: object, name: str, *, before: bool = False) -> None:
    """Leaves others the time to come in between."""
    verb = getattr(module, name)

    def act(*values: Any) -> object:
        if before:
            time.sleep(PAUSE)
        found = verb(*values)
        if not before:
            time.sleep(PAUSE)
        return found

    monkeypatch.setattr(module, name, act)


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
    assert race(own_app, [deciding(case, 0, "k", "A", "B", "D")] * 4) == {"done": 4}
    assert awards() == 3


def test_two_members_at_once_one_is_told_that_the_facts_moved(own_app: Flask, case: dict[str, Any]) -> None:
    acts = [deciding(case, 0, "k", "A", "B"), deciding(case, 1, "l", "B", "D")]
    assert race(own_app, acts) == {"done": 1, "WrongState": 1}
    assert awards() == 2


def test_a_single_decision_beside_a_draft(
    own_app: Flask, case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    slowed(monkeypatch, committee, "_hold", before=True)  # has the call, and not yet the files
    slowed(monkeypatch, decision, "_award", before=True)  # has its file, and not yet the award, which wants the call
    ended = race(own_app, [deciding(case, 0, "k", "A", "D"), funding(case, 1, "B")])
    assert ended["done"] >= 1 and sum(ended.values()) == 2
    db.session.rollback()
    funded = select(func.count(Decision.id)).where(Decision.state == DecisionState.FUNDED)
    assert db.session.scalar(funded) == awards() == {2: 3, 1: 1}[ended["done"]]
    assert verify([case["fund"]]).broken is None


def reserve_list(case: dict[str, Any]) -> None:
    """B and C wait for 0.8 million each, where 1.4 are free of what is proposed for A."""
    person = db.session.get_one(Person, case["people"][1])
    for name in "BC":
        row = queries.decision(person, case["rows"][name])
        row.application.requested_minor = row.amount_minor = 80_000_000
        decision.hold(row, actor=person)


def test_two_promotions_share_no_credit(own_app: Flask, case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    reserve_list(case)
    slowed(monkeypatch, reserve, "must_leave_enough")
    ended = race(own_app, [funding(case, 0, "B"), funding(case, 1, "C", "Prêt à commencer.")])
    assert ended == {"done": 1, "Refused": 1}
    assert free(case, "first") == 120_000_000, "what A asks for is still there"


def test_a_promotion_beside_a_transfer(own_app: Flask, case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    reserve_list(case)
    slowed(monkeypatch, reserve, "must_leave_enough")
    slowed(monkeypatch, committee, "must_cover")
    ended = race(own_app, [funding(case, 0, "B"), moving(case, 1, 80_000_000)])
    assert ended["done"] == 1 and ended["Refused"] + ended["NotEnough"] == 1
    assert free(case, "first") == 120_000_000
