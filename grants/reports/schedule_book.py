"""Everything planned, as a workbook: what the page shows, every line of it."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from grants.awards.models import CLAIM_LABELS, INSTALMENT_LABELS, MILESTONE_LABELS, ClaimState
from grants.awards.planning import Planned
from grants.core.i18n import N_, Reader, Text, plain, render
from grants.core.sheets.writing import Column, Kind, Workbook


def schedule_book(lines: Sequence[Planned], reader: Reader) -> bytes:
    """The workbook, in the reader's language; amounts in major units beside their currency, never added together."""
    title = render(N_("Payments and milestones"), reader)
    with Workbook(
        title=title, zone=ZoneInfo(reader.zone), footer=title, right_to_left=reader.direction == "rtl"
    ) as book:
        column = partial(_column, reader)
        sheet = book.sheet(
            title,
            [
                column("on", N_("Planned"), Kind.DATE, 13),
                column("late", N_("Late"), width=10),
                column("what", N_("What"), width=36),
                column("amount", N_("Amount"), Kind.NUMBER, 18),
                column("currency", N_("Currency"), width=10),
                column("state", N_("State"), width=22),
                column("number", N_("Agreement"), width=20),
                column("title", N_("Project"), width=44),
                column("organisation", N_("Beneficiary"), width=32),
                column("call", N_("Call"), width=16),
                column("commission", N_("Commission"), width=28),
                column("fund", N_("Fund"), width=14),
            ],
        )
        for one in lines:
            award, amount = one.award, one.amount
            sheet.append(
                [
                    one.on,
                    render(N_("Late"), reader) if one.late else None,
                    render(what(one), reader),
                    None if amount is None else Decimal(amount.major),
                    award.currency if amount else None,
                    render(_state(one.state), reader) if one.state else None,
                    award.number,
                    award.title,
                    award.organisation.name,
                    award.call.code,
                    plain(award.commission.name, reader),
                    award.fund.code,
                ]
            )
        target = BytesIO()
        book.save(target)
    return target.getvalue()


def what(one: Planned) -> Text:
    """What is planned, in a few words."""
    if one.instalment is not None:
        kind = INSTALMENT_LABELS[one.instalment.kind]
        return N_("Instalment %(n)s: %(kind)s", n=one.instalment.position, kind=kind)
    return N_("Milestone: %(title)s", title=one.milestone.title if one.milestone else "")


def _state(state: Any) -> Text:
    return CLAIM_LABELS[state] if isinstance(state, ClaimState) else MILESTONE_LABELS[state]


def _column(reader: Reader, key: str, heading: Text, kind: Kind = Kind.TEXT, width: float = 16) -> Column:
    return Column(key, render(heading, reader), kind, width)
