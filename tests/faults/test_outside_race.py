"""Two workers enter two files that hold the same payment; two accountants confirm one file."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from grants.core.db import db, transaction
from grants.core.errors import WrongState
from grants.ledger.queries import Figure
from grants.messages.models import Promise
from grants.payments.models import OutsideEntry, OutsideState
from grants.people.models import Role
from grants.reports.invariants import offences
from tests.factories import with_role
from tests.payments.outside_ground import Ground, again, lay, paid
from tests.payments.test_outside import FIRST
from workflows import outbox, outside


def confirmed(ground: Ground, id: UUID) -> UUID:
    outside.confirm(again(id), actor=ground.who("accountant"))
    db.session.commit()
    promise_id = again(id).promise_id
    assert promise_id
    return promise_id


def test_one_payment_in_two_files_is_entered_once(own_app: Flask) -> None:
    ground = lay()
    shared = paid("A1", FIRST, 400, "VIR-1")
    files = [ground.read(shared, paid("A1", FIRST + timedelta(days=n), 10 * n, f"VIR-{n}")).id for n in (2, 3)]
    promises = [confirmed(ground, id) for id in files]

    def work(promise_id: UUID) -> None:
        with own_app.app_context():
            outbox.attempt(promise_id)
            db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, promises))
    db.session.rollback()
    db.session.expire_all()
    states = [again(id) for id in files]
    assert [one.state for one in states] == [OutsideState.DONE] * 2
    assert sorted(one.known_rows for one in states) == [0, 1]
    assert ground.standing.of(Figure.PAID).minor == 450_00 and not list(offences())
    assert db.session.scalar(select(func.count()).select_from(OutsideEntry)) == 3


def test_a_file_is_confirmed_once(own_app: Flask) -> None:
    ground = lay()
    id = ground.read(paid("A1", FIRST, 400, "VIR-1")).id
    with transaction():
        ground.people["other"] = with_role(Role.ACCOUNTANT, fund=ground.fund).id

    def confirm(who: str) -> str:
        with own_app.app_context():
            try:
                outside.confirm(again(id), actor=ground.who(who))
                return "done"
            except WrongState:
                return "refused"
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(confirm, ("accountant", "other"))) == ["done", "refused"]
    db.session.rollback()
    made = select(func.count()).select_from(Promise).where(Promise.subject_id == id)
    assert db.session.scalar(made) == 1
