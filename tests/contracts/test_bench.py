"""The bench of pages runs, and says what it found in the shape that others read."""

import json

from tests.bench.pages import PEER, measure, report
from tests.servers import NewDatabase


def test_pages_are_measured_and_reported(new_database: NewDatabase, migrated: str) -> None:
    with new_database(template=migrated) as settings:
        found = measure(settings, rows=240, few=40, requests=2)
    grown = {one.case for one in found if one.queries > one.queries_few}
    assert grown <= {"ranking"}, "a long ranking is another page than a short one; no other page sends more queries"
    table, lines = report(found).split("\n\n")
    assert len(table.splitlines()) == len(found) + 2
    read = [json.loads(line) for line in lines.splitlines()]
    assert [one["case"] for one in read] == [one.case for one in found]
    assert read[0]["case"] == PEER
    for one in read:
        assert one.keys() == {"bench", "case", "rows", "queries", "p50_ms", "p99_ms"}
        assert one["bench"] == "pages" and one["rows"] == 240 and 0 < one["p50_ms"] <= one["p99_ms"]
