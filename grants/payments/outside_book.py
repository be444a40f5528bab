"""The model of a file of outside payments: headings in the reader's language, a list of kinds, an example of each."""

from datetime import date, timedelta
from functools import partial
from io import BytesIO
from zoneinfo import ZoneInfo

from grants.core.i18n import N_, Reader, plain
from grants.core.sheets.writing import Column, Kind, Value, Workbook
from grants.core.types import Money, exponent
from grants.funds.models import Fund
from grants.payments.models import OutsideKind
from grants.payments.outside_rows import COLUMNS, EXAMPLE, MOST_ROWS

WIDTHS = {"award": 26, "kind": 26, "reference": 26, "purpose": 40, "currency": 10}
FORMATS = {"on": Kind.DATE, "amount": Kind.MONEY}
EXPLAINED = {
    OutsideKind.COMMITTED: N_("What was committed as at that day. It is compared with the books and enters nothing."),
    OutsideKind.OPENING_PAID: N_("All that was paid up to that day, where the payments are not known one by one."),
    OutsideKind.OPENING_RECOVERED: N_("All that had come back by that day."),
    OutsideKind.ADVANCE: N_("One payment made before any cost was shown. The next claims clear it."),
    OutsideKind.PAYMENT: N_("One payment made on costs that were accepted elsewhere."),
    OutsideKind.RECOVERY: N_("Money that the beneficiary gave back, as the bank says."),
}


def model(fund: Fund, reader: Reader, today: date) -> bytes:
    """The workbook to fill in; its example row is left out when it comes back."""
    say = partial(plain, reader=reader)
    zone, rtl = ZoneInfo(fund.cluster.timezone), reader.direction == "rtl"
    with Workbook(title=say(N_("Outside payments")), zone=zone, footer=fund.code, right_to_left=rtl) as book:
        columns = [_column(name, fund.currency, reader) for name in COLUMNS]
        sheet = book.sheet(say(N_("Outside payments")), columns, protected=False)
        example: dict[str, Value] = {
            "award": say(EXAMPLE),
            "kind": say(OutsideKind.ADVANCE.label),
            "on": today - timedelta(days=90),
            "amount": Money(150_000 * 10 ** exponent(fund.currency), fund.currency),
            "currency": fund.currency,
            "reference": "VIR-2025-0042",
            "purpose": say(N_("First instalment")),
        }
        sheet.append([example[name] for name in COLUMNS])
        sheet.room(200)
        lists = book.sheet(
            say(N_("Lists")),
            [
                Column("kind", say(COLUMNS["kind"]), width=28),
                Column("meaning", say(N_("What it means")), width=90),
            ],
        )
        for kind, meaning in EXPLAINED.items():
            lists.append([say(kind.label), say(meaning)])
        sheet.offer("kind", lists, len(EXPLAINED), MOST_ROWS)
        target = BytesIO()
        book.save(target)
        return target.getvalue()


def _column(name: str, currency: str, reader: Reader) -> Column:
    kind, heading = FORMATS.get(name, Kind.TEXT), plain(COLUMNS[name], reader)
    return Column(name, heading, kind, WIDTHS.get(name, 16), currency if kind is Kind.MONEY else "")
