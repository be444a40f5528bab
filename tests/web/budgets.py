"""What the form of a budget by lines sends."""

from dataclasses import replace

from grants.applications import queries as reads
from grants.applications import service
from grants.applications.plan import Plan


def fields(lines=(), funds=(), **more):
    """What the form sends: tuples in the order of the columns."""
    sent = dict(more)
    for group, rows, names in (
        ("lines", lines, ("category", "year", "label", "net", "vat")),
        ("funds", funds, ("source", "label", "amount", "certainty")),
    ):
        for n, row in enumerate(rows):
            sent |= {f"{group}-{n}-{name}": value for name, value in zip(names, row, strict=True)}
    return sent


ROWS = [("STAFF", "1", "Engineers", "400 000", ""), ("SUB", "2", "Field tests", "1,000.50", "20")]


OWN = [("own", "Cash", "40 100,05", "confirmed")]


def whole(on, application):
    return reads.own_application(on.lead, application.id)


def budget_of_lines(client, on, application, lines):
    kept = whole(on, application)
    service.revise(kept, replace(Plan.of(kept), lines=tuple(lines)), seen=None, actor=on.lead)
    return whole(on, application)
