"""The minutes of a session as a workbook; whoever calls has been allowed them (sessions.policy.read_minutes)."""

from datetime import datetime
from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from grants.core.i18n import N_, Reader, Text, Words, plain, render
from grants.core.sheets.writing import Column, Kind, Workbook
from grants.core.types import Money
from grants.sessions.models import TIE_LABELS, Minutes, TieRule
from grants.sessions.words import OUTCOMES, sentence


def minutes_book(minutes: Minutes, reader: Reader) -> bytes:
    """The workbook, in the reader's language: ranking, log, attendance, signatures."""
    said: dict[str, Any] = minutes.content
    zone = ZoneInfo(minutes.session.call.fund.cluster.timezone)
    title = f"{said['call']['code']} – {plain(Words(said['commission']), reader)} – v{minutes.number}"
    with Workbook(title=title, zone=zone, footer=title, right_to_left=reader.direction == "rtl") as book:
        _ranking(book, said, reader)
        _log(book, said, reader)
        _attendance(book, said, reader)
        _signatures(book, minutes, reader)
        target = BytesIO()
        book.save(target)
    return target.getvalue()


def _column(
    reader: Reader, key: str, heading: Text, kind: Kind = Kind.TEXT, width: float = 16, currency: str = ""
) -> Column:
    return Column(key, render(heading, reader), kind, width, currency)


def _points(hundredths: int | None) -> Decimal | None:
    return None if hundredths is None else Decimal(hundredths) / 100


def _at(iso: str | None) -> datetime | None:
    return datetime.fromisoformat(iso) if iso else None


def _ranking(book: Workbook, said: dict[str, Any], reader: Reader) -> None:
    column, currency = partial(_column, reader), said["currency"]
    sheet = book.sheet(
        render(N_("Ranking and proposals"), reader),
        [
            column("rank", N_("Rank"), Kind.INTEGER, 8),
            column("line", N_("Line"), Kind.INTEGER, 8),
            column("reference", N_("Reference"), Kind.TEXT, 20),
            column("title", N_("Title"), Kind.TEXT, 44),
            column("organisation", N_("Organisation"), Kind.TEXT, 30),
            column("raw", N_("Mean of 100"), Kind.NUMBER, 12),
            column("consensus", N_("Consensus mark"), Kind.NUMBER, 12),
            column("requested", N_("Amount requested"), Kind.MONEY, 18, currency),
            column("amount", N_("Amount proposed"), Kind.MONEY, 18, currency),
            column("spent", N_("Spent so far"), Kind.MONEY, 18, currency),
            column("outcome", N_("Proposal"), Kind.TEXT, 22),
            column("rule", N_("Equal marks"), Kind.TEXT, 40),
            column("reason", N_("Why this mark"), Kind.TEXT, 50),
            column("dissent", N_("Dissent"), Kind.TEXT, 50),
            column("aside", N_("Stepped aside"), Kind.TEXT, 30),
        ],
    )
    for one in said["ranking"]:
        sheet.append(
            [
                one["rank"],
                one["line"],
                one["reference"],
                one["title"],
                one["organisation"],
                _points(one["raw"]),
                _points(one["consensus"]),
                Money(one["requested"], currency),
                Money(one["amount"], currency),
                None if one["spent"] is None else Money(one["spent"], currency),
                plain(OUTCOMES[one["outcome"]], reader),
                plain(TIE_LABELS[TieRule(one["rule"])], reader) if one["rule"] else "",
                one["reason"],
                one["dissent"],
                ", ".join(one["aside"]),
            ]
        )


def _log(book: Workbook, said: dict[str, Any], reader: Reader) -> None:
    column = partial(_column, reader)
    sheet = book.sheet(
        render(N_("Log"), reader),
        [
            column("number", N_("No."), Kind.INTEGER, 8),
            column("at", N_("When"), Kind.MOMENT, 18),
            column("actor", N_("Written by"), Kind.TEXT, 26),
            column("file", N_("Reference"), Kind.TEXT, 20),
            column("text", N_("What happened"), Kind.TEXT, 100),
        ],
    )
    for one in said["log"]:
        file = one["item"]["reference"] if one["item"] else ""
        sheet.append(
            [one["number"], _at(one["at"]), one["actor"], file, plain(sentence(one, said["currency"]), reader)]
        )


def _attendance(book: Workbook, said: dict[str, Any], reader: Reader) -> None:
    column = partial(_column, reader)
    sheet = book.sheet(
        render(N_("Attendance"), reader),
        [
            column("name", N_("Member"), Kind.TEXT, 34),
            column("entered", N_("Entered"), Kind.MOMENT, 18),
            column("left", N_("Left"), Kind.MOMENT, 18),
        ],
    )
    for one in said["attendance"]:
        sheet.append([one["name"], _at(one["entered"]), _at(one["left"])])


def _signatures(book: Workbook, minutes: Minutes, reader: Reader) -> None:
    column = partial(_column, reader)
    sheet = book.sheet(
        render(N_("Signatures"), reader),
        [
            column("name", N_("Name"), Kind.TEXT, 34),
            column("role", N_("In the session"), Kind.TEXT, 22),
            column("at", N_("When"), Kind.MOMENT, 18),
            column("sha256", N_("Fingerprint of the text (SHA-256)"), Kind.TEXT, 70),
        ],
        above=[[render(N_("Version %(n)s", n=str(minutes.number)), reader), minutes.sha256]],
    )
    for one in minutes.signatures:
        role = N_("Led the session") if one.led else N_("Member")
        sheet.append([one.name, render(role, reader), one.created_at, one.sha256])
