"""`grants import awards` in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from config.settings import ROOT
from grants.core.db import transaction
from grants.core.types import Money
from grants.ledger.queries import balances
from grants.ledger.service import open_fund
from grants.people.models import Role
from tests.awards.test_import_job import REAL, workbook
from tests.factories import FundFactory, with_role


@pytest.fixture
def fund(own_app: Flask) -> tuple[object, str]:
    with transaction():
        made = FundFactory(currency="GBP", code="OLD")
        open_fund(made.id, made.code, "GBP")
        with_role(Role.OFFICER, fund=made)
        return made.id, made.code


def said(app: Flask, *words: object) -> tuple[int, str]:
    settings = app.extensions["settings"]
    env = {key: value for key, value in os.environ.items() if not key.startswith("GRANTS_")} | {
        "GRANTS_DATABASE_URL": settings.database_url,
        "GRANTS_REDIS_URL": settings.redis_url,
        "GRANTS_INSTANCE": str(settings.instance),
        "GRANTS_SECRET_KEY": "a secret for tests, long enough to be one",
    }
    command = [sys.executable, "-m", "grants", "import", "awards", *map(str, words)]
    ran = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=180, check=False)
    return ran.returncode, (ran.stdout + ran.stderr).replace("\xa0", " ")


def test_the_real_file_dry_then_really_then_again(own_app: Flask, fund: tuple[object, str]) -> None:
    code, text = said(own_app, "--fund", "old", REAL, "--dry-run")
    assert code == 0 and "475 rows read, 0 imported, 0 already known, 0 refused" in text and "dry run" in text
    assert "Awarded: 21 757 793.27 GBP; applied for: 27 143 231.27 GBP; recipients: 287" in text
    code, text = said(own_app, "--fund", "OLD", REAL)
    assert code == 0 and "475 rows read, 475 imported, 0 already known, 0 refused" in text
    assert balances([fund[0]])[fund[0]].engaged == Money(2_175_779_327, "GBP")  # type: ignore[index, list-item]
    code, text = said(own_app, "--fund", "OLD", REAL)
    assert (
        code == 0 and "475 rows read, 0 imported, 475 already known, 0 refused" in text and "Nothing is added" in text
    )


def test_refusals_are_named_and_the_map_decides(own_app: Flask, fund: tuple[object, str], tmp_path: Path) -> None:
    path, choice = tmp_path / "some.xlsx", tmp_path / "map.json"
    path.write_bytes(workbook(["A1", "Atlas", 10, "2020-01-02", 20], ["A2", "Rif", "ten", "2020-01-02", 30]))
    code, text = said(own_app, "--fund", "OLD", path)
    assert code == 1 and "Refused: row 3, column C (Amount awarded): “ten” is not an amount." in text
    assert "2 rows read, 0 imported, 0 already known, 1 refused" in text
    choice.write_text(json.dumps({"amount": "Title", "title": None}))
    code, text = said(own_app, "--fund", "OLD", path, "--map", choice)
    assert code == 0 and "2 rows read, 2 imported" in text
    assert balances([fund[0]])[fund[0]].engaged == Money(50_00, "GBP")  # type: ignore[index, list-item]
    choice.write_text(json.dumps({"amount": "Colour"}))
    code, text = said(own_app, "--fund", "OLD", path, "--map", choice, "--dry-run")
    assert code == 1 and "no column “Colour”" in text


def test_what_cannot_be_read(own_app: Flask, fund: tuple[object, str], tmp_path: Path) -> None:
    path = tmp_path / "awards.xlsx"
    path.write_bytes(b"MZ\x90\x00" + bytes(500))
    code, text = said(own_app, "--fund", "OLD", path)
    assert code == 1 and "not an Excel workbook" in text and "Traceback" not in text
    code, text = said(own_app, "--fund", "NONE", path)
    assert code == 1 and "There is no fund NONE" in text
