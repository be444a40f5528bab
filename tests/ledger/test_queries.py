"""What the ledger says, in how many queries."""

from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import event

from grants.core.db import db
from grants.core.types import Money
from grants.ledger import queries
from grants.ledger.queries import Standing
from grants.ledger.service import Kind, Stage
from tests.factories import PersonFactory


@contextmanager
def counted():
    seen: list[str] = []

    def listen(conn, cursor, sql, *rest) -> None:
        seen.append(sql)

    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)


READS = {
    "balances": (1, lambda g: queries.balances([g.fund])),
    "by_commission": (1, lambda g: queries.by_commission(g.fund)),
    "by_call_and_commission": (1, lambda g: queries.by_call_and_commission(g.fund)),
    "by_grant": (1, lambda g: queries.by_grant(g.fund)),
    "by_every_instalment": (1, lambda g: queries.by_every_instalment(g.fund)),
    "heads": (1, lambda g: queries.heads([g.fund])),
    "journal": (2, lambda g: queries.journal([g.fund], limit=100)),
    "every_entry": (1, lambda g: list(queries.every_entry(g.fund))),
    "operation": (1, lambda g: queries.operation(g.fund, 1)),
}


@pytest.mark.parametrize("name", READS)
def test_as_many_queries_for_one_grant_as_for_twenty(ground, name):
    expected, read = READS[name]
    ground.endow(2_000)
    ground.bring("paid", 10, uuid4(), uuid4())
    with counted() as one:
        read(ground)
    for _ in range(19):
        ground.bring("payable", 10, uuid4(), uuid4())
    with counted() as twenty:
        read(ground)
    assert len(one) == len(twenty) == expected


def test_standings_by_part_add_up_to_the_fund(ground):
    ground.endow(1_000)
    grants = [uuid4() for _ in range(3)]
    first, second = uuid4(), uuid4()
    ground.bring("paid", 100, grants[0], first)
    ground.bring("payable", 50, grants[1], second)
    ground.step(Kind.RESERVE, "commission", "reserved", 200, grants[2])
    ground.step(Kind.CLAIM, "paid", "to_recover", 30, grants[0], first)
    ground.step(Kind.RECOVER, "to_recover", "recovered", 20, grants[0], first)

    whole = queries.balances([ground.fund])[ground.fund]
    commissions = queries.by_commission(ground.fund)
    assert commissions == queries.by_commission(ground.fund, ground.call)
    assert queries.by_commission(ground.fund, uuid4()) == {}
    assert commissions[ground.commission] == queries.by_call_and_commission(ground.fund)[ground.call, ground.commission]
    pieces = queries.by_call_and_commission(ground.fund)
    assert sum(pieces.values(), Standing(whole.currency, {})) == whole
    assert pieces[None, None][Stage.AVAILABLE] == whole[Stage.AVAILABLE]
    by_grant = queries.by_grant(ground.fund)
    for figure in ("reserved", "engaged", "unpaid", "verified", "ordered", "paid", "recovered"):
        total = getattr(whole, figure)
        assert sum(getattr(one, figure).minor for one in by_grant.values()) == total.minor
        assert getattr(commissions[ground.commission], figure) == total
    assert (whole.engaged, whole.unpaid, whole.paid, whole.recovered) == tuple(map(ground.money, (150, 50, 100, 20)))
    assert whole.envelope == ground.money(1_000)
    assert whole.engaged_share == 1_500
    assert queries.by_grant(ground.fund, [grants[2]]).keys() == {grants[2]}
    assert queries.by_instalment(grants[0])[first].paid == ground.money(100)


def test_the_journal_is_paged_newest_first(ground):
    ground.endow(100)
    grant = uuid4()
    ground.bring("paid", 40, grant, uuid4())
    entries, total = queries.journal([ground.fund], limit=4)
    assert (total, [one.no for one in entries]) == (9, [9, 8, 7, 6])
    entries, total = queries.journal([ground.fund], offset=8, limit=4)
    assert (total, [one.no for one in entries]) == (9, [1])
    entries, total = queries.journal([ground.fund], grant_id=grant)
    assert (total, [one.kind for one in entries][-1]) == (6, Kind.RESERVE)
    assert queries.journal([uuid4()]) == ([], 0)
    assert queries.operation(ground.fund, 10) == []


def test_the_journal_says_who(ground):
    maker = PersonFactory(name="Salma Benali", email=f"{uuid4().hex}@example.org")
    db.session.commit()
    ground.step(Kind.ENDOW, "source", "available", 5, actor=maker, document="BUD-1", reason="Budget 2026")
    [entry] = queries.operation(ground.fund, 1)
    assert (entry.actor_name, entry.document, entry.reason) == ("Salma Benali", "BUD-1", "Budget 2026")
    assert entry.moved.amount == ground.money(5)
    assert entry.moved.source.stage is Stage.SOURCE
    assert queries.heads([ground.fund])[ground.fund].hash == entry.hash


def test_a_fund_that_was_never_endowed_stands_at_zero(ground):
    standing = queries.balances([ground.fund])[ground.fund]
    assert standing.endowed == standing.envelope == ground.money(0)
    assert standing.engaged_share == 0


def test_standings_of_two_currencies_do_not_add_up():
    one, other = Standing("MAD", {Stage.PAID: 5}), Standing("XOF", {Stage.PAID: 5})
    assert (one + one).paid == Money(10, "MAD")
    with pytest.raises(ValueError, match="do not mix"):
        one + other
