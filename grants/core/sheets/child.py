"""Reads one hostile file and says what is in it. Run by `reading` in a confined child process, never imported by it.

It answers on standard output in JSON lines: first `{"sheets": [{"name", "top": rows, "filled": n}], "epoch": …}`;
then, when told on standard input which sheet and how many columns, each row as `[number, cell, …]` and last `null`.
Or one line `{"refused": code, …}`. A cell is null, a string, a number, a boolean, `["d", ISO date]` or `["e", error]`;
where the limits ask for `formulas`, one whose result was never stored is `["f", ""]` and not null.
It knows nothing of the rest of the product.
"""

import codecs
import csv
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, BinaryIO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

PREFIX = re.compile(rb"<([A-Za-z][\w.-]*:)?worksheet\b")
DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
CHUNK = 1 << 22
TOP = 60  # rows of each sheet shown before one is chosen
SHEETS = 20
UNCALCULATED = ["f", ""]
BINARY = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class Refused(Exception):
    def __init__(self, code: str, **why: Any) -> None:
        super().__init__(code)
        self.why = {"refused": code, **why}


def say(message: Any) -> None:
    print(json.dumps(message, separators=(",", ":")))


def cell(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return value if value.strip() else None
        case datetime():
            return ["d", value.replace(tzinfo=None).isoformat()]
    return str(value)


def filled(row: Iterable[Any]) -> bool:
    return any(value is not None and value != UNCALCULATED for value in row)


class Text:
    """A CSV file: one sheet without a name."""

    epoch = 1900

    def __init__(self, file: BinaryIO, limits: dict[str, int]) -> None:
        self.text = decode(file.read())
        if BINARY.search(self.text[:100_000]):
            raise Refused("not_a_workbook")
        csv.field_size_limit(200_000)
        self.dialect = delimiter(self.text)
        self.names = [""]

    def count(self, index: int) -> int:
        return self.text.count("\n") + 1  # at most: a quoted cell may hold several lines

    def rows(self, index: int) -> Iterator[tuple[int, list[Any]]]:
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.dialect)
        try:
            for number, row in enumerate(reader, 1):
                yield number, [cell(value) for value in row]
        except csv.Error as error:
            raise Refused("unreadable") from error


def decode(content: bytes) -> str:
    """UTF-16 or UTF-8 by their marks, UTF-8 if it is, else what Western spreadsheets write."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tries = ["utf-16"]
    elif content[1:200:2].count(0) > len(content[1:200:2]) * 0.9:
        tries = ["utf-16-le"]
    else:
        tries = ["utf-8-sig", "cp1252"]
    for encoding in tries:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("not_a_workbook")


def delimiter(text: str) -> str:
    """The mark that cuts the first rows into the same number of cells, the more the better."""

    def score(mark: str) -> float:
        try:
            head = csv.reader(io.StringIO(text[:200_000], newline=""), delimiter=mark)
            widths = Counter(len(row) for _, row in zip(range(50), head, strict=False) if filled(map(cell, row)))
        except csv.Error:
            return 0
        width, times = max(widths.items(), key=lambda one: (one[0] > 1, one[1]), default=(1, 0))
        return 0 if width < 2 else times / widths.total() * min(width, 10)

    best = max(",;\t|", key=score)
    if not score(best):
        raise Refused("not_a_workbook")
    return best


class Book:
    """An .xlsx file, whose container is looked through before its content is parsed."""

    def __init__(self, file: BinaryIO, limits: dict[str, int]) -> None:
        try:
            with ZipFile(file) as archive:
                self._inspect(archive, limits)
        except (BadZipFile, NotImplementedError, EOFError, OSError) as error:
            raise Refused("unreadable") from error
        import defusedxml.ElementTree  # noqa: F401 - openpyxl parses with it when it is there; fail when it is not
        from openpyxl.reader.excel import ExcelReader
        from openpyxl.styles.stylesheet import apply_stylesheet

        try:
            reader: Any = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
            reader.read_manifest()
            reader.read_strings()
            reader.read_workbook()
            apply_stylesheet(reader.archive, reader.wb)
            sheets = [
                (sheet.name, rel.target, sheet.state == "visible")
                for sheet, rel in reader.parser.find_sheets()
                if rel.target in reader.valid_files and rel.Type.endswith("/worksheet")
            ]
        except MemoryError:
            raise
        except Exception as error:
            raise Refused("unreadable") from error
        self.archive, self.book, self.strings = reader.archive, reader.wb, reader.shared_strings
        self.sheets = ([sheet for sheet in sheets if sheet[2]] or sheets)[:SHEETS]
        self.names = [name for name, _, _ in self.sheets]
        self.epoch = self.book.epoch.year

    def _inspect(self, archive: ZipFile, limits: dict[str, int]) -> None:
        """Sizes first, then every part is unpacked once, in pieces, to count what it holds; nothing is parsed."""
        parts = archive.infolist()
        names = {part.filename for part in parts}
        if "[Content_Types].xml" not in names or "xl/workbook.bin" in names:
            raise Refused("not_a_workbook")
        if limits["no_macros"] and any(name.endswith("vbaProject.bin") for name in names):
            raise Refused("macros")
        if any(part.flag_bits & 1 for part in parts):
            raise Refused("encrypted")
        if sum(part.file_size for part in parts) > limits["unpacked"] or len(parts) > 2_000:
            raise Refused("bomb")
        if any(p.file_size > 1 << 20 and p.file_size > limits["ratio"] * max(p.compress_size, 1) for p in parts):
            raise Refused("bomb")
        self.formulas = bool(limits["formulas"])
        self.counts: dict[str, int] = {}
        cells = 0
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                self.counts[part.filename], values = survey(archive, part.filename)
                cells += values
                if cells > limits["cells"]:
                    raise Refused("too_many_cells", most=limits["cells"])

    def count(self, index: int) -> int:
        return self.counts.get(self.sheets[index][1], 0)

    def rows(self, index: int) -> Iterator[tuple[int, list[Any]]]:
        reader = SheetReader(self.strings, self.book, self.formulas)
        with self.archive.open(self.sheets[index][1]) as source:
            try:
                while chunk := source.read(CHUNK >> 4):
                    reader.parser.Parse(chunk)
                    yield from reader.taken()
                reader.parser.Parse(b"", True)
            except (expat.ExpatError, BadZipFile, EOFError, ValueError, IndexError, KeyError, OverflowError) as error:
                raise Refused("unreadable") from error
        yield from reader.taken()


class SheetReader:
    """The rows of one sheet straight from expat, sparse as they are: openpyxl's own reader, once defused, takes many
    times as long, and fills every gap that a file claims to have."""

    def __init__(self, strings: list[str], book: Any, formulas: bool = False) -> None:
        self.strings, self.epoch = strings, book.epoch
        self.formulas, self.formula = formulas, False
        self.dates = {str(style) for style in book._date_formats}
        self.durations = {str(style) for style in book._timedelta_formats}
        self.done: list[tuple[int, list[Any]]] = []
        self.row: list[Any] = []
        self.number = 0
        self.cell: dict[str, str] = {}
        self.text = ""
        self.prefix: str | None = None
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.StartDoctypeDeclHandler = self.parser.EntityDeclHandler = self.refuse

    def refuse(self, *_: object) -> None:
        raise Refused("unsafe")

    def taken(self) -> list[tuple[int, list[Any]]]:
        rows, self.done = self.done, []
        return rows

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.prefix is None:  # the first element: worksheet, or x:worksheet
            self.prefix = name.removesuffix("worksheet")
        if self.prefix:
            name = name.removeprefix(self.prefix)
        if name == "c":
            self.cell, self.text, self.formula = attributes, "", False
        elif name == "f":
            self.formula = self.formulas
        elif name in {"v", "t"}:
            self.parser.CharacterDataHandler = self.more
        elif name == "row":
            number = int(attributes.get("r", self.number + 1))
            if not self.number < number <= 1_048_576:
                raise Refused("unreadable")
            self.number, self.row = number, []
        elif name == "rPh":  # how to pronounce the text, not the text
            self.parser.StartElementHandler = None

    def more(self, text: str) -> None:
        self.text += text

    def end(self, name: str) -> None:
        if self.prefix:
            name = name.removeprefix(self.prefix)
        if name in {"v", "t"}:
            self.parser.CharacterDataHandler = None
        elif name == "c":
            place = self.cell.get("r", "").rstrip("0123456789")
            column = (COLUMNS.get(place) or column_number(place)) if place else len(self.row) + 1
            row, value = self.row, self.value() if self.text else UNCALCULATED if self.formula else None
            if len(row) >= column:
                raise Refused("unreadable")
            row.extend([None] * (column - 1 - len(row)))
            row.append(value)
        elif name == "row":
            self.done.append((self.number, self.row))
        elif name == "rPh":
            self.parser.StartElementHandler = self.start

    def value(self) -> Any:
        text, kind = self.text, self.cell.get("t", "n")
        if kind == "s":
            return cell(self.strings[int(text)])
        if kind in {"inlineStr", "str"}:
            return cell(text)
        if kind == "n":
            number = int(text) if text.isdigit() else float(text)
            style = self.cell.get("s", "0")
            return cell(self.moment(number, style in self.durations)) if style in self.dates else number
        if kind == "b":
            return text == "1"
        if kind == "d":
            return cell(datetime.fromisoformat(text))
        return ["e", text]

    def moment(self, number: float, timedelta: bool) -> Any:
        from openpyxl.utils.datetime import from_excel

        try:
            return from_excel(number, self.epoch, timedelta=timedelta)
        except (OverflowError, ValueError):
            return number


COLUMNS: dict[str, int] = {}


def column_number(letters: str) -> int:
    """A is 1, AA is 27, XFD is 16 384; raises ValueError for what no column is called."""
    number = 0
    for letter in letters:
        number = number * 26 + "ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(letter) + 1
    if number > 16_384:
        raise ValueError(letters)
    COLUMNS[letters] = number
    return number


def survey(archive: ZipFile, name: str) -> tuple[int, int]:
    """How many rows of this part hold a value, and how many values; refuses declarations of entities."""
    rows = values = 0
    with archive.open(name) as part:
        start = part.read(2_000)
        if not re.match(rb"(?:\xef\xbb\xbf)?\s*<[^\0]", start):  # another encoding would hide what we look for
            raise Refused("unreadable")
        prefix = (found[1] or b"") if (found := PREFIX.search(start)) else b""
        row, value, text = b"<" + prefix + b"row", b"</" + prefix + b"v>", b"</" + prefix + b"is>"
        rest = b""
        part.seek(0)
        while chunk := part.read(CHUNK):
            if DECLARES.search(chunk) or DECLARES.search(rest[-16:] + chunk[:16]):
                raise Refused("unsafe")
            if not name.startswith("xl/worksheets/"):
                continue
            *whole, rest = (rest + chunk).split(row)  # the last row may go on in the next piece
            rows += sum(value in piece or text in piece for piece in whole)
            values += sum(piece.count(value) + piece.count(text) for piece in whole)
            if len(rest) > 4 * CHUNK:
                raise Refused("unreadable")
    return rows + (value in rest or text in rest), values + rest.count(value) + rest.count(text)


def serve(source: Text | Book, limits: dict[str, int]) -> None:
    """Show the top of every sheet, wait for the choice, give that sheet's rows."""
    shown = []
    for index, name in enumerate(source.names):
        top = []
        for number, row in source.rows(index):
            if filled(row):
                top.append([number, *row[: limits["columns"] + 1]])
            if len(top) == TOP:
                break
        shown.append({"name": name, "top": top, "filled": source.count(index)})
    say({"sheets": shown, "epoch": source.epoch})
    sys.stdout.flush()
    if not (choice := sys.stdin.readline()):
        return
    index, after, width = json.loads(choice)
    if not isinstance(source, Text) and source.count(index) > limits["rows"] + after:
        raise Refused("too_many_rows", most=limits["rows"])
    given, seen, last = 0, 0, source.count(index)
    for number, row in source.rows(index):
        seen += filled(row)
        if number > after and filled(row):
            given += 1
            if given > limits["rows"]:
                raise Refused("too_many_rows", most=limits["rows"])
            say([number, *row[:width]])
        if 0 < last <= seen and isinstance(source, Book):
            break  # a million formatted, empty rows may follow
    say(None)


def main(file: BinaryIO, limits: dict[str, int]) -> None:
    try:
        file.seek(0)  # the parent has looked at its first bytes
        start = file.read(4)
        file.seek(0)
        serve((Book if start[:2] == b"PK" else Text)(file, limits), limits)
    except Refused as refused:
        say(refused.why)
