"""Two accountants at the same moment: one order is in one batch, one line pays once, one debt is collected once."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from grants.awards import queries as awards
from grants.awards.models import ClaimState
from grants.core.clock import now
from grants.core.db import db
from grants.core.types import Money
from grants.ledger.queries import balances
from grants.ledger.service import Stage, verify
from grants.payments import queries
from grants.payments.models import PaymentBatch, PaymentOrder, Receipt
from grants.payments.statements import Columns, Part
from grants.people.models import Person, Role
from tests.factories import with_role
from tests.faults.test_members_race import race
from tests.payments.ground import AMOUNT, DAY, Ground, lay, rib
from workflows import batch as batches
from workflows import payment as payments
from workflows import recovery as recoveries
from workflows import statement as statements

MAD = "MAD"
HEADS = ("Date", "Libellé", "Référence", "Débit", "Crédit", "RIB")


@pytest.fixture
def ground(own_app: Flask) -> Ground:
    made = lay()
    made.people["second"] = with_role(Role.ACCOUNTANT, fund=made.fund).id
    db.session.commit()
    made.ordered()
    db.session.commit()
    return made


def done_by(ground: Ground, key: str, act: Callable[[Person], object]) -> Callable[[], object]:
    """What this person does, on a connection of their own."""
    return lambda: act(ground.who(key))


def sound(ground: Ground, paid: int) -> None:
    """The ledger holds exactly so much paid, and its chain holds."""
    db.session.rollback()
    assert balances([ground.fund_id])[ground.fund_id][Stage.PAID].minor == paid
    assert verify([ground.fund_id]).broken is None


def gathering(ground: Ground, ids: list[UUID]) -> Callable[[Person], object]:
    def act(accountant: Person) -> object:
        fund = queries.paying_fund(accountant, ground.fund_id)
        account = queries.paying_account(accountant, ground.account_id)
        return batches.gather(fund, account, ids, DAY, actor=accountant)

    return act


def test_an_order_is_gathered_once(own_app: Flask, ground: Ground) -> None:
    ids = [ground.order(n).id for n in range(3)]
    db.session.commit()
    acts = [
        done_by(ground, "accountant", gathering(ground, ids)),
        done_by(ground, "second", gathering(ground, ids[::-1])),
    ]
    assert race(own_app, acts * 2) == {"done": 1, "Refused": 3}
    db.session.rollback()
    placed = db.session.scalars(select(PaymentOrder.batch_id)).all()
    assert len(set(placed)) == 1 and None not in placed
    assert db.session.scalar(select(func.count(PaymentBatch.id))) == 1


def test_orders_of_two_batches_that_overlap(own_app: Flask, ground: Ground) -> None:
    first, second, third = (ground.order(n).id for n in range(3))
    db.session.commit()
    acts = [
        done_by(ground, "accountant", gathering(ground, [first, second])),
        done_by(ground, "second", gathering(ground, [third, second])),
    ]
    assert race(own_app, acts) == {"done": 1, "Refused": 1}
    db.session.rollback()
    assert Counter(db.session.scalars(select(PaymentOrder.batch_id)).all()).most_common(1)[0][1] == 2


def statement_of(ground: Ground) -> tuple[UUID, dict[UUID, UUID | None]]:
    """A statement that tells of the three payments, and the line of each order."""
    numbers = {n: ground.order(n).number for n in range(3)}
    rows = [f"21/11/2026;VIR {number};B{n};{AMOUNT / 100:.2f};;{rib(n + 1)}" for n, number in numbers.items()]
    made, _ = statements.receive(
        ground.account,
        "releve.csv",
        "\n".join([";".join(HEADS), *rows]).encode(),
        opening=(Money(100_000_000, MAD), date(2026, 11, 1)),
        closing=(Money(100_000_000 - 3 * AMOUNT, MAD), date(2026, 11, 30)),
        actor=ground.who("accountant"),
    )
    id = made.id
    if made.read_at is None:
        heads = zip((Part.BOOKED_ON, Part.LABEL, Part.REFERENCE, Part.DEBIT, Part.CREDIT, Part.RIB), HEADS, strict=True)
        columns = Columns(dict(heads))
        found = queries.statement(ground.who("accountant"), id)
        statements.say_columns(found, columns, actor=ground.who("accountant"))
    orders = {number: ground.order(n).id for n, number in numbers.items()}
    lines: dict[UUID, UUID | None] = {
        one.id: orders[one.label.removeprefix("VIR ")] for one in queries.statement_lines(id)
    }
    db.session.commit()
    return id, lines


def test_a_line_confirmed_by_two_pays_once(own_app: Flask, ground: Ground) -> None:
    ground.remitted()
    id, lines = statement_of(ground)

    def act(accountant: Person) -> object:
        return statements.confirm(queries.statement(accountant, id), lines, actor=accountant)

    turned = dict(reversed(lines.items()))

    def other(accountant: Person) -> object:
        return statements.confirm(queries.statement(accountant, id), turned, actor=accountant)

    ended = race(own_app, [done_by(ground, "accountant", act), done_by(ground, "second", other)])
    assert ended == {"done": 2}, "the second one finds the lines used as it said"
    sound(ground, 3 * AMOUNT)


def test_a_line_confirmed_while_the_payment_is_typed(own_app: Flask, ground: Ground) -> None:
    ground.remitted()
    id, lines = statement_of(ground)

    def confirmed(accountant: Person) -> object:
        return statements.confirm(queries.statement(accountant, id), lines, actor=accountant)

    def typed(accountant: Person) -> object:
        return payments.pay(awards.claim(accountant, ground.claim_ids[1]), "BY-HAND", DAY, actor=accountant)

    ended = race(own_app, [done_by(ground, "accountant", confirmed), done_by(ground, "second", typed)])
    assert ended["done"] >= 1 and set(ended) <= {"done", "WrongState", "Refused"}
    if ended["done"] == 1:  # whoever was told so looks again, and finds it paid
        db.session.rollback()
        confirmed(ground.who("accountant"))
    sound(ground, 3 * AMOUNT)


def test_a_return_races_a_payment(own_app: Flask, ground: Ground) -> None:
    ground.remitted(0)
    db.session.commit()

    def paid(accountant: Person) -> object:
        return payments.pay(awards.claim(accountant, ground.claim_ids[0]), "VIR-0", DAY, actor=accountant)

    def returned(accountant: Person) -> object:
        claim = awards.claim(accountant, ground.claim_ids[0])
        return payments.return_payment(claim, "Closed.", DAY, actor=accountant)

    ended = race(own_app, [done_by(ground, "accountant", paid), done_by(ground, "second", returned)])
    assert ended["done"] >= 1 and set(ended) <= {"done", "WrongState"}
    db.session.rollback()
    assert ground.claim(0).state == ClaimState.RETURNED
    assert queries.alive(ground.claim_ids[0]) is None
    sound(ground, 0)


def test_the_last_of_a_debt_is_collected_once(own_app: Flask, ground: Ground) -> None:
    ground.paid(0)
    made: Any = recoveries.establish(ground.award(0), Money(AMOUNT, MAD), "Not spent.", actor=ground.who("authorising"))
    id = made.id
    recoveries.notify_recovery(
        queries.recovery(ground.who("authorising"), id), now().date(), actor=ground.who("authorising")
    )
    db.session.commit()

    def act(accountant: Person) -> object:
        recovery, reference = queries.recovery(accountant, id), f"REC-{accountant.id.hex[-6:]}"
        return recoveries.collect(recovery, Money(AMOUNT, MAD), reference, now().date(), actor=accountant)

    ended = race(own_app, [done_by(ground, "accountant", act), done_by(ground, "second", act)])
    assert ended["done"] == 1 and sum(ended.values()) == 2
    db.session.rollback()
    assert db.session.scalar(select(func.sum(Receipt.amount_minor))) == AMOUNT
    found = balances([ground.fund_id])[ground.fund_id]
    assert (found[Stage.RECOVERED].minor, found[Stage.TO_RECOVER].minor) == (AMOUNT, 0)
