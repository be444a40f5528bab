"""Charts of marks, drawn as those of `charts`: estimates with their intervals, and how often each mark was given.

whiskers([Whisker(label, low, dot, high, said), …], title=…, desc=…, start=-20, end=20, origin=0)
histograms([(label, counts), …], ticks=["0", "1", …], title=…, desc=…, name=…)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from grants.core import i18n
from grants.web.charts import Drawing, nothing
from grants.web.filters import plain
from grants.web.language import current_reader

LINE = '<line class="{}" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>'


@dataclass(frozen=True)
class Whisker:
    """One row: an estimate, its interval, and the figure written at the end; `strong` sets it apart."""

    label: Any
    low: float
    dot: float
    high: float
    said: str
    strong: bool = False


def ltr(text: str) -> str:
    """A figure with its sign, kept in order inside Arabic text (an SVG has no <bdi>)."""
    return f"\u2066{text}\u2069"


def signed(value: float) -> str:
    """A difference with one decimal and its sign, zero without one."""
    written = i18n.number(Decimal(str(value)), current_reader(), 1)
    return ltr(f"+{written}" if round(value, 1) > 0 else written)


def whiskers(
    rows: Sequence[Whisker],
    *,
    title: Any,
    desc: Any,
    start: float,
    end: float,
    ticks: Sequence[tuple[float, str]],
    origin: float | None = None,
) -> Markup:
    """A dot with its interval for each row, on an axis from `start` to `end`, with a line at `origin`."""
    if not rows:
        return nothing()
    high, top, wide = 44, 26, 820
    drawing = Drawing(wide, top + high * len(rows) + 4, title, desc)
    inner = wide - 110  # room for a tick before, a figure after

    def x(value: float) -> float:
        return 18 + (min(max(value, start), end) - start) / (end - start) * inner

    for value, label in ticks:
        at = drawing.x(x(value))
        drawing.add(LINE, "c-axis" if value == origin else "c-grid", at, at, top - 6, drawing.height)
        drawing.text(x(value), 13, ltr(label), "c-tick", "middle")
    for n, row in enumerate(rows):
        y, name = top + n * high, plain(row.label)
        drawing.text(0, y + 15, name, "c-label c-ink c-halo")
        middle, colour = y + 30, "c-w2" if row.strong else "c-w1"
        from_, to = drawing.x(x(row.low)), drawing.x(x(row.high))
        drawing.add(
            f'<g><title>{{}}</title>{LINE}{LINE}{LINE}<circle class="{{}}" cx="{{:.1f}}" cy="{{:.1f}}" r="6"/></g>',
            f"{name} — {row.said}",
            *(colour, from_, to, middle, middle),
            *(colour, from_, from_, middle - 5, middle + 5),
            *(colour, to, to, middle - 5, middle + 5),
            *(colour, drawing.x(x(row.dot)), middle),
        )
        drawing.text(wide, middle + 5, row.said, "c-label c-strong" if row.strong else "c-label c-ink", "end")
    return drawing.done()


def histograms(
    rows: Sequence[tuple[Any, Sequence[int]]],
    *,
    ticks: Sequence[str],
    title: Any,
    desc: Any,
    wide: int = 400,
    tall: int = 44,
) -> Markup:
    """A histogram for each row, `tall` in units of which the chart is `wide`; every row has as many counts.

    As many ticks as counts stand under their bars; one more than counts, between them.
    """
    if not any(sum(counts) for _, counts in rows):
        return nothing()
    top, step = 0, tall + 46
    drawing = Drawing(wide, top + step * len(rows) + 20, title, desc)
    slot = wide / len(rows[0][1])
    for n, (label, counts) in enumerate(rows):
        base, most = top + step * n + step - 4, max(max(counts), 1)
        drawing.text(0, base - tall - 22, plain(label), "c-label c-ink c-fits")
        drawing.add(LINE, "c-axis", 0, wide, base, base)
        for at, count in enumerate(counts):
            height = count / most * tall
            drawing.bar(slot * at + 1.5, base - height, slot - 3, height, "c-1", f"{plain(label)} — {count}")
            if count == most:
                drawing.text(slot * (at + 0.5), base - height - 4, count, "c-tick", "middle")
    offset = 0.5 if len(ticks) == len(rows[0][1]) else 0
    for at, tick in enumerate(ticks):
        anchor = "middle" if offset or 0 < at < len(ticks) - 1 else ("start" if at == 0 else "end")
        drawing.text(slot * (at + offset), drawing.height - 4, tick, "c-tick", anchor)
    return drawing.done()
