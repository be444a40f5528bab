"""The statistics of a commission as a workbook: what its chair's page shows, every line of it.

Whoever calls has been allowed the ranking (reviews.policy.rank), and the figures are those this person may see.
"""

from decimal import Decimal
from functools import partial
from io import BytesIO
from zoneinfo import ZoneInfo

from grants.core.clock import now
from grants.core.i18n import N_, Reader, Text, moment, number, plain, render
from grants.core.sheets.writing import Column, Kind, Value, Workbook
from grants.people.models import Person
from grants.reviews.calibration import DRAWS, SEED
from grants.reviews.queries import Chaired
from grants.reviews.statistics import BINS, WORTH, Statistics

METHOD = N_(
    "Mark = project + reviewer + chance, the reviewer’s part shrunk towards zero by as much as the marks say (MacKay"
    " and others, 2017; residual likelihood, Patterson and Thompson, 1971); weights are the confidence declared. Ranks"
    " and the probability of being funded come from %(draws)s draws with seed %(seed)s: the same marks give the same"
    " figures. Calibrated within reviewers who share projects, never across.",
    draws=str(DRAWS),
    seed=str(SEED),
)


def commission_book(board: Chaired, found: Statistics, over: int, reader: Reader, author: Person) -> bytes:
    """The workbook, in the reader's language; spreads of more than `over` points are marked."""
    cluster = board.call.fund.cluster
    title = f"{board.call.code} – {plain(board.commission.name, reader)}"
    with Workbook(
        title=title, zone=ZoneInfo(cluster.timezone), footer=title, right_to_left=reader.direction == "rtl"
    ) as book:
        _projects(book, board, found, over, reader)
        _reviewers(book, found, reader)
        _rubric(book, found, reader)
        _totals(book, found, reader)
        _notice(book, board, found, over, reader, author)
        target = BytesIO()
        book.save(target)
    return target.getvalue()


def _column(reader: Reader, key: str, heading: Text, kind: Kind = Kind.NUMBER, width: float = 14) -> Column:
    return Column(key, render(heading, reader), kind, width)


def _points(hundredths: int | None) -> Value:
    return None if hundredths is None else Decimal(hundredths) / 100


def _rounded(value: float | None, places: int = 2) -> Value:
    return None if value is None else Decimal(str(round(value, places)))


def _projects(book: Workbook, board: Chaired, found: Statistics, over: int, reader: Reader) -> None:
    column, currency = partial(_column, reader), board.envelope.currency
    alert = render(N_("More than %(n)s points apart", n=over), reader)
    sheet = book.sheet(
        render(N_("Projects"), reader),
        [
            column("place", N_("Raw rank"), Kind.INTEGER, 9),
            column("reference", N_("Reference"), Kind.TEXT, 20),
            column("title", N_("Title"), Kind.TEXT, 44),
            column("organisation", N_("Organisation"), Kind.TEXT, 30),
            column("asked", N_("Reviews asked for"), Kind.INTEGER, 10),
            column("submitted", N_("Reviews submitted"), Kind.INTEGER, 10),
            column("mean", N_("Raw mean of 100")),
            column("lowest", N_("Lowest")),
            column("highest", N_("Highest")),
            column("spread", N_("Spread")),
            column("alert", N_("Alert"), Kind.TEXT, 30),
            column("calibrated", N_("Calibrated mark of 100")),
            column("expected", N_("Expected rank")),
            column("low", N_("Rank interval (90 %), from"), Kind.INTEGER, 12),
            column("high", N_("Rank interval (90 %), to"), Kind.INTEGER, 12),
            column("funded", N_("Probability of being funded"), Kind.PERCENT),
            column("group", N_("Group of reviewers"), Kind.INTEGER, 10),
            Column("amount", f"{render(N_('Amount recommended'), reader)} ({currency})", Kind.MONEY, 20, currency),
        ],
    )
    for one in found.standings:
        sheet.append(
            [
                one.place,
                one.reference,
                one.title,
                one.organisation,
                one.asked,
                one.submitted,
                _points(one.mean),
                _points(one.lowest),
                _points(one.highest),
                _points(one.spread) if one.mean is not None else None,
                alert if one.spread > over * 100 else None,
                _rounded(one.calibrated),
                _rounded(one.expected),
                one.low,
                one.high,
                _rounded(one.funded, 4),
                one.group,
                one.recommended,
            ]
        )


def _reviewers(book: Workbook, found: Statistics, reader: Reader) -> None:
    column = partial(_column, reader)
    sheet = book.sheet(
        render(N_("Reviewers"), reader),
        [
            column("name", N_("Reviewer"), Kind.TEXT, 32),
            column("asked", N_("Reviews asked for"), Kind.INTEGER),
            column("unanswered", N_("Waiting for an answer"), Kind.INTEGER),
            column("in_hand", N_("Being written"), Kind.INTEGER),
            column("submitted", N_("Reviews submitted"), Kind.INTEGER),
            column("mean", N_("Mean given, of 100")),
            column("severity", N_("Severity, in points"), width=18),
            column("low", N_("Interval (90 %), from"), width=18),
            column("high", N_("Interval (90 %), to"), width=18),
        ],
    )
    for one in found.markers:
        known = one.severity is not None
        sheet.append(
            [
                one.name,
                one.asked,
                one.unanswered,
                one.in_hand,
                one.submitted,
                _rounded(one.mean),
                _rounded(one.severity),
                _rounded(one.low) if known else None,
                _rounded(one.high) if known else None,
            ]
        )


def _rubric(book: Workbook, found: Statistics, reader: Reader) -> None:
    column = partial(_column, reader)
    halves = [number(Decimal(at) / 2, reader) for at in range(11)]
    sheet = book.sheet(
        render(N_("Rubric"), reader),
        [
            column("criterion", N_("Criterion"), Kind.TEXT, 40),
            column("weight", N_("Weight"), Kind.PERCENT, 10),
            column("mean", N_("Mean of 5")),
            column("alpha", N_("Krippendorff’s α"), width=18),
            column("icc", N_("ICC"), width=10),
            column("words", N_("What it means"), Kind.TEXT, 52),
            *(Column(f"mark{at}", mark, Kind.INTEGER, 7) for at, mark in enumerate(halves)),
        ],
    )
    for one in found.criteria:
        agreed = one.agreement
        sheet.append(
            [
                plain(one.criterion.label, reader),
                Decimal(one.criterion.weight) / 100,
                _rounded(one.mean),
                _rounded(agreed.alpha),
                _rounded(agreed.icc),
                render(agreed.words, reader),
                *one.counts,
            ]
        )


def _totals(book: Workbook, found: Statistics, reader: Reader) -> None:
    column, wide = partial(_column, reader), 100 // BINS
    sheet = book.sheet(
        render(N_("Distribution"), reader),
        [
            column("from", N_("Weighted mark from"), Kind.INTEGER),
            column("to", N_("Weighted mark under"), Kind.INTEGER),
            column("reviews", N_("Reviews"), Kind.INTEGER),
        ],
    )
    for at, count in enumerate(found.totals):
        sheet.append([at * wide, (at + 1) * wide, count])
    sheet.total({"reviews": "SUM"}, label=render(N_("Total"), reader))


def _notice(book: Workbook, board: Chaired, found: Statistics, over: int, reader: Reader, author: Person) -> None:
    say, zone = partial(plain, reader=reader), ZoneInfo(board.call.fund.cluster.timezone)
    sheet = book.sheet(
        render(N_("Notice"), reader),
        [
            _column(reader, "what", N_("What"), Kind.TEXT, 40),
            _column(reader, "text", N_("Explanation"), Kind.TEXT, 110),
        ],
    )
    written = moment(now().astimezone(zone), reader)
    submitted = N_("%(done)s of %(asked)s", done=found.submitted, asked=found.asked)
    facts: list[tuple[Text, object]] = [
        (N_("Call for proposals"), f"{board.call.code} – {say(board.call.title)}"),
        (N_("Commission"), board.commission.name),
        (N_("Envelope"), board.envelope),
        (N_("Reviews submitted"), submitted),
        (N_("Spread that alerts, in points"), str(over)),
        (N_("Method"), METHOD),
        (N_("What calibration is worth"), WORTH),
        *([(N_("What could not be calibrated"), found.refusal)] if found.refusal else []),
        (N_("Written on"), written),
        (N_("Written by"), author.name),
    ]
    for what, value in facts:
        sheet.append([render(what, reader), say(value)])
