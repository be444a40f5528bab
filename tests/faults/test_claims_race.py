"""Two officers end the check of one claim at once; two of the beneficiary write one invoice at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from grants.awards import invoices, queries
from grants.awards.claim_basis import invoices_of
from grants.awards.models import ClaimState
from grants.core.audit import Event
from grants.core.db import db
from grants.core.errors import LostUpdate, WrongState
from grants.people.models import Person
from tests.awards.claim_ground import YES, begun, ground, judge, said
from workflows import claim as claims

HANDS = 4


def attempt(app: Flask, act: Any) -> str:
    with app.app_context():
        try:
            act()
            return "done"
        except (LostUpdate, WrongState) as problem:
            return type(problem).__name__
        finally:
            db.session.remove()


def person(id: UUID) -> Person:
    return db.session.get_one(Person, id)


def test_a_check_ends_once(own_app: Flask) -> None:
    on = ground()
    id = begun(on, 2, said(on, 1), said(on, 2, 50_000))
    judge(on, id, YES, YES)
    officers = [on.stage.officer.id, on.stage.second_officer.id] * (HANDS // 2)
    db.session.commit()

    def end(officer: UUID) -> str:
        return attempt(
            own_app, lambda: claims.check(queries.claim(person(officer), id), None, "", actor=person(officer))
        )

    with ThreadPoolExecutor(HANDS) as pool:
        ended = list(pool.map(end, officers))
    db.session.rollback()
    assert set(ended) <= {"done", "WrongState"} and "done" in ended
    checks = select(func.count()).select_from(Event).where(Event.subject_id == id, Event.name == "claim.check")
    assert db.session.scalar(checks) == 1
    assert on.claim(id).state == ClaimState.CHECKED


def test_of_many_who_write_one_invoice_one_is_kept(own_app: Flask) -> None:
    on = ground()
    id = claims.begin(on.instalments[1], actor=on.owner).id
    invoice, owner = invoices.add(on.claim(id), actor=on.owner).id, on.owner.id
    seen = invoices.own_invoice(on.owner, invoice).version
    rows = [said(on, n, 1_000 * n) for n in range(1, HANDS + 1)]
    db.session.commit()

    def write(row: Any) -> str:
        return attempt(
            own_app,
            lambda: invoices.write(invoices.own_invoice(person(owner), invoice), row, seen, actor=person(owner)),
        )

    with ThreadPoolExecutor(HANDS) as pool:
        ended = list(pool.map(write, rows))
    db.session.rollback()
    assert sorted(ended) == ["LostUpdate"] * (HANDS - 1) + ["done"]
    assert [one.number for one in invoices_of(on.claim(id))] == [rows[ended.index("done")].number]
