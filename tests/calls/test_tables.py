"""Tables as answers: cells in the writing habits of three languages, rows that lack something, text to compare."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.calls.questionnaire import Kind, Outline, Part, Question, missing, shown
from grants.calls.tables import LONGEST_CELL, Cell, Column, Grid, as_text, flaws, print_cell, read_cell, read_rows
from grants.core.i18n import Reader, Words, amount, number, plain
from grants.core.types import Money

GRID = Grid(
    (
        Column("what", Words(fr="Équipement", en="Equipment")),
        Column("n", Words(fr="Nombre"), Cell.NUMBER),
        Column("price", Words(fr="Prix"), Cell.MONEY, needed=False),
        Column("day", Words(fr="Livré le"), Cell.DAY, needed=False),
    ),
    fewest=1,
    most=3,
)
TABLE = Question("t", Kind.TABLE, Words(fr="Matériel"), grid=GRID)
FULL = {"what": "Capteur", "n": 4, "price": 120_050, "day": "2026-12-01"}
readers = st.sampled_from(["fr", "ar", "en"]).map(Reader)


@pytest.mark.parametrize(
    ("cell", "typed", "kept"),
    [
        (Cell.TEXT, "  deux \n mots ", "deux mots"),
        (Cell.TEXT, "=1+1", "=1+1"),
        (Cell.TEXT, "\x00", None),
        (Cell.TEXT, " ", None),
        (Cell.NUMBER, "12 500", 12_500),
        (Cell.NUMBER, "٣", 3),
        (Cell.NUMBER, "0", 0),
        (Cell.MONEY, "1 200,50", 120_050),
        (Cell.MONEY, "1,200.50 MAD", 120_050),
        (Cell.DAY, "2026-12-01", "2026-12-01"),
        (Cell.DAY, "01/12/2026", "2026-12-01"),
        (Cell.DAY, "1.12.2026", "2026-12-01"),
    ],
)
def test_a_cell_is_read(cell, typed, kept):
    assert read_cell(cell, typed, "MAD") == kept


@pytest.mark.parametrize(
    ("cell", "typed", "said"),
    [
        (Cell.NUMBER, "many", "written with digits"),
        (Cell.NUMBER, "1,5", "whole number"),
        (Cell.NUMBER, "-3", "not negative"),
        (Cell.NUMBER, "9" * 17, "too long"),
        (Cell.MONEY, "1 200 EUR", "written with digits"),
        (Cell.DAY, "31/02/2026", "date that exists"),
        (Cell.DAY, "01/12/0026", "date that exists"),
        (Cell.TEXT, "x" * (LONGEST_CELL + 1), "Shorten this text"),
    ],
)
def test_a_cell_is_refused_with_a_sentence(cell, typed, said):
    with pytest.raises(ValueError, match=said):
        read_cell(cell, typed, "MAD")


def test_no_decimals_where_the_currency_has_none():
    with pytest.raises(ValueError, match="no decimals"):
        read_cell(Cell.MONEY, "100,50", "XOF")
    assert read_cell(Cell.MONEY, "100", "XOF") == 100


@given(st.sampled_from(list(Cell)), st.text(max_size=60))
def test_whatever_is_typed_is_read_or_refused_and_what_is_kept_is_read_the_same_again(cell, typed):
    try:
        kept = read_cell(cell, typed, "MAD")
    except ValueError:
        return
    if cell in {Cell.TEXT, Cell.DAY} and kept is not None:
        assert read_cell(cell, kept, "MAD") == kept


@given(st.integers(0, 10**14), readers)
def test_figures_written_for_a_reader_are_read_as_they_were(kept, reader):
    money = amount(Money(kept, "MAD"), reader)
    assert read_cell(Cell.MONEY, money, "MAD") == kept
    assert read_cell(Cell.NUMBER, number(kept, reader), "MAD") == kept


cells = st.fixed_dictionaries({}, optional={one.id: st.text(max_size=12) for one in GRID.columns})


@given(st.lists(cells, max_size=6))
def test_rows_hold_what_can_be_read_and_every_refusal_names_a_typed_cell(typed):
    rows, wrong = read_rows(GRID, typed, "MAD")
    assert len(rows) <= len(typed) and all(rows)
    for n, column in wrong:
        assert typed[n][column].strip()
    for row in rows:
        assert all(print_cell(one.cell, row[one.id], "MAD") is not None for one in GRID.columns if one.id in row)
    assert as_text(GRID, rows, "MAD", Reader("fr")).count("\n") == max(0, len(rows) - 1)


def test_rows_left_empty_are_left_out():
    assert read_rows(GRID, [{"what": " "}, {"what": "Capteur", "n": "4"}], "MAD") == ([{"what": "Capteur", "n": 4}], {})


def test_what_the_rows_lack():
    assert list(flaws(GRID, [FULL])) == []
    found = list(flaws(GRID, [FULL, {"price": 1}]))
    assert [(place, wrong) for _, place, wrong in found] == [((1, "what"), False), ((1, "n"), False)]
    assert "Row 2, Équipement" in plain(found[0][0], "en").replace("Equipment", "Équipement")
    assert [wrong for _, _, wrong in flaws(GRID, [FULL] * 4)] == [True]
    assert [wrong for _, _, wrong in flaws(Grid(GRID.columns, 2, 3), [FULL])] == [False]


def test_a_section_with_a_table():
    part = Part("p", Words(fr="P"), questions=(TABLE,))
    assert [one.field for one in missing(part, {})] == ["t"]
    assert missing(part, {"t": [FULL]}) == []
    assert [one.field for one in missing(part, {"t": [{"n": 4}]})] == ["t-0-what"]
    outline = Outline((part,))
    assert Outline.of(outline.json()) == outline


def test_as_it_is_printed():
    assert shown(TABLE, [FULL, {"what": "x"}], "MAD") == [
        ["Capteur", 4, Money(120_050, "MAD"), date(2026, 12, 1)],
        ["x", None, None, None],
    ]
    assert as_text(GRID, [FULL, {"what": "x"}], "MAD", Reader("en")).splitlines()[1] == "x · — · — · —"


@pytest.mark.parametrize("kept", ["mars", 4, True, None, ["a"], [{"what": 1, "price": "x", "day": "mars", "n": []}]])
@pytest.mark.parametrize("kind", [one for one in Kind if one is not Kind.FILE])
def test_what_was_kept_for_another_kind_is_printed_as_plain_text_and_answers_nothing(kind, kept):
    question = Question("t", kind, Words(fr="Q"), grid=GRID if kind is Kind.TABLE else None)
    missing(Part("p", Words(fr="P"), questions=(question,)), {"t": kept})
    shown(question, kept, "MAD")
    as_text(GRID, kept, "MAD", Reader("fr"))


def test_a_cell_of_another_kind_is_printed_as_plain_text():
    day = Question("t", Kind.DAY, Words(fr="Quand ?"))
    assert shown(day, "mars", "MAD") == "mars"
    assert [one.wrong for one in missing(Part("p", Words(fr="P"), questions=(day,)), {"t": "mars"})] == [False]
    assert print_cell(Cell.DAY, "mars", "MAD") == "mars" and print_cell(Cell.MONEY, "cher", "MAD") == "cher"
    assert shown(TABLE, "une lettre", "MAD") == [["une lettre", None, None, None]]


@pytest.mark.parametrize(
    ("fewest", "most", "said"), [(2, 2, "Exactly 2 rows."), (1, 3, "From 1 to 3 rows."), (0, 1, "At most 1 row.")]
)
def test_how_many_rows_in_words(fewest, most, said):
    assert plain(Grid((), fewest, most).terms, "en") == said
