"""Whoever owes money is written to before the day and after it, once each time, until it has come."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from grants.calls.models import Instrument
from grants.core.clock import now
from grants.core.db import db
from grants.core.types import Money
from grants.messages.models import Promise
from grants.payments import queries
from grants.payments.models import RecoveryTerm, Repayment
from tests.messages.test_reminders import as_due
from tests.payments.ground import AMOUNT, DAY, lay
from workflows import money_mails
from workflows import recovery as recoveries
from workflows import repayment as repayments
from workflows.recovery import Term
from workflows.reminders import occurrences, promise_due


def said(day: date) -> list[tuple[str, str]]:
    """What is due at noon of this day, by rule and offset."""
    return sorted({(one.rule.name, one.owed.slot.split("Z")[1]) for one in occurrences(noon(day))})


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@pytest.fixture
def advance(app):
    """An advance with a repayment in fifty days."""
    ground = lay(1, instrument=Instrument.REPAYABLE_ADVANCE)
    ground.ordered(0)
    ground.paid(0)
    call = queries.ruled_call(ground.who("officer"), ground.award(0).call_id)
    repayments.set_rule(call, 2, 2, 6, None, actor=ground.who("officer"))
    made = repayments.schedule_repayments(ground.award(0), actor=ground.who("authorising"))
    ground.ids = [one.id for one in made]
    db.session.get_one(Repayment, ground.ids[0]).due_on = now().date() + timedelta(days=50)
    db.session.commit()
    return ground


@pytest.fixture
def debt(app):
    """A recovery established on a payment."""
    ground = lay(1)
    ground.ordered(0)
    ground.paid(0)
    made = recoveries.establish(ground.award(0), Money(AMOUNT, "MAD"), "Not spent.", actor=ground.who("authorising"))
    ground.recovery_id = made.id
    return ground


def test_a_repayment_is_announced_and_asked_for_until_it_has_come(advance):
    due = now().date() + timedelta(days=50)
    for days in (-15, -3, 1, 15, 30):
        assert said(due + timedelta(days=days)) == [("repayment_due", f"{days:+d}d")]
    assert said(due) == [] or said(due) == [("repayment_due", "-3d")], "nothing new on the day itself"
    one = queries.repayment(advance.who("accountant"), advance.ids[0])
    repayments.record_repayment(one, Money(1, "MAD"), "RB-0", DAY, actor=advance.who("accountant"))
    assert said(due + timedelta(days=1)) != [], "a part of it is not all of it"
    one = queries.repayment(advance.who("accountant"), advance.ids[0])
    repayments.record_repayment(one, one.left, "RB-1", DAY, actor=advance.who("accountant"))
    assert said(due + timedelta(days=1)) == []


def test_what_became_a_recovery_is_asked_for_as_one(advance):
    late = queries.repayment(advance.who("accountant"), advance.ids[0])
    late.due_on = now().date() - timedelta(days=2)
    db.session.commit()
    late = queries.repayment(advance.who("authorising"), advance.ids[0])
    made = repayments.pursue_repayment(late, "Late.", actor=advance.who("authorising"))
    assert said(now().date()) == [], "not before it is notified"
    until = now().date() + timedelta(days=20)
    found = queries.recovery(advance.who("authorising"), made.id)
    recoveries.notify_recovery(found, until, actor=advance.who("authorising"))
    assert said(until + timedelta(days=1)) == [("recovery_due", "+1d")]


def test_each_instalment_of_a_recovery_is_asked_for_by_what_was_received(debt):
    first, second = (now().date() + timedelta(days=days) for days in (40, 80))
    orderer = debt.who("authorising")
    recoveries.notify_recovery(queries.recovery(orderer, debt.recovery_id), first, actor=orderer)
    terms = [Term(first, Money(AMOUNT // 4, "MAD")), Term(second, Money(AMOUNT - AMOUNT // 4, "MAD"))]
    orderer = debt.who("authorising")
    recoveries.agree_instalments(queries.recovery(orderer, debt.recovery_id), terms, actor=orderer)
    assert said(first + timedelta(days=1)) == [("recovery_term_due", "+1d")], "the day of the order counts no more"
    accountant = debt.who("accountant")
    recovery = queries.recovery(accountant, debt.recovery_id)
    recoveries.collect(recovery, Money(AMOUNT // 4, "MAD"), "REC-1", now().date(), actor=accountant)
    assert said(first + timedelta(days=1)) == []
    assert said(second - timedelta(days=3)) == [("recovery_term_due", "-3d")]


def test_the_letter_says_what_is_left_and_goes_once_to_each_owner(debt):
    orderer, today = debt.who("authorising"), now().date()
    recoveries.notify_recovery(queries.recovery(orderer, debt.recovery_id), today + timedelta(days=10), actor=orderer)
    orderer, due = debt.who("authorising"), today + timedelta(days=20)
    terms = [Term(due, Money(AMOUNT, "MAD"))]
    recoveries.agree_instalments(queries.recovery(orderer, debt.recovery_id), terms, actor=orderer)
    accountant = debt.who("accountant")
    recovery = queries.recovery(accountant, debt.recovery_id)
    recoveries.collect(recovery, Money(AMOUNT // 4, "MAD"), "REC-1", today, actor=accountant)
    owners = promise_due(noon(due - timedelta(days=3)))
    assert owners >= 1 and promise_due(noon(due - timedelta(days=3))) == 0
    db.session.commit()
    kept = db.session.scalars(select(Promise).where(Promise.kind == "recovery_term_due")).all()
    assert len({one.recipient_id for one in kept}) == len(kept) == owners
    assert debt.people["owner"] in {one.recipient_id for one in kept}
    term = db.session.scalars(select(RecoveryTerm)).one()
    assert {one.subject_id for one in kept} == {term.id}
    letter = money_mails.write_term_due(as_due(kept[0]))
    assert letter.subject.args["amount"] == Money(AMOUNT - AMOUNT // 4, "MAD")
