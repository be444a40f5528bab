"""The benches run, and say what they found in the shape that others read."""

import json
from pathlib import Path

from tests.bench import assignment, calibration, ledger, listing, storm, workbook
from tests.bench.pages import PEER, measure, report
from tests.servers import NewDatabase


def test_pages_are_measured_and_reported(new_database: NewDatabase, migrated: str) -> None:
    with new_database(template=migrated) as settings:
        found = measure(settings, rows=240, few=40, requests=2)
    grown = {one.case for one in found if one.queries > one.queries_few}
    another = {
        "ranking",  # a long one is another page than a short one
        "applicant's home",  # with a refusal on it, it says until when that may be appealed
    }
    assert grown <= another, "no other page sends more queries"
    table, lines = report(found).split("\n\n")
    assert len(table.splitlines()) == len(found) + 2
    read = [json.loads(line) for line in lines.splitlines()]
    assert [one["case"] for one in read] == [one.case for one in found]
    assert read[0]["case"] == PEER
    for one in read:
        assert one.keys() == {"bench", "case", "rows", "queries", "p50_ms", "p99_ms"}
        assert one["bench"] == "pages" and one["rows"] == 240 and 0 < one["p50_ms"] <= one["p99_ms"]


def test_a_storm_loses_and_doubles_nothing(new_database: NewDatabase, migrated: str) -> None:
    with new_database(template=migrated) as settings:
        seen, found = storm.measure(settings, applicants=20, writers=3, lasts=6.0)
    assert seen.errors == [] and (found.lost, found.doubled) == (0, 0)
    assert len(seen.received) == storm.CALM + 20 and len(seen.saved) == 3
    assert len(seen.times["submit"]) == 22, "one in ten presses twice"
    lines = storm.report(seen, found, 20).split("\n\n")[-1].splitlines()
    for one in map(json.loads, lines):
        assert one.keys() >= {"bench", "p50_ms", "p99_ms", "lost", "doubled", "errors"}
        assert one["bench"] == "storm" and 0 < one["p50_ms"] <= one["p99_ms"]


def test_calibration_beats_the_plain_mean() -> None:
    found = calibration.measure(runs=60)
    lines = [json.loads(line) for line in calibration.report(found).split("\n\n")[-1].splitlines()]
    assert [one["case"] for one in lines] == ["plain mean", "z-score", "calibrated", "draws"]
    plain, scored, ours, draws = lines
    assert ours["gain_low"] > 0 > scored["gain_high"] and ours["tau"] > plain["tau"] > scored["tau"]
    assert ours["gain"] == round(float((found.tau["calibrated"] - found.tau["plain mean"]).mean()), 4)
    assert draws["marks"] == 2499 and draws["seconds"] > 0


def test_the_list_sends_as_many_queries_whatever_is_asked(new_database: NewDatabase, migrated: str) -> None:
    with new_database(template=migrated) as settings:
        found = listing.measure(settings, rows=240, few=40, requests=1)
    for who in ("officer:", "chair"):
        asked = [one for one in found if one.case.startswith(who)]
        assert len({n for one in asked for n in (one.queries, one.queries_few)}) == 1, asked
    lines = [json.loads(line) for line in listing.report(found, 40).split("\n\n")[-1].splitlines()]
    assert lines[0]["case"] == PEER and lines[0]["ratio"] == 1 and len(lines) == len(found)


def test_assignment_is_compared_with_highs_and_reported() -> None:
    """So few reviewers make institutions and experts dear, where chance alone says who fits: there they are counted."""
    cases = assignment.measure([(120, 40)])
    lines = [json.loads(line) for line in assignment.report(cases).split("\n\n")[-1].splitlines()]
    assert [one["case"].split()[0] for one in lines] == ["plain", "clustered", "crowded"]
    for one in lines:
        assert one["bench"] == "assignment" and one["seconds"] > 0 and one["empty_seats"] == 0
        assert one["highest_load"] <= assignment.CAP and one["two_of_an_institution"] == 0
    plain, clustered, _ = lines
    assert abs(plain["objective"] - plain["reference_objective"]) < 1e-5
    assert cases[0].proposal.fair.total >= 0.98 * cases[0].proposal.ruled.total
    assert clustered["proposal_share"] >= 0.98 and clustered["worst_share"] >= 0.95


def test_the_workbook_is_recalculated_and_equals_the_database(
    new_database: NewDatabase, migrated: str, tmp_path: Path
) -> None:
    """LibreOffice opens it for real: every formula comes to its control total, and no cell is in error."""
    with new_database(template=migrated) as settings:
        found, same, again = workbook.measure(settings, 600, tmp_path)
    assert same and again is not None, "soffice is wanted: see the README"
    assert again.checks > 40 and (again.different, again.errors) == (0, 0)
    ours, peer = (json.loads(line) for line in workbook.report(found, same, again).split("\n\n")[-1].splitlines())
    assert ours.keys() >= {"rows", "seconds", "cpu_seconds", "peak_mb", "ratio"} and ours["rows"] == peer["rows"] == 600


def test_a_race_on_one_fund_breaks_nothing(new_database: NewDatabase, migrated: str) -> None:
    with new_database(template=migrated) as settings:
        found = ledger.measure(settings, seconds=4.0, connections=8)
    assert found.broken == [] and found.ours.errors == [] and found.ours.left == 0
    line = json.loads(ledger.report(found, 8).splitlines()[-1])
    assert line["operations"] > 0 and line["peer_per_second"] > 0 and found.ours.done["pay"] >= 0
