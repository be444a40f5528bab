"""Break the function on purpose: the constraints behind it still refuse to over-commit."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from grants.core.db import db, transaction
from grants.core.errors import Problem, Refused
from grants.ledger import queries
from grants.ledger.service import Kind, close_books, verify
from tests.ledger.ground import Ground, mutated
from tests.servers import plain

CONNECTIONS = 8
NO_LOCK = (
    "SELECT * INTO f FROM fund WHERE id = p_fund FOR NO KEY UPDATE;",
    "SELECT * INTO f FROM fund WHERE id = p_fund;",
)
NO_CHECK = ("IF a.stage <> 'source' AND a.balance < l.amount THEN", "IF false THEN")
SLOW = ("INSERT INTO transfer VALUES", "PERFORM pg_sleep(0.01); INSERT INTO transfer VALUES")  # so that they do meet


@pytest.mark.parametrize(
    "mutations",
    [NO_LOCK + SLOW, NO_CHECK + SLOW, NO_LOCK + NO_CHECK + SLOW],
    ids=["without the lock", "without the check", "without both"],
)
def test_constraints_stand_behind_the_function(own_app, mutations):
    ground = Ground().open()
    ground.endow(20)
    with psycopg.connect(plain(own_app.extensions["settings"].database_owner_url), autocommit=True) as owner:
        owner.execute(mutated(*mutations))
    start = Barrier(CONNECTIONS)

    def run(_) -> Counter[str]:
        ended: Counter[str] = Counter()
        with own_app.app_context():
            db.session.connection()
            start.wait()
            for _ in range(8):
                try:
                    ground.step(Kind.COMMIT, "commission", "committed", 1, uuid4())
                    ended["done"] += 1
                except IntegrityError as error:
                    ended[error.orig.diag.constraint_name] += 1
                except (DBAPIError, Problem):
                    ended["refused"] += 1
            db.session.remove()
        return ended

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        ended = sum(pool.map(run, range(CONNECTIONS)), Counter())

    assert ended.total() == CONNECTIONS * 8
    assert 0 < ended["done"] <= 20
    if "FOR NO KEY UPDATE" in mutations[0]:
        assert any(name and "pkey" in name for name in ended), ended  # they did collide
    else:
        assert ended == {"done": 20, "never_negative": CONNECTIONS * 8 - 20}
    standing = queries.balances([ground.fund])[ground.fund]
    assert standing.engaged == ground.money(ended["done"])
    assert verify([ground.fund]).broken is None


NO_YEAR = ("IF coalesce(p_value_date, p_today) <= f.closed_through THEN", "IF false THEN")


@pytest.mark.parametrize("mutations", [NO_YEAR, NO_YEAR + NO_LOCK], ids=["without the check", "without the lock too"])
def test_the_trigger_stands_behind_the_closed_year(own_app, mutations):
    ground = Ground().open()
    with psycopg.connect(plain(own_app.extensions["settings"].database_owner_url), autocommit=True) as owner:
        owner.execute(mutated(*mutations))
    ground.step(Kind.ENDOW, "source", "available", 5, value_date=date(2024, 12, 31))
    with transaction():
        close_books(ground.fund, date(2024, 12, 31))
    with pytest.raises(Refused, match="closed"):
        ground.step(Kind.ENDOW, "source", "available", 5, value_date=date(2024, 12, 31))
    ground.step(Kind.ENDOW, "source", "available", 5, value_date=date(2025, 1, 1))
    assert queries.balances([ground.fund])[ground.fund].endowed == ground.money(10)
