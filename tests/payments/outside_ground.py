"""A fund with awards imported by the real job, the people who bring and confirm, and files of lines."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import openpyxl
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from grants.awards import import_queries
from grants.awards import queries as awards
from grants.awards.import_kept import unpack_remark
from grants.awards.models import Agreement, Award
from grants.core.db import db, transaction
from grants.funds.models import Fund
from grants.ledger.queries import Standing, balances, by_grant
from grants.ledger.service import open_fund, verify
from grants.payments import outside_queries as queries
from grants.payments.models import OutsideImport
from grants.people.models import Person, Role
from tests.factories import FundFactory, with_role
from workflows import imports, outbox, outside

HEAD = ["Award reference", "What the line says", "Date", "Amount", "Currency", "Bank reference", "What for"]
PAST: Sequence[Sequence[Any]] = (
    ("A1", "Atlas Numérique", 1_000, date(2022, 3, 1), "Capteurs"),
    ("A2", "Rif Santé", 500, date(2023, 6, 15), "Dossier partagé"),
)


@dataclass
class Ground:
    """Ids: a commit expires what was loaded, so each step reads anew, as a request does."""

    fund_id: UUID
    people: dict[str, UUID]

    def who(self, key: str) -> Person:
        asked = select(Person).where(Person.id == self.people[key]).options(selectinload(Person.appointments))
        return db.session.scalars(asked, execution_options={"populate_existing": True}).one()

    @property
    def fund(self) -> Fund:
        asked = select(Fund).where(Fund.id == self.fund_id).options(joinedload(Fund.cluster))
        return db.session.scalars(asked, execution_options={"populate_existing": True}).one()

    def receive(self, content: bytes, who: str = "manager") -> OutsideImport:
        one, _ = outside.receive(self.fund, "paid.xlsx", content, actor=self.who(who))
        db.session.commit()
        return again(one.id)

    def read(self, *rows: Sequence[Any], head: Sequence[str] = HEAD) -> OutsideImport:
        return self.receive(book(*rows, head=head))

    def enter(self, *rows: Sequence[Any]) -> OutsideImport:
        """Brought, confirmed by another, entered by the worker."""
        return self.carry(self.read(*rows).id)

    def carry(self, id: UUID) -> OutsideImport:
        outside.confirm(again(id), actor=self.who("accountant"))
        db.session.commit()
        promise_id = again(id).promise_id
        assert promise_id
        outbox.attempt(promise_id)
        db.session.expire_all()
        return again(id)

    def undo(self, id: UUID, reason: str = "The wrong file") -> OutsideImport:
        outside.undo(again(id), reason, actor=self.who("accountant"))
        db.session.commit()
        return again(id)

    def award(self, reference: str) -> Award:
        db.session.expire_all()
        return db.session.scalars(select(Award).where(Award.external_id == reference)).one()

    def agreement(self, reference: str) -> Agreement:
        award_id = self.award(reference).id
        agreement = awards.award(self.who("accountant"), award_id).agreement
        assert agreement is not None
        return agreement

    def stands(self, reference: str) -> Standing:
        award_id = self.award(reference).id
        return by_grant(self.fund_id, [award_id])[award_id]

    @property
    def standing(self) -> Standing:
        return balances([self.fund_id])[self.fund_id]

    @property
    def operations(self) -> int:
        proof = verify([self.fund_id])
        assert proof.broken is None, str(proof.broken)
        return proof.operations


def again(id: UUID) -> OutsideImport:
    return db.session.scalars(queries.whole(id), execution_options={"populate_existing": True}).unique().one()


def said(one: OutsideImport) -> list[tuple[int, str, str]]:
    """Row, column and sentence of every refusal."""
    kept = [unpack_remark(remark) for remark in one.remarks]
    return [(remark.row, remark.column, str(remark.text).replace("\xa0", " ")) for remark in kept if remark.refused]


def paid(award: str, day: Any, amount: Any, reference: str, kind: str = "Payment on costs", **more: Any) -> list[Any]:
    return [award, kind, day, amount, more.get("currency", "MAD"), reference, more.get("purpose", "")]


def book(*rows: Sequence[Any], head: Sequence[str] = HEAD) -> bytes:
    made = openpyxl.Workbook()
    assert made.active is not None
    for row in (head, *rows):
        made.active.append(list(row))
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def lay(past: Sequence[Sequence[Any]] = PAST) -> Ground:
    """Past awards, committed on the day they were awarded."""
    with transaction():
        fund = FundFactory()
        open_fund(fund.id, fund.code, fund.currency)
        people = {
            "officer": with_role(Role.OFFICER, fund=fund),
            "manager": with_role(Role.FUND_MANAGER, fund=fund),
            "accountant": with_role(Role.ACCOUNTANT, fund=fund),
            "auditor": with_role(Role.AUDITOR, fund=fund),
        }
        ground = Ground(fund.id, {key: one.id for key, one in people.items()})
    content = book(*past, head=["Ref", "Grantee", "Amount awarded", "Award date", "Title"])
    one, _ = imports.receive(ground.fund, "past.xlsx", content, actor=ground.who("officer"))
    id = one.id
    db.session.commit()
    whole = db.session.scalars(import_queries.whole(id)).unique().one()
    imports.confirm(whole, actor=ground.who("officer"))
    db.session.commit()
    whole = db.session.scalars(import_queries.whole(id), execution_options={"populate_existing": True}).unique().one()
    assert whole.promise_id
    outbox.attempt(whole.promise_id)
    db.session.expire_all()
    return ground
