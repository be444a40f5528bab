"""The transfer list of a batch: what its bank reads. Columns, order, headings and marks are the paying account's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from grants.core.i18n import N_, Text
from grants.core.sheets.writing import Column, Kind, Value, Workbook, csv_text
from grants.core.types import Money, exponent
from grants.payments.models import PayingAccount, PaymentOrder
from grants.profiles import bank


class What(StrEnum):
    """What a column of a transfer list may hold."""

    LINE = "line"
    REFERENCE = "reference"
    HOLDER = "holder"
    BANK = "bank"
    ACCOUNT = "account"
    AMOUNT = "amount"
    CURRENCY = "currency"
    DAY = "day"
    DEBIT = "debit"
    PURPOSE = "purpose"

    @property
    def label(self) -> Text:
        return WHAT_LABELS[self]


WHAT_LABELS = {
    What.LINE: N_("Line number"),
    What.REFERENCE: N_("Order no."),
    What.HOLDER: N_("Holder"),
    What.BANK: N_("Bank"),
    What.ACCOUNT: N_("Account number"),
    What.AMOUNT: N_("Amount"),
    What.CURRENCY: N_("Currency"),
    What.DAY: N_("Day of execution"),
    What.DEBIT: N_("Account debited"),
    What.PURPOSE: N_("Purpose of the transfer"),
}
# In French, which the banks of the three countries write; each account may name its own.
USUAL = [
    [What.LINE.value, "N°"],
    [What.REFERENCE.value, "Référence"],
    [What.HOLDER.value, "Bénéficiaire"],
    [What.BANK.value, "Banque"],
    [What.ACCOUNT.value, "RIB"],
    [What.AMOUNT.value, "Montant"],
    [What.CURRENCY.value, "Devise"],
    [What.PURPOSE.value, "Motif"],
]


@dataclass(frozen=True)
class TransferList:
    """The two files, and their control sum: how many lines, and what they add up to."""

    csv: bytes
    xlsx: bytes
    lines: int
    total: Money


def why_unpayable(order: PaymentOrder) -> Text | None:
    """Why nothing may be sent to this order's account: it must be verified, unchanged since, and have a right key."""
    kept = order.account
    if kept.state != "verified":
        return N_("The account of %(holder)s is no longer a verified one.", holder=order.holder)
    frozen = (order.holder, order.bank, order.country, order.account_number)
    if frozen != (kept.holder, kept.bank, kept.country, kept.number):
        return N_("The account of %(holder)s has changed since the payment was ordered.", holder=order.holder)
    return bank.check(order.account_number, order.country).wrong


def write(orders: Sequence[PaymentOrder], account: PayingAccount, execute_on: date, zone: ZoneInfo) -> TransferList:
    """One line for each order from which something is left to transfer, in the order given."""
    paid = [one for one in orders if one.net]
    columns = [(What(what), str(heading)) for what, heading in account.columns]
    rows = [_values(n, one, account, execute_on) for n, one in enumerate(paid, 1)]
    total = Money(sum(one.net.minor for one in paid), account.currency)
    return TransferList(_csv(columns, rows, account), _xlsx(columns, rows, account, zone), len(paid), total)


def _values(n: int, order: PaymentOrder, account: PayingAccount, execute_on: date) -> dict[What, Any]:
    return {
        What.LINE: n,
        What.REFERENCE: order.number,
        What.HOLDER: order.holder,
        What.BANK: order.bank,
        What.ACCOUNT: order.account_number,
        What.AMOUNT: order.net,
        What.CURRENCY: order.currency,
        What.DAY: execute_on,
        What.DEBIT: account.number,
        What.PURPOSE: order.number,
    }


def _csv(columns: Sequence[tuple[What, str]], rows: Sequence[dict[What, Any]], account: PayingAccount) -> bytes:
    """UTF-8 with its mark, lines ended as banks' programs expect."""
    said = [[csv_text(heading) for _, heading in columns]]
    said += [[_text(row[what], account.decimal_mark) for what, _ in columns] for row in rows]
    body = "\r\n".join(account.separator.join(_quoted(cell) for cell in line) for line in said)
    return b"\xef\xbb\xbf" + (body + "\r\n").encode()


def _text(value: Any, decimal_mark: str) -> str:
    match value:
        case Money():
            places = exponent(value.currency)
            return f"{value.major:.{places}f}".replace(".", decimal_mark)
        case date():
            return f"{value:%d/%m/%Y}"
        case int():
            return str(value)
    return csv_text(str(value))


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in ';,"\r\n') else cell


def _xlsx(
    columns: Sequence[tuple[What, str]], rows: Sequence[dict[What, Any]], account: PayingAccount, zone: ZoneInfo
) -> bytes:
    kinds = {What.LINE: Kind.INTEGER, What.AMOUNT: Kind.MONEY, What.DAY: Kind.DATE}
    widths = {What.LINE: 7.0, What.ACCOUNT: 30.0, What.DEBIT: 30.0, What.HOLDER: 36.0}
    shaped = [
        Column(f"{n}", heading, kinds.get(what, Kind.TEXT), widths.get(what, 20.0), account.currency)
        for n, (what, heading) in enumerate(columns)
    ]
    file = BytesIO()
    with Workbook(title="Virements", zone=zone) as book:
        sheet = book.sheet("Virements", shaped)
        for row in rows:
            values: list[Value] = [row[what] for what, _ in columns]
            sheet.append(values)
        book.save(file)
    return file.getvalue()
