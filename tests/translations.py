"""Every word of the product stands in every language, with the same blanks. Part of `make check`."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

DIRECTORY = Path("grants/translations")
LANGUAGES = ("fr", "ar", "en")
EVERYWHERE = ("--ignore-dirs", ".*")  # by default Babel leaves out _macros too
KEYWORDS = ("-k", "_l", "-k", "N_", "-k", "N_n:1,2", "-k", "js_plural:1,2")
BLANK = re.compile(r"%\((\w+)\)|%(?=[sd])")


def words() -> Catalog:
    """What the source says now."""
    with tempfile.TemporaryDirectory() as scratch:
        pot = Path(scratch) / "messages.pot"
        command = [sys.executable, "-m", "babel.messages.frontend", "--quiet", "extract", "-F", "pyproject.toml"]
        subprocess.run([*command, *EVERYWHERE, *KEYWORDS, "-o", str(pot), "."], check=True)
        with pot.open("rb") as file:
            return read_po(file)


def texts(value: object) -> list[str]:
    return [value] if isinstance(value, str) else list(value) if isinstance(value, tuple | list) else []


def problem(message: Message, catalogue: Catalog) -> str | None:
    """What is wrong with this message in this language, if anything."""
    known = catalogue.get(message.id, message.context)
    if known is None:
        return "missing"
    if known.fuzzy:
        return "fuzzy"
    given = texts(known.string)
    if not given or not all(given):
        return "empty"
    blanks = {blank for text in texts(message.id) for blank in BLANK.findall(text)}
    for text in given:
        if not set(BLANK.findall(text)) <= blanks:
            return f"other blanks: {text}"
    if not isinstance(message.id, str):
        return None
    return None if set(BLANK.findall(given[0])) == blanks else f"other blanks: {given[0]}"


def main() -> int:
    source = [message for message in words() if message.id]
    wrong = 0
    for language in LANGUAGES:
        path = DIRECTORY / language / "LC_MESSAGES" / "messages.po"
        if not path.exists():
            print(f"{language}: no catalogue at {path}")
            return 1
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
        for message in source:
            if said := problem(message, catalogue):
                wrong += 1
                print(f"{language}: {said}: {texts(message.id)[0]!r}")
    print(f"{len(source)} messages in {len(LANGUAGES)} languages, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
