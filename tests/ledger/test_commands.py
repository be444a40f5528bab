"""`grants ledger verify`, `grants ledger export`, `grants audit verify`: what they say, and how they exit."""

import re
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from python_calamine import CalamineWorkbook

from grants.cli import grants
from grants.core.audit import record
from grants.core.db import db, transaction
from grants.core.types import Money
from grants.funds.models import Fund
from grants.ledger.queries import balances
from grants.ledger.service import Kind, Line, Place, open_fund, post
from grants.operate.servers import superuser
from grants.people.models import Role
from tests.factories import FundFactory, with_role
from tests.servers import plain

REAL = Path(__file__).parent.parent / "awards" / "past-grants.xlsx"


@pytest.fixture
def fund(own_app: Flask) -> Fund:
    made = FundFactory(code="FI-2026")
    with transaction():
        open_fund(made.id, made.code, made.currency)
        record("fund.opened", made, None)
        for units in (100, 23):
            lines = [Line(Place.source(), Place.available(), Money(units * 100, made.currency))]
            post(made.id, Kind.ENDOW, lines, actor=None, key=uuid4())
    return made


@pytest.fixture
def run(own_app: Flask):
    settings = own_app.extensions["settings"]
    env = {
        "GRANTS_DATABASE_URL": settings.database_url,
        "GRANTS_DATABASE_OWNER_URL": settings.database_owner_url,
        "GRANTS_REDIS_URL": settings.redis_url,
        "GRANTS_INSTANCE": str(settings.instance),
    }

    def invoke(*args: str) -> Result:
        db.session.rollback()
        return CliRunner().invoke(grants, args, obj=lambda _: own_app, env=env)

    return invoke


def tamper(app: Flask, statement: str) -> None:
    address = plain(superuser(app.extensions["settings"], db.engine.url.database))
    db.session.rollback()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        assert connection.execute(statement).rowcount > 0


def test_ledger_verify(own_app: Flask, fund: Fund, run) -> None:
    done = run("ledger", "verify")
    assert (done.exit_code, done.output) == (0, "2 operations proved over FI-2026.\n")
    assert run("ledger", "verify", "--fund", "fi-2026").output == done.output
    tamper(own_app, "UPDATE led.op SET reason = 'other' WHERE no = 2")
    done = run("ledger", "verify")
    assert (done.exit_code, done.output) == (1, "FI-2026: operation 2 was altered.\n")


def test_audit_verify_seals_what_waits_first(own_app: Flask, fund: Fund, run) -> None:
    done = run("audit", "verify")
    assert done.exit_code == 0
    assert re.fullmatch(r"1 event proved; the chain ends in [0-9a-f]{64}\.\n", done.output)
    tamper(own_app, "UPDATE event SET name = 'fund.closed'")
    done = run("audit", "verify")
    assert (done.exit_code, done.output) == (1, "Event no. 1 (fund.closed) was altered or removed.\n")


def test_ledger_export(fund: Fund, run, tmp_path: Path) -> None:
    target = tmp_path / "grand livre.xlsx"
    done = run("ledger", "export", "--fund", "FI-2026", "--to", str(target))
    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"{target}: 2 lines up to operation no. 2 (")
    assert len(CalamineWorkbook.from_path(str(target)).sheet_names) == 16
    assert run("ledger", "export", "--fund", "FI-2026", "--to", str(target), "--lang", "ar").exit_code == 0


def test_problems_are_sentences(fund: Fund, run, tmp_path: Path) -> None:
    unknown = run("ledger", "export", "--fund", "NONE", "--to", str(tmp_path / "x.xlsx"))
    assert (unknown.exit_code, unknown.output) == (1, "Error: There is no fund NONE. Known: FI-2026.\n")
    assert list(tmp_path.iterdir()) == []
    nowhere = run("ledger", "export", "--fund", "FI-2026", "--to", str(tmp_path / "none" / "x.xlsx"))
    assert nowhere.exit_code == 1
    assert "No such file or directory" in nowhere.output
    assert run("ledger", "verify", "--fund", "NONE").exit_code == 1


def test_an_empty_installation_holds(own_app: Flask, run) -> None:
    done = run("ledger", "verify")
    assert (done.exit_code, done.output) == (0, "0 operations proved: no fund has a ledger yet.\n")
    assert run("audit", "verify").output.startswith("0 events proved")


def test_the_ledger_of_imported_awards(own_app: Flask, run, tmp_path: Path) -> None:
    """475 published grants, imported and exported: another library reads the same totals as the ledger holds."""
    with transaction():
        past = FundFactory(code="PAST", currency="GBP")
        open_fund(past.id, "PAST", "GBP")
        with_role(Role.OFFICER, fund=past)
        past_id = past.id
    done = run("import", "awards", "--fund", "PAST", str(REAL))
    assert done.exit_code == 0, done.output
    assert run("ledger", "verify").exit_code == 0
    target = tmp_path / "past.xlsx"
    assert run("ledger", "export", "--fund", "PAST", "--to", str(target), "--lang", "en").exit_code == 0

    book = CalamineWorkbook.from_path(str(target))
    sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    standing = balances([past_id])[past_id]
    assert standing.engaged == standing.envelope == Money(2_175_779_327, "GBP")
    assert {row[-1] for row in sheets["Checks"][1:]} == {"OK"}
    headings, *rows = sheets["Agreements"]
    awards = rows[:475]
    assert all(row[0] and row[headings.index("Origin")] == "Imported" for row in awards)
    for heading in ("Amount awarded (GBP)", "Committed, paid or not (GBP)"):
        total = sum(Decimal(str(row[headings.index(heading)])) for row in awards)
        assert total == standing.engaged.major
    assert not standing.paid and len(sheets["Payments"]) == 5  # heading, no line, total, ledger, difference
