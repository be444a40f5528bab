"""Payments made elsewhere: entered once, on their days, by two people; and the agreements then go on here."""

import io
import random
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask, current_app
from sqlalchemy import func, select

from grants.awards.claim_basis import basis
from grants.awards.models import Claim, ClaimState, InstalmentKind
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Forbidden, Refused
from grants.core.sheets.reading import UnreadableFile
from grants.core.storage import storage
from grants.ledger.history import Day, standings_on
from grants.ledger.queries import Figure
from grants.ledger.service import Stage, close_books
from grants.payments import outside_queries as queries
from grants.payments.models import OutsideEntry, OutsideImport, OutsideState, Receipt, Recovery
from grants.reports.invariants import offences
from grants.reports.workbook import export
from tests.payments.outside_ground import HEAD, Ground, again, book, lay, paid, said
from workflows import outside

ADVANCE = "Pre-financing paid"
FIRST, SECOND, BACK = date(2022, 5, 1), date(2023, 1, 10), date(2023, 4, 2)


@pytest.fixture
def ground(own_app: Flask) -> Ground:
    return lay()


def minor(ground: Ground, figure: Figure, day: date | None = None) -> int:
    if day is None:
        return ground.standing.of(figure).minor
    return standings_on(ground.fund_id, 0, Day(day, ground.fund.cluster.zone))[()].of(figure).minor


def test_lines_are_entered_on_their_days_and_the_agreement_goes_on(ground: Ground) -> None:
    before = ground.operations
    one = ground.read(
        paid("A1", FIRST, 400, "VIR-1", ADVANCE, purpose="Avance"),
        paid("A1", SECOND, 250.5, "VIR-2"),
        paid("A1", BACK, 50, "RET-1", "Money recovered"),
        ["A2", "Opening: committed", date(2024, 1, 1), 500, "MAD", "", ""],
        ["A2", "Opening: paid", date(2024, 1, 1), 300, "MAD", "", "Ancien logiciel"],
        ["A2", "Opening: recovered", date(2024, 1, 1), 20, "MAD", "", ""],
    )
    assert not said(one) and (one.rows, one.known_rows) == (6, 1)
    assert (one.paid_minor, one.recovered_minor) == (950_50, 70_00)
    assert ground.operations == before

    one = ground.carry(one.id)
    assert one.state is OutsideState.DONE and one.confirmed_by_id == ground.people["accountant"]
    assert ground.operations == before + 3 * 4 + 2 * 2
    assert minor(ground, Figure.PAID) == 950_50 and minor(ground, Figure.RECOVERED) == 70_00
    assert minor(ground, Figure.ENGAGED) == 1_500_00
    assert [minor(ground, Figure.PAID, day) for day in (FIRST - timedelta(days=1), FIRST, SECOND)] == [
        0,
        400_00,
        650_50,
    ]
    assert minor(ground, Figure.ENGAGED, date(2022, 3, 1)) == 1_000_00 and minor(ground, Figure.UNPAID, FIRST) == 600_00

    agreement = ground.agreement("A1")
    assert agreement.imported and agreement.state == "active"
    plan = [(one.position, one.kind, one.amount_minor, len(one.claims)) for one in agreement.instalments]
    assert plan == [
        (1, InstalmentKind.PREFINANCING, 400_00, 1),
        (2, InstalmentKind.INTERIM, 250_50, 1),
        (3, InstalmentKind.BALANCE, 349_50, 0),
    ]
    assert agreement.next_to_claim is agreement.instalments[2]
    first = agreement.instalments[0].claims[0]
    assert (first.state, first.bank_reference, first.value_date) == (ClaimState.OUTSIDE, "VIR-1", FIRST)
    assert not list(offences())

    marked = {one.kind: queries.marks(ground.fund_id, [one.first_op]) for one in queries.entries(one)}
    assert all(list(found.values()) == [kind] for kind, found in marked.items()) and len(marked) == 5
    assert queries.marks(ground.fund_id, [1, 2]) == {}


def test_the_next_claim_clears_what_was_advanced_elsewhere(ground: Ground) -> None:
    ground.enter(paid("A1", FIRST, 400, "VIR-1", ADVANCE), paid("A1", SECOND, 250, "VIR-2"))
    balance = ground.agreement("A1").instalments[2]
    claim = Claim(instalment=balance, currency="MAD", claimed_minor=0)
    db.session.add(claim)
    db.session.flush()
    before = basis(claim).before
    assert (before.advance, before.paid, before.outside, before.settled) == (400_00, 250_00, 250_00, 250_00)


@pytest.mark.parametrize("kind", ["Payment on costs", ADVANCE])
def test_the_same_lines_twice_change_nothing(ground: Ground, kind: str) -> None:
    rows = [
        paid("A1", FIRST, 400, "VIR-1", kind),
        ["A2", "Opening: paid", SECOND + timedelta(days=300), 5, "MAD", "", ""],
    ]
    ground.enter(*rows)
    before = ground.operations
    same = ground.read(*rows[::-1])
    assert (same.rows, same.known_rows, same.paid_minor) == (2, 2, 0)
    with pytest.raises(Refused, match="already"):
        outside.confirm(again(same.id), actor=ground.who("accountant"))
    db.session.rollback()
    third = ground.read(*rows, paid("A1", FIRST, 1, "VIR-9"))
    content = b"".join(storage(current_app.extensions["settings"]).read(third.sha256))
    ground.carry(third.id)
    again_, known = outside.receive(ground.fund, "copy.xlsx", content, actor=ground.who("manager"))
    assert known and again_.id == third.id and ground.operations == before + 4
    before += 4
    more = ground.enter(*rows, paid("A1", SECOND, 100, "VIR-2"))
    assert (more.rows, more.known_rows) == (3, 2) and ground.operations == before + 4
    one = ground.read(paid("A1", FIRST, 401, "VIR-1", kind), paid("A1", FIRST + timedelta(days=1), 400, "VIR-1", kind))
    assert [row for row, _, _ in said(one)] == [2, 3] and "entered before" in said(one)[0][2]


def test_whoever_brings_does_not_confirm(ground: Ground) -> None:
    for who in ("officer", "auditor"):
        with pytest.raises(Forbidden):
            outside.receive(ground.fund, "a.xlsx", book(paid("A1", FIRST, 1, "V")), actor=ground.who(who))
        db.session.rollback()
    own = ground.receive(book(paid("A1", FIRST, 1, "V")), "accountant")
    for who, match in (("accountant", "You brought this file"), ("manager", "accountant")):
        with pytest.raises(Forbidden, match=match):
            outside.confirm(again(own.id), actor=ground.who(who))
        db.session.rollback()


def test_taken_back_by_contra_entries_and_entered_again(ground: Ground) -> None:
    rows = [paid("A1", FIRST, 400, "VIR-1", ADVANCE), paid("A1", BACK, 50, "RET-1", "Money recovered")]
    one = ground.enter(*rows)
    before = ground.operations
    one = ground.undo(one.id)
    assert one.state is OutsideState.UNDONE and ground.operations == before + 4 + 2
    assert not minor(ground, Figure.PAID) and ground.stands("A1")[Stage.COMMITTED].minor == 1_000_00
    assert (
        not db.session.scalar(select(func.count()).select_from(Recovery))
        and not db.session.scalars(select(Receipt)).all()
    )
    assert all(entry.undone_at for entry in db.session.scalars(select(OutsideEntry)))
    assert not list(offences())
    one = ground.enter(*rows)
    assert one.state is OutsideState.DONE and minor(ground, Figure.PAID) == 400_00
    plan = [(one.position, one.amount_minor) for one in ground.agreement("A1").instalments]
    assert plan == [(1, 400_00), (2, 600_00)] and not list(offences())


def test_a_closed_year_takes_nothing_more(ground: Ground) -> None:
    close_books(ground.fund_id, date(2022, 12, 31))
    db.session.commit()
    one = ground.read(paid("A1", FIRST, 1, "V1"), paid("A1", SECOND, 1, "V2"))
    assert said(one) == [(2, "C", "The books are closed through 31 December 2022: give a later date.")]


def test_if_the_books_moved_meanwhile_nothing_is_entered(ground: Ground) -> None:
    one = ground.read(paid("A2", SECOND + timedelta(days=365), 400, "V1"))
    other = ground.read(paid("A2", SECOND + timedelta(days=366), 400, "V2"))
    ground.carry(one.id)
    before = ground.operations
    other = ground.carry(other.id)
    assert other.state is OutsideState.REFUSED and other.refused_rows == 1 and ground.operations == before


TODAY = now().date()
HOSTILE: list[tuple[list[Any], str, str]] = [
    (paid("NONE", FIRST, 1, "V"), "A", "No award of this fund"),
    (paid("", FIRST, 1, "V"), "A", "This is missing"),
    (paid("A1", FIRST, "douze", "V"), "D", "is not an amount"),
    (paid("A1", FIRST, "1.500", "V"), "D", "thousands"),
    (paid("A1", FIRST, -5, "V"), "D", "greater than zero"),
    (paid("A1", FIRST, 0.001, "V"), "D", "finer"),
    (paid("A1", FIRST, "=1+1", "V"), "D", "formula"),
    (paid("=A1", FIRST, 1, "V"), "A", "formula"),
    (paid("A1", FIRST, 1, "V", currency="EUR"), "E", "is not in MAD"),
    (paid("A1", FIRST, 1, "V", currency=""), "E", "This is missing"),
    (paid("A1", FIRST, 1, ""), "F", "bank reference"),
    (paid("A1", None, 1, "V"), "C", "This is missing"),
    (paid("A1", "le 32 mai", 1, "V"), "C", "is not a date"),
    (paid("A1", TODAY + timedelta(days=2), 1, "V"), "C", "still to come"),
    (paid("A1", date(2022, 2, 28), 1, "V"), "C", "was committed on 1 March 2022"),
    (paid("A1", FIRST, 1000.01, "V"), "D", "Only 1 000 MAD is committed"),
    (paid("A1", FIRST, 1, "V", "Money recovered"), "D", "Only 0 MAD was paid"),
    (paid("A1", FIRST, 1, "V", "Gift"), "B", "not in the list"),
    (["A1", "Opening: committed", FIRST, 999, "MAD", "", ""], "D", "The books have 1 000 MAD committed"),
]


@pytest.mark.parametrize(("row", "column", "sentence"), HOSTILE)
def test_a_bad_cell_is_named_and_nothing_else_is_entered(
    ground: Ground, row: list[Any], column: str, sentence: str
) -> None:
    one = ground.read(paid("A2", SECOND + timedelta(days=365), 1, "GOOD"), row)
    assert one.refused_rows == 1
    assert [(at, letter) for at, letter, _ in said(one)][:1] == [(3, column)], said(one)
    assert sentence in said(one)[0][2], said(one)
    with pytest.raises(Refused, match="nothing is entered"):
        outside.confirm(again(one.id), actor=ground.who("accountant"))


def test_lines_that_contradict_each_other(ground: Ground) -> None:
    day = date(2024, 5, 1)
    one = ground.read(
        paid("A1", FIRST, 10, "V1"),
        paid("A1", FIRST, 10, "V1"),
        ["A2", "Opening: paid", day, 100, "MAD", "", ""],
        paid("A2", day - timedelta(days=1), 10, "V2"),
        paid("A2", day + timedelta(days=1), 401, "V3"),
        ["Example, to be deleted", ADVANCE, day, 5, "MAD", "X", ""],
    )
    found = {row: sentence for row, _, sentence in said(one)}
    assert found.keys() == {3, 5, 6} and one.rows == 5
    assert "Row 2 says this already" in found[3] and "The opening balance" in found[5] and "Only 3" in found[6]


NOT_OURS = [b"MZ\x90\x00\x00", book(["A1", 5], head=["Award reference", "Amount"]), book(head=HEAD)]


@pytest.mark.parametrize("content", NOT_OURS, ids=["no workbook", "columns missing", "no line"])
def test_what_is_no_such_file_keeps_nothing(ground: Ground, content: bytes) -> None:
    with pytest.raises(UnreadableFile):
        outside.receive(ground.fund, "a.xlsx", content, actor=ground.who("manager"))
    assert not db.session.scalars(select(OutsideImport)).all()


def test_the_excel_ledger_says_what_was_made_elsewhere(ground: Ground) -> None:
    ground.enter(
        paid("A1", FIRST, 400, "VIR-1", ADVANCE),
        paid("A1", BACK, 50, "RET-1", "Money recovered"),
        ["A2", "Opening: paid", date(2024, 1, 1), 300, "MAD", "", ""],
    )
    file = io.BytesIO()
    export(ground.fund, file, "en", "An auditor")
    book = openpyxl.load_workbook(file)
    said = [str(row[2]) for row in book["Journal"].iter_rows(min_row=3, values_only=True)]
    assert said.count("Payment · Made elsewhere") == 1 and said.count("Recovery · Made elsewhere") == 1
    assert said.count("Payment · Opening balance") == 1 and "Commitment" in said
    payments = [row for row in book["Payments"].iter_rows(values_only=True) if "Paid outside" in row]
    assert {(row[0], row[9]) for row in payments} == {("A1", "VIR-1"), ("A2", None)}
    notice = dict(row[:2] for row in book["Notice"].iter_rows(values_only=True))
    assert notice["Checks of this workbook"] == "All hold."


@pytest.mark.parametrize("seed", range(3))
def test_any_mix_of_lines_keeps_the_books(ground: Ground, seed: int) -> None:
    """Files at random, some taken back: what was let through is in the ledger, and everything that must hold does."""
    chance, entered = random.Random(seed), []
    for file in range(5):
        rows = []
        for n in range(chance.randrange(1, 7)):
            kind = chance.choice([ADVANCE, "Payment on costs", "Payment on costs", "Money recovered"])
            day = date(2023, 7, 1) + timedelta(days=chance.randrange(700))
            rows.append(paid(chance.choice(["A1", "A2"]), day, chance.randrange(1, 300), f"V{file}-{n}", kind))
        one = ground.read(*rows)
        bad = {row for row, _, _ in said(one)}
        if bad:
            rows = [row for at, row in enumerate(rows, 2) if at not in bad]
            one = ground.read(*rows) if rows else one
        if one.refused_rows or not rows:
            continue
        entered.append(ground.carry(one.id).id)
        if chance.random() < 0.3:
            ground.undo(entered.pop())
        assert ground.operations and not list(offences())
    kept = [entry for id in entered for entry in queries.entries(again(id))]
    assert minor(ground, Figure.PAID) == sum(one.amount_minor for one in kept if not one.kind.comes_back)
    assert minor(ground, Figure.RECOVERED) == sum(one.amount_minor for one in kept if one.kind.comes_back)
    for reference in ("A1", "A2"):
        award, standing = ground.award(reference), ground.stands(reference)
        assert standing.recovered.minor <= standing.paid.minor <= standing.engaged.minor == award.amount_minor
