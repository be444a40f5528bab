"""One page of a PDF that may be hostile, as a picture and as text: drawn in a child process under limits.

    page = draw(content, 3, 1200)       page.image is PNG; page.text what a screen reader says

Whatever the file does, this process only ever reads a bounded answer. Every refusal is an `Unshown` whose `detail` is a
sentence for whoever wanted to read, and whose `lasting` says whether trying again would be of use.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Event, Timer
from typing import Any

from grants.core.errors import Refused
from grants.core.i18n import N_

CHILD = Path(__file__).with_name("child.py")
AT_ONCE = 2  # children of one process
HEAVY, SLOW = "too_heavy", "too_slow"
TOO_MUCH_TIME = {-24, -9}  # SIGXCPU; SIGKILL, sent when the seconds that nobody may exceed are over
_free = BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Limits:
    """Pages of the file, pixels, characters, bytes, seconds of processor time, seconds by the clock, bytes."""

    pages: int = 500
    height: int = 8_000
    text: int = 50_000
    memory: int = 600_000_000
    seconds: int = 10
    patience: int = 25
    answer: int = 40_000_000


@dataclass(frozen=True)
class Drawn:
    """Page `number` of `pages`, in pixels; `image` is PNG."""

    number: int
    pages: int
    width: int
    height: int
    text: str
    image: bytes


class Unshown(Refused):
    """The page cannot be shown; `code` names the reason. `lasting`: it would be the same another time."""

    title = N_("These pages cannot be shown here")

    def __init__(self, code: str, most: int = 0) -> None:
        reasons = {
            "encrypted": N_("This PDF is protected by a password: its pages cannot be shown here."),
            "broken": N_("This PDF is damaged: its pages cannot be shown here."),
            "too_many_pages": N_("This PDF has more than %(n)s pages: they are not shown here.", n=most),
            "too_heavy": N_("This page needs too much memory to be drawn, and was not."),
            "too_slow": N_("This page takes too long to be drawn, and was not."),
            "late": N_("This page takes too long to be drawn, and was not."),
            "no_such_page": N_("This PDF has no such page."),
            "busy": N_("Many pages are being drawn just now. Try again in a moment."),
        }
        super().__init__(reasons.get(code, reasons["broken"]))
        self.code, self.most = code, most

    @property
    def lasting(self) -> bool:
        return self.code not in {"busy", "late", "no_such_page"}


def draw(content: bytes, number: int, width: int, limits: Limits | None = None) -> Drawn:
    """Page `number` (from 1), `width` pixels wide. Raises Unshown with the reason."""
    limits = limits or Limits()
    if not _free.acquire(timeout=limits.patience):
        raise Unshown("busy")
    try:
        said, image = _converse(content, number, width, limits)
    finally:
        _free.release()
    if "refused" in said:
        raise Unshown(str(said["refused"]), int(said.get("most", 0)))
    text = " ".join(str(said["text"]).replace("\ufffe", "-").split(" "))
    return Drawn(number, int(said["pages"]), int(said["width"]), int(said["height"]), text, image)


def _converse(content: bytes, number: int, width: int, limits: Limits) -> tuple[dict[str, Any], bytes]:
    told = {"pages": limits.pages, "height": limits.height, "text": limits.text, "memory": limits.memory}
    told |= {"seconds": limits.seconds, "page": number, "width": width, "parent": os.getpid()}
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(content)
        file.seek(0)
        with subprocess.Popen(  # noqa: S603 - our own program, no shell
            [sys.executable, "-I", "-B", str(CHILD), str(file.fileno()), json.dumps(told)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(file.fileno(),),
            env={},  # nothing of our environment is lent
        ) as child:
            late = Event()

            def end() -> None:
                late.set()
                child.kill()

            watch = Timer(limits.patience, end)
            watch.start()
            try:
                assert child.stdout is not None  # noqa: S101
                answer = child.stdout.read(limits.answer)
                child.kill()
                code = child.wait()
            finally:
                watch.cancel()
                child.kill()
    head, _, image = answer.partition(b"\n")
    if not head:
        raise Unshown("late" if late.is_set() else SLOW if code in TOO_MUCH_TIME else HEAVY)
    said: dict[str, Any] = json.loads(head)
    return said, image
