"""What stood where on a past day, the lines behind a figure, and years that stay closed."""

from datetime import date, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from psycopg import errors

from grants.core.clock import now
from grants.core.db import db, transaction
from grants.core.errors import Refused
from grants.ledger import history, journal, queries
from grants.ledger.history import Dated, Day
from grants.ledger.journal import Filter
from grants.ledger.queries import Figure, Standing
from grants.ledger.service import Kind, close_books, verify
from tests.ledger.test_queries import counted

ZONE = ZoneInfo("Africa/Casablanca")
OLD, LATE = date(2024, 3, 1), date(2025, 6, 1)


def whole(ground, day):
    return history.standings_on(ground.fund, 0, day).get((), Standing("MAD", {}))


@pytest.fixture
def walked(ground):
    """Money of 2024 in the commission, of 2025 in a grant as far as paid."""
    grant, tranche = uuid4(), uuid4()
    for kind, source, target in [
        (Kind.ENDOW, "source", "available"),
        (Kind.ALLOCATE_CALL, "available", "call"),
        (Kind.ALLOCATE_COMMISSION, "call", "commission"),
    ]:
        ground.step(kind, source, target, 1_000, value_date=OLD)
    ground.step(Kind.COMMIT, "commission", "committed", 300, grant, value_date=LATE)
    ground.step(Kind.LIQUIDATE, "committed", "payable", 100, grant, tranche, value_date=LATE)
    ground.step(Kind.ORDER, "payable", "ordered", 100, grant, tranche, value_date=LATE)
    return ground, grant, tranche


def test_balances_of_a_past_day_by_value_and_by_entry(walked):
    ground, _grant, _tranche = walked
    before = whole(ground, Day(LATE - timedelta(days=1), ZONE))
    assert (before.endowed, before.engaged) == (ground.money(1_000), ground.money(0))
    after = whole(ground, Day(LATE, ZONE))
    assert (after.engaged, after.ordered) == (ground.money(300), ground.money(100))
    today = now().astimezone(ZONE).date()
    assert whole(ground, Day(today, ZONE, Dated.ENTRY)) == queries.balances([ground.fund])[ground.fund]
    assert whole(ground, Day(today - timedelta(days=1), ZONE, Dated.ENTRY)).minor == {}


def test_every_depth_adds_up_to_the_fund_in_one_query(walked):
    ground, grant, tranche = walked
    day = Day(LATE, ZONE)
    fund = whole(ground, day)
    for depth in range(5):
        with counted() as seen:
            parts = history.standings_on(ground.fund, depth, day)
        assert len(seen) == 1
        assert sum(parts.values(), Standing("MAD", {})).minor == fund.minor
    assert (
        history.standings_on(ground.fund, 4, day)[ground.call, ground.commission, grant, tranche].ordered.minor == 100
    )


@pytest.mark.parametrize("figure", Figure)
def test_the_lines_behind_a_figure_add_up_to_it(walked, figure):
    ground, grant, _ = walked
    standing = queries.balances([ground.fund])[ground.fund]
    with counted() as seen:
        page = journal.lines(ground.fund, "MAD", Filter(figure=figure), ZONE, limit=1)
    assert len(seen) == 2
    assert page.sum == standing.of(figure)
    mine = journal.lines(ground.fund, "MAD", Filter(figure=figure, grant_id=grant), ZONE)
    assert mine.sum == queries.by_grant(ground.fund)[grant].of(figure)
    assert sum(one.counts.minor for one in mine.lines) == mine.sum.minor


def test_a_figure_of_a_past_day_has_its_lines_too(walked):
    ground, _, _ = walked
    page = journal.lines(ground.fund, "MAD", Filter(figure=Figure.FREE, until=OLD), ZONE)
    assert (page.sum, page.total) == (ground.money(1_000), 1)


def test_lines_are_kept_by_kind_document_actor_and_day(walked):
    ground, grant, _ = walked
    ground.step(Kind.COMMIT, "commission", "committed", 5, grant, document="AV-100%")

    def total(**wanted):
        return journal.lines(ground.fund, "MAD", Filter(**wanted), ZONE).total

    assert total() == 7
    assert total(kind=Kind.COMMIT) == 2
    assert (total(document="100%"), total(document="_")) == (1, 0)
    assert total(actor_id=uuid4()) == 0
    assert total(since=LATE, until=LATE) == 3
    assert total(until=OLD, dated=Dated.ENTRY) == 0


def test_months_grow_by_what_their_lines_say(walked):
    ground, _, _ = walked
    found = history.flows(ground.fund, "MAD", date(2024, 1, 1), date(2026, 1, 1))
    assert set(found) == {OLD, LATE}
    assert found[OLD][Figure.CREDIT] == ground.money(1_000)
    assert (found[LATE][Figure.ENGAGED], found[LATE][Figure.FREE]) == (ground.money(300), ground.money(-300))


def close(ground, day):
    with transaction():
        return close_books(ground.fund, day)


def test_nothing_enters_a_closed_year(walked):
    ground, _grant, _ = walked
    key = uuid4()
    first = ground.step(Kind.ENDOW, "source", "available", 7, value_date=OLD, key=key)
    assert close(ground, date(2024, 12, 31))
    assert not close(ground, date(2023, 12, 31))
    with pytest.raises(Refused, match="closed"):
        ground.step(Kind.ENDOW, "source", "available", 7, value_date=OLD)
    again = ground.step(Kind.ENDOW, "source", "available", 7, value_date=OLD, key=key)
    assert (again.no, again.replayed) == (first.no, True), "a retry still answers with the first result"
    ground.step(Kind.ENDOW, "source", "available", 7, value_date=LATE)
    ground.step(Kind.ENDOW, "source", "available", 7)
    assert verify([ground.fund]).broken is None


@pytest.mark.parametrize("role", ["app", "owner"])
def test_a_closed_year_does_not_open_again(walked, direct, role):
    ground, *_ = walked
    close(ground, date(2024, 12, 31))
    with direct(role) as connection, pytest.raises((errors.InsufficientPrivilege, errors.Error)):
        connection.execute("UPDATE led.fund SET closed_through = NULL WHERE id = %s", [ground.fund])
    with direct(role) as connection, pytest.raises((errors.InsufficientPrivilege, errors.Error)):
        connection.execute("UPDATE led.fund SET closed_through = '2023-12-31' WHERE id = %s", [ground.fund])
    db.session.rollback()
    assert db.session.execute(
        queries.fund.select().where(queries.fund.c.id == ground.fund)
    ).one().closed_through == date(2024, 12, 31)
