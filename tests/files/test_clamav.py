"""Our side of INSTREAM, against a daemon on a real socket; and against Debian's own where it is installed."""

import shutil
import subprocess
import time

import pytest

from grants.core import clamav
from tests.files.clamd import EICAR, NAME, STREAM_MAX, running

REAL = shutil.which("clamd") or next((one for one in ("/usr/sbin/clamd",) if shutil.which(one)), None)


@pytest.fixture(params=["ours", "debian"] if REAL else ["ours"])
def scanner(request, tmp_path):
    """The address of a daemon that knows the EICAR test string and nothing else."""
    if request.param == "ours":
        with running() as (_, url):
            yield url
        return
    signatures = tmp_path / "signatures"
    signatures.mkdir()
    (signatures / "own.ndb").write_text(f"{NAME}:0:*:{EICAR.hex()}\n")
    place = tmp_path / "clamd.sock"
    (tmp_path / "clamd.conf").write_text(
        f"LocalSocket {place}\nDatabaseDirectory {signatures}\nForeground yes\nTemporaryDirectory {tmp_path}\n"
        f"StreamMaxLength {STREAM_MAX}\nOfficialDatabaseOnly no\n"
    )
    with subprocess.Popen([REAL, "-c", tmp_path / "clamd.conf"], stdout=subprocess.DEVNULL) as daemon:
        for _ in range(100):
            if place.exists():
                break
            time.sleep(0.1)
        yield f"unix:{place}"
        daemon.terminate()


def test_what_is_sound_and_what_is_not(scanner):
    assert clamav.scan(b"%PDF-1.4 and nothing else", scanner) is None
    assert clamav.scan(b"x" * 300_000, scanner) is None, "in several pieces"
    assert NAME in clamav.scan(b"y" * 200_000 + b"\n" + EICAR, scanner)
    assert clamav.version(scanner).startswith("ClamAV")


def test_too_much_for_it_is_not_scanned(scanner):
    with pytest.raises(clamav.Unreachable):
        clamav.scan(b"x" * (STREAM_MAX + 200_000), scanner)


def test_on_a_socket_of_the_file_system(tmp_path):
    with running(tmp_path / "clamd.sock") as (daemon, url):
        assert clamav.scan(b"content", url) is None
        assert daemon.seen == [b"content"]


def test_nobody_there(tmp_path):
    with running() as (_, url):
        pass
    for gone in (url, f"unix:{tmp_path}/none.sock"):
        with pytest.raises(clamav.Unreachable):
            clamav.scan(b"content", gone)


@pytest.mark.parametrize("answer", [b"", b"\0", b"stream: Can't allocate memory ERROR\0", b"OK", b"\xff" * 9_000])
def test_an_answer_that_does_not_say_it_is_sound_is_none(answer):
    with running() as (daemon, url):
        daemon.answers = answer
        with pytest.raises(clamav.Unreachable):
            clamav.scan(b"content", url)


def test_a_silent_one_is_left():
    with running() as (daemon, url):
        daemon.silent = True
        with pytest.raises(clamav.Unreachable):
            clamav.scan(b"content", url, patience=0.3)


def test_addresses():
    assert clamav.where("tcp://scanner.example:99") == ("scanner.example", 99)
    assert clamav.where("tcp://[::1]") == ("::1", 3310)
    assert clamav.where("unix:/run/clamav/clamd.ctl") == "/run/clamav/clamd.ctl"
    for wrong in ("clamd", "http://x", "tcp://", "unix:run/x", "tcp://x:port"):
        with pytest.raises(ValueError):
            clamav.where(wrong)
