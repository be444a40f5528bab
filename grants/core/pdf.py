"""Documents as PDF, set by Typst from a template under templates/documents/ and values; accessible (PDF/UA-1).

Values reach the template as JSON, never as source text. No network, no fonts of the machine: the same values give
the same bytes everywhere.
"""

import json
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

import fontpkg

from config.settings import ROOT

FOLDER = ROOT / "templates" / "documents"
FAMILY = "IBM Plex Sans Arabic"  # Latin and Arabic
STANDARDS: tuple[Any, ...] = ("ua-1",)
NOT_WRITTEN = {"Cc", "Cn", "Co", "Cs"}  # controls, and what is no character
OVERRIDES = {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e"}  # would turn round what stands beside them


def typeset(template: str, values: dict[str, Any]) -> bytes:
    """The PDF of `templates/documents/<template>.typ`; raises typst.TypstError where the template is at fault.

    A first document costs about 0.2 s (the library is loaded then), the next ones 20 ms. A letter our font lacks (a
    name in Chinese) is an empty box, and that document alone does not claim to be accessible.
    """
    import typst  # 35 MB that only a process that makes documents should carry

    said = json.dumps(legible(values), ensure_ascii=False)
    try:
        return _compiled(typst, template, said, STANDARDS)
    except typst.TypstError:
        return _compiled(typst, template, said, ())


def _compiled(typst: Any, template: str, said: str, standards: tuple[Any, ...]) -> bytes:
    made: bytes = typst.compile(
        FOLDER / f"{template}.typ",
        root=FOLDER,
        font_paths=[fonts()],
        ignore_system_fonts=True,
        sys_inputs={"values": said},
        pdf_standards=list(standards),
        format="pdf",
    )
    return made


def legible(value: Any) -> Any:
    """The same values without what cannot be written: controls, and marks that override the direction."""
    match value:
        case str():
            return "".join(
                one for one in value if one not in OVERRIDES and unicodedata.category(one) not in NOT_WRITTEN
            )
        case dict():
            return {key: legible(one) for key, one in value.items()}
        case list() | tuple():
            return [legible(one) for one in value]
    return value


@lru_cache(maxsize=1)
def fonts() -> Path:
    """The folder that holds every weight of the family."""
    return Path(str(fontpkg.path(FAMILY, weight=400))).parent
