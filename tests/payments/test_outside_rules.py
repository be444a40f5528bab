"""Whatever lines a file holds: what is let through keeps every day's books sound; the rest is refused."""

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from grants.core.sheets.reading import Row, Table
from grants.payments.models import OutsideKind
from grants.payments.outside_rows import COLUMNS, Ground, Standing, check
from tests.payments.outside_ground import HEAD

START = date(2024, 1, 1)
KINDS = [OutsideKind.ADVANCE, OutsideKind.PAYMENT, OutsideKind.RECOVERY, OutsideKind.OPENING_PAID]
days = st.integers(0, 40).map(lambda n: START + timedelta(days=n))
facts = st.tuples(
    st.sampled_from(["A1", "A2", "nobody"]),
    st.sampled_from(KINDS),
    days,
    st.integers(-1, 60),
    st.sampled_from(["MAD", "MAD", "MAD", "EUR"]),
    st.integers(0, 30),
)


def standing(n: int, engaged: int, day: date) -> Standing:
    return Standing(UUID(int=n), f"A{n}", engaged * 100, committed=[(day, engaged * 100)])


def table(lines: list[tuple[str, OutsideKind, date, int, str, int]]) -> Table:
    rows = [
        Row(at, (award, kind.value, day.isoformat(), amount, currency, f"V{reference}", ""))
        for at, (award, kind, day, amount, currency, reference) in enumerate(lines, 2)
    ]
    return Table("lines", 1, tuple(HEAD), tuple(rows))


@settings(max_examples=200)
@given(st.lists(facts, min_size=1, max_size=25), st.integers(0, 100), days)
def test_what_is_let_through_keeps_the_books_sound(lines, engaged, committed_on) -> None:
    ground = Ground("MAD", START + timedelta(days=35), {
        "A1": standing(1, engaged, committed_on), "A2": standing(2, 50, START)}, START + timedelta(days=2),
    )  # fmt: skip
    found = check(table(lines), ground)
    refused = {one.row for one in found.remarks if one.refused}
    assert found.rows == len(lines) and len({one.row for one in found.lines} | refused) == len(lines)
    fit = [one for one in found.lines if one.row not in refused]
    assert all(one.amount.currency == "MAD" and one.amount.minor > 0 for one in fit)
    assert all(START + timedelta(days=2) < one.on <= ground.today for one in fit)
    keys = [(one.award_id, one.kind.comes_back, one.reference) for one in fit]
    assert len(set(keys)) == len(keys)
    if refused:
        return  # nothing of the file is entered
    for award in ground.awards.values():
        mine = [one for one in fit if one.award_id == award.id]
        for day in {one.on for one in mine}:
            until = [one for one in mine if one.on <= day]
            paid = sum(one.amount.minor for one in until if not one.kind.comes_back)
            back = sum(one.amount.minor for one in until if one.kind.comes_back)
            committed = sum(minor for since, minor in award.committed if since <= day)
            assert back <= paid <= committed


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6), st.integers(1, 60))
def test_the_first_line_too_many_is_the_one_refused(amounts, engaged) -> None:
    lines = [("A1", OutsideKind.PAYMENT, START + timedelta(days=n), one, "MAD", n) for n, one in enumerate(amounts, 1)]
    found = check(table(lines), Ground("MAD", START + timedelta(days=35), {"A1": standing(1, engaged, START)}))
    refused = sorted(one.row for one in found.remarks if one.refused)
    over = [at for at in range(len(amounts)) if sum(amounts[: at + 1]) > engaged]
    assert bool(refused) is bool(over) and (not over or refused[0] == over[0] + 2)
    assert set(COLUMNS) >= {"award", "reference"}
