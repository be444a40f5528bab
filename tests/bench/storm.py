"""The last minute of a call: everybody submits while others still write; over real HTTP through the web server.

Each applicant presses once at a moment of the minute, drawn at random, one in ten presses twice; then their browser
follows to the receipt. The writers save every five seconds. Afterwards the database says what was lost (answered, and
not there) and what was doubled (a reference, a submission or a receipt too many).
"""

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select, update

from config.settings import Settings
from grants.app import create_app
from grants.applications.models import Application, ApplicationState
from grants.calls.models import Call
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db, transaction
from grants.core.schema import upgrade
from grants.messages.models import Promise
from grants.operate.servers import erase, servers
from tests.applications.samples import pdf
from tests.bench.drafts import Draft, fill
from tests.bench.figures import as_lines, percentile, table
from tests.bench.server import serving

APPLICANTS, WRITERS = 2_000, 200
MINUTE = 60.0  # seconds in which everybody presses
LAST = 2.0  # seconds from the last press to the closing: what is answered later counts, because it came in time
EVERY = 5.0  # seconds between two savings of a writer
TWICE = 10  # one applicant in so many presses twice
CALM = 50  # submissions one after the other before the storm: what the same costs when nobody else is there
PATIENCE = 300.0  # seconds a browser waits


@dataclass
class Seen:
    """What the browsers saw; times in seconds, by what was asked."""

    times: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    received: set[UUID] = field(default_factory=set)
    saved: dict[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ask:
    """One request of a browser."""

    what: str
    method: str
    path: str
    cookie: str
    body: str = ""

    def written(self) -> bytes:
        head = [
            f"{self.method} {self.path} HTTP/1.1",
            "Host: localhost",
            "Accept-Language: fr",
            f"Cookie: {self.cookie}",
            "Connection: close",
        ]
        if self.method == "POST":
            head += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(self.body)}"]
        return ("\r\n".join(head) + "\r\n\r\n" + self.body).encode()


async def send(port: int, ask: Ask, seen: Seen, expected: int) -> bytes | None:
    """The answer's body; None, and an error noted, when it is not the expected one."""
    began = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(ask.written())
            answer = await reader.read()
            writer.close()
    except (OSError, TimeoutError) as problem:
        seen.errors.append(f"{ask.what}: {type(problem).__name__}")
        return None
    seen.times.setdefault(ask.what, []).append(time.perf_counter() - began)
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1:2]
    if status != [str(expected).encode()]:
        seen.errors.append(f"{ask.what}: {status} {head[:300]!r}")
        return None
    return body


async def submit(port: int, draft: Draft, seen: Seen, what: str = "submit") -> None:
    body = urlencode({"csrf_token": draft.csrf, "seen": draft.seen})
    path = f"/applicant/applications/{draft.id}"
    if await send(port, Ask(what, "POST", f"{path}/submit", draft.cookie, body), seen, 303) is None:
        return
    if await send(port, Ask("receipt page", "GET", f"{path}/receipt", draft.cookie), seen, 200) is not None:
        seen.received.add(draft.id)


async def press(port: int, draft: Draft, seen: Seen, after: float, twice: bool) -> None:
    await asyncio.sleep(after)
    await asyncio.gather(*(submit(port, draft, seen) for _ in range(2 if twice else 1)))


async def write(port: int, draft: Draft, seen: Seen, after: float, until: float) -> None:
    """Saves a longer text every few seconds, each from the version that the one before answered."""
    await asyncio.sleep(after)
    version, text, n = draft.version, "", 0
    while time.monotonic() < until:
        n += 1
        text = f"Paiement au souk, version {n} de {draft.id}."
        typed = {
            "csrf_token": draft.csrf,
            "version": version,
            "title": "Paiement mobile",
            "commission_id": draft.commission_id,
            "summary": text,
            "description": "Sans banque et sans réseau.",
        }
        path = f"/applicant/applications/{draft.id}/project/autosave"
        began = time.monotonic()
        body = await send(port, Ask("autosave", "POST", path, draft.cookie, urlencode(typed)), seen, 200)
        if body is None:
            return
        version = int(body.split(b'"version":')[1].strip(b" }\n"))
        seen.saved[draft.id] = text
        await asyncio.sleep(max(0.0, began + EVERY - time.monotonic()))


async def calm(port: int, applicants: Sequence[Draft], seen: Seen) -> None:
    for draft in applicants:
        await submit(port, draft, seen, "submit, alone")


async def storm(port: int, applicants: Sequence[Draft], writers: Sequence[Draft], seen: Seen, lasts: float) -> None:
    random, until = Random(len(applicants)), time.monotonic() + lasts
    pressing: list[Awaitable[None]] = [
        press(port, one, seen, random.uniform(0, lasts), n % TWICE == 0) for n, one in enumerate(applicants)
    ]
    writing = [write(port, one, seen, random.uniform(0, EVERY), until) for one in writers]
    await asyncio.gather(*pressing, *writing)


@dataclass(frozen=True)
class Kept:
    """What the database holds afterwards."""

    lost: int
    doubled: int


def kept(app: Flask, seen: Seen, closes: datetime) -> Kept:
    with app.app_context():
        submitted = select(Application).where(Application.state == ApplicationState.SUBMITTED)
        rows = {one.id: one for one in db.session.scalars(submitted)}
        texts = dict(db.session.execute(select(Application.id, Application.summary)).all())
        moves = _count(Event.subject_id, Event.name == "application.submit")
        mails = _count(Promise.subject_id, Promise.kind == "send_receipt")
        db.session.remove()
    references = [one.reference for one in rows.values()]
    lost = len(seen.received - rows.keys()) + sum(1 for id, text in seen.saved.items() if texts[id] != text)
    lost += len(seen.received - mails.keys())
    lost += sum(1 for one in rows.values() if one.submitted_at is None or one.submitted_at > closes)
    doubled = len(references) - len(set(references))
    doubled += sum(n - 1 for counts in (moves, mails) for n in counts.values())
    return Kept(lost, doubled)


def _count(id: Callable[..., object] | object, condition: object) -> dict[UUID, int]:
    counted = select(id, func.count()).where(condition).group_by(id)  # type: ignore[call-overload]
    return dict(db.session.execute(counted).all())  # type: ignore[arg-type]


def report(seen: Seen, found: Kept, applicants: int) -> str:
    alone = percentile(seen.times["submit, alone"], 0.5)
    rows = [
        (
            what,
            len(times),
            *(f"{percentile(times, share) * 1000:.0f}" for share in (0.5, 0.99)),
            f"{percentile(times, 0.5) / alone:.1f}",
        )
        for what, times in seen.times.items()
    ]
    outcome = {"lost": found.lost, "doubled": found.doubled, "errors": len(seen.errors)}
    lines = [
        {
            "bench": "storm",
            "case": what,
            "rows": applicants,
            "requests": len(times),
            "p50_ms": round(percentile(times, 0.5) * 1000, 1),
            "p99_ms": round(percentile(times, 0.99) * 1000, 1),
            **outcome,
        }
        for what, times in seen.times.items()
    ]
    said = "  ".join(f"{name}: {n}" for name, n in outcome.items())
    head = ("what", "requests", "p50 ms", "p99 ms", "x alone")
    return f"{table(head, rows)}\n\n{said}\n\n{as_lines(lines)}"


def _run(work: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: whoever calls may have a loop that runs."""
    with ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, work).result()


def close_at(app: Flask, closes: datetime) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(Call).values(closes_at=closes))


def measure(settings: Settings, applicants: int, writers: int, lasts: float = MINUTE) -> tuple[Seen, Kept]:
    """Fills a migrated, empty database, starts the server on it and lets the storm loose."""
    app, seen = create_app(settings), Seen()
    drafts = fill(app, applicants + writers + CALM, pdf(), now() + timedelta(days=1))
    early, writing, pressing = drafts[:CALM], drafts[CALM : CALM + writers], drafts[CALM + writers :]
    with serving(settings) as browser:
        port = browser.connection.port
        _run(calm(port, early, seen))
        closes = now() + timedelta(seconds=lasts + LAST)
        close_at(app, closes)
        _run(storm(port, pressing, writing, seen, lasts))
    found = kept(app, seen, closes)
    with app.app_context():
        db.engine.dispose()
    return seen, found


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a browser of its own for everybody
    instance = Path(tempfile.mkdtemp(prefix="bench-")) / "instance"
    try:
        with servers(replace(Settings(), instance=instance)) as settings:
            upgrade(settings)
            print(f"{APPLICANTS} applicants submit within {MINUTE:.0f} s, {WRITERS} save ...", file=sys.stderr)
            seen, found = measure(settings, APPLICANTS, WRITERS)
            for one in seen.errors[:10]:
                print(one, file=sys.stderr)
            print(report(seen, found, APPLICANTS))
    finally:
        erase(instance)
        instance.parent.rmdir()
