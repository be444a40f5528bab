"""How long pages take, over real HTTP, with ten thousand applications in one call; and how many queries each sends.

Every page is asked for with two calls: one of fifty applications, and the large one. The number of queries must be
the same for both.
"""

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask, url_for
from sqlalchemy import event

from config.settings import Settings
from grants.app import create_app
from grants.core.db import db
from grants.core.schema import upgrade
from grants.operate.servers import erase, servers
from grants.people.models import Person
from grants.people.service import open_session
from tests.bench.figures import as_lines, percentile, table
from tests.bench.server import Browser, serving
from tests.bench.world import World, fill
from tests.servers import plain

ROWS, FEW, REQUESTS = 10_000, 50, 200
PATIENCE = 20.0  # seconds for one case: a slow page is asked for less often
LEAST = 20
PEER = "peer: the vocabulary page"  # reads nothing that grows


@dataclass(frozen=True)
class Case:
    """A page, and who looks at it."""

    name: str
    who: str
    path: str


@dataclass(frozen=True)
class Figure:
    """What was measured; times in milliseconds."""

    case: str
    rows: int
    queries_few: int
    queries: int
    few_p50_ms: float
    p50_ms: float
    p99_ms: float
    requests: int


def cases(world: World) -> list[Case]:
    call, first, second, third, _ = world.call_id, *world.commissions
    files = {"endpoint": "staff.applications", "call_id": call}
    deep = 1_000_000  # the list answers with its last page
    return [
        Case(PEER, "officer", url_for("public.help_vocabulary")),
        Case("public call page", "", url_for("public.call", id=call)),
        Case("applicant's home", "applicant", url_for("applicant.home")),
        Case("officer list", "officer", url_for(**files)),
        Case("officer list, searched", "officer", url_for(**files, q="sarl state:eligible")),
        Case("officer list, sorted", "officer", url_for(**files, sort="-organisation")),
        Case("officer list, last page", "officer", url_for(**files, page=deep)),
        Case("officer's calls", "officer", url_for("staff.application_calls")),
        Case("one file", "officer", url_for("staff.application", application_id=world.some_application)),
        Case("chair's commissions", "chair", url_for("reviewer.commissions")),
        Case("chair's board", "chair", url_for("reviewer.board", call_id=call, commission_id=third)),
        Case("chair's statistics", "chair", url_for("reviewer.marks_statistics", call_id=call, commission_id=second)),
        Case("ranking", "chair", url_for("reviewer.ranking", call_id=call, commission_id=second)),
        Case("ranking, its form", "chair", url_for("reviewer.ranking", call_id=call, commission_id=second, form=1)),
        Case("ranking, sent", "chair", url_for("reviewer.ranking", call_id=call, commission_id=first)),
        Case("committee's decisions", "committee", url_for("board.decisions", id=call)),
        Case("fund dashboard", "manager", url_for("finance.fund", id=world.fund_id)),
    ]


def cookies(app: Flask, world: World) -> dict[str, str]:
    """The session cookie of everybody who looks, as the sign-in page would set it."""
    signer = app.session_interface.get_signing_serializer(app)
    signed = {"": ""}
    for who in ("officer", "applicant", "chair", "committee", "manager"):
        person = db.session.get_one(Person, world.people[who])
        token = open_session(person, browser="bench", address="127.0.0.1")
        signed[who] = f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps({'_user_id': token, '_fresh': True})}"
    return signed


@contextmanager
def _counting(app: Flask) -> Iterator[list[str]]:
    seen: list[str] = []

    def listen(_: Any, __: Any, sql: str, *___: Any) -> None:
        seen.append(sql)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", listen)


def queries(app: Flask, case: Case, cookie: str) -> int:
    """How many statements one request sends, when another has warmed the caches up."""
    with app.test_client(use_cookies=False) as client:
        headers = {"Accept-Language": "en", "Cookie": cookie}
        for _ in range(2):
            with _counting(app) as seen:
                response = client.get(case.path, headers=headers)
            if response.status_code != 200:
                raise RuntimeError(f"{case.name}: {case.path} answered {response.status_code}")
    return len(seen)


def times(browser: Browser, case: Case, cookie: str, requests: int) -> list[float]:
    """Milliseconds of each request, after some that warm the server up."""
    for _ in range(min(3, requests)):
        browser.get(case.path, cookie)
    until, found = time.monotonic() + PATIENCE, list[float]()
    while len(found) < requests and (len(found) < LEAST or time.monotonic() < until):
        found.append(browser.get(case.path, cookie) * 1000)
    return found


def measure(settings: Settings, rows: int, few: int, requests: int) -> list[Figure]:
    """Fills a migrated, empty database, starts the server on it and asks for every page."""
    app = create_app(settings)
    with app.app_context():
        worlds = [fill("FEW", few), fill("MANY", rows)]
        signed = [cookies(app, world) for world in worlds]
        db.session.remove()
    settle(settings)
    with app.test_request_context():
        asked = [cases(world) for world in worlds]
    found = []
    with serving(settings) as browser:
        for small, large in zip(*asked, strict=True):
            counts = [queries(app, case, who[case.who]) for case, who in zip((small, large), signed, strict=True)]
            quick = times(browser, small, signed[0][small.who], min(requests, 50))
            slow = times(browser, large, signed[1][large.who], requests)
            print(f"  {large.name}: {percentile(slow, 0.5):.0f} ms", file=sys.stderr, flush=True)
            measured = (percentile(quick, 0.5), percentile(slow, 0.5), percentile(slow, 0.99))
            found.append(Figure(large.name, rows, *counts, *(round(one, 1) for one in measured), len(slow)))
    with app.app_context():
        db.engine.dispose()
    return found


def settle(settings: Settings) -> None:
    """As autovacuum leaves the tables soon after: the planner's figures and the maps of visible rows are up to date."""
    with psycopg.connect(plain(settings.database_owner_url), autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE)")


def report(figures: Sequence[Figure]) -> str:
    """The table with the ratio to the peer of the same run, then the lines."""
    peer = next(one.p50_ms for one in figures if one.case == PEER)
    few = f"queries at {FEW}"
    head = ("case", "rows", few, "queries", f"p50 ms at {FEW}", "p50 ms", "p99 ms", "x peer", "requests")
    body = [
        (
            one.case,
            one.rows,
            one.queries_few,
            one.queries,
            one.few_p50_ms,
            one.p50_ms,
            one.p99_ms,
            f"{one.p50_ms / peer:.1f}",
            one.requests,
        )
        for one in figures
    ]
    lines = [
        {
            "bench": "pages",
            "case": one.case,
            "rows": one.rows,
            "queries": one.queries,
            "p50_ms": one.p50_ms,
            "p99_ms": one.p99_ms,
        }
        for one in figures
    ]
    return f"{table(head, body)}\n\n{as_lines(lines)}"


def main() -> None:
    instance = Path(tempfile.mkdtemp(prefix="bench-")) / "instance"
    try:
        with servers(replace(Settings(), instance=instance)) as settings:
            upgrade(settings)
            print(f"Writing {ROWS} applications and asking for each page {REQUESTS} times ...", file=sys.stderr)
            print(report(measure(settings, ROWS, FEW, REQUESTS)))
    finally:
        erase(instance)
        instance.parent.rmdir()
