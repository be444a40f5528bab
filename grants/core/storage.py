"""Files, each kept once under the SHA-256 of its content: in a private directory, or in any store that obstore knows.

digest = storage(settings).keep(content)
for piece in storage(settings).read(digest): ...
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from config.settings import Settings
from grants.core.errors import NoRoom
from grants.core.i18n import N_

DIGEST = re.compile(r"[0-9a-f]{64}")
PIECE = 256 * 1024  # octets read at a time


class Storage:
    """Content in, digest out. Keeping the same content twice keeps it once; nothing is ever overwritten in place."""

    def __init__(self, store: ObjectStore, folder: Path | None = None, reserve_mb: int = 0) -> None:
        self._store, self._folder, self._reserve_mb = store, folder, reserve_mb

    def keep(self, content: bytes) -> str:
        """Write it whole or not at all; answers with its SHA-256 in hexadecimal. Raises NoRoom on a nearly full disk.

        What an aborted transaction leaves behind is harmless: no row names it.
        """
        digest = hashlib.sha256(content).hexdigest()
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

    def _need_room(self, octets: int) -> None:
        if self._folder and shutil.disk_usage(self._folder).free - octets < self._reserve_mb * 1_000_000:
            raise NoRoom(N_("The file was not kept: the server's disk is nearly full. Nothing else was lost."))


@lru_cache(maxsize=8)
def storage(settings: Settings) -> Storage:
    """The installation's storage, opened at first use: a process opens its own, none survives a fork."""
    if settings.storage_url:
        return Storage(from_url(settings.storage_url))
    folder = settings.instance.absolute() / "files"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chmod(folder, 0o700)
    return Storage(LocalStore(folder), folder, settings.disk_reserve_mb)


def _path(digest: str) -> str:
    """Two levels of folders, so that no folder grows large. Anything but a digest raises ValueError."""
    if not DIGEST.fullmatch(digest):
        raise ValueError("not a SHA-256 in hexadecimal")
    return f"{digest[:2]}/{digest[2:4]}/{digest}"
