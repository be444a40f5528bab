"""Charts drawn on the server as SVG: no script, no style attribute, colours from the style sheet.

They print, follow forced colours, and mirror from right to left: time runs and bars grow from the right. Values are
Money of one currency, or plain numbers with a `unit`. Without figures a sentence stands in the chart's place.

    columns(labels, planned, actual, title=…, desc=…, names=(planned, actual), current=10)     two columns a month
    stacked([(label, [a, b]), …], title=…, desc=…, names=(…, …))                               a bar for each row
    capped([(label, value, cap or None), …], title=…, desc=…, names=(value, cap, over))   a bar for each row, its cap
    stages([(label, value, "paid"), …], title=…, desc=…)       one bar of a fund: available reserved committed paid
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import floor, log10
from typing import Any

from flask import Flask
from markupsafe import Markup

from grants.core import i18n
from grants.core.i18n import N_, Amount, Text, precision
from grants.web.filters import pct, plain, uid, words
from grants.web.language import current_reader, say

Value = Amount | int | float | Decimal
NARROW = 0.1  # thinner than this, in drawing units, a bar is not drawn


@dataclass(frozen=True)
class Scale:
    """How figures of a chart are written: divided by `by`, named by `unit`."""

    by: Decimal
    unit: str

    def of(self, value: Value) -> Decimal:
        return _major(value) / self.by

    def say(self, value: Value) -> str:
        """The figure as a label: one decimal under a hundred, none above."""
        scaled = self.of(value)
        rounded = scaled.quantize(Decimal("0.1") if abs(scaled) < 100 else Decimal(1))
        return i18n.number(rounded, current_reader())


def _major(value: Value) -> Decimal:
    if isinstance(value, int | float | Decimal):
        return Decimal(str(value))
    return Decimal(value.minor).scaleb(-precision(value.currency))


def scale_for(values: Sequence[Value], unit: Text | str = "") -> Scale:
    """Plain units, thousands or millions, whichever keeps the largest figure short."""
    largest = max((abs(_major(one)) for one in values), default=Decimal(0))
    currency = next((i18n.currency(one.currency, current_reader()) for one in values if isinstance(one, Amount)), None)
    name = currency or say(unit)
    if largest >= 2_000_000:
        return Scale(Decimal(1_000_000), say(N_("million %(unit)s", unit=name)).strip())
    if largest >= 20_000:
        return Scale(Decimal(1000), say(N_("thousand %(unit)s", unit=name)).strip())
    return Scale(Decimal(1), name)


class Drawing:
    """One SVG in the making. `x` mirrors from right to left; text anchors follow the direction by themselves."""

    def __init__(self, width: int, height: int, title: Any, desc: Any, stretch: bool = False) -> None:
        self.width, self.height = width, height
        self.mirrored = current_reader().direction == "rtl"
        self.id = uid("chart")
        self.parts = [
            Markup(
                '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-t {}-d" focusable="false"{}>'
            ).format(width, height, self.id, self.id, Markup(' preserveAspectRatio="none"') if stretch else "")
            + Markup('<title id="{}-t">{}</title><desc id="{}-d">{}</desc>').format(
                self.id, plain(title), self.id, plain(desc)
            )
        ]

    def x(self, x: float, width: float = 0) -> float:
        return self.width - x - width if self.mirrored else x

    def add(self, markup: str, *values: object) -> None:
        self.parts.append(Markup(markup).format(*values))  # noqa: S704 - literals of this module, values escaped

    def bar(self, x: float, y: float, width: float, height: float, cls: str, title: str) -> None:
        if width < NARROW or height < NARROW:
            return
        self.add(
            '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2"><title>{}</title></rect>',
            *(cls, self.x(x, width), y, width, height, title),
        )

    def text(self, x: float, y: float, text: object, cls: str = "", anchor: str = "start") -> None:
        self.add('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>', cls, self.x(x), y, anchor, text)

    def hatch(self) -> str:
        """Defines the pattern of planned figures and returns its id, unique on the page."""
        name = f"{self.id}-h"
        self.add(
            '<defs><pattern id="{}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            '<rect class="c-plan-bg" width="6" height="6"/><line class="c-hatch" x1="0" y1="0" x2="0" y2="6"/>'
            "</pattern></defs>",
            name,
        )
        return name

    def done(self) -> Markup:
        return Markup("").join([*self.parts, Markup("</svg>")])


def nothing() -> Markup:
    return Markup('<p class="chart-none">{}</p>').format(words(N_("No figures yet.")))


def columns(
    labels: Sequence[Any],
    planned: Sequence[Value],
    actual: Sequence[Value],
    *,
    title: Any,
    desc: Any,
    names: tuple[Any, Any],
    unit: Text | str = "",
    current: int | None = None,
) -> Markup:
    """Planned (hatched) beside actual (solid) for each label; `current` is the index written in bold."""
    if not labels or not any(_major(one) > 0 for one in (*planned, *actual)):
        return nothing()
    scale = scale_for([*planned, *actual], unit)
    drawing = Drawing(620, 300, title, desc)
    left, right, top, bottom = 40, 4, 34, 34
    step, ticks = _ticks(max(scale.of(one) for one in (*planned, *actual)))
    highest = float(step * ticks)

    def y(value: float) -> float:
        return top + (drawing.height - top - bottom) * (1 - value / highest)

    for tick in range(ticks + 1):
        value = step * tick
        height = y(float(value))
        x1, x2 = drawing.x(left), drawing.x(drawing.width - right)
        line = '<line class="{}" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>'
        drawing.add(line, "c-grid" if tick else "c-axis", x1, x2, height, height)
        drawing.text(left - 8, height + 4, i18n.number(value, current_reader()), "c-tick", "end")
    drawing.text(0, 14, scale.unit, "c-tick")
    pattern = drawing.hatch()
    band = (drawing.width - left - right) / len(labels)
    wide = min(band * 0.34, 48)
    for at, (label, plan, real) in enumerate(zip(labels, planned, actual, strict=True)):
        begin, name = left + band * at, _name(label)
        middle = begin + band / 2
        for figure, x, cls, series in (
            (plan, middle - wide - 1, "c-plan-bg", names[0]),
            (real, middle + 1, "c-1", names[1]),
        ):
            high = y(float(max(Decimal(0), scale.of(figure))))
            said = f"{name} — {plain(series)}: {scale.say(figure)} {scale.unit}"
            drawing.bar(x, high, wide, y(0) - high, cls, said)
            if cls == "c-plan-bg" and y(0) - high >= NARROW:
                _hatched(drawing, pattern, x, high, wide, y(0) - high)
        strong = "c-label c-strong" if at == current else "c-label"
        drawing.text(middle, drawing.height - 12, name, strong, "middle")
    return drawing.done()


def stacked(
    rows: Sequence[tuple[Any, Sequence[Value]]],
    *,
    title: Any,
    desc: Any,
    names: Sequence[Any],
    unit: Text | str = "",
) -> Markup:
    """A bar for each row in up to four parts, the first solid, with the first figure inside and the sum after it."""
    sums = [sum((_major(one) for one in parts), Decimal(0)) for _, parts in rows]
    if not rows or max(sums) <= 0:
        return nothing()
    scale = scale_for([one for _, parts in rows for one in parts] + [max(sums)], unit)
    high = 56
    drawing = Drawing(400, 22 + high * len(rows), title, desc)
    drawing.text(drawing.width, 12, scale.unit, "c-tick", "end")
    full = drawing.width - 60
    for at, (label, parts) in enumerate(rows):
        y, x, name = 18 + at * high, 0.0, plain(label)
        drawing.text(0, y + 14, name, "c-label c-ink")
        for cls, value, series in zip(("c-1", "c-soft", "c-3", "c-4"), parts, names, strict=False):
            width = float(max(Decimal(0), _major(value)) / max(sums)) * full
            said = f"{name} — {plain(series)}: {scale.say(value)} {scale.unit}"
            drawing.bar(x, y + 22, width, 20, cls, said)
            if cls == "c-1" and width > 44:
                drawing.text(8, y + 36.5, scale.say(value), "c-on")
            x += width + (2 if width >= NARROW else 0)
        drawing.text(x + 8, y + 37, scale.say(sums[at]), "c-label c-strong")
    return drawing.done()


def capped(
    rows: Sequence[tuple[Any, Value, Value | None]],
    *,
    title: Any,
    desc: Any,
    names: tuple[Any, Any, Any],
    unit: Text | str = "",
) -> Markup:
    """A bar for each row, a line where its cap is, and what goes beyond the cap in another colour."""
    longest = max(
        (_major(one) for _, value, cap in rows for one in (value, cap) if one is not None), default=Decimal(0)
    )
    if longest <= 0:
        return nothing()
    scale = scale_for([value for _, value, _ in rows], unit)
    high = 50
    drawing = Drawing(820, 18 + high * len(rows), title, desc)
    drawing.text(drawing.width, 12, scale.unit, "c-tick", "end")
    full = drawing.width - 60
    for at, (label, value, cap) in enumerate(rows):
        y, name = 14 + at * high, plain(label)
        drawing.text(0, y + 14, name, "c-label c-ink")
        width = float(_major(value) / longest) * full
        limit = None if cap is None else float(_major(cap) / longest) * full
        inside = width if limit is None else min(width, limit)
        drawing.bar(0, y + 22, inside, 18, "c-1", f"{name} — {plain(names[0])}: {scale.say(value)} {scale.unit}")
        if inside < width:
            drawing.bar(inside, y + 22, width - inside, 18, "c-over", f"{name} — {plain(names[2])}")
        if limit is not None and cap is not None:
            line = '<line class="c-cap" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"><title>{}</title></line>'
            said = f"{name} — {plain(names[1])}: {scale.say(cap)} {scale.unit}"
            drawing.add(line, drawing.x(limit), drawing.x(limit), y + 18, y + 44, said)
        drawing.text(max(width, limit or 0) + 8, y + 36, scale.say(value), "c-label c-strong")
    return drawing.done()


STAGES = {"paid": "c-1", "ordered": "c-5", "committed": "c-soft", "reserved": "c-plan", "available": "c-free"}


def stages(parts: Sequence[tuple[Any, Value, str]], *, title: Any, desc: Any, unit: Text | str = "") -> Markup:
    """One bar for a whole fund, its money by stage, each part named under the bar. Stages: see STAGES."""
    total = sum((max(Decimal(0), _major(value)) for _, value, _ in parts), Decimal(0))
    if total <= 0:
        return nothing()
    scale = scale_for([*(value for _, value, _ in parts), total], unit)
    drawing = Drawing(1000, 34, title, desc, stretch=True)
    pattern = drawing.hatch()
    x, legend = 0.0, []
    for label, value, stage in parts:
        share = max(Decimal(0), _major(value)) / total
        width = float(share) * drawing.width
        name, cls = plain(label), STAGES[stage]
        said = f"{name}: {scale.say(value)} {scale.unit}"
        drawing.bar(x, 1, width - 2, 32, "c-plan-bg" if cls == "c-plan" else cls, said)
        if cls == "c-plan" and width - 2 >= NARROW:
            _hatched(drawing, pattern, x, 1, width - 2, 32)
        x += width
        legend.append(
            Markup(
                '<li><span class="key key--{}"></span><span>{}</span><strong class="num"><bdi>{}</bdi> {}</strong>'
                '<span class="stages__p">{}</span></li>'
            ).format(cls.removeprefix("c-"), name, scale.say(value), scale.unit, pct(share * 100))
        )
    return Markup('<div class="stages">{}<ul class="stages__l">{}</ul></div>').format(
        drawing.done(), Markup("").join(legend)
    )


def _hatched(drawing: Drawing, pattern: str, x: float, y: float, width: float, height: float) -> None:
    drawing.add(
        '<rect class="c-plan" fill="url(#{})" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2"/>',
        *(pattern, drawing.x(x, width), y, width, height),
    )


def _name(label: Any) -> str:
    """A label as text; a date names its month."""
    return i18n.day(label, current_reader(), "mon") if isinstance(label, date) else plain(label)


def _ticks(largest: Decimal) -> tuple[Decimal, int]:
    """A round step and how many of them reach the largest figure: two to five."""
    power = Decimal(10) ** floor(log10(largest))
    for step in (power * one for one in (Decimal("0.2"), Decimal("0.5"), Decimal(1), Decimal(2), Decimal(5))):
        count = -(-largest // step)
        if count <= 5:
            return step, max(1, int(count))
    return power * 10, 1


DRAWERS: dict[str, Callable[..., Markup]] = {"columns": columns, "stacked": stacked, "capped": capped, "stages": stages}


def init_app(app: Flask) -> None:
    app.jinja_env.globals["charts"] = DRAWERS
