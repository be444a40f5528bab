"""Batches, transfer lists, payments, returns, reversals: with the money beside each step."""

import hashlib
from datetime import date

import pytest
from flask import current_app
from sqlalchemy import func, select, update

from grants.awards.models import ClaimState
from grants.core.db import db
from grants.core.errors import Forbidden, Refused, WrongState
from grants.core.storage import storage
from grants.ledger.queries import balances
from grants.ledger.service import Stage, verify
from grants.ledger.tables import op
from grants.messages.models import Status
from grants.payments import queries
from grants.payments.models import BatchState
from grants.payments.transfers import What
from grants.people.models import Role
from grants.profiles.models import AccountState, BankAccount
from tests.factories import with_role
from tests.payments.ground import AMOUNT, DAY, do, lay, rib
from workflows import batch as batches
from workflows import payment as payments
from workflows import reversal as reversals


@pytest.fixture
def ground(app):
    return lay()


def standing(ground, stage: Stage) -> int:
    return balances([ground.fund_id])[ground.fund_id][stage].minor


def posted(ground, kind: str) -> int:
    counted = select(func.count()).select_from(op).where(op.c.fund_id == ground.fund_id, op.c.kind == kind)
    return db.session.scalar(counted) or 0


def file_of(digest: str) -> bytes:
    return b"".join(storage(current_app.extensions["settings"]).read(digest))


def test_a_batch_is_remitted_then_written_once(ground):
    ground.ordered()
    batch = ground.remitted()
    assert batch.state == BatchState.WRITTEN
    assert (batch.lines, batch.total_minor, batch.ledger_minor) == (3, 3 * AMOUNT, 3 * AMOUNT)
    assert standing(ground, Stage.REMITTED) == 3 * AMOUNT
    content = file_of(batch.csv_sha256)
    assert hashlib.sha256(content).hexdigest() == batch.csv_sha256
    lines = content.decode("utf-8-sig").splitlines()
    assert lines[0] == "N°;Référence;Bénéficiaire;Banque;RIB;Montant;Devise;Motif"
    assert len(lines) == 4
    assert [one.split(";")[4] for one in lines[1:]] == [rib(1), rib(2), rib(3)]
    assert '"200000,00"' in lines[1]
    assert do(batch.promise_id).status == Status.DONE  # rung twice: nothing more happens
    assert posted(ground, "remit") == 3
    assert ground.batch(batch.id).csv_sha256 == batch.csv_sha256
    assert verify([ground.fund_id]).broken is None


def test_columns_are_those_of_the_bank(ground):
    wanted = [(What.ACCOUNT, "Compte"), (What.HOLDER, "Nom"), (What.AMOUNT, "=Somme"), (What.DAY, "Date")]
    batches.set_columns(ground.account, wanted, ",", ".", None, actor=ground.who("accountant"))
    ground.ordered()
    lines = file_of(ground.remitted().csv_sha256).decode("utf-8-sig").splitlines()
    assert lines[0] == "Compte,Nom,'=Somme,Date"
    assert lines[1] == f"{rib(1)},Société 1,200000.00,20/11/2026"


def test_a_list_needs_its_columns(ground):
    with pytest.raises(Refused, match="at least the holder"):
        batches.set_columns(ground.account, [(What.AMOUNT, "Montant")], ";", ",", None, actor=ground.who("accountant"))


def withdraw_account(n: int) -> None:
    db.session.execute(
        update(BankAccount).where(BankAccount.holder == f"Société {n}").values({"state": AccountState.WITHDRAWN.value})
    )
    db.session.commit()


def test_no_order_without_a_verified_account(ground):
    withdraw_account(1)
    with pytest.raises(Refused, match="no verified bank account"):
        payments.order(ground.claim(0), actor=ground.who("authorising"))


def test_an_account_withdrawn_meanwhile_is_not_gathered(ground):
    ground.ordered()
    withdraw_account(2)
    with pytest.raises(Refused, match="no longer a verified one"):
        ground.gathered()


def test_an_account_withdrawn_at_the_last_moment_is_set_aside(ground):
    ground.ordered()
    made = ground.gathered()
    withdraw_account(2)
    batches.remit(ground.batch(made.id), actor=ground.who("accountant"))
    do(ground.batch(made.id).promise_id)
    batch = ground.batch(made.id)
    assert (batch.lines, batch.total_minor) == (2, 2 * AMOUNT)
    assert "no longer" in str(ground.order(1).why_set_aside)
    assert ground.claim(1).state == ClaimState.APPROVED


def test_the_snapshot_is_what_the_bank_reads(ground):
    ground.ordered()
    changed = update(BankAccount).where(BankAccount.holder == "Société 1")
    db.session.execute(changed.values(number=rib(77), ending=rib(77)[-4:]))
    db.session.commit()
    with pytest.raises(Refused, match="has changed since"):
        ground.gathered()


def test_an_order_goes_in_one_batch(ground):
    ground.ordered()
    ground.gathered(0)
    db.session.commit()
    with pytest.raises(Refused, match="in another batch"):
        ground.gathered(0, 1)


def test_left_out_and_given_up(ground):
    ground.ordered()
    batch = ground.gathered()
    batches.leave_out(ground.order(0), actor=ground.who("accountant"))
    assert len(queries.lines(batch.id)) == 2
    batches.abandon_batch(ground.batch(batch.id), actor=ground.who("accountant"))
    assert len(queries.gatherable(ground.fund_id)) == 3


def test_who_ordered_neither_gathers_nor_pays(ground):
    with_role(Role.ACCOUNTANT, fund=ground.fund, person=ground.who("authorising"))
    db.session.commit()
    payments.order(ground.claim(0), actor=ground.who("authorising"))
    with pytest.raises(Forbidden, match="You ordered this payment"):
        payments.approve_order(ground.claim(0), actor=ground.who("authorising"))
    payments.approve_order(ground.claim(0), actor=ground.who("accountant"))
    db.session.commit()
    with pytest.raises(Forbidden, match="You ordered this payment"):
        batches.gather(ground.fund, ground.account, [ground.order(0).id], DAY, actor=ground.who("authorising"))
    ground.remitted(0)
    with pytest.raises(Forbidden, match="You ordered this payment"):
        payments.pay(ground.claim(0), "VIR-1", DAY, actor=ground.who("authorising"))


def test_paid_once_whatever_is_pressed(ground):
    ground.ordered()
    ground.remitted()
    for _ in range(2):
        payments.pay(ground.claim(0), "VIR-1", DAY, actor=ground.who("accountant"))
    assert standing(ground, Stage.PAID) == AMOUNT
    assert ground.order(0).paid_op is not None


@pytest.mark.parametrize("paid", [True, False])
def test_what_the_bank_returns_is_ordered_again(ground, paid):
    ground.ordered(0)
    ground.remitted(0)
    first = ground.order(0)
    if paid:
        payments.pay(ground.claim(0), "VIR-1", DAY, actor=ground.who("accountant"))
    payments.return_payment(ground.claim(0), "Account closed.", date(2026, 11, 22), actor=ground.who("accountant"))
    claim = ground.claim(0)
    assert (claim.state, claim.return_reason, claim.paid_by_id) == (ClaimState.RETURNED, "Account closed.", None)
    assert standing(ground, Stage.PAYABLE) == 3 * AMOUNT
    ground.ordered(0)
    assert ground.order(0).id != first.id
    assert ground.order(0).number.endswith("-2")
    ground.paid(0)
    assert standing(ground, Stage.PAID) == AMOUNT
    assert verify([ground.fund_id]).broken is None


def test_a_reversal_wants_two_people_and_gives_the_payment_back_to_the_bank(ground):
    ground.ordered(0)
    ground.paid(0)
    asked = reversals.ask_reversal(ground.order(0), "Wrong line.", actor=ground.who("accountant"))
    again = reversals.ask_reversal(ground.order(0), "Wrong line.", actor=ground.who("accountant"))
    assert asked.id == again.id
    db.session.commit()
    with pytest.raises(Forbidden, match="somebody else confirms"):
        reversals.confirm_reversal(queries.reversal(ground.who("accountant"), asked.id), actor=ground.who("accountant"))
    for _ in range(2):
        reversals.confirm_reversal(queries.reversal(ground.who("other"), asked.id), actor=ground.who("other"))
    assert ground.claim(0).state == ClaimState.REMITTED
    assert (standing(ground, Stage.PAID), standing(ground, Stage.REMITTED)) == (0, AMOUNT)
    assert posted(ground, "reverse") == 1
    payments.pay(ground.claim(0), "VIR-0", DAY, actor=ground.who("accountant"))  # the same reference, truly now
    assert standing(ground, Stage.PAID) == AMOUNT
    assert verify([ground.fund_id]).broken is None


def test_nothing_is_paid_before_it_is_sent(ground):
    ground.ordered(0)
    with pytest.raises(WrongState):
        payments.pay(ground.claim(0), "VIR-1", DAY, actor=ground.who("accountant"))


def test_who_sees_a_batch_is_who_the_policy_allows(ground):
    from grants.payments import policy

    ground.ordered()
    batch = ground.gathered()
    for key in ground.people:
        person = ground.who(key)
        seen = db.session.scalars(queries.visible_batches(person)).unique().all()
        assert bool(seen) == policy.view_batch.allows(person, ground.batch(batch.id)), key
