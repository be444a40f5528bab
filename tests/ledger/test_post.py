"""The door through which money moves: what it lets through, what it refuses and in which words."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from grants.core.clock import stopped
from grants.core.db import transaction
from grants.core.errors import NotEnough, Refused, WrongState
from grants.core.types import Money
from grants.ledger import queries
from grants.ledger.service import Kind, Line, Place, Stage, key_for, open_fund, post, reversed_lines, verify

MILLION = 100_000_000  # minor units of MAD


def test_money_walks_the_whole_chain(ground):
    grant, first, second = uuid4(), uuid4(), uuid4()
    ground.endow(100 * MILLION)
    ground.step(Kind.RESERVE, "commission", "reserved", 3 * MILLION, grant)
    ground.step(Kind.COMMIT, "reserved", "committed", 3 * MILLION, grant)
    for tranche in (first, second):
        ground.step(Kind.LIQUIDATE, "committed", "payable", MILLION, grant, tranche)
    for kind, source, target in [
        (Kind.ORDER, "payable", "ordered"),
        (Kind.REMIT, "ordered", "remitted"),
        (Kind.PAY, "remitted", "paid"),
    ]:
        ground.step(kind, source, target, MILLION, grant, first)

    standing = queries.balances([ground.fund])[ground.fund]
    assert standing.endowed == standing.envelope == ground.money(100 * MILLION)
    assert standing.free == ground.money(97 * MILLION)
    assert standing.engaged == ground.money(3 * MILLION)
    assert standing.unpaid == ground.money(2 * MILLION)
    assert standing.verified == ground.money(2 * MILLION)
    assert standing.ordered == standing.paid == ground.money(MILLION)
    assert sum(standing.minor.values()) == 0
    assert queries.by_instalment(grant)[first][Stage.PAID] == ground.money(MILLION)
    proof = verify([ground.fund])
    assert (proof.operations, proof.funds, proof.broken) == (10, (ground.code,), None)


def test_not_enough_says_what_is_there_and_what_was_asked(ground):
    ground.endow(1_000_00)
    with pytest.raises(NotEnough) as refusal:
        ground.step(Kind.RESERVE, "commission", "reserved", 1_000_01, uuid4())
    assert str(refusal.value.detail) == (
        "1\u00a0000.01\u00a0MAD is needed from “Available to the commission”, where 1\u00a0000\u00a0MAD is left."
    )
    assert refusal.value.advice
    assert ground.step(Kind.RESERVE, "commission", "reserved", 1_000_00, uuid4()).no == 4


def test_the_same_request_twice_answers_with_the_first_result(ground):
    ground.endow(1_000)
    grant, key = uuid4(), key_for("reserve", ground.fund)
    first = ground.step(Kind.RESERVE, "commission", "reserved", 600, grant, key=key, document="D-1")
    again = ground.step(Kind.RESERVE, "commission", "reserved", 600, grant, key=key, document="D-1")
    assert (first.no, first.replayed, again.no, again.replayed) == (4, False, 4, True)
    assert queries.by_grant(ground.fund)[grant].reserved == ground.money(600)


def test_a_retry_after_midnight_is_still_the_same_request(ground):
    key = key_for("endow", 1)
    with stopped(datetime(2026, 12, 31, 22, 30, tzinfo=UTC)):
        first = ground.step(Kind.ENDOW, "source", "available", 5, key=key)
    with stopped(datetime(2027, 1, 1, 9, 0, tzinfo=UTC)):
        again = ground.step(Kind.ENDOW, "source", "available", 5, key=key)
    assert first.no == again.no and again.replayed
    assert queries.operation(ground.fund, 1)[0].value_date == date(2026, 12, 31)


def test_the_value_date_follows_the_funds_zone(ground):
    with stopped(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)):  # half past midnight in Casablanca
        ground.step(Kind.ENDOW, "source", "available", 5)
    assert queries.operation(ground.fund, 1)[0].value_date == date(2027, 1, 1)


def test_a_key_serves_one_request_only(ground):
    key = uuid4()
    ground.step(Kind.ENDOW, "source", "available", 5, key=key)
    with pytest.raises(WrongState, match="already been used"):
        ground.step(Kind.ENDOW, "source", "available", 6, key=key)


def test_a_document_serves_once_per_kind(ground):
    ground.step(Kind.ENDOW, "source", "available", 5, document="BUD-2026")
    with pytest.raises(WrongState, match="BUD-2026"):
        ground.step(Kind.ENDOW, "source", "available", 5, document="BUD-2026")
    ground.step(Kind.ALLOCATE_CALL, "available", "call", 5, document="BUD-2026")


@pytest.mark.parametrize("step", [("source", "call"), ("available", "commission"), ("source", "available")])
def test_a_stage_cannot_be_skipped(ground, step):
    ground.endow(100)
    with pytest.raises(Refused, match="may not move"):
        ground.step(Kind.ALLOCATE_CALL, *step, 1)


def test_money_does_not_cross_from_grant_to_grant_or_instalment_to_instalment(ground):
    ground.endow(100)
    mine, other, first, second = uuid4(), uuid4(), uuid4(), uuid4()
    ground.bring("payable", 50, mine, first)
    for kind, source, target in [
        (Kind.COMMIT, ground.place("reserved", mine), ground.place("committed", other)),
        (Kind.ORDER, ground.place("payable", mine, first), ground.place("ordered", mine, second)),
        (Kind.ORDER, ground.place("payable", mine, first), ground.place("ordered", other, first)),
    ]:
        with pytest.raises(Refused, match="may not move"):
            ground.move(kind, source, target, 1)


def test_a_second_payment_of_an_instalment_meets_an_empty_account(ground):
    ground.endow(100)
    grant, tranche = uuid4(), uuid4()
    ground.bring("paid", 40, grant, tranche)
    for kind, source, target in [
        (Kind.PAY, "remitted", "paid"),
        (Kind.REMIT, "ordered", "remitted"),
        (Kind.ORDER, "payable", "ordered"),
    ]:
        with pytest.raises(NotEnough):
            ground.step(kind, source, target, 40, grant, tranche)


def test_a_reversal_mirrors_its_operation_once(ground):
    ground.endow(100)
    line = Line(ground.place("call"), ground.place("commission"), ground.money(100))
    with pytest.raises(Refused, match="the other way round"):
        ground.move(Kind.REVERSE, line.target, line.source, 99, reverses=3)
    with transaction():
        undone = post(ground.fund, Kind.REVERSE, reversed_lines([line]), actor=None, key=uuid4(), reverses=3)
    with pytest.raises(WrongState, match="already been reversed"):
        ground.move(Kind.REVERSE, line.target, line.source, 100, reverses=3)
    with pytest.raises(Refused):  # a reversal is not reversed
        ground.move(Kind.REVERSE, line.source, line.target, 100, reverses=undone.no)
    with pytest.raises(Refused):  # nothing but a reversal names another operation
        ground.move(Kind.ALLOCATE_COMMISSION, line.source, line.target, 100, reverses=2)
    with pytest.raises(Refused):  # and a reversal always does
        ground.move(Kind.REVERSE, line.source, line.target, 100)
    assert queries.by_call_and_commission(ground.fund)[ground.call, None][Stage.CALL] == ground.money(100)
    assert verify([ground.fund]).broken is None


def test_what_is_reversed_must_still_be_there(ground):
    ground.endow(100)
    ground.step(Kind.RESERVE, "commission", "reserved", 1, uuid4())
    with pytest.raises(NotEnough):
        ground.move(Kind.REVERSE, ground.place("commission"), ground.place("call"), 100, reverses=3)


@pytest.mark.parametrize("minor", [0, -5])
def test_amounts_are_positive(ground, minor):
    with pytest.raises(Refused, match="greater than zero"):
        ground.step(Kind.ENDOW, "source", "available", minor)


def test_an_operation_has_lines(ground):
    with pytest.raises(Refused), transaction():
        post(ground.fund, Kind.ENDOW, [], actor=None, key=uuid4())


def test_the_currency_is_the_funds(ground):
    lines = [Line(Place.source(), Place.available(), Money(1, "EUR"))]
    with pytest.raises(Refused, match="MAD"), transaction():
        post(ground.fund, Kind.ENDOW, lines, actor=None, key=uuid4())


def test_an_amount_beyond_64_bits_is_refused(ground):
    ground.step(Kind.ENDOW, "source", "available", 2**63 - 1)
    with pytest.raises(Refused, match="too large"):
        ground.step(Kind.ENDOW, "source", "available", 1)


def test_a_fund_without_a_ledger_and_a_ledger_twice(ground):
    with pytest.raises(WrongState, match="no ledger"), transaction():
        post(uuid4(), Kind.ENDOW, [], actor=None, key=uuid4())
    with pytest.raises(Refused, match="already a ledger"):
        open_fund(uuid4(), ground.code, "MAD")


def test_a_place_has_exactly_the_dimensions_of_its_stage():
    for wrong in [{"call_id": uuid4()}, {"tranche_id": uuid4()}]:
        with pytest.raises(ValueError):
            Place(Stage.AVAILABLE, **wrong)
    with pytest.raises(ValueError):
        Place(Stage.PAYABLE, uuid4(), uuid4(), uuid4())


def test_an_operation_of_many_lines_is_all_or_nothing(ground):
    ground.endow(100)
    grants = [uuid4() for _ in range(5)]
    lines = [Line(ground.place("commission"), ground.place("reserved", one), ground.money(20)) for one in grants]
    with transaction():
        assert post(ground.fund, Kind.RESERVE, lines, actor=None, key=uuid4()).no == 4
    too_many = [Line(ground.place("reserved", one), ground.place("committed", one), ground.money(n))
                for one, n in zip(grants, [20, 20, 20, 20, 21], strict=True)]  # fmt: skip
    with pytest.raises(NotEnough), transaction():
        post(ground.fund, Kind.COMMIT, too_many, actor=None, key=uuid4())
    assert queries.balances([ground.fund])[ground.fund].engaged == ground.money(0)
    assert len(queries.operation(ground.fund, 4)) == 5


def test_whoever_waits_too_long_is_told_so(ground, direct, monkeypatch):
    monkeypatch.setattr("grants.ledger.service.PATIENCE", "200ms")
    ground.endow(100)
    with direct("owner") as other, other.transaction():
        other.execute("SELECT FROM led.fund WHERE id = %s FOR UPDATE", [ground.fund])
        with pytest.raises(WrongState, match="Too many operations"):
            ground.step(Kind.RESERVE, "commission", "reserved", 1, uuid4())
    assert ground.step(Kind.RESERVE, "commission", "reserved", 1, uuid4()).no == 4


def test_the_domain_change_goes_with_the_money(ground):
    """What fails after the money moved takes the money with it."""
    with pytest.raises(ZeroDivisionError), transaction():
        print(ground.step(Kind.ENDOW, "source", "available", 1).no / 0)
    assert queries.heads([ground.fund])[ground.fund].no == 0
