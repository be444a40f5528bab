"""The scoring workbook: written with what is saved, read back cell by cell."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from io import BytesIO
from zoneinfo import ZoneInfo

from grants.applications.budget_cells import column_of, is_blank
from grants.core.amounts import parse_amount, parse_decimal
from grants.core.errors import Refused
from grants.core.i18n import N_, Reader, Text, plain, render
from grants.core.sheets.reading import Cell, ErrorCell, Limits, Table, UncalculatedCell, UnreadableFile, read_table
from grants.core.sheets.writing import Column, Formula, Kind, Sheet, Workbook
from grants.core.sheets.writing import Value as Written
from grants.core.types import Money
from grants.reviews.blinded import is_blind
from grants.reviews.offline import Held, SentCell, Value, Work, fingerprint
from grants.reviews.service import ANCHORS, CONFIDENCE, LONGEST_COMMENT, LONGEST_MARK_COMMENT, LONGEST_REASON

LIMITS = Limits(size=4_000_000, unpacked=60_000_000, rows=5_000, columns=30, cells=100_000, seconds=20, no_macros=True)
LAST_ROW = 5_000
MARKS, WHOLE, AMOUNTS = N_("Marks"), N_("Projects"), N_("Amounts")
REFERENCE, PROJECT, KEY = N_("Reference"), N_("Project"), N_("Key")
MARK_COLUMNS: dict[str, Text] = {
    "reference": REFERENCE,
    "project": PROJECT,
    "criterion": N_("Criterion"),
    "weight": N_("Weight"),
    "mark": N_("Mark"),
    "word": N_("In words"),
    "points": N_("Points of 100"),
    "comment": N_("Comment"),
    "key": KEY,
}
WHOLE_COLUMNS: dict[str, Text] = {
    "reference": REFERENCE,
    "project": PROJECT,
    "organisation": N_("Lead applicant"),
    "total": N_("Weighted mark"),
    "confidence": N_("How well you know the field"),
    "amount": N_("Amount you recommend"),
    "whole": N_("About the whole project"),
    "key": KEY,
}
AMOUNT_COLUMNS: dict[str, Text] = {
    "reference": REFERENCE,
    "project": PROJECT,
    "heading": N_("Budget heading"),
    "asked": N_("Amount requested"),
    "amount": N_("Amount you recommend"),
    "reason": N_("Why it is cut"),
    "key": KEY,
}
TELLING = {"marks": ("mark", "comment"), "projects": ("confidence", "amount", "whole"), "amounts": ("amount", "reason")}
WIDTHS = {"project": 34, "criterion": 34, "comment": 60, "whole": 70, "reason": 50, "heading": 34, "organisation": 30}
KINDS = {"weight": Kind.INTEGER, "mark": Kind.NUMBER, "points": Kind.NUMBER, "total": Kind.NUMBER}
KINDS |= {"confidence": Kind.INTEGER, "amount": Kind.NUMBER, "asked": Kind.NUMBER}


# --- written --------------------------------------------------------------------------------------------------


def scoring_book(work: Sequence[Work], reader: Reader) -> bytes:
    """Every file in hand with what is saved of its review, in the reader's language."""
    say = partial(plain, reader=reader)
    title = render(N_("Scoring sheet"), reader)
    zone = ZoneInfo(work[0].review.application.call.fund.cluster.timezone)
    with Workbook(title=title, zone=zone, footer=title, right_to_left=reader.direction == "rtl") as book:
        _explain(book, reader)
        currencies = {one.review.currency for one in work}
        unit = f" ({currencies.pop()})" if len(currencies) == 1 else ""
        marks = _sheet(book, MARKS, MARK_COLUMNS, reader)
        for one in work:
            _mark_rows(marks, one, say)
        whole = _sheet(book, WHOLE, _columns(work), reader, unit)
        for one in work:
            _whole_row(whole, marks, one)
        if any(one.asked for one in work):
            amounts = _sheet(book, AMOUNTS, AMOUNT_COLUMNS, reader, unit)
            for one in work:
                _amount_rows(amounts, one, say)
        lists = book.sheet(
            render(N_("Lists"), reader),
            [
                Column("mark", render(N_("Mark"), reader), Kind.NUMBER),
                Column("word", render(N_("In words"), reader), width=24),
                Column("confidence", render(N_("How well you know the field"), reader), Kind.INTEGER),
                Column("means", render(N_("In words"), reader), width=34),
            ],
        )
        for halves in range(11):
            level = halves + 1 if halves < len(CONFIDENCE) else None
            word = say(ANCHORS[halves // 2]) if halves % 2 == 0 else None
            lists.append([Decimal(halves) / 2, word, level, say(CONFIDENCE[level]) if level else None])
        marks.offer("mark", lists, 11, LAST_ROW)
        whole.offer("confidence", lists, len(CONFIDENCE), LAST_ROW)
        target = BytesIO()
        book.save(target)
        return target.getvalue()


def _columns(work: Sequence[Work]) -> dict[str, Text]:
    """Who applies where reviewers may know it of every file; a single amount where some call asks for no lines."""
    left_out = {"organisation"} if any(is_blind(one.review.application) for one in work) else set()
    left_out |= {"amount"} if all(one.asked for one in work) else set()
    return {name: text for name, text in WHOLE_COLUMNS.items() if name not in left_out}


def _explain(book: Workbook, reader: Reader) -> None:
    sentences = [
        N_("Mark each criterion on the sheet “%(sheet)s”, from 0 to 5 by half marks, as the list offers.", sheet=MARKS),
        N_("Say on the sheet “%(sheet)s” what you think of the whole project.", sheet=WHOLE),
        N_("A comment is compulsory at 3 and under. You may send the file before it is complete."),
        N_("Then send the file on the page “My reviews”: you see what would change before anything does."),
        N_("What you changed on the site meanwhile is never overwritten without asking you."),
        N_("Leave the column “%(column)s” as it is: it says which file each row is about.", column=KEY),
        N_("This file does not submit a review: you submit each one on the site."),
    ]
    sheet = book.sheet(render(N_("Read me"), reader), [Column("text", render(N_("How it works"), reader), width=110)])
    for one in sentences:
        sheet.append([render(one, reader)])


def _sheet(book: Workbook, title: Text, columns: Mapping[str, Text], reader: Reader, unit: str = "") -> Sheet:
    """`unit` follows the headings of amounts."""
    return book.sheet(
        render(title, reader),
        [
            Column(
                name,
                render(text, reader) + (unit if name in {"amount", "asked"} else ""),
                KINDS.get(name, Kind.TEXT),
                WIDTHS.get(name, 18),
            )
            for name, text in columns.items()
        ],
    )


def _key(work: Work, *fields: str) -> str:
    """Whose these cells are, which, and what they hold now."""
    held = work.held()
    told = [f"{name}={fingerprint(held[name].value)}" for name in fields if name in held]
    return "|".join([str(work.review.id), *told])


def _append(sheet: Sheet, values: Mapping[str, Written]) -> None:
    sheet.append([values.get(column.key) for column in sheet.columns])


def _about(work: Work) -> dict[str, Written]:
    application = work.review.application
    return {"reference": application.reference, "project": application.title}


def _mark_rows(sheet: Sheet, work: Work, say: Callable[..., str]) -> None:
    words = ",".join('"{}"'.format(say(one).replace('"', '""')) for one in ANCHORS.values())
    for one in work.review.application.call.criteria:
        at, mark, weight = sheet.row + 1, sheet.letter("mark"), sheet.letter("weight")
        held = work.held()
        halves = held[f"mark:{one.id}"].value
        values: dict[str, Written] = {
            "criterion": say(one.label),
            "weight": one.weight,
            "mark": Decimal(halves) / 2 if isinstance(halves, int) else None,
            "word": Formula(f'IF({mark}{at}="","",CHOOSE(INT({mark}{at})+1,{words}))'),
            "points": Formula(f'IF({mark}{at}="","",{weight}{at}*{mark}{at}/5)'),
            "comment": str(held[f"comment:{one.id}"].value or ""),
            "key": _key(work, f"mark:{one.id}", f"comment:{one.id}"),
        }
        _append(sheet, _about(work) | values)


def _whole_row(sheet: Sheet, marks: Sheet, work: Work) -> None:
    held, reference = work.held(), f"{sheet.letter('reference')}{sheet.row + 1}"
    total = f"SUMIF({marks.reference('reference')},{reference},{marks.reference('points')})"
    values: dict[str, Written] = {
        "organisation": None if is_blind(work.review.application) else work.review.application.organisation.name,
        "total": Formula(total),
        "confidence": held["confidence"].value,
        "amount": _major(held.get("amount"), work) if not work.asked else None,
        "whole": str(held["whole"].value or ""),
        "key": _key(work, "confidence", "amount", "whole"),
    }
    _append(sheet, _about(work) | values)


def _amount_rows(sheet: Sheet, work: Work, say: Callable[..., str]) -> None:
    held = work.held()
    for one in work.asked:
        code = one.category.code
        values: dict[str, Written] = {
            "heading": say(one.category.name),
            "asked": one.amount.major,
            "amount": _major(held[f"amount:{code}"], work),
            "reason": str(held[f"reason:{code}"].value or ""),
            "key": _key(work, f"amount:{code}", f"reason:{code}"),
        }
        _append(sheet, _about(work) | values)


def _major(held: Held | None, work: Work) -> Decimal | None:
    if held is None or not isinstance(held.value, int):
        return None
    return Money(held.value, work.review.currency).major


# --- read back ------------------------------------------------------------------------------------------------


class CellProblem(Exception):
    """What is wrong with a cell."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.id)
        self.why = why


@dataclass(frozen=True)
class WrongCell:
    """Its sheet, its address (C7), why."""

    sheet: str
    cell: str
    message: Text


@dataclass
class Sent:
    """A workbook that came back; with an error nothing of it is taken over."""

    cells: list[SentCell] = field(default_factory=list)
    errors: list[WrongCell] = field(default_factory=list)


def read_sheet(content: bytes, work: Sequence[Work]) -> Sent:
    """Raises UnreadableFile or Refused when it is no scoring workbook; else says cell by cell what is wrong with it."""
    sent, mine = Sent(), {str(one.review.id): one for one in work}
    marks = _table(content, MARK_COLUMNS)
    if not {"mark", "comment", "key"} <= set(_places(marks, MARK_COLUMNS)):
        raise Refused(N_("The marks were not found. Send the workbook you downloaded, with its row of headings."))
    _take(sent, marks, MARK_COLUMNS, TELLING["marks"], mine)
    for columns, telling in ((WHOLE_COLUMNS, TELLING["projects"]), (AMOUNT_COLUMNS, TELLING["amounts"])):
        try:
            table = _table(content, columns)
        except UnreadableFile as refusal:
            if refusal.code != "no_rows":
                raise
            continue
        if {telling[-1], "key"} <= set(_places(table, columns)):
            _take(sent, table, columns, telling, mine)
    return sent


def _table(content: bytes, columns: Mapping[str, Text]) -> Table:
    def likeness(headings: Sequence[str]) -> float:
        return len({column_of(one, columns) for one in headings} - {None})

    return read_table(content, LIMITS, likeness)


def _places(table: Table, columns: Mapping[str, Text]) -> dict[str, int]:
    return {name: n for n, one in reversed(list(enumerate(table.headings))) if (name := column_of(one, columns))}


def _take(
    sent: Sent, table: Table, columns: Mapping[str, Text], telling: Sequence[str], mine: Mapping[str, Work]
) -> None:
    places = _places(table, columns)
    for row in table.rows:
        cells = {name: row.cells[n] for name, n in places.items()}
        if is_blank(cells):
            continue
        review, _, told = str(cells.get("key") or "").partition("|")
        bases = dict(one.split("=", 1) for one in told.split("|") if "=" in one)
        work = mine.get(review)
        if not bases:
            why = N_("The key of this row is missing or was changed: download the workbook again.")
            sent.errors.append(WrongCell(table.sheet, f"{table.letter(places['key'])}{row.number}", why))
            continue
        for name, base in bases.items():
            kind = name.partition(":")[0]
            if kind not in telling or kind not in places:
                continue
            address = f"{table.letter(places[kind])}{row.number}"
            try:
                value = _value(kind, cells[kind], work)
                if fingerprint(value) == base:
                    continue
                if work is None or name not in work.held():
                    raise CellProblem(N_("The review of this file is submitted or closed: it takes no more marks."))
            except CellProblem as problem:
                sent.errors.append(WrongCell(table.sheet, address, problem.why))
            else:
                sent.cells.append(SentCell(review, name, base, value))


def _value(kind: str, cell: Cell, work: Work | None) -> Value:
    """What the cell says; raises CellProblem."""
    if isinstance(cell, ErrorCell | UncalculatedCell):
        raise CellProblem(N_("This cell holds a formula without a result. Write the value itself."))
    if kind in LONGEST:
        text = "" if cell is None else str(cell).replace("\r\n", "\n").strip()
        if len(text) > LONGEST[kind]:
            raise CellProblem(N_("This text is too long: at most %(n)s characters are kept.", n=LONGEST[kind]))
        return text
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    match kind:
        case "mark":
            return _stepped(cell, 10, 2, N_("Choose a mark from 0 to 5, by halves."))
        case "confidence":
            level = _stepped(cell, 3, 1, N_("Choose 1, 2 or 3."))
            if not level:
                raise CellProblem(N_("Choose 1, 2 or 3."))
            return level
    return _amount(cell, work)


LONGEST = {"comment": LONGEST_MARK_COMMENT, "whole": LONGEST_COMMENT, "reason": LONGEST_REASON}


def _stepped(cell: Cell, most: int, steps: int, why: Text) -> int:
    """A number as so many steps of one."""
    try:
        exact = _number(cell) * steps
    except ValueError:
        raise CellProblem(why) from None
    if exact != int(exact) or not 0 <= exact <= most:
        raise CellProblem(why)
    return int(exact)


def _number(cell: Cell) -> Decimal:
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        raise ValueError(cell)
    exact = parse_decimal(cell, 4) if isinstance(cell, str) else Decimal(repr(cell))
    if not exact.is_finite():
        raise ValueError(cell)
    return exact


def _amount(cell: Cell, work: Work | None) -> Value:
    currency = work.review.currency if work else "MAD"
    try:
        found = parse_amount(cell, currency) if isinstance(cell, str) else Money.of(_number(cell), currency)
    except (ValueError, ArithmeticError):
        raise CellProblem(N_("Write an amount, such as 250 000.")) from None
    if found is None:
        return None
    if found.minor < 0 or found.minor > 10**17:
        raise CellProblem(N_("Write an amount, such as 250 000."))
    return found.minor
