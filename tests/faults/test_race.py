"""Sixteen connections ask at once for more than there is: exactly what fits is committed, the rest are told so."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from flask import Flask

from grants.core.db import db, transaction
from grants.core.errors import NotEnough
from grants.ledger import queries
from grants.ledger.service import Kind, Line, Place, open_fund, post, verify
from tests.ledger.ground import Ground

CONNECTIONS = 16


@pytest.fixture
def ground(own_app: Flask) -> Ground:
    db.engine.pool._max_overflow = CONNECTIONS  # the application keeps fewer; the race wants them all at once
    return Ground().open()


def race(app: Flask, turns: list[list]) -> Counter[str]:
    """Let every connection take its turns, all starting together; how they ended, by name."""
    start = Barrier(len(turns))

    def run(acts) -> Counter[str]:
        ended: Counter[str] = Counter()
        with app.app_context():
            db.session.connection()
            start.wait()
            for act in acts:
                try:
                    ended["replayed" if act().replayed else "done"] += 1
                except NotEnough:
                    ended["refused"] += 1
                db.session.rollback()
            db.session.remove()
        return ended

    with ThreadPoolExecutor(len(turns)) as pool:
        return sum(pool.map(run, turns), Counter())


def commit(ground: Ground, minor: int, grant: UUID, key: UUID):
    return lambda: ground.step(Kind.COMMIT, "commission", "committed", minor, grant, key=key)


def test_twice_the_demand(own_app: Flask, ground: Ground) -> None:
    ground.endow(160 * 1_000)
    turns = [[commit(ground, 1_000, uuid4(), uuid4()) for _ in range(20)] for _ in range(CONNECTIONS)]
    assert race(own_app, turns) == {"done": 160, "refused": 160}

    standing = queries.balances([ground.fund])[ground.fund]
    assert standing.engaged == ground.money(160_000)
    assert not standing.free
    assert len(queries.by_grant(ground.fund)) == 160
    proof = verify()
    assert (proof.operations, proof.broken) == (163, None)


def test_the_last_credit(own_app: Flask, ground: Ground) -> None:
    ground.endow(5_000)
    turns = [[commit(ground, 5_000, uuid4(), uuid4())] for _ in range(CONNECTIONS)]
    assert race(own_app, turns) == {"done": 1, "refused": CONNECTIONS - 1}
    assert verify().broken is None


def test_one_press_sent_sixteen_times(own_app: Flask, ground: Ground) -> None:
    """The same key from every connection, accounts to be opened included: one effect, one answer."""
    ground.endow(5_000)
    grant, key = uuid4(), uuid4()
    turns = [[commit(ground, 2_000, grant, key)] for _ in range(CONNECTIONS)]
    assert race(own_app, turns) == {"done": 1, "replayed": CONNECTIONS - 1}
    assert queries.balances([ground.fund])[ground.fund].engaged == ground.money(2_000)
    assert verify().broken is None


def test_two_payments_of_one_instalment(own_app: Flask, ground: Ground) -> None:
    """Different keys and documents, as two accountants would send: the account is empty for the second."""
    ground.endow(5_000)
    grant, tranche = uuid4(), uuid4()
    ground.bring("remitted", 5_000, grant, tranche)
    turns = [
        [lambda: ground.step(Kind.PAY, "remitted", "paid", 5_000, grant, tranche, key=uuid4())]
        for _ in range(CONNECTIONS)
    ]
    assert race(own_app, turns) == {"done": 1, "refused": CONNECTIONS - 1}
    assert queries.by_instalment(grant)[tranche].paid == ground.money(5_000)


def test_opening_accounts_crosswise_does_not_deadlock(own_app: Flask, ground: Ground) -> None:
    """Each operation opens sixteen new accounts in an order of its own."""
    ground.endow(16 * 16 * 10)
    grants = [uuid4() for _ in range(16)]

    def reserve(shift: int):
        turned = grants[shift:] + grants[:shift]
        lines = [Line(ground.place("commission"), ground.place("reserved", one), ground.money(10)) for one in turned]

        def act():
            with transaction():
                return post(ground.fund, Kind.RESERVE, lines, actor=None, key=uuid4())

        return act

    assert race(own_app, [[reserve(shift)] for shift in range(CONNECTIONS)]) == {"done": CONNECTIONS}
    assert verify().broken is None


def test_funds_do_not_wait_for_each_other(own_app: Flask, ground: Ground) -> None:
    other = Ground()
    open_fund(other.fund, other.code, other.currency)
    with transaction():
        post(
            ground.fund, Kind.ENDOW, [Line(Place.source(), Place.available(), ground.money(1))], actor=None, key=uuid4()
        )
        turn = [lambda: other.step(Kind.ENDOW, "source", "available", 1)]
        assert race(own_app, [turn]) == {"done": 1}
