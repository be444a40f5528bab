"""The storage in S3, over HTTP, by the setting alone."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer

from config.settings import Settings
from grants.core.storage import PIECE, Storage, storage
from tests.applications.samples import pdf

KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The setting that leads to an empty bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    urlopen(Request(f"http://{host}:{port}/grants-files", method="PUT")).close()
    yield f"s3://grants-files/installation?region=us-east-1&endpoint=http://{host}:{port}"
    server.stop()


@pytest.fixture
def kept_in(bucket: str, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Storage:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return storage(replace(Settings(), storage_url=bucket, instance=tmp_path / "nothing is kept here"))


@pytest.fixture(autouse=True)
def no_scanner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verdicts are kept in the database, which these tests do without."""
    monkeypatch.setattr("grants.core.scans.admit", lambda *_, **__: None)
    storage.cache_clear()


def objects(bucket: str) -> str:
    endpoint = bucket.partition("endpoint=")[2]
    with urlopen(f"{endpoint}/grants-files?list-type=2") as answer:  # noqa: S310
        return answer.read().decode()


def test_kept_found_read_removed(kept_in: Storage, bucket: str, tmp_path) -> None:
    content = pdf("in S3")
    digest = kept_in.keep(content)
    assert digest == hashlib.sha256(content).hexdigest()
    assert kept_in.has(digest) and b"".join(kept_in.read(digest)) == content
    assert f"<Key>installation/{digest[:2]}/{digest[2:4]}/{digest}</Key>" in objects(bucket)
    kept_in.remove(digest)
    kept_in.remove(digest)
    assert not kept_in.has(digest)
    with pytest.raises(FileNotFoundError):
        kept_in.read(digest)
    assert os.listdir(tmp_path) == []


def test_the_same_content_is_kept_once(kept_in: Storage, bucket: str) -> None:
    before = objects(bucket).count("<Key>")
    first = kept_in.keep(pdf("twice"))
    changed = objects(bucket).partition("<LastModified>")[2][:40]
    assert kept_in.keep(pdf("twice")) == first
    assert objects(bucket).count("<Key>") == before + 1
    assert objects(bucket).partition("<LastModified>")[2][:40] == changed
    kept_in.remove(first)


def test_a_large_file_is_streamed(kept_in: Storage) -> None:
    content = os.urandom(1_000_000) * 30
    digest = kept_in.keep(content)
    found, longest = hashlib.sha256(), 0
    for piece in kept_in.read(digest):
        found.update(piece)
        longest = max(longest, len(piece))
    assert found.hexdigest() == digest
    assert longest < len(content) / 10, f"pieces of about {PIECE} octets, never the whole"
    kept_in.remove(digest)


def test_what_we_make_ourselves(kept_in: Storage) -> None:
    name = f"pages/ab/{'0' * 64}/1-800.png"
    assert kept_in.made(name) is None
    kept_in.keep_made(name, b"one")
    kept_in.keep_made(name, b"two")
    assert kept_in.made(name) == b"two"
    kept_in.forget_made(name)
    assert kept_in.made(name) is None
    for wrong in ("../x/y", "/etc/passwd", "pages//x", "pages/../x", "Pages/x", "pages/.x"):
        with pytest.raises(ValueError):
            kept_in.keep_made(wrong, b"x")
