"""What the list shows, as a file: the same rows, columns and order, as CSV or as a workbook."""

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from io import BytesIO, StringIO
from typing import Any
from zoneinfo import ZoneInfo

from grants.applications.models import STATE_LABELS, ApplicationState
from grants.awards.models import DECISION_LABELS, DecisionState
from grants.core.i18n import N_, Reader, Text, Words, plain, render
from grants.core.sheets.writing import Column as Written
from grants.core.sheets.writing import Kind, Value, Workbook, csv_text
from grants.core.types import Money
from grants.people.models import ORGANISATION_LABELS, OrganisationKind
from grants.reports.search.columns import Column, Row

MOST = 20_000  # rows of one file
KINDS = {"moment": Kind.MOMENT, "points": Kind.NUMBER, "number": Kind.INTEGER}


def named(value: StrEnum) -> Text:
    """A state or a kind, in words."""
    match value:
        case ApplicationState():
            return STATE_LABELS[value]
        case DecisionState():
            return DECISION_LABELS[value]
        case OrganisationKind():
            return ORGANISATION_LABELS[value]
    raise TypeError(type(value).__name__)


def as_csv(rows: Sequence[Row], columns: Sequence[Column], reader: Reader, zone: ZoneInfo) -> bytes:
    """UTF-8 with its mark, so that spreadsheets see it; texts that look like formulas begin with an apostrophe."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    currency = _currency(rows)
    writer.writerow([csv_text(_heading(one, currency, reader)) for one in columns])
    for row in _values(rows, columns, currency, reader):
        writer.writerow([_cell(value, zone) for value in row])
    return out.getvalue().encode("utf-8-sig")


def as_workbook(rows: Sequence[Row], columns: Sequence[Column], reader: Reader, zone: ZoneInfo, query: str) -> bytes:
    """One sheet; the query stands above it."""
    currency = _currency(rows)
    title = render(N_("Applications"), reader)
    target = BytesIO()
    with Workbook(title=title, zone=zone, footer=query, right_to_left=reader.direction == "rtl") as book:
        asked = render(N_("Search: %(query)s", query=query), reader) if query else title
        heads = [Written(one.name, _heading(one, currency, reader), *_kind(one, currency)) for one in columns]
        sheet = book.sheet(title, heads, above=[[asked]])
        sheet.extend(_values(rows, columns, currency, reader))
        book.save(target)
    return target.getvalue()


def _currency(rows: Sequence[Row]) -> str:
    """The one of all amounts; "" when there are several, and each amount names its own."""
    found = {row.application.currency for row in rows}
    return found.pop() if len(found) == 1 else ""


def _heading(column: Column, currency: str, reader: Reader) -> str:
    label = render(column.label, reader)
    return f"{label} ({currency})" if column.cell == "money" and currency else label


def _kind(column: Column, currency: str) -> tuple[Kind, float, str]:
    if column.cell == "money" and currency:
        return Kind.MONEY, column.width, currency
    return KINDS.get(column.cell, Kind.TEXT), column.width, ""


def _values(rows: Sequence[Row], columns: Sequence[Column], currency: str, reader: Reader) -> Iterator[list[Value]]:
    for row in rows:
        yield [_value(one.value(row), currency, reader) for one in columns]


def _value(value: Any, currency: str, reader: Reader) -> Value:
    match value:
        case Money():
            return value if currency else f"{value.major} {value.currency}"
        case StrEnum():
            return render(named(value), reader)
        case Words():
            return plain(value, reader)
    return value  # type: ignore[no-any-return]


def _cell(value: Value, zone: ZoneInfo) -> str:
    match value:
        case None:
            return ""
        case Money():
            return str(value.major)
        case datetime():
            return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
        case int() | Decimal():
            return str(value)
    return csv_text(str(value))
