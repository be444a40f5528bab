"""What a bench found out, as a table for people and as lines of JSON for machines."""

import json
import math
from collections.abc import Sequence
from typing import Any


def percentile(times: Sequence[float], share: float) -> float:
    """The smallest time that this share of them does not exceed."""
    ordered = sorted(times)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Columns side by side: the first to the left, the others to the right."""
    lines = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def as_lines(objects: Sequence[dict[str, Any]]) -> str:
    return "\n".join(json.dumps(one) for one in objects)
