"""`grants doctor`: silent when all is well, loud when a row offends."""

import os
import subprocess
import sys

import psycopg
from psycopg import sql

from config.settings import ROOT, Settings
from grants.reports.invariants import INVARIANTS
from tests.servers import plain


def doctor(settings: Settings) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("GRANTS_")}
    env |= {
        "GRANTS_DATABASE_URL": settings.database_url,
        "GRANTS_REDIS_URL": settings.redis_url,
        "GRANTS_INSTANCE": str(settings.instance),
    }
    words = [sys.executable, "-m", "grants", "doctor"]
    return subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)


def test_all_is_well_until_a_row_offends(new_database, migrated) -> None:
    with new_database(template=migrated) as settings:
        well = doctor(settings)
        assert well.returncode == 0, well.stdout + well.stderr
        assert f"{len(INVARIANTS)} invariants hold" in well.stdout
        assert "neither superuser nor owner" in well.stdout

        with psycopg.connect(plain(settings.database_owner_url)) as owner:
            for no in (1, 3):
                owner.execute(
                    "WITH one AS (INSERT INTO event (id, at, name, subject_kind, subject_id, before, after)"
                    " VALUES (gen_random_uuid(), now(), 'x', 'x', gen_random_uuid(), '{}', '{}') RETURNING id)"
                    " INSERT INTO event_seal (no, event_id, previous, hash) SELECT %s, id, '', '' FROM one",
                    [no],
                )
        ill = doctor(settings)
        assert ill.returncode == 1
        assert "the chain of events has no gap" in ill.stderr
        assert "no 3" in ill.stderr


def test_every_invariant_can_be_asked_by_the_application(new_database, migrated) -> None:
    with new_database(template=migrated) as settings, psycopg.connect(plain(settings.database_url)) as app:
        for invariant in INVARIANTS:
            assert app.execute(sql.SQL(invariant.sql)).fetchall() == [], invariant.name


def test_an_empty_database_is_named(new_database) -> None:
    with new_database() as settings:
        ill = doctor(settings)
        assert ill.returncode == 1
        assert "run `grants migrate`" in ill.stderr
