"""Files, each kept once under the SHA-256 of its content: in a private directory, or in any store that obstore knows.

digest = storage(settings).keep(content)        # scanned for viruses first: raises Infected
for piece in storage(settings).read(digest): ...
storage(settings).keep_made("pages/…/1.png", content)       what we make of a file ourselves, and can make again

GRANTS_STORAGE_URL=s3://bucket/prefix?region=eu-west-3&endpoint=http://minio:9000: what stands behind the question mark
goes to obstore as it is; the keys come from there (access_key_id, secret_access_key) or from AWS_* in the environment.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from config.settings import Settings
from grants.core import scans
from grants.core.errors import NoRoom
from grants.core.i18n import N_

DIGEST = re.compile(r"[0-9a-f]{64}")
MADE = re.compile(r"[a-z]+(/[0-9a-z][0-9a-z.-]*)+")
PIECE = 256 * 1024  # octets read at a time


class Storage:
    """Content in, digest out. Keeping the same content twice keeps it once; nothing is ever overwritten in place.

    `admit(digest, content)` is asked before anything is kept, and raises for what must not be.
    """

    def __init__(
        self,
        store: ObjectStore,
        folder: Path | None = None,
        reserve_mb: int = 0,
        admit: Callable[[str, bytes], None] | None = None,
    ) -> None:
        self._store, self._folder, self._reserve_mb, self._admit = store, folder, reserve_mb, admit

    def keep(self, content: bytes) -> str:
        """Write it whole or not at all; answers with its SHA-256 in hexadecimal.

        Raises NoRoom on a nearly full disk, Infected when the scanner finds a virus. What an aborted transaction leaves
        behind is harmless: no row names it.
        """
        digest = hashlib.sha256(content).hexdigest()
        if self._admit is not None:
            self._admit(digest, content)
        if not self.has(digest):
            self._need_room(len(content))
            obstore.put(self._store, _path(digest), content)
        return digest

    def has(self, digest: str) -> bool:
        try:
            obstore.head(self._store, _path(digest))
        except FileNotFoundError:
            return False
        return True

    def read(self, digest: str) -> Iterator[bytes]:
        """The content piece by piece; raises FileNotFoundError at once when it is not there."""
        found = obstore.get(self._store, _path(digest))
        return (bytes(piece) for piece in found.stream(PIECE))

    def remove(self, digest: str) -> None:
        """Removing what is not there changes nothing."""
        with suppress(FileNotFoundError):
            obstore.delete(self._store, _path(digest))

    def keep_made(self, name: str, content: bytes) -> None:
        """Something we made ourselves, under a name of ours; the same name again takes its place."""
        self._need_room(len(content))
        obstore.put(self._store, _made(name), content)

    def keep_made_file(self, name: str, path: Path) -> None:
        """The same from a file, of any size: it is sent piece by piece."""
        self._need_room(path.stat().st_size)
        obstore.put(self._store, _made(name), path)

    def read_made(self, name: str) -> Iterator[bytes]:
        """What was kept under this name, piece by piece; raises FileNotFoundError at once when it is not there."""
        found = obstore.get(self._store, _made(name))
        return (bytes(piece) for piece in found.stream(PIECE))

    def made(self, name: str) -> bytes | None:
        """What was kept under this name; None when it was not, or not any more."""
        try:
            return bytes(obstore.get(self._store, _made(name)).bytes())
        except FileNotFoundError:
            return None

    def forget_made(self, name: str) -> None:
        with suppress(FileNotFoundError):
            obstore.delete(self._store, _made(name))

    def _need_room(self, octets: int) -> None:
        if self._folder and shutil.disk_usage(self._folder).free - octets < self._reserve_mb * 1_000_000:
            raise NoRoom(N_("The file was not kept: the server's disk is nearly full. Nothing else was lost."))


@lru_cache(maxsize=8)
def storage(settings: Settings) -> Storage:
    """The installation's storage, opened at first use: a process opens its own, none survives a fork."""
    admit = partial(scans.admit, url=settings.clamav_url)
    if settings.storage_url:
        return Storage(_opened(settings.storage_url), admit=admit)
    folder = settings.instance.absolute() / "files"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chmod(folder, 0o700)
    return Storage(LocalStore(folder), folder, settings.disk_reserve_mb, admit)


def _opened(url: str) -> ObjectStore:
    """The store at this address; its query holds obstore's own options. Plain http only where the endpoint says so."""
    parts = urlsplit(url)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    plain = str(options.get("endpoint", "")).startswith("http://")
    client: Any = {"allow_http": True} if plain else None
    return from_url(parts._replace(query="").geturl(), config=options or None, client_options=client)  # type: ignore[arg-type]


def _path(digest: str) -> str:
    """Two levels of folders, so that no folder grows large. Anything but a digest raises ValueError."""
    if not DIGEST.fullmatch(digest):
        raise ValueError("not a SHA-256 in hexadecimal")
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


def _made(name: str) -> str:
    if not MADE.fullmatch(name):
        raise ValueError("not a name of ours")
    return name
