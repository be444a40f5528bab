"""The chair's statistics: progress, agreement, severity, and raw marks beside calibrated ones."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from markupsafe import Markup

from grants.core import i18n
from grants.people.models import Person
from grants.reports.commission_book import commission_book
from grants.reviews import policy, queries
from grants.reviews.pages import PER_PAGE
from grants.reviews.queries import Chaired
from grants.reviews.statistics import BINS, SPREAD_ALERT, WORTH, Standing, Statistics, statistics
from grants.web.access import access
from grants.web.language import current_reader, speak_for
from grants.web.plots import Whisker, histograms, ltr, signed, whiskers
from grants.web.reviewer import portal

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST = 40  # reviewers a chart of severities holds; the table has all
SHOWN_ALERTS = 20


@dataclass(frozen=True)
class Page:
    """One page of the standings; `page` counts from 1."""

    rows: Sequence[Standing]
    page: int
    pages: int
    total: int

    @property
    def first(self) -> int:
        return (self.page - 1) * PER_PAGE + 1


@portal.get("/calls/<uuid:call_id>/<uuid:commission_id>/statistics")
@access(policy.rank, queries.chaired)
def marks_statistics(user: Person, board: Chaired) -> Any:
    """Raw first, calibrated beside it; what is far apart; who is far behind."""
    _speak(board)
    found, over = statistics(user, board), _over()
    alerts, page = found.alerts(over), _page(found)
    return render_template(
        "reviewer/statistics.html",
        board=board,
        found=found,
        page=page,
        over=over,
        alerts=alerts[:SHOWN_ALERTS],
        alerted=len(alerts),
        worth=WORTH,
        places=_places(found, page),
        severities=_severities(found),
        totals=_totals(found),
        marks=_marks(found),
        said=signed,
    )


@portal.get("/calls/<uuid:call_id>/<uuid:commission_id>/statistics.xlsx")
@access(policy.rank, queries.chaired)
def statistics_workbook(user: Person, board: Chaired) -> Response:
    """The same figures, every line of them, to sort and to keep."""
    _speak(board)
    content = commission_book(board, statistics(user, board), _over(), current_reader(), user)
    response = Response(content, mimetype=XLSX)
    name = re.sub(r"[^\w-]", "-", f"{board.call.code}-{board.commission.code}", flags=re.ASCII)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-statistics.xlsx"'
    return response


def _over() -> int:
    """The spread that alerts, in points of 100, from the address."""
    asked = request.args.get("over", SPREAD_ALERT, type=int)
    return min(max(asked, 1), 99)


def _page(found: Statistics) -> Page:
    pages = max(1, -(-len(found.standings) // PER_PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    rows = found.standings[(page - 1) * PER_PAGE : page * PER_PAGE]
    return Page(rows, page, pages, len(found.standings))


def _places(found: Statistics, page: Page) -> Markup | None:
    """Where each project of the page may stand, the best first; None where nothing is calibrated or ranks are of
    several groups, which one axis cannot hold."""
    rows = [one for one in page.rows if one.expected is not None]
    if not rows or found.groups > 1:
        return None
    last = max(one.high or 1 for one in found.standings)
    step = max(1, -(-last // 6))
    ticks = [1, *(at for at in range(step, last, step) if min(at - 1, last - at) > step / 2), last]
    return whiskers(
        [
            Whisker(
                f"{one.place}. {one.title}", one.low or 1, one.expected or 1, one.high or 1, _between(one), one.in_band
            )
            for one in rows
        ],
        title=_("Where each project may stand"),
        desc=_(
            "For each project, in the order of the raw means: its expected rank and the interval of its ranks (90 %)."
        ),
        start=1,
        end=max(last, 2),
        ticks=[(at, str(at)) for at in dict.fromkeys(ticks)],
    )


def _between(one: Standing) -> str:
    return ltr(f"{one.low}–{one.high}")


def _severities(found: Statistics) -> Markup:
    """The furthest from the others first."""
    rows = sorted(
        (one for one in found.markers if one.severity is not None), key=lambda one: (-abs(one.severity or 0), one.name)
    )[:MOST]
    reach = max((max(abs(one.low), abs(one.high)) for one in rows), default=1.0)
    step = next(one for one in (1, 2, 5, 10, 20, 50) if reach / one <= 3 or one == 50)
    end = max(step * -(-reach // step), step)
    ticks = [step * n for n in range(int(-end // step), int(end // step) + 1)]
    return whiskers(
        [
            Whisker(one.name, one.low, one.severity or 0, one.high, signed(one.severity or 0), one.stands_out)
            for one in rows
        ],
        title=_("Severity of each reviewer"),
        desc=_(
            "Points that each reviewer gives above or below the others for the same project, with an interval (90 %)."
        ),
        start=-end,
        end=end,
        ticks=[(float(at), f"+{at}" if at > 0 else i18n.number(at, current_reader())) for at in ticks],
        origin=0.0,
    )


def _totals(found: Statistics) -> Markup:
    return histograms(
        [("", found.totals)],
        ticks=[str(at * 100 // BINS) for at in range(BINS + 1)],
        title=_("Weighted marks of 100"),
        desc=_("How many reviews gave a weighted mark between each ten points and the next."),
        wide=600,
        tall=330,
    )


def _marks(found: Statistics) -> Markup:
    reader = current_reader()
    return histograms(
        [(one.criterion.label, one.counts) for one in found.criteria],
        ticks=["" if at % 2 else i18n.number(Decimal(at) / 2, reader) for at in range(11)],
        title=_("Marks by criterion"),
        desc=_("How often each mark from 0 to 5 was given, for each criterion."),
    )


def _speak(board: Chaired) -> None:
    cluster = board.call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
