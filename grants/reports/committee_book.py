"""The whole picture of a call as a workbook: what the committee's page shows, commission by commission, row by row."""

from decimal import Decimal as Exact
from functools import partial
from io import BytesIO
from zoneinfo import ZoneInfo

from grants.awards.models import DECISION_LABELS, OUTCOME_LABELS, Decision
from grants.awards.picture import Picture, Theme
from grants.core.clock import now
from grants.core.i18n import N_, Reader, Text, moment, plain, render
from grants.core.sheets.writing import Column, Kind, Value, Workbook
from grants.people.models import Person


def committee_book(picture: Picture, reader: Reader, author: Person) -> bytes:
    """The workbook, in the reader's language; what is hidden from the author is not in it."""
    call = picture.call
    zone = ZoneInfo(call.fund.cluster.timezone)
    title = f"{call.code} – {render(N_('Whole picture'), reader)}"
    with Workbook(title=title, zone=zone, footer=title, right_to_left=reader.direction == "rtl") as book:
        _envelopes(book, picture, reader)
        _ranking(book, picture, reader)
        _transfers(book, picture, reader)
        _notice(book, picture, reader, author, moment(now().astimezone(zone), reader))
        target = BytesIO()
        book.save(target)
    return target.getvalue()


def _text(reader: Reader, key: str, heading: Text, width: float = 30) -> Column:
    return Column(key, render(heading, reader), Kind.TEXT, width)


def _money(reader: Reader, key: str, heading: Text, currency: str) -> Column:
    return Column(key, f"{render(heading, reader)} ({currency})", Kind.MONEY, 20, currency)


def _count(reader: Reader, key: str, heading: Text) -> Column:
    return Column(key, render(heading, reader), Kind.INTEGER, 12)


def _envelopes(book: Workbook, picture: Picture, reader: Reader) -> None:
    currency = picture.call.currency
    money, count = partial(_money, reader, currency=currency), partial(_count, reader)
    sheet = book.sheet(
        render(N_("Envelopes"), reader),
        [
            _text(reader, "commission", N_("Commission"), 36),
            money("envelope", N_("Envelope")),
            money("decided", N_("Decided")),
            money("proposed", N_("Proposed, to decide")),
            money("left", N_("Left if all is funded")),
            count("projects", N_("Projects")),
            count("waiting", N_("To decide")),
            count("reserve", N_("On the reserve list")),
            count("cut", N_("The envelope pays for the first")),
        ],
    )
    for one in picture.themes:
        sheet.append(
            [
                plain(one.commission.name, reader),
                *(one.envelope, one.decided, one.proposed, one.left),
                *(len(one.rows), len(one.waiting), len(one.reserve), one.cut),
            ]
        )
    if picture.themes:
        summed = dict.fromkeys(["envelope", "decided", "proposed", "left", "projects", "waiting", "reserve"], "SUM")
        sheet.total(summed, label=render(N_("Total"), reader))


def _ranking(book: Workbook, picture: Picture, reader: Reader) -> None:
    currency = picture.call.currency
    sheet = book.sheet(
        render(N_("Projects"), reader),
        [
            _text(reader, "commission", N_("Commission"), 30),
            _count(reader, "rank", N_("Rank")),
            _text(reader, "reference", N_("Reference"), 20),
            _text(reader, "title", N_("Title"), 44),
            _text(reader, "organisation", N_("Organisation")),
            Column("score", render(N_("Mean of 100"), reader), Kind.NUMBER, 12),
            _money(reader, "requested", N_("Amount requested"), currency),
            _money(reader, "amount", N_("Amount proposed"), currency),
            _text(reader, "proposal", N_("Proposal"), 22),
            _text(reader, "decision", N_("Decision"), 22),
            _text(reader, "line", N_("Above the line"), 14),
            _text(reader, "reason", N_("Reason"), 50),
        ],
    )
    for theme in picture.themes:
        for place, one in enumerate(theme.rows, 1):
            sheet.append(_row(theme, place, one, reader))


def _row(theme: Theme, place: int, decision: Decision, reader: Reader) -> list[Value]:
    return [
        plain(theme.commission.name, reader),
        decision.rank,
        decision.application.reference,
        decision.application.title,
        decision.application.organisation.name,
        Exact(decision.score) / 100,
        decision.application.requested,
        decision.amount,
        render(OUTCOME_LABELS[decision.proposal], reader),
        render(DECISION_LABELS[decision.state], reader),
        render(N_("Yes") if place <= theme.cut else N_("No"), reader),
        decision.reason,
    ]


def _transfers(book: Workbook, picture: Picture, reader: Reader) -> None:
    currency = picture.call.currency
    sheet = book.sheet(
        render(N_("Transfers"), reader),
        [
            _count(reader, "number", N_("Number")),
            Column("at", render(N_("Decided on"), reader), Kind.MOMENT, 18),
            _text(reader, "source", N_("From")),
            _text(reader, "target", N_("To")),
            _money(reader, "amount", N_("Amount"), currency),
            _text(reader, "by", N_("Decided by")),
            _text(reader, "reason", N_("Reason"), 60),
        ],
    )
    for one in picture.transfers:
        names = [plain(side.name, reader) for side in (one.source, one.target)]
        sheet.append([one.number, one.created_at, *names, one.amount, one.decided_by.name, one.reason])


def _notice(book: Workbook, picture: Picture, reader: Reader, author: Person, written: str) -> None:
    say = partial(plain, reader=reader)
    sheet = book.sheet(
        render(N_("Notice"), reader),
        [_text(reader, "what", N_("What"), 40), _text(reader, "text", N_("Explanation"), 110)],
    )
    facts: list[tuple[Text, object]] = [
        (N_("Call for proposals"), f"{picture.call.code} – {say(picture.call.title)}"),
        (N_("Available in the fund"), picture.available),
        *[(N_("Hidden until the results are out"), one.name) for one in picture.hidden],
        (N_("Written on"), written),
        (N_("Written by"), author.name),
    ]
    for what, value in facts:
        sheet.append([render(what, reader), say(value)])
