"""`python -m tests.bench [NAME]`: one bench or all of them; a table, then one JSON object per figure and line."""

import sys
from collections.abc import Callable

from tests.bench import assignment, calibration, ledger, listing, pages, storm, workbook

BENCHES: dict[str, Callable[[], None]] = {
    "assignment": assignment.main,
    "calibration": calibration.main,
    "ledger": ledger.main,
    "list": listing.main,
    "pages": pages.main,
    "storm": storm.main,
    "workbook": workbook.main,
}


def main(names: list[str]) -> int:
    if unknown := [name for name in names if name not in BENCHES]:
        print(f"There is no bench {', '.join(unknown)}; there is {', '.join(BENCHES)}.", file=sys.stderr)
        return 2
    for name in names or BENCHES:
        BENCHES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
