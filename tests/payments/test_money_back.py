"""Statements matched with payments, recoveries, offsets, repayments: with the money beside each step."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from grants.awards.models import ClaimState
from grants.calls.models import Instrument
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Forbidden, NotEnough, Refused
from grants.core.types import Money
from grants.ledger.queries import balances
from grants.ledger.service import Stage, verify
from grants.messages.models import Promise
from grants.payments import queries
from grants.payments.models import RecoveryState, Repayment, RepaymentRule, Statement, StatementLine, Use
from grants.payments.schedule import planned
from grants.payments.statements import Columns, Part, matches, propose, proposed
from tests.payments.ground import AMOUNT, DAY, do, lay, rib
from workflows import payment as payments
from workflows import recovery as recoveries
from workflows import repayment as repayments
from workflows import reversal as reversals
from workflows import statement as statements
from workflows.recovery import Term

HEAD = "Date valeur;Libellé;Référence;Débit;Crédit;RIB"
MAD = "MAD"


@pytest.fixture
def ground(app):
    return lay()


def stands(ground, stage: Stage) -> int:
    return balances([ground.fund_id])[ground.fund_id][stage].minor


def sound(ground) -> bool:
    return verify([ground.fund_id]).broken is None


def brought(ground, *rows: str, closing: int, head: str = HEAD, opening: int = 100_000_000) -> Statement:
    content = "\n".join([head, *rows]).encode()
    made, _ = statements.receive(
        ground.account,
        "releve.csv",
        content,
        opening=(Money(opening, MAD), date(2026, 11, 1)),
        closing=(Money(closing, MAD), date(2026, 11, 30)),
        actor=ground.who("accountant"),
    )
    return queries.statement(ground.who("accountant"), made.id)


def debit(ground, n: int) -> str:
    return f"21/11/2026;VIREMENT {ground.order(n).number};B{n};200 000,00;;{rib(n + 1)}"


def test_two_paid_and_one_returned_from_a_statement(ground):
    ground.ordered()
    ground.remitted()
    rejected = f"26/11/2026;REJET {ground.order(2).number};R2;;200 000,00;"
    rows = [*(debit(ground, n) for n in range(3)), "25/11/2026;Frais;F1;12,00;;", rejected]
    one = brought(ground, *rows, closing=100_000_000 - 2 * AMOUNT - 1_200)
    assert one.read_at is None, "a person says the columns of the first one"
    statements.say_columns(one, propose(one.shape["headings"]), actor=ground.who("accountant"))
    accountant = ground.who("accountant")
    one = queries.statement(accountant, one.id)
    lines = queries.statement_lines(one.id)
    orders = queries.awaited(ground.account_id)
    found = {line.position: proposed(matches(line, orders, set())) for line in lines}
    chosen = {line.id: found[line.position].order.id for line in lines[:3]}
    assert [found[n].order.claim_id for n in (1, 2, 3)] == ground.claim_ids
    assert statements.confirm(one, chosen, actor=accountant) == 3
    one = queries.statement(ground.who("accountant"), one.id)
    lines = queries.statement_lines(one.id)
    back = proposed(matches(lines[4], queries.awaited(ground.account_id), queries.already_seen(chosen.values())))
    statements.confirm(one, {lines[4].id: back.order.id, lines[3].id: None}, actor=ground.who("accountant"))
    assert [ground.claim(n).state for n in range(3)] == [ClaimState.PAID, ClaimState.PAID, ClaimState.RETURNED]
    assert (stands(ground, Stage.PAID), stands(ground, Stage.PAYABLE)) == (2 * AMOUNT, AMOUNT)
    one = queries.statement(ground.who("accountant"), one.id)
    assert statements.difference_of(one).minor == 0
    assert sound(ground)


def test_a_line_serves_once_and_an_amount_must_be_the_payments(ground):
    ground.ordered()
    ground.remitted()
    one = brought(ground, debit(ground, 0), "21/11/2026;X;B9;5,00;;", closing=0)
    statements.say_columns(one, propose(one.shape["headings"]), actor=ground.who("accountant"))
    one = queries.statement(ground.who("accountant"), one.id)
    first, wrong = (line.id for line in queries.statement_lines(one.id))
    target, other = ground.order(0).id, ground.order(1).id
    statements.confirm(one, {first: target}, actor=ground.who("accountant"))
    for chosen, why in [({first: other}, "a line serves once"), ({wrong: other}, "is about")]:
        one = queries.statement(ground.who("accountant"), one.id)
        with pytest.raises(Refused, match=why):
            statements.confirm(one, chosen, actor=ground.who("accountant"))
    assert statements.confirm(
        queries.statement(ground.who("accountant"), one.id), {first: target}, actor=ground.who("accountant")
    ) == 0  # fmt: skip


def test_the_next_statement_needs_nobody_and_brings_only_new_lines(ground):
    ground.ordered()
    ground.remitted()
    one = brought(ground, debit(ground, 0), closing=0)
    statements.say_columns(one, propose(one.shape["headings"]), actor=ground.who("accountant"))
    two = brought(ground, debit(ground, 0), debit(ground, 1), closing=0)
    assert two.read_at is not None
    assert two.known == 1
    assert len(queries.statement_lines(two.id)) == 1


def test_a_difference_is_seen_and_written_to_accountants(ground):
    ground.ordered()
    ground.paid()
    one = brought(ground, debit(ground, 0), closing=100_000_000 - 3 * AMOUNT + 7)
    statements.say_columns(one, propose(one.shape["headings"]), actor=ground.who("accountant"))
    statements.check_statements()
    nightly = db.session.scalars(
        select(Promise).where(Promise.kind == "check_statement", Promise.slot == f"{now():%Y-%m-%d}")
    ).one()
    do(nightly.id)
    assert db.session.get_one(Statement, one.id).difference_minor == 7
    told = db.session.scalars(select(Promise.recipient_id).where(Promise.kind == "tell_of_difference")).all()
    assert set(told) == {ground.people["accountant"], ground.people["other"]}


@pytest.mark.parametrize(
    ("cell", "minor"),
    [("-200 000,00", -AMOUNT), ("(200000.00)", -AMOUNT), ("200 000,00-", -AMOUNT), ("+5,00", 500), ("0,00", None)],
)
def test_a_signed_amount(ground, cell, minor):
    one = brought(ground, f"21/11/2026;{cell};x", "22/11/2026;1,00;y", closing=0, head="Date;Montant;Libellé")
    columns = Columns({Part.BOOKED_ON: "Date", Part.AMOUNT: "Montant"})
    statements.say_columns(one, columns, actor=ground.who("accountant"))
    found = [line.amount_minor for line in queries.statement_lines(one.id)]
    assert found == ([minor, 100] if minor is not None else [100])


def test_a_reversal_frees_the_line_of_the_statement(ground):
    ground.ordered(0)
    ground.remitted(0)
    one = brought(ground, debit(ground, 0), closing=0)
    statements.say_columns(one, propose(one.shape["headings"]), actor=ground.who("accountant"))
    line = queries.statement_lines(one.id)[0].id
    one = queries.statement(ground.who("accountant"), one.id)
    statements.confirm(one, {line: ground.order(0).id}, actor=ground.who("accountant"))
    asked = reversals.ask_reversal(ground.order(0), "Wrong.", actor=ground.who("accountant"))
    reversals.confirm_reversal(queries.reversal(ground.who("other"), asked.id), actor=ground.who("other"))
    assert db.session.get_one(StatementLine, line).used_as is None
    one = queries.statement(ground.who("accountant"), one.id)
    statements.confirm(one, {line: ground.order(0).id}, actor=ground.who("accountant"))
    assert db.session.get_one(StatementLine, line).used_as == Use.PAYMENT
    assert stands(ground, Stage.PAID) == AMOUNT


# --- recovery -------------------------------------------------------------------------------------------------


def recovery(ground, id):
    return queries.recovery(ground.who("accountant"), id)


@pytest.fixture
def owed(ground):
    """50 000.00 to come back of a payment of 200 000.00, notified."""
    ground.ordered(0)
    ground.paid(0)
    made = recoveries.establish(ground.award(0), Money(5_000_000, MAD), "Not spent.", actor=ground.who("authorising"))
    recoveries.notify_recovery(recovery(ground, made.id), date(2026, 12, 31), actor=ground.who("authorising"))
    return made.id


def test_by_instalments_to_the_last(ground, owed):
    terms = [Term(date(2027, n, 1), Money(2_500_000, MAD)) for n in (1, 2)]
    recoveries.agree_instalments(recovery(ground, owed), terms, actor=ground.who("authorising"))
    for _ in range(2):  # a double click
        recoveries.collect(recovery(ground, owed), Money(2_500_000, MAD), "R1", DAY, actor=ground.who("accountant"))
    assert recovery(ground, owed).state == RecoveryState.INSTALMENTS
    recoveries.collect(recovery(ground, owed), Money(2_500_000, MAD), "R2", DAY, actor=ground.who("accountant"))
    assert recovery(ground, owed).state == RecoveryState.COLLECTED
    assert (stands(ground, Stage.RECOVERED), stands(ground, Stage.PAID)) == (5_000_000, AMOUNT - 5_000_000)
    assert sound(ground)


def test_no_more_than_was_paid(ground, owed):
    with pytest.raises(NotEnough, match="cannot be recovered"):
        recoveries.establish(ground.award(0), Money(AMOUNT, MAD), "All.", actor=ground.who("authorising"))
    with pytest.raises(Refused, match="At most"):
        recoveries.collect(recovery(ground, owed), Money(5_000_001, MAD), "R1", DAY, actor=ground.who("accountant"))
    terms = [Term(date(2027, 1, 1), Money(1, MAD))]
    with pytest.raises(Refused, match="add up"):
        recoveries.agree_instalments(recovery(ground, owed), terms, actor=ground.who("authorising"))


def test_written_off_by_the_committee_alone(ground, owed):
    for key in ("authorising", "accountant"):
        with pytest.raises(Forbidden, match="strategic committee"):
            recoveries.write_off(recovery(ground, owed), "Bankrupt.", actor=ground.who(key))
    recoveries.write_off(recovery(ground, owed), "Bankrupt.", actor=ground.who("committee"))
    assert recovery(ground, owed).state == RecoveryState.WRITTEN_OFF
    assert (stands(ground, Stage.TO_RECOVER), stands(ground, Stage.PAID)) == (0, AMOUNT)


def test_kept_back_from_the_next_payment_and_given_back_when_it_returns(app):
    ground = lay(2, one_beneficiary=True)
    ground.ordered(0)
    ground.paid(0)
    made = recoveries.establish(ground.award(0), Money(5_000_000, MAD), "Not spent.", actor=ground.who("authorising"))
    recoveries.notify_recovery(recovery(ground, made.id), date(2026, 12, 31), actor=ground.who("authorising"))
    recoveries.keep_back_from_payments(recovery(ground, made.id), actor=ground.who("authorising"))
    ground.ordered(1)
    batch = ground.remitted(1)
    assert (batch.total_minor, ground.order(1).offset_minor) == (AMOUNT - 5_000_000, 5_000_000)
    with pytest.raises(Refused, match="At most"):  # it is on its way
        recoveries.collect(recovery(ground, made.id), Money(1, MAD), "R9", DAY, actor=ground.who("accountant"))
    payments.pay(ground.claim(1), "VIR-9", DAY, actor=ground.who("accountant"))
    assert recovery(ground, made.id).state == RecoveryState.COLLECTED
    assert stands(ground, Stage.RECOVERED) == 5_000_000
    payments.return_payment(ground.claim(1), "Closed.", DAY, actor=ground.who("accountant"))
    assert (recovery(ground, made.id).state, recovery(ground, made.id).received_minor) == (RecoveryState.OFFSET, 0)
    assert (stands(ground, Stage.RECOVERED), stands(ground, Stage.TO_RECOVER)) == (0, 5_000_000)
    assert sound(ground)
    ground.ordered(1)
    assert ground.remitted(1).total_minor == AMOUNT - 5_000_000


# --- repayment ------------------------------------------------------------------------------------------------


@given(
    minor=st.integers(1, 10**12),
    count=st.integers(1, 120),
    grace=st.integers(0, 120),
    period=st.integers(1, 24),
    day=st.dates(date(2020, 1, 1), date(2040, 12, 31)),
)
def test_a_schedule_adds_up_and_goes_forward(minor, count, grace, period, day):
    rule = RepaymentRule(grace_months=grace, repayments=count, period_months=period)
    made = planned(minor, day, rule)
    assert sum(amount for _, amount in made) == minor
    assert all(amount > 0 for _, amount in made)
    assert [due for due, _ in made] == sorted({due for due, _ in made})
    assert made[0][0] > day
    assert len(made) == min(count, minor)


def test_an_advance_is_repaid_and_what_is_late_is_recovered(app):
    ground = lay(1, instrument=Instrument.REPAYABLE_ADVANCE)
    ground.ordered(0)
    ground.paid(0)
    with pytest.raises(Refused, match="does not say"):
        repayments.schedule_repayments(ground.award(0), actor=ground.who("authorising"))
    call = queries.ruled_call(ground.who("officer"), ground.award(0).call_id)
    repayments.set_rule(call, 2, 3, 6, None, actor=ground.who("officer"))
    made = repayments.schedule_repayments(ground.award(0), actor=ground.who("authorising"))
    ids = [one.id for one in made]
    assert [one.due_on for one in made] == [date(2027, 7, 20), date(2028, 1, 20), date(2028, 7, 20)]
    assert stands(ground, Stage.TO_REPAY) == AMOUNT
    with pytest.raises(Refused, match="waits for a schedule"):
        repayments.schedule_repayments(ground.award(0), actor=ground.who("authorising"))

    def one(n: int) -> Repayment:
        return queries.repayment(ground.who("accountant"), ids[n])

    part = one(0).left
    for _ in range(2):  # a double click
        repayments.record_repayment(one(0), part, "RB-1", DAY, actor=ground.who("accountant"))
    assert (stands(ground, Stage.REPAID), one(0).left.minor) == (part.minor, 0)
    with pytest.raises(Refused, match="not late"):
        repayments.pursue_repayment(one(1), "Late.", actor=ground.who("authorising"))
    late = one(1)
    late.due_on = now().date() - timedelta(days=2)
    db.session.commit()
    recovered = repayments.pursue_repayment(one(1), "Late.", actor=ground.who("authorising"))
    assert recovered.amount_minor == part.minor
    assert one(1).recovery_id == recovered.id
    assert stands(ground, Stage.TO_RECOVER) == part.minor
    with pytest.raises(Refused, match="turned into a recovery"):
        repayments.record_repayment(one(1), part, "RB-2", DAY, actor=ground.who("accountant"))
    assert sound(ground)
