"""A proposal as a workbook, and the same workbook edited and read back: differences and errors, cell by cell.

Reviewers are known by their e-mail address, applications by their reference; the rest of the file is for reading.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from uuid import UUID
from zoneinfo import ZoneInfo

from grants.core.i18n import N_, Reader, Text, plain, render
from grants.core.sheets.reading import Limits, Row, Table, read_table
from grants.core.sheets.writing import Column, Kind, Workbook
from grants.people.models import Person
from grants.reviews.assignment.facts import Facts
from grants.reviews.queries import Chaired

REFERENCE = N_("Reference")
LANGUAGES = ("fr", "ar", "en")
LIMITS = Limits(size=5_000_000, rows=20_000, columns=60, no_macros=True)


@dataclass(frozen=True)
class Difference:
    """What one line of a file changes: who goes, who comes."""

    file: UUID
    reference: str
    gone: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True)
class CellError:
    """What is wrong where: "C7"."""

    cell: str
    said: Text


@dataclass(frozen=True)
class Reading:
    """What a file asks for. With errors nothing is taken from it."""

    wanted: Mapping[UUID, Sequence[UUID]]
    differences: Sequence[Difference]
    errors: Sequence[CellError]


def book(board: Chaired, facts: Facts, pairs: Mapping[UUID, Sequence[UUID]], reader: Reader) -> bytes:
    """Two sheets: who reviews what, and everybody who may be asked with their loads."""
    cluster = board.call.fund.cluster
    title = f"{board.call.code} – {plain(board.commission.name, reader)}"
    emails = {one.person.id: one.person.email for one in facts.people}
    seats = max([facts.wanted, *(len(some) for some in pairs.values())])
    added = [one for some in pairs.values() for one in some]
    direction = reader.direction == "rtl"
    with Workbook(title=title, zone=ZoneInfo(cluster.timezone), footer=title, right_to_left=direction) as made:
        sheet = made.sheet(
            render(N_("Assignment"), reader),
            [
                Column("reference", render(REFERENCE, reader), Kind.TEXT, 22),
                Column("title", render(N_("Title"), reader), Kind.TEXT, 44),
                Column("organisation", render(N_("Organisation"), reader), Kind.TEXT, 30),
                *(
                    Column(f"reviewer{n}", render(N_("Reviewer %(n)s", n=n), reader), Kind.TEXT, 34)
                    for n in range(1, seats + 1)
                ),
            ],
        )
        for one in facts.files:
            if facts.missing(one.id) or one.id in pairs:
                held = [emails.get(some, "") for some in pairs.get(one.id, ())]
                sheet.append([one.reference, one.title, one.organisation, *held, *[None] * (seats - len(held))])
        people = made.sheet(
            render(N_("Reviewers"), reader),
            [
                Column("email", render(N_("E-mail"), reader), Kind.TEXT, 34),
                Column("name", render(N_("Name"), reader), Kind.TEXT, 30),
                Column("load", render(N_("Reviews already asked"), reader), Kind.INTEGER, 12),
                Column("added", render(N_("Added by the proposal"), reader), Kind.INTEGER, 12),
                Column("cap", render(N_("At most"), reader), Kind.INTEGER, 12),
            ],
        )
        for person in facts.people:
            count = added.count(person.person.id)
            people.append([person.person.email, person.person.name, person.load, count, person.cap])
        target = BytesIO()
        made.save(target)
    return target.getvalue()


def read(content: bytes, facts: Facts, pairs: Mapping[UUID, Sequence[UUID]]) -> Reading:
    """What this file would change. Raises UnreadableFile; everything else wrong is an error of a cell."""
    table = read_table(content, LIMITS, _likeness)
    at, seats = _columns(table.headings)
    if at is None or not seats:
        said = N_("The first line must name the columns, as in the file you downloaded: Reference, Reviewer 1 …")
        return Reading({}, [], [CellError(f"A{table.heading_row}", said)])
    files = {one.reference.casefold(): one for one in facts.files}
    people = {one.person.email.casefold(): one.person for one in facts.people}
    names = {one.id: one.name for one in people.values()}
    wanted: dict[UUID, list[UUID]] = {}
    errors, differences = list[CellError](), list[Difference]()
    for row in table.rows:
        reference = _text(row, at)
        chosen, wrong = _chosen(table, row, seats, people)
        errors += wrong
        file = files.get(reference.casefold())
        if not reference and not chosen:
            continue
        cell = f"{table.letter(at)}{row.number}"
        if file is None:
            errors.append(CellError(cell, N_("No application waiting for reviewers has this reference.")))
        elif file.id in wanted:
            errors.append(CellError(cell, N_("This reference stands twice in the file.")))
        else:
            wanted[file.id] = chosen
            before, after = set(pairs.get(file.id, ())), set(chosen)
            if before != after:
                gone = tuple(sorted(names.get(one, "—") for one in before - after))
                new = tuple(sorted(names[one] for one in after - before))
                differences.append(Difference(file.id, file.reference, gone, new))
    changed = {one.file: wanted[one.file] for one in differences}
    return Reading(changed, differences, errors)


def _chosen(
    table: Table, row: Row, seats: Iterable[int], people: Mapping[str, Person]
) -> tuple[list[UUID], list[CellError]]:
    chosen: list[UUID] = []
    errors = []
    for seat in seats:
        if not (written := _text(row, seat)):
            continue
        cell, person = f"{table.letter(seat)}{row.number}", people.get(written.casefold())
        if person is None:
            errors.append(CellError(cell, N_("“%(text)s” is the address of no reviewer who sits.", text=written[:80])))
        elif person.id in chosen:
            errors.append(CellError(cell, N_("The same reviewer stands twice in this line.")))
        else:
            chosen.append(person.id)
    return chosen, errors


def _text(row: Row, at: int) -> str:
    """A cell as text, without the quote that keeps a spreadsheet from running it."""
    value = row.cells[at]
    return "" if value is None else str(value).strip().removeprefix("'")


def _names(message: Text) -> set[str]:
    return {render(message, Reader(one)).casefold() for one in LANGUAGES}


def _columns(headings: Sequence[str]) -> tuple[int | None, list[int]]:
    """Where the reference is, and where reviewers are, in any of our languages."""
    plain_ = [one.strip().casefold() for one in headings]
    reference = next((at for at, one in enumerate(plain_) if one in _names(REFERENCE)), None)
    known = {name for n in range(1, 20) for name in _names(N_("Reviewer %(n)s", n=n))}
    return reference, [at for at, one in enumerate(plain_) if one in known]


def _likeness(headings: Sequence[str]) -> float:
    reference, seats = _columns(headings)
    return (reference is not None) + min(len(seats), 9) / 10
