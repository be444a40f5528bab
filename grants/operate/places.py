"""Where the embedded servers keep what they keep, and who may reach it."""

import hashlib
import json
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grants.operate.processes import Account, ServerProblem

ACCOUNT = "grants"
SHARED = Path("/var/lib/grants")
RUNTIME = Path("/tmp")  # noqa: S108 - short, ASCII; only mkdtemp makes anything in it
PREFIX = "grants-"


@dataclass(frozen=True, kw_only=True)
class Place:
    """The directories of one installation."""

    instance: Path  # ours alone: secrets, logs, the lock
    home: Path  # the servers' data; the instance itself, unless root lends them an account
    account: Account | None

    @property
    def running(self) -> Path:
        """The note that tells other commands how to reach the running servers."""
        return self.instance / "servers.json"

    @property
    def sockets(self) -> Path:
        """The note that tells the next start what to clear away, should this one be killed."""
        return self.instance / "sockets.json"

    def log(self, name: str) -> Path:
        path = self.instance / f"{name}.log"
        with suppress(OSError):
            if path.stat().st_size > 10_000_000:
                path.replace(path.with_suffix(".log.1"))
        return path


def own(instance: Path) -> Path:
    """Make (or find) the private directory of an installation."""
    instance = instance.expanduser().absolute()
    try:
        instance.mkdir(parents=True, exist_ok=True, mode=0o700)
        owner = instance.stat().st_uid
    except OSError as error:
        raise ServerProblem(f"The directory {instance} cannot be used: {error.strerror}.") from error
    if owner != os.geteuid():
        raise ServerProblem(
            f"The directory {instance} belongs to another account ({_name(owner)}): "
            "work as that account, or choose another directory with GRANTS_INSTANCE."
        )
    return instance


def place(instance: Path) -> Place:
    """Where the embedded servers live. As root: with an account of their own, outside our checkout."""
    instance = own(instance)
    if os.geteuid() != 0:
        return Place(instance=instance, home=instance, account=None)
    account = lend_account()
    try:
        if not SHARED.exists():
            SHARED.mkdir(exist_ok=True)
            SHARED.chmod(0o755)
        home = private_directory(SHARED / _identity(instance), account)
    except OSError as error:
        raise ServerProblem(f"{SHARED} cannot be given to the account {account.name}: {error.strerror}.") from error
    return Place(instance=instance, home=home, account=account)


def private_directory(path: Path, account: Account | None) -> Path:
    """A directory nobody else can enter, made if missing, owned by whoever runs the server."""
    if not path.exists():
        path.mkdir(mode=0o700)
        if account is not None:
            os.chown(path, account.uid, account.gid)
    return path


def lend_files(name: str, fill: Callable[[Path], None]) -> Path:
    """A directory of ours that any account can read, filled once: whole or not at all."""
    kept = SHARED / name
    if not kept.exists():
        draft = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=SHARED))
        fill(draft)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        with suppress(OSError):  # another start was faster: its copy stands
            draft.rename(kept)
        shutil.rmtree(draft, ignore_errors=True)
    return kept


def lend_account() -> Account:
    """The system account `grants`, made when missing: PostgreSQL refuses to run as root."""
    for missing in (True, False):
        with suppress(KeyError):
            entry = pwd.getpwnam(ACCOUNT)
            return Account(name=ACCOUNT, uid=entry.pw_uid, gid=entry.pw_gid)
        if missing:
            _make_account()
    raise ServerProblem(f"The system account {ACCOUNT} could not be made: make it, or start as an ordinary user.")


def _make_account() -> None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        return
    shell = "/usr/sbin/nologin"
    command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", str(SHARED), "--shell", shell]
    subprocess.run([*command, ACCOUNT], check=False, capture_output=True)  # noqa: S603 - may lose a race and be content


def socket_directory(account: Account | None) -> Path:
    """A new private directory with a name nobody could have guessed, short enough for sockets."""
    path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=RUNTIME))
    if account is not None:
        os.chown(path, account.uid, account.gid)
    return path


def forget_sockets(path: Path, account: Account | None) -> None:
    """Remove a socket directory of ours, left by a start that was killed."""
    owner = account.uid if account else os.geteuid()
    with suppress(OSError):
        if path.parent == RUNTIME and path.name.startswith(PREFIX) and path.lstat().st_uid == owner:
            shutil.rmtree(path)


def keep(path: Path, content: dict[str, Any]) -> None:
    """Write a private file whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as file:
        json.dump(content, file)
    draft.replace(path)


def recall(path: Path) -> dict[str, Any] | None:
    """What `keep` wrote, or None."""
    with suppress(FileNotFoundError, ValueError):
        content: dict[str, Any] = json.loads(path.read_text())
        return content
    return None


def kept_secrets(instance: Path) -> dict[str, str]:
    """Passwords and the signing key, made once: {superuser, owner, application, signing, identity}."""
    path = instance / "secrets.json"
    if (known := recall(path)) is not None:
        return known
    names = ("superuser", "owner", "application", "signing", "identity")
    draft = instance / f".secrets.{os.getpid()}"
    keep(draft, {name: secrets.token_urlsafe(32) for name in names})
    with suppress(FileExistsError):
        os.link(draft, path)  # two commands may meet here: the first one's secrets stand
    draft.unlink()
    known = recall(path)
    if known is None:
        raise ServerProblem(f"{path} cannot be read: restore it from a backup, the database's passwords are in it.")
    return known


def _identity(instance: Path) -> str:
    """Names the data by its instance, not by its path: a moved checkout finds its data again."""
    return hashlib.sha256(kept_secrets(instance)["identity"].encode()).hexdigest()[:16]


def _name(uid: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return str(uid)
