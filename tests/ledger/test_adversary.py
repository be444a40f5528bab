"""Somebody with a database connection and bad intentions: as the application, then as the owner of the tables."""

from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from grants.ledger.service import verify

HISTORY = ("op", "transfer", "posting")


@pytest.fixture(autouse=True)
def history(ground):
    """A fund with a paid instalment of 40 out of 100."""
    ground.endow(100)
    ground.grant, ground.tranche = uuid4(), uuid4()
    ground.bring("paid", 40, ground.grant, ground.tranche)
    yield
    assert verify([ground.fund]).broken is None


FORBIDDEN_TO_THE_APPLICATION = [
    "UPDATE led.account SET balance = balance + 1",
    "UPDATE led.fund SET last_no = 0",
    "UPDATE led.rule SET to_stage = 'paid'",
    "INSERT INTO led.rule VALUES ('endow', 'source', 'paid')",
    "INSERT INTO led.stage VALUES ('pocket', 13)",
    "INSERT INTO led.fund (id, code, currency, head) VALUES (gen_random_uuid(), 'X', 'MAD', 'x')",
    "INSERT INTO led.account (fund_id, stage, balance) SELECT id, 'available', 5 FROM led.fund LIMIT 1",
    "INSERT INTO led.op SELECT * FROM led.op LIMIT 1",
    "INSERT INTO led.posting SELECT * FROM led.posting LIMIT 1",
    "SELECT * FROM led.fund FOR UPDATE",
    "ALTER TABLE led.op DISABLE TRIGGER append_only",
    "DROP FUNCTION led.post",
    "DROP SCHEMA led CASCADE",
    "CREATE TABLE led.mine (n int)",
    "CREATE OR REPLACE FUNCTION led.refuse() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'",
    "SET session_replication_role = replica",
    *(f"{verb} led.{table}" for verb in ("DELETE FROM", "TRUNCATE") for table in (*HISTORY, "account", "fund")),
]


@pytest.mark.parametrize("attempt", FORBIDDEN_TO_THE_APPLICATION)
def test_the_application_may_not(direct, attempt):
    with direct("app") as connection, pytest.raises(psycopg.Error) as refusal:
        connection.execute(attempt)
    assert isinstance(refusal.value, errors.InsufficientPrivilege)


def test_the_application_may_only_call_post_and_open_empty_accounts(ground, direct):
    with direct("app") as connection:
        fund = uuid4()
        connection.execute("INSERT INTO led.fund (id, code, currency) VALUES (%s, %s, 'XOF')", [fund, str(fund)])
        connection.execute("INSERT INTO led.account (fund_id, stage) VALUES (%s, 'available')", [fund])
        with pytest.raises(errors.UniqueViolation):
            connection.execute("INSERT INTO led.account (fund_id, stage) VALUES (%s, 'available')", [fund])
        with pytest.raises(errors.CheckViolation):
            connection.execute("INSERT INTO led.account (fund_id, stage) VALUES (%s, 'paid')", [fund])


def accounts(connection, fund) -> dict[str, int]:
    return dict(connection.execute("SELECT stage, id FROM led.account WHERE fund_id = %s", [fund]).fetchall())


def post(connection, fund, kind, source, target, amount, reverses=None):
    return connection.execute(
        "SELECT * FROM led.post(%s, gen_random_uuid(), %s, ARRAY[(%s, %s, %s)::led.move], NULL, current_date,"
        " p_reverses => %s)",
        [fund, kind, source, target, amount, reverses],
    ).fetchone()


def test_calling_post_by_hand_obeys_the_same_rules(ground, direct):
    other = type(ground)().open()
    other.endow(100)
    with direct("app") as connection:
        mine, theirs = accounts(connection, ground.fund), accounts(connection, other.fund)
        for state, kind, source, target, amount in [
            ("LG001", "pay", mine["remitted"], mine["paid"], 40),  # a second payment
            ("LG005", "pay", mine["commission"], mine["paid"], 1),  # steps skipped
            ("LG005", "steal", mine["commission"], mine["paid"], 1),
            ("LG005", "endow", mine["available"], mine["source"], 1),
            ("LG002", "allocate_commission", theirs["call"], mine["commission"], 1),  # from fund to fund
            ("LG002", "endow", mine["source"], -1, 1),
            ("LG004", "endow", mine["source"], mine["source"], 1),
            ("LG004", "endow", mine["source"], mine["available"], None),
            ("LG004", "endow", mine["source"], mine["available"], -1),
        ]:
            with pytest.raises(psycopg.Error) as refusal:
                post(connection, ground.fund, kind, source, target, amount)
            assert refusal.value.sqlstate == state, (kind, refusal.value)
        with pytest.raises(psycopg.Error) as refusal:
            post(connection, ground.fund, "reverse", mine["paid"], mine["remitted"], 39, reverses=9)
        assert refusal.value.sqlstate == "LG006"


def test_a_temporary_table_does_not_stand_in_for_a_real_one(ground, direct):
    """post() runs as the owner: what it reads must never be found in the caller's temporary schema."""
    with direct("app") as connection:
        mine = accounts(connection, ground.fund)
        connection.execute("CREATE TEMPORARY TABLE account AS SELECT * FROM led.account")
        connection.execute("UPDATE pg_temp.account SET balance = 1000000")
        connection.execute("SET search_path = pg_temp, led")
        with pytest.raises(psycopg.Error) as refusal:
            post(connection, ground.fund, "commit", mine["commission"], mine["committed"], 61)
        assert refusal.value.sqlstate == "LG001"


OWNER_REFUSED = [
    ("UPDATE led.transfer SET amount = amount + 1 WHERE fund_id = %(fund)s", "LG009"),
    ("UPDATE led.posting SET amount = amount + 1 WHERE fund_id = %(fund)s", "LG009"),
    ("UPDATE led.op SET reason = 'other' WHERE fund_id = %(fund)s", "LG009"),
    ("DELETE FROM led.op WHERE fund_id = %(fund)s", "LG009"),
    ("DELETE FROM led.transfer WHERE fund_id = %(fund)s", "LG009"),
    ("DELETE FROM led.posting WHERE fund_id = %(fund)s", "LG009"),
    ("DELETE FROM led.account WHERE fund_id = %(fund)s", "LG009"),
    ("DELETE FROM led.fund WHERE id = %(fund)s", "LG009"),
    *((f"TRUNCATE led.{table} CASCADE", "LG009") for table in (*HISTORY, "account", "fund")),
    ("UPDATE led.account SET balance = balance + 5 WHERE fund_id = %(fund)s AND stage = 'commission'", "23503"),
    ("UPDATE led.account SET last_seq = 1 WHERE fund_id = %(fund)s AND stage = 'commission'", "23503"),
    ("UPDATE led.account SET balance = -5 WHERE fund_id = %(fund)s AND stage = 'commission'", "23514"),
    ("UPDATE led.account SET grant_id = gen_random_uuid() WHERE fund_id = %(fund)s AND stage = 'committed'", "LG009"),
    ("UPDATE led.account SET stage = 'available' WHERE fund_id = %(fund)s AND stage = 'source'", "LG009"),
    ("UPDATE led.fund SET currency = 'XOF' WHERE id = %(fund)s", "LG009"),
    ("INSERT INTO led.posting SELECT account_id, seq, fund_id, 99, line, amount, prev_seq, balance_before,"
     " balance_after FROM led.posting WHERE fund_id = %(fund)s LIMIT 1", "23505"),
    ("INSERT INTO led.transfer SELECT fund_id, 99, line, from_id, to_id, amount FROM led.transfer"
     " WHERE fund_id = %(fund)s LIMIT 1", "23503"),
]  # fmt: skip


@pytest.mark.parametrize(("attempt", "state"), OWNER_REFUSED)
def test_the_owner_is_refused_too(ground, direct, attempt, state):
    with direct("owner") as connection, pytest.raises(psycopg.Error) as refusal:
        connection.execute(attempt, {"fund": ground.fund})
    assert refusal.value.sqlstate == state
