"""An owner who disables the guards can write anything; verify() names the first thing that no longer holds."""

import re
from uuid import uuid4

import pytest

from grants.core.i18n import render
from grants.ledger.service import BROKEN, Kind, verify, words_for
from tests.ledger.ground import mutated

ALTERED = "operation {} was altered"
OP = "UPDATE led.op SET {} WHERE fund_id = %(fund)s AND no = {}"
TAMPERING = {
    "an amount": (
        "UPDATE led.transfer SET amount = 39 WHERE fund_id = %(fund)s AND op_no = 6",
        ALTERED.format(6),
    ),
    "a posting": (
        "UPDATE led.posting SET amount = amount * 2, balance_after = balance_before + amount * 2"
        " WHERE fund_id = %(fund)s AND op_no = 5",
        ALTERED.format(5),
    ),
    "who did it": (OP.format("actor_id = gen_random_uuid()", 4), ALTERED.format(4)),
    "when": (OP.format("created_at = created_at - interval '1 day'", 4), ALTERED.format(4)),
    "the value date": (OP.format("value_date = value_date - 1", 7), ALTERED.format(7)),
    "the kind": (OP.format("kind = 'release'", 5), ALTERED.format(5)),
    "the request": (OP.format("req_hash = 'x'", 5), ALTERED.format(5)),
    "the reason": (OP.format("reason = 'other'", 1), ALTERED.format(1)),
    "the document": (OP.format("doc = 'other'", 2), ALTERED.format(2)),
    "a link": (OP.format("prev_hash = hash", 6), "operation 6 does not follow"),
    "the account": (
        "UPDATE led.transfer SET to_id = (SELECT id FROM led.account WHERE fund_id = %(fund)s AND stage = 'call')"
        " WHERE fund_id = %(fund)s AND op_no = 4",
        ALTERED.format(4),
    ),
    "whose account": (
        "UPDATE led.account SET grant_id = gen_random_uuid() WHERE fund_id = %(fund)s AND stage = 'committed'",
        ALTERED.format(5),
    ),
    "the currency": ("UPDATE led.fund SET currency = 'XOF' WHERE id = %(fund)s", ALTERED.format(1)),
    "a line less": ("DELETE FROM led.transfer WHERE fund_id = %(fund)s AND op_no = 6", ALTERED.format(6)),
    "an operation less": (
        "DELETE FROM led.op WHERE fund_id = %(fund)s AND no = 6",
        "numbering breaks at operation 7",
    ),
    "the last one less": ("DELETE FROM led.op WHERE fund_id = %(fund)s AND no = 9", "end of the journal is missing"),
    "the head": ("UPDATE led.fund SET head = 'x' WHERE id = %(fund)s", "end of the journal is missing"),
    "a balance": (
        "UPDATE led.account SET balance = 61 WHERE fund_id = %(fund)s AND stage = 'commission'",
        "balance of commission/",
    ),
    "two balances": (
        "UPDATE led.account SET balance = balance + CASE stage WHEN 'source' THEN -1 ELSE 1 END"
        " WHERE fund_id = %(fund)s AND stage IN ('source', 'commission')",
        "balance of source",
    ),
    "a posting more": (
        "INSERT INTO led.posting SELECT account_id, 2, fund_id, op_no, line, 0, 1, balance_after, balance_after"
        " FROM led.posting WHERE fund_id = %(fund)s AND op_no = 9 AND amount > 0",
        "balance of paid/",
    ),
}


@pytest.mark.parametrize(("tampering", "named"), TAMPERING.values(), ids=TAMPERING.keys())
def test_tampering_is_named(ground, direct, tampering, named):
    ground.endow(100)
    ground.bring("paid", 40, uuid4(), uuid4())
    assert verify([ground.fund]).operations == 9
    with direct("superuser") as connection, connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL session_replication_role = replica")  # no trigger, no foreign key
        connection.execute("ALTER TABLE led.posting DROP CONSTRAINT posting_amount_check")
        assert connection.execute(tampering, {"fund": ground.fund}).rowcount > 0
        proved, problem, ref = judge(connection, ground)
    assert problem is not None, "nobody noticed"
    assert named in (said := render(BROKEN[problem](ground.code, ref), "en"))
    assert ground.code in said
    if number := re.search(r"operation (\d+)", named):
        assert proved == int(number[1]) - (2 if "numbering" in named else 1)
    assert verify([ground.fund]).broken is None


def test_a_forger_who_replaces_the_function_still_meets_the_rules(ground, direct):
    """post() without its check of the rules writes good hashes over a move that is none."""
    ground.endow(100)
    ground.step(Kind.RESERVE, "commission", "reserved", 1, uuid4())
    with direct("superuser") as connection, connection.transaction(force_rollback=True):
        connection.execute(mutated("AND NOT EXISTS (SELECT 1 FROM rule", "AND false AND EXISTS (SELECT 1 FROM rule"))
        connection.execute(
            "SELECT led.post(fund_id, gen_random_uuid(), 'endow', ARRAY[(a.id, b.id, 5)::led.move], NULL, current_date)"
            " FROM led.account a JOIN led.account b USING (fund_id)"
            " WHERE a.fund_id = %s AND a.stage = 'commission' AND b.stage = 'reserved'",
            [ground.fund],
        )
        assert judge(connection, ground) == (5, "rule", "5")


def judge(connection, ground) -> tuple:
    return connection.execute("SELECT * FROM led.verify(%s)", [ground.fund]).fetchone()


def test_the_proof_covers_every_fund(ground):
    ground.endow(100)
    other = type(ground)().open()
    proof = verify([ground.fund, other.fund])
    assert proof.operations == 3
    assert set(proof.funds) == {ground.code, other.code}
    assert render(words_for(proof), "en").startswith("3 operations proved over ")
