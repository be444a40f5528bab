"""The envelopes of a call, drawn as those of `charts`: for each commission what is decided, proposed and left."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from grants.core.i18n import Amount
from grants.web.charts import NARROW, Drawing, nothing, scale_for
from grants.web.filters import plain

LINE = '<line class="c-cap" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"><title>{}</title></line>'
HATCHED = '<rect class="c-plan" fill="url(#{})" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2"/>'


def envelopes(
    rows: Sequence[tuple[Any, Amount, Amount, Amount]],
    *,
    title: Any,
    desc: Any,
    names: tuple[Any, Any, Any, Any],
) -> Markup:
    """(label, envelope, decided, proposed) for each commission, all to one scale: decided solid, proposed hatched, what
    is left open, and the envelope's end a line; beyond it the colour of an overrun.

    `names`: decided, proposed, left, beyond the envelope.
    """
    longest = max((max(one[1].minor, one[2].minor + one[3].minor) for one in rows), default=0)
    if longest <= 0:
        return nothing()
    scale = scale_for([value for row in rows for value in row[1:]])
    high = 58
    drawing = Drawing(820, 20 + high * len(rows), title, desc)
    drawing.text(drawing.width, 12, scale.unit, "c-tick", "end")
    pattern = drawing.hatch()
    full = drawing.width - 90

    def wide(minor: int) -> float:
        return max(0, minor) / longest * full

    for at, (label, envelope, decided, proposed) in enumerate(rows):
        y, name = 16 + at * high, plain(label)
        drawing.text(0, y + 14, name, "c-label c-ink")
        end, done = wide(envelope.minor), wide(decided.minor)
        asked = wide(decided.minor + proposed.minor)
        inside = min(asked, end)
        if asked < end:
            left = envelope.minor - decided.minor - proposed.minor
            said = _said(name, names[2], scale.say(_of(envelope, left)), scale.unit)
            drawing.bar(asked, y + 22, end - asked, 22, "c-free", said)
        drawing.bar(0, y + 22, done, 22, "c-1", _said(name, names[0], scale.say(decided), scale.unit))
        if inside - done >= NARROW:
            said = _said(name, names[1], scale.say(proposed), scale.unit)
            drawing.bar(done, y + 22, inside - done, 22, "c-plan-bg", said)
            drawing.add(HATCHED, pattern, drawing.x(done, inside - done), y + 22, inside - done, 22)
        if asked > end:
            drawing.bar(end, y + 22, asked - end, 22, "c-over", f"{name} — {plain(names[3])}")
        drawing.add(LINE, drawing.x(end), drawing.x(end), y + 18, y + 48, f"{name}: {scale.say(envelope)} {scale.unit}")
        drawing.text(max(end, asked) + 8, y + 38, scale.say(envelope), "c-label c-strong")
    return drawing.done()


def _of(like: Amount, minor: int) -> Amount:
    return type(like)(minor, like.currency)  # type: ignore[call-arg]


def _said(name: str, series: Any, figure: str, unit: str) -> str:
    return f"{name} — {plain(series)}: {figure} {unit}"
