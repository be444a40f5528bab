"""PostgreSQL and Redis for whoever needs them: the operator's, those already running, or our own for a while."""

import fcntl
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from config.settings import Settings
from grants.operate import places, postgres, redis
from grants.operate.places import Place
from grants.operate.processes import Running, ServerProblem

__all__ = ["ServerProblem", "Started", "erase", "servers", "sole", "started", "superuser"]


@dataclass
class Started:
    """Settings that reach the servers, and those of them that are ours to watch."""

    settings: Settings
    running: list[Running] = field(default_factory=list)


@contextmanager
def servers(settings: Settings, *, durable: bool = True) -> Iterator[Settings]:
    """Settings with every address filled in.

    Addresses given by the operator stand. Otherwise the servers of the instance are used: those which another
    process runs, or our own, started for the duration of the block. `durable=False` is for tests: a crash may lose
    everything. Raises ServerProblem with a sentence.
    """
    settings = _complete(settings)
    if not settings.embedded_database and not settings.embedded_redis:
        yield settings
        return
    place = places.place(settings.instance)
    with ExitStack() as open_:
        lock, mark = open_.enter_context(_file(place, "lock")), open_.enter_context(_file(place, "users"))
        found = _borrow_or_lock(place, lock, mark)
        if found is not None:
            yield _with_addresses(settings, found)
            return
        with _run(settings, place, durable=durable) as own:
            yield own.settings
            place.running.unlink(missing_ok=True)  # nobody new comes
            fcntl.flock(mark, fcntl.LOCK_EX)  # whoever borrowed them finishes first


@contextmanager
def sole(settings: Settings) -> Iterator[Place]:
    """The instance, kept to ourselves. Raises ServerProblem when somebody else runs its servers."""
    place = places.place(settings.instance)
    with _file(place, "lock") as lock:
        if not _lock(lock):
            lock.seek(0)
            who = lock.read().strip() or "another process"
            raise ServerProblem(f"The data in {place.instance} is already in use by {who}: one start at a time.")
        yield place


@contextmanager
def started(settings: Settings, place: Place) -> Iterator[Started]:
    """The same for a supervisor, which watches the servers; `place` comes from `sole`."""
    with _run(_complete(settings), place, durable=True) as own:
        yield own


def superuser(settings: Settings, database: str = postgres.SUPERUSER) -> str:
    """The address of a started embedded server as its superuser: for tests and repairs."""
    passwords = places.kept_secrets(settings.instance)
    note = places.recall(places.place(settings.instance).sockets)
    if note is None:
        raise ServerProblem("The embedded servers are not running.")
    return postgres.url(postgres.SUPERUSER, passwords["superuser"], Path(note["path"]), database)


def erase(instance: Path) -> None:
    """Remove an instance and its data for good: for tests and benches."""
    shutil.rmtree(places.place(instance).home, ignore_errors=True)
    shutil.rmtree(instance, ignore_errors=True)


def _complete(settings: Settings) -> Settings:
    """Every address with the driver we ship, every path absolute, the signing key in place."""
    instance = places.own(settings.instance)
    database = _with_driver(settings.database_url)
    return replace(
        settings,
        instance=instance,
        secret_key=settings.secret_key or places.kept_secrets(instance)["signing"],
        database_url=database,
        database_owner_url=_with_driver(settings.database_owner_url) or database,
    )


def _with_driver(url: str) -> str:
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


@contextmanager
def _file(place: Place, name: str) -> Iterator[IO[str]]:
    """A private file to lock; children do not inherit it."""
    handle = os.open(place.instance / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "r+") as file:
        yield file


def _lock(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    lock.truncate(0)
    lock.seek(0)
    lock.write(f"process {os.getpid()} ({' '.join(['grants', *sys.argv[1:]])})")
    lock.flush()
    return True


def _borrow_or_lock(place: Place, lock: IO[str], mark: IO[str]) -> dict[str, str] | None:
    """Addresses of servers that run already, or None when the lock, and so the work, is ours."""
    deadline = time.monotonic() + 60
    while not _lock(lock):
        fcntl.flock(mark, fcntl.LOCK_SH)  # their owner waits for us before it stops them
        found = places.recall(place.running)
        if found is not None:
            return found
        fcntl.flock(mark, fcntl.LOCK_UN)
        if time.monotonic() > deadline:
            raise ServerProblem(f"Another process holds {place.instance} and its servers do not come up.")
        time.sleep(0.05)
    return None


@contextmanager
def _run(settings: Settings, place: Place, *, durable: bool) -> Iterator[Started]:
    """Start what the operator did not give, in order; stop it in the reverse order."""
    _forget_previous(place)
    passwords = places.kept_secrets(place.instance)
    sockets = places.socket_directory(place.account)
    places.keep(place.sockets, {"path": str(sockets)})
    own = Started(settings)
    addresses: dict[str, str] = {}
    try:
        if settings.embedded_database:
            server = Running(postgres.program(place, sockets, passwords["superuser"], durable=durable))
            own.running.append(server)
            postgres.wait_until_ready(server, sockets, passwords["superuser"])
            postgres.ensure_roles(sockets, passwords)
            addresses["database_url"] = postgres.url(postgres.APPLICATION, passwords["application"], sockets)
            addresses["database_owner_url"] = postgres.url(postgres.OWNER, passwords["owner"], sockets)
        if settings.embedded_redis:
            server = Running(redis.program(place, sockets, durable=durable))
            own.running.append(server)
            redis.wait_until_ready(server, sockets)
            addresses["redis_url"] = redis.url(sockets)
        places.keep(place.running, addresses)
        own.settings = _with_addresses(settings, addresses)
        yield own
    finally:
        place.running.unlink(missing_ok=True)
        for server in reversed(own.running):
            server.ask()
        for server in reversed(own.running):
            server.finish(patience=10)
        places.forget_sockets(sockets, place.account)
        place.sockets.unlink(missing_ok=True)


def _with_addresses(settings: Settings, found: dict[str, str]) -> Settings:
    return replace(
        settings,
        database_url=settings.database_url or found["database_url"],
        database_owner_url=settings.database_owner_url or found["database_owner_url"],
        redis_url=settings.redis_url or found["redis_url"],
    )


def _forget_previous(place: Place) -> None:
    """What a killed start left: its note and its socket directory."""
    place.running.unlink(missing_ok=True)
    if (left := places.recall(place.sockets)) is not None:
        places.forget_sockets(Path(left["path"]), place.account)
