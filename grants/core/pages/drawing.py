"""One page of a PDF that may be hostile, as a picture and as text: drawn in a child process under limits.

    page = draw(content, 3, 1200)       page.image is PNG; page.text what a screen reader says

Whatever the file does, this process only ever reads a bounded answer. Every refusal is an `Unshown` whose `detail` is a
sentence for whoever wanted to read, and whose `lasting` says whether trying again would be of use.
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grants.core.confined.running import TOO_LONG, Busy, Program
from grants.core.errors import Refused
from grants.core.i18n import N_

PROGRAM = Program(Path(__file__).with_name("child.py"), at_once=2)


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
    try:
        said, image = _converse(content, number, width, limits)
    except Busy:
        raise Unshown("busy") from None
    if "refused" in said:
        raise Unshown(str(said["refused"]), int(said.get("most", 0)))
    text = " ".join(str(said["text"]).replace("\ufffe", "-").split(" "))
    return Drawn(number, int(said["pages"]), int(said["width"]), int(said["height"]), text, image)


def _converse(content: bytes, number: int, width: int, limits: Limits) -> tuple[dict[str, Any], bytes]:
    told = {"pages": limits.pages, "height": limits.height, "text": limits.text, "page": number, "width": width}
    told |= {"memory": limits.memory, "seconds": limits.seconds}
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(content)
        file.seek(0)
        with PROGRAM.run(file, told, patience=limits.patience) as run:
            assert run.child.stdout is not None  # noqa: S101
            head, _, image = run.child.stdout.read(limits.answer).partition(b"\n")
            code = run.end()
    if not head:
        raise Unshown("late" if run.late.is_set() else "too_slow" if code in TOO_LONG else "too_heavy")
    said: dict[str, Any] = json.loads(head)
    return said, image
