"""A ZIP with an index in the making: tables, JSON and the files that people sent, each with its size and SHA-256."""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID
from zipfile import ZipFile

from grants.core.errors import Problem
from grants.core.i18n import N_, Reader, Text, render
from grants.core.scans import require_sound
from grants.core.sheets.writing import csv_text
from grants.core.storage import Storage


@dataclass(frozen=True)
class Part:
    """One line of the index; `size` and `sha256` are None when the file was left out, `note` says why."""

    path: str
    what: str
    size: int | None = None
    sha256: str | None = None
    note: str = ""


@dataclass
class Packing:
    """A ZIP in the making. `url` is the virus scanner's address, empty when there is none."""

    archive: ZipFile
    reader: Reader
    store: Storage
    url: str
    parts: list[Part] = field(default_factory=list)

    def say(self, text: Text | str) -> str:
        return render(text, self.reader)

    def write(self, path: str, what: Text, pieces: Iterable[bytes]) -> None:
        digest, size = hashlib.sha256(), 0
        with self.archive.open(path, "w", force_zip64=True) as inside:
            for piece in pieces:
                inside.write(piece)
                digest.update(piece)
                size += len(piece)
        self.parts.append(Part(path, self.say(what), size, digest.hexdigest()))

    def table(self, path: str, what: Text, head: Sequence[Text], rows: Iterable[Sequence[Any]]) -> None:
        self.write(path, what, csv_lines([[self.say(one) for one in head]], rows))

    def json(self, path: str, what: Text, content: Any) -> None:
        text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, default=str)
        self.write(path, what, [text.encode()])

    def kept(self, folder: str, what: Text, record: Any) -> None:
        """A file that somebody sent, unless the scanner keeps it back or it is gone."""
        path = f"{folder}/{len(self.parts) + 1:03}-{_safe(record.filename)}"
        try:
            require_sound(record.sha256, self.url)
            pieces = self.store.read(record.sha256)
        except Problem as kept_back:
            self.leave_out(path, what, self.say(kept_back.detail))
        except FileNotFoundError:
            self.leave_out(path, what, self.say(N_("The file is not in the storage any more.")))
        else:
            self.write(path, what, pieces)

    def leave_out(self, path: str, what: Text, why: str) -> None:
        self.parts.append(Part(path, self.say(what), note=why))


def columns(record: Any) -> list[tuple[str, Any]]:
    """Every column of a record with its value; not what is only read on purpose: the whole number of an account."""
    return [(one.key, getattr(record, one.key)) for one in record.__mapper__.column_attrs if not one.deferred]


def facts(record: Any, names: Mapping[UUID, str], *without: str) -> list[tuple[str, Any]]:
    """Its columns for a table: people by name, what has parts as JSON; without these columns."""
    return [(name, _plain(value, names)) for name, value in columns(record) if name not in without]


def _plain(value: Any, names: Mapping[UUID, str]) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return names.get(value, value) if isinstance(value, UUID) else value


def csv_lines(head: Iterable[Sequence[Any]], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """With a byte order mark, for Excel; nothing a person typed is alive in it."""
    yield "\ufeff".encode()
    for row in (*head, *rows):
        line = StringIO()
        cells = [csv_text(one) if isinstance(one, str) else one for one in row]
        csv.writer(line).writerow(["" if one is None else one for one in cells])
        yield line.getvalue().encode()


def _safe(name: str) -> str:
    """A file name without folders or anything a file system refuses."""
    bare = PurePosixPath(name.replace("\\", "/")).name
    return "".join("_" if one in '<>:"|?*' or ord(one) < 32 else one for one in bare)[-120:] or "file"
