"""The list of applications: every kind of query, over real HTTP; milliseconds, and the SQL statements each sends."""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from flask import Flask, url_for

from config.settings import Settings
from grants.app import create_app
from grants.core.db import db
from grants.core.schema import upgrade
from grants.operate.servers import erase, servers
from tests.bench.figures import as_lines, percentile, table
from tests.bench.pages import PEER, Case, Figure, cookies, queries, settle, times
from tests.bench.server import Browser, serving
from tests.bench.world import World, fill

ROWS, FEW, REQUESTS = 5_000, 50, 25
DEEP = 1_000_000  # the list answers with its last page
OFFICER = (
    "",
    "sarl",
    '"sarl" -state:eligible',
    "state:submitted,admissible",
    "amount:300000..500000 submitted>2026-01-01",
    "commission:mobile kind:startup organisation:sarl",
    "decision:funded rank<=20",
)
CHAIR = (
    "",
    "state:in_review commission:multi score>70 reviewer:any amount>500000",
    "score>70",
    "score:none reviews:0",
    "spread>20 -decision:funded",
    "reviews<2 asked>=4",
    'reviewer:"reviewer1" -conflict:any',
    "rank<=50",
)
SORTS = ("-score", "spread", "-reviews", "organisation", "rank")


def cases(world: World) -> list[Case]:
    """The peer first; then each query of an officer and of a chair, orders, the last page, the files."""
    every = ("kind", "call", "commission", "decision", "rank", "score", "spread", "asked", "conflict", "state")
    found = [Case(PEER, "officer", url_for("public.help_vocabulary"))]
    found += [Case(f"officer: {q or 'everything'}", "officer", url_for("staff.search", q=q)) for q in OFFICER]
    found += [Case(f"chair: {q or 'everything'}", "chair", url_for("reviewer.search", q=q)) for q in CHAIR]
    found += [Case(f"chair, sorted by {one}", "chair", url_for("reviewer.search", sort=one)) for one in SORTS]
    found += [
        Case("chair, every column", "chair", url_for("reviewer.search", cols=every)),
        Case("chair, last page", "chair", url_for("reviewer.search", sort="-score", page=DEEP)),
        Case(
            "file opened from the list",
            "officer",
            url_for("staff.application", application_id=world.some_application, list="all", q="sarl", sort="-amount"),
        ),
        Case("CSV of everything", "officer", url_for("staff.search_csv")),
        Case("Excel of everything", "officer", url_for("staff.search_xlsx")),
    ]
    return found


def measure(settings: Settings, rows: int, few: int, requests: int) -> list[Figure]:
    """Fills a migrated, empty database, starts the server on it and asks everything."""
    app = create_app(settings)
    with app.app_context():
        worlds = [fill("FEW", few), fill("MANY", rows)]
        signed = [cookies(app, world) for world in worlds]
        db.session.remove()
    settle(settings)
    with app.test_request_context():
        asked = [cases(world) for world in worlds]
    with serving(settings) as browser:
        found = [_one(app, browser, rows, requests, *pair, signed) for pair in zip(*asked, strict=True)]
    with app.app_context():
        db.engine.dispose()
    return found


def _one(
    app: Flask, browser: Browser, rows: int, requests: int, small: Case, large: Case, signed: Sequence[dict[str, str]]
) -> Figure:
    counts = [queries(app, case, who[case.who]) for case, who in zip((small, large), signed, strict=True)]
    requests = min(requests, 3) if large.name.endswith("of everything") else requests
    quick = times(browser, small, signed[0][small.who], min(requests, 20))
    slow = times(browser, large, signed[1][large.who], requests)
    print(f"  {large.name}: {percentile(slow, 0.5):.0f} ms", file=sys.stderr, flush=True)
    measured = (percentile(quick, 0.5), percentile(slow, 0.5), percentile(slow, 0.99))
    return Figure(large.name, rows, *counts, *(round(one, 1) for one in measured), len(slow))


def report(figures: Sequence[Figure], few: int = FEW) -> str:
    """The table with the ratio to the peer of the same run, then the lines."""
    peer = figures[0].p50_ms
    head = ("query", "rows", f"SQL at {few}", "SQL", f"p50 ms at {few}", "p50 ms", "p99 ms", "x peer", "requests")
    body, lines = [], []
    for one in figures:
        ratio = round(one.p50_ms / peer, 1)
        body.append(
            (
                one.case,
                one.rows,
                one.queries_few,
                one.queries,
                one.few_p50_ms,
                one.p50_ms,
                one.p99_ms,
                ratio,
                one.requests,
            )
        )
        lines.append(
            {
                "bench": "list",
                "case": one.case,
                "rows": one.rows,
                "queries": one.queries,
                "p50_ms": one.p50_ms,
                "p99_ms": one.p99_ms,
                "ratio": ratio,
            }
        )
    return f"{table(head, body)}\n\n{as_lines(lines)}"


def main() -> None:
    instance = Path(tempfile.mkdtemp(prefix="bench-")) / "instance"
    try:
        with servers(replace(Settings(), instance=instance)) as settings:
            upgrade(settings)
            print(f"Writing {ROWS} applications and asking each query {REQUESTS} times ...", file=sys.stderr)
            print(report(measure(settings, ROWS, FEW, REQUESTS)))
    finally:
        erase(instance)
        instance.parent.rmdir()
